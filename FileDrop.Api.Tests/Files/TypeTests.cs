using System.Net;
using Xunit;

namespace FileDrop.Api.Tests.Files;

[ClusterAtNight]
public abstract class TypeTests(Pair pair)
{
    [Theory]
    [InlineData("image/png", "a.txt", "image/png")]
    [InlineData("text/plain; charset=utf-8", "a.bin", "text/plain; charset=utf-8")]
    [InlineData("application/json", "a", "application/json")]
    [InlineData(null, "a.txt", "text/plain")]
    [InlineData(null, "A.PNG", "image/png")]
    [InlineData(null, "main.rs", "text/plain")]
    [InlineData(null, "Program.cs", "text/plain")]
    [InlineData(null, "server.log", "text/plain")]
    [InlineData(null, ".env", "text/plain")]
    [InlineData(null, "README.MD", "text/markdown")]
    [InlineData(null, "ci.yaml", "application/yaml")]
    [InlineData(null, "ci.yml", "application/yaml")]
    [InlineData(null, "Cargo.toml", "application/toml")]
    [InlineData(null, "IMG_0001.HEIC", "image/heic")]
    [InlineData(null, "film.mkv", "video/x-matroska")]
    [InlineData(null, "a", "application/octet-stream")]
    [InlineData(null, "a.unheard-of", "application/octet-stream")]
    [InlineData("application/octet-stream", "a.pdf", "application/pdf")]
    [InlineData("application/octet-stream", "a", "application/octet-stream")]
    public async Task The_type_comes_from_the_sender_or_the_extension_or_is_octet_stream(string? sent, string name, string type)
    {
        Assert.Equal(type, await RawTypeAsync(sent, name));
        Assert.Equal(type, await PartTypeAsync(sent, name));
    }

    [Fact]
    public async Task The_default_type_of_curl_is_ignored_on_a_raw_body_but_kept_on_a_part()
    {
        const string Curls = "application/x-www-form-urlencoded";
        Assert.Equal("text/plain", await RawTypeAsync(Curls, "a.txt"));
        Assert.Equal("application/octet-stream", await RawTypeAsync(Curls, "a"));
        Assert.Equal(Curls, await PartTypeAsync(Curls, "a.txt"));
        // A PUT with this type is refused, and on /content the type is ignored too.
        var file = await pair.Http.UploadAsync([1], "a.txt");
        using (var refused = await PutAsync(file.Id()))
            await refused.RefusedAsync(415, "unsupported_media_type");
        using var put = await PutAsync($"{file.Id()}/content");
        Assert.Equal("text/plain", (await put.SucceededAsync()).GetProperty("file").Text("file_type"));

        Task<HttpResponseMessage> PutAsync(string path)
        {
            var body = new ByteArrayContent([2]);
            body.Headers.ContentType = new(Curls);
            return pair.Http.PutAsync($"/files/{path}", body);
        }
    }

    [Fact]
    public async Task The_extension_of_the_files_final_name_counts()
    {
        var file = await pair.Http.UploadFormAsync(new FormBody().File("abc", "a.png").Text("file_name", "b.txt"));
        Assert.Equal("text/plain", file.Text("file_type"));
    }

    [Fact]
    public async Task A_read_answers_with_the_stored_type()
    {
        var file = await pair.Http.UploadAsync([1], "a", "text/x-own; charset=utf-8");
        using var response = await pair.Http.GetAsync($"/files/{file.Id()}");
        Assert.Equal("text/x-own; charset=utf-8", response.Content.Headers.ContentType?.ToString());
    }

    [Theory]
    [InlineData("text")]
    [InlineData("text/")]
    [InlineData("/plain")]
    [InlineData("text/plain, image/png")]
    [InlineData("text/pl ain")]
    [InlineData("text/plain; charset=é")]
    [InlineData(null)]
    public async Task A_malformed_type_is_refused_and_nothing_is_stored(string? type)
    {
        type ??= $"text/{new string('x', 300)}";
        await pair.LeavesNothingAsync(async () =>
        {
            using var wire = await Wire.ConnectAsync(pair.Service);
            await wire.SendHeadAsync("POST /files/upload", $"Content-Type: {type}", "Content-Length: 3");
            await wire.SendAsync("abc");
            var answer = await wire.ReadAnswerAsync();
            Assert.Equal(400, answer.Status);
            Assert.Equal("invalid_request", answer.Code());
        });
        await pair.LeavesNothingAsync(async () =>
        {
            using var response = await pair.Http.PostAsync("/files/upload", new FormBody().File("abc", "a", $"Content-Type: {type}").Content());
            await response.RefusedAsync(400, "invalid_request");
        });
    }

    private async Task<string> RawTypeAsync(string? sent, string name) => (await pair.Http.UploadAsync([1], name, sent)).Text("file_type");

    private async Task<string> PartTypeAsync(string? sent, string name)
    {
        var form = new FormBody().File("abc", name, sent is null ? [] : [$"Content-Type: {sent}"]);
        using var response = await pair.Http.PostAsync("/files/upload", form.Content());
        return (await response.SucceededAsync(HttpStatusCode.Created)).Text("file_type");
    }
}

public sealed class TypeOnEmbeddedTests(EmbeddedPair pair) : TypeTests(pair), IClassFixture<EmbeddedPair>;

public sealed class TypeOnClusterTests(ClusterPair pair) : TypeTests(pair), IClassFixture<ClusterPair>;
