using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using FileDrop.Api.Storage;
using FileDrop.Api.Tests.Files;
using FileDrop.Api.Tests.Folders;
using Xunit;

namespace FileDrop.Api.Tests.Shares;

public abstract class DropTests(Pair pair)
{
    private static readonly string[] PicturesAndTexts = ["image/*", ".txt"];

    [Fact]
    public async Task Anyone_with_the_link_drops_files_and_sees_overwrites_and_learns_nothing()
    {
        var (folder, link) = await DropAsync(pair.Http);
        using (var mine = await pair.Http.PostAsync($"/files/upload?file_name=a.txt&folder_id={folder}", new StringContent("mine")))
            await mine.SucceededAsync(HttpStatusCode.Created);
        using var visitor = pair.Service.Visitor();
        foreach (var name in new[] { "a (2).txt", "a (3).txt" })
        {
            using var put = await visitor.PutAsync($"{link}/a.txt", new StringContent("theirs"));
            var receipt = await put.SucceededAsync(HttpStatusCode.Created);
            Assert.Equal((name, 6, Convert.ToHexStringLower(SHA256.HashData("theirs"u8))),
                (receipt.Text("file_name"), receipt.GetProperty("file_size").GetInt32(), receipt.Text("sha256")));
            Assert.Equal(["file_name", "file_size", "sha256", "received_at"], receipt.EnumerateObject().Select(member => member.Name));
        }
        using (var form = await visitor.PostAsync(link, new FormBody().Text("uploader", "Ada").Text("message", "Hello!").File("abc", "b.html").Content()))
            Assert.Equal("b.html", (await form.SucceededAsync(HttpStatusCode.Created)).Text("file_name"));
        using (var empty = await visitor.PutAsync($"{link}/empty.svg", new ByteArrayContent([])))
            Assert.Equal(0, (await empty.SucceededAsync(HttpStatusCode.Created)).GetProperty("file_size").GetInt32());
        using (var below = await visitor.PutAsync($"{link}/new/deep/c.txt", new StringContent("c")))
            await below.SucceededAsync(HttpStatusCode.Created);
        // A file has the name of a folder on the way.
        using (var beside = await visitor.PutAsync($"{link}/a.txt/c.txt", new StringContent("c")))
            await beside.SucceededAsync(HttpStatusCode.Created);

        var entries = await EntriesAsync(pair.Http, folder);
        Assert.Equal(["a.txt (2)", "new", "a (2).txt", "a (3).txt", "a.txt", "b.html", "empty.svg"], entries.Keys.Order(StringComparer.Ordinal).OrderBy(name => entries[name].Text("kind") == "file"));
        Assert.Equal("mine", await pair.Http.GetStringAsync($"/files/{entries["a.txt"].Id()}"));
        Assert.Equal(("Ada", "Hello!"), (entries["b.html"].Tags()["uploaded_by"], entries["b.html"].Tags()["message"]));
        foreach (var name in new[] { "b.html", "empty.svg", "a (2).txt" })
        {
            using var shown = await pair.Http.GetAsync($"/files/{entries[name].Id()}?inline=true");
            Assert.Equal("attachment", shown.Content.Headers.ContentDisposition?.DispositionType);
        }
        foreach (var path in new[] { "/a.txt", "/new", $"/{entries["a.txt"].Id()}", "?zip=true" })
        {
            using var seen = await visitor.SendAsync(HttpMethod.Get, link + path, null, ("Accept", "application/json"));
            Assert.DoesNotContain("mine", await seen.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            Assert.True(path[0] == '?' || seen.StatusCode == HttpStatusCode.NotFound, path);
        }
        Assert.Contains($"curl -T FILE {pair.Service.Address}{link[1..]}/", await visitor.GetStringAsync(link), StringComparison.Ordinal);
        foreach (var method in new[] { "DELETE", "PATCH" })
        {
            using var change = await visitor.SendAsync(new HttpMethod(method), $"{link}/a.txt", new ByteArrayContent([1]));
            Assert.True((int)change.StatusCode is 404 or 405, $"{method}: {change.StatusCode}");
        }
    }

    [Fact]
    public async Task The_limits_of_a_drop_folder_hold_and_what_is_refused_leaves_nothing()
    {
        var (folder, link) = await DropAsync(pair.Http, new
        {
            max_bytes = 100,
            max_files = 3,
            max_file_size = 60,
            types = PicturesAndTexts,
            asks_name = true,
            folder_per_uploader = true,
        });
        using var visitor = pair.Service.Visitor();
        await RefusedAsync("/a.txt", 5, 400, "invalid_request");
        await RefusedAsync("/a.exe?uploader=Ada", 5, 415, "unsupported_media_type");
        await RefusedAsync("/a.txt?uploader=Ada", 61, 413, "file_too_large");
        using (var first = await visitor.PutAsync($"{link}/a.txt?uploader=Ada%2F..%2Fx", new ByteArrayContent(new byte[60])))
            await first.SucceededAsync(HttpStatusCode.Created);
        await RefusedAsync("/b.png?uploader=Ada", 41, 413, "file_too_large");
        using (var chunked = await visitor.SendChunkedAsync(HttpMethod.Put, $"{link}/b.png?uploader=Bob", new ByteArrayContent(new byte[41])))
            Assert.True((int)chunked.StatusCode is 413 or 507, $"{chunked.StatusCode}");
        using (var second = await visitor.SendChunkedAsync(HttpMethod.Put, $"{link}/b.png?uploader=Bob", new ByteArrayContent(new byte[40])))
            await second.SucceededAsync(HttpStatusCode.Created);
        using (var third = await visitor.PutAsync($"{link}/c.txt?uploader=Bob", new ByteArrayContent([])))
            await third.SucceededAsync(HttpStatusCode.Created);
        await RefusedAsync("/d.txt?uploader=Bob", 0, 507, "drop_full");
        var entries = await EntriesAsync(pair.Http, folder);
        Assert.Equal(["Ada-..-x", "Bob"], entries.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(["b.png", "c.txt"], (await EntriesAsync(pair.Http, entries["Bob"].FolderId())).Keys.Order(StringComparer.Ordinal));

        async Task RefusedAsync(string path, int size, int status, string code)
        {
            using var response = await visitor.PutAsync(link + path, new ByteArrayContent(new byte[size]));
            await response.RefusedAsync(status, code);
        }
    }

    [Fact]
    public async Task Many_at_once_never_exceed_the_limit_of_files()
    {
        var (folder, link) = await DropAsync(pair.Http, new { max_files = 5 });
        using var visitor = pair.Service.Visitor();
        var answers = await Task.WhenAll(Enumerable.Range(0, 24).Select(async i =>
        {
            using var response = await visitor.PutAsync($"{link}/same.txt", new StringContent($"{i}"));
            return response.StatusCode;
        }));
        Assert.Equal(5, answers.Count(status => status == HttpStatusCode.Created));
        Assert.Equal(5, (await EntriesAsync(pair.Http, folder)).Count);
    }

    [Fact]
    public async Task A_full_quota_of_the_owner_refuses_a_drop_and_nothing_partial_is_visible()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, ("FileDrop:Quota:Bytes", "100000"));
        var (folder, link) = await DropAsync(service.Http);
        using var visitor = service.Visitor();
        using (var fits = await visitor.PutAsync($"{link}/a", new ByteArrayContent(new byte[80_000])))
            await fits.SucceededAsync(HttpStatusCode.Created);
        using (var whole = await visitor.PutAsync($"{link}/b", new ByteArrayContent(new byte[80_000])))
            await whole.RefusedAsync(507, "drop_full");
        using (var chunked = await visitor.SendChunkedAsync(HttpMethod.Put, $"{link}/b", new ByteArrayContent(new byte[80_000])))
            await chunked.RefusedAsync(507, "drop_full");
        using (var begun = await visitor.SendAsync(HttpMethod.Post, $"{link}/uploads", null, ("Tus-Resumable", "1.0.0"), ("Upload-Length", "80000")))
            await begun.RefusedAsync(507, "drop_full");
        Assert.Equal(["a"], (await EntriesAsync(service.Http, folder)).Keys);
        Assert.Single((await (await service.Http.GetAsync("/files")).JsonAsync()).EnumerateArray());
    }

