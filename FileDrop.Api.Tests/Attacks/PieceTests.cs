using FileDrop.Api.Tests.Files;
using Xunit;

namespace FileDrop.Api.Tests.Attacks;

/// <summary>Pieces of a file, wildcards as types, and caches: faults that other services had.</summary>
public abstract class PieceTests(Pair pair)
{
    private static readonly string[] Contents = ["", "/content"];

    [Theory]
    [InlineData("Upload-Incomplete: ?1")]
    [InlineData("Upload-Incomplete: ?1;a=b")]
    [InlineData("Upload-Incomplete: 1")]
    [InlineData("Upload-Incomplete: ?0, ?1")]
    [InlineData("Upload-Incomplete: ?1|Upload-Draft-Interop-Version: 3")]
    [InlineData("Upload-Incomplete: ?0|Upload-Offset: 3|Upload-Draft-Interop-Version: 3")]
    [InlineData("Upload-Complete: ?1|Upload-Offset: 3")]
    [InlineData("Upload-Offset: 3")]
    [InlineData("Upload-Offset: x")]
    [InlineData("Tus-Resumable: 1.0.0|Upload-Length: 3")]
    [InlineData("Tus-Resumable: 1.0.0|Upload-Offset: 0|Content-Type: application/offset+octet-stream")]
    [InlineData("Content-Type: application/partial-upload")]
    [InlineData("Content-Type: application/offset+octet-stream")]
    [InlineData("Content-Type: Application/Partial-Upload; x=y")]
    public async Task A_piece_of_a_protocol_that_is_not_spoken_there_is_never_stored_as_a_whole(string fields)
    {
        var file = await pair.Http.UploadAsync("old"u8.ToArray(), "a.txt");
        await pair.LeavesNothingAsync(async () =>
        {
            foreach (var line in new[] { "POST /files/upload", $"PUT /files/{file.Id()}", $"PUT /files/{file.Id()}/content" })
            {
                using var wire = await Wire.ConnectAsync(pair.Service);
                await wire.SendHeadAsync(line, [.. fields.Split('|'), "Content-Length: 3"]);
                await wire.SendAsync("new");
                var answer = await wire.ReadAnswerAsync();
                Assert.True(answer.Status is 400 or 415, $"{line}: {answer.Status} {answer.Body}");
            }
        });
    }

    [Fact]
    public async Task An_update_is_not_begun_in_pieces()
    {
        var file = await pair.Http.UploadAsync("old"u8.ToArray(), "a.txt");
        await pair.LeavesNothingAsync(async () =>
        {
            foreach (var path in Contents)
            {
                using var response = await pair.Http.SendAsync(HttpMethod.Put, $"/files/{file.Id()}{path}", new ByteArrayContent([1]), ("Upload-Complete", "?0"));
                await response.RefusedAsync(400, "invalid_request");
            }
        });
    }

    [Theory]
    [InlineData("Upload-Incomplete: ?0")]
    [InlineData("Upload-Incomplete: ?0|Upload-Draft-Interop-Version: 3")]
    [InlineData("Upload-Incomplete: ?0|Upload-Offset: 0")]
    [InlineData("Upload-Complete: ?1|Upload-Draft-Interop-Version: 6")]
    public async Task A_whole_file_with_the_draft_fields_of_a_phone_is_stored(string fields)
    {
        using var wire = await Wire.ConnectAsync(pair.Service);
        await wire.SendHeadAsync("POST /files/upload", [.. fields.Split('|'), "Content-Length: 3"]);
        await wire.SendAsync("all");
        var answer = await wire.ReadAnswerAsync();
        Assert.Equal(201, answer.Status);
        await wire.SendHeadAsync($"PUT /files/{answer.Json().Id()}/content", [.. fields.Split('|'), "Content-Length: 3"]);
        await wire.SendAsync("new");
        Assert.Equal(200, (await wire.ReadAnswerAsync()).Status);
        Assert.Equal("new", await pair.Http.GetStringAsync($"/files/{answer.Json().Id()}"));
    }

    [Theory]
    [InlineData("image/*", "a.png", "image/png")]
    [InlineData("*/*", "a.pdf", "application/pdf")]
    [InlineData("image/*; q=0.8", "a.jpg", "image/jpeg")]
    [InlineData("application/*+json", "a.bin2", "application/octet-stream")]
    [InlineData("*/*", "a", "application/octet-stream")]
    public async Task A_wildcard_type_is_ignored_and_the_extension_decides(string type, string name, string stored)
    {
        using var content = new ByteArrayContent([1]);
        content.Headers.TryAddWithoutValidation("Content-Type", type);
        using var raw = await pair.Http.PostAsync($"/files/upload?file_name={name}", content);
        Assert.Equal(stored, (await raw.SucceededAsync(System.Net.HttpStatusCode.Created)).Text("file_type"));
        Assert.Equal(stored, (await pair.Http.UploadFormAsync(new FormBody().File("abc", name, $"Content-Type: {type}"))).Text("file_type"));
        var tus = new Uploads.TusClient(pair.Http);
        var upload = await tus.CreateAsync(0, ("Upload-Metadata", Uploads.TusClient.Metadata(("filename", name), ("filetype", type))));
        Assert.Equal(stored, (await tus.FileAsync(upload)).Text("file_type"));
    }

    [Fact]
    public async Task Whatever_depends_on_the_origin_says_so_also_where_it_did_not_match()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, ("FileDrop:AllowedOrigins", "https://app.example"));
        var file = (await service.Http.UploadAsync([1], "a.txt")).Id();
        foreach (var origin in new[] { "https://app.example", "https://other.example", "null", null })
        {
            foreach (var (method, path, status) in new[]
            {
                ("GET", "/files", 200), ("GET", $"/files/{file}", 200), ("HEAD", $"/files/{file}", 200), ("GET", "/", 200),
                ("GET", "/nothing", 404), ("GET", "/files?limit=0", 400), ("GET", "/openapi/v1.json", 200), ("OPTIONS", "/uploads", 204), ("GET", "/links/x", 404),
            })
            {
                using var response = await service.Http.SendAsync(new HttpMethod(method), path, null, origin is null ? [] : [("Origin", origin)]);
                Assert.Equal(status, (int)response.StatusCode);
                Assert.Equal(["Origin"], response.Headers.Vary);
            }
        }
        // Without a configured origin, a change by another site's page is still refused.
        using var refused = await pair.Http.SendAsync(HttpMethod.Delete, $"/files/{Guid.NewGuid()}", null, ("Origin", "https://other.example"));
        await refused.RefusedAsync(403, "forbidden");
        Assert.Contains("Origin", refused.Headers.Vary);
        using var plain = await pair.Http.GetAsync("/files");
        Assert.Empty(plain.Headers.Vary);
    }

    [Fact]
    public async Task A_path_prefix_from_a_proxy_is_ignored()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, ("FileDrop:Proxies", "127.0.0.1"), ("FileDrop:Access:Anonymous", "true"));
        using var created = await service.Http.SendAsync(HttpMethod.Post, "/files/upload", new ByteArrayContent([1]), ("X-Forwarded-Prefix", "/drop"));
        Assert.StartsWith("/files/", created.Headers.Location?.ToString(), StringComparison.Ordinal);
    }
}

public sealed class PieceOnEmbeddedTests(EmbeddedPair pair) : PieceTests(pair), IClassFixture<EmbeddedPair>;

[ClusterAtNight]
public sealed class PieceOnClusterTests(ClusterPair pair) : PieceTests(pair), IClassFixture<ClusterPair>;
