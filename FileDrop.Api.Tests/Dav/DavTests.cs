using System.Net;
using System.Xml.Linq;
using FileDrop.Api.Tests.Files;
using FileDrop.Api.Tests.Folders;
using Xunit;
using static FileDrop.Api.Tests.Dav.DavWords;

namespace FileDrop.Api.Tests.Dav;

/// <summary>WebDAV without locks: files and folders as a drive.</summary>
public abstract class DavTests(Pair pair)
{
    private HttpClient Http => pair.Http;

    [Fact]
    public async Task A_drive_and_the_API_show_the_same_files()
    {
        var top = await TopAsync();
        await Http.DavOkAsync(201, "PUT", $"{top}/a%20b.txt", "hello");
        await Http.DavOkAsync(201, "MKCOL", $"{top}/sub/");
        await Http.DavOkAsync(204, "PUT", $"{top}/a%20b.txt", "hello again");
        var id = await Http.IdAtAsync($"{top[5..]}/a%20b.txt");
        Assert.Equal("hello again", await Http.GetStringAsync($"/files/{id}"));
        using (var got = await Http.GetAsync($"{top}/a%20b.txt"))
        {
            Assert.Equal("hello again", await got.Content.ReadAsStringAsync());
            Assert.Equal(await Http.TagAsync(id), got.Headers.ETag?.ToString());
            Assert.Equal("sandbox; default-src 'none'", got.Headers.GetValues("Content-Security-Policy").Single());
        }
        using (var part = await Http.DavAsync("GET", $"{top}/a%20b.txt", null, ("Range", "bytes=6-")))
            Assert.Equal((HttpStatusCode.PartialContent, "again"), (part.StatusCode, await part.Content.ReadAsStringAsync()));
        var list = await Http.FindAsync(top, depth: 1);
        Assert.Equal([$"{top}/", $"{top}/sub/", $"{top}/a%20b.txt"], list.Hrefs());
        Assert.Equal("11", list.Elements(D + "response").Last().Descendants(D + "getcontentlength").Single().Value);
    }

