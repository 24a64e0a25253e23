using System.Diagnostics;
using FileDrop.Api.Tests.Folders;
using Xunit;
using KillTarget = (string Method, FileDrop.Api.Tests.KillMoment Moment);

namespace FileDrop.Api.Tests.Maintenance;

/// <summary>
/// Kills the shipped service with -9 at every call that a share makes to its catalog, while clients make, change and revoke shares, download and drop files. After
/// each kill it starts on the same stores, and the shares, their counts and the dropped files are compared with the answers.
/// </summary>
/// <remarks>The short run kills at two other points each day, the nightly run at all points.</remarks>
public abstract class ShareKillLoopTests(Pair pair, ITestOutputHelper output)
{
    private const int Clients = 3, ADay = 2;

    private static readonly (string Name, string Value)[] s_settings =
    [
        ("FileDrop:Lease", "00:00:02"),
        ("FileDrop:LateWrites", "00:00:00"),
        ("FileDrop:SweepInterval", "00:00:00.100"),
        ("Logging:LogLevel:Default", "Warning"),
        FolderRequests.Day,
    ];

    private static readonly string[] s_calls =
    [
        "IShareCatalog.AddShare", "IShareCatalog.ChangeShare", "IShareCatalog.DeleteShare", "ISharedCatalog.CountDownload", "ISharedCatalog.TakeGrant",
        "ISharedCatalog.ReturnGrant", "ISharedCatalog.NoteShareUses", "ISharedCatalog.ReserveDrop", "ISharedCatalog.ReleaseDrop", "IUploadCatalog.RecordResumable",
        "IWriteCatalog.Commit",
    ];

    private IReadOnlyList<KillTarget> Points { get; } =
    [
        .. s_calls.Concat(pair is EmbeddedPair ? ["IInlineContents.Commit"] : [])
            .SelectMany(call => new[] { KillMoment.Before, KillMoment.After }.Select(moment => ($"{call}Async", moment))),
    ];

    [Fact]
    public Task A_revocation_holds_a_count_keeps_its_limit_and_a_drop_is_whole_when_the_service_is_killed() =>
        KillAtAsync([.. Enumerable.Range(0, ADay).Select(number => Points[((DateTime.UtcNow.DayOfYear * ADay) + number) % Points.Count])]);

    [Fact]
    [Trait("Run", "nightly")]
    public Task A_revocation_holds_a_count_keeps_its_limit_and_a_drop_is_whole_at_any_point() => KillAtAsync([.. Points, .. Points]);

    private async Task KillAtAsync(IReadOnlyList<KillTarget> points)
    {
        await using var stores = await pair.MakeStoresAsync();
        var clients = Enumerable.Range(0, Clients).Select(number => new ShareKillClient(number)).ToList();
        await using (var first = await Service.StartAsync(stores, s_settings))
            await Task.WhenAll(clients.Select(client => client.BeginAsync(first.Http)));
        foreach (var (number, (method, moment)) in points.Index())
        {
            var (took, acknowledged, point) = (Stopwatch.StartNew(), clients.Sum(client => client.Acknowledged), new KillPoint(method, moment, 1 + (number % 3)));
            await KilledService.RunAsync(
                stores, s_settings, point, http => CompareAsync(http, clients), (http, stop) => Task.WhenAll(clients.Select(client => client.RunAsync(http, stop))));
            output.WriteLine($"{took.Elapsed.TotalSeconds,5:0.0} s  {point}, {clients.Sum(client => client.Acknowledged) - acknowledged} acknowledged");
        }

        await using var service = await Service.StartAsync(stores, s_settings);
        var files = await CompareAsync(service.Http, clients);
        foreach (var client in clients)
            await client.EndUploadAsync(service.Http);
        await Invariants.NothingElseIsLeftAsync(stores, files);
        var (_, found) = await ServiceProcess.CommandAsync(stores, "check", "--hash");
        // A kill on MongoDB leaves the claim of a name that nothing has. It does no harm, and the check tells it once a lease has passed.
        Assert.All(
            found.Split('\n', StringSplitOptions.RemoveEmptyEntries),
            line => Assert.True(line.StartsWith("DeadClaim: ", StringComparison.Ordinal) || line.Contains(" documents, ", StringComparison.Ordinal), found));
        Assert.Contains(" documents, ", found, StringComparison.Ordinal);
        output.WriteLine($"{points.Count} kills; {clients.Sum(client => client.Acknowledged)} requests acknowledged, {clients.Sum(client => client.Lost)} answers lost; {files.Count} files");
    }

    private static async Task<IReadOnlyList<string>> CompareAsync(HttpClient http, List<ShareKillClient> clients)
    {
        var files = await Invariants.EveryFileIsWholeAsync(http);
        var known = new List<string>();
        foreach (var client in clients)
            known.AddRange(await client.CompareAsync(http, files));
        Assert.Equal(known.Order(), files.Select(HttpWords.Id).Order());
        return known;
    }
}

public sealed class ShareKillLoopOnEmbeddedTests(EmbeddedPair pair, ITestOutputHelper output) : ShareKillLoopTests(pair, output), IClassFixture<EmbeddedPair>;

public sealed class ShareKillLoopOnClusterTests(ClusterPair pair, ITestOutputHelper output) : ShareKillLoopTests(pair, output), IClassFixture<ClusterPair>;
