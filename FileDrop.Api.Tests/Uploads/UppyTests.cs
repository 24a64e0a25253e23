using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using FileDrop.Api.Tests.Files;
using FileDrop.Api.Tests.Page;
using Microsoft.Playwright;
using Xunit;

namespace FileDrop.Api.Tests.Uploads;

/// <summary>Uppy in Chromium uploads in spite of interruptions, as on somebody else's page.</summary>
public abstract class UppyTests(Pair pair, Chromium chromium, Uppy uppy)
{
    private const int Mebibyte = 1024 * 1024;
    private const int Chunk = 5 * Mebibyte;

    /// <summary>The sending rate before an interruption, in bytes per second.</summary>
    private const int Slow = 8 * Mebibyte;

    private static readonly Generated s_content = new(97, (24 * Mebibyte) + 12_345);
    private static readonly string s_hash = s_content.Sha256();

    /// <summary>The delays between tries in milliseconds. On a busy machine a start takes longer than the nine seconds of Uppy's default.</summary>
    private static readonly int[] s_patience = [100, 1000, 3000, 5000, 5000, 5000, 5000, 5000, 5000];

    [Fact]
    [ClusterAtNight]
    public async Task It_uploads_many_files_with_any_names_at_once()
    {
        (string Name, string Kept, long Size)[] files =
        [
            ("żółty szlak – 灯泡 🙂🇵🇱.jpg", "żółty szlak – 灯泡 🙂🇵🇱.jpg", (9 * Mebibyte) + 1),
            (" spaces , commas; and = signs .bin", " spaces , commas; and = signs .bin", 8 * Mebibyte),
            ("\"quotes\" 'and' %41 <b>#1?&.txt", "\"quotes\" 'and' %41 <b>#1?&.txt", Chunk),
            ("e\u0301tude.txt", "\u00e9tude.txt", Chunk + 1),
            ("...", "...", Chunk - 1),
            ("تقرير ٢٠٢٦.pdf", "تقرير ٢٠٢٦.pdf", 70_000),
            ("twice.tar.gz", "twice.tar.gz", 3),
            ("twice.tar.gz", "twice.tar.gz", 1),
            (new string('x', 255), new string('x', 255), 2),
            ("nothing in it", "nothing in it", 0),
        ];
        var contents = files.Select((file, index) => new Generated(200 + index, file.Size)).ToList();
        await using var page = await uppy.OpenAsync(chromium, pair.Service.Address, new { });
        await page.ChooseAsync(await Task.WhenAll(files.Select((file, index) => uppy.FileAsync(file.Name, contents[index]))));
        var uploads = await page.DoneAsync();
        Assert.Equal(files.Length, uploads.Count);
        for (var index = 0; index < files.Length; index++)
            await IsThereAsync(pair.Http, uploads[index], files[index].Kept, contents[index].Sha256());
    }

    [Theory]
    [ClusterAtNight]
    [InlineData("in chunks", 1, 5)]
    [InlineData("in parallel", 4, 3)]
    [InlineData("with the first bytes in the creation", 1, 4)]
    [InlineData("without the method PATCH", 2, 0)]
    public async Task It_uploads_in_every_mode(string how, int posts, int patches)
    {
        object options = how switch
        {
            "in chunks" => new { chunkSize = Chunk },
            "in parallel" => new { parallelUploads = 3 },
            "with the first bytes in the creation" => new { chunkSize = Chunk, uploadDataDuringCreation = true },
            _ => new { overridePatchMethod = true },
        };
        await using var page = await uppy.OpenAsync(chromium, pair.Service.Address, options);
        var requests = Requests(page);
        await page.ChooseAsync(await uppy.FileAsync("as told.bin", s_content));
        await IsThereAsync(pair.Http, (await page.DoneAsync()).Single(), "as told.bin", s_hash);
        Assert.Equal((posts, patches), (requests.Count(request => request.Method == "POST"), requests.Count(request => request.Method == "PATCH")));
    }

    [Theory]
    [ClusterAtNight]
    [InlineData(Chunk)]
    [InlineData(null)]
    public async Task It_stops_when_paused_and_sends_only_the_rest_when_resumed(int? chunk)
    {
        await using var page = await uppy.OpenAsync(chromium, pair.Service.Address, chunk is { } size ? new { chunkSize = size } : new { });
        await page.Window.NetworkAsync(Slow);
        var upload = page.Window.Page.WaitForResponseAsync(answer => answer.Request.Method == "POST");
        await page.ChooseAsync(await uppy.FileAsync("paused.bin", s_content));
        await page.SentAsync(s_content.Size / 3);
        await page.PauseAsync();
        var offset = await new TusClient(pair.Http).OffsetInTheEndAsync(await LocationAsync(await upload));
        Assert.InRange(offset, 1, s_content.Size - 1);

        var requests = Requests(page);
        await page.Window.NetworkAsync(0);
        await page.ResumeAsync();
        await IsThereAsync(pair.Http, (await page.DoneAsync()).Single(), "paused.bin", s_hash);
        Assert.Equal(TusClient.Text(offset), FirstOffset(requests));
    }

