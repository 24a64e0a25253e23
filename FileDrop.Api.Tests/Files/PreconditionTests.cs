using System.Globalization;
using System.Net;
using System.Text;
using Xunit;

namespace FileDrop.Api.Tests.Files;

public abstract class PreconditionTests(Pair pair)
{
    /// <summary>Bars separate fields; {etag} and the dates stand for the file's.</summary>
    [Theory]
    [ClusterAtNight]
    [InlineData("If-Match: {etag}", 200)]
    [InlineData("If-Match: *", 200)]
    [InlineData("If-Match: \"other\", {etag}", 200)]
    [InlineData("If-Match: \"other\"|If-Match: {etag}", 200)]
    [InlineData("If-Match: \"other\"", 412)]
    [InlineData("If-Match: W/{etag}", 412)]
    [InlineData("If-Match: {bare}", 400)]
    [InlineData("If-Match: ", 400)]
    [InlineData("If-Match: \"open", 400)]
    [InlineData("If-Unmodified-Since: {same}", 200)]
    [InlineData("If-Unmodified-Since: {later}", 200)]
    [InlineData("If-Unmodified-Since: {earlier}", 412)]
    [InlineData("If-Unmodified-Since: rubbish", 400)]
    [InlineData("If-None-Match: {etag}", 304)]
    [InlineData("If-None-Match: W/{etag}", 304)]
    [InlineData("If-None-Match: *", 304)]
    [InlineData("If-None-Match: \"other\", W/{etag}", 304)]
    [InlineData("If-None-Match: \"other\"", 200)]
    [InlineData("If-None-Match: {bare}", 200)]
    [InlineData("If-None-Match: \"a\", b", 200)]
    [InlineData("If-None-Match: rubbish, {etag}", 304)]
    [InlineData("If-Modified-Since: {same}", 304)]
    [InlineData("If-Modified-Since: {later}", 304)]
    [InlineData("If-Modified-Since: {future}", 304)]
    [InlineData("If-Modified-Since: {earlier}", 200)]
    [InlineData("If-Modified-Since: rubbish", 200)]
    [InlineData("If-Match: {etag}|If-Unmodified-Since: {earlier}", 200)]
    [InlineData("If-Match: \"other\"|If-Unmodified-Since: {later}", 412)]
    [InlineData("If-Match: \"other\"|If-None-Match: {etag}", 412)]
    [InlineData("If-Match: {etag}|If-None-Match: {etag}", 304)]
    [InlineData("If-None-Match: \"other\"|If-Modified-Since: {later}", 200)]
    [InlineData("If-None-Match: {etag}|If-Modified-Since: {earlier}", 304)]
    [InlineData("If-Unmodified-Since: {earlier}|If-None-Match: {etag}", 412)]
    [InlineData("If-Unmodified-Since: {earlier}|If-Modified-Since: {later}", 412)]
    [InlineData("If-Unmodified-Since: {later}|If-Modified-Since: {later}", 304)]
    public async Task A_read_checks_preconditions_in_the_order_of_the_RFC(string fields, int status)
    {
        var file = await FileAsync();
        foreach (var (method, path) in new[] { ("GET", ""), ("HEAD", ""), ("GET", "/metadata"), ("HEAD", "/metadata") })
        {
            using var wire = await Wire.ConnectAsync(pair.Service);
            await wire.SendHeadAsync($"{method} /files/{file.Id}{path}", [.. file.Fill(fields), "Connection: close"]);
            var answer = await (method == "HEAD" ? wire.ReadHeadAsync() : wire.ReadAnswerAsync());
            Assert.True(status == answer.Status, $"{method} {path}: {answer.Status}");
            if (status is 200 or 304)
                Assert.Equal(file.Tag, answer.Fields["ETag"]);
            if (status is 304)
            {
                Assert.Equal("private, no-cache", answer.Fields["Cache-Control"]);
                Assert.Equal("", answer.Body);
                Assert.False(answer.Fields.ContainsKey("Content-Type"));
            }
            else if (status is 400 or 412 && method == "GET")
            {
                Assert.Equal(status == 400 ? "invalid_request" : "precondition_failed", answer.Code());
            }
        }
    }

    [Theory]
    [ClusterAtNight]
    [InlineData("If-None-Match: {etag}|Range: bytes=0-0", 304)]
    [InlineData("If-Match: \"other\"|Range: bytes=0-0", 412)]
    [InlineData("If-Match: {etag}|If-None-Match: \"other\"|If-Range: {etag}|Range: bytes=0-0", 206)]
    [InlineData("If-Match: {etag}|If-Range: \"other\"|Range: bytes=0-0", 200)]
    [InlineData("If-None-Match: {etag}|Range: bytes=100-", 304)]
    public async Task A_range_applies_after_all_preconditions(string fields, int status)
    {
        var file = await FileAsync();
        using var wire = await Wire.ConnectAsync(pair.Service);
        await wire.SendHeadAsync($"GET /files/{file.Id}", file.Fill(fields));
        Assert.Equal(status, (await wire.ReadAnswerAsync()).Status);
    }

