using Xunit;

namespace FileDrop.Api.Tests.Folders.Model;

/// <summary>Checks the protocol of names, folders, the trash and the change feed in random interleavings, in which actors die.</summary>
/// <remarks>
/// A failure names its seed, and <c>new World(seed, guard).Run()</c> repeats the run. The model has no loose files, contents, leases, quotas or depth limit.
/// </remarks>
public sealed class FolderModelTests(ITestOutputHelper output)
{
    /// <summary>The runs within which a violation must show if a guard is left out. The rarest comes about once in 1,000 runs.</summary>
    private const int Patience = 50_000;

    /// <summary>A seed for each guard whose run shows a violation without it, so that the short run need not search.</summary>
    private static readonly Dictionary<Guard, int> s_shown = new()
    {
        [Guard.CommitAsksForTheFence] = 0,
        [Guard.TakeoverRaisesTheFence] = 68,
        [Guard.TakeoverAsksForTheOp] = 584,
        [Guard.ReleaseAsksForTheOp] = 608,
        [Guard.FenceIsReadBeforeTheClaim] = 32,
        [Guard.MoveTakesTheSlot] = 300,
        [Guard.SlotTakeoverRaisesTheFence] = 88,
        [Guard.ParentIsReadAfterTheClaim] = 6353,
        [Guard.SweeperClosesTheDoor] = 282,
        [Guard.CarryAsksForTheFence] = 194,
        [Guard.CarriedKeepTheirNames] = 370,
        [Guard.FolderIsReadAfterTheChildren] = 6,
        [Guard.TurningAgainFencesTheChildren] = 346,
        [Guard.SweepEndsOnlyIfNothingTurned] = 1,
        [Guard.SweepWaitsForSubfolders] = 646,
        [Guard.RestoringElsewhereTakesTheSlot] = 772,
        [Guard.OnlyCarriedChildrenComeBack] = 1,
        [Guard.RestoringMarksTheFolder] = 1,
        [Guard.PurgeAsksForTheFence] = 58,
        [Guard.PurgeWaitsForTheSweep] = 6,
        [Guard.PurgeDecidesAtTheTop] = 58,
        [Guard.TombstoneOutlastsItsChildren] = 162,
        [Guard.SequenceIsReadFirst] = 5,
        [Guard.SaidAsksForTheRevision] = 5,
        [Guard.TrashRaisesTheRevision] = 5,
        [Guard.TombstoneIsSaidFirst] = 18,
        [Guard.CursorIsTakenBeforeTheList] = 9,
    };

    public static TheoryData<Guard> Guards => [.. Enum.GetValues<Guard>().Where(guard => guard != Guard.None)];

    [Fact]
    public void The_protocol_shows_no_violation() => AssertHolds(0, 20_000);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [Trait("Run", "nightly")]
    public void The_protocol_shows_no_violation_in_a_million_other_runs_each_night(int quarter) =>
        AssertHolds(FirstOfTonight + (quarter * 250_000), 250_000);

    [Theory]
    [MemberData(nameof(Guards))]
    public void Without_a_guard_the_protocol_shows_a_violation(Guard guard) => AssertShows(guard, s_shown[guard]);

    [Theory]
    [MemberData(nameof(Guards))]
    [Trait("Run", "nightly")]
    public void Without_a_guard_the_protocol_shows_a_violation_in_other_runs_each_night(Guard guard) => AssertShows(guard, FirstOfTonight);

    [Theory]
    [MemberData(nameof(Guards))]
    public void A_seed_alone_repeats_its_run(Guard guard)
    {
        var (one, other) = (new World(s_shown[guard], guard), new World(s_shown[guard], guard));
        Assert.Equal((one.Run(), one.Counts), (other.Run(), other.Counts));
    }

    /// <summary>The first of a million seeds that no other night of some years has.</summary>
    private static int FirstOfTonight => DateOnly.FromDateTime(DateTime.UtcNow).DayNumber % 2_000 * 1_000_000;

    private void AssertHolds(int first, int runs)
    {
        var (shown, counts) = Search(Guard.None, first, runs);
        Assert.True(shown is null, shown);
        output.WriteLine($"{runs} runs from seed {first}: {counts}");
        // The protocol would also hold if nothing difficult happened.
        long[] difficult = [counts.Deaths, counts.Takeovers, counts.CirclesRefused, counts.FencesRaised];
        Assert.All(difficult, count => Assert.InRange(count, runs / 100, long.MaxValue));
    }

    private void AssertShows(Guard guard, int first)
    {
        var (shown, _) = Search(guard, first, Patience);
        output.WriteLine($"Without {guard}: {shown}");
        Assert.True(shown is not null, $"Without {guard}, none of {Patience} runs from seed {first} shows a violation.");
    }

    /// <summary>Runs seeds up to the first violation, and leaves one processor to other tests.</summary>
    /// <returns>The first violation with its seed; null if there is none. And what happened in all runs.</returns>
    private static (string? Shown, Counts Counts) Search(Guard without, int first, int runs)
    {
        var (all, counts) = (new Lock(), default(Counts));
        var options = new ParallelOptions { MaxDegreeOfParallelism = Math.Max(1, Environment.ProcessorCount - 1) };
        var loop = Parallel.For(first, first + runs, options, (seed, search) =>
        {
            var world = new World(seed, without);
            if (world.Run() is not null)
                search.Break();
            lock (all)
                counts += world.Counts;
        });
        return (loop.LowestBreakIteration is { } lowest ? Describe((int)lowest, without) : null, counts);
    }

    private static string Describe(int seed, Guard without)
    {
        var world = new World(seed, without);
        return $"seed {seed} ({world.Scene}): {world.Run()}";
    }
}