    [Fact]
    public async Task A_list_of_everything_is_refused_with_its_reason()
    {
        var top = await TopAsync();
        Assert.Contains("propfind-finite-depth", await Http.DavOkAsync(403, "PROPFIND", top, null, ("Depth", "infinity")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Properties_that_a_client_made_up_stay_with_the_file_and_its_copies()
    {
        var top = await TopAsync();
        await Http.DavOkAsync(201, "PUT", $"{top}/a", "x");
        var before = await Http.TagAsync(await Http.IdAtAsync($"{top[5..]}/a"));
        await Http.DavOkAsync(207, "PROPPATCH", $"{top}/a", Set("color", "r\u00f6d <T:x/>"));
        Assert.Equal(before, await Http.TagAsync(await Http.IdAtAsync($"{top[5..]}/a")));
        await Http.DavOkAsync(207, "PROPPATCH", top, Set("color", "blue"));
        await Http.DavOkAsync(201, "COPY", $"{top}/a", null, ("Destination", $"{top}/b"));
        await Http.DavOkAsync(201, "MOVE", $"{top}/a", null, ("Destination", $"{top}/c"));
        await Http.DavOkAsync(204, "PUT", $"{top}/c", "other content");
        XNamespace t = "urn:test";
        foreach (var (path, value) in new[] { ($"{top}/b", "r\u00f6d "), ($"{top}/c", "r\u00f6d "), (top, "blue") })
            Assert.Equal(value, (await Http.FindAsync(path)).Property(t + "color"));
        var asked = await Http.FindAsync($"{top}/c", body: "<propfind xmlns='DAV:'><prop><color xmlns='urn:test'/><none xmlns='urn:test'/></prop></propfind>");
        Assert.Equal("r\u00f6d ", asked.Property(t + "color"));
        Assert.Contains("404", asked.Descendants(t + "none").Single().Parent?.Parent?.Element(D + "status")?.Value, StringComparison.Ordinal);
        await Http.DavOkAsync(
            207, "PROPPATCH", $"{top}/c", "<propertyupdate xmlns='DAV:'><remove><prop><color xmlns='urn:test'/></prop></remove></propertyupdate>");
        Assert.Null((await Http.FindAsync($"{top}/c")).Property(t + "color"));
    }

    [Fact]
    public async Task Properties_are_bounded_and_a_change_of_them_happens_whole_or_not_at_all()
    {
        var top = await TopAsync();
        var big = new string('x', 40_000);
        await Http.DavOkAsync(207, "PROPPATCH", top, Set("one", big));
        Assert.Contains("507", await Http.DavOkAsync(207, "PROPPATCH", top, Set("two", big)), StringComparison.Ordinal);
        const string Mixed = "<propertyupdate xmlns='DAV:'><set><prop><three xmlns='urn:test'>3</three><getetag>x</getetag></prop></set></propertyupdate>";
        var refused = await Http.DavOkAsync(207, "PROPPATCH", top, Mixed);
        Assert.Contains("cannot-modify-protected-property", refused, StringComparison.Ordinal);
        Assert.Contains("424", refused, StringComparison.Ordinal);
        XNamespace t = "urn:test";
        var now = await Http.FindAsync(top);
        Assert.Equal((big, null, null), (now.Property(t + "one"), now.Property(t + "two"), now.Property(t + "three")));
    }

    [Fact]
    public async Task A_save_over_a_file_by_a_move_keeps_its_id_and_its_versions()
    {
        var top = await TopAsync();
        await Http.DavOkAsync(201, "PUT", $"{top}/report.doc", "old");
        var id = await Http.IdAtAsync($"{top[5..]}/report.doc");
        using (var direct = await Http.SendAsync(HttpMethod.Put, $"/files/{id}/content", new StringContent("kept")))
            await direct.SucceededAsync();
        await Http.DavOkAsync(201, "PUT", $"{top}/new.tmp", "new");
        await Http.DavOkAsync(204, "MOVE", $"{top}/new.tmp", null, ("Destination", $"https://127.0.0.1{top}/report.doc"));
        Assert.Equal(id, await Http.IdAtAsync($"{top[5..]}/report.doc"));
        Assert.Equal("new", await Http.GetStringAsync($"{top}/report.doc"));
        await Http.DavOkAsync(404, "GET", $"{top}/new.tmp");
        using var versions = await Http.GetAsync($"/files/{id}/versions");
        Assert.Contains("\"version\":2", await versions.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Saves_of_one_caller_in_a_row_leave_one_earlier_version_and_those_of_the_API_each_one()
    {
        var top = await TopAsync();
        // Explorer sends an empty file first.
        await Http.DavOkAsync(201, "PUT", $"{top}/a", "");
        for (var save = 0; save < 5; save++)
            await Http.DavOkAsync(204, "PUT", $"{top}/a", $"{save}");
        var id = await Http.IdAtAsync($"{top[5..]}/a");
        Assert.Equal(1, await CountVersionsAsync(id));
        for (var save = 0; save < 2; save++)
        {
            using var response = await Http.SendAsync(HttpMethod.Put, $"/files/{id}/content", new StringContent($"api {save}"));
            await response.SucceededAsync();
        }
        await Http.DavOkAsync(204, "PUT", $"{top}/a", "6");
        await Http.DavOkAsync(204, "PUT", $"{top}/a", "7");
        Assert.Equal(4, await CountVersionsAsync(id));
        Assert.Equal("7", await Http.GetStringAsync($"{top}/a"));
    }

    [Fact]
    public async Task Trees_are_copied_and_moved_whole_and_replace_only_if_they_may()
    {
        var top = await TopAsync();
        await Http.DavOkAsync(201, "MKCOL", $"{top}/a");
        await Http.DavOkAsync(201, "MKCOL", $"{top}/a/b");
        await Http.DavOkAsync(201, "PUT", $"{top}/a/b/deep.txt", "deep");
        await Http.DavOkAsync(201, "PUT", $"{top}/a/flat.txt", "flat");
        await Http.DavOkAsync(201, "COPY", $"{top}/a/", null, ("Destination", $"{top}/copy/"));
        await Http.DavOkAsync(412, "COPY", $"{top}/a/", null, ("Destination", $"{top}/copy/"), ("Overwrite", "F"));
        await Http.DavOkAsync(201, "COPY", $"{top}/a/", null, ("Destination", $"{top}/empty/"), ("Depth", "0"));
        Assert.Equal("deep", await Http.GetStringAsync($"{top}/copy/b/deep.txt"));
        Assert.Equal([$"{top}/empty/"], (await Http.FindAsync($"{top}/empty", depth: 1)).Hrefs());
        await Http.DavOkAsync(403, "COPY", $"{top}/a/", null, ("Destination", $"{top}/a/b/c"));
        await Http.DavOkAsync(403, "MOVE", $"{top}/a/", null, ("Destination", $"{top}/a"));
        await Http.DavOkAsync(409, "MOVE", $"{top}/a/", null, ("Destination", $"{top}/none/x"));
        await Http.DavOkAsync(204, "MOVE", $"{top}/a/", null, ("Destination", $"{top}/copy"));
        await Http.DavOkAsync(204, "COPY", $"{top}/copy/flat.txt", null, ("Destination", $"{top}/empty"));
        Assert.Equal([$"{top}/", $"{top}/copy/", $"{top}/empty"], (await Http.FindAsync(top, depth: 1)).Hrefs());
        Assert.Equal("flat", await Http.GetStringAsync($"{top}/empty"));
        await Http.DavOkAsync(204, "DELETE", $"{top}/copy");
        await Http.DavOkAsync(404, "GET", $"{top}/copy/b/deep.txt");
    }

    [Fact]
    public async Task Loose_files_are_in_a_folder_of_their_own_from_which_they_can_be_moved()
    {
        var top = await TopAsync();
        var id = (await Http.UploadAsync("loose"u8.ToArray(), "r.txt")).Id();
        var href = (await Http.FindAsync("/dav/Unsorted", depth: 1)).Hrefs().Single(each => each.Contains(id.Replace("-", "", StringComparison.Ordinal), StringComparison.Ordinal));
        Assert.Contains("/dav/Unsorted/", (await Http.FindAsync("/dav/", depth: 1)).Hrefs());
        Assert.StartsWith("/dav/Unsorted/r~", href, StringComparison.Ordinal);
        Assert.Equal("loose", await Http.GetStringAsync(href));
        await Http.DavOkAsync(403, "PUT", "/dav/Unsorted/new.txt", "x");
        await Http.DavOkAsync(403, "PUT", href, "x");
        await Http.DavOkAsync(201, "MOVE", href, null, ("Destination", $"{top}/r.txt"));
        Assert.Equal(id, await Http.IdAtAsync($"{top[5..]}/r.txt"));
        await Http.DavOkAsync(404, "GET", href);
        await Http.DavOkAsync(403, "DELETE", "/dav/Unsorted");
    }

    [Fact]
    public async Task The_clients_time_is_the_time_of_the_content()
    {
        var top = await TopAsync();
        using (var put = await Http.DavAsync("PUT", $"{top}/a", "x", ("X-OC-Mtime", "1000000000")))
            Assert.Equal("accepted", put.Headers.GetValues("X-OC-MTime").Single());
        Assert.Equal("Sun, 09 Sep 2001 01:46:40 GMT", (await Http.FindAsync($"{top}/a")).Property(D + "getlastmodified"));
        using (var got = await Http.GetAsync($"{top}/a"))
            Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(1_000_000_000), got.Content.Headers.LastModified);
        await Http.DavOkAsync(
            207, "PROPPATCH", $"{top}/a", Set("Win32LastModifiedTime", "Fri, 13 Feb 2009 23:31:30 GMT", "urn:schemas-microsoft-com:"));
        var id = await Http.IdAtAsync($"{top[5..]}/a");
        Assert.Equal("2009-02-13T23:31:30.000Z", (await Http.MetadataAsync(id)).Text("modified_at"));
        // A write that tells no time is as old as it is.
        await Http.DavOkAsync(204, "PUT", $"{top}/a", "y");
        Assert.DoesNotContain("2009", (await Http.FindAsync($"{top}/a")).Property(D + "getlastmodified"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_of_unknown_length_and_preconditions_work_as_everywhere()
    {
        var top = await TopAsync();
        using (var chunked = await Http.SendChunkedAsync(HttpMethod.Put, $"{top}/a", new ByteArrayContent(Requests.Bytes(200_000))))
            Assert.Equal(HttpStatusCode.Created, chunked.StatusCode);
        Assert.Equal(Requests.Bytes(200_000), await Http.GetByteArrayAsync($"{top}/a"));
        await Http.DavOkAsync(412, "PUT", $"{top}/a", "x", ("If-None-Match", "*"));
        await Http.DavOkAsync(412, "PUT", $"{top}/a", "x", ("If-Match", "\"other\""));
        await Http.DavOkAsync(412, "PUT", $"{top}/b", "x", ("If-Match", "*"));
        await Http.DavOkAsync(412, "DELETE", $"{top}/a", null, ("If", "([\"other\"])"));
        var tag = await Http.TagAsync(await Http.IdAtAsync($"{top[5..]}/a"));
        await Http.DavOkAsync(204, "PUT", $"{top}/a", "x", ("If", $"([{tag}])"));
        await Http.DavOkAsync(204, "DELETE", $"{top}/a", null, ("If", "(Not <DAV:no-lock>)"));
    }

    [Fact]
    public async Task Short_lived_files_of_programs_pass_the_trash_by()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, FolderRequests.Day);
        foreach (var name in new[] { "~$a.docx", ".~lock.a.odt%23", "a.tmp", "kept.txt" })
        {
            await service.Http.DavOkAsync(201, "PUT", $"/dav/{name}", "x");
            await service.Http.DavOkAsync(204, "DELETE", $"/dav/{name}");
        }
        var trash = await service.Http.GetStringAsync("/trash");
        Assert.Contains("kept.txt", trash, StringComparison.Ordinal);
        Assert.Equal(1, trash.Split("file_id").Length - 1);
    }

    [Theory]
    [InlineData("hide", 201, 1)]
    [InlineData("keep", 201, 2)]
    [InlineData("refuse", 403, 1)]
    public async Task Files_that_systems_make_for_themselves_are_hidden_kept_or_refused(string junk, int status, int shown)
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, ("FileDrop:Dav:Junk", junk));
        await service.Http.DavOkAsync(201, "MKCOL", "/dav/a");
        await service.Http.DavOkAsync(status, "PUT", "/dav/a/.DS_Store", "x");
        Assert.Equal(shown, (await service.Http.FindAsync("/dav/a", depth: 1)).Hrefs().Count);
        await service.Http.DavOkAsync(status == 201 ? 200 : 404, "GET", "/dav/a/.DS_Store");
    }

    [Fact]
    public async Task The_quota_is_told_if_it_is_asked_for()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, ("FileDrop:Quota:Bytes", "1000"));
        await service.Http.DavOkAsync(201, "PUT", "/dav/a", "0123456789");
        const string Ask = "<propfind xmlns='DAV:'><prop><quota-available-bytes/><quota-used-bytes/></prop></propfind>";
        var quota = await service.Http.FindAsync("/dav/", body: Ask);
        Assert.Equal(("10", "990"), (quota.Property(D + "quota-used-bytes"), quota.Property(D + "quota-available-bytes")));
        Assert.Empty((await service.Http.FindAsync("/dav/")).Descendants(D + "quota-used-bytes"));
        await service.Http.DavOkAsync(507, "PUT", "/dav/b", new string('x', 2000));
    }

    private async Task<int> CountVersionsAsync(string id)
    {
        using var response = await Http.GetAsync($"/files/{id}/versions");
        return (await response.SucceededAsync()).GetArrayLength();
    }

    private async Task<string> TopAsync()
    {
        var top = $"/dav/{Guid.NewGuid():N}";
        await Http.DavOkAsync(201, "MKCOL", top);
        return top;
    }
}

public sealed class DavOnEmbeddedTests(EmbeddedPair pair) : DavTests(pair), IClassFixture<EmbeddedPair>;

public sealed class DavOnClusterTests(ClusterPair pair) : DavTests(pair), IClassFixture<ClusterPair>;
