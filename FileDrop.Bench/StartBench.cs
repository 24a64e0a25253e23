using System.Diagnostics;

namespace FileDrop.Bench;

/// <summary>The time from the start of the process to its first 200 on <c>/health</c>, with the embedded store.</summary>
internal static class StartBench
{
    private const int Starts = 10;
    private const int FilesThere = 1_000;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);

    public static async Task<bool> RunAsync(BenchOptions options, CancellationToken cancellation)
    {
        if (options.IsCluster)
            throw new BenchException("start measures only the embedded store: on a cluster it would measure the servers.");
        await using var used = BenchStores.Make(options);
        Report.WriteHead(await used.DescribeAsync(cancellation));
        await used.FillAsync(new SampleCatalog(FilesThere), cancellation);
        var (existing, fresh) = (new List<Cost>(), new List<Cost>());
        // The directories take turns. The first start of each does not count, since the program's files are not in memory yet.
        for (var i = 0; i <= Starts; i++)
        {
            existing.Add(await StartAsync(used));
            await using var empty = BenchStores.Make(options);
            fresh.Add(await StartAsync(empty));
        }
        var report = new Report("data directory", "starts", "median ms", "max ms", "CPU ms", "limit 1000 (median)");
        foreach (var (what, times) in new[] { ("existing", existing[1..]), ("fresh", fresh[1..]) })
        {
            var median = Report.Quantile(times.Select(cost => cost.Time), 0.5);
            report.Add(what, Report.Text($"{times.Count}"), Report.Text($"{median:0}"), Report.Text($"{times.Max(cost => cost.Time):0}"),
                Report.Text($"{Report.Quantile(times.Select(cost => cost.Processor), 0.5):0}"), report.Verdict(median <= Limit.TotalMilliseconds));
        }
        return report.Write();

        async Task<Cost> StartAsync(BenchStores stores)
        {
            var clock = Stopwatch.StartNew();
            await using var service = await MeasuredService.StartAsync(options, stores, cancellation);
            return new Cost(clock.Elapsed.TotalMilliseconds, service.ProcessorTime.TotalMilliseconds);
        }
    }

    /// <summary>In milliseconds. On a busy machine the processor time says more than the clock.</summary>
    private readonly record struct Cost(double Time, double Processor);
}
