using System.Diagnostics;

namespace FileDrop.Bench.Compare;

/// <summary>FileDrop beside the servers that people would use instead, by the same client on the same machine, in turns.</summary>
internal static class CompareBench
{
    private const long MiB = 1 << 20;
    private const int QuickRounds = 2;

    public static async Task<bool> RunAsync(BenchOptions options, CancellationToken cancellation)
    {
        if (OperatingSystem.IsWindows() || ProcessUse.Unknown is not null)
            throw new BenchException(ProcessUse.Unknown ?? "The peers run on Linux.");
        bool[] stores = options.IsStoreNamed ? [options.IsCluster] : ClusterStores.AreNamed ? [false, true] : [false];
        var folder = Directory.CreateTempSubdirectory("filedrop-bench-").FullName;
        try
        {
            // Some peers run as another user, who must reach their own folder.
            File.SetUnixFileMode(folder, File.GetUnixFileMode(folder) | UnixFileMode.OtherExecute);
            var limits = await MachineLimits.MeasureAsync(folder, (options.IsQuick ? 256 : 1024) * MiB, cancellation);
            var holds = true;
            foreach (var isCluster in stores)
                holds &= await CompareAsync(options with { IsCluster = isCluster }, Path.Combine(folder, Name(isCluster)), limits, cancellation);
            return holds;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string Name(bool isCluster) => isCluster ? "cluster" : "embedded";

    private static async Task<bool> CompareAsync(BenchOptions options, string folder, Report limits, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        await using var stores = BenchStores.Make(options);
        var peers = new List<Peer>();
        try
        {
            await StartAsync(options, stores, folder, peers, cancellation);
            var rounds = options.IsQuick ? QuickRounds : options.Rounds;
            var rows = new Rows(options.IsCluster ? Floors.Cluster : Floors.Embedded);
            var turns = new Turns(peers, rounds, rows);
            var workloads = Workloads.All(options, peers.Count, rounds).ToList();
            foreach (var workload in workloads)
                turns.Measure(workload, cancellation);
            foreach (var workload in workloads)
                turns.Finish(workload, cancellation);
            var head = Report.Head(options.IsQuick ? "quick" : Report.Text($"rounds: {rounds}"));
            var report = new CompareReport(head, peers, [limits, rows.Rates(), rows.Latencies(), rows.Resources(turns.Working)]);
            report.WriteToConsole();
            // A partial or rough run is not kept.
            if (options is { IsQuick: false, Only: null, Service: null })
                await report.WriteToFileAsync(Name(options.IsCluster), cancellation);
            Console.WriteLine(Report.Text($"Took {clock.Elapsed.TotalMinutes:0.0} minutes."));
            return report.AllHold;
        }
        finally
        {
            foreach (var peer in peers)
                await peer.DisposeAsync();
        }
    }

    /// <summary>Starts all peers that are installed, FileDrop first: the others share its bucket.</summary>
    private static async Task StartAsync(BenchOptions options, BenchStores stores, string folder, List<Peer> peers, CancellationToken cancellation)
    {
        peers.Add(await FileDropPeer.StartAsync(options, stores, new FilesApi(), cancellation));
        Func<Task<Peer>>[] others = options.IsCluster
            ? [() => S3Peers.FlaskAsync(stores, cancellation), () => Task.FromResult(S3Peers.Sdk(stores)),
                () => Task.FromResult(S3Peers.PresignedUrls(stores))]
            : [() => DavPeers.NginxAsync(Folder("nginx"), cancellation), () => DavPeers.ApacheAsync(Folder("apache"), cancellation),
                () => DavPeers.RcloneAsync(Folder("rclone"), cancellation)];
        foreach (var start in others)
        {
            try
            {
                peers.Add(await start());
            }
            catch (PeerMissingException missing)
            {
                Console.WriteLine(missing.Message);
            }
        }

        string Folder(string name) => Directory.CreateDirectory(Path.Combine(folder, name)).FullName;
    }
}
