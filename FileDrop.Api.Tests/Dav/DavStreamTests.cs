using System.Net;
using FileDrop.Api.Tests.Files;
using Xunit;

namespace FileDrop.Api.Tests.Dav;

/// <summary>Bodies that come and go through the drive.</summary>
public abstract class DavStreamTests(Pair pair)
{
    private HttpClient Http => pair.Http;

    [Fact]
    [ClusterAtNight]
    public async Task A_client_that_waits_for_100_sends_nothing_that_would_be_refused()
    {
        var path = $"/dav/{Guid.NewGuid():N}";
        await Http.DavOkAsync(201, "PUT", path, "x");
        await Http.LockAsync(path);
        foreach (var (status, target, field) in new[]
        {
            (423, path, "Accept: */*"), (412, path, "If-None-Match: *"), (409, $"{path}-none/a", "Accept: */*"), (412, path, "If: (<urn:uuid:00000000-0000-0000-0000-000000000000>)"),
        })
        {
            using var wire = await Wire.ConnectAsync(pair.Service);
            await wire.SendHeadAsync($"PUT {target}", "Content-Length: 1000000", "Expect: 100-continue", field);
            Assert.Equal(status, (await wire.ReadAnswerAsync()).Status);
        }
        using var good = await Wire.ConnectAsync(pair.Service);
        await good.SendHeadAsync($"PUT {path}-new", "Transfer-Encoding: chunked", "Expect: 100-continue");
        Assert.Equal(100, (await good.ReadAnswerAsync()).Status);
        await good.SendAsync("5\r\nhello\r\n0\r\n\r\n");
        Assert.Equal(201, (await good.ReadAnswerAsync()).Status);
        Assert.Equal("hello", await Http.GetStringAsync($"{path}-new"));
    }

    [Fact]
    public async Task A_body_of_unknown_length_that_ends_early_changes_nothing_and_leaves_nothing()
    {
        var path = $"/dav/{Guid.NewGuid():N}";
        await Http.DavOkAsync(201, "PUT", path, "old");
        await pair.LeavesNothingAsync(async () =>
        {
            foreach (var target in new[] { path, $"{path}-new" })
            {
                using var wire = await Wire.ConnectAsync(pair.Service);
                await wire.SendHeadAsync($"PUT {target}", "Transfer-Encoding: chunked");
                await wire.SendAsync($"20000\r\n{new string('x', 0x20000)}\r\n");
                wire.Reset();
            }
        });
        Assert.Equal("old", await Http.GetStringAsync(path));
        await Http.DavOkAsync(404, "GET", $"{path}-new");
    }

    [Fact]
    [ClusterAtNight]
    public async Task A_body_of_unknown_length_meets_the_limit_of_a_file()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, ("FileDrop:MaxFileSize", "100000"));
        using var refused = await service.Http.SendChunkedAsync(HttpMethod.Put, "/dav/a", new ByteArrayContent(Requests.Bytes(100_001)));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, refused.StatusCode);
        using var stored = await service.Http.SendChunkedAsync(HttpMethod.Put, "/dav/b", new ByteArrayContent(Requests.Bytes(100_000)));
        Assert.Equal(HttpStatusCode.Created, stored.StatusCode);
        Assert.Equal(["/dav/", "/dav/b", "/dav/Unsorted/"], (await service.Http.FindAsync("/dav/", depth: 1)).Hrefs());
    }

    [Fact]
    public async Task A_read_that_was_cut_off_is_resumed_and_starts_again_if_the_file_has_changed()
    {
        var path = $"/dav/{Guid.NewGuid():N}";
        var (first, second) = (Requests.Bytes(200_000), Requests.Bytes(200_001));
        using (var put = await Http.PutAsync(path, new ByteArrayContent(first)))
            Assert.Equal(HttpStatusCode.Created, put.StatusCode);
        using var head = await Http.SendAsync(HttpMethod.Head, path, null);
        (string, string)[] resumed = [("Range", "bytes=150000-"), ("If-Range", $"{head.Headers.ETag}")];
        using (var rest = await Http.DavAsync("GET", path, null, resumed))
            Assert.Equal((HttpStatusCode.PartialContent, Convert.ToHexString(first[150_000..])), (rest.StatusCode, Convert.ToHexString(await rest.Content.ReadAsByteArrayAsync())));
        using (var put = await Http.PutAsync(path, new ByteArrayContent(second)))
            Assert.Equal(HttpStatusCode.NoContent, put.StatusCode);
        using var all = await Http.DavAsync("GET", path, null, resumed);
        Assert.Equal((HttpStatusCode.OK, Convert.ToHexString(second)), (all.StatusCode, Convert.ToHexString(await all.Content.ReadAsByteArrayAsync())));
    }
}

public sealed class DavStreamOnEmbeddedTests(EmbeddedPair pair) : DavStreamTests(pair), IClassFixture<EmbeddedPair>;

public sealed class DavStreamOnClusterTests(ClusterPair pair) : DavStreamTests(pair), IClassFixture<ClusterPair>;
