using System.IO.Compression;
using System.Net;
using System.Text;
using FileDrop.Api.Http;
using FileDrop.Api.Tests.Access;
using FileDrop.Api.Tests.Files;
using FileDrop.Api.Tests.Folders;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.TestHost;
using Xunit;

namespace FileDrop.Api.Tests;

/// <summary>Text is compressed for clients that accept it, but file contents and answers with a credential never are.</summary>
public sealed class CompressionTests(EmbeddedPair pair) : IClassFixture<EmbeddedPair>
{
    [Theory]
    [InlineData("/", "br")]
    [InlineData("/", "gzip")]
    [InlineData("/openapi/v1.json", "br")]
    [InlineData("/files", "gzip")]
    [InlineData("/files", "br")]
    [InlineData("/trash", "gzip")]
    [InlineData("/folders/root/entries", "br")]
    [InlineData("/trash/folders", "gzip")]
    public async Task Page_lists_and_documents_are_compressed_without_a_change_of_content(string path, string coding)
    {
        await using var stores = new EmbeddedStores();
        await using var service = await Service.StartAsync(stores, ("FileDrop:Trash:Retention", "1d"));
        for (var i = 0; i < 5; i++)
        {
            await service.Http.FolderAsync($"a folder with a name as long as it takes to fill a packet, and beside others of the same kind {i}");
            await service.Http.DeletedAsync($"/folders/{(await service.Http.FolderAsync($"a folder that is deleted at once, and has a name as long as that, too {i}")).FolderId()}");
            await service.Http.UploadAsync([1], $"a name as long as it takes to fill a packet or two {i}");
            using var deleted = await service.Http.DeleteAsync($"/files/{(await service.Http.UploadAsync([1], $"of a deleted file, and as long as that, too {i}")).Id()}");
        }
        var plain = await service.Http.GetByteArrayAsync(path);
        using var response = await service.Http.SendAsync(HttpMethod.Get, path, null, ("Accept-Encoding", coding));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(coding, response.Content.Headers.ContentEncoding.Single());
        Assert.Contains("Accept-Encoding", response.Headers.Vary);
        Assert.False(response.Headers.ETag is { IsWeak: false });
        var compressed = await response.Content.ReadAsByteArrayAsync();
        Assert.True(compressed.Length < plain.Length, $"{compressed.Length} of {plain.Length} bytes");
        Assert.Equal(Encoding.UTF8.GetString(plain), await TextAsync(compressed, coding));
        if (response.Headers.ETag is not { } tag)
            return;
        using var known = await service.Http.SendAsync(HttpMethod.Get, path, null, ("Accept-Encoding", coding), ("If-None-Match", tag.ToString()));
        Assert.Equal(HttpStatusCode.NotModified, known.StatusCode);
    }

    [Fact]
    public async Task File_contents_are_never_compressed()
    {
        var text = Encoding.UTF8.GetBytes(new string('a', 10_000));
        var file = (await pair.Http.UploadAsync(text, "a.txt", "text/plain")).Id();
        await pair.Service.PlaceAsync(text, "a.txt", "root");
        foreach (var path in new[] { $"/files/{file}", $"/files/{file}/metadata", "/paths/a.txt?content", "/paths/a.txt" })
        {
            using var response = await pair.Http.SendAsync(HttpMethod.Get, path, null, ("Accept-Encoding", "gzip, br"));
            Assert.Empty(response.Content.Headers.ContentEncoding);
            Assert.True(response.Headers.ETag is { IsWeak: false });
            Assert.NotNull(response.Content.Headers.ContentLength);
        }
        using var link = await pair.Http.PostAsync($"/files/{file}/link", null);
        using var linked = await pair.Http.SendAsync(HttpMethod.Get, (await link.JsonAsync()).Text("url"), null, ("Accept-Encoding", "gzip, br"));
        Assert.Empty(linked.Content.Headers.ContentEncoding);
    }

    [Fact]
    public async Task Answers_in_which_a_callers_text_stands_beside_a_secret_are_not_compressed()
    {
        await using var stores = new EmbeddedStores();
        await using var service = await Service.StartAsync(stores, AccessWords.AdminSetting);
        using var admin = service.AsAdmin();
        var name = new string('n', 200);
        for (var i = 0; i < 8; i++)
        {
            using var made = await admin.SendAsync(HttpMethod.Post, "/admin/keys", AccessWords.Json(new { name }), ("Accept-Encoding", "gzip, br"));
            Assert.Equal(HttpStatusCode.Created, made.StatusCode);
            Assert.Empty(made.Content.Headers.ContentEncoding);
        }
        using var keys = await admin.SendAsync(HttpMethod.Get, "/admin/keys", null, ("Accept-Encoding", "gzip, br"));
        Assert.True(keys.Content.Headers.ContentLength > 2000);
        Assert.Empty(keys.Content.Headers.ContentEncoding);
    }

    [Fact]
    public async Task An_answer_with_a_strong_tag_is_never_compressed()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseTestServer();
        builder.Services.AddCompression();
        await using var app = builder.Build();
        app.UseCompression(_ => true);
        app.Run(context =>
        {
            context.Response.ContentType = "text/plain";
            context.Response.Headers.ETag = context.Request.Query["tag"];
            return context.Response.WriteAsync(new string('a', 10_000));
        });
        await app.StartAsync();
        using var http = app.GetTestClient();
        foreach (var (tag, coding) in new[] { ("\"a\"", ""), ("W/\"a\"", "gzip") })
        {
            using var response = await http.SendAsync(HttpMethod.Get, $"/?tag={Uri.EscapeDataString(tag)}", null, ("Accept-Encoding", "gzip"));
            Assert.Equal(coding, string.Join(' ', response.Content.Headers.ContentEncoding));
        }
    }

    [Theory]
    [InlineData("GET", "/files")]
    [InlineData("GET", "/usage")]
    [InlineData("GET", "/health")]
    [InlineData("GET", "/files/unknown")]
    [InlineData("GET", "/openapi/v1.json")]
    public async Task JSON_ends_with_a_line_feed(string method, string path)
    {
        using var response = await pair.Http.SendAsync(new HttpMethod(method), path, null);
        var text = await response.Content.ReadAsStringAsync();
        Assert.Matches(@"[\]}]\n\z", text);
        Assert.True(response.Content.Headers.ContentLength is null || response.Content.Headers.ContentLength == Encoding.UTF8.GetByteCount(text));
    }

    private static async Task<string> TextAsync(byte[] compressed, string coding)
    {
        using var bytes = new MemoryStream(compressed);
        await using Stream plain = coding is "br" ? new BrotliStream(bytes, CompressionMode.Decompress) : new GZipStream(bytes, CompressionMode.Decompress);
        using var reader = new StreamReader(plain);
        return await reader.ReadToEndAsync();
    }
}