    [Fact]
    public async Task An_upload_in_pieces_goes_on_where_it_was_and_shows_no_id()
    {
        var (folder, link) = await DropAsync(pair.Http);
        var (_, other) = await DropAsync(pair.Http);
        using var visitor = pair.Service.Visitor();
        var content = Requests.Bytes(200_000);
        var place = await BeginAsync(visitor, link, "big.bin", content.Length, "x/y/big.bin");
        using (var first = await AppendAsync(visitor, place, 0, content[..120_000]))
            Assert.Equal("120000", first.Headers.GetValues("Upload-Offset").Single());
        Assert.DoesNotContain(await EntriesAsync(pair.Http, folder), entry => entry.Key == "big.bin");
        using (var stranger = await visitor.SendAsync(HttpMethod.Head, place.Replace(link, other, StringComparison.Ordinal), null, ("Tus-Resumable", "1.0.0")))
            Assert.Equal(HttpStatusCode.NotFound, stranger.StatusCode);
        using (var wrong = await AppendAsync(visitor, place, 5, content[5..]))
            await wrong.RefusedAsync(409, "offset_mismatch");
        using (var head = await visitor.SendAsync(HttpMethod.Head, place, null, ("Tus-Resumable", "1.0.0")))
            Assert.Equal("120000", head.Headers.GetValues("Upload-Offset").Single());
        using (var last = await AppendAsync(visitor, place, 120_000, content[120_000..]))
        {
            Assert.Equal(HttpStatusCode.NoContent, last.StatusCode);
            Assert.Equal(Requests.Digest(content), last.Headers.GetValues("Repr-Digest").Single());
            Assert.Null(last.Content.Headers.ContentLocation);
        }
        var inner = await EntriesAsync(pair.Http, (await EntriesAsync(pair.Http, (await EntriesAsync(pair.Http, folder))["x"].FolderId()))["y"].FolderId());
        Assert.Equal(content, await pair.Http.GetByteArrayAsync($"/files/{inner["big.bin"].Id()}"));
        Assert.DoesNotContain(inner["big.bin"].Id(), place, StringComparison.Ordinal);
        var gone = await BeginAsync(visitor, link, "gone", 10);
        using (var ended = await visitor.SendAsync(HttpMethod.Delete, gone, null, ("Tus-Resumable", "1.0.0")))
            Assert.Equal(HttpStatusCode.NoContent, ended.StatusCode);
        using var after = await AppendAsync(visitor, gone, 0, [1]);
        await after.RefusedAsync(404, "upload_not_found");
    }

