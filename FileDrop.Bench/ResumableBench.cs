using System.Globalization;
using System.Net;
using FileDrop.Bench.Compare;

namespace FileDrop.Bench;

/// <summary>One large file by tus, to FileDrop and to tus's own server on the same machine and stores, in turns.</summary>
internal static class ResumableBench
{
    private const long MiB = 1 << 20;
    private const int Rounds = 5;

    /// <summary>The whole in one request, and in requests of the size of FileDrop's parts.</summary>
    private static readonly long?[] s_chunks = [null, 8 * MiB];

    public static async Task<bool> RunAsync(BenchOptions options, CancellationToken cancellation)
    {
        var size = (options.Size ?? 1024) * MiB;
        var least = options.IsCluster ? 1.0 : 1.5;
        await using var stores = BenchStores.Make(options);
        Report.WriteHead(await stores.DescribeAsync(cancellation));
        await using var service = await MeasuredService.StartAsync(options, stores, cancellation);
        await using var peer = await TusPeer.StartAsync(stores, isSynced: false, cancellation);
        await using var synced = options.IsCluster ? null : await TusPeer.StartAsync(stores, isSynced: true, cancellation);
        var report = new Report("resumable", "MB/s", "spread", "CPU s/GiB", "ratio", "limit", "");
        foreach (var chunk in s_chunks)
        {
            List<Upload> ours = [], theirs = [], durable = [];
            // The first round warms up.
            for (var round = 0; round <= Rounds; round++)
            {
                await AddAsync(ours, round, service.Http, () => service.ProcessorTime, check: true);
                await AddAsync(theirs, round, peer.Http, () => peer.ProcessorTime, check: false);
                if (synced is not null)
                    await AddAsync(durable, round, synced.Http, () => synced.ProcessorTime, check: false);
            }
            var name = Report.Text($"{size / MiB} MiB, {(chunk is { } bytes ? $"{bytes / MiB} MiB a request" : "one request")}");
            report.Add([$"{name}: FileDrop", .. Columns(ours), "", "", ""]);
            var ratio = Ratio(ours, theirs);
            report.Add([$"{name}: @tus/server", .. Columns(theirs), Report.Text($"{ratio:0.00}"), Report.Text($"at least {least}"), report.Verdict(ratio >= least)]);
            if (synced is not null)
                report.Add([$"{name}: @tus/server, synced", .. Columns(durable), Report.Text($"{Ratio(ours, durable):0.00}"), "", ""]);

            async Task AddAsync(List<Upload> uploads, int round, HttpClient http, Func<TimeSpan> processor, bool check)
            {
                var upload = await MeasureAsync(http, processor, round, size, chunk, check, cancellation);
                if (round > 0)
                    uploads.Add(upload);
            }
        }
        return report.Write();
    }

    private static double Ratio(List<Upload> ours, List<Upload> theirs) => Median(ours, upload => upload.Rate) / Median(theirs, upload => upload.Rate);

    private static double Median(List<Upload> uploads, Func<Upload, double> figure) => Report.Quantile(uploads.ConvertAll(upload => figure(upload)), 0.5);

    private static string[] Columns(List<Upload> uploads) => [
        Report.Text($"{Median(uploads, upload => upload.Rate):0}"),
        Report.Text($"{uploads.Min(upload => upload.Rate):0}–{uploads.Max(upload => upload.Rate):0}"),
        Report.Text($"{Median(uploads, upload => upload.Processor):0.00}"),
    ];

    /// <summary>Uploads one file, and deletes it.</summary>
    private static async Task<Upload> MeasureAsync(HttpClient http, Func<TimeSpan> processor, int seed, long size, long? chunk, bool check, CancellationToken cancellation)
    {
        var content = new SampleContent(seed, size);
        var location = "";
        // Write back one server's delayed writes outside the next one's time.
        LibC.SyncAll();
        var before = processor();
        var time = await Report.TimeAsync(async () =>
        {
            location = await CreateAsync(http, size, cancellation);
            Append(http.BaseAddress!, location, seed, size, chunk ?? size);
        });
        var used = processor() - before;
        if (check)
        {
            var id = location.Split('/')[^1];
            await content.DownloadAsync(http, id, cancellation);
            await SampleContent.DeleteAsync(http, id, cancellation);
        }
        else
        {
            using var end = Request(HttpMethod.Delete, location);
            using var ended = await http.SendAsync(end, cancellation);
        }
        return new Upload(size / 1e6 / time.TotalSeconds, used.TotalSeconds * 1024 * MiB / size);
    }

    /// <returns>The upload's path.</returns>
    private static async Task<string> CreateAsync(HttpClient http, long size, CancellationToken cancellation)
    {
        using var create = Request(HttpMethod.Post, "/uploads");
        create.Headers.Add("Upload-Length", size.ToString(CultureInfo.InvariantCulture));
        using var created = await http.SendAsync(create, cancellation);
        if (created.StatusCode != HttpStatusCode.Created || created.Headers.Location is not { } location)
            throw new BenchException($"A creation by tus was answered {(int)created.StatusCode}.");
        return location.IsAbsoluteUri ? location.PathAndQuery : location.OriginalString;
    }

    /// <remarks>Uses the lean client: an HttpClient would take as much processor time as the servers.</remarks>
    private static void Append(Uri address, string location, int seed, long size, long chunk)
    {
        using var connection = new LeanConnection(address);
        var block = new SampleBlock();
        for (long offset = 0; offset < size; offset += chunk)
        {
            var headers = Report.Text($"Tus-Resumable: 1.0.0\r\nUpload-Offset: {offset}\r\nContent-Type: application/offset+octet-stream\r\n");
            var status = connection.Send("PATCH", location, headers, block, seed, offset, Math.Min(chunk, size - offset));
            if (status != 204)
                throw new BenchException($"An append by tus was answered {status}.");
        }
    }

    private static HttpRequestMessage Request(HttpMethod method, string path)
    {
        var request = new HttpRequestMessage(method, path);
        request.Headers.Add("Tus-Resumable", "1.0.0");
        return request;
    }

    /// <param name="Rate">MB/s.</param>
    /// <param name="Processor">Seconds of the server's processor time per GiB.</param>
    private readonly record struct Upload(double Rate, double Processor);
}
