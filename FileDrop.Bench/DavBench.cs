using System.Diagnostics;
using System.Net;
using FileDrop.Bench.Compare;

namespace FileDrop.Bench;

/// <summary>
/// FileDrop's drive beside Apache's mod_dav and <c>rclone serve webdav</c>, by the same client in turns. Then its memory while 64 clients list a large folder at
/// once, and while a large file of unknown length is stored.
/// </summary>
internal static class DavBench
{
    private const long MiB = 1 << 20;
    private const long Limit = 400 * MiB;
    private const int AtOnce = 64;
    private const int SmallFolder = 1_000;
    private const int LargeFolder = 100_000;
    private const string Drive = "/dav";
    private static readonly TimeSpan SampleEvery = TimeSpan.FromMilliseconds(20);

    /// <summary>A drive deletes into the trash, which must not fill the disk.</summary>
    private static readonly (string, string) s_noTrash = ("FileDrop__Trash__Retention", "00:00:00");

    public static async Task<bool> RunAsync(BenchOptions options, CancellationToken cancellation)
    {
        if (OperatingSystem.IsWindows() || ProcessUse.Unknown is not null)
            throw new BenchException(ProcessUse.Unknown ?? "The peers run on Linux.");
        var holds = options.IsCluster || await CompareAsync(options, cancellation);
        return await MeasureAsync(options, cancellation) && holds;
    }

    private static async Task<bool> CompareAsync(BenchOptions options, CancellationToken cancellation)
    {
        var folder = Directory.CreateTempSubdirectory("filedrop-bench-").FullName;
        await using var stores = BenchStores.Make(options);
        var peers = new List<Peer>();
        try
        {
            // Some peers run as another user, who must reach their own folder.
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(folder, File.GetUnixFileMode(folder) | UnixFileMode.OtherExecute);
            peers.Add(await FileDropPeer.StartAsync(options, stores, new WebDav(Drive), cancellation, s_noTrash));
            peers.Add(await DavPeers.ApacheAsync(Directory.CreateDirectory(Path.Combine(folder, "apache")).FullName, cancellation));
            peers.Add(await DavPeers.RcloneAsync(Directory.CreateDirectory(Path.Combine(folder, "rclone")).FullName, cancellation));
            var rows = new Rows(Floors.Drive);
            var turns = new Turns(peers, options.Rounds, rows);
            List<Workload> workloads =
            [
                new ListWorkload(ListWorkload.Few, 10_000, TimeSpan.FromSeconds(1)),
                new FilesWorkload("1 GiB, 1 stream", 1024 * MiB, 1, TimeSpan.Zero),
            ];
            foreach (var workload in workloads.Where(one => options.Only is not { } text || one.Name.Contains(text, StringComparison.OrdinalIgnoreCase)))
                turns.Measure(workload, cancellation);
            var report = new CompareReport(Report.Head(Report.Text($"rounds: {options.Rounds}")), peers, [rows.Rates(), rows.Resources(turns.Working)]);
            report.WriteToConsole();
            if (options is { Only: null, Service: null })
                await report.WriteToFileAsync("dav", cancellation);
            return report.AllHold;
        }
        finally
        {
            foreach (var peer in peers)
                await peer.DisposeAsync();
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<bool> MeasureAsync(BenchOptions options, CancellationToken cancellation)
    {
        await using var stores = BenchStores.Make(options);
        Console.WriteLine();
        Report.WriteHead(await stores.DescribeAsync(cancellation));
        var (small, large) = (new SampleCatalog(SmallFolder, 1), new SampleCatalog(LargeFolder, 2));
        foreach (var sample in new[] { small, large })
            await stores.FillAsync(sample, cancellation);
        await using var service = await MeasuredService.StartAsync(options, stores, cancellation, s_noTrash);
        var report = new Report("step", "seconds", "rate", "own memory MiB, at most", "with mapped files MiB", "limit 400 of own");
        await StepAsync(Report.Text($"{AtOnce} lists of {SmallFolder} at once"), AtOnce * SmallFolder, () => ListAsync(service.Address, small));
        await StepAsync(Report.Text($"{AtOnce} lists of {LargeFolder} at once"), AtOnce * LargeFolder, () => ListAsync(service.Address, large));
        var size = (options.Size ?? 4096) * MiB;
        await StepAsync(Report.Text($"{size / MiB} MiB up, of unknown length"), size, () => UploadAsync(service.Http, size, cancellation));
        await StepAsync(Report.Text($"{size / MiB} MiB down, in two parts"), size, () => Task.Run(() => Download(service.Address, size), cancellation));
        return report.Write();

        async Task StepAsync(string step, long amount, Func<Task> action)
        {
            var (clock, most) = (Stopwatch.StartNew(), service.OwnMemory);
            var running = action();
            while (await Task.WhenAny(running, Task.Delay(SampleEvery, cancellation)) != running)
                most = Math.Max(most, service.OwnMemory);
            await running;
            var seconds = clock.Elapsed.TotalSeconds;
            var rate = step.Contains("MiB", StringComparison.Ordinal) ? Report.Text($"{amount / 1e6 / seconds:0} MB/s") : Report.Text($"{amount / seconds:0} entries/s");
            report.Add(step, Report.Text($"{seconds:0.0}"), rate, Report.Text($"{most / MiB}"), Report.Text($"{service.CurrentMemory / MiB}"),
                report.Verdict(most <= Limit));
        }
    }

    /// <summary>Lists a folder by many clients, a thread each, at once.</summary>
    private static Task ListAsync(Uri address, SampleCatalog sample) => Task.WhenAll(Enumerable.Range(0, AtOnce).Select(_ => Task.Factory.StartNew(() =>
    {
        using var client = new HttpPeerClient(address, new WebDav(Drive));
        if (client.Find(Uri.EscapeDataString(sample.Folder?.Name ?? ""), WebDav.Ask) is var found && found != sample.Count + 1)
            throw new BenchException(Report.Text($"A list of {sample.Count} files had {found} resources."));
    }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));

    private static async Task UploadAsync(HttpClient http, long size, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, $"{Drive}/large.bin") { Content = new SampleContent(0, size).ToBody() };
        request.Headers.TransferEncodingChunked = true;
        request.Headers.ExpectContinue = true;
        using var response = await http.SendAsync(request, cancellation);
        if (response.StatusCode != HttpStatusCode.Created)
            throw new BenchException($"An upload of unknown length was answered {(int)response.StatusCode}.");
    }

    /// <summary>Reads the file as a client does that was cut off in the middle.</summary>
    private static void Download(Uri address, long size)
    {
        using var client = new HttpPeerClient(address, new WebDav(Drive));
        var half = size / 2;
        client.Range("large.bin", 0, 0, half);
        client.Range("large.bin", 0, half, size - half);
        client.Delete("large.bin");
    }
}
