using System.Diagnostics;
using FileDrop.Api.Tests.Folders;
using Xunit;
using KillTarget = (string Method, FileDrop.Api.Tests.KillMoment Moment);

namespace FileDrop.Api.Tests.Maintenance;

/// <summary>
/// Kills the shipped service with -9 at every step of the folders' protocol, while clients create, upload, copy, move, replace, delete, restore and purge, by the API and by WebDAV, and lock. After
/// each kill it starts on the same stores, and the trees are compared with the answers.
/// </summary>
/// <remarks>
/// The short run kills at another third of the points each day, and on MongoDB and S3 also at each point of a claim. The nightly run covers all points.
/// </remarks>
public abstract class FolderKillLoopTests(Pair pair, ITestOutputHelper output)
{
    private const int Clients = 3;

    private static readonly (string Name, string Value)[] s_settings =
    [
        ("FileDrop:Lease", "00:00:02"),
        ("FileDrop:LateWrites", "00:00:00"),
        ("FileDrop:SweepInterval", "00:00:00.100"),
        ("Logging:LogLevel:Default", "Warning"),
        FolderRequests.Day,
    ];

    private static readonly string[] s_steps = ["DeleteName", "ChangeFolder", "ChangeFile", "InsertFolder", "TakeSlot", "ClearSlot"];

    private static readonly string[] s_calls =
    [
        "IFolderCatalog.CreateFolder", "IFolderCatalog.ChangeFolder", "IFolderCatalog.DeleteFolder", "IFolderCatalog.RestoreFolder", "IFolderCatalog.PurgeFolder",
        "IFolderSweepCatalog.SweepFolder", "IFileCatalog.Restore", "IFileCatalog.Purge", "IDavCatalog.Lock", "IDavCatalog.Unlock",
    ];

    /// <summary>All points of the pair. A claim is taken over only from a process that ended behind it, so these points follow each other.</summary>
    private protected IReadOnlyList<KillTarget> Points { get; } =
    [
        .. new[] { "InsertName" }.Concat(pair is EmbeddedPair ? [] : ["ReplaceName"]).Select(step => ($"IFolderSteps.{step}Async", KillMoment.After)),
        .. (pair is EmbeddedPair ? [] : new[] { "ReplaceName" }).Append("InsertName").Select(step => ($"IFolderSteps.{step}Async", KillMoment.Before)),
        .. s_steps.SelectMany(step => new[] { KillMoment.After, KillMoment.Before }.Select(moment => ($"IFolderSteps.{step}Async", moment))),
        .. s_calls.Select(call => ($"{call}Async", KillMoment.After)),
    ];

    private protected async Task KillAtAsync(IEnumerable<KillTarget> points, int repetitions = 1)
    {
        await using var stores = await pair.MakeStoresAsync();
        var clients = Enumerable.Range(0, Clients).Select(number => new FolderKillClient(number)).ToList();
        await using (var first = await Service.StartAsync(stores, s_settings))
            await Task.WhenAll(clients.Select(client => client.BeginAsync(first.Http)));
        // A dead claim of a later operation may be on a name that no client wants again, so claims are taken over in the first round only.
        var plan = Enumerable.Range(1, repetitions)
            .SelectMany(time => points.Where(point => time == 1 || !point.Method.Contains("ReplaceName", StringComparison.Ordinal))
                .Select(point => new KillPoint(point.Method, point.Moment, time))).ToList();
        foreach (var point in plan)
        {
            var (took, acknowledged) = (Stopwatch.StartNew(), clients.Sum(client => client.Acknowledged));
            await KilledService.RunAsync(stores, s_settings, point, SettleAsync, (http, stop) => Task.WhenAll(clients.Select(client => client.RunAsync(http, stop))));
            output.WriteLine($"{took.Elapsed.TotalSeconds,5:0.0} s  {point}, {clients.Sum(client => client.Acknowledged) - acknowledged} acknowledged");
        }

        await using var service = await Service.StartAsync(stores, s_settings);
        await SettleAsync(service.Http);
        var tree = new FolderTree(service);
        await tree.SweptAsync();
        await Invariants.EveryFileIsWholeAsync(service.Http);
        // The claims of the dead do no harm, and are the only rubbish that the sweeper leaves.
        Assert.All(await tree.CheckAsync(repair: true, lease: TimeSpan.Zero), finding => Assert.Equal("DeadClaim", finding.Kind));
        Assert.Empty(await tree.CheckAsync(lease: TimeSpan.Zero));
        output.WriteLine($"{plan.Count} kills; {clients.Sum(client => client.Acknowledged)} requests acknowledged, {clients.Sum(client => client.Lost)} answers lost");

        Task SettleAsync(HttpClient http) => Task.WhenAll(clients.Select(client => client.CompareAsync(http)));
    }
}

public sealed class FolderKillLoopOnEmbeddedTests(EmbeddedPair pair, ITestOutputHelper output) : FolderKillLoopTests(pair, output), IClassFixture<EmbeddedPair>
{
    [Fact]
    public Task No_acknowledged_change_of_a_tree_is_lost_or_done_by_half_when_the_service_is_killed() =>
        KillAtAsync(Points.Where((_, number) => number % 3 == DateTime.UtcNow.DayOfYear % 3));

    [Fact]
    [Trait("Run", "nightly")]
    public Task No_acknowledged_change_of_a_tree_is_lost_or_done_by_half_at_any_point() => KillAtAsync(Points, repetitions: 3);
}

public sealed class FolderKillLoopOnClusterTests(ClusterPair pair, ITestOutputHelper output) : FolderKillLoopTests(pair, output), IClassFixture<ClusterPair>
{
    [Fact]
    public Task No_acknowledged_change_of_a_tree_is_lost_or_done_by_half_when_the_service_is_killed() =>
        KillAtAsync(Points.Where((_, number) => number < 4 || number % 3 == DateTime.UtcNow.DayOfYear % 3));

    [Fact]
    [Trait("Run", "nightly")]
    public Task No_acknowledged_change_of_a_tree_is_lost_or_done_by_half_at_any_point() => KillAtAsync(Points, repetitions: 3);
}
