using System.Net;
using System.Security.Cryptography;
using FileDrop.Api.Tests.Files;
using Xunit;

namespace FileDrop.Api.Tests.Uploads;

/// <summary>The promises of the core of the tus protocol.</summary>
public abstract class TusCoreTests(Pair pair)
{
    private static readonly string[] Extensions =
    [
        "creation", "creation-with-upload", "creation-defer-length", "expiration", "checksum", "checksum-trailer", "termination", "concatenation",
    ];

    private TusClient Tus => new(pair.Http);

    [Fact]
    public async Task HEAD_always_returns_the_offset_even_at_0_or_the_end()
    {
        var upload = await Tus.CreateAsync(6);
        Assert.Equal(0, await Tus.OffsetAsync(upload));
        await Tus.AppendAsync(upload, 0, [1, 2, 3]);
        Assert.Equal(3, await Tus.OffsetAsync(upload));
        await Tus.AppendAsync(upload, 3, [4, 5, 6]);
        Assert.Equal(6, await Tus.OffsetAsync(upload));
    }

    [Fact]
    public async Task HEAD_returns_the_length_and_is_never_cached()
    {
        var upload = await Tus.CreateAsync(6);
        foreach (var content in new byte[][] { [1], [2, 3, 4, 5, 6] })
        {
            using var head = await Tus.HeadAsync(upload);
            Assert.Equal(HttpStatusCode.OK, head.StatusCode);
            Assert.Equal(("6", "no-store"), (head.Field("Upload-Length"), head.Field("Cache-Control")));
            Assert.Null(head.Field("Upload-Defer-Length"));
            await Tus.AppendAsync(upload, head.Offset(), content);
        }
        using var end = await Tus.HeadAsync(upload);
        Assert.Equal(("6", "6", "no-store"), (end.Field("Upload-Length"), end.Field("Upload-Offset"), end.Field("Cache-Control")));
    }

    [Theory]
    [InlineData(TusClient.Unknown)]
    [InlineData("/uploads/0")]
    [InlineData("/uploads/not-an-id")]
    [InlineData("/uploads/019ab3c2-7c1e-7d44-9a51-0c5f3f9b8a1")]
    public async Task A_missing_upload_gets_404_without_an_offset(string upload) =>
        await pair.LeavesNothingAsync(() => Tus.IsGoneAsync(upload));

    [Fact]
    public async Task A_file_that_was_not_a_resumable_upload_is_not_found_as_one()
    {
        var file = await pair.Http.UploadAsync([1], "a");
        await Tus.IsGoneAsync($"{TusClient.Uploads}/{file.Id()}");
        Assert.Equal([1], await pair.Http.GetByteArrayAsync($"/files/{file.Id()}"));
    }

