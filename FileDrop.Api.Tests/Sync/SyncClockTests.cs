using FileDrop.Api.Tests.Changes;
using FileDrop.Cli.Syncing;
using Xunit;

namespace FileDrop.Api.Tests.Sync;

/// <summary>Syncs on machines whose clocks are wrong, and jump between two syncs.</summary>
public abstract class SyncClockTests(Pair pair)
{
    [Fact]
    public async Task Machines_whose_clocks_are_days_wrong_and_jump_become_equal_and_lose_nothing()
    {
        Assert.SkipWhen(SyncMachine.FakeTime is null, "faketime is missing.");
        var owner = $"clock-{Guid.NewGuid():N}";
        using var one = await SyncMachine.MakeAsync(pair.Service, owner);
        using var two = await SyncMachine.MakeAsync(pair.Service, owner);
        one.SetClock(TimeSpan.FromHours(3));
        two.SetClock(TimeSpan.FromDays(-40));
        foreach (var name in new[] { "a", "both", "edited", "gone" })
            one.Write(name, "first");
        await QuietAsync(one, two);

        // The edits come at times that say the opposite of their order, and one of them looks a year older than the first content.
        one.SetClock(TimeSpan.FromDays(-400));
        two.SetClock(TimeSpan.FromDays(400));
        one.Write("both", "mine!");
        one.Write("edited", "again");
        one.Write("in/new", "by one");
        File.Delete(one.At("gone"));
        two.Write("both", "other");
        two.Write("in/too", "by two");
        File.Move(two.At("a"), two.At("b"));
        Assert.Equal(0, (await two.SyncAsync()).Exit);
        await SyncPlace.SaidAsync(two.Client);
        Assert.Equal(0, (await one.SyncAsync()).Exit);
        await SyncPlace.SaidAsync(two.Client);
        // The file that one has deleted goes to the local trash in a wrong year, and stays there when the clock is right again.
        two.SetClock(TimeSpan.FromDays(-400));
        Assert.Equal(0, (await two.SyncAsync()).Exit);
        two.SetClock(TimeSpan.Zero);
        await QuietAsync(two, one);

        var copy = $"both (conflict, {Environment.MachineName}, {DateTime.Now.AddDays(-400):yyyy-MM-dd})";
        SortedDictionary<string, string> wanted = new(StringComparer.Ordinal)
        {
            ["b"] = "first",
            ["both"] = "other",
            [copy] = "mine!",
            ["edited"] = "again",
            ["in/new"] = "by one",
            ["in/too"] = "by two",
        };
        Assert.Equal(wanted, one.Tree());
        Assert.Equal(wanted, two.Tree());
        var remote = await one.RemoteTreeAsync();
        Assert.Equal(wanted, remote.ToDictionary(each => each.Key, each => each.Value.Content));
        Assert.Equal("gone", (await one.Client.ListTrashAsync().SingleAsync()).FileName);
        Assert.Equal("first", File.ReadAllText(Directory.GetFiles(two.At(SyncNames.Trash), "gone", SearchOption.AllDirectories).Single()));

        // Nothing is sent again, whatever the clock says next.
        one.SetClock(TimeSpan.FromDays(90));
        two.SetClock(TimeSpan.FromDays(-4000));
        Assert.Equal((0, ""), await one.SyncAsync());
        Assert.Equal((0, ""), await two.SyncAsync());
        Assert.Equal(remote, await one.RemoteTreeAsync());
        Assert.True(File.Exists(Directory.GetFiles(two.At(SyncNames.Trash), "gone", SearchOption.AllDirectories).Single()));
    }

    /// <summary>Syncs two machines until both have nothing to do.</summary>
    private static async Task QuietAsync(SyncMachine one, SyncMachine two)
    {
        for (var (round, busy) = (0, true); busy; round++)
        {
            Assert.InRange(round, 0, 5);
            busy = false;
            foreach (var machine in new[] { one, two })
            {
                await SyncPlace.SaidAsync(machine.Client);
                var (exit, output) = await machine.SyncAsync();
                Assert.Equal(0, exit);
                busy |= output.Length > 0;
            }
        }
    }
}

/// <summary>Wrong clocks beside a service on SQLite and the disk.</summary>
public sealed class SyncClockOnEmbeddedTests(FeedEmbeddedPair pair) : SyncClockTests(pair), IClassFixture<FeedEmbeddedPair>;

/// <summary>Wrong clocks beside a service on MongoDB and S3.</summary>
[ClusterAtNight]
public sealed class SyncClockOnClusterTests(FeedClusterPair pair) : SyncClockTests(pair), IClassFixture<FeedClusterPair>;
