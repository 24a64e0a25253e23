using System.Net;
using FileDrop.Api.Tests.Files;
using FileDrop.Api.Tests.Uploads;
using Xunit;

namespace FileDrop.Api.Tests.Attacks;

/// <summary>Fields that clients send empty, and conditions that can never match.</summary>
public abstract class EmptyFieldTests(Pair pair)
{
    private TusClient Tus => new(pair.Http);

    [Theory]
    [InlineData("Upload-Metadata")]
    [InlineData("Upload-Concat")]
    [InlineData("Upload-Checksum")]
    [InlineData("Upload-Defer-Length")]
    [InlineData("X-HTTP-Method-Override")]
    public async Task An_empty_tus_field_counts_as_missing(string field)
    {
        var upload = await Tus.CreateAsync(3, (field, ""));
        using var head = await Tus.HeadAsync(upload);
        Assert.Equal((HttpStatusCode.OK, null, "3"), (head.StatusCode, head.Field(field), head.Field("Upload-Length")));
        using var patch = await Tus.PatchAsync(upload, 0, [1, 2, 3], (field, ""), ("Upload-Length", ""));
        Assert.Equal(HttpStatusCode.NoContent, patch.StatusCode);
    }

    [Theory]
    [InlineData("Content-Range")]
    [InlineData("Content-Encoding")]
    [InlineData("Content-Disposition")]
    [InlineData("Content-Type")]
    [InlineData("Content-Digest")]
    [InlineData("Repr-Digest")]
    [InlineData("Authorization")]
    [InlineData("Upload-Complete")]
    [InlineData("Upload-Incomplete")]
    [InlineData("Upload-Offset")]
    [InlineData("Range")]
    [InlineData("If-Range")]
    [InlineData("If-Modified-Since")]
    [InlineData("If-None-Match")]
    [InlineData("Idempotency-Key")]
    public async Task An_empty_field_of_an_upload_or_a_read_counts_as_missing(string field)
    {
        foreach (var empty in new[] { "", "  " })
        {
            using var wire = await Wire.ConnectAsync(pair.Service);
            await wire.SendHeadAsync("POST /files/upload", $"{field}:{empty}", "Content-Length: 1");
            await wire.SendAsync("x");
            var answer = await wire.ReadAnswerAsync();
            Assert.True(answer.Status == 201, $"{answer.Status} {answer.Body}");
            Assert.Equal("untitled", answer.Json().Name());
            await wire.SendHeadAsync($"GET /files/{answer.Json().Id()}", $"{field}:{empty}");
            Assert.Equal(200, (await wire.ReadAnswerAsync()).Status);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    public async Task An_empty_If_Range_beside_a_range_counts_as_missing(string empty)
    {
        var file = await pair.Http.UploadAsync("abc"u8.ToArray(), "a.txt");
        using var wire = await Wire.ConnectAsync(pair.Service);
        await wire.SendHeadAsync($"GET /files/{file.Id()}", "Range: bytes=0-0", $"If-Range:{empty}");
        var answer = await wire.ReadAnswerAsync();
        Assert.Equal((206, "a"), (answer.Status, answer.Body));
    }

    [Theory]
    [InlineData("?file_name=", "X: y", "untitled")]
    [InlineData("?file_name=", "Content-Disposition: attachment; filename=\"a.txt\"", "a.txt")]
    [InlineData("", "Content-Disposition: attachment; filename=\"\"", "untitled")]
    [InlineData("", "Content-Disposition: attachment; filename*=UTF-8''", "untitled")]
    public async Task An_empty_name_counts_as_missing(string query, string field, string name)
    {
        using var wire = await Wire.ConnectAsync(pair.Service);
        await wire.SendHeadAsync($"POST /files/upload{query}", field, "Content-Length: 1");
        await wire.SendAsync("x");
        Assert.Equal(name, (await wire.ReadAnswerAsync()).Json().Name());
    }

    [Fact]
    public async Task Empty_fields_of_a_browsers_form_count_as_missing()
    {
        var file = await pair.Http.UploadFormAsync(new FormBody().Text("file_name", "").Text("tags", "").File("abc", "a.txt"));
        Assert.Equal(("a.txt", 0), (file.Name(), file.Tags().Count));
        var after = await pair.Http.UploadFormAsync(new FormBody().File("abc", "a.txt").Text("tags", "").Text("file_name", "").Text("file_name", "b.txt"));
        Assert.Equal("b.txt", after.Name());
        using var tagged = await pair.Http.PutJsonAsync(file.Id(), """{"tags":{"a":"b"}}""");
        await tagged.SucceededAsync();
        using var update = await pair.Http.SendAsync(HttpMethod.Put, $"/files/{file.Id()}", new FormBody().Text("file_name", "").Text("tags", "").File("def", "c.txt").Content());
        var updated = (await update.SucceededAsync()).GetProperty("file");
        Assert.Equal(("a.txt", "b"), (updated.Name(), updated.Tags()["a"]));
        using var nothing = await pair.Http.SendAsync(HttpMethod.Put, $"/files/{file.Id()}", new FormBody().Text("file_name", "").Text("tags", "").Content());
        await nothing.RefusedAsync(400, "invalid_request");
    }

    [Theory]
    [InlineData("")]
    [InlineData("unquoted")]
    [InlineData("\"open")]
    [InlineData("{bare}")]
    [InlineData("a, b; c")]
    [InlineData("W/unquoted")]
    [InlineData("\u0001")]
    [InlineData("ż")]
    public async Task Malformed_tags_in_If_None_Match_are_ignored_everywhere(string field)
    {
        var file = await pair.Http.UploadAsync("old"u8.ToArray(), "a.txt");
        var tag = await pair.Http.TagAsync(file.Id());
        field = $"If-None-Match: {field.Replace("{bare}", tag.Trim('"'), StringComparison.Ordinal)}";
        foreach (var path in new[] { "/files", "/trash", $"/files/{file.Id()}", $"/files/{file.Id()}/metadata" })
        {
            using var wire = await Wire.ConnectAsync(pair.Service);
            await wire.SendHeadAsync($"GET {path}", field);
            Assert.Equal(200, (await wire.ReadAnswerAsync()).Status);
        }
        // A matching tag beside them still matches.
        using (var wire = await Wire.ConnectAsync(pair.Service))
        {
            await wire.SendHeadAsync($"GET /files/{file.Id()}", $"If-None-Match: {tag}", field);
            Assert.Equal(304, (await wire.ReadAnswerAsync()).Status);
        }
        using (var wire = await Wire.ConnectAsync(pair.Service))
        {
            await wire.SendHeadAsync($"PUT /files/{file.Id()}/content", field, "Content-Length: 3");
            await wire.SendAsync("new");
            Assert.Equal(200, (await wire.ReadAnswerAsync()).Status);
        }
    }

    [Theory]
    [InlineData("If-Match: ")]
    [InlineData("If-Match: unquoted")]
    [InlineData("If-Match: \"a\", b")]
    [InlineData("If-Unmodified-Since: ")]
    [InlineData("If-Unmodified-Since: yesterday")]
    [InlineData("If-Unmodified-Since: 2026-11-23T08:25:25Z")]
    [InlineData("If-Unmodified-Since: Mon, 99 Nov 2026 99:99:99 GMT")]
    public async Task A_change_with_a_malformed_condition_is_refused(string field)
    {
        var file = await pair.Http.UploadAsync("old"u8.ToArray(), "a.txt");
        await pair.LeavesNothingAsync(async () =>
        {
            foreach (var line in new[] { $"PUT /files/{file.Id()}", $"PUT /files/{file.Id()}/content", $"DELETE /files/{file.Id()}", $"GET /files/{file.Id()}", $"POST /files/{file.Id()}/versions/1/restore",
                $"POST /trash/{file.Id()}/restore", $"DELETE /trash/{file.Id()}" })
            {
                using var wire = await Wire.ConnectAsync(pair.Service);
                await wire.SendHeadAsync(line, field, "Content-Length: 3");
                await wire.SendAsync("new");
                var answer = await wire.ReadAnswerAsync();
                Assert.Equal((400, "invalid_request"), (answer.Status, answer.Code()));
            }
        });
    }
}

public sealed class EmptyFieldOnEmbeddedTests(EmbeddedPair pair) : EmptyFieldTests(pair), IClassFixture<EmbeddedPair>;

[ClusterAtNight]
public sealed class EmptyFieldOnClusterTests(ClusterPair pair) : EmptyFieldTests(pair), IClassFixture<ClusterPair>;
