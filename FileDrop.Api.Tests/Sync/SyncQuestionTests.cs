using FileDrop.Api.Tests.Changes;
using FileDrop.Api.Tests.Cli;
using Xunit;

namespace FileDrop.Api.Tests.Sync;

/// <summary>The question before a sync that would delete much, as a person at a terminal meets it.</summary>
public abstract class SyncQuestionTests(Pair pair)
{
    [Theory]
    [InlineData("y\n", 0, 1)]
    [InlineData("yes\n", 0, 1, Traits = ["Run", "nightly"])]
    [InlineData("n\n", 7, 25)]
    [InlineData("\n", 7, 25, Traits = ["Run", "nightly"])]
    [InlineData("\x04", 7, 25, Traits = ["Run", "nightly"])]
    [InlineData("\x03", 130, 25)]
    public async Task A_person_at_a_terminal_is_asked_and_the_answer_decides(string answer, int exit, int left)
    {
        using var machine = await PrepareAsync();
        using var terminal = Terminal.Start(machine.Home, "sync", ".", "fd:/");
        await Service.UntilAsync("the question is there", () => Task.FromResult(terminal.Screen.Contains("Go on? [y/N] ", StringComparison.Ordinal)), 60);
        Assert.Contains("This sync would delete 24 of 25 files at the service.", terminal.Screen, StringComparison.Ordinal);
        Assert.Equal(25, await machine.Client.ListFilesAsync().CountAsync());
        await terminal.TypeAsync(answer);
        Assert.Equal(exit, await terminal.EndAsync());
        Assert.Equal(left, await machine.Client.ListFilesAsync().CountAsync());
        if (exit == 7)
            Assert.Contains("Nothing was", terminal.Screen, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_terminal_nobody_is_asked_and_nothing_is_deleted()
    {
        using var machine = await PrepareAsync();
        Assert.Equal((7, ""), await machine.SyncAsync());
        Assert.Equal(25, await machine.Client.ListFilesAsync().CountAsync());
        Assert.Equal(0, (await machine.SyncAsync("--yes", "--quiet")).Exit);
        Assert.Equal(1, await machine.Client.ListFilesAsync().CountAsync());
    }

    /// <summary>A machine that has synced 25 files, and has deleted all but one since.</summary>
    private async Task<SyncMachine> PrepareAsync()
    {
        var machine = await SyncMachine.MakeAsync(pair.Service, $"question-{Guid.NewGuid():N}");
        for (var i = 0; i < 25; i++)
            machine.Write($"{i}", $"{i}");
        Assert.Equal(0, (await machine.SyncAsync("--quiet")).Exit);
        foreach (var file in Directory.GetFiles(machine.Home.Work).Skip(1))
            File.Delete(file);
        return machine;
    }
}

/// <summary>The question, with a service on SQLite and the disk.</summary>
public sealed class SyncQuestionOnEmbeddedTests(FeedEmbeddedPair pair) : SyncQuestionTests(pair), IClassFixture<FeedEmbeddedPair>;

/// <summary>The question, with a service on MongoDB and S3.</summary>
[ClusterAtNight]
public sealed class SyncQuestionOnClusterTests(FeedClusterPair pair) : SyncQuestionTests(pair), IClassFixture<FeedClusterPair>;
