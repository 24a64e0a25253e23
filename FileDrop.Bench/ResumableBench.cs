using System.Globalization;
using System.Net;

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
        await using var peer = await TusPeer.StartAsync(stores, cancellation);
        var report = new Report("resumable", "FileDrop MB/s", "spread", "@tus/server MB/s", "spread", "ratio", Report.Text($"at least {least}"));
        foreach (var chunk in s_chunks)
        {
            List<double> ours = [], theirs = [];
            for (var round = 0; round <= Rounds; round++)
            {
                var (mine, other) = (await MeasureAsync(service.Http, round, size, chunk, check: true, cancellation),
                    await MeasureAsync(peer.Http, round, size, chunk, check: false, cancellation));
                // The first round warms both up.
                if (round == 0)
                    continue;
                ours.Add(mine);
                theirs.Add(other);
            }
            var ratio = Report.Quantile(ours, 0.5) / Report.Quantile(theirs, 0.5);
            report.Add(Report.Text($"{size / MiB} MiB, {(chunk is { } bytes ? $"{bytes / MiB} MiB a request" : "one request")}"),
                Median(ours), Spread(ours), Median(theirs), Spread(theirs), Report.Text($"{ratio:0.00}"), report.Verdict(ratio >= least));
        }
        return report.Write();

        static string Median(List<double> rates) => Report.Text($"{Report.Quantile(rates, 0.5):0}");
        static string Spread(List<double> rates) => Report.Text($"{rates.Min():0}–{rates.Max():0}");
    }

    /// <summary>Uploads one file, and deletes it.</summary>
    /// <returns>MB/s.</returns>
    private static async Task<double> MeasureAsync(HttpClient http, int seed, long size, long? chunk, bool check, CancellationToken cancellation)
    {
        var content = new SampleContent(seed, size);
        var location = "";
        var time = await Report.TimeAsync(async () => location = await UploadAsync(http, content, chunk ?? size, cancellation));
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
        return size / 1e6 / time.TotalSeconds;
    }

    private static async Task<string> UploadAsync(HttpClient http, SampleContent content, long chunk, CancellationToken cancellation)
    {
        using var create = Request(HttpMethod.Post, "/uploads");
        create.Headers.Add("Upload-Length", content.Size.ToString(CultureInfo.InvariantCulture));
        using var created = await http.SendAsync(create, cancellation);
        if (created.StatusCode != HttpStatusCode.Created || created.Headers.Location is not { } location)
            throw new BenchException($"A creation by tus was answered {(int)created.StatusCode}.");
        for (long offset = 0; offset < content.Size; offset += chunk)
        {
            using var append = Request(HttpMethod.Patch, location.OriginalString);
            append.Headers.Add("Upload-Offset", offset.ToString(CultureInfo.InvariantCulture));
            append.Content = content.Slice(offset, Math.Min(chunk, content.Size - offset), "application/offset+octet-stream");
            using var appended = await http.SendAsync(append, cancellation);
            if (appended.StatusCode != HttpStatusCode.NoContent)
                throw new BenchException($"An append by tus was answered {(int)appended.StatusCode}.");
        }
        return location.OriginalString;
    }

    private static HttpRequestMessage Request(HttpMethod method, string path)
    {
        var request = new HttpRequestMessage(method, path);
        request.Headers.Add("Tus-Resumable", "1.0.0");
        return request;
    }
}
