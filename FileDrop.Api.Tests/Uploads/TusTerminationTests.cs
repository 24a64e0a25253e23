using System.Net;
using FileDrop.Api.Tests.Files;
using Xunit;

namespace FileDrop.Api.Tests.Uploads;

/// <summary>The extension termination of the tus protocol.</summary>
public abstract class TusTerminationTests(Pair pair)
{
    private TusClient Tus => new(pair.Http);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(9 * 1024 * 1024)]
    public async Task DELETE_ends_an_upload_and_deletes_its_bytes(int size) => await pair.LeavesNothingAsync(async () =>
    {
        var upload = await Tus.CreateAsync(size + 1);
        await Tus.AppendAsync(upload, 0, Requests.Bytes(size));
        using var response = await Tus.DeleteAsync(upload);
        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        await Tus.IsGoneAsync(upload);
        await Tus.IsNoFileAsync(upload);
    });

    [Fact]
    public async Task DELETE_ends_an_upload_of_unknown_length_and_a_partial_one() => await pair.LeavesNothingAsync(async () =>
    {
        foreach (var upload in new[] { await Tus.CreateAsync(null), await Tus.CreateAsync(2, ("Upload-Concat", "partial")), await Tus.PartialAsync([1]) })
        {
            using var response = await Tus.DeleteAsync(upload);
            Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
            await Tus.IsGoneAsync(upload);
        }
    });

    [Fact]
    public async Task DELETE_of_an_upload_that_became_a_file_gets_410_and_keeps_the_file()
    {
        var upload = await Tus.CreateAsync(3);
        await Tus.AppendAsync(upload, 0, [1, 2, 3]);
        await pair.LeavesNothingAsync(async () =>
        {
            using var response = await Tus.DeleteAsync(upload);
            await response.RefusedAsync(410, "upload_complete");
        });
        Assert.Equal([1, 2, 3], await pair.Http.GetByteArrayAsync($"/files/{TusClient.Id(upload)}"));
        Assert.Equal(3, await Tus.OffsetAsync(upload));
    }

    [Fact]
    public async Task DELETE_of_an_upload_in_progress_ends_its_writer_too() => await pair.LeavesNothingAsync(async () =>
    {
        const int Size = 12 * 1024 * 1024;
        var upload = await Tus.CreateAsync(Size);
        using var body = new GatedContent(Requests.Bytes(Size), Size - 1);
        var writing = Tus.PatchAsync(upload, 0, body);
        await body.Stopped;
        using var response = await Tus.DeleteAsync(upload);
        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        await Interruption.EndedEarlyAsync(writing, body.Break);
        await Tus.IsGoneAsync(upload);
    });
}

public sealed class TusTerminationOnEmbeddedTests(EmbeddedPair pair) : TusTerminationTests(pair), IClassFixture<EmbeddedPair>;

public sealed class TusTerminationOnClusterTests(ClusterPair pair) : TusTerminationTests(pair), IClassFixture<ClusterPair>;
