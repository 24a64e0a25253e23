using System.Net;
using System.Text.Json;
using FileDrop.Api.Tests.Files;
using Xunit;

namespace FileDrop.Api.Tests.Folders;

/// <summary>From a path to the entry, and back.</summary>
public abstract class PathTests(Pair pair)
{
    private HttpClient Http => pair.Http;

    [Fact]
    public async Task A_path_leads_to_the_folder_or_the_file_with_the_tag_that_it_has_under_its_id()
    {
        var top = Unique();
        var chain = await Http.ChainAsync(top, "Zdjęcia 2026 & more?", "100%");
        var file = await pair.Service.PlaceAsync("content"u8.ToArray(), "plan #1.txt", chain[2]);
        var path = $"/paths/{top}/{Uri.EscapeDataString("Zdjęcia 2026 & more?")}/100%25";
        foreach (var (address, id, tag) in new[]
        {
            ($"{path}", chain[2], await FolderTagAsync(chain[2])), ($"{path}/", chain[2], await FolderTagAsync(chain[2])),
            ($"/paths/{top}", chain[0], await FolderTagAsync(chain[0])), ($"{path}/plan%20%231.txt", file, await Http.TagAsync(file)),
        })
        {
            using var read = await Http.GetAsync(address);
            var entry = await read.SucceededAsync();
            Assert.Equal(id, entry.Text(entry.Text("kind") == "file" ? "file_id" : "folder_id"));
            Assert.Equal(tag, read.Headers.ETag?.ToString());
            using var known = await Http.SendAsync(HttpMethod.Get, address, null, ("If-None-Match", tag));
            Assert.Equal(HttpStatusCode.NotModified, known.StatusCode);
            using var other = await Http.SendAsync(HttpMethod.Get, address, null, ("If-Match", "\"other\""));
            await other.RefusedAsync(412, "precondition_failed");
            using var head = await Http.SendAsync(HttpMethod.Head, address, null);
            Assert.Equal((HttpStatusCode.OK, tag), (head.StatusCode, head.Headers.ETag?.ToString()));
        }
        foreach (var root in new[] { "/paths", "/paths/" })
            Assert.Equal(("folder", ""), ((await (await Http.GetAsync(root)).SucceededAsync()).Text("kind"), (await (await Http.GetAsync(root)).JsonAsync()).Text("name")));
    }

    [Fact]
    public async Task The_content_at_a_path_is_read_as_under_the_files_id()
    {
        var top = Unique();
        var folder = (await Http.FolderAsync(top)).FolderId();
        var file = await pair.Service.PlaceAsync("0123456789"u8.ToArray(), "a.txt", folder);
        foreach (var (query, fields) in new (string, (string, string)[])[]
        {
            ("", []), ("inline=true", []), ("", [("Range", "bytes=2-4")]), ("", [("Range", "bytes=20-")]), ("version=1", []), ("version=7", []),
            ("", [("If-None-Match", "*")]), ("", [("If-Match", "\"other\"")]),
        })
        {
            foreach (var method in new[] { HttpMethod.Get, HttpMethod.Head })
            {
                using var byId = await Http.SendAsync(method, $"/files/{file}?{query}", null, fields);
                foreach (var content in new[] { "content", "content=true", "content=" })
                {
                    using var byPath = await Http.SendAsync(method, $"/paths/{top}/a.txt?{content}&{query}", null, fields);
                    Assert.Equal(byId.StatusCode, byPath.StatusCode);
                    Assert.Equal(Fields(byId), Fields(byPath));
                    if (byId.IsSuccessStatusCode)
                        Assert.Equal(await byId.Content.ReadAsStringAsync(), await byPath.Content.ReadAsStringAsync());
                }
            }
        }
        Assert.Equal("file", (await (await Http.GetAsync($"/paths/{top}/a.txt?content=false")).SucceededAsync()).Text("kind"));
        await Http.GetRefusedAsync($"/paths/{top}/a.txt?content=maybe", 400, "invalid_request");
        await Http.GetRefusedAsync($"/paths/{top}?content", 404, "file_not_found");
        await Http.GetRefusedAsync($"/paths/{top}/a.txt/?content", 404, "folder_not_found");
    }

