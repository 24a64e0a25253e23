using System.Net;
using FileDrop.Api.Tests.Files;
using Xunit;
using static FileDrop.Api.Tests.Dav.DavWords;

namespace FileDrop.Api.Tests.Dav;

/// <summary>The steps in which file managers write a file.</summary>
public abstract class DavClientTests(Pair pair)
{
    private const string WindowsTimes = """
        <?xml version="1.0" encoding="utf-8" ?><D:propertyupdate xmlns:D="DAV:" xmlns:Z="urn:schemas-microsoft-com:"><D:set><D:prop>
        <Z:Win32CreationTime>Mon, 01 Jun 2026 10:00:00 GMT</Z:Win32CreationTime><Z:Win32LastAccessTime>Mon, 01 Jun 2026 10:00:00 GMT</Z:Win32LastAccessTime>
        <Z:Win32LastModifiedTime>Mon, 01 Jun 2026 10:00:00 GMT</Z:Win32LastModifiedTime><Z:Win32FileAttributes>00000020</Z:Win32FileAttributes>
        </D:prop></D:set></D:propertyupdate>
        """;

    private HttpClient Http => pair.Http;

    [Fact]
    public async Task Explorer_writes_a_file_as_one_version_with_its_time()
    {
        var top = await TopAsync();
        var path = $"{top}/New%20Text%20Document.txt";
        await Http.DavOkAsync(404, "PROPFIND", path, null, ("Depth", "0"));
        await Http.DavOkAsync(201, "PUT", path, "");
        using var locked = await Http.DavAsync("LOCK", path, LockInfo(), ("Timeout", "Second-3600"));
        var token = locked.Headers.GetValues("Lock-Token").Single();
        await Http.DavOkAsync(207, "PROPPATCH", path, WindowsTimes, ("If", $"({token})"));
        await Http.DavOkAsync(200, "HEAD", path);
        await Http.DavOkAsync(204, "PUT", path, "text", ("If", $"({token})"));
        await Http.DavOkAsync(207, "PROPPATCH", path, WindowsTimes, ("If", $"({token})"));
        await Http.DavOkAsync(204, "UNLOCK", path, null, ("Lock-Token", token));

        var id = await Http.IdAtAsync($"{top[5..]}/New%20Text%20Document.txt");
        Assert.Equal("2026-06-01T10:00:00.000Z", (await Http.MetadataAsync(id)).Text("modified_at"));
        Assert.Equal("Mon, 01 Jun 2026 10:00:00 GMT", (await Http.FindAsync(path)).Property(D + "getlastmodified"));
        using var versions = await Http.GetAsync($"/files/{id}/versions");
        Assert.Equal(1, (await versions.SucceededAsync()).GetArrayLength());
    }

    [Fact]
    public async Task Finder_writes_a_file_in_chunks_under_a_lock()
    {
        var top = await TopAsync();
        using (var empty = await Http.SendChunkedAsync(HttpMethod.Put, $"{top}/a.key", new ByteArrayContent([])))
            Assert.Equal(HttpStatusCode.Created, empty.StatusCode);
        using var locked = await Http.DavAsync("LOCK", $"{top}/a.key", LockInfo(), ("Depth", "0"), ("Timeout", "Second-600"));
        var token = locked.Headers.GetValues("Lock-Token").Single();
        using (var request = new HttpRequestMessage(HttpMethod.Put, $"{top}/a.key") { Content = new ByteArrayContent(Requests.Bytes(150_000)) })
        {
            request.Headers.TransferEncodingChunked = true;
            request.Headers.TryAddWithoutValidation("If", $"({token})");
            request.Headers.TryAddWithoutValidation("X-Expected-Entity-Length", "150000");
            using var written = await Http.SendAsync(request);
            Assert.Equal(HttpStatusCode.NoContent, written.StatusCode);
        }
        await Http.DavOkAsync(404, "PROPFIND", $"{top}/._a.key", null, ("Depth", "0"));
        await Http.DavOkAsync(201, "PUT", $"{top}/._a.key", "resource");
        await Http.DavOkAsync(204, "UNLOCK", $"{top}/a.key", null, ("Lock-Token", token));
        Assert.Equal([$"{top}/", $"{top}/a.key"], (await Http.FindAsync(top, depth: 1)).Hrefs());
        Assert.Equal(Requests.Bytes(150_000), await Http.GetByteArrayAsync($"{top}/a.key"));
        Assert.Equal("resource", await Http.GetStringAsync($"{top}/._a.key"));
    }

    private async Task<string> TopAsync()
    {
        var top = $"/dav/{Guid.NewGuid():N}";
        await Http.DavOkAsync(201, "MKCOL", top);
        return top;
    }
}

public sealed class DavClientOnEmbeddedTests(EmbeddedPair pair) : DavClientTests(pair), IClassFixture<EmbeddedPair>;

public sealed class DavClientOnClusterTests(ClusterPair pair) : DavClientTests(pair), IClassFixture<ClusterPair>;
