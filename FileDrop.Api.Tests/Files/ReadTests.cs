using System.Net;
using System.Text.RegularExpressions;
using Xunit;

namespace FileDrop.Api.Tests.Files;

public abstract class ReadTests(Pair pair)
{
    private const string Sandbox = "sandbox; default-src 'none'";

    [Fact]
    public async Task A_read_has_all_its_fields_and_HEAD_has_the_same_fields()
    {
        byte[] content = [1, 2, 3, 4];
        var file = await pair.Http.UploadAsync(content, "a.png", "image/png");
        using var get = await pair.Http.GetAsync($"/files/{file.Id()}");
        using var head = await pair.Http.SendAsync(HttpMethod.Head, $"/files/{file.Id()}", null);
        foreach (var response in new[] { get, head })
        {
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.False(response.Headers.ETag?.IsWeak);
            Assert.NotNull(response.Headers.ETag);
            Assert.Equal(Seconds(file.Text("updated_at")), response.Content.Headers.LastModified);
            Assert.Equal("bytes", response.Headers.AcceptRanges.Single());
            Assert.Equal(Requests.Digest(content), Field(response, "Repr-Digest"));
            Assert.Equal(content.Length, response.Content.Headers.ContentLength);
            Assert.Equal("image/png", response.Content.Headers.ContentType?.ToString());
            Assert.Equal("nosniff", Field(response, "X-Content-Type-Options"));
            Assert.Equal(Sandbox, Field(response, "Content-Security-Policy"));
            Assert.Equal("private, no-cache", Field(response, "Cache-Control"));
            Assert.Equal("attachment; filename=\"a.png\"; filename*=UTF-8''a.png", Disposition(response));
        }
        Assert.Equal(content, await get.Content.ReadAsByteArrayAsync());
        Assert.Empty(await head.Content.ReadAsByteArrayAsync());
        Assert.Equal(get.Headers.ETag, head.Headers.ETag);
    }

    [Fact]
    public async Task Metadata_has_the_same_tag_as_the_file()
    {
        var file = await pair.Http.UploadAsync([1], "a");
        using var get = await pair.Http.GetAsync($"/files/{file.Id()}/metadata");
        using var head = await pair.Http.SendAsync(HttpMethod.Head, $"/files/{file.Id()}/metadata", null);
        Assert.Equal(file.ToString(), (await get.SucceededAsync()).ToString());
        Assert.Equal(HttpStatusCode.OK, head.StatusCode);
        foreach (var response in new[] { get, head })
            Assert.Equal(await pair.Http.TagAsync(file.Id()), response.Headers.ETag?.ToString());
    }

    [Theory]
    [ClusterAtNight]
    [InlineData("plain.txt")]
    [InlineData("a b.txt")]
    [InlineData("100% \"quoted\".txt")]
    [InlineData("it's; filename=evil.exe")]
    [InlineData("Żółć 灯泡.pdf")]
    [InlineData("😀\u200d\u202e.txt")]
    [InlineData("*'%27%41+&=,<>")]
    public async Task A_download_has_the_name_in_ASCII_and_as_it_is(string name)
    {
        var file = await pair.Http.UploadAsync([1], name);
        using var response = await pair.Http.GetAsync($"/files/{file.Id()}");
        var field = Regex.Match(Disposition(response), "^attachment; filename=\"([ -~]+)\"; filename\\*=UTF-8''([A-Za-z0-9!#$&+.^_`|~%-]+)$");
        Assert.True(field.Success, Disposition(response));
        Assert.Equal(name, Uri.UnescapeDataString(field.Groups[2].Value));
        Assert.DoesNotContain(field.Groups[1].Value, character => character is '"' or '\\' or '%');
        // Send the field back with an upload, which must give the same name.
        using var again = await pair.Http.SendAsync(
            HttpMethod.Post, "/files/upload", new ByteArrayContent([1]), ("Content-Disposition", Disposition(response)));
        Assert.Equal(name, (await again.SucceededAsync(HttpStatusCode.Created)).Name());
    }

