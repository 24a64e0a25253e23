using System.Globalization;
using System.Text;
using FileDrop.Api.Catalog;
using FileDrop.Api.Dav;
using FileDrop.Api.Http;
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
        foreach (var body in new[] { Read, bomb.ToString() })
        {
            foreach (var method in new[] { "PROPFIND", "PROPPATCH", "LOCK" })
                Assert.DoesNotContain("root:", await pair.Http.DavOkAsync(400, method, "/dav/", body, ("Depth", "0")), StringComparison.Ordinal);
        }
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
}
