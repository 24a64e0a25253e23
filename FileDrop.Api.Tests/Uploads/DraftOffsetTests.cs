using System.Net;
using Xunit;

namespace FileDrop.Api.Tests.Uploads;

/// <summary>Section "Offset Retrieval" of draft-ietf-httpbis-resumable-upload.</summary>
public abstract class DraftOffsetTests(Pair pair)
{
    private DraftClient Draft => new(pair.Http);

    [Theory]
    [InlineData("HEAD")]
    [InlineData("GET")]
    public async Task The_state_of_an_upload_is_returned_and_never_cached(string method)
    {
        var upload = await Draft.CreateAsync([1, 2], ("Upload-Length", "5"));
        using var response = await Draft.SendAsync(new HttpMethod(method), upload, null);
        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        Assert.Equal(("?0", "2", "5", "no-store"), (response.Field("Upload-Complete"), response.Field("Upload-Offset"),
            response.Field("Upload-Length"), response.Field("Cache-Control")));
        Assert.Matches($"^max-size={pair.LargestUpload()}, max-age=[0-9]+$", response.Field("Upload-Limit"));
        Assert.Empty(await response.Content.ReadAsByteArrayAsync());
    }

    [Theory]
    [InlineData("HEAD")]
    [InlineData("GET")]
    public async Task The_state_of_a_complete_upload_is_returned_too(string method)
    {
        var upload = await Draft.CreateAsync([1, 2]);
        await Draft.FinishAsync(upload, 2, [3]);
        using var response = await Draft.SendAsync(new HttpMethod(method), upload, null);
        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        Assert.Equal(("?1", "3", "3", "no-store"), (response.Field("Upload-Complete"), response.Field("Upload-Offset"),
            response.Field("Upload-Length"), response.Field("Cache-Control")));
        Assert.NotNull(response.Field("Upload-Limit"));
    }

    [Fact]
    public async Task An_unknown_length_is_left_out()
    {
        var upload = await Draft.CreateAsync([1, 2]);
        using var response = await Draft.HeadAsync(upload);
        Assert.Null(response.Field("Upload-Length"));
    }

    [Fact]
    public async Task The_next_append_accepts_the_offset_even_while_another_hangs()
    {
        var content = new Generated(14, 9_000_000);
        var upload = await Draft.CreateAsync([]);
        using var wire = await Wire.ConnectAsync(pair.Service);
        await wire.SendHeadAsync($"PATCH {upload}", "Upload-Complete: ?1", "Upload-Offset: 0", $"Content-Type: {DraftClient.ContentType}",
            $"Content-Length: {content.Size}");
        await wire.SendAsync(content, 0, content.Size - 1);
        using var head = await Draft.HeadAsync(upload);
        Assert.Equal((HttpStatusCode.NoContent, "?0"), (head.StatusCode, head.Field("Upload-Complete")));
        await wire.EndedEarlyAsync();
        var file = await Draft.FinishAsync(upload, head.Offset(), content.Bytes(head.Offset(), content.Size - head.Offset()));
        Assert.Equal(content.Sha256(), file.GetProperty("sha256").GetString());
    }

    [Theory]
    [InlineData(DraftClient.Unknown)]
    [InlineData("/files/upload/0")]
    [InlineData("/files/upload/not-an-id")]
    public Task A_missing_upload_resource_gets_404(string upload) => Draft.IsGoneAsync(upload);
}

public sealed class DraftOffsetOnEmbeddedTests(EmbeddedPair pair) : DraftOffsetTests(pair), IClassFixture<EmbeddedPair>;

public sealed class DraftOffsetOnClusterTests(ClusterPair pair) : DraftOffsetTests(pair), IClassFixture<ClusterPair>;
