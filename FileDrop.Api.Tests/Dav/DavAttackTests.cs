using System.Globalization;
using System.Text;
using FileDrop.Api.Catalog;
using FileDrop.Api.Contents;
using FileDrop.Api.Dav;
using FileDrop.Api.Http;
using FileDrop.Api.Tests.Files;
using FileDrop.Api.Tests.Folders;
using Microsoft.AspNetCore.Http;
using Xunit;
using static FileDrop.Api.Tests.Dav.DavWords;

namespace FileDrop.Api.Tests.Dav;

/// <summary>Requests of WebDAV that are meant to do harm.</summary>
public sealed class DavAttackTests(EmbeddedPair pair) : IClassFixture<EmbeddedPair>
{
    [Fact]
    public async Task No_entity_is_read_or_expanded()
    {
        const string Read = "<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><propfind xmlns='DAV:'><prop>&e;</prop></propfind>";
        var bomb = new StringBuilder("<!DOCTYPE x [<!ENTITY a0 'aaaaaaaaaa'>");
        for (var i = 1; i < 10; i++)
            bomb.Append(CultureInfo.InvariantCulture, $"<!ENTITY a{i} '{string.Concat(Enumerable.Repeat($"&a{i - 1};", 10))}'>");
        bomb.Append("]><propfind xmlns='DAV:'><prop>&a9;</prop></propfind>");
        const string Outside = "<!DOCTYPE x SYSTEM 'http://127.0.0.1:1/x.dtd'><propfind xmlns='DAV:'><allprop/></propfind>";
        const string Parameter = "<!DOCTYPE x [<!ENTITY % p SYSTEM 'file:///etc/passwd'> %p;]><propfind xmlns='DAV:'><allprop/></propfind>";
        foreach (var body in new[] { Read, bomb.ToString(), Outside, Parameter })
        {
            foreach (var method in new[] { "PROPFIND", "PROPPATCH", "LOCK" })
            {
                Assert.DoesNotContain("root:", await pair.Http.DavOkAsync(400, method, "/dav/", body, ("Depth", "0")), StringComparison.Ordinal);
                // A filter that looks for the words in ASCII would let this through.
                using var wide = await pair.Http.SendAsync(new HttpMethod(method), "/dav/", new StringContent("\uFEFF" + body, Encoding.Unicode, "application/xml"), ("Depth", "0"));
                Assert.Equal(400, (int)wide.StatusCode);
            }
        }
    }

    [Fact]
    public async Task Many_properties_meet_a_limit_however_they_come()
    {
        await pair.Http.DavOkAsync(201, "PUT", "/dav/props", "x");
        await pair.Http.DavOkAsync(413, "PROPPATCH", "/dav/props", Properties(0, 100_000, ""));
        var answers = new List<string>();
        for (var first = 0; first < 10_000; first += 1_000)
            answers.Add(await pair.Http.DavOkAsync(207, "PROPPATCH", "/dav/props", Properties(first, 100, "")));
        Assert.Equal([false, false, .. Enumerable.Repeat(true, 8)], answers.Select(answer => answer.Contains("507", StringComparison.Ordinal)));
        // A property that is set again needs no room, and long names count, too.
        Assert.DoesNotContain("507", await pair.Http.DavOkAsync(207, "PROPPATCH", "/dav/props", Properties(0, 100, "")), StringComparison.Ordinal);
        Assert.Contains("507", await pair.Http.DavOkAsync(207, "PROPPATCH", "/dav/props", Properties(0, 100, new string('n', 700))), StringComparison.Ordinal);
        Assert.Equal(DavState.MaxProperties, (await pair.Http.FindAsync("/dav/props")).Descendants().Count(each => each.Name.NamespaceName == "urn:test"));
        await pair.Http.DavOkAsync(204, "DELETE", "/dav/props");
    }