    [Fact]
    [ClusterAtNight]
    public async Task It_continues_the_same_upload_after_a_reload()
    {
        var file = await uppy.FileAsync("reloaded.bin", s_content);
        await using var page = await uppy.OpenAsync(chromium, pair.Service.Address, new { chunkSize = Chunk });
        await page.Window.NetworkAsync(Slow);
        var created = page.Window.Page.WaitForResponseAsync(answer => answer.Request.Method == "POST");
        await page.ChooseAsync(file);
        await page.SentAsync(s_content.Size / 3);
        await page.LoadAsync();
        var upload = await LocationAsync(await created);
        var offset = await new TusClient(pair.Http).OffsetInTheEndAsync(upload);
        Assert.InRange(offset, 1, s_content.Size - 1);

        var requests = Requests(page);
        await page.Window.NetworkAsync(0);
        await page.ChooseAsync(file);
        var url = (await page.DoneAsync()).Single();
        Assert.Equal(upload, new Uri(url).AbsolutePath);
        Assert.Equal(TusClient.Text(offset), FirstOffset(requests));
        await IsThereAsync(pair.Http, url, "reloaded.bin", s_hash);
    }

    [Fact]
    [ClusterAtNight]
    public async Task It_leaves_nothing_when_cancelled() => await pair.LeavesNothingAsync(async () =>
    {
        await using var page = await uppy.OpenAsync(chromium, pair.Service.Address, new { chunkSize = Chunk });
        await page.Window.NetworkAsync(Slow);
        var created = page.Window.Page.WaitForResponseAsync(answer => answer.Request.Method == "POST");
        await page.ChooseAsync(await uppy.FileAsync("cancelled.bin", s_content));
        await page.SentAsync(s_content.Size / 3);
        await page.CancelAsync();
        var upload = await LocationAsync(await created);
        await Service.UntilAsync("the upload is gone", async () =>
        {
            using var head = await new TusClient(pair.Http).HeadAsync(upload);
            return head.StatusCode == HttpStatusCode.NotFound;
        });
    });

    [Fact]
    public async Task It_continues_after_the_service_was_killed()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var first = await ServiceProcess.StartAsync(stores);
        await using var page = await uppy.OpenAsync(chromium, first.Address, new { chunkSize = Chunk, retryDelays = s_patience });
        await page.Window.NetworkAsync(Slow);
        var other = new Generated(98, 2 * Chunk);
        await page.ChooseAsync(await uppy.FileAsync("one.bin", s_content), await uppy.FileAsync("two.bin", other));
        await page.SentAsync(s_content.Size / 2);
        var requests = Requests(page);
        first.Signal(9);
        await first.ExitAsync();
        await using var second = await ServiceProcess.StartAsync(stores, (ServiceProcess.Urls, first.Address.ToString()));
        await page.Window.NetworkAsync(0);
        var uploads = await page.DoneAsync();
        Assert.Contains(requests, request => request.Failure is not null);
        await IsThereAsync(second.Http, uploads[0], "one.bin", s_hash);
        await IsThereAsync(second.Http, uploads[1], "two.bin", other.Sha256());
        Assert.Equal(2, (await Invariants.EveryFileIsWholeAsync(second.Http)).Count);
    }

    /// <summary>Records the page's requests to the service from now on.</summary>
    private static ConcurrentQueue<IRequest> Requests(UppyPage page)
    {
        var requests = new ConcurrentQueue<IRequest>();
        page.Window.Page.Request += (_, request) => requests.Enqueue(request);
        return requests;
    }

    private static string FirstOffset(IEnumerable<IRequest> requests) =>
        requests.First(request => request.Method == "PATCH").Headers["upload-offset"];

    private static async Task<string> LocationAsync(IResponse created) => await created.HeaderValueAsync("Location") ?? "";

    private static async Task IsThereAsync(HttpClient http, string upload, string name, string hash)
    {
        var file = await new TusClient(http).FileAsync(new Uri(upload).AbsolutePath);
        Assert.Equal((name, hash), (file.Name(), file.Text("sha256")));
        await using var content = await http.GetStreamAsync($"/files/{file.Id()}");
        Assert.Equal(hash, Convert.ToHexStringLower(await SHA256.HashDataAsync(content)));
    }
}

[Collection(ChromiumTests.Name)]
public sealed class UppyOnEmbeddedTests(EmbeddedPair pair, Chromium chromium, Uppy uppy)
    : UppyTests(pair, chromium, uppy), IClassFixture<EmbeddedPair>, IClassFixture<Uppy>;

[Collection(ChromiumTests.Name)]
public sealed class UppyOnClusterTests(ClusterPair pair, Chromium chromium, Uppy uppy)
    : UppyTests(pair, chromium, uppy), IClassFixture<ClusterPair>, IClassFixture<Uppy>;
