using System.Net;
using System.Text;
using Xunit;

namespace FileDrop.Api.Tests.Files;

public abstract class DigestTests(Pair pair)
{
    private const string Content = "the content";

    [Theory]
    [InlineData("Content-Digest")]
    [InlineData("Repr-Digest")]
    public async Task A_right_digest_on_a_raw_body_is_accepted(string field)
    {
        foreach (var value in new[] { Requests.Digest(Content), $"sha-512=:AAAA:, {Requests.Digest(Content)}", "sha-512=:AAAA:", "md5=:AAAA:" })
        {
            using var response = await pair.Http.SendAsync(HttpMethod.Post, "/files/upload", new StringContent(Content), (field, value));
            await response.SucceededAsync(HttpStatusCode.Created);
        }
    }

    [Theory]
    [InlineData("Content-Digest", 11)]
    [InlineData("Repr-Digest", 11)]
    [InlineData("Content-Digest", 0)]
    [InlineData("Content-Digest", 9 * 1024 * 1024)]
    public async Task A_wrong_digest_on_a_raw_body_is_refused_and_nothing_is_stored(string field, int size) => await pair.LeavesNothingAsync(async () =>
    {
        using var known = await pair.Http.SendAsync(
            HttpMethod.Post, "/files/upload", new ByteArrayContent(Requests.Bytes(size)), (field, Requests.Digest("other")));
        await known.RefusedAsync(400, "digest_mismatch");
        using var chunked = await pair.Http.SendAsync(HttpMethod.Post, "/files/upload", new ByteArrayContent(Requests.Bytes(size)),
            (field, Requests.Digest("other")), ("Transfer-Encoding", "chunked"));
        await chunked.RefusedAsync(400, "digest_mismatch");
    });

    [Theory]
    [InlineData("Content-Digest")]
    [InlineData("Repr-Digest")]
    public async Task A_right_digest_on_a_part_is_accepted(string field) =>
        await pair.Http.UploadFormAsync(new FormBody().File(Content, "a", $"{field}: {Requests.Digest(Content)}"));

    [Theory]
    [InlineData("Content-Digest")]
    [InlineData("Repr-Digest")]
    public async Task A_wrong_digest_on_a_part_is_refused_and_nothing_is_stored(string field) => await pair.LeavesNothingAsync(async () =>
    {
        var form = new FormBody().File(Content, "a", $"{field}: {Requests.Digest("other")}");
        using var response = await pair.Http.PostAsync("/files/upload", form.Content());
        await response.RefusedAsync(400, "digest_mismatch");
    });

    [Fact]
    public async Task The_digest_of_a_form_covers_the_whole_body()
    {
        var form = new FormBody().Text("file_name", "b").File(Content).End().Append("an epilogue").ToArray();
        using var right = await pair.Http.SendAsync(HttpMethod.Post, "/files/upload", Form(form), ("Content-Digest", Requests.Digest(form)));
        await right.SucceededAsync(HttpStatusCode.Created);
        await pair.LeavesNothingAsync(async () =>
        {
            using var wrong = await pair.Http.SendAsync(HttpMethod.Post, "/files/upload", Form(form), ("Content-Digest", Requests.Digest(Content)));
            await wrong.RefusedAsync(400, "digest_mismatch");
        });
    }

    [Theory]
    [ClusterAtNight]
    [InlineData("sha-256")]
    [InlineData("sha-256=")]
    [InlineData("sha-256=abc")]
    [InlineData("sha-256=::")]
    [InlineData("sha-256=:AAAA:")]
    [InlineData("sha-256=:not base64!:")]
    [InlineData("sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")]
    public async Task A_malformed_digest_is_refused_and_nothing_is_stored(string value) => await pair.LeavesNothingAsync(async () =>
    {
        using var raw = await pair.Http.SendAsync(HttpMethod.Post, "/files/upload", new ByteArrayContent([]), ("Content-Digest", value));
        await raw.RefusedAsync(400, "invalid_request");
        using var part = await pair.Http.PostAsync("/files/upload", new FormBody().File("", "a", $"Repr-Digest: {value}").Content());
        await part.RefusedAsync(400, "invalid_request");
        using var form = await pair.Http.SendAsync(HttpMethod.Post, "/files/upload", new FormBody().File().Content(), ("Content-Digest", value));
        await form.RefusedAsync(400, "invalid_request");
    });

    [Fact]
    public async Task Digests_that_contradict_each_other_are_refused() => await pair.LeavesNothingAsync(async () =>
    {
        using var response = await pair.Http.SendAsync(HttpMethod.Post, "/files/upload", new StringContent(Content),
            ("Content-Digest", Requests.Digest(Content)), ("Repr-Digest", Requests.Digest("other")));
        await response.RefusedAsync(400, "invalid_request");
    });

    [Fact]
    public async Task An_update_is_checked_against_its_digest_in_every_form()
    {
        var file = await pair.Http.UploadAsync(Encoding.UTF8.GetBytes("first"), "a");
        await pair.LeavesNothingAsync(async () =>
        {
            foreach (var (path, body) in new (string, HttpContent)[]
            {
                ("", new StringContent(Content)),
                ("/content", new StringContent(Content)),
                ("", new FormBody().File(Content).Content()),
                ("", new FormBody().File(Content, "a", $"Content-Digest: {Requests.Digest("other")}").Content()),
                ("", new StringContent("{\"file_name\": \"b\"}", Encoding.UTF8, "application/json")),
            })
            {
                var isPart = body is ByteArrayContent and not StringContent && Encoding.UTF8.GetString(await body.ReadAsByteArrayAsync()).Contains("Digest", StringComparison.Ordinal);
                using var response = await pair.Http.SendAsync(
                    HttpMethod.Put, $"/files/{file.Id()}{path}", body, isPart ? [] : [("Content-Digest", Requests.Digest("other"))]);
                await response.RefusedAsync(400, "digest_mismatch");
            }
        });
        Assert.Equal("first", await pair.Http.GetStringAsync($"/files/{file.Id()}"));
        using var right = await pair.Http.SendAsync(
            HttpMethod.Put, $"/files/{file.Id()}", new StringContent(Content), ("Content-Digest", Requests.Digest(Content)));
        await right.SucceededAsync();
    }

    private static ByteArrayContent Form(byte[] bytes)
    {
        var content = new ByteArrayContent(bytes);
        content.Headers.TryAddWithoutValidation("Content-Type", FormBody.Type);
        return content;
    }
}

public sealed class DigestOnEmbeddedTests(EmbeddedPair pair) : DigestTests(pair), IClassFixture<EmbeddedPair>;

public sealed class DigestOnClusterTests(ClusterPair pair) : DigestTests(pair), IClassFixture<ClusterPair>;
