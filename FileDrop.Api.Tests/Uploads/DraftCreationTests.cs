using System.Net;
using FileDrop.Api.Tests.Files;
using Xunit;

namespace FileDrop.Api.Tests.Uploads;

/// <summary>Section "Upload Creation" of draft-ietf-httpbis-resumable-upload, and the related parts of "State".</summary>
public abstract class DraftCreationTests(Pair pair)
{
    private DraftClient Draft => new(pair.Http);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(9 * 1024 * 1024)]
    public async Task An_incomplete_creation_names_its_upload_resource_and_the_limits(int size)
    {
        using var response = await Draft.PostAsync(Requests.Bytes(size), complete: false);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        Assert.Matches("^/files/upload/[0-9a-f-]{36}$", response.Field("Location"));
        Assert.Equal(("?0", TusClient.Text(size)), (response.Field("Upload-Complete"), response.Field("Upload-Offset")));
        Assert.Matches($"^max-size={pair.LargestUpload()}, max-age=(8639[0-9]|86400)$", response.Field("Upload-Limit"));
        Assert.DoesNotContain(TusClient.Id(response.Field("Location") ?? ""), await pair.Http.GetStringAsync("/files"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("?1")]
    [InlineData("?1;x=y")]
    public async Task A_complete_creation_is_an_ordinary_upload(string complete)
    {
        using var response = await Draft.SendAsync(
            HttpMethod.Post, "/files/upload?file_name=whole.txt", [1, 2, 3], ("Upload-Complete", complete), ("Upload-Length", "3"));
        var file = await response.SucceededAsync(HttpStatusCode.Created);
        Assert.Equal(("?1", $"/files/{file.Id()}"), (response.Field("Upload-Complete"), response.Field("Location")));
        Assert.Equal("whole.txt", file.Name());
        Assert.Equal([1, 2, 3], await pair.Http.GetByteArrayAsync($"/files/{file.Id()}"));
    }

    [Theory]
    [ClusterAtNight]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("?2")]
    [InlineData("true")]
    [InlineData("?0, ?0")]
    [InlineData("\"?0\"")]
    [InlineData("?00")]
    public async Task A_completeness_that_is_not_a_boolean_is_ignored(string? complete)
    {
        using var response = await Draft.SendAsync(HttpMethod.Post, "/files/upload?file_name=a", [1, 2, 3], ("Upload-Complete", complete));
        var file = await response.SucceededAsync(HttpStatusCode.Created);
        Assert.Null(response.Field("Upload-Complete"));
        Assert.Equal([1, 2, 3], await pair.Http.GetByteArrayAsync($"/files/{file.Id()}"));
    }

    [Theory]
    [ClusterAtNight]
    [InlineData("3", null)]
    [InlineData("3;x=y", null)]
    [InlineData(null, "-3")]
    [InlineData(null, "three")]
    [InlineData(null, "3.0")]
    [InlineData(null, "\"3\"")]
    [InlineData(null, "?1")]
    [InlineData(null, "9999999999999999")]
    [InlineData(null, "")]
    public async Task A_length_is_recorded_if_it_is_a_number_and_otherwise_ignored(string? recorded, string? ignored)
    {
        var upload = await Draft.CreateAsync([1], ("Upload-Length", recorded ?? ignored));
        using var head = await Draft.HeadAsync(upload);
        Assert.Equal(recorded is null ? null : "3", head.Field("Upload-Length"));
        var file = await Draft.FinishAsync(upload, 1, [2, 3]);
        Assert.Equal([1, 2, 3], await pair.Http.GetByteArrayAsync($"/files/{file.Id()}"));
    }

    [Theory]
    [ClusterAtNight]
    [InlineData(2)]
    [InlineData(4)]
    public async Task A_complete_creation_with_contradicting_lengths_gets_400(int length) => await pair.LeavesNothingAsync(async () =>
    {
        using var response = await Draft.PostAsync([1, 2, 3], complete: true, ("Upload-Length", TusClient.Text(length)));
        Assert.Equal(DraftClient.InconsistentLength, (await DraftClient.ProblemAsync(response)).Text("type"));
        await response.RefusedAsync(400, "inconsistent_length");
        Assert.NotNull(response.Field("Upload-Complete"));
    });

    [Theory]
    [InlineData(null)]
    [InlineData("chunked")]
    public async Task A_creation_with_more_than_the_length_is_413(string? coding) => await pair.LeavesNothingAsync(async () =>
    {
        using var response = await Draft.PostAsync([1, 2, 3], complete: false, ("Upload-Length", "2"), ("Transfer-Encoding", coding));
        await response.RefusedAsync(413, "file_too_large");
        Assert.Null(response.Field("Location"));
    });

    [Fact]
    [ClusterAtNight]
    public async Task A_length_beyond_the_limit_gets_413_with_the_limit() => await pair.LeavesNothingAsync(async () =>
    {
        using var response = await Draft.PostAsync([1], complete: false, ("Upload-Length", TusClient.Text(pair.LargestUpload() + 1)));
        Assert.Contains($"max-size={pair.LargestUpload()}", response.Field("Upload-Limit"), StringComparison.Ordinal);
        await response.RefusedAsync(413, "file_too_large");
    });

    [Fact]
    public async Task An_empty_creation_may_be_followed_by_an_empty_end()
    {
        var upload = await Draft.CreateAsync([]);
        var file = await Draft.FinishAsync(upload, 0, []);
        Assert.Equal(0, file.GetProperty("file_size").GetInt64());
    }

    [Fact]
    public async Task An_empty_incomplete_creation_needs_no_name()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/files/upload") { Content = new ByteArrayContent([]) };
        request.Headers.Add("Upload-Complete", "?0");
        using var created = await pair.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
    }

    [Fact]
    public async Task A_complete_creation_may_be_empty()
    {
        using var response = await Draft.PostAsync([], complete: true);
        var file = await response.SucceededAsync(HttpStatusCode.Created);
        Assert.Equal(("?1", 0), (response.Field("Upload-Complete"), file.GetProperty("file_size").GetInt64()));
    }

    [Theory]
    [InlineData("inline; filename=\"file name.jpg\"; filename*=UTF-8''file%20name%20%C5%BC.jpg", "file name ż.jpg")]
    [InlineData("attachment; filename=\"b.jpg\"", "b.jpg")]
    public async Task The_fields_of_the_creation_describe_the_file(string disposition, string name)
    {
        using var created = await Draft.SendAsync(HttpMethod.Post, "/files/upload", [1],
            ("Upload-Complete", "?0"), ("Content-Disposition", disposition), ("Content-Type", "image/jpeg"));
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        var file = await Draft.FinishAsync(created.Field("Location") ?? "", 1, [2]);
        Assert.Equal((name, "image/jpeg", 1), (file.Name(), file.Text("file_type"), file.Version()));
    }

    [Fact]
    [ClusterAtNight]
    public async Task A_name_that_no_file_may_have_is_refused_before_anything_is_stored() => await pair.LeavesNothingAsync(async () =>
    {
        using var response = await Draft.SendAsync(HttpMethod.Post, "/files/upload?file_name=..", [1], ("Upload-Complete", "?0"));
        await response.RefusedAsync(400, "invalid_name");
    });

    [Fact]
    [ClusterAtNight]
    public async Task A_form_cannot_be_resumed() => await pair.LeavesNothingAsync(async () =>
    {
        using var response = await pair.Http.SendAsync(HttpMethod.Post, "/files/upload", new FormBody().File().Content(), ("Upload-Complete", "?0"));
        await response.RefusedAsync(415, "unsupported_media_type");
    });

    [Fact]
    public async Task A_form_may_be_complete()
    {
        using var response = await pair.Http.SendAsync(HttpMethod.Post, "/files/upload", new FormBody().File().Content(), ("Upload-Complete", "?1"));
        await response.SucceededAsync(HttpStatusCode.Created);
        Assert.Equal("?1", response.Field("Upload-Complete"));
    }

    [Fact]
    [ClusterAtNight]
    public async Task OPTIONS_answers_with_the_limits()
    {
        using var response = await Draft.SendAsync(HttpMethod.Options, DraftClient.Target, null);
        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        Assert.Equal($"max-size={pair.LargestUpload()}", response.Field("Upload-Limit"));
    }

    [Fact]
    public async Task A_content_digest_covers_the_creations_content_and_a_wrong_digest_leaves_nothing()
    {
        var upload = await Draft.CreateAsync([1, 2, 3], ("Content-Digest", Requests.Digest([1, 2, 3])));
        await Draft.FinishAsync(upload, 3, [4]);
        await pair.LeavesNothingAsync(async () =>
        {
            using var wrong = await Draft.PostAsync([1, 2, 3], complete: false, ("Content-Digest", Requests.Digest([1, 2])));
            Assert.Null(wrong.Field("Location"));
            await wrong.RefusedAsync(400, "digest_mismatch");
            using var malformed = await Draft.PostAsync([1, 2, 3], complete: false, ("Content-Digest", "sha-256=abc"));
            await malformed.RefusedAsync(400, "invalid_request");
        });
    }

    [Fact]
    public async Task A_representation_digest_covers_the_whole_content()
    {
        var upload = await Draft.CreateAsync([1, 2], ("Repr-Digest", Requests.Digest([1, 2, 3, 4])));
        await Draft.AppendAsync(upload, 2, [3]);
        var file = await Draft.FinishAsync(upload, 3, [4]);
        Assert.Equal([1, 2, 3, 4], await pair.Http.GetByteArrayAsync($"/files/{file.Id()}"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(9 * 1024 * 1024)]
    public async Task A_wrong_representation_digest_ends_the_upload_without_a_file(int size) => await pair.LeavesNothingAsync(async () =>
    {
        var upload = await Draft.CreateAsync(Requests.Bytes(size), ("Repr-Digest", Requests.Digest([1, 2, 3, 4])));
        using var response = await Draft.PatchAsync(upload, size, [4], complete: true);
        Assert.Equal("?1", response.Field("Upload-Complete"));
        await response.RefusedAsync(400, "digest_mismatch");
        await Draft.IsGoneAsync(upload);
    });
}

public sealed class DraftCreationOnEmbeddedTests(EmbeddedPair pair) : DraftCreationTests(pair), IClassFixture<EmbeddedPair>;

public sealed class DraftCreationOnClusterTests(ClusterPair pair) : DraftCreationTests(pair), IClassFixture<ClusterPair>;
