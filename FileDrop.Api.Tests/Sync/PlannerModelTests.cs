using System.Globalization;
using FileDrop.Api.Tests.Sync.Model;
using Xunit;

namespace FileDrop.Api.Tests.Sync;

/// <summary>Random work on two local copies and the service, with syncs that are killed at any step.</summary>
public sealed class PlannerModelTests
{
    [Fact]
    public void After_quiet_all_sides_are_equal_and_nothing_is_lost_that_nobody_deleted() => AssertHolds(0, 4_000);

    /// <summary>Runs that lost a content once, made short: choices as <see cref="Choices"/> reads them.</summary>
    /// <param name="fault">The fault that each shows if its remedy is missing.</param>
    /// <param name="choices">One decision a byte.</param>
    [Theory]
    [InlineData(
        "a kill before the note of a local replacement",
        "0,0,1,0,0,5,1,0,0,0,1,1,0,0,5,0,0,1,0,0,0,1,0,5,1,1,3,5,0,1,2,0,0,5,0,2,0,0,3,0,0,5,0,0,2,1,0,0,4,0,1,0,0,5,0,0,0,5,1,0,2")]
    [InlineData(
        "a replaced file that is overwritten before anybody saw it",
        "0,0,1,0,0,3,1,0,0,5,0,1,0,0,5,0,1,2,5,1,1,2,0,0,4,0,0,0,1,5,0,0,5,0,1,1,5,1,1,2,1,0,1,5,0,0,5,0,1,0,0,5,1,1,2,0,0,3")]
    [InlineData("a request that arrives late", "3,1,0,0,5,1,1,1,0,1,6,1,0,0,0,1,1,0,0,5,1,1,0,2,1,1,0,1,5,0,0,1,5,1")]
    [InlineData(
        "an inode that two states claim",
        "0,1,1,0,0,3,1,0,0,5,0,1,1,0,0,0,1,0,5,1,1,3,5,0,1,2,0,0,5,0,2,0,0,3,0,0,5,0,0,3,0,0,5,0,0,0,0,0,0,0,0,0,0,4,0,0,0,0,5,0,0,0,1,5,0,0,5,0,0,0,0,2")]
    public void Runs_that_lost_a_content_once_lose_none(string fault, string choices)
    {
        var failure = Record.Exception(() => ModelWorld.Run([.. choices.Split(',').Select(each => byte.Parse(each, CultureInfo.InvariantCulture))]));
        Assert.True(failure is null, $"{fault}: {failure?.Message}");
    }

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
