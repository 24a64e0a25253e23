using System.Diagnostics;

namespace FileDrop.Bench;

/// <summary>The service's peak memory while a file of 4 GiB goes up and down, and then 16 of 256 MiB at once.</summary>
internal static class MemoryBench
{
    private const long MiB = 1 << 20;
    private const long Limit = 400 * MiB;
    private const int AtOnce = 16;

    public static async Task<bool> RunAsync(BenchOptions options, CancellationToken cancellation)
    {
        if (ProcessUse.Unknown is { } why)
            throw new BenchException(why);
        var size = (options.Size ?? 4096) * MiB;
        await using var stores = BenchStores.Make(options);
        Report.WriteHead(await stores.DescribeAsync(cancellation));
        await using var service = await MeasuredService.StartAsync(options, stores, cancellation);
        var (http, report) = (service.Http, new Report("step", "seconds", "MB/s", "RSS MiB", "peak RSS MiB", "limit 400"));
        report.Add("started", "", "", Mebibytes(service.CurrentMemory), Mebibytes(service.PeakMemory), report.Verdict(service.PeakMemory <= Limit));

        var large = new SampleContent(0, size);
        var id = "";
        await StepAsync($"{size / MiB} MiB up", size, async () => id = await large.UploadAsync(http, hash: true, cancellation));
        await StepAsync($"{size / MiB} MiB down", size, () => large.DownloadAsync(http, id, cancellation));
        await SampleContent.DeleteAsync(http, id, cancellation);

        var many = Enumerable.Range(1, AtOnce).Select(seed => new SampleContent(seed, size / AtOnce)).ToList();
        string[] ids = [];
        await StepAsync($"{AtOnce} × {size / AtOnce / MiB} MiB up at once", size,
            async () => ids = await Task.WhenAll(many.Select(one => one.UploadAsync(http, hash: true, cancellation))));
        await StepAsync($"{AtOnce} × {size / AtOnce / MiB} MiB down at once", size,
            () => Task.WhenAll(many.Zip(ids, (one, name) => one.DownloadAsync(http, name, cancellation))));
        foreach (var name in ids)
            await SampleContent.DeleteAsync(http, name, cancellation);
        return report.Write();

        async Task StepAsync(string step, long bytes, Func<Task> action)
        {
            var clock = Stopwatch.StartNew();
            await action();
            var seconds = clock.Elapsed.TotalSeconds;
            report.Add(step, Report.Text($"{seconds:0.0}"), Report.Text($"{bytes / 1e6 / seconds:0}"),
                Mebibytes(service.CurrentMemory), Mebibytes(service.PeakMemory), report.Verdict(service.PeakMemory <= Limit));
        }
    }

    private static string Mebibytes(long bytes) => Report.Text($"{bytes / (double)MiB:0}");
}