    [Fact]
    public async Task Names_in_a_path_are_compared_in_their_composed_form_and_by_case()
    {
        var top = Unique();
        var folder = (await Http.FolderAsync(top)).FolderId();
        var file = await pair.Service.PlaceAsync([1], "é", folder);
        foreach (var same in new[] { "%C3%A9", "e%CC%81", "%65%cc%81" })
            Assert.Equal(file, (await (await Http.GetAsync($"/paths/{top}/{same}")).SucceededAsync()).Id());
        await Http.GetRefusedAsync($"/paths/{top}/%C3%89", 404, "file_not_found");
        await Http.GetRefusedAsync($"/paths/{top}/%C3%89/", 404, "folder_not_found");
        await Http.GetRefusedAsync($"/paths/{top}/%C3%A9/a", 404, "file_not_found");
        await Http.GetRefusedAsync($"/paths/{top}/none/a", 404, "file_not_found");
    }

    [Theory]
    [InlineData("/paths/{0}/..", 400)]
    [InlineData("/paths/{0}/../{0}", 400)]
    [InlineData("/paths/./{0}", 400)]
    [InlineData("/paths/{0}/%2E%2e/{0}", 400)]
    [InlineData("/paths//{0}", 400)]
    [InlineData("/paths/{0}//", 400)]
    [InlineData("/paths/{0}//a", 400)]
    [InlineData("/x/../paths/{0}", 400)]
    [InlineData("/./paths/{0}", 400)]
    [InlineData("/%2e/paths/{0}", 400)]
    [InlineData("/paths/{0}%2Fa", 400)]
    [InlineData("/paths/{0}/a%5Cb", 400)]
    [InlineData("/paths/{0}/a\\b", 400)]
    [InlineData("/paths/{0}/%FF", 400)]
    [InlineData("/paths/{0}/%C3", 400)]
    [InlineData("/paths/{0}/%ED%A0%80", 400)]
    [InlineData("/paths/{0}/%", 400)]
    [InlineData("/paths/{0}/%zz", 400)]
    [InlineData("/paths/{0}/%07", 400)]
    [InlineData("/paths/{0}/%00", 400)]
    [InlineData("/paths/{0}/%25", 404)]
    [InlineData("/paths/{0}/%2525", 404)]
    [InlineData("/paths/{0}/a+b", 404)]
    public async Task A_path_is_read_as_it_was_sent_and_nothing_in_it_is_resolved(string path, int status)
    {
        var top = Unique();
        await Http.FolderAsync(top);
        using var wire = await Wire.ConnectAsync(pair.Service);
        await wire.SendHeadAsync($"GET {path.Replace("{0}", top, StringComparison.Ordinal)}");
        var answer = await wire.ReadAnswerAsync();
        Assert.True(answer.Status == status, $"{answer.Status} {answer.Body}");
        if (answer.Fields.TryGetValue("Content-Type", out var type) && type == "application/problem+json" && !path.Contains("%00", StringComparison.Ordinal))
            Assert.True(answer.Code() is "invalid_name" or "file_not_found" or "not_found", answer.Body);
    }

    [Fact]
    public async Task An_address_may_begin_with_scheme_and_host()
    {
        var top = Unique();
        var folder = (await Http.FolderAsync(top)).FolderId();
        using var wire = await Wire.ConnectAsync(pair.Service);
        await wire.SendHeadAsync($"GET http://{wire.Address.Authority}/paths/{top}/?content=false");
        Assert.Equal(folder, (await wire.ReadAnswerAsync()).Json().FolderId());
    }

