using FileDrop.Api.Tests.Files;
using Xunit;

namespace FileDrop.Api.Tests.Uploads;

/// <summary>Section "Upload Append" of draft-ietf-httpbis-resumable-upload.</summary>
public abstract class DraftAppendTests(Pair pair)
{
    private DraftClient Draft => new(pair.Http);

    [Theory]
    [InlineData(0, 5, 0)]
    [InlineData(3, 3, 3)]
    [InlineData(8 * 1024 * 1024, 1, 0)]
    [InlineData(5_000_001, 5_000_001, 5_000_001)]
    public async Task Appends_at_the_offset_make_the_file_and_the_last_one_completes_it(params int[] sizes)
    {
        var content = new Generated(11, sizes.Sum());
        var upload = await Draft.CreateAsync(content.Bytes(0, sizes[0]));
        await Draft.AppendAsync(upload, sizes[0], content.Bytes(sizes[0], sizes[1]));
        var file = await Draft.FinishAsync(upload, sizes[0] + sizes[1], content.Bytes(sizes[0] + sizes[1], sizes[2]));
        Assert.Equal((content.Sha256(), content.Size), (file.Text("sha256"), file.GetProperty("file_size").GetInt64()));
        Assert.Equal(content.Bytes(0, content.Size), await pair.Http.GetByteArrayAsync($"/files/{file.Id()}"));
    }

    [Fact]
    public async Task An_upload_with_all_its_bytes_is_complete_only_once_the_client_says_so()
    {
        var upload = await Draft.CreateAsync([1], ("Upload-Length", "3"));
        await Draft.AppendAsync(upload, 1, [2, 3]);
        using var head = await Draft.HeadAsync(upload);
        Assert.Equal(("?0", "3"), (head.Field("Upload-Complete"), head.Field("Upload-Offset")));
        await Draft.FinishAsync(upload, 3, []);
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(2, true)]
    [InlineData(4, false)]
    [InlineData(999_999_999_999_999, true)]
    public async Task An_append_at_a_wrong_offset_gets_409_with_the_right_one(long offset, bool complete) =>
        await RefusedAsync(upload => Draft.PatchAsync(upload, offset, [4], complete), 409, "offset_mismatch", async response =>
        {
            Assert.Equal(("?0", "3"), (response.Field("Upload-Complete"), response.Field("Upload-Offset")));
            var problem = await DraftClient.ProblemAsync(response);
            Assert.Equal((DraftClient.MismatchingOffset, 3, offset),
                (problem.Text("type"), problem.GetProperty("expected-offset").GetInt64(), problem.GetProperty("provided-offset").GetInt64()));
        });

