using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Xunit;

namespace FileDrop.Api.Tests.Files;

public abstract class UpdateTests(Pair pair)
{
    private static readonly string[] WaysToUpdate = ["-H 'Content-Type: application/json'", "-F file=@", "-T "];

    [Fact]
    public async Task An_update_answers_with_a_message_and_the_updated_file()
    {
        var old = await FileAsync();
        using var response = await pair.Http.PutJsonAsync(old.Id(), "{\"file_name\": \"b.txt\"}");
        Assert.Equal(await pair.Http.TagAsync(old.Id()), response.Headers.ETag?.ToString());
        var answer = await response.SucceededAsync();
        Assert.Equal(["message", "file"], answer.EnumerateObject().Select(member => member.Name));
        Assert.NotEqual("", answer.Text("message"));
        var file = answer.GetProperty("file");
        Assert.Equal(file.ToString(), (await pair.Http.MetadataAsync(old.Id())).ToString());
        Assert.Equal(old.Text("created_at"), file.Text("created_at"));
        Assert.True(string.CompareOrdinal(old.Text("updated_at"), file.Text("updated_at")) <= 0);
    }

    [Fact]
    public async Task A_form_can_change_content_name_and_tags_together()
    {
        var old = await FileAsync();
        var file = await PutAsync(old, "", new FormBody().Text("tags", "{\"c\": \"d\"}").File("new", "part.png").Text("file_name", "b.md").Content());
        await CheckAsync(file, "b.md", "text/markdown", "new", "c", 2);
    }

    [Fact]
    public async Task A_form_with_only_content_keeps_name_and_tags()
    {
        var old = await FileAsync();
        var file = await PutAsync(old, "", new FormBody().File("new", "part.png", "Content-Type: image/png").Content());
        await CheckAsync(file, "a.txt", "image/png", "new", "a", 2);
    }

    [Fact]
    public async Task A_form_with_only_a_name_keeps_content_and_tags()
    {
        var old = await FileAsync();
        await CheckAsync(await PutAsync(old, "", new FormBody().Text("file_name", "b").Content()), "b", "text/plain", "old", "a", 2);
    }

    [Fact]
    public async Task A_form_with_only_tags_keeps_content_and_name()
    {
        var old = await FileAsync();
        var file = await PutAsync(old, "", new FormBody().Text("tags", "{\"c\": \"d\"}").Content());
        await CheckAsync(file, "a.txt", "text/plain", "old", "c", 2);
    }

    [Fact]
    public async Task A_form_with_nothing_to_change_is_refused()
    {
        var old = await FileAsync();
        await pair.LeavesNothingAsync(async () =>
        {
            foreach (var form in new[] { new FormBody(), new FormBody().Text("other", "x"), new FormBody().File("", "") })
            {
                using var response = await pair.Http.SendAsync(HttpMethod.Put, $"/files/{old.Id()}", form.Content());
                await response.RefusedAsync(400, "invalid_request");
            }
        });
    }

    [Theory]
    [InlineData("{\"file_name\": \"dir/b\"}", "b", "a")]
    [InlineData("{\"tags\": {\"c\": \"d\"}}", "a.txt", "c")]
    [InlineData("{\"tags\": {\"c\": \"d\"}, \"file_name\": \"b\"}", "b", "c")]
    [InlineData(" \n{\"tags\":{}}\t", "a.txt", "")]
    public async Task JSON_changes_only_metadata_and_tags_replace_all_tags(string json, string name, string key)
    {
        var old = await FileAsync();
        using var response = await pair.Http.PutJsonAsync(old.Id(), json);
        await CheckAsync((await response.SucceededAsync()).GetProperty("file"), name, "text/plain", "old", key, 2);
    }

