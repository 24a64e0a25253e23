using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json;
using FileDrop.Api.Tests.Access;
using FileDrop.Api.Tests.Files;
using FileDrop.Api.Tests.Folders;
using Xunit;

namespace FileDrop.Api.Tests.Shares;

public abstract class ShareTests(Pair pair)
{
    private static readonly string[] ShareAlone = ["share"], ShareAndRead = ["share", "read"], Root = ["root"];

    [Fact]
    public async Task A_share_follows_its_file_through_names_versions_the_trash_and_back()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, FolderRequests.Day);
        using var visitor = service.Visitor();
        var file = (await service.Http.UploadAsync("one"u8.ToArray(), "a.txt", "text/plain")).Id();
        var share = await service.Http.ShareAsync(new { ids = new[] { file }, note = "Here it is." });
        var link = share.Text("url");
        Assert.Equal(("download", "file", "a.txt", "active"), (share.Text("mode"), share.Text("kind"), share.Text("name"), share.Text("state")));
        Assert.Matches("^/s/[A-Za-z0-9_-]{22}$", link);
        using (var named = await service.Http.PutJsonAsync(file, "{\"file_name\":\"b.txt\"}"))
            await named.SucceededAsync();
        using (var changed = await service.Http.PutAsync($"/files/{file}/content", new StringContent("two")))
            await changed.SucceededAsync();
        using (var read = await visitor.GetAsync(link))
        {
            Assert.Equal("two", await read.Content.ReadAsStringAsync());
            Assert.Equal("b.txt", read.Content.Headers.ContentDisposition?.FileNameStar);
            Assert.Equal(["Accept", "User-Agent", "Cookie"], read.Headers.Vary);
        }
        await service.Http.DeletedAsync($"/files/{file}");
        using (var gone = await visitor.GetAsync(link))
            await gone.RefusedAsync(404, "share_not_found");
        Assert.Equal("suspended", (await service.Http.ReadShareAsync(share)).Text("state"));
        using (var back = await service.Http.PostAsync($"/trash/{file}/restore", null))
            await back.SucceededAsync();
        Assert.Equal("two", await visitor.GetStringAsync(link));
        await service.Http.DeletedAsync($"/files/{file}?permanent=true");
        using (var gone = await visitor.GetAsync(link))
            await gone.RefusedAsync(404, "share_not_found");
        Assert.Equal("gone", (await service.Http.ReadShareAsync(share)).Text("state"));
    }

    [Fact]
    public async Task Ranges_conditions_and_HEAD_work_as_on_the_file_and_a_browser_gets_a_page()
    {
        var file = await pair.Http.UploadAsync("one two"u8.ToArray(), "a<b>.txt", "text/plain");
        var link = await pair.Http.LinkAsync(file.Id());
        using var visitor = pair.Service.Visitor();
        using (var part = await visitor.SendAsync(HttpMethod.Get, link, null, ("Range", "bytes=4-")))
            Assert.Equal((HttpStatusCode.PartialContent, "two"), (part.StatusCode, await part.Content.ReadAsStringAsync()));
        using (var head = await visitor.SendAsync(HttpMethod.Head, link, null))
        {
            Assert.Equal((HttpStatusCode.OK, 7), (head.StatusCode, head.Content.Headers.ContentLength));
            using var same = await visitor.SendAsync(HttpMethod.Get, link, null, ("If-None-Match", head.Headers.ETag?.ToString() ?? ""));
            Assert.Equal(HttpStatusCode.NotModified, same.StatusCode);
        }
        using (var outside = await visitor.SendAsync(HttpMethod.Get, link, null, ("Range", "bytes=9-")))
            await outside.RefusedAsync(416, "range_not_satisfiable");
        using var page = await visitor.PageAsync(link);
        var html = await page.Content.ReadAsStringAsync();
        Assert.Contains("a&lt;b&gt;.txt", html, StringComparison.Ordinal);
        Assert.Contains($"href=\"{link}?download=true\"", html, StringComparison.Ordinal);
        Assert.Contains($"src=\"{link}?inline=true\"", html, StringComparison.Ordinal);
        Assert.Equal("DENY", page.Headers.GetValues("X-Frame-Options").Single());
        Assert.Contains("frame-ancestors 'none'", page.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        using (var download = await visitor.PageAsync($"{link}?download=true"))
            Assert.Equal("one two", await download.Content.ReadAsStringAsync());
        using var agent = await visitor.SendAsync(HttpMethod.Get, $"{link}?download=true", null, ("User-Agent", "Slackbot-LinkExpanding 1.0"));
        var preview = await agent.Content.ReadAsStringAsync();
        Assert.Equal("text/html", agent.Content.Headers.ContentType?.MediaType);
        Assert.Contains("og:title", preview, StringComparison.Ordinal);
        Assert.DoesNotContain("?inline=true", preview, StringComparison.Ordinal);
        using var picture = await visitor.GetAsync($"{link}?card=true");
        Assert.Equal("image/png", picture.Content.Headers.ContentType?.MediaType);
    }

    [Fact]
    public async Task A_folders_share_leads_only_down_and_loses_at_once_what_leaves_the_folder()
    {
        var top = await pair.Http.FolderAsync($"top {Guid.NewGuid()}");
        var below = await pair.Http.FolderAsync("below", top.FolderId());
        await pair.Http.PlaceAsync("above"u8.ToArray(), "secret.txt", folder: top.FolderId());
        var file = await pair.Http.PlaceAsync("inside"u8.ToArray(), "ä #1?.txt", folder: below.FolderId());
        var deep = await pair.Http.FolderAsync("deep", below.FolderId());
        await pair.Http.PlaceAsync("deep down"u8.ToArray(), "d.txt", folder: deep.FolderId());
        var link = await pair.Http.LinkAsync(below.FolderId());
        using var visitor = pair.Service.Visitor();
        var address = $"{link}/{Uri.EscapeDataString("ä #1?.txt")}";
        Assert.Equal("inside", await visitor.GetStringAsync(address));
        Assert.Equal("deep down", await visitor.GetStringAsync($"{link}/deep/d.txt"));
        using (var listed = await visitor.SendAsync(HttpMethod.Get, link, null, ("Accept", "application/json")))
            Assert.Equal([$"folder deep {link}/deep", $"file ä #1?.txt {address}"],
                (await listed.JsonAsync()).EnumerateArray().Select(one => $"{one.Text("kind")} {one.Text("name")} {one.Text("url")}"));
        using (var page = await visitor.PageAsync(link))
        {
            var html = await page.Content.ReadAsStringAsync();
            Assert.Contains("ä #1?.txt", html, StringComparison.Ordinal);
            Assert.DoesNotContain("secret", html, StringComparison.Ordinal);
            Assert.DoesNotContain(top.FolderId(), html, StringComparison.Ordinal);
        }
        using (var zip = new ZipArchive(await visitor.GetStreamAsync(link)))
            Assert.Equal(["deep/", "deep/d.txt", "ä #1_.txt"], zip.Entries.Select(entry => entry.FullName).Order(StringComparer.Ordinal));
        foreach (var outside in new[]
        {
            "/secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/deep/../../secret.txt", $"/{top.FolderId()}", $"/{file.Id()}", "/deep/d.txt/x", "/.", "/%00", "/%ff", "//",
            "/uploads/00000000000000000000000000000000",
        })
        {
            using var wire = await Wire.ConnectAsync(pair.Service);
            await wire.SendHeadAsync($"GET {link}{outside}");
            var answer = await wire.ReadAsync();
            Assert.True(answer?.Status is 404 or 400, $"{outside}: {answer?.Status} {answer?.Body}");
        }
        using (var moved = await pair.Http.PatchAsync($"/files/{file.Id()}", AccessWords.Json(new { folder_id = top.FolderId() })))
            await moved.SucceededAsync();
        using (var left = await visitor.GetAsync(address))
            await left.RefusedAsync(404, "share_not_found");
    }

    [Fact]
    public async Task A_selection_shows_each_of_its_entries_under_a_name_of_its_own()
    {
        var folder = await pair.Http.FolderAsync($"of a selection {Guid.NewGuid()}");
        await pair.Http.PlaceAsync("3"u8.ToArray(), "in.txt", folder: folder.FolderId());
        string[] ids = [(await pair.Http.UploadAsync("1"u8.ToArray(), "a.txt")).Id(), folder.FolderId(), (await pair.Http.UploadAsync("2"u8.ToArray(), "a.txt")).Id()];
        var share = await pair.Http.ShareAsync(new { ids });
        Assert.Equal("selection", share.Text("kind"));
        var link = share.Text("url");
        using var visitor = pair.Service.Visitor();
        Assert.Equal("1", await visitor.GetStringAsync($"{link}/a.txt"));
        Assert.Equal("2", await visitor.GetStringAsync($"{link}/a%20(2).txt"));
        Assert.Equal("3", await visitor.GetStringAsync($"{link}/{Uri.EscapeDataString(folder.Text("name"))}/in.txt"));
        using (var zip = new ZipArchive(await visitor.GetStreamAsync(link)))
            Assert.Equal(4, zip.Entries.Count);
        await pair.Http.DeletedAsync($"/files/{ids[0]}");
        Assert.Equal("2", await visitor.GetStringAsync($"{link}/a.txt"));
    }

    [Fact]
    public async Task Changes_and_the_end_of_a_share_hold_at_once_and_lists_show_the_owners_shares_alone()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, AccessWords.AdminSetting);
        using var alice = await service.OwnerAsync("alice");
        using var bob = await service.OwnerAsync("bob");
        using var visitor = service.Visitor();
        var file = (await alice.UploadAsync("x"u8.ToArray(), "a.txt", "text/plain")).Id();
        using (var foreign = await bob.PostAsync("/shares", AccessWords.Json(new { ids = new[] { file } })))
            await foreign.RefusedAsync(404, "file_not_found");
        var shares = new List<JsonElement>();
        for (var i = 0; i < 5; i++)
            shares.Add(await alice.ShareAsync(new { ids = new[] { file }, note = $"{i}" }));
        var seen = new List<string>();
        for (var next = "/shares?limit=2"; next.Length > 0;)
        {
            using var page = await alice.GetAsync(next);
            seen.AddRange((await page.SucceededAsync()).EnumerateArray().Select(share => share.Text("note")));
            next = page.Headers.TryGetValues("Link", out var link) ? link.Single().Split('<', '>')[1] : "";
        }
        Assert.Equal(["4", "3", "2", "1", "0"], seen);
        Assert.Equal("[]", (await bob.GetStringAsync("/shares")).Trim());
        using (var foreign = await bob.DeleteAsync($"/shares/{shares[0].Text("share_id")}"))
            await foreign.RefusedAsync(404, "share_not_found");

        using (var locked = await alice.PatchShareAsync(shares[0], new { password = ShareWords.Password, max_downloads = 3 }))
            Assert.True((await locked.SucceededAsync()).GetProperty("has_password").GetBoolean());
        using (var refused = await visitor.GetAsync(shares[0].Text("url")))
        {
            await refused.RefusedAsync(401, "share_password_required");
            Assert.Equal("Basic", refused.Headers.WwwAuthenticate.Single().Scheme);
        }
        using (var open = await alice.PatchShareAsync(shares[0], new { password = (string?)null, max_downloads = (int?)null, mode = "view" }))
            await open.SucceededAsync();
        using (var shown = await visitor.GetAsync(shares[0].Text("url")))
            Assert.Equal("inline", shown.Content.Headers.ContentDisposition?.DispositionType);
        using (var ended = await alice.DeleteAsync($"/shares/{shares[0].Text("share_id")}"))
            await ended.SucceededAsync();
        using (var gone = await visitor.GetAsync(shares[0].Text("url")))
            await gone.RefusedAsync(404, "share_not_found");
        using var again = await alice.DeleteAsync($"/shares/{shares[0].Text("share_id")}");
        await again.RefusedAsync(404, "share_not_found");
        using var code = await alice.GetAsync($"/shares/{shares[1].Text("share_id")}/qr");
        Assert.StartsWith("<svg", await code.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_share_survives_its_makers_key_unless_the_revocation_ends_it()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, AccessWords.AdminSetting);
        using var admin = service.AsAdmin();
        using var visitor = service.Visitor();
        var file = (await admin.UploadAsync([1], "a")).Id();
        var links = new List<(string Key, string Link)>();
        foreach (var name in new[] { "kept", "ended" })
        {
            var (key, id) = await admin.MakeKeyAsync(new { name });
            using var maker = service.As(key);
            links.Add((id, await maker.LinkAsync(file)));
        }
        await admin.DeletedAsync($"/admin/keys/{links[0].Key}");
        Assert.Equal([1], await visitor.GetByteArrayAsync(links[0].Link));
        Assert.Contains("1 of its shares", (await admin.DeletedAsync($"/admin/keys/{links[1].Key}?shares=true")).Text("message"), StringComparison.Ordinal);
        using var gone = await visitor.GetAsync(links[1].Link);
        await gone.RefusedAsync(404, "share_not_found");
        using var read = service.As((await admin.MakeKeyAsync(new { scopes = ShareAlone })).Key);
        using (var refused = await read.PostAsync("/shares", AccessWords.Json(new { ids = new[] { file } })))
            await refused.RefusedAsync(403, "forbidden");
        using var write = service.As((await admin.MakeKeyAsync(new { scopes = ShareAndRead })).Key);
        using var drop = await write.PostAsync("/shares", AccessWords.Json(new { ids = Root, mode = "upload" }));
        await drop.RefusedAsync(403, "forbidden");
    }

    [Fact]
    public async Task A_key_makes_no_share_between_its_revocation_and_the_end_of_its_shares()
    {
        await using var stores = await pair.MakeStoresAsync();
        var second = new SecondOfTwo("IKeyCatalog.RevokeApiKeyAsync", "IShareCatalog.DeleteSharesOfKeyAsync");
        await using var service = await Service.StartAsync(stores, second.Wrap, AccessWords.AdminSetting);
        using var admin = service.AsAdmin();
        var file = (await admin.UploadAsync([1], "a")).Id();
        var (key, id) = await admin.MakeKeyAsync(new { name = "maker" });
        using var maker = service.As(key);
        await maker.LinkAsync(file);
        HttpStatusCode? between = null;
        second.Run = async () =>
        {
            using var made = await maker.PostAsync("/shares", AccessWords.Json(new { ids = new[] { file } }));
            between = made.StatusCode;
        };
        await admin.DeletedAsync($"/admin/keys/{id}?shares=true");
        Assert.Equal(HttpStatusCode.Unauthorized, between);
        Assert.Equal("[]", (await admin.GetStringAsync("/shares")).Trim());
    }

    [Theory]
    [ClusterAtNight]
    [InlineData("{}")]
    [InlineData("{\"ids\":[]}")]
    [InlineData("{\"ids\":[\"root\"],\"max_downloads\":0}")]
    [InlineData("{\"ids\":[\"root\"],\"expires_at\":\"2020-01-01T00:00:00Z\"}")]
    [InlineData("{\"ids\":[\"root\"],\"password\":\"short\"}")]
    [InlineData("{\"ids\":[\"root\"],\"mode\":\"admin\"}")]
    [InlineData("{\"ids\":[\"root\"],\"version\":1}")]
    [InlineData("{\"ids\":[\"root\"],\"note\":\"\\u0000\"}")]
    [InlineData("{\"ids\":[\"root\"],\"drop\":{}}")]
    [InlineData("{\"ids\":[\"root\"],\"mode\":\"upload\",\"max_downloads\":1}")]
    [InlineData("{\"ids\":[\"root\"],\"mode\":\"upload\",\"selection\":true}")]
    [InlineData("{\"ids\":[\"root\"],\"mode\":\"upload\",\"drop\":{\"types\":[\"x\"]}}")]
    [InlineData("{\"ids\":[\"root\"],\"mode\":\"upload\",\"drop\":{\"max_files\":0}}")]
    [InlineData("{\"ids\":[\"root\"],\"other\":1}")]
    public async Task A_malformed_share_is_refused(string body)
    {
        using var response = await pair.Http.PostAsync("/shares", new StringContent(body, Encoding.UTF8, "application/json"));
        await response.RefusedAsync(400, "invalid_request");
    }

    /// <summary>Runs something before the second of two calls, whichever that is.</summary>
    private sealed class SecondOfTwo(params string[] methods) : StoreCalls
    {
        private int _calls;

        public Func<Task>? Run { get; set; }

        protected override async Task BeforeAsync(string method, object?[] arguments)
        {
            if (methods.Contains(method) && Interlocked.Increment(ref _calls) == 2 && Run is { } run)
                await run();
        }
    }
}

public sealed class SharesOnEmbeddedTests(EmbeddedPair pair) : ShareTests(pair), IClassFixture<EmbeddedPair>;

public sealed class SharesOnClusterTests(ClusterPair pair) : ShareTests(pair), IClassFixture<ClusterPair>;