    [Theory]
    [ClusterAtNight]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("-3")]
    [InlineData("3.0")]
    [InlineData("three")]
    [InlineData("3, 3")]
    [InlineData("9999999999999999")]
    public Task An_append_without_a_numeric_offset_gets_400(string? offset) =>
        RefusedAsync(upload => Draft.PatchAsync(upload, 3, [4], complete: false, ("Upload-Offset", offset)), 400, "invalid_request");

    [Theory]
    [ClusterAtNight]
    [InlineData(null)]
    [InlineData("1")]
    [InlineData("true")]
    public Task An_append_without_its_completeness_gets_400(string? complete) =>
        RefusedAsync(upload => Draft.PatchAsync(upload, 3, [4], complete: false, ("Upload-Complete", complete)), 400, "invalid_request");

    [Theory]
    [ClusterAtNight]
    [InlineData(null)]
    [InlineData("application/octet-stream")]
    [InlineData("application/offset+octet-stream")]
    public Task An_append_with_another_media_type_gets_415(string? type) =>
        RefusedAsync(upload => Draft.PatchAsync(upload, 3, [4], complete: false, ("Content-Type", type)), 415, "unsupported_media_type", response =>
        {
            Assert.Equal(DraftClient.ContentType, response.Field("Accept-Patch"));
            return Task.CompletedTask;
        });

    [Theory]
    [ClusterAtNight]
    [InlineData(false, "5", null)]
    [InlineData(false, "7", null)]
    [InlineData(true, null, null)]
    [InlineData(true, "6", null)]
    [InlineData(true, null, "chunked")]
    public Task Contradicting_lengths_get_400(bool complete, string? length, string? coding) =>
        RefusedAsync(upload => Draft.PatchAsync(upload, 3, [4], complete, ("Upload-Length", length), ("Transfer-Encoding", coding)),
            400, "inconsistent_length",
            async response =>
            {
                Assert.Equal("?0", response.Field("Upload-Complete"));
                Assert.Equal(DraftClient.InconsistentLength, (await DraftClient.ProblemAsync(response)).Text("type"));
            }, keeps: coding is not null);

    [Fact]
    public async Task A_length_can_be_given_with_an_append()
    {
        var upload = await Draft.CreateAsync([1]);
        await Draft.AppendAsync(upload, 1, [2], ("Upload-Length", "3"));
        using var head = await Draft.HeadAsync(upload);
        Assert.Equal("3", head.Field("Upload-Length"));
        await Draft.FinishAsync(upload, 2, [3]);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("chunked")]
    public async Task More_bytes_than_the_length_get_413_and_end_the_upload(string? coding) => await pair.LeavesNothingAsync(async () =>
    {
        var upload = await Draft.CreateAsync([1, 2, 3], ("Upload-Length", "4"));
        using var response = await Draft.PatchAsync(upload, 3, [4, 5], complete: false, ("Transfer-Encoding", coding));
        await response.RefusedAsync(413, "file_too_large");
        await Draft.IsGoneAsync(upload);
    });

    [Theory]
    [InlineData(1)]
    [InlineData(9 * 1024 * 1024)]
    public async Task A_content_digest_covers_one_append_and_a_wrong_one_leaves_the_offset(int size)
    {
        var content = new Generated(12, size + 3);
        var upload = await Draft.CreateAsync(content.Bytes(0, 3));
        for (var complete = 0; complete < 2; complete++)
        {
            using var wrong = await Draft.PatchAsync(
                upload, 3, new byte[size], complete == 1, ("Content-Digest", Requests.Digest(content.Bytes(3, size))));
            Assert.Equal("?0", wrong.Field("Upload-Complete"));
            await wrong.RefusedAsync(400, "digest_mismatch");
            Assert.Equal(3, await Draft.OffsetAsync(upload));
        }
        var file = await Draft.FinishAsync(upload, 3, content.Bytes(3, size), ("Content-Digest", Requests.Digest(content.Bytes(3, size))));
        Assert.Equal(content.Sha256(), file.Text("sha256"));
    }

    [Fact]
    public async Task The_last_append_may_be_repeated_if_its_answer_was_lost()
    {
        var upload = await Draft.CreateAsync([1]);
        await Draft.FinishAsync(upload, 1, [2]);
        await pair.LeavesNothingAsync(async () =>
        {
            using var again = await Draft.PatchAsync(upload, 2, [], complete: true);
            await Draft.IsFileAsync(again, upload);
        });
    }

    [Fact]
    public async Task An_append_to_a_complete_upload_is_refused()
    {
        var upload = await Draft.CreateAsync([1]);
        await Draft.FinishAsync(upload, 1, [2]);
        await pair.LeavesNothingAsync(async () =>
        {
            (long, byte[], bool)[] requests = [(2, [3], false), (2, [3], true), (2, [], false), (0, [1, 2], true)];
            foreach (var (offset, content, complete) in requests)
            {
                using var response = await Draft.PatchAsync(upload, offset, content, complete);
                Assert.Equal("?0", response.Field("Upload-Complete"));
                await response.RefusedAsync(offset == 2 ? 400 : 409, offset == 2 ? "invalid_request" : "offset_mismatch");
            }
        });
        Assert.Equal([1, 2], await pair.Http.GetByteArrayAsync($"/files/{TusClient.Id(upload)}"));
    }

    [Fact]
    public async Task A_broken_append_keeps_what_arrived_and_is_not_complete()
    {
        var content = new Generated(13, 9_000_000);
        var upload = await Draft.CreateAsync(content.Bytes(0, 100));
        using (var wire = await Wire.ConnectAsync(pair.Service))
        {
            await wire.SendHeadAsync($"PATCH {upload}", "Upload-Complete: ?1", "Upload-Offset: 100", $"Content-Type: {DraftClient.ContentType}",
                $"Content-Length: {content.Size - 100}");
            await wire.SendAsync(content, 100, content.Size - 101);
            wire.EndSending();
            await wire.ReadAsync();
        }
        using var head = await Draft.HeadAsync(upload);
        var offset = head.Offset();
        Assert.Equal("?0", head.Field("Upload-Complete"));
        // The server loses up to 1 MiB that it has buffered but not passed on when the connection ends.
        Assert.InRange(offset, content.Size - 1 - (1 << 20), content.Size - 1);
        var file = await Draft.FinishAsync(upload, offset, content.Bytes(offset, content.Size - offset));
        Assert.Equal(content.Sha256(), file.Text("sha256"));
    }

    /// <summary>
    /// Sends a request to an upload that has 3 of 6 bytes. The request must be refused and change nothing; then the right request must succeed.
    /// </summary>
    /// <param name="keeps">Whether the fault shows only at the end of the content, which is then kept.</param>
    private async Task RefusedAsync(
        Func<string, Task<HttpResponseMessage>> ask, int status, string code, Func<HttpResponseMessage, Task>? check = null, bool keeps = false)
    {
        var upload = await Draft.CreateAsync([1, 2, 3], ("Upload-Length", "6"));
        using (var response = await ask(upload))
        {
            if (check is not null)
                await check(response);
            await response.RefusedAsync(status, code);
        }
        Assert.Equal(keeps ? 4 : 3, await Draft.OffsetAsync(upload));
        await Draft.FinishAsync(upload, keeps ? 4 : 3, keeps ? [5, 6] : [4, 5, 6]);
        Assert.Equal([1, 2, 3, 4, 5, 6], await pair.Http.GetByteArrayAsync($"/files/{TusClient.Id(upload)}"));
    }
}

public sealed class DraftAppendOnEmbeddedTests(EmbeddedPair pair) : DraftAppendTests(pair), IClassFixture<EmbeddedPair>;

public sealed class DraftAppendOnClusterTests(ClusterPair pair) : DraftAppendTests(pair), IClassFixture<ClusterPair>;
