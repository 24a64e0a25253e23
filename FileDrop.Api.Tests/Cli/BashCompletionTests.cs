using FileDrop.Api.Tests.Changes;
using Xunit;

namespace FileDrop.Api.Tests.Cli;

/// <summary>Completion in a real bash at a terminal, with the tool as a process and a real service.</summary>
public sealed class BashCompletionTests(FeedEmbeddedPair pair) : IClassFixture<FeedEmbeddedPair>
{
    [Theory]
    [InlineData(@"fd:/my\ fo{tab}in{tab}se{tab} -")]
    [InlineData("\"fd:/my fo{tab}in{tab}se{tab} -")]
    [InlineData("'fd:/my folder/in{tab}se{tab} -", Traits = ["Run", "nightly"])]
    [InlineData("fd:/my\" folder/in\"{tab}se{tab} -", Traits = ["Run", "nightly"])]
    public async Task Paths_below_folders_with_spaces_are_completed_however_they_are_quoted(string words)
    {
        Assert.SkipUnless((await Shell.RunAsync("command -v bash")).Exit == 0, "bash is missing.");
        using var home = await CliHome.MakeAsync(pair.Service, $"bash-{Guid.NewGuid():N}");
        home.Write("my folder/in it/second file.txt", "this is the content");
        home.Write("my folder/in it/other file.txt", "another");
        (await home.RunAsync("put", "-r", "my folder", "fd:/")).Succeeded();
        for (var tries = 1; !await IsGotAsync(); tries++)
            Assert.True(tries < 4, "The path is not completed.");

        // A service that does not answer within a second is not waited for, so on a busy machine a person begins again.
        async Task<bool> IsGotAsync()
        {
            using var bash = Terminal.StartProgram(home, "bash", "--norc", "--noprofile", "-i");
            await bash.TypeAsync($"filedrop() {{ dotnet '{ToolProcess.Program}' \"$@\"; }}; source <(filedrop completion bash)\n");
            await bash.TypeAsync($"filedrop get {words.Replace("{tab}", "\t", StringComparison.Ordinal)}\n");
            try
            {
                await Service.UntilAsync("the file is shown", () => Task.FromResult(bash.Screen.Contains("this is the content", StringComparison.Ordinal)));
                return true;
            }
            catch (TimeoutException)
            {
                return false;
            }
        }
    }
}