    [Fact]
    public async Task The_path_of_an_entry_is_told_by_its_id_and_follows_every_move()
    {
        var top = Unique();
        var chain = await Http.ChainAsync(top, "b", "c");
        var file = await pair.Service.PlaceAsync([1], "f.txt", chain[2]);
        using var read = await Http.GetAsync($"/files/{file}/path");
        Assert.Null(read.Headers.ETag);
        Assert.True(read.Headers.CacheControl is { Private: true, NoCache: true });
        var path = await read.SucceededAsync();
        Assert.Equal($"/{top}/b/c/f.txt", path.Text("path"));
        Assert.Equal(chain, path.GetProperty("folders").EnumerateArray().Select(folder => folder.FolderId()));
        Assert.Equal($"/{top}/b", (await PathAsync($"/folders/{chain[1]}")).Text("path"));
        Assert.Equal(chain[..2], (await PathAsync($"/folders/{chain[1]}")).GetProperty("folders").EnumerateArray().Select(folder => folder.FolderId()));
        using (var renamed = await Http.PatchFolderAsync(chain[1], $$"""{"parent_id":"root","name":"{{top}} 2"}"""))
            await renamed.SucceededAsync();
        Assert.Equal($"/{top} 2/c/f.txt", (await PathAsync($"/files/{file}")).Text("path"));

        Assert.Equal(("/", 0), ((await PathAsync("/folders/root")).Text("path"), (await PathAsync("/folders/root")).GetProperty("folders").GetArrayLength()));
        var inRoot = await pair.Service.PlaceAsync([1], $"{top}.txt", "root");
        Assert.Equal($"/{top}.txt", (await PathAsync($"/files/{inRoot}")).Text("path"));
        var loose = await PathAsync($"/files/{(await Http.UploadAsync([1], "loose")).Id()}");
        Assert.Equal((JsonValueKind.Null, 0), (loose.GetProperty("path").ValueKind, loose.GetProperty("folders").GetArrayLength()));
        foreach (var id in new[] { "x", $"{Guid.CreateVersion7()}", chain[0] })
            await Http.GetRefusedAsync($"/files/{id}/path", 404, "file_not_found");
    }

    [Fact]
    public async Task The_deletion_of_a_folder_ends_access_by_path_to_everything_below_at_once()
    {
        var top = Unique();
        var chain = await Http.ChainAsync(top, "b");
        await pair.Service.PlaceAsync([1], "f.txt", chain[1]);
        Assert.Equal([1], await Http.GetByteArrayAsync($"/paths/{top}/b/f.txt?content"));
        await Http.DeletedAsync($"/folders/{chain[0]}");
        await Http.GetRefusedAsync($"/paths/{top}/b/f.txt?content", 404, "file_not_found");
        await Http.GetRefusedAsync($"/paths/{top}/b/", 404, "folder_not_found");
        await Http.GetRefusedAsync($"/folders/{chain[1]}/path", 404, "folder_not_found");
        // The name is free at once.
        await Http.FolderAsync(top);
    }

    private static string Unique() => $"{Guid.NewGuid():N}";

    private static IEnumerable<string> Fields(HttpResponseMessage response) => response.Headers.Concat(response.Content.Headers)
        // The length of an error depends on the path that it names.
        .Where(field => field.Key is not "Date" && (response.IsSuccessStatusCode || field.Key is not "Content-Length"))
        .Select(field => $"{field.Key}: {string.Join(", ", field.Value)}").Order(StringComparer.Ordinal);

    private async Task<JsonElement> PathAsync(string entry)
    {
        using var response = await Http.GetAsync($"{entry}/path");
        return await response.SucceededAsync();
    }

    private async Task<string> FolderTagAsync(string folder)
    {
        using var response = await Http.GetAsync($"/folders/{folder}");
        return response.Headers.ETag?.ToString() ?? throw new InvalidOperationException("There is no ETag.");
    }
}

public sealed class PathOnEmbeddedTests(EmbeddedPair pair) : PathTests(pair), IClassFixture<EmbeddedPair>;

public sealed class PathOnClusterTests(ClusterPair pair) : PathTests(pair), IClassFixture<ClusterPair>;