    [Theory]
    [InlineData("If-Match: {etag}", true)]
    [InlineData("If-Match: *", true)]
    [InlineData("If-Match: \"other\", {etag}", true)]
    [InlineData("If-None-Match: \"other\"", true)]
    [InlineData("If-Unmodified-Since: {same}", true)]
    [InlineData("If-Modified-Since: {later}", true)]
    [InlineData("If-Match: {etag}|If-Unmodified-Since: {earlier}", true)]
    [InlineData("If-Match: \"other\"", false)]
    [InlineData("If-Match: W/{etag}", false)]
    [InlineData("If-None-Match: {etag}", false)]
    [InlineData("If-None-Match: W/{etag}", false)]
    [InlineData("If-None-Match: *", false)]
    [InlineData("If-Unmodified-Since: {earlier}", false)]
    public async Task A_change_is_made_only_if_its_preconditions_hold(string fields, bool holds)
    {
        foreach (var (method, path, body) in Changes)
        {
            var file = await FileAsync();
            using var wire = await Wire.ConnectAsync(pair.Service);
            var change = async () =>
            {
                await wire.SendHeadAsync($"{method} /files/{file.Id}{path}", [.. file.Fill(fields), .. Body(body)]);
                await wire.SendAsync(body);
                var answer = await wire.ReadAnswerAsync();
                Assert.True((holds ? 200 : 412) == answer.Status, $"{method} {path}: {answer.Status} {answer.Body}");
                if (!holds)
                    Assert.Equal("precondition_failed", answer.Code());
            };
            if (holds)
                await change();
            else
                await pair.LeavesNothingAsync(change);
        }
    }

    [Theory]
    [ClusterAtNight]
    [InlineData("If-Match: unquoted")]
    [InlineData("If-Match: ")]
    [InlineData("If-Unmodified-Since: \"open")]
    public async Task A_malformed_precondition_changes_nothing(string field)
    {
        var file = await FileAsync();
        await pair.LeavesNothingAsync(async () =>
        {
            foreach (var (method, path, body) in Changes)
            {
                using var wire = await Wire.ConnectAsync(pair.Service);
                await wire.SendHeadAsync($"{method} /files/{file.Id}{path}", [field, .. Body(body)]);
                await wire.SendAsync(body);
                var answer = await wire.ReadAnswerAsync();
                Assert.Equal(400, answer.Status);
                Assert.Equal("invalid_request", answer.Code());
            }
        });
    }

    [Fact]
    public async Task A_tag_of_an_earlier_version_no_longer_matches()
    {
        var file = await FileAsync();
        using var change = await pair.Http.PutJsonAsync(file.Id, "{\"tags\": {}}", ("If-Match", file.Tag));
        Assert.NotEqual(file.Tag, change.Headers.ETag?.ToString());
        await change.SucceededAsync();
        using var stale = await pair.Http.PutJsonAsync(file.Id, "{\"tags\": {}}", ("If-Match", file.Tag));
        await stale.RefusedAsync(412, "precondition_failed");
        using var read = await pair.Http.SendAsync(HttpMethod.Get, $"/files/{file.Id}", null, ("If-None-Match", file.Tag));
        Assert.Equal(HttpStatusCode.OK, read.StatusCode);
    }

    private static (string Method, string Path, string Body)[] Changes =>
        [("PUT", "", "{\"file_name\": \"b\"}"), ("PUT", "", "new"), ("PUT", "/content", "new"), ("DELETE", "", "")];

    private static string[] Body(string body) =>
        [$"Content-Type: {(body.StartsWith('{') ? "application/json" : "text/plain")}", $"Content-Length: {body.Length}"];

    private async Task<Known> FileAsync()
    {
        var file = await pair.Http.UploadAsync(Encoding.UTF8.GetBytes("old"), "a.txt");
        using var head = await pair.Http.SendAsync(HttpMethod.Head, $"/files/{file.Id()}", null);
        return new Known(file.Id(), head.Headers.ETag?.ToString() ?? "", head.Content.Headers.LastModified ?? default);
    }

    private sealed record Known(string Id, string Tag, DateTimeOffset Modified)
    {
        public string[] Fill(string fields) => fields
            .Replace("{etag}", Tag, StringComparison.Ordinal)
            .Replace("{bare}", Tag.Trim('"'), StringComparison.Ordinal)
            .Replace("{same}", Date(Modified), StringComparison.Ordinal)
            .Replace("{earlier}", Date(Modified.AddSeconds(-1)), StringComparison.Ordinal)
            .Replace("{later}", Date(Modified.AddSeconds(1)), StringComparison.Ordinal)
            .Replace("{future}", Date(Modified.AddYears(50)), StringComparison.Ordinal)
            .Split('|');

        private static string Date(DateTimeOffset time) => time.ToString("r", CultureInfo.InvariantCulture);
    }
}

public sealed class PreconditionOnEmbeddedTests(EmbeddedPair pair) : PreconditionTests(pair), IClassFixture<EmbeddedPair>;

public sealed class PreconditionOnClusterTests(ClusterPair pair) : PreconditionTests(pair), IClassFixture<ClusterPair>;
