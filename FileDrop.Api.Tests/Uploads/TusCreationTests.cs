using System.Net;
using FileDrop.Api.Tests.Files;
using Xunit;

namespace FileDrop.Api.Tests.Uploads;

/// <summary>The extensions creation, creation-with-upload and creation-defer-length of the tus protocol.</summary>
public abstract class TusCreationTests(Pair pair)
{
    private static readonly string[] s_shorter = ["0", "2"];

    private TusClient Tus => new(pair.Http);

    [Fact]
    public async Task POST_creates_an_upload_and_returns_its_URL()
    {
        using var response = await Tus.PostAsync(("Upload-Length", "100"));
        var upload = await TusClient.CreatedAsync(response);
        Assert.True(Guid.TryParse(TusClient.Id(upload), out var id) && id.Version == 7, upload);
        Assert.Equal("0", response.Field("Upload-Offset"));
        Assert.Null(response.Field("Content-Location"));
        await Tus.IsNoFileAsync(upload);
        Assert.NotEqual(upload, await Tus.CreateAsync(100));
    }

    [Theory]
    [ClusterAtNight]
    [InlineData(null, null)]
    [InlineData("3", "1")]
    [InlineData(null, "0")]
    [InlineData(null, "2")]
    [InlineData(null, "true")]
    [InlineData(null, "")]
    [InlineData("", null)]
    [InlineData("-1", null)]
    [InlineData("+1", null)]
    [InlineData("1.5", null)]
    [InlineData("1e3", null)]
    [InlineData("0x10", null)]
    [InlineData("three", null)]
    [InlineData("3, 3", null)]
    [InlineData("9223372036854775808", null)]
    [InlineData("99999999999999999999999999", null)]
    public Task A_length_that_is_neither_known_nor_deferred_gets_400(string? length, string? deferred) =>
        RefusedAsync(400, "invalid_request", ("Upload-Length", length), ("Upload-Defer-Length", deferred));

    [Fact]
    [ClusterAtNight]
    public Task A_length_beyond_the_largest_gets_413() => RefusedAsync(413, "file_too_large", ("Upload-Length", TusClient.Text((5L << 40) + 1)));

    [Fact]
    public async Task An_upload_of_length_0_is_complete_at_once()
    {
        using var response = await Tus.PostAsync(("Upload-Length", "0"), ("Upload-Metadata", TusClient.Metadata(("filename", "empty"))));
        var upload = await TusClient.CreatedAsync(response);
        Assert.Equal(("0", $"/files/{TusClient.Id(upload)}"), (response.Field("Upload-Offset"), response.Field("Content-Location")));
        var file = await Tus.FileAsync(upload);
        Assert.Equal(("empty", 0), (file.Name(), file.GetProperty("file_size").GetInt64()));
        Assert.Equal(0, await Tus.OffsetAsync(upload));
    }

    [Theory]
    [InlineData("a key", true)]
    [InlineData("a key", false)]
    public async Task A_deferred_length_can_be_given_with_any_PATCH(string name, bool atTheEnd)
    {
        var upload = await Tus.CreateAsync(null, ("Upload-Metadata", TusClient.Metadata(("filename", name))));
        await DeferredAsync(upload, 0);
        await Tus.AppendAsync(upload, 0, [1, 2]);
        await DeferredAsync(upload, 2);
        await Tus.AppendAsync(upload, 2, atTheEnd ? [3, 4] : [], ("Upload-Length", "4"));
        if (!atTheEnd)
        {
            using var head = await Tus.HeadAsync(upload);
            Assert.Equal(("4", null), (head.Field("Upload-Length"), head.Field("Upload-Defer-Length")));
            await Tus.AppendAsync(upload, 2, [3, 4], ("Upload-Length", "4"));
        }
        Assert.Equal(name, (await Tus.FileAsync(upload)).Name());
        Assert.Equal([1, 2, 3, 4], await pair.Http.GetByteArrayAsync($"/files/{TusClient.Id(upload)}"));
    }

    [Fact]
    public async Task A_length_given_after_all_bytes_completes_the_upload()
    {
        var upload = await Tus.CreateAsync(null);
        await Tus.AppendAsync(upload, 0, [1, 2]);
        await Tus.IsNoFileAsync(upload);
        using var response = await Tus.PatchAsync(upload, 2, [], ("Upload-Length", "2"));
        Assert.Equal((HttpStatusCode.NoContent, $"/files/{TusClient.Id(upload)}"), (response.StatusCode, response.Field("Content-Location")));
        Assert.Equal([1, 2], await pair.Http.GetByteArrayAsync($"/files/{TusClient.Id(upload)}"));
    }

    [Fact]
    public async Task A_known_length_never_changes()
    {
        var (known, deferred) = (await Tus.CreateAsync(6), await Tus.CreateAsync(null));
        await Tus.AppendAsync(known, 0, [1, 2, 3], ("Upload-Length", "6"));
        await Tus.AppendAsync(deferred, 0, [1, 2, 3], ("Upload-Length", "6"));
        foreach (var upload in new[] { known, deferred })
        {
            foreach (var length in new[] { "5", "7", "3", "0" })
            {
                using var response = await Tus.PatchAsync(upload, 3, [4], ("Upload-Length", length));
                await response.RefusedAsync(400, "inconsistent_length");
            }
            Assert.Equal(3, await Tus.OffsetAsync(upload));
            await Tus.AppendAsync(upload, 3, [4, 5, 6]);
            Assert.Equal([1, 2, 3, 4, 5, 6], await pair.Http.GetByteArrayAsync($"/files/{TusClient.Id(upload)}"));
        }
    }