    [Fact]
    public async Task Deep_wide_and_long_bodies_are_refused()
    {
        var deep = string.Concat(Enumerable.Repeat("<a>", 30_000)) + string.Concat(Enumerable.Repeat("</a>", 30_000));
        var wide = $"<propfind xmlns='DAV:'><prop>{string.Concat(Enumerable.Range(0, 100_000).Select(i => $"<a{i}/>"))}</prop></propfind>";
        var many = $"<propfind xmlns='DAV:'><prop>{string.Concat(Enumerable.Range(0, 6_000).Select(i => $"<a{i}/>"))}</prop></propfind>";
        foreach (var body in new[] { deep, wide, many })
            await pair.Http.DavOkAsync(413, "PROPFIND", "/dav/", body, ("Depth", "0"));
        var some = $"<propfind xmlns='DAV:'><prop>{string.Concat(Enumerable.Range(0, 600).Select(i => $"<a{i}/>"))}</prop></propfind>";
        await pair.Http.DavOkAsync(400, "PROPFIND", "/dav/", some, ("Depth", "0"));
    }

    [Theory]
    [InlineData("/dav/..%2f..%2fetc%2fpasswd")]
    [InlineData("/dav/%2e%2e%2f%2e%2e%2fetc")]
    [InlineData("/dav/a%2fb")]
    [InlineData("/dav/%2e%2e")]
    [InlineData("/dav/a%5cb")]
    [InlineData("/dav/a%00b")]
    [InlineData("/dav/%ff")]
    public async Task Paths_that_climb_or_are_no_text_are_refused(string path)
    {
        await pair.Http.DavOkAsync(201, "PUT", "/dav/source", "x");
        foreach (var (method, to) in new[] { ("COPY", path), ("MOVE", path), ("COPY", $"http://127.0.0.1{path}") })
            await pair.Http.DavOkAsync(400, method, "/dav/source", null, ("Destination", to));
        await pair.Http.DavOkAsync(204, "DELETE", "/dav/source");
        foreach (var method in new[] { "PUT", "MKCOL", "PROPFIND", "DELETE", "LOCK" })
        {
            using var wire = await Wire.ConnectAsync(pair.Service);
            await wire.SendHeadAsync($"{method} {path}", "Content-Length: 0", "Depth: 0");
            // The server itself joins ".." before the drive sees the path, and then nothing of the drive is meant.
            Assert.True((await wire.ReadAnswerAsync()).Status is 400 or 404 or 405, $"{method} {path}");
        }
    }

    [Theory]
    [InlineData("/dav/loop/in", "/dav/loop/in")]
    [InlineData("/dav/loop", "/dav/loop/in/it")]
    [InlineData("/dav/loop/in", "/dav/loop")]
    [InlineData("/dav/loop", "/dav/")]
    [InlineData("/dav/", "/dav/loop/root")]
    public async Task A_tree_is_not_copied_or_moved_into_or_over_itself(string from, string to)
    {
        using (await pair.Http.DavAsync("MKCOL", "/dav/loop"))
        using (await pair.Http.DavAsync("MKCOL", "/dav/loop/in"))
        {
            foreach (var method in new[] { "COPY", "MOVE" })
                await pair.Http.DavOkAsync(403, method, from, null, ("Destination", to));
        }
        Assert.Equal(["/dav/loop/", "/dav/loop/in/"], (await pair.Http.FindAsync("/dav/loop", depth: 1)).Hrefs());
    }

    [Theory]
    [InlineData("/files/x")]
    [InlineData("/davy/x")]
    [InlineData("dav/x")]
    [InlineData("")]
    public async Task A_destination_that_is_not_a_path_of_the_drive_is_refused(string to)
    {
        await pair.Http.DavOkAsync(201, "PUT", "/dav/other", "x");
        await pair.Http.DavOkAsync(400, "COPY", "/dav/other", null, ("Destination", to));
        await pair.Http.DavOkAsync(502, "COPY", "/dav/other", null, ("Destination", "http://other.example/dav/x"));
        await pair.Http.DavOkAsync(204, "DELETE", "/dav/other");
    }

    [Fact]
    public async Task A_flood_of_locks_meets_a_limit()
    {
        await pair.Http.DavOkAsync(201, "PUT", "/dav/flood", "x");
        for (var i = 0; i < DavState.MaxLocks; i++)
            await pair.Http.LockAsync("/dav/flood", "shared", fields: ("Timeout", "Second-60"));
        await pair.Http.DavOkAsync(507, "LOCK", "/dav/flood", LockInfo("shared"));
    }

