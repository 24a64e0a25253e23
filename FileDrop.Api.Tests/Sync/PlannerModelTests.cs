using CsCheck;
using FileDrop.Api.Tests.Sync.Model;
using Xunit;

namespace FileDrop.Api.Tests.Sync;

/// <summary>Random work on two local copies and the service, with syncs that are killed at any step.</summary>
public sealed class PlannerModelTests
{
    private static readonly Gen<byte[]> s_runs = Gen.Byte.Array[5, 160];

    [Fact]
    public void After_quiet_all_sides_are_equal_and_nothing_is_lost_that_nobody_deleted() => s_runs.Sample(ModelWorld.Run, iter: 4_000, threads: 2);

    [Fact]
    [Trait("Run", "nightly")]
    public void A_quarter_of_a_million_runs_end_equal_and_lose_nothing() => s_runs.Sample(ModelWorld.Run, iter: 250_000);
}