    [Theory]
    [ClusterAtNight]
    [InlineData("-1", 400)]
    [InlineData("three", 400)]
    [InlineData("2", 400)]
    [InlineData("4", 413)]
    [InlineData("99999999999999999999999999", 400)]
    [InlineData("9000000000000000000", 413)]
    public async Task An_impossible_deferred_length_is_refused_and_nothing_is_kept(string length, int status)
    {
        var upload = await Tus.CreateAsync(null);
        await Tus.AppendAsync(upload, 0, [1, 2, 3]);
        using var response = await Tus.PatchAsync(upload, 3, [4, 5], ("Upload-Length", length));
        Assert.Equal(status, (int)response.StatusCode);
        await response.CodeAsync();
        Assert.Equal(3, await Tus.OffsetAsync(upload));
        await Tus.AppendAsync(upload, 3, [4, 5], ("Upload-Length", "5"));
        Assert.Equal([1, 2, 3, 4, 5], await pair.Http.GetByteArrayAsync($"/files/{TusClient.Id(upload)}"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(5 * 1024 * 1024)]
    [InlineData(6_000_001)]
    public async Task The_creation_can_contain_a_part_of_the_bytes(int first)
    {
        var content = new Generated(2, first + 10);
        using var response = await Tus.PostAsync(content.Bytes(0, first), ("Upload-Length", TusClient.Text(content.Size)));
        var upload = await TusClient.CreatedAsync(response);
        Assert.Equal((first, (string?)null), (response.Offset(), response.Field("Content-Location")));
        Assert.Equal(first, await Tus.OffsetAsync(upload));
        await Tus.AppendAsync(upload, first, content.Bytes(first, 10));
        Assert.Equal(content.Sha256(), (await Tus.FileAsync(upload)).Text("sha256"));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("chunked")]
    public async Task The_creation_can_contain_all_bytes(string? coding)
    {
        using var response = await Tus.PostAsync([1, 2, 3], ("Upload-Length", "3"), ("Transfer-Encoding", coding));
        var upload = await TusClient.CreatedAsync(response);
        Assert.Equal((3, $"/files/{TusClient.Id(upload)}"), (response.Offset(), response.Field("Content-Location")));
        Assert.Equal([1, 2, 3], await pair.Http.GetByteArrayAsync($"/files/{TusClient.Id(upload)}"));
        Assert.Equal(3, await Tus.OffsetAsync(upload));
    }

    [Fact]
    public async Task The_creation_of_an_upload_of_unknown_length_can_contain_a_part_of_the_bytes()
    {
        using var response = await Tus.PostAsync([1, 2, 3], ("Upload-Defer-Length", "1"));
        var upload = await TusClient.CreatedAsync(response);
        Assert.Equal(3, response.Offset());
        await DeferredAsync(upload, 3);
        await Tus.IsNoFileAsync(upload);
    }

    [Theory]
    [ClusterAtNight]
    [InlineData(null)]
    [InlineData("application/octet-stream")]
    [InlineData("multipart/form-data; boundary=x")]
    public async Task A_creation_with_a_body_of_another_content_type_gets_415(string? type) => await pair.LeavesNothingAsync(async () =>
    {
        using var response = await Tus.PostAsync([1, 2, 3], ("Upload-Length", "6"), ("Content-Type", type));
        await response.RefusedAsync(415, "unsupported_media_type");
    });

    [Theory]
    [InlineData(null)]
    [InlineData("chunked")]
    public async Task A_creation_with_more_than_the_length_is_413(string? coding) => await pair.LeavesNothingAsync(async () =>
    {
        foreach (var length in s_shorter)
        {
            using var response = await Tus.PostAsync([1, 2, 3], ("Upload-Length", length), ("Transfer-Encoding", coding));
            await response.RefusedAsync(413, "file_too_large");
        }
    });

    [Fact]
    public async Task A_creation_that_expects_100_continue_gets_it_or_an_early_refusal()
    {
        using var wire = await Wire.ConnectAsync(pair.Service);
        string[] fields = ["Tus-Resumable: 1.0.0", $"Content-Type: {TusClient.ContentType}", "Content-Length: 3", "Expect: 100-continue"];
        await wire.SendHeadAsync("POST /uploads", [.. fields, "Upload-Length: 3"]);
        Assert.Equal(100, (await wire.ReadAnswerAsync()).Status);
        await wire.SendAsync("abc");
        var answer = await wire.ReadAnswerAsync();
        Assert.Equal((201, "3"), (answer.Status, answer.Fields["Upload-Offset"]));

        await wire.SendHeadAsync("POST /uploads", [.. fields, "Upload-Length: none"]);
        var refused = await wire.ReadAnswerAsync();
        Assert.Equal((400, "invalid_request"), (refused.Status, refused.Code()));
    }

    private async Task DeferredAsync(string upload, long offset)
    {
        using var head = await Tus.HeadAsync(upload);
        Assert.Equal((offset, "1", (string?)null), (head.Offset(), head.Field("Upload-Defer-Length"), head.Field("Upload-Length")));
    }

    private Task RefusedAsync(int status, string code, params (string Name, string? Value)[] fields) => pair.LeavesNothingAsync(async () =>
    {
        using var response = await Tus.PostAsync(fields);
        Assert.Null(response.Field("Location"));
        await response.RefusedAsync(status, code);
    });
}

public sealed class TusCreationOnEmbeddedTests(EmbeddedPair pair) : TusCreationTests(pair), IClassFixture<EmbeddedPair>;

public sealed class TusCreationOnClusterTests(ClusterPair pair) : TusCreationTests(pair), IClassFixture<ClusterPair>;