    [Theory]
    [ClusterAtNight]
    [InlineData("image/png", true)]
    [InlineData("image/jpeg", true)]
    [InlineData("IMAGE/WEBP", true)]
    [InlineData("audio/mpeg", true)]
    [InlineData("video/mp4", true)]
    [InlineData("text/plain", true)]
    [InlineData("text/plain; charset=utf-8", true)]
    [InlineData("application/pdf", true)]
    [InlineData("image/svg+xml", false)]
    [InlineData("Image/SVG+XML; charset=utf-8", false)]
    [InlineData("text/html", false)]
    [InlineData("text/xml", false)]
    [InlineData("text/css", false)]
    [InlineData("text/javascript", false)]
    [InlineData("application/xhtml+xml", false)]
    [InlineData("application/json", false)]
    [InlineData("application/octet-stream", false)]
    [InlineData("imageX/png", false)]
    public async Task Inline_is_granted_to_what_carries_no_script(string type, bool granted)
    {
        var file = await pair.Http.UploadAsync([1], "a", type);
        using var inline = await pair.Http.GetAsync($"/files/{file.Id()}?inline=true");
        Assert.StartsWith(granted ? "inline; " : "attachment; ", Disposition(inline), StringComparison.Ordinal);
        Assert.Equal(type is "application/pdf" ? "default-src 'none'; frame-ancestors 'self'" : Sandbox, Field(inline, "Content-Security-Policy"));
        Assert.Equal("nosniff", Field(inline, "X-Content-Type-Options"));
        foreach (var query in new[] { "", "?inline=false" })
        {
            using var response = await pair.Http.GetAsync($"/files/{file.Id()}{query}");
            Assert.StartsWith("attachment; ", Disposition(response), StringComparison.Ordinal);
            Assert.Equal(Sandbox, Field(response, "Content-Security-Policy"));
        }
    }

    [Fact]
    [ClusterAtNight]
    public async Task An_id_in_capitals_names_the_same_file()
    {
        var file = await pair.Http.UploadAsync([1], "a");
        Assert.Equal([1], await pair.Http.GetByteArrayAsync($"/files/{file.Id().ToUpperInvariant()}"));
    }

    [Theory]
    [ClusterAtNight]
    [InlineData("inline=yes")]
    [InlineData("inline=")]
    [InlineData("inline=true&inline=true")]
    public async Task The_inline_parameter_must_be_true_or_false(string query)
    {
        var file = await pair.Http.UploadAsync([1], "a");
        using var response = await pair.Http.GetAsync($"/files/{file.Id()}?{query}");
        await response.RefusedAsync(400, "invalid_request");
    }

    [Theory]
    [InlineData("00000000-0000-7000-8000-000000000000")]
    [InlineData("no-id")]
    [InlineData("{unbroken}")]
    [InlineData("{braced}")]
    [InlineData("%20{id}")]
    [InlineData("{id}%20")]
    [InlineData("{id}.txt")]
    [InlineData("{plus}")]
    [InlineData("{id}%00")]
    [InlineData("..%2F..%2Fetc%2Fpasswd")]
    [InlineData("..%5C..%5Cboot.ini")]
    [InlineData("%F0%9F%98%80")]
    [InlineData("$ne")]
    [InlineData("{\"$gt\":\"\"}")]
    public async Task Every_operation_answers_a_malformed_or_unknown_id_in_the_same_way(string text)
    {
        var file = await pair.Http.UploadAsync([1], "a");
        var id = text
            .Replace("{id}", file.Id(), StringComparison.Ordinal)
            .Replace("{unbroken}", file.Id().Replace("-", "", StringComparison.Ordinal), StringComparison.Ordinal)
            .Replace("{braced}", $"%7B{file.Id()}%7D", StringComparison.Ordinal)
            .Replace("{plus}", $"+{file.Id()[1..]}", StringComparison.Ordinal);
        foreach (var (method, path) in new[] { ("GET", ""), ("GET", "/metadata"), ("PUT", ""), ("PUT", "/content"), ("DELETE", "") })
        {
            using var wire = await Wire.ConnectAsync(pair.Service);
            await wire.SendHeadAsync($"{method} /files/{id}{path}", "Content-Length: 0");
            var answer = await wire.ReadAnswerAsync();
            // The server itself refuses a path that no URI may have.
            if (id.Contains("%00", StringComparison.Ordinal))
            {
                Assert.Equal(400, answer.Status);
                continue;
            }
            Assert.Equal(404, answer.Status);
            Assert.Equal("file_not_found", answer.Code());
            Assert.Equal("No file has this id: it never existed, was deleted, or is not yours.", answer.Json().Text("detail"));
        }
        using var head = await pair.Http.SendAsync(HttpMethod.Head, "/files/no-id", null);
        Assert.Equal(HttpStatusCode.NotFound, head.StatusCode);
        Assert.Equal(file.ToString(), (await pair.Http.MetadataAsync(file.Id())).ToString());
    }

    private static DateTimeOffset Seconds(string time) =>
        DateTimeOffset.FromUnixTimeSeconds(DateTimeOffset.Parse(time, System.Globalization.CultureInfo.InvariantCulture).ToUnixTimeSeconds());

    private static string Field(HttpResponseMessage response, string name) => response.Headers.NonValidated[name].ToString();

    private static string Disposition(HttpResponseMessage response) => response.Content.Headers.GetValues("Content-Disposition").Single();
}

public sealed class ReadOnEmbeddedTests(EmbeddedPair pair) : ReadTests(pair), IClassFixture<EmbeddedPair>;

public sealed class ReadOnClusterTests(ClusterPair pair) : ReadTests(pair), IClassFixture<ClusterPair>;