    [Fact]
    public async Task A_drop_without_a_length_takes_no_room_that_a_crash_could_keep()
    {
        await using var stores = await pair.MakeStoresAsync();
        var faults = new FaultyStores();
        await using var service = await Service.StartAsync(stores, faults.Wrap);
        var (folder, link) = await DropAsync(service.Http, new { max_bytes = 20_000_000 });
        using var visitor = service.Visitor();
        // As in a crash, nothing is given back.
        faults.Break("ISharedCatalog.ReleaseDropAsync", Fault.Before, times: int.MaxValue);
        using (var body = new GatedContent(new byte[16_000_000], 12_000_000))
        {
            var sending = visitor.SendChunkedAsync(HttpMethod.Put, $"{link}/a", body);
            // More than any buffer holds, so the service has begun to read.
            await body.Stopped;
            body.Break();
            await Assert.ThrowsAnyAsync<Exception>(() => sending);
        }
        using (var whole = await visitor.SendChunkedAsync(HttpMethod.Put, $"{link}/b", new ByteArrayContent(new byte[15_000_000])))
            await whole.SucceededAsync(HttpStatusCode.Created);
        using (var more = await visitor.SendChunkedAsync(HttpMethod.Put, $"{link}/c", new ByteArrayContent(new byte[15_000_000])))
            Assert.True((int)more.StatusCode is 413 or 507, $"{more.StatusCode}");
        Assert.Equal(["b"], (await EntriesAsync(service.Http, folder)).Keys);
    }

    [Fact]
    public async Task A_drop_whose_commit_got_no_answer_keeps_its_room_so_that_the_limit_holds()
    {
        await using var stores = await pair.MakeStoresAsync();
        var faults = new Unanswered();
        await using var service = await Service.StartAsync(stores, faults.Wrap);
        var (folder, link) = await DropAsync(service.Http, new { max_files = 1 });
        using var visitor = service.Visitor();
        faults.IsOn = true;
        using (var unknown = await visitor.PutAsync($"{link}/a", new ByteArrayContent(new byte[10])))
            await unknown.RefusedAsync(503, "storage_unavailable");
        faults.IsOn = false;
        Assert.Equal(["a"], (await EntriesAsync(service.Http, folder)).Keys);
        using (var second = await visitor.PutAsync($"{link}/b", new ByteArrayContent(new byte[10])))
            await second.RefusedAsync(507, "drop_full");
        Assert.Equal(["a"], (await EntriesAsync(service.Http, folder)).Keys);
    }

