using System.Diagnostics;
using System.Net;
using System.Text.Json;
using FileDrop.Api.Catalog;
using FileDrop.Api.Http;

namespace FileDrop.Bench;

/// <summary>The cost of a page of 100 in a small and in a large catalog, which take turns, so that both meet the same machine.</summary>
internal static class ListBench
{
    private const int Small = 1_000;
    private const int PageSize = 100;
    private const double Limit = 1.5;

    private static readonly (FileSort Sort, string Name)[] Sorts =
    [
        (FileSort.CreatedAt, "created_at"), (FileSort.UpdatedAt, "updated_at"), (FileSort.FileName, "file_name"), (FileSort.FileSize, "file_size"),
    ];

    /// <summary>The place of a page in the list.</summary>
    private enum Place
    {
        First,

        /// <summary>Always behind three quarters of all files: shows the cost of the walk there.</summary>
        Deep,

        /// <summary>
        /// A new place for each request, in the middle half. The entries of such a page lie all over the catalog and in no cache
        /// of the service. This shows the cost of a catalog that is larger than memory. It does not depend on the walk and has no limit.
        /// </summary>
        Anywhere,
    }

    public static async Task<bool> RunAsync(BenchOptions options, CancellationToken cancellation)
    {
        await using var smallStores = BenchStores.Make(options);
        await using var largeStores = BenchStores.Make(options);
        Report.WriteHead(await smallStores.DescribeAsync(cancellation));
        var (small, large) = (new SampleCatalog(Small), new SampleCatalog(options.Files));
        var filling = await Report.TimeAsync(async () =>
        {
            await smallStores.FillAsync(small, cancellation);
            await largeStores.FillAsync(large, cancellation);
        });
        Console.WriteLine(Report.Text($"Filled with {small.Count} and {large.Count} files in {filling.TotalSeconds:0} s."));
        if (options.Analyze is { } command)
            await AnalyzeAsync(command, cancellation);

        await using var smallService = await MeasuredService.StartAsync(options, smallStores, cancellation);
        await using var largeService = await MeasuredService.StartAsync(options, largeStores, cancellation);
        // The first requests of a kind compile code and prepare statements, so the first round does not count.
        var report = new Report("page of 100", "small ms", "p99", $"{large.Count} ms", "p99", "ratio", "limit 1.5");
        foreach (var counted in new[] { false, true })
            foreach (var (sort, name) in Sorts)
                foreach (var descending in new[] { true, false })
                    foreach (var place in Enum.GetValues<Place>())
                        await CompareAsync(sort, name, descending, place, counted);
        var holds = report.Write();
        return await FilteredAsync(smallService.Http, small, largeService.Http, large, options.Requests, cancellation) && holds;

        async Task CompareAsync(FileSort sort, string name, bool descending, Place place, bool counted)
        {
            var (first, second) = (new List<double>(), new List<double>());
            for (var i = 0; i < options.Requests; i++)
            {
                first.Add(await PageAsync(smallService.Http, $"/files{Query(small, i)}", PageSize, cancellation));
                second.Add(await PageAsync(largeService.Http, $"/files{Query(large, i)}", PageSize, cancellation));
            }
            if (!counted)
                return;
            var (one, other) = (Report.Quantile(first, 0.5), Report.Quantile(second, 0.5));
            report.Add($"{name} {(descending ? "desc" : "asc")}, {place.ToString().ToLowerInvariant()}", Report.Milliseconds(one), Report.Milliseconds(Report.Quantile(first, 0.99)),
                Report.Milliseconds(other), Report.Milliseconds(Report.Quantile(second, 0.99)), Report.Text($"{other / one:0.00}"), place == Place.Anywhere ? "" : report.Verdict(other / one <= Limit));

            string Query(SampleCatalog sample, int request)
            {
                var query = $"?limit={PageSize}&sort={name}&order={(descending ? "desc" : "asc")}";
                if (place == Place.First)
                    return query;
                var share = place == Place.Deep ? 0.75 : 0.25 + (0.5 * request / options.Requests);
                var list = new ListQuery(SampleCatalog.Owner, InTrash: false, sort, descending, PageSize, After: null, new ListFilter());
                var position = sample.PositionAt(sort, (int)(sample.Count * (descending ? 1 - share : share)));
                return $"{query}&cursor={ListRequest.WriteCursor(list, position)}";
            }
        }
    }

