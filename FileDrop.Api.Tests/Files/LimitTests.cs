using System.Net;
using Xunit;

namespace FileDrop.Api.Tests.Files;

/// <summary>A service with small limits, which the tests can reach.</summary>
public abstract class LimitTests(Pair pair)
{
    private const int Limit = 2 * 1024 * 1024;

    [Fact]
    public async Task A_file_of_exactly_the_limit_is_accepted()
    {
        var content = Requests.Bytes(Limit);
        Assert.Equal(Limit, (await pair.Http.UploadAsync(content, "a")).GetProperty("file_size").GetInt64());
        using var form = await pair.Http.PostAsync("/files/upload", Form(content));
        await form.SucceededAsync(HttpStatusCode.Created);
        using var chunked = await pair.Http.SendChunkedAsync(HttpMethod.Post, "/files/upload", new ByteArrayContent(content));
        await chunked.SucceededAsync(HttpStatusCode.Created);
    }

    [Theory]
    [ClusterAtNight]
    [InlineData("POST /files/upload", "text/plain", Limit + 1)]
    [InlineData("POST /files/upload", FormBody.Type, 2 * Limit)]
    [InlineData("PUT /files/{id}", "text/plain", Limit + 1)]
    [InlineData("PUT /files/{id}/content", FormBody.Type, Limit + 1)]
    public async Task A_body_known_to_be_larger_is_refused_before_it_is_asked_for(string line, string type, int size)
    {
        var file = await pair.Http.UploadAsync([1], "a");
        await pair.LeavesNothingAsync(async () =>
        {
            using var wire = await Wire.ConnectAsync(pair.Service);
            await wire.SendHeadAsync(
                line.Replace("{id}", file.Id(), StringComparison.Ordinal), $"Content-Type: {type}", $"Content-Length: {size}", "Expect: 100-continue");
            var answer = await wire.ReadAnswerAsync();
            Assert.Equal((413, "file_too_large"), (answer.Status, answer.Code()));
        });
    }

    [Theory]
    [InlineData(1)]
    [InlineData(Limit)]
    public async Task A_body_that_turns_out_to_be_larger_is_refused_while_it_comes(int more)
    {
        var file = await pair.Http.UploadAsync([1], "a");
        var content = Requests.Bytes(Limit + more);
        await pair.LeavesNothingAsync(async () =>
        {
            foreach (var (method, path) in new[] { ("POST", "/files/upload"), ("PUT", $"/files/{file.Id()}"), ("PUT", $"/files/{file.Id()}/content") })
            {
                using var raw = await pair.Http.SendChunkedAsync(new HttpMethod(method), path, new ByteArrayContent(content));
                await raw.RefusedAsync(413, "file_too_large");
                if (path.EndsWith("content", StringComparison.Ordinal))
                    continue;
                using var chunked = await pair.Http.SendChunkedAsync(new HttpMethod(method), path, Form(content));
                await chunked.RefusedAsync(413, "file_too_large");
                using var form = await pair.Http.SendAsync(new HttpMethod(method), path, Form(content));
                await form.RefusedAsync(413, "file_too_large");
            }
        });
    }

    [Theory]
    [ClusterAtNight]
    [InlineData("POST /files/upload", "text/plain", "abc")]
    [InlineData("POST /files/upload", "text/plain", "")]
    [InlineData("POST /files/upload", FormBody.Type, "--")]
    [InlineData("POST /files/upload", FormBody.Type, "--" + FormBody.Boundary + "\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a\"\r\n\r\nabc")]
    [InlineData("POST /files/upload", FormBody.Type,
        "--" + FormBody.Boundary + "\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a\"\r\n\r\nabc\r\n--" + FormBody.Boundary + "--\r\n")]
    [InlineData("PUT /files/{id}", "application/json", "{")]
    [InlineData("PUT /files/{id}/content", "text/plain", "abc")]
    public async Task A_client_that_falls_silent_is_given_up(string line, string type, string sent)
    {
        var file = await pair.Http.UploadAsync([1], "a");
        await pair.LeavesNothingAsync(async () =>
        {
            using var wire = await Wire.ConnectAsync(pair.Service);
            await wire.SendHeadAsync(line.Replace("{id}", file.Id(), StringComparison.Ordinal), $"Content-Type: {type}", "Content-Length: 1000");
            await wire.SendAsync(sent);
            var answer = await wire.ReadAnswerAsync();
            Assert.Equal((408, "invalid_request"), (answer.Status, answer.Code()));
            Assert.Null(await wire.ReadAsync());
        });
    }

    [Fact]
    public async Task A_client_that_falls_silent_between_chunks_is_given_up_however_much_it_has_sent() => await pair.LeavesNothingAsync(async () =>
    {
        using var wire = await Wire.ConnectAsync(pair.Service);
        await wire.SendHeadAsync("POST /files/upload", "Transfer-Encoding: chunked");
        await wire.SendAsync($"100000\r\n{new string('x', 1 << 20)}\r\n");
        var answer = await wire.ReadAnswerAsync();
        Assert.Equal((408, "invalid_request"), (answer.Status, answer.Code()));
    });

    private static ByteArrayContent Form(byte[] content) =>
        new FormBody().Part(content, "Content-Disposition: form-data; name=\"file\"; filename=\"a\"").Content();

    internal static (string Key, string Value)[] Settings =>
        [("FileDrop:MaxFileSize", $"{Limit}"), ("FileDrop:UploadPatience", "00:00:01")];
}

public sealed class LimitedEmbeddedPair : EmbeddedPair
{
    protected override (string Key, string Value)[] Settings => LimitTests.Settings;
}

public sealed class LimitedClusterPair : ClusterPair
{
    protected override (string Key, string Value)[] Settings => LimitTests.Settings;
}

public sealed class LimitOnEmbeddedTests(LimitedEmbeddedPair pair) : LimitTests(pair), IClassFixture<LimitedEmbeddedPair>;

public sealed class LimitOnClusterTests(LimitedClusterPair pair) : LimitTests(pair), IClassFixture<LimitedClusterPair>;
