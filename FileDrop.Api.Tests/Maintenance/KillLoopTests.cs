using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Xunit;
using KillTarget = (string Method, FileDrop.Api.Tests.KillMoment Moment);

namespace FileDrop.Api.Tests.Maintenance;

/// <summary>
/// The service as it is shipped, killed with -9 at every named point of the write protocol and at random moments, while clients
/// write down what they were told. After each kill it starts on the same stores, and what it has is held against that.
/// </summary>
/// <remarks>
/// The short run strikes each point once on SQLite and disk, and each day another third of them on MongoDB and S3; the nightly
/// run strikes all of them there. Some random moments come on top. The environment variable <c>FILEDROP_TEST_KILLS</c> sets another
/// number of kills on each pair of stores; more of them go through all points again, at other times of each.
/// </remarks>
public abstract class KillLoopTests(Pair pair, ITestOutputHelper output)
{
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(2);

    private const int Clients = 4;
    private const int RandomMoments = 3;

    /// <summary>How long it may take until a point is reached: each client comes by it within some tens of requests.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

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
        ("IBlobStore.AppendAsync", [KillMoment.Before, KillMoment.After]),
        ("IBlobStore.DeleteAsync", [KillMoment.Before, KillMoment.After]),
    ];

    private static readonly (string Method, KillMoment[] Moments)[] PointsOfEmbedded =
        [.. PointsOfBoth, ("IInlineContents.CommitAsync", [KillMoment.Before, KillMoment.After])];

    /// <summary>How many kills FILEDROP_TEST_KILLS asks for; null if it is not set.</summary>
    private protected static int? Wanted { get; } =
        Environment.GetEnvironmentVariable("FILEDROP_TEST_KILLS") is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;

    /// <summary>The points that the short run strikes.</summary>
    private protected virtual IEnumerable<KillTarget> ShortRun => Points;

    /// <summary>All points that the pair has.</summary>
    private protected IReadOnlyList<KillTarget> Points { get; } =
        [.. (pair is EmbeddedPair ? PointsOfEmbedded : PointsOfBoth).SelectMany(point => point.Moments.Select(moment => (point.Method, Moment: moment)))];

    [Fact]
    public Task Whatever_a_kill_cuts_what_was_acknowledged_is_there_and_nothing_is_there_by_half() => KillAtAsync([.. ShortRun]);

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

    /// <summary>Each point in turn, then random moments (null), and all over again until there are enough.</summary>
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
        var took = Stopwatch.StartNew();
        var hook = point is null ? [] : new[] { ("DOTNET_STARTUP_HOOKS", typeof(Killer).Assembly.Location), (KillPoint.Variable, point.ToString()) };
        await using var service = ServiceProcess.Launch(stores.Settings, [.. Settings, .. hook]);
        using var stop = new CancellationTokenSource();
        var exit = service.ExitAsync(Patience);
        var acknowledged = clients.Sum(client => client.Acknowledged);
        try
        {
            // The sweeper may reach the point before anybody sees that the service is there.
            await Service.UntilAsync("the service is healthy", async () => service.HasExited || await service.IsHealthyAsync(), 120);
            if (await CompareUnlessKilledAsync(service, clients))
            {
                var running = Task.WhenAll(clients.Select(client => client.RunAsync(service.Http, stop.Token)));
                if (point is null)
                {
                    await Task.WhenAny(running, Task.Delay(Random.Shared.Next(1500)));
                    service.Signal(9);
                }
                // A client that found something wrong ends the test with it, not with a point that is never reached.
                await Task.WhenAny(running, exit);
                await stop.CancelAsync();
                await running;
            }
            await exit;
        }
        catch (TimeoutException)
        {
            Assert.Fail($"{point} was never reached. The service said:\n{service.Output}");
        }
        Assert.Equal(128 + 9, await exit);
        output.WriteLine($"{took.Elapsed.TotalSeconds,5:0.0} s  {point?.ToString() ?? "a random moment"}, "
            + $"{clients.Sum(client => client.Acknowledged) - acknowledged} acknowledged");
    }

    /// <summary>False: the process died meanwhile; whoever starts next compares.</summary>
    private static async Task<bool> CompareUnlessKilledAsync(ServiceProcess service, List<KillClient> clients)
    {
        try
        {
            await CompareAsync(service.Http, clients);
            return true;
        }
        catch (Exception cut) when (cut is HttpRequestException or IOException or SocketException)
        {
            await service.ExitAsync();
            return false;
        }
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
    public Task Whichever_point_a_kill_strikes_what_was_acknowledged_is_there_and_nothing_is_there_by_half() => KillAtAsync(Points);
}