    /// <summary>Searches for a name that only the oldest file has, from the newest on.</summary>
    private static async Task<bool> FilteredAsync(
        HttpClient smallHttp, SampleCatalog small, HttpClient largeHttp, SampleCatalog large, int requests, CancellationToken cancellation)
    {
        const string Query = $"?limit=100&name={SampleCatalog.RareWord}";
        Console.WriteLine();
        var report = new Report("page of a rare name", "found", "examined", "median ms", "p99", "limit 10000 examined");
        foreach (var (http, sample) in new[] { (smallHttp, small), (largeHttp, large) })
        {
            var times = new List<double>();
            for (var i = 0; i < requests; i++)
                times.Add(await PageAsync(http, $"/files{Query}", null, cancellation));
            using var response = await http.GetAsync($"/files{Query}", cancellation);
            var found = (await JsonSerializer.DeserializeAsync<JsonElement>(await response.Content.ReadAsStreamAsync(cancellation), cancellationToken: cancellation))
                .GetArrayLength();
            var examined = Examined(response, sample);
            report.Add(Report.Text($"of {sample.Count} files"), Report.Text($"{found}"), Report.Text($"{examined}"),
                Report.Milliseconds(Report.Quantile(times, 0.5)), Report.Milliseconds(Report.Quantile(times, 0.99)),
                report.Verdict(examined <= ListQuery.MaxExamined && (found == 1 || examined < sample.Count)));
        }
        return report.Write();
    }

    /// <summary>The number of entries before the next page. The cursor tells it, since the files are in the order of their numbers.</summary>
    private static int Examined(HttpResponseMessage response, SampleCatalog sample)
    {
        if (!response.Headers.TryGetValues("Link", out var links))
            return sample.Count;
        var cursor = links.First().Split("cursor=")[1].Split('>', '&')[0];
        var filter = new ListFilter(NameKeyParts: [NameKey.Of(SampleCatalog.RareWord)]);
        var list = new ListQuery(SampleCatalog.Owner, InTrash: false, FileSort.CreatedAt, Descending: true, PageSize, After: null, filter);
        return sample.Count - SampleCatalog.NumberOf(ListRequest.ReadCursor(Uri.UnescapeDataString(cursor), list));
    }

    /// <summary>The time of a page to its last byte, in milliseconds.</summary>
    /// <param name="http">The service.</param>
    /// <param name="address">The page.</param>
    /// <param name="count">The number of entries that it must have; null for any.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    internal static async Task<double> PageAsync(HttpClient http, string address, int? count, CancellationToken cancellation)
    {
        var begin = Stopwatch.GetTimestamp();
        using var response = await http.GetAsync(address, cancellation);
        var body = await response.Content.ReadAsByteArrayAsync(cancellation);
        var time = Stopwatch.GetElapsedTime(begin).TotalMilliseconds;
        if (response.StatusCode != HttpStatusCode.OK)
            throw new BenchException($"GET {address} was answered {(int)response.StatusCode}: {System.Text.Encoding.UTF8.GetString(body)}");
        using var entries = JsonDocument.Parse(body);
        return count is null || entries.RootElement.GetArrayLength() == count ? time
            : throw new BenchException($"GET {address} gave {entries.RootElement.GetArrayLength()} entries.");
    }

    private static async Task AnalyzeAsync(string command, CancellationToken cancellation)
    {
        var (shell, option) = OperatingSystem.IsWindows() ? ("cmd", "/c") : ("/bin/sh", "-c");
        using var process = Process.Start(shell, [option, command]);
        await process.WaitForExitAsync(cancellation);
        if (process.ExitCode != 0)
            throw new BenchException($"{command} ended with {process.ExitCode}.");
    }
}
