using System.Globalization;
using FileDrop.Api.Tests.Changes;
using FileDrop.Api.Tests.Cli;
using Xunit;

namespace FileDrop.Api.Tests.Sync;

/// <summary>A watch where the system's limits for events are reached.</summary>
public abstract class SyncWatchLimitTests(Pair pair)
{
    [Fact]
    public async Task More_changes_than_the_systems_queue_holds_are_found_and_new_folders_are_watched_afterwards()
    {
        const string Limit = "/proc/sys/fs/inotify/max_queued_events";
        Assert.SkipUnless(File.Exists(Limit), "The system has no inotify.");
        var limit = int.Parse(File.ReadAllText(Limit), CultureInfo.InvariantCulture);
        Assert.SkipWhen(limit > 200_000, "The system's queue is long.");
        using var machine = await SyncMachine.MakeAsync(pair.Service, $"flood-{Guid.NewGuid():N}");
        machine.Write("flood", "1");
        using var watch = ToolProcess.Start(machine.Home, "sync", ".", "fd:/", "--watch");
        await SaysAsync(watch, "Watching both sides");
        await IdleAsync(watch);

        // While the tool does not read them, renames fill the queue. The folder's event finds no place in it.
        watch.Signal(ToolProcess.Stop);
        for (var i = 0; i <= limit / 2; i++)
        {
            File.Move(machine.At("flood"), machine.At("flooded"));
            File.Move(machine.At("flooded"), machine.At("flood"));
        }
        Directory.CreateDirectory(machine.At("new/deep"));
        machine.Write("new/deep/first", "1");
        watch.Signal(ToolProcess.Continue);
        await ArrivesAsync(machine, "first");
        await SaysAsync(watch, "More changed at once than the system could tell, so everything is looked at.");
        // A look that is still to come would find the next file even if nobody watched its folder.
        await IdleAsync(watch, 3);
        machine.Write("new/deep/second", "2");
        await ArrivesAsync(machine, "second");
        watch.Signal(ToolProcess.Interrupt);
        Assert.Equal(130, (await watch.EndAsync()).Exit);
    }

    [Theory]
    [InlineData("max_inotify_watches", 4)]
    [InlineData("max_inotify_instances", 0)]
    public async Task A_watch_with_too_few_watches_says_so_and_syncs(string limit, int value)
    {
        using var machine = await MakeWithFoldersAsync();
        using var watch = await StartLimitedAsync(machine, limit, value);
        await SaysAsync(watch, "Not every folder can be watched");
        Assert.Contains("so all are looked at each minute", watch.Errors, StringComparison.Ordinal);
        await SaysAsync(watch, "Watching both sides");
        Assert.Single(watch.Errors.Split('\n'), line => line.Contains("Not every folder", StringComparison.Ordinal));
        Assert.Equal(10, await machine.Client.ListFilesAsync().CountAsync());
    }

    [Fact]
    [Trait("Run", "nightly")]
    public async Task A_change_in_a_folder_without_a_watch_is_found_within_a_minute()
    {
        using var machine = await MakeWithFoldersAsync();
        using var watch = await StartLimitedAsync(machine, "max_inotify_watches", 4);
        await SaysAsync(watch, "Watching both sides");
        await IdleAsync(watch);
        for (var i = 0; i < 10; i++)
            machine.Write($"folder {i}/later {i}", "2");
        for (var i = 0; i < 10; i++)
            await ArrivesAsync(machine, $"later {i}", 100);
    }

    private async Task<SyncMachine> MakeWithFoldersAsync()
    {
        var machine = await SyncMachine.MakeAsync(pair.Service, $"limit-{Guid.NewGuid():N}");
        for (var i = 0; i < 10; i++)
            machine.Write($"folder {i}/file", $"{i}");
        return machine;
    }

    /// <summary>Starts a watch in a user namespace of its own, whose limits are lower. Those of the system stay as they are.</summary>
    private static async Task<ToolProcess> StartLimitedAsync(SyncMachine machine, string limit, int value)
    {
        var (exit, output) = await Shell.RunAsync("unshare -Ur sh -c 'echo \"$1\" > /proc/sys/user/\"$0\"' \"$1\" \"$2\"", limit, $"{value}");
        Assert.SkipWhen(exit != 0, $"There are no user namespaces: {output}");
        return ToolProcess.StartBy(
            ["unshare", "-Ur", "sh", "-c", "echo \"$1\" > /proc/sys/user/\"$0\"; shift; exec \"$@\"", limit, $"{value}"], machine.Home, "sync", ".", "fd:/", "--watch");
    }

    private static Task SaysAsync(ToolProcess process, string words) =>
        Service.UntilAsync($"the tool says: {words}", () => Task.FromResult(process.Errors.Contains(words, StringComparison.Ordinal)), 60);

    private static Task ArrivesAsync(SyncMachine machine, string name, int seconds = 40) =>
        Service.UntilAsync($"{name} arrives", async () => await machine.Client.ListFilesAsync().AnyAsync(file => file.FileName == name), seconds);

    /// <summary>Waits until the tool only waits: it uses no processor time for some seconds.</summary>
    private static Task IdleAsync(ToolProcess process, int seconds = 1)
    {
        var (used, since) = (TimeSpan.Zero, DateTime.UtcNow);
        return Service.UntilAsync("the tool waits", () =>
        {
            if (process.Used - used > TimeSpan.FromMilliseconds(20))
                (used, since) = (process.Used, DateTime.UtcNow);
            return Task.FromResult(DateTime.UtcNow - since > TimeSpan.FromSeconds(seconds));
        }, 60);
    }
}

/// <summary>Limits of events, with a service on SQLite and the disk.</summary>
public sealed class SyncWatchLimitOnEmbeddedTests(FeedEmbeddedPair pair) : SyncWatchLimitTests(pair), IClassFixture<FeedEmbeddedPair>;

/// <summary>Limits of events, with a service on MongoDB and S3.</summary>
[ClusterAtNight]
public sealed class SyncWatchLimitOnClusterTests(FeedClusterPair pair) : SyncWatchLimitTests(pair), IClassFixture<FeedClusterPair>;
