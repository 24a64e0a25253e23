using FileDrop.Api.Tests.Sync.Model;
using Xunit;

namespace FileDrop.Api.Tests.Sync;

/// <summary>Random work on two local copies and the service, with syncs that are killed at any step.</summary>
public sealed class PlannerModelTests
{
    [Fact]
    public void After_quiet_all_sides_are_equal_and_nothing_is_lost_that_nobody_deleted() => AssertHolds(0, 4_000);

    [Fact]
    [Trait("Run", "nightly")]
    public void A_quarter_of_a_million_other_runs_each_night_end_equal_and_lose_nothing() =>
        AssertHolds(DateOnly.FromDateTime(DateTime.UtcNow).DayNumber % 2_000 * 1_000_000, 250_000);

    /// <summary>Plays the runs of some seeds; a failure names its seed, which repeats it.</summary>
    private static void AssertHolds(int first, int runs) => Parallel.For(first, first + runs, new ParallelOptions { MaxDegreeOfParallelism = 2 }, seed =>
    {
        var random = new Random(seed);
        var choices = new byte[random.Next(5, 161)];
        random.NextBytes(choices);
        try
        {
            ModelWorld.Run(choices);
        }
        catch (InvalidOperationException violation)
        {
            Assert.Fail($"Seed {seed}: {violation.Message}");
        }
    });
}
