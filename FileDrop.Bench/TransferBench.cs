using System.Diagnostics;

namespace FileDrop.Bench;

/// <summary>Throughput: one large stream, and many small files, with the service's processor time.</summary>
internal static class TransferBench
{
    private const long MiB = 1 << 20;
    private const int SmallSize = 4 << 10;
    private const int SmallFiles = 2_000;
    private const int WarmUp = 200;

    public static async Task<bool> RunAsync(BenchOptions options, CancellationToken cancellation)
    {
        var size = (options.Size ?? 1024) * MiB;
        await using var stores = BenchStores.Make(options);
        Report.WriteHead(await stores.DescribeAsync(cancellation));
        await using var service = await MeasuredService.StartAsync(options, stores, cancellation);
        var (http, report) = (service.Http, new Report("transfer", "clients", "requests/s", "MB/s", "CPU s", "CPU ms/request"));
        await SmallAsync(WarmUp, 16, "");

        var large = new SampleContent(0, size);
        var id = "";
        await StepAsync($"{size / MiB} MiB up", 1, 1, size, async () => id = await large.UploadAsync(http, hash: false, cancellation));
        await StepAsync($"{size / MiB} MiB down", 1, 1, size, () => large.DownloadAsync(http, id, cancellation));
        await SampleContent.DeleteAsync(http, id, cancellation);
        await SmallAsync(SmallFiles / 4, 1, "4 KiB");
        await SmallAsync(SmallFiles, 64, "4 KiB");
        return report.Write();

        async Task SmallAsync(int count, int clients, string what)
        {
            var files = Enumerable.Range(1, count).Select(seed => new SampleContent(seed, SmallSize)).ToList();
            var ids = new string[count];
            var limit = new ParallelOptions { MaxDegreeOfParallelism = clients, CancellationToken = cancellation };
            await StepAsync($"{what} up", clients, count, (long)count * SmallSize, () => Parallel.ForAsync(0, count, limit,
                async (i, token) => ids[i] = await files[i].UploadAsync(http, hash: false, token)));
            await StepAsync($"{what} down", clients, count, (long)count * SmallSize, () => Parallel.ForAsync(0, count, limit,
                async (i, token) => await files[i].DownloadAsync(http, ids[i], token)));
            await Parallel.ForEachAsync(ids, limit, async (name, token) => await SampleContent.DeleteAsync(http, name, token));
        }

        async Task StepAsync(string step, int clients, int requests, long bytes, Func<Task> action)
        {
            var (clock, before) = (Stopwatch.StartNew(), service.ProcessorTime);
            await action();
            var (seconds, processor) = (clock.Elapsed.TotalSeconds, (service.ProcessorTime - before).TotalSeconds);
            if (step.StartsWith(' '))
                return;
            report.Add(step, Report.Text($"{clients}"), Report.Text($"{requests / seconds:0.0}"), Report.Text($"{bytes / 1e6 / seconds:0.0}"),
                Report.Text($"{processor:0.00}"), Report.Text($"{processor * 1000 / requests:0.00}"));
        }
    }
}
