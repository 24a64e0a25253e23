using System.Net;
using System.Text;
using System.Text.Json;
using CsCheck;
using Xunit;

namespace FileDrop.Api.Tests.Files;

/// <summary>Names of any script, in every way of sending them and in every answer.</summary>
public abstract class NamePropertyTests(Pair pair)
{
    /// <summary>The ways of sending a name; each returns the answer to the request.</summary>
    private static readonly Dictionary<string, Func<HttpClient, string, Task<HttpResponseMessage>>> s_ways = new()
    {
        ["query"] = (http, name) => http.PostAsync($"/files/upload?file_name={Uri.EscapeDataString(name)}", new ByteArrayContent([1])),
        ["raw field"] = (http, name) =>
        {
            var content = new ByteArrayContent([1]);
            content.Headers.TryAddWithoutValidation("Content-Disposition", $"attachment; filename*=UTF-8''{Uri.EscapeDataString(name)}");
            return http.PostAsync("/files/upload", content);
        },
        ["filename"] = (http, name) => FormAsync(http, $"filename=\"{name.Replace("\"", "%22", StringComparison.Ordinal)}\""),
        ["filename*"] = (http, name) => FormAsync(http, $"filename=\"x\"; filename*=utf-8''{Uri.EscapeDataString(name)}"),
        ["part"] = (http, name) => FormAsync(http, "filename=\"x\"", name),
        ["json"] = async (http, name) =>
        {
            var id = (await http.UploadAsync([1], "before")).Id();
            return await http.PutAsync($"/files/{id}",
                new StringContent($$"""{"file_name":{{JsonSerializer.Serialize(name)}}}""", Encoding.UTF8, "application/json"));
        },
    };

    private static readonly Gen<string> s_way = Gen.OneOf([.. s_ways.Keys]);

    private static readonly Gen<(string Name, string Way)> s_allowed = Gen.Select(Generators.Name, s_way);

    private static readonly Gen<byte> s_octet = Gen.Byte[0x20, 0xFF].Where(value => value is not (0x22 or 0x5C or 0x7F));

    /// <summary>Names that break exactly one rule.</summary>
    private static readonly Gen<string> s_refused = Gen.OneOf(
        // One control character at any place: C0, DEL or C1.
        Gen.Select(Generators.Name, Gen.OneOf(Gen.Int[0, 0x1F], Gen.Int[0x7F, 0x9F]), Gen.Int[0, 40],
            (name, control, at) => Inserted(name, at, (char)control)),
        // Nothing after the last slash, or a text that a file system would read as a folder.
        Gen.Select(Generators.Name, Gen.OneOf("/", "\\", "/.", "\\..", "/a/..", "\\/"), (name, end) => name + end),
        Gen.OneOf(".", "..", "/", "\\", "a/", "../..", "..\\."),
        // Too long by at least one byte, with characters of any length.
        Gen.Select(Gen.OneOf("a", "ż", "中", "🎉"), Gen.Int[256, 300], (letter, bytes) => Generators.OfLength(letter, bytes) + letter),
        Gen.OneOf("a", "ż", "中", "🎉").Select(letter => "a" + Generators.OfLength(letter, 255)));

    [Fact]
    public Task A_name_that_the_rules_allow_comes_back_as_it_went_in() => s_allowed.SampleAsync(async (name, way) =>
    {
        // A form's filename has three escapes but none for the percent sign, so it cannot express every name.
        if (way == "filename" && "%22 %0D %0A".Split(' ').Any(escape => name.Contains(escape, StringComparison.OrdinalIgnoreCase)))
            return;
        using var response = await s_ways[way](pair.Http, name);
        var body = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, body);
        var answer = await response.JsonAsync();
        var file = answer.TryGetProperty("file", out var updated) ? updated : answer;
        await IsEverywhereAsync(file, Generators.Composed(name));
    }, iter: 60, threads: 1, print: sample => $"{sample.Item2}: {Generators.Escaped(sample.Item1)}");

    [Fact]
    [ClusterAtNight]
    public Task A_name_is_the_last_segment_of_the_path_that_was_sent() =>
        Gen.Select(Generators.Name, Generators.Name, Gen.OneOf("/", "\\"), s_way).SampleAsync(async (folder, name, slash, way) =>
        {
            // Within quotes a backslash may be an escape, so skip paths with backslashes there.
            if (way == "filename")
                return;
            using var response = await s_ways[way](pair.Http, $"C:{slash}{folder}{slash}{name}");
            Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
            var answer = await response.JsonAsync();
            var file = answer.TryGetProperty("file", out var updated) ? updated : answer;
            Assert.Equal(Generators.Composed(name), file.GetProperty("file_name").GetString());
        }, iter: 20, threads: 1,
            print: sample => $"{sample.Item4}: {Generators.Escaped(sample.Item1 + sample.Item3 + sample.Item2)}");

    [Fact]
    [ClusterAtNight]
    public Task A_name_that_breaks_a_rule_is_refused_and_stores_nothing() => Gen.Select(s_refused, s_way).SampleAsync(async (name, way) =>
    {
        // A header cannot contain raw control characters, and quotes make backslashes ambiguous.
        if (way == "filename")
            return;
        var before = (await pair.Http.PageAsync("/files?limit=1")).Files.Ids();
        using var response = await s_ways[way](pair.Http, name);
        Assert.True(response.StatusCode == HttpStatusCode.BadRequest, await response.Content.ReadAsStringAsync());
        Assert.Equal("invalid_name", await response.CodeAsync());
        if (way != "json")
            Assert.Equal(before, (await pair.Http.PageAsync("/files?limit=1")).Files.Ids());
    }, iter: 60, threads: 1, print: sample => $"{sample.Item2}: {Generators.Escaped(sample.Item1)}");

    [Theory]
    [ClusterAtNight]
    [InlineData(@"""\ud800""")]
    [InlineData(@"""a\udc00b""")]
    [InlineData(@"""\udc00\ud800""")]
    [InlineData(@"""""")]
    [InlineData(@"""a\u0000b""")]
    [InlineData(@"""a\u0085b""")]
    public async Task A_name_in_JSON_with_lone_surrogates_or_control_characters_is_refused(string json)
    {
        var id = (await pair.Http.UploadAsync([1], "before")).Id();
        using var content = new StringContent($$"""{"file_name":{{json}}}""", Encoding.UTF8, "application/json");
        using var response = await pair.Http.PutAsync($"/files/{id}", content);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("invalid_name", await response.CodeAsync());
        using var metadata = await pair.Http.GetAsync($"/files/{id}/metadata");
        Assert.Equal("before", (await metadata.JsonAsync()).GetProperty("file_name").GetString());
    }

    [Fact]
    [ClusterAtNight]
    public Task Bytes_that_are_not_UTF_8_never_make_the_service_fail() =>
        Gen.Select(s_octet.Array[1, 12], Gen.Bool).SampleAsync(async (bytes, inQuery) =>
        {
            using var wire = await Wire.ConnectAsync(pair.Service.Address);
            if (inQuery)
            {
                var escaped = string.Concat(bytes.Select(value => $"%{value:X2}"));
                await wire.SendAsync($"POST /files/upload?file_name={escaped} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\nx");
            }
            else
            {
                var start = "--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\""u8;
                byte[] body = [.. start, .. bytes, .. "\"\r\n\r\nx\r\n--b--\r\n"u8];
                await wire.SendAsync("POST /files/upload HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=b\r\n");
                await wire.SendAsync($"Content-Length: {body.Length}\r\n\r\n");
                await wire.SendAsync(body);
            }
            var answer = await wire.ReadAnswerAsync();
            Assert.True(answer.Status is 201 or 400, $"{answer.Status} {answer.Body}");
            if (answer.Status == 201)
                await IsEverywhereAsync(answer.Json(), answer.Json().GetProperty("file_name").GetString() ?? "");
        }, iter: 40, threads: 1, print: sample => $"{sample.Item2} {Convert.ToHexString(sample.Item1)}");

    /// <summary>Checks a name in every answer that shows it, and that the list finds the file by it.</summary>
    private async Task IsEverywhereAsync(JsonElement file, string name)
    {
        Assert.Equal(name, file.GetProperty("file_name").GetString());
        using var metadata = await pair.Http.GetAsync($"/files/{file.Id()}/metadata");
        Assert.Equal(name, (await metadata.JsonAsync()).GetProperty("file_name").GetString());
        var listed = await pair.Http.PageAsync($"/files?{ListWords.Parameter("name", name)}");
        Assert.Equal(name, Assert.Single(listed.Files, item => item.Id == file.Id()).Name);

        using var download = await pair.Http.GetAsync($"/files/{file.Id()}");
        var disposition = Assert.Single(download.Content.Headers.NonValidated["Content-Disposition"]);
        Assert.Equal(name, DispositionWords.Extended(disposition));
        Assert.Equal(DispositionWords.InAscii(name), DispositionWords.Plain(disposition));
        Assert.Equal(name, download.Content.Headers.ContentDisposition?.FileNameStar);
    }

    private static async Task<HttpResponseMessage> FormAsync(HttpClient http, string parameters, string? namePart = null)
    {
        var part = namePart is null ? "" : $"--b0und\r\nContent-Disposition: form-data; name=\"file_name\"\r\n\r\n{namePart}\r\n";
        var file = $"--b0und\r\nContent-Disposition: form-data; name=\"file\"; {parameters}\r\n\r\n1\r\n--b0und--\r\n";
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(part + file));
        content.Headers.TryAddWithoutValidation("Content-Type", "multipart/form-data; boundary=b0und");
        return await http.PostAsync("/files/upload", content);
    }

    private static string Inserted(string name, int at, char control)
    {
        at = Math.Min(at, name.Length);
        if (at < name.Length && char.IsLowSurrogate(name[at]))
            at--;
        return name.Insert(at, control.ToString());
    }
}

public sealed class NamePropertyOnEmbeddedTests(EmbeddedPair pair) : NamePropertyTests(pair), IClassFixture<EmbeddedPair>;

public sealed class NamePropertyOnClusterTests(ClusterPair pair) : NamePropertyTests(pair), IClassFixture<ClusterPair>;