    [Fact]
    public async Task Long_words_of_a_lock_and_long_conditions_are_refused()
    {
        await pair.Http.DavOkAsync(201, "PUT", "/dav/words", "x");
        await pair.Http.DavOkAsync(400, "LOCK", "/dav/words", LockInfo().Replace(">me<", $">{new string('m', 5_000)}<", StringComparison.Ordinal));
        var lists = string.Concat(Enumerable.Repeat("(Not <DAV:no-lock>) ", 101));
        var resources = string.Concat(Enumerable.Range(0, 17).Select(i => $"</dav/{i}> (Not <DAV:no-lock>) "));
        foreach (var condition in new[] { lists, resources })
            await pair.Http.DavOkAsync(400, "PUT", "/dav/words", "y", ("If", condition));
        Assert.Equal("x", await pair.Http.GetStringAsync("/dav/words"));
    }

    [Fact]
    [Trait("Run", "nightly")]
    public async Task An_owner_has_a_bounded_number_of_locked_files_and_none_of_them_stays_locked()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores);
        for (var i = 0; i < DavState.MaxLocked; i++)
            await service.Http.LockAsync($"/dav/{i}", status: 201, fields: ("Timeout", "Second-600"));
        await service.Http.DavOkAsync(201, "PUT", "/dav/more", "x");
        await service.Http.DavOkAsync(507, "LOCK", "/dav/more", LockInfo());
        var other = await service.Http.FindAsync("/dav/0");
        await service.Http.DavOkAsync(204, "UNLOCK", "/dav/0", null, ("Lock-Token", $"<{other.Descendants(D + "locktoken").Single().Value}>"));
        await service.Http.LockAsync("/dav/more");
    }

    [Fact]
    [Trait("Run", "nightly")]
    public async Task A_copy_of_a_larger_tree_than_allowed_is_refused_before_it_begins()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores);
        var folder = (await service.Http.FolderAsync("many")).FolderId();
        var catalog = service.Catalog();
        await Parallel.ForAsync(0, DriveStore.MaxCopied + 1, async (i, _) => await catalog.SeedAsync(folder, $"{i}"));
        await service.Http.DavOkAsync(422, "COPY", "/dav/many", null, ("Destination", "/dav/copy"));
        Assert.Equal(["/dav/", "/dav/many/", "/dav/Unsorted/"], (await service.Http.FindAsync("/dav/", depth: 1)).Hrefs());
    }

    [Theory]
    [InlineData("(", false)]
    [InlineData("()", false)]
    [InlineData("(Not)", false)]
    [InlineData("(<urn:uuid:x", false)]
    [InlineData("urn:uuid:x", false)]
    [InlineData("(<DAV:no-lock>)", true)]
    [InlineData("(Not <DAV:no-lock>)", true)]
    [InlineData("<http://127.0.0.1/dav/a> (<urn:uuid:0> [\"x\"]) (Not [\"y\"])", true)]
    public void The_field_If_is_read_or_refused(string text, bool isGood)
    {
        var request = new DefaultHttpContext().Request;
        request.Headers["If"] = text;
        if (isGood)
            IfHeader.Read(request);
        else
            Assert.Throws<ProblemException>(() => IfHeader.Read(request));
    }

    [Fact]
    public void The_field_If_holds_if_one_list_holds()
    {
        var token = Guid.NewGuid();
        foreach (var (text, holds) in new[]
        {
            ($"(<urn:uuid:{token}>)", true), ($"(<urn:uuid:{token}> [\"1\"])", true), ($"(<urn:uuid:{token}> [\"2\"])", false),
            ($"(<urn:uuid:{token}> [\"2\"]) (Not <DAV:no-lock> [\"1\"])", true), ("(<DAV:no-lock>)", false), ($"(Not <urn:uuid:{token}>)", false),
        })
        {
            var request = new DefaultHttpContext().Request;
            request.Headers["If"] = text;
            Assert.Equal(holds, IfHeader.Read(request).IsMet(_ => ("\"1\"", [token])));
        }
    }

    private static string Properties(int first, int count, string suffix) => "<propertyupdate xmlns='DAV:'><set><prop>"
        + string.Concat(Enumerable.Range(first, count).Select(i => $"<p{i}{suffix} xmlns='urn:test'/>")) + "</prop></set></propertyupdate>";
}