    [Fact]
    public async Task PATCH_applies_its_bytes_at_the_offset_and_the_last_one_makes_the_file()
    {
        var content = Requests.Bytes(100_001);
        var upload = await Tus.CreateAsync(content.Length, ("Upload-Metadata", TusClient.Metadata(("filename", "a.txt"), ("filetype", "text/plain"))));
        await Tus.AppendAsync(upload, 0, content[..1]);
        await Tus.AppendAsync(upload, 1, content[1..70_000]);
        await Tus.IsNoFileAsync(upload);
        using var last = await Tus.PatchAsync(upload, 70_000, content[70_000..]);
        Assert.Equal(HttpStatusCode.NoContent, last.StatusCode);
        Assert.Equal(("100001", $"/files/{TusClient.Id(upload)}"), (last.Field("Upload-Offset"), last.Field("Content-Location")));

        var file = await Tus.FileAsync(upload);
        var ordinary = await pair.Http.UploadAsync(content, "a.txt", "text/plain");
        Assert.Equal(ordinary.EnumerateObject().Select(member => member.Name), file.EnumerateObject().Select(member => member.Name));
        Assert.Equal(TusClient.Id(upload), file.Id());
        Assert.Equal(("a.txt", "text/plain", 1), (file.Name(), file.Text("file_type"), file.Version()));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(content)), file.Text("sha256"));
        Assert.Equal(content, await pair.Http.GetByteArrayAsync($"/files/{file.Id()}"));
        Assert.Contains(file.Id(), await pair.Http.GetStringAsync("/files?limit=2"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(5 * 1024 * 1024, 5)]
    [InlineData((5 * 1024 * 1024) + 1, 3)]
    [InlineData(12_345_678, 7)]
    [InlineData(16 * 1024 * 1024, 2)]
    [InlineData((33 * 1024 * 1024) + 4097, 11)]
    [InlineData(8 * 1024 * 1024, 2)]
    [InlineData((8 * 1024 * 1024) + 1, 1)]
    [InlineData((24 * 1024 * 1024) - 1, 5)]
    [InlineData(100, 100)]
    [InlineData(1000, 1000, Traits = ["Run", "nightly"])]
    public async Task Requests_of_any_size_make_one_content(int size, int requests)
    {
        var content = new Generated(1, size);
        var upload = await Tus.CreateAsync(size);
        for (var i = 0L; i < requests; i++)
            await Tus.AppendAsync(upload, size * i / requests, content.Bytes(size * i / requests, (size * (i + 1) / requests) - (size * i / requests)));
        Assert.Equal(content.Sha256(), (await Tus.FileAsync(upload)).Text("sha256"));
        Assert.Equal(content.Bytes(0, size), await pair.Http.GetByteArrayAsync($"/files/{TusClient.Id(upload)}"));
    }

    [Fact]
    public async Task PATCH_accepts_a_body_of_unknown_length_and_an_empty_one()
    {
        var upload = await Tus.CreateAsync(4);
        using var chunked = await Tus.PatchAsync(upload, 0, [1, 2, 3], ("Transfer-Encoding", "chunked"));
        Assert.Equal((HttpStatusCode.NoContent, 3), (chunked.StatusCode, chunked.Offset()));
        await Tus.AppendAsync(upload, 3, []);
        Assert.Equal(3, await Tus.OffsetAsync(upload));
        await Tus.AppendAsync(upload, 3, [4]);
        Assert.Equal([1, 2, 3, 4], await pair.Http.GetByteArrayAsync($"/files/{TusClient.Id(upload)}"));
    }

    [Theory]
    [ClusterAtNight]
    [InlineData(null)]
    [InlineData("application/octet-stream")]
    [InlineData("application/partial-upload")]
    [InlineData("text/plain")]
    [InlineData("offset+octet-stream")]
    public Task PATCH_with_another_content_type_gets_415(string? type) =>
        RefusedAsync(415, "unsupported_media_type", upload => Tus.PatchAsync(upload, 3, [4, 5, 6], ("Content-Type", type)));

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(6)]
    [InlineData(long.MaxValue)]
    public async Task PATCH_at_a_wrong_offset_gets_409_with_the_right_one(long offset)
    {
        await RefusedAsync(409, "offset_mismatch", upload => Tus.PatchAsync(upload, offset, [7]));
        await RefusedAsync(409, "offset_mismatch", async upload =>
        {
            var response = await Tus.PatchAsync(upload, offset, [4, 5, 6], ("Transfer-Encoding", "chunked"));
            Assert.Equal("3", response.Field("Upload-Offset"));
            return response;
        });
    }

    [Theory]
    [ClusterAtNight]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("-1")]
    [InlineData("+3")]
    [InlineData("3.0")]
    [InlineData("three")]
    [InlineData("0x3")]
    [InlineData("3, 3")]
    [InlineData("99999999999999999999999999")]
    public Task PATCH_without_a_numeric_offset_gets_400(string? offset) =>
        RefusedAsync(400, "invalid_request", upload => Tus.PatchAsync(upload, 3, [4, 5, 6], ("Upload-Offset", offset)));

    [Theory]
    [InlineData(4)]
    [InlineData(1024 * 1024)]
    public async Task PATCH_with_more_bytes_than_the_length_gets_413_and_none_is_kept(int size)
    {
        await RefusedAsync(413, "file_too_large", upload => Tus.PatchAsync(upload, 3, Requests.Bytes(size)));
        await RefusedAsync(413, "file_too_large", upload => Tus.PatchAsync(upload, 3, Requests.Bytes(size), ("Transfer-Encoding", "chunked")));
    }

    [Fact]
    public async Task PATCH_after_the_end_changes_nothing()
    {
        var upload = await Tus.CreateAsync(3);
        await Tus.AppendAsync(upload, 0, [1, 2, 3]);
        await pair.LeavesNothingAsync(async () =>
        {
            // The answer to the last request may have been lost, so a repeat gets the same answer.
            using var again = await Tus.PatchAsync(upload, 3, []);
            Assert.Equal((HttpStatusCode.NoContent, 3), (again.StatusCode, again.Offset()));
            using var former = await Tus.PatchAsync(upload, 0, [1, 2, 3]);
            Assert.Equal(3, former.Offset());
            await former.RefusedAsync(409, "offset_mismatch");
            using var more = await Tus.PatchAsync(upload, 3, [4]);
            await more.RefusedAsync(413, "file_too_large");
        });
        Assert.Equal(3, await Tus.OffsetAsync(upload));
        Assert.Equal([1, 2, 3], await pair.Http.GetByteArrayAsync($"/files/{TusClient.Id(upload)}"));
    }

    [Theory]
    [ClusterAtNight]
    [InlineData("/uploads")]
    [InlineData(TusClient.Unknown)]
    public async Task OPTIONS_lists_the_servers_extensions_for_clients_of_any_version(string path)
    {
        foreach (var version in new[] { null, "1.0.0", "0.2.2" })
        {
            using var response = await Tus.SendAsync(HttpMethod.Options, path, null, ("Tus-Resumable", version));
            Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
            Assert.Equal("1.0.0", response.Field("Tus-Version"));
            Assert.Equal(Extensions.Order(StringComparer.Ordinal), (response.Field("Tus-Extension") ?? "").Split(',').Order(StringComparer.Ordinal));
            using var other = await pair.Http.SendAsync(HttpMethod.Options, "/files/upload", null);
            Assert.Equal(other.Field("Upload-Limit"), $"max-size={response.Field("Tus-Max-Size")}");
            Assert.Equal(["sha1", "sha256"], (response.Field("Tus-Checksum-Algorithm") ?? "").Split(','));
        }
    }

    [Theory]
    [ClusterAtNight]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("0.2.2")]
    [InlineData("1.0")]
    [InlineData("1.0.0, 1.0.0")]
    [InlineData("2.0.0")]
    public async Task A_request_of_another_version_gets_412_with_the_right_one_and_is_not_processed(string? version)
    {
        var upload = await Tus.CreateAsync(6);
        await Tus.AppendAsync(upload, 0, [1, 2, 3]);
        await pair.LeavesNothingAsync(async () =>
        {
            foreach (var (method, path) in new[] { ("POST", "/uploads"), ("PATCH", upload), ("DELETE", upload), ("HEAD", upload), ("HEAD", TusClient.Unknown) })
            {
                using var response = await Tus.SendAsync(new HttpMethod(method), path, method is "POST" or "PATCH" ? new ByteArrayContent([4, 5, 6]) : null,
                    ("Tus-Resumable", version), ("Upload-Length", "3"), ("Upload-Offset", "3"));
                Assert.Equal("1.0.0", response.Field("Tus-Version"));
                Assert.Equal(HttpStatusCode.PreconditionFailed, response.StatusCode);
                if (method != "HEAD")
                    await response.RefusedAsync(412, "unsupported_tus_version");
            }
        });
        Assert.Equal(3, await Tus.OffsetAsync(upload));
    }

    [Fact]
    public async Task A_client_that_can_only_POST_can_override_the_method_by_a_field()
    {
        var upload = await Tus.CreateAsync(6);
        using var patch = await Tus.SendAsync(HttpMethod.Post, upload, new ByteArrayContent([1, 2, 3]),
            ("X-HTTP-Method-Override", "PATCH"), ("Upload-Offset", "0"));
        Assert.Equal((HttpStatusCode.NoContent, 3), (patch.StatusCode, patch.Offset()));
        using var head = await Tus.SendAsync(HttpMethod.Post, upload, null, ("X-HTTP-Method-Override", "HEAD"));
        Assert.Equal((HttpStatusCode.OK, 3), (head.StatusCode, head.Offset()));
        using var delete = await Tus.SendAsync(HttpMethod.Post, upload, null, ("X-HTTP-Method-Override", "DELETE"));
        Assert.Equal(HttpStatusCode.NoContent, delete.StatusCode);
        await Tus.IsGoneAsync(upload);
        using var post = await Tus.SendAsync(HttpMethod.Post, "/uploads", null, ("X-HTTP-Method-Override", "POST"), ("Upload-Length", "1"));
        await TusClient.CreatedAsync(post);
    }

    [Fact]
    [ClusterAtNight]
    public async Task An_unsupported_method_on_an_upload_gets_405()
    {
        var upload = await Tus.CreateAsync(6);
        await pair.LeavesNothingAsync(async () =>
        {
            foreach (var (method, path) in new[] { ("PUT", "/uploads"), ("DELETE", "/uploads"), ("PUT", upload) })
            {
                using var response = await pair.Http.SendAsync(new HttpMethod(method), path, null, ("Tus-Resumable", "1.0.0"));
                Assert.NotEmpty(response.Content.Headers.Allow);
                await response.RefusedAsync(405, "method_not_allowed");
            }
        });
        Assert.Equal(0, await Tus.OffsetAsync(upload));
    }

    /// <summary>
    /// Sends a request to an upload that has 3 of 6 bytes. The request must be refused and change nothing; then the right request must succeed.
    /// </summary>
    private async Task RefusedAsync(int status, string code, Func<string, Task<HttpResponseMessage>> ask)
    {
        var upload = await Tus.CreateAsync(6);
        await Tus.AppendAsync(upload, 0, [1, 2, 3]);
        await pair.LeavesNothingAsync(async () =>
        {
            using var response = await ask(upload);
            await response.RefusedAsync(status, code);
        });
        Assert.Equal(3, await Tus.OffsetAsync(upload));
        await Tus.AppendAsync(upload, 3, [4, 5, 6]);
        Assert.Equal([1, 2, 3, 4, 5, 6], await pair.Http.GetByteArrayAsync($"/files/{TusClient.Id(upload)}"));
    }
}

public sealed class TusCoreOnEmbeddedTests(EmbeddedPair pair) : TusCoreTests(pair), IClassFixture<EmbeddedPair>;

public sealed class TusCoreOnClusterTests(ClusterPair pair) : TusCoreTests(pair), IClassFixture<ClusterPair>;
