using System.Text.Encodings.Web;
using System.Text.Json;
using Xunit;

namespace FileDrop.Api.Tests.Files;

public abstract class TagTests(Pair pair)
{
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static TheoryData<string, string> Accepted => new()
    {
        { "none", "{}" },
        { "one", "{\"project\": \"apollo\"}" },
        { "dots and dollars", "{\"a.b.c\": \"x\", \"$set\": \"$where\", \".\": \"..\", \"$\": \"$\", \"a\": \"b.c\", \"_id\": \"1\"}" },
        { "colons in the value", "{\"url\": \"http://a:1/b\"}" },
        { "an empty value", "{\"flag\": \"\"}" },
        { "other scripts", "{\"Żółć 灯泡\": \"😀\", \"e\u0301\": \"\u202e\"}" },
        { "escapes", "{\"\\u0061\\ud83d\\ude00\": \"\\n\\t\\\"\\\\\"}" },
        { "keys that differ in case", "{\"a\": \"1\", \"A\": \"2\"}" },
        { "a key that looks like a prototype", "{\"__proto__\": \"x\", \"constructor\": \"y\"}" },
        { "32 of them", Many(32) },
        { "a key of 64 bytes", Json(new string('k', 64), "v") },
        { "a key of 64 bytes in 16 characters", Json(string.Concat(Enumerable.Repeat("😀", 16)), "v") },
        { "a value of 256 bytes", Json("k", new string('v', 256)) },
        { "a value of 256 bytes in 128 characters", Json("k", new string('é', 128)) },
    };

    public static TheoryData<string, string> Refused => new()
    {
        { "33 of them", Many(33) },
        { "an empty key", Json("", "v") },
        { "a key of 65 bytes", Json(new string('k', 65), "v") },
        { "a key of 66 bytes in 33 characters", Json(new string('é', 33), "v") },
        { "a value of 257 bytes", Json("k", new string('v', 257)) },
        { "a value of 258 bytes in 129 characters", Json("k", new string('é', 129)) },
        { "a colon in the key", Json("a:b", "v") },
        { "a number", "{\"a\": 1}" },
        { "a truth", "{\"a\": true}" },
        { "a null", "{\"a\": null}" },
        { "a list", "{\"a\": [\"b\"]}" },
        { "an object", "{\"a\": {\"b\": \"c\"}}" },
        { "half a surrogate pair in the value", "{\"a\": \"\\ud800\"}" },
        { "no object but a list", "[\"a\"]" },
        { "no object but a string", "\"a\"" },
        { "no object but null", "null" },
    };

    public static TheoryData<string> Malformed => ["{", "{\"\\ud800\": \"a\"}", "{\"a\": \"b\",}", "{\"a\": \"1\", \"a\": \"2\"}", "a=b", "{'a': 'b'}"];

    [Theory]
    [MemberData(nameof(Accepted))]
    public async Task Tags_are_kept_exactly_as_sent(string what, string json)
    {
        var wanted = JsonDocument.Parse(json).RootElement.EnumerateObject().ToDictionary(tag => tag.Name, tag => tag.Value.GetString() ?? "");
        var before = await pair.Http.UploadFormAsync(new FormBody().Text("tags", json).File());
        var after = await pair.Http.UploadFormAsync(new FormBody().File().Text("tags", json));
        var plain = await pair.Http.UploadAsync([1], "a");
        using var response = await pair.Http.PutJsonAsync(plain.Id(), $"{{\"tags\": {json}}}");
        var put = (await response.SucceededAsync()).GetProperty("file");
        foreach (var file in new[] { before, after, put })
        {
            Assert.True(wanted.SequenceEqual(file.Tags()), what);
            Assert.Equal(file.ToString(), (await pair.Http.MetadataAsync(file.Id())).ToString());
        }
    }

    [Theory]
    [ClusterAtNight]
    [MemberData(nameof(Refused))]
    public async Task Tags_that_break_a_rule_are_refused_and_nothing_is_stored(string what, string json)
    {
        var file = await pair.Http.UploadAsync([1], what);
        await pair.LeavesNothingAsync(async () =>
        {
            foreach (var form in new[] { new FormBody().Text("tags", json).File(), new FormBody().File().Text("tags", json) })
            {
                using var response = await pair.Http.PostAsync("/files/upload", form.Content());
                await response.RefusedAsync(400, "invalid_tags");
                using var update = await pair.Http.SendAsync(HttpMethod.Put, $"/files/{file.Id()}", form.Content());
                await update.RefusedAsync(400, "invalid_tags");
            }
            using var put = await pair.Http.PutJsonAsync(file.Id(), $"{{\"tags\": {json}}}");
            await put.RefusedAsync(400, "invalid_tags");
        });
    }

    [Theory]
    [ClusterAtNight]
    [MemberData(nameof(Malformed))]
    public async Task Tags_that_are_not_JSON_are_refused_and_nothing_is_stored(string text) => await pair.LeavesNothingAsync(async () =>
    {
        using var response = await pair.Http.PostAsync("/files/upload", new FormBody().File().Text("tags", text).Content());
        await response.RefusedAsync(400, "invalid_tags");
    });

    [Fact]
    [ClusterAtNight]
    public async Task Repeated_tags_of_a_form_are_refused() => await pair.LeavesNothingAsync(async () =>
    {
        using var response = await pair.Http.PostAsync("/files/upload", new FormBody().Text("tags", "{}").File().Text("tags", "{}").Content());
        await response.RefusedAsync(400, "invalid_request");
    });

    private static string Json(string key, string value) => JsonSerializer.Serialize(new Dictionary<string, string> { [key] = value }, Plain);

    private static string Many(int count) =>
        JsonSerializer.Serialize(Enumerable.Range(0, count).ToDictionary(number => $"key{number}", number => $"{number}"), Plain);
}

public sealed class TagOnEmbeddedTests(EmbeddedPair pair) : TagTests(pair), IClassFixture<EmbeddedPair>;

public sealed class TagOnClusterTests(ClusterPair pair) : TagTests(pair), IClassFixture<ClusterPair>;
