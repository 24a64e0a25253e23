using System.Text;
using FileDrop.Api.Tests.Files;
using FileDrop.Api.Tests.Uploads;
using Xunit;

namespace FileDrop.Api.Tests.Attacks;

/// <summary>Names whose bytes are not UTF-8, in every way of sending a name. None silently becomes another name.</summary>
public abstract class NameBytesTests(Pair pair)
{
    [Theory]
    [InlineData("caf\u00e9.txt")]
    [InlineData("caf\u00e8.txt")]
    [InlineData("\u00ff\u00fe")]
    [InlineData("\u00c0\u00af")]
    [InlineData("\u00ed\u00a0\u0080")]
    [InlineData("\u00f4\u0090\u0080\u0080")]
    [InlineData("\u00c3")]
    public async Task Bytes_that_are_not_UTF_8_are_refused_with_a_detail_whichever_way_they_come(string latin1) => await pair.LeavesNothingAsync(async () =>
    {
        var bytes = Encoding.Latin1.GetBytes(latin1);
        var escaped = string.Concat(bytes.Select(each => char.IsAsciiLetterOrDigit((char)each) ? $"{(char)each}" : $"%{each:X2}"));
        var start = Encoding.ASCII.GetBytes($"--{FormBody.Boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"");
        byte[] file = [.. start, .. bytes, .. Encoding.ASCII.GetBytes($"\"\r\n\r\nabc\r\n--{FormBody.Boundary}--\r\n")];
        foreach (var (way, head, body) in new (string, string[], byte[])[]
        {
            ("query", [$"POST /files/upload?file_name={escaped}"], [1]),
            ("query, lower case", [$"POST /files/upload?FILE_NAME={escaped.ToLowerInvariant()}"], [1]),
            ("draft's query", [$"POST /files/upload?file_name={escaped}", "Upload-Complete: ?0"], [1]),
            ("field", ["POST /files/upload", $"Content-Disposition: attachment; filename=\"{latin1}\""], [1]),
            ("extended field", ["POST /files/upload", $"Content-Disposition: attachment; filename*=UTF-8''{escaped}"], [1]),
            ("draft's field", ["POST /files/upload", "Upload-Complete: ?0", $"Content-Disposition: attachment; filename*=UTF-8''{escaped}"], [1]),
            ("form", ["POST /files/upload", $"Content-Type: {FormBody.Type}"], file),
            ("form's extended name", ["POST /files/upload", $"Content-Type: {FormBody.Type}"],
                new FormBody().Part("abc", $"Content-Disposition: form-data; name=\"file\"; filename*=UTF-8''{escaped}").ToArray()),
            ("text part", ["POST /files/upload", $"Content-Type: {FormBody.Type}"],
                new FormBody().File().Part(bytes, "Content-Disposition: form-data; name=\"file_name\"").ToArray()),
            ("tus", ["POST /uploads", "Tus-Resumable: 1.0.0", "Upload-Length: 1", $"Upload-Metadata: filename {Convert.ToBase64String(bytes)}",
                "Content-Type: application/offset+octet-stream"], [1]),
        })
        {
            using var wire = await Wire.ConnectAsync(pair.Service);
            await wire.SendAsync(Encoding.Latin1.GetBytes(string.Join("\r\n",
                [$"{head[0]} HTTP/1.1", $"Host: {pair.Service.Address.Authority}", .. head[1..], $"Content-Length: {body.Length}", "", ""])));
            await wire.SendAsync(body);
            var answer = await wire.ReadAnswerAsync();
            Assert.True(answer.Status == 400, $"{way}: {answer.Status} {answer.Body}");
            Assert.Contains("UTF-8", answer.Json().Text("detail"), StringComparison.Ordinal);
        }
    });

    [Theory]
    [InlineData("\ufffd.txt")]
    [InlineData("a\ufffd\ufffdb")]
    [InlineData("100%.txt")]
    [InlineData("%E9.txt")]
    [InlineData("%zz")]
    public async Task A_name_with_the_replacement_character_or_an_escape_in_it_is_a_name_like_any_other(string name)
    {
        Assert.Equal(name, (await pair.Http.UploadAsync([1], name)).Name());
        Assert.Equal(name, (await pair.Http.UploadFormAsync(new FormBody().File("abc", name))).Name());
        Assert.Equal(name, (await pair.Http.UploadFormAsync(new FormBody().File(new string('x', 100_000), name))).Name());
        using var wire = await Wire.ConnectAsync(pair.Service);
        await wire.SendHeadAsync("POST /files/upload", $"Content-Disposition: attachment; filename=\"{name}\"", "Content-Length: 0");
        Assert.Equal(name, (await wire.ReadAnswerAsync()).Json().Name());
        var tus = new TusClient(pair.Http);
        Assert.Equal(name, (await tus.FileAsync(await tus.CreateAsync(0, ("Upload-Metadata", TusClient.Metadata(("filename", name)))))).Name());
    }

    [Fact]
    public async Task A_percent_sign_that_is_not_an_escape_is_kept_in_a_query()
    {
        foreach (var (sent, name) in new[] { ("100%", "100%"), ("%zz", "%zz"), ("%4", "%4"), ("%C5%BB", "Ż"), ("a+b", "a b"), ("%25E9", "%E9") })
        {
            using var wire = await Wire.ConnectAsync(pair.Service);
            await wire.SendHeadAsync($"POST /files/upload?file_name={sent}", "Content-Length: 0");
            Assert.Equal(name, (await wire.ReadAnswerAsync()).Json().Name());
        }
    }
}

public sealed class NameBytesOnEmbeddedTests(EmbeddedPair pair) : NameBytesTests(pair), IClassFixture<EmbeddedPair>;

[ClusterAtNight]
public sealed class NameBytesOnClusterTests(ClusterPair pair) : NameBytesTests(pair), IClassFixture<ClusterPair>;