    [Theory]
    [ClusterAtNight]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("\"a\"")]
    [InlineData("{")]
    [InlineData("{\"file_name\": \"b\"} x")]
    [InlineData("{\"file_name\": \"b\",}")]
    [InlineData("{\"file_name\": \"b\"} // comment")]
    [InlineData("{\"file_name\": null}")]
    [InlineData("{\"file_name\": 1}")]
    [InlineData("{\"file_name\": [\"b\"]}")]
    [InlineData("{\"file_name\": \"b\", \"file_name\": \"c\"}")]
    [InlineData("{\"file_name\": \"b\", \"size\": 1}")]
    [InlineData("{\"File_Name\": \"b\"}")]
    [InlineData("{\"fileName\": \"b\"}")]
    [InlineData("{\"file_id\": \"b\"}")]
    [InlineData("{\"version\": 7, \"tags\": {}}")]
    [InlineData("{\"\\ud800\": 1}")]
    [InlineData("{\"file_name\": {\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":1}}}}}}}")]
    public async Task JSON_of_another_shape_is_refused_and_changes_nothing(string json)
    {
        var old = await FileAsync();
        await pair.LeavesNothingAsync(async () =>
        {
            using var response = await pair.Http.PutJsonAsync(old.Id(), json);
            await response.RefusedAsync(400, "invalid_request");
        });
    }

    [Fact]
    [ClusterAtNight]
    public async Task JSON_is_UTF8_and_has_a_limit()
    {
        var old = await FileAsync();
        await pair.LeavesNothingAsync(async () =>
        {
            foreach (var (bytes, status) in new (byte[], int)[]
            {
                (Encoding.Unicode.GetBytes("{\"file_name\": \"b\"}"), 400),
                ([.. "{\"file_name\": \""u8, 0xff, .. "\"}"u8], 400),
                (new byte[300 * 1024], 413),
            })
            {
                using var body = new ByteArrayContent(bytes);
                body.Headers.ContentType = new("application/json");
                using var response = await pair.Http.SendAsync(HttpMethod.Put, $"/files/{old.Id()}", body);
                Assert.Equal(status, (int)response.StatusCode);
                await response.CodeAsync();
            }
        });
    }

    [Theory]
    [InlineData("image/png", "image/png")]
    [InlineData("application/merge-patch+json", "application/merge-patch+json")]
    [InlineData("application/octet-stream", "text/plain")]
    [InlineData(null, "text/plain")]
    public async Task Any_other_body_is_the_new_content_and_keeps_name_and_tags(string? sent, string type)
    {
        var old = await FileAsync();
        using var body = new ByteArrayContent("{\"file_name\": \"b\"}"u8.ToArray());
        body.Headers.TryAddWithoutValidation("Content-Type", sent);
        await CheckAsync(await PutAsync(old, "", body), "a.txt", type, "{\"file_name\": \"b\"}", "a", 2);
    }

    [Theory]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("Application/X-WWW-Form-Urlencoded; charset=UTF-8")]
    public async Task JSON_with_curls_default_type_is_refused_with_the_right_type(string type)
    {
        var old = await FileAsync();
        await pair.LeavesNothingAsync(async () =>
        {
            using var wire = await Wire.ConnectAsync(pair.Service);
            await wire.SendHeadAsync($"PUT /files/{old.Id()}", $"Content-Type: {type}", "Content-Length: 17", "Expect: 100-continue");
            var answer = await wire.ReadAnswerAsync();
            Assert.Equal((415, "unsupported_media_type"), (answer.Status, answer.Code()));
            foreach (var way in WaysToUpdate)
                Assert.Contains(way, answer.Json().Text("detail"), StringComparison.Ordinal);
        });
        Assert.Equal(1, (await pair.Http.MetadataAsync(old.Id())).Version());
        Assert.Equal("old", await pair.Http.GetStringAsync($"/files/{old.Id()}"));
    }

    [Theory]
    [InlineData("upload", "OPTIONS, POST")]
    [InlineData("report.pdf", "DELETE, GET, HEAD")]
    public async Task A_PUT_of_a_new_file_is_refused_with_the_right_path(string name, string allowed) => await pair.LeavesNothingAsync(async () =>
    {
        using var response = await pair.Http.SendAsync(HttpMethod.Put, $"/files/{name}", new StringContent("new"));
        Assert.Equal(allowed, string.Join(", ", response.Content.Headers.Allow.Order(StringComparer.Ordinal)));
        await response.RefusedAsync(405, "method_not_allowed");
        Assert.Contains("Upload with POST /files/upload", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    });

    [Theory]
    [InlineData("application/json", "{\"file_name\": \"b\"}")]
    [InlineData("application/json", "no JSON")]
    [InlineData(FormBody.Type, "--no form")]
    [InlineData("multipart/form-data", "")]
    public async Task On_content_every_body_is_the_new_content(string type, string content)
    {
        var old = await FileAsync();
        using var body = new ByteArrayContent(Encoding.UTF8.GetBytes(content));
        body.Headers.TryAddWithoutValidation("Content-Type", type);
        await CheckAsync(await PutAsync(old, "/content", body), "a.txt", type, content, "a", 2);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(8 * 1024 * 1024)]
    [InlineData((8 * 1024 * 1024) + 1)]
    public async Task New_content_of_any_size_is_returned_unchanged(int size)
    {
        var old = await FileAsync();
        var content = Requests.Bytes(size);
        foreach (var path in new[] { "", "/content" })
        {
            using var response = await pair.Http.SendChunkedAsync(HttpMethod.Put, $"/files/{old.Id()}{path}", new ByteArrayContent(content));
            var file = (await response.SucceededAsync()).GetProperty("file");
            Assert.Equal(size, file.GetProperty("file_size").GetInt64());
            Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(content)), file.Text("sha256"));
            var read = await pair.Http.GetByteArrayAsync($"/files/{old.Id()}");
            Assert.True(content.AsSpan().SequenceEqual(read), "What is read is what was sent.");
        }
    }

    [Fact]
    public async Task Every_change_makes_a_version_with_its_own_tag_even_a_change_to_the_same_value()
    {
        var old = await FileAsync();
        var tags = new List<string> { await pair.Http.TagAsync(old.Id()) };
        foreach (var change in new Func<HttpContent>[]
        {
            () => new StringContent("{\"file_name\": \"a.txt\"}", Encoding.UTF8, "application/json"),
            () => new StringContent("{\"tags\": {\"a\": \"b\"}}", Encoding.UTF8, "application/json"),
            () => new FormBody().Text("file_name", "a.txt").Content(),
            () => new StringContent("old"),
            () => new StringContent("old"),
            () => new FormBody().File("old").Content(),
        })
        {
            var file = await PutAsync(old, "", change());
            Assert.Equal(tags.Count + 1, file.Version());
            tags.Add(await pair.Http.TagAsync(old.Id()));
            foreach (var path in new[] { "", "/metadata" })
            {
                using var read = await pair.Http.GetAsync($"/files/{old.Id()}{path}");
                Assert.Equal(tags[^1], read.Headers.ETag?.ToString());
            }
        }
        Assert.Equal(tags.Count, tags.Distinct().Count());
    }

    private async Task<JsonElement> FileAsync() =>
        await pair.Http.UploadFormAsync(new FormBody().Text("tags", "{\"a\": \"b\"}").File("old", "a.txt"));

    private async Task<JsonElement> PutAsync(JsonElement file, string path, HttpContent body)
    {
        using var response = await pair.Http.SendAsync(HttpMethod.Put, $"/files/{file.Id()}{path}", body);
        return (await response.SucceededAsync()).GetProperty("file");
    }

    private async Task CheckAsync(JsonElement file, string name, string type, string content, string key, long version)
    {
        Assert.Equal(
            (name, type, key, version),
            (file.Name(), file.Text("file_type"), string.Join(',', file.Tags().Keys), file.Version()));
        using var read = await pair.Http.GetAsync($"/files/{file.Id()}");
        Assert.Equal(content, Encoding.UTF8.GetString(await read.Content.ReadAsByteArrayAsync()));
        Assert.Equal(type, read.Content.Headers.GetValues("Content-Type").Single());
    }
}

public sealed class UpdateOnEmbeddedTests(EmbeddedPair pair) : UpdateTests(pair), IClassFixture<EmbeddedPair>;

public sealed class UpdateOnClusterTests(ClusterPair pair) : UpdateTests(pair), IClassFixture<ClusterPair>;