    [Fact]
    public async Task A_folder_with_the_name_of_the_uploads_is_reached_like_any_other()
    {
        var top = (await pair.Http.FolderAsync($"shared {Guid.NewGuid()}")).FolderId();
        var uploads = (await pair.Http.FolderAsync("uploads", top)).FolderId();
        await pair.Http.PlaceAsync("inside"u8.ToArray(), "a.txt", "text/plain", uploads);
        var link = (await pair.Http.ShareAsync(new { ids = new[] { top }, password = ShareWords.Password })).Text("url");
        using var visitor = pair.Service.Visitor();
        string cookies;
        using (var form = new FormUrlEncodedContent([new("password", ShareWords.Password)]))
        using (var opened = await visitor.PostAsync($"{link}/uploads", form))
        {
            Assert.Equal((HttpStatusCode.SeeOther, $"{link}/uploads"), (opened.StatusCode, opened.Headers.Location?.ToString()));
            cookies = opened.Cookies();
        }
        foreach (var (method, path, body) in new[]
        {
            (HttpMethod.Get, "/uploads/a.txt", "inside"), (HttpMethod.Head, "/uploads/a.txt", ""), (HttpMethod.Head, "/uploads", ""),
        })
        {
            using var answer = await visitor.SendAsync(method, link + path, null, ("Cookie", cookies));
            Assert.Equal((HttpStatusCode.OK, body), (answer.StatusCode, await answer.Content.ReadAsStringAsync()));
        }

        var (_, drop) = await DropAsync(pair.Http);
        foreach (var (method, path, name) in new[] { (HttpMethod.Post, "/uploads", "b.txt"), (HttpMethod.Put, "/uploads", "uploads"), (HttpMethod.Put, "/uploads/c.txt", "c.txt") })
        {
            using HttpContent body = method == HttpMethod.Post ? new FormBody().File("abc", "b.txt").Content() : new StringContent("abc");
            using var dropped = await visitor.SendAsync(method, drop + path, body);
            Assert.StartsWith(name, (await dropped.SucceededAsync(HttpStatusCode.Created)).Text("file_name"), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_drop_folder_in_the_trash_takes_nothing_and_one_with_a_life_lets_its_files_go()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, FolderRequests.Day);
        var (folder, link) = await DropAsync(service.Http, new { files_expire_in = 2 });
        using var visitor = service.Visitor();
        using (var put = await visitor.PutAsync($"{link}/a.txt", new StringContent("a")))
            await put.SucceededAsync(HttpStatusCode.Created);
        await Service.UntilAsync("the file is in the trash", async () => (await service.Http.GetStringAsync("/trash")).Contains("a.txt", StringComparison.Ordinal));
        Assert.Empty(await EntriesAsync(service.Http, folder));
        await service.Http.DeletedAsync($"/folders/{folder}");
        using var closed = await visitor.PutAsync($"{link}/b.txt", new StringContent("b"));
        await closed.RefusedAsync(404, "share_not_found");
    }

    private static async Task<(string Folder, string Link)> DropAsync(HttpClient http, object? drop = null)
    {
        var folder = (await http.FolderAsync($"drop {Guid.NewGuid()}")).FolderId();
        return (folder, (await http.ShareAsync(new { ids = new[] { folder }, mode = "upload", drop = drop ?? new { } })).Text("url"));
    }

    private static async Task<Dictionary<string, JsonElement>> EntriesAsync(HttpClient http, string folder)
    {
        using var response = await http.GetAsync($"/folders/{folder}/entries");
        return (await response.SucceededAsync()).EnumerateArray().ToDictionary(entry => entry.TryGetProperty("name", out var name) ? name.GetString() ?? "" : entry.Name());
    }

    private static async Task<string> BeginAsync(HttpClient http, string link, string name, long size, string? path = null)
    {
        var metadata = $"filename {Convert.ToBase64String(Encoding.UTF8.GetBytes(name))},relativePath {Convert.ToBase64String(Encoding.UTF8.GetBytes(path ?? name))}";
        using var begun = await http.SendAsync(
            HttpMethod.Post, $"{link}/uploads", null, ("Tus-Resumable", "1.0.0"), ("Upload-Length", $"{size}"), ("Upload-Metadata", metadata));
        Assert.True(begun.StatusCode == HttpStatusCode.Created, await begun.Content.ReadAsStringAsync());
        return begun.Headers.Location?.ToString() ?? "";
    }

    private static Task<HttpResponseMessage> AppendAsync(HttpClient http, string place, long offset, byte[] bytes) => http.SendAsync(
        HttpMethod.Patch, place, new ByteArrayContent(bytes), ("Tus-Resumable", "1.0.0"), ("Upload-Offset", $"{offset}"), ("Content-Type", "application/offset+octet-stream"));

    /// <summary>A catalog that commits, and then answers neither this nor any question.</summary>
    private sealed class Unanswered : StoreCalls
    {
        private bool _isCommitted;

        public bool IsOn { get; set; }

        protected override void Before(string method, object?[] arguments)
        {
            // A count is given back, if the service wishes so.
            if (IsOn && _isCommitted && !method.StartsWith("ISharedCatalog", StringComparison.Ordinal))
                throw new StorageException(StorageFailure.Unavailable, "A test's fault.");
        }

        protected override void After(string method)
        {
            if (!IsOn || !method.EndsWith(".CommitAsync", StringComparison.Ordinal))
                return;
            _isCommitted = true;
            throw new StorageException(StorageFailure.Unavailable, "A test's fault.");
        }
    }
}

public sealed class DropsOnEmbeddedTests(EmbeddedPair pair) : DropTests(pair), IClassFixture<EmbeddedPair>;

public sealed class DropsOnClusterTests(ClusterPair pair) : DropTests(pair), IClassFixture<ClusterPair>;
