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
    public async Task The_type_is_the_senders_else_the_extensions_else_octet_stream(string? sent, string name, string type)
    {
        Assert.Equal(type, await RawTypeAsync(sent, name));
        Assert.Equal(type, await PartTypeAsync(sent, name));
    }

    [Fact]
    public async Task Curls_default_says_nothing_of_a_raw_body_but_is_a_type_in_a_part()
    {
        const string Curls = "application/x-www-form-urlencoded";
        Assert.Equal("text/plain", await RawTypeAsync(Curls, "a.txt"));
        Assert.Equal("application/octet-stream", await RawTypeAsync(Curls, "a"));
        Assert.Equal(Curls, await PartTypeAsync(Curls, "a.txt"));
        // A PUT with it is refused, and on /content it says nothing either.
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
    public async Task The_extension_is_the_names_that_the_file_gets()
    {
        var file = await pair.Http.UploadFormAsync(new FormBody().File("abc", "a.png").Text("file_name", "b.txt"));
        Assert.Equal("text/plain", file.Text("file_type"));
    }

    [Fact]
    public async Task The_type_is_what_a_read_says()
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
