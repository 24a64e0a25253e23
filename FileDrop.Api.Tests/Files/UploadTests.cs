using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using Xunit;

namespace FileDrop.Api.Tests.Files;

public abstract class UploadTests(Pair pair)
{
    private const int MiB = 1024 * 1024;
    private static readonly string[] Members =
        ["file_id", "file_name", "file_size", "file_type", "created_at", "updated_at", "version", "sha256", "tags", "folder_id", "modified_at"];

    public static TheoryData<int> Sizes => [0, 1, (5 * MiB) - 1, 5 * MiB, (5 * MiB) + 1, 8 * MiB, (8 * MiB) + 1, 16 * MiB, (20 * MiB) + 3];

    [Fact]
    public async Task An_upload_answers_201_with_the_file_object_its_address_and_its_tag()
    {
        using var body = new ByteArrayContent([1, 2, 3]);
        using var response = await pair.Http.PostAsync("/files/upload?file_name=a.bin", body);
        var file = await response.SucceededAsync(HttpStatusCode.Created);
        Assert.Equal(Members, file.EnumerateObject().Select(member => member.Name));
        Assert.Equal($"/files/{file.Id()}", response.Headers.Location?.OriginalString);
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal(await pair.Http.TagAsync(file.Id()), response.Headers.ETag?.ToString());
        Assert.False(response.Headers.ETag?.IsWeak);
        Assert.Equal("a.bin", file.Name());
        Assert.Equal(3, file.GetProperty("file_size").GetInt64());
        Assert.Equal(1, file.Version());
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData([1, 2, 3])), file.Text("sha256"));
        Assert.Equal(file.Text("created_at"), file.Text("updated_at"));
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", file.Text("created_at"));
        Assert.Matches("^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$", file.Id());
        Assert.Empty(file.Tags());
        Assert.Equal(file.ToString(), (await pair.Http.MetadataAsync(file.Id())).ToString());
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public async Task A_raw_body_of_any_size_is_returned_unchanged(int size)
    {
        var content = Requests.Bytes(size);
        await CheckAsync(await pair.Http.UploadAsync(content, "raw.bin"), content);
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public async Task A_raw_body_of_unknown_length_is_returned_unchanged(int size)
    {
        var content = Requests.Bytes(size);
        using var response = await pair.Http.SendChunkedAsync(HttpMethod.Post, "/files/upload?file_name=a", new ByteArrayContent(content));
        await CheckAsync(await response.SucceededAsync(HttpStatusCode.Created), content);
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public async Task A_file_in_a_form_is_returned_unchanged(int size)
    {
        var content = Requests.Bytes(size);
        await CheckAsync(await pair.Http.UploadFormAsync(Form(content)), content);
    }

    [Theory]
    [ClusterAtNight]
    [MemberData(nameof(Sizes))]
    public async Task A_file_in_a_form_of_unknown_length_is_returned_unchanged(int size)
    {
        var content = Requests.Bytes(size);
        using var response = await pair.Http.SendChunkedAsync(HttpMethod.Post, "/files/upload", Form(content).Content());
        await CheckAsync(await response.SucceededAsync(HttpStatusCode.Created), content);
    }

    [Fact]
    public async Task A_file_of_100_MiB_is_returned_unchanged()
    {
        var content = Requests.Bytes(100 * MiB);
        await CheckAsync(await pair.Http.UploadAsync(content, "large.bin"), content);
    }

    [Fact]
    public async Task A_file_of_boundaries_and_line_ends_is_returned_unchanged()
    {
        var content = $"\r\n--{FormBody.Boundary[..^1]}\r\n--\r\n\r\n--{FormBody.Boundary.ToUpperInvariant()}--\r\n\n\r";
        var file = await pair.Http.UploadFormAsync(new FormBody().File(content));
        Assert.Equal(content, await pair.Http.GetStringAsync($"/files/{file.Id()}"));
    }

    [Fact]
    public async Task A_request_without_a_body_but_with_a_name_uploads_an_empty_file()
    {
        using var response = await pair.Http.PostAsync("/files/upload?file_name=empty", null);
        await CheckAsync(await response.SucceededAsync(HttpStatusCode.Created), []);
    }

    [Fact]
    public async Task A_request_without_a_body_and_a_name_is_refused() => await pair.LeavesNothingAsync(async () =>
    {
        using var none = await pair.Http.PostAsync("/files/upload", null);
        await none.RefusedAsync(400, "file_missing");
        using var chunked = await pair.Http.SendChunkedAsync(HttpMethod.Post, "/files/upload", new ByteArrayContent([]));
        await chunked.RefusedAsync(400, "file_missing");
        using var keyed = await pair.Http.SendAsync(HttpMethod.Post, "/files/upload", new ByteArrayContent([]), ("Idempotency-Key", "empty"));
        await keyed.RefusedAsync(400, "file_missing");
    });

    [Fact]
    public async Task Every_upload_makes_a_new_file()
    {
        var (one, other) = (await pair.Http.UploadAsync([1], "same"), await pair.Http.UploadAsync([1], "same"));
        Assert.NotEqual(one.Id(), other.Id());
    }

    [Theory]
    [InlineData("application/json", "{\"file_name\": \"b\"}")]
    [InlineData("application/json", "{ no JSON")]
    [InlineData("multipart/mixed; boundary=x", "--x--")]
    [InlineData("text/plain; charset=utf-16", "no UTF-16")]
    public async Task A_body_that_is_not_a_form_is_the_content_whatever_its_type(string type, string content)
    {
        var file = await pair.Http.UploadAsync(System.Text.Encoding.UTF8.GetBytes(content), "a", type);
        Assert.Equal(content, System.Text.Encoding.UTF8.GetString(await pair.Http.GetByteArrayAsync($"/files/{file.Id()}")));
        Assert.Equal(type, file.Text("file_type"));
        Assert.Equal("a", file.Name());
    }

    [Theory]
    [ClusterAtNight]
    [InlineData("POST", "/files/upload")]
    [InlineData("PUT", "/files/{id}")]
    [InlineData("PUT", "/files/{id}/content")]
    public async Task A_part_never_replaces_the_whole(string method, string path)
    {
        var file = await pair.Http.UploadAsync([1, 2, 3], "a");
        await pair.LeavesNothingAsync(async () =>
        {
            using var response = await pair.Http.SendAsync(new HttpMethod(method), Of(path, file), new ByteArrayContent([9]), ("Content-Range", "bytes 0-0/3"));
            await response.RefusedAsync(400, "invalid_request");
        });
    }

    [Theory]
    [ClusterAtNight]
    [InlineData("POST", "/files/upload", "gzip")]
    [InlineData("POST", "/files/upload", "identity, br")]
    [InlineData("PUT", "/files/{id}", "gzip")]
    [InlineData("PUT", "/files/{id}/content", "deflate")]
    public async Task A_coded_body_is_refused_and_told_which_coding_is_taken(string method, string path, string coding)
    {
        var file = await pair.Http.UploadAsync([1, 2, 3], "a");
        await pair.LeavesNothingAsync(async () =>
        {
            using var response = await pair.Http.SendAsync(new HttpMethod(method), Of(path, file), new ByteArrayContent([9]), ("Content-Encoding", coding));
            Assert.Equal("identity", response.Headers.GetValues("Accept-Encoding").Single());
            await response.RefusedAsync(415, "unsupported_media_type");
        });
    }

    [Fact]
    [ClusterAtNight]
    public async Task The_coding_identity_is_accepted()
    {
        using var response = await pair.Http.SendAsync(HttpMethod.Post, "/files/upload", new ByteArrayContent([9]), ("Content-Encoding", "identity"));
        await CheckAsync(await response.SucceededAsync(HttpStatusCode.Created), [9]);
    }

    private static string Of(string path, JsonElement file) => path.Replace("{id}", file.Id(), StringComparison.Ordinal);

    private static FormBody Form(byte[] content) =>
        new FormBody().Part(content, "Content-Disposition: form-data; name=\"file\"; filename=\"form.bin\"");

    private async Task CheckAsync(JsonElement file, byte[] content)
    {
        Assert.Equal(content.Length, file.GetProperty("file_size").GetInt64());
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(content)), file.Text("sha256"));
        var read = await pair.Http.GetByteArrayAsync($"/files/{file.Id()}");
        Assert.True(content.AsSpan().SequenceEqual(read), "What is read is what was uploaded.");
        using var gone = await pair.Http.DeleteAsync($"/files/{file.Id()}");
        Assert.Equal(HttpStatusCode.OK, gone.StatusCode);
    }
}

public sealed class UploadOnEmbeddedTests(EmbeddedPair pair) : UploadTests(pair), IClassFixture<EmbeddedPair>;

public sealed class UploadOnClusterTests(ClusterPair pair) : UploadTests(pair), IClassFixture<ClusterPair>;
