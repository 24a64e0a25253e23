using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using FileDrop.Api.Catalog;
using FileDrop.Api.Contents;
using FileDrop.Api.Folders;

namespace FileDrop.Bench;

/// <summary>A page of a folder of 1,000 and of a million files, and changes of a folder of 10 and of a million, in turns on one service.</summary>
internal static class FolderBench
{
    private const int Small = 1_000;
    private const int Few = 10;
    private const int PageSize = 100;
    private const double Limit = 1.5;

    private static readonly (FileSort Sort, string Name)[] s_sorts = [(FileSort.CreatedAt, "created_at"), (FileSort.FileName, "file_name")];

    public static async Task<bool> RunAsync(BenchOptions options, CancellationToken cancellation)
    {
        await using var stores = BenchStores.Make(options);
        Report.WriteHead(await stores.DescribeAsync(cancellation));
        var (few, small, large) = (new SampleCatalog(Few, 1), new SampleCatalog(Small, 2), new SampleCatalog(options.Files, 3));
        var filling = await Report.TimeAsync(async () =>
        {
            foreach (var sample in new[] { few, small, large })
                await stores.FillAsync(sample, cancellation);
        });
        Console.WriteLine(Report.Text($"Filled with folders of {Few}, {Small} and {large.Count} files in {filling.TotalSeconds:0} s."));
        // The sweeper sleeps, so that a deleted folder can be restored before its files have followed it.
        await using var service = await MeasuredService.StartAsync(options, stores, cancellation, ("FileDrop__SweepInterval", "01:00:00"));
        var holds = await ListAsync(service.Http, small, large, options.Requests, cancellation);
        Console.WriteLine();
        return await ChangeAsync(service.Http, few, large, options.Requests, cancellation) && holds;
    }

    private static async Task<bool> ListAsync(HttpClient http, SampleCatalog small, SampleCatalog large, int requests, CancellationToken cancellation)
    {
        var report = new Report("page of 100 entries", $"{small.Count} ms", "p99", $"{large.Count} ms", "p99", "ratio", "of p99", "limit 1.5 of p99");
        // The first requests of a kind compile code and prepare statements, so the first round does not count.
        foreach (var counted in new[] { false, true })
            foreach (var (sort, name) in s_sorts)
                foreach (var descending in new[] { true, false })
                    foreach (var isMiddle in new[] { false, true })
                    {
                        var (first, second) = (new List<double>(), new List<double>());
                        var (one, other) = (Address(small, sort, name, descending, isMiddle), Address(large, sort, name, descending, isMiddle));
                        for (var i = 0; i < requests; i++)
                        {
                            first.Add(await ListBench.PageAsync(http, one, PageSize, cancellation));
                            second.Add(await ListBench.PageAsync(http, other, PageSize, cancellation));
                        }
                        if (counted)
                            Add(report, $"{name} {(descending ? "desc" : "asc")}, {(isMiddle ? "middle" : "first")}", first, second, isOfMedians: false);
                    }
        return report.Write();
    }

    private static string Address(SampleCatalog sample, FileSort sort, string name, bool descending, bool isMiddle)
    {
        var folder = sample.Folder?.Id ?? Place.Root;
        var address = $"/folders/{folder}/entries?limit={PageSize}&sort={name}&order={(descending ? "desc" : "asc")}";
        if (!isMiddle)
            return address;
        var query = new ListQuery(SampleCatalog.Owner, InTrash: false, sort, descending, PageSize, After: null, new ListFilter()) { Folder = folder };
        var place = new EntryPosition(EntryKind.File, sample.PositionAt(sort, sample.Count / 2));
        return $"{address}&cursor={new EntryRequest(folder, query, IsDeep: false, Cursor: null).Write(place)}";
    }

    private static async Task<bool> ChangeAsync(HttpClient http, SampleCatalog few, SampleCatalog large, int requests, CancellationToken cancellation)
    {
        var report = new Report("change of a folder", $"{few.Count} ms", "p99", $"{large.Count} ms", "p99", "ratio", "of p99", "limit 1.5 of medians");
        var times = new Dictionary<(string Change, SampleCatalog Folder), List<double>>();
        for (var i = -5; i < requests; i++)
        {
            foreach (var sample in new[] { few, large })
            {
                var folder = $"{sample.Folder?.Id}";
                await MeasureAsync("rename", sample, () => http.PatchAsync($"/folders/{folder}", JsonContent.Create(new { name = $"{folder} {i}" }), cancellation));
                await MeasureAsync("deletion", sample, () => http.DeleteAsync($"/folders/{folder}", cancellation));
                await MeasureAsync("restoration", sample, () => http.PostAsync($"/trash/folders/{folder}/restore", content: null, cancellation));
            }

            async Task MeasureAsync(string change, SampleCatalog sample, Func<Task<HttpResponseMessage>> send)
            {
                var begin = Stopwatch.GetTimestamp();
                using var response = await send();
                var time = Stopwatch.GetElapsedTime(begin).TotalMilliseconds;
                if (response.StatusCode != HttpStatusCode.OK)
                    throw new BenchException($"The {change} was answered {(int)response.StatusCode}: {await response.Content.ReadAsStringAsync(cancellation)}");
                if (i < 0)
                    return;
                if (!times.TryGetValue((change, sample), out var all))
                    times[(change, sample)] = all = [];
                all.Add(time);
            }
        }
        foreach (var change in new[] { "rename", "deletion", "restoration" })
            Add(report, change, times[(change, few)], times[(change, large)], isOfMedians: true);
        return report.Write();
    }

    /// <summary>Adds a row, whose limit holds for the ratio of the medians, or of the 99th percentiles.</summary>
    private static void Add(Report report, string what, List<double> small, List<double> large, bool isOfMedians)
    {
        var (one, other, slow, slower) = (Report.Quantile(small, 0.5), Report.Quantile(large, 0.5), Report.Quantile(small, 0.99), Report.Quantile(large, 0.99));
        report.Add(what, Report.Milliseconds(one), Report.Milliseconds(slow), Report.Milliseconds(other), Report.Milliseconds(slower), Report.Text($"{other / one:0.00}"),
            Report.Text($"{slower / slow:0.00}"), report.Verdict((isOfMedians ? other / one : slower / slow) <= Limit));
    }
}
