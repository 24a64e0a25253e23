using System.Net;
using FileDrop.Api.Tests.Files;
using Xunit;

namespace FileDrop.Api.Tests.Uploads;

/// <summary>Section "Upload Cancellation" of draft-ietf-httpbis-resumable-upload.</summary>
public abstract class DraftCancelTests(Pair pair)
{
    private DraftClient Draft => new(pair.Http);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(9 * 1024 * 1024)]
    public async Task DELETE_cancels_and_frees_everything(int size) => await pair.LeavesNothingAsync(async () =>
    {
        var upload = await Draft.CreateAsync(Requests.Bytes(size));
        using var response = await Draft.DeleteAsync(upload);
        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        await Draft.IsGoneAsync(upload);
    });

    [Fact]
    public async Task DELETE_ends_an_append_in_progress() => await pair.LeavesNothingAsync(async () =>
    {
        var content = new Generated(15, 9_000_000);
        var upload = await Draft.CreateAsync([]);
        using var wire = await Wire.ConnectAsync(pair.Service);
        await wire.SendHeadAsync($"PATCH {upload}", "Upload-Complete: ?1", "Upload-Offset: 0", $"Content-Type: {DraftClient.ContentType}",
            $"Content-Length: {content.Size}");
        await wire.SendAsync(content, 0, content.Size - 1);
        using var response = await Draft.DeleteAsync(upload);
        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        await wire.EndedEarlyAsync();
        await Draft.IsGoneAsync(upload);
    });

    [Fact]
    public async Task DELETE_of_a_complete_upload_gets_410_and_keeps_the_file()
    {
        var upload = await Draft.CreateAsync([1]);
        await Draft.FinishAsync(upload, 1, [2]);
        using var response = await Draft.DeleteAsync(upload);
        await response.RefusedAsync(410, "upload_complete");
        Assert.Equal([1, 2], await pair.Http.GetByteArrayAsync($"/files/{TusClient.Id(upload)}"));
    }
}

public sealed class DraftCancelOnEmbeddedTests(EmbeddedPair pair) : DraftCancelTests(pair), IClassFixture<EmbeddedPair>;

public sealed class DraftCancelOnClusterTests(ClusterPair pair) : DraftCancelTests(pair), IClassFixture<ClusterPair>;
