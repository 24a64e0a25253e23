using System.Diagnostics;
using System.Globalization;
using System.Net;
using Xunit;
using KillTarget = (string Method, FileDrop.Api.Tests.KillMoment Moment);

namespace FileDrop.Api.Tests.Maintenance;

/// <summary>
/// Kills the shipped service with -9 at every named point of the write protocol and at random moments, while clients record their answers. After each kill it
/// starts on the same stores, and its files are compared with the answers.
/// </summary>
/// <remarks>
/// The short run kills once at each point on SQLite and disk. On MongoDB and S3 it covers another third of the points each day, and the nightly run covers all.
/// Some random moments are added. The environment variable <c>FILEDROP_TEST_KILLS</c> sets another number of kills for each pair of stores; further kills
/// repeat the points at later occurrences.
/// </remarks>
public abstract class KillLoopTests(Pair pair, ITestOutputHelper output)
{
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(2);

    private const int Clients = 4;
    private const int RandomMoments = 3;

    private static readonly (string Name, string Value)[] Settings =
    [
        ("FileDrop:Lease", Lease.ToString()),
        ("FileDrop:LateWrites", "00:00:00"),
        ("FileDrop:Versions:Keep", "2"),
        ("FileDrop:Quota:Bytes", "1000000000000"),
        ("Logging:LogLevel:Default", "Warning"),
    ];

    private static readonly (string Method, KillMoment[] Moments)[] PointsOfBoth =
    [
        .. new[]
            {
                "IWriteCatalog.BeginCreate", "IWriteCatalog.BeginReplace", "IUploadCatalog.BeginResumable", "IUploadCatalog.TakeResumable", "IUploadCatalog.RecordResumable",
                "IWriteCatalog.Renew", "IWriteCatalog.Commit", "IFileCatalog.Change", "IFileCatalog.Delete", "IWriteCatalog.Abandon", "ISweepCatalog.ClaimExpired",
                "ISweepCatalog.Swept",
            }.Select(name => ($"{name}Async", new[] { KillMoment.Before, KillMoment.After })),
        ("IBlobStore.WriteAsync", [KillMoment.Before, KillMoment.Middle, KillMoment.After]),
        ("IBlobStore.CopyAsync", [KillMoment.Before, KillMoment.After]),
        ("IBlobStore.AppendAsync", [KillMoment.Before, KillMoment.After]),
        ("IBlobStore.DeleteAsync", [KillMoment.Before, KillMoment.After]),
    ];

    private static readonly (string Method, KillMoment[] Moments)[] PointsOfEmbedded =
        [.. PointsOfBoth, ("IInlineContents.StoreAsync", [KillMoment.Before, KillMoment.After]), ("IInlineContents.CommitAsync", [KillMoment.Before, KillMoment.After])];

    /// <summary>The number of kills in FILEDROP_TEST_KILLS; null if it is not set.</summary>
    private protected static int? Wanted { get; } =
        Environment.GetEnvironmentVariable("FILEDROP_TEST_KILLS") is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;

    /// <summary>The points of the short run.</summary>
    private protected virtual IEnumerable<KillTarget> ShortRun => Points;

    /// <summary>All points of the pair.</summary>
    private protected IReadOnlyList<KillTarget> Points { get; } =
        [.. (pair is EmbeddedPair ? PointsOfEmbedded : PointsOfBoth).SelectMany(point => point.Moments.Select(moment => (point.Method, Moment: moment)))];

    [Fact]
    public Task Acknowledged_changes_survive_kills_and_no_change_is_done_by_half() => KillAtAsync([.. ShortRun]);

    private protected async Task KillAtAsync(IReadOnlyList<KillTarget> points)
    {
        await using var stores = await pair.MakeStoresAsync();
        var plan = Plan(points).ToList();
        var clients = Enumerable.Range(0, Clients).Select(number => new KillClient(number)).ToList();
        var took = Stopwatch.StartNew();
        foreach (var point in plan)
            await KillAsync(stores, clients, point);

        await using var service = await ServiceProcess.StartAsync(stores, Settings);
        var files = await CompareAsync(service.Http, clients);
        foreach (var client in clients)
            await client.EndUploadAsync(service.Http);
        foreach (var id in clients.SelectMany(client => client.Ledger.Deleted))
        {
            using var gone = await service.Http.GetAsync($"/files/{id}");
            Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
        }
        var blobs = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var id in files)
        {
            using var versions = await service.Http.GetAsync($"/files/{id}/versions");
            blobs[id] = (await versions.JsonAsync()).GetArrayLength();
        }
        await Invariants.NothingElseIsLeftAsync(stores, blobs);
        var (exit, found) = await ServiceProcess.CommandAsync(stores, "check", "--hash");
        Assert.True(exit == 0, found);

        output.WriteLine($"{plan.Count} kills ({plan.Count(point => point is not null)} at named points) in {took.Elapsed.TotalSeconds:0} s; "
            + $"{clients.Sum(client => client.Acknowledged)} changes acknowledged, {clients.Sum(client => client.Lost)} answers lost, "
            + $"{clients.Sum(client => client.Failed)} of 5xx; {files.Count} files with {blobs.Values.Sum()} contents at the end, "
            + $"{clients.Sum(client => client.Ledger.Deleted.Count)} deleted");
        output.WriteLine(found);
    }

    /// <summary>Plans each point in turn, then random moments (null), and repeats until there are enough.</summary>
    private static IEnumerable<KillPoint?> Plan(IReadOnlyList<KillTarget> points)
    {
        var wanted = Wanted ?? points.Count + RandomMoments;
        return Enumerable.Range(0, wanted).Select(i => Math.DivRem(i, points.Count + RandomMoments)).Select(turn =>
            turn.Remainder < points.Count
                ? new KillPoint(points[turn.Remainder].Method, points[turn.Remainder].Moment, 1 + ((turn.Quotient + turn.Remainder) % 4))
                : null);
    }

    private async Task KillAsync(Stores stores, List<KillClient> clients, KillPoint? point)
    {
        var (took, acknowledged) = (Stopwatch.StartNew(), clients.Sum(client => client.Acknowledged));
        await KilledService.RunAsync(
            stores, Settings, point, http => CompareAsync(http, clients), (http, stop) => Task.WhenAll(clients.Select(client => client.RunAsync(http, stop))));
        output.WriteLine($"{took.Elapsed.TotalSeconds,5:0.0} s  {point?.ToString() ?? "a random moment"}, "
            + $"{clients.Sum(client => client.Acknowledged) - acknowledged} acknowledged");
    }

    private static async Task<IReadOnlyList<string>> CompareAsync(HttpClient http, List<KillClient> clients)
    {
        var files = await Invariants.EveryFileIsWholeAsync(http);
        KillLedger.Compare([.. clients.Select(client => client.Ledger)], files);
        return [.. files.Select(HttpWords.Id)];
    }
}

public sealed class KillLoopOnEmbeddedTests(EmbeddedPair pair, ITestOutputHelper output) : KillLoopTests(pair, output), IClassFixture<EmbeddedPair>;

public sealed class KillLoopOnClusterTests(ClusterPair pair, ITestOutputHelper output) : KillLoopTests(pair, output), IClassFixture<ClusterPair>
{
    private protected override IEnumerable<KillTarget> ShortRun =>
        Wanted is null ? Points.Where((_, number) => number % 3 == DateTime.UtcNow.DayOfYear % 3) : Points;

    [Fact]
    [Trait("Run", "nightly")]
    public Task Acknowledged_changes_survive_kills_at_every_point_and_no_change_is_done_by_half() => KillAtAsync(Points);
}
