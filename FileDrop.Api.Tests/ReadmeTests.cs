using System.Text.RegularExpressions;
using Xunit;

namespace FileDrop.Api.Tests;

/// <summary>README's commands work as described if they are pasted one after the other.</summary>
public sealed partial class ReadmeTests
{
    [Fact]
    public async Task The_commands_of_the_five_APIs_can_be_pasted_one_after_the_other()
    {
        Assert.SkipUnless((await Shell.RunAsync("command -v curl && command -v bash")).Exit == 0, "curl or bash is missing.");
        var readme = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "README.md"));
        var section = readme[readme.IndexOf("## The five APIs", StringComparison.Ordinal)..readme.IndexOf("## What is promised", StringComparison.Ordinal)];
        var commands = string.Concat(CommandBlock().Matches(section).Select(block => block.Groups["commands"].Value));
        await using var stores = new EmbeddedStores();
        await using var service = await Service.StartAsync(stores, ("FileDrop:Trash:Retention", "30d"));
        var script = commands.Replace("http://localhost:5080", service.Address.ToString().TrimEnd('/'), StringComparison.Ordinal);
        var (_, output) = await Shell.RunAsync("cd \"$1\" && bash -euo pipefail -c \"$2\" 2>/dev/null", Repository.Root, script);
        foreach (var answer in new[]
        {
            "\"file_name\":\"sample.txt\"", "It has two lines.", "206 Partial Content", "'notes.txt' was updated.", "\"code\":\"precondition_failed\"",
            "\"version\":3", "\"file_name\":\"raw.txt\"", "[{\"file_id\":", "'notes.txt' was deleted.", "\"code\":\"file_not_found\"",
        })
            Assert.Contains(answer, output, StringComparison.Ordinal);
    }

    [GeneratedRegex("```bash\n(?<commands>.*?)```", RegexOptions.Singleline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex CommandBlock();
}
