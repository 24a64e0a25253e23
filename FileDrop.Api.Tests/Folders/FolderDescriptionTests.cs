using System.Net.Http.Json;
using Xunit;

namespace FileDrop.Api.Tests.Folders;

/// <summary>The routes on folders answer as the OpenAPI document says.</summary>
public sealed class FolderDescriptionTests
{
    [Fact]
    public async Task Folders_paths_and_their_trash_answer_as_described()
    {
        await using var stores = new EmbeddedStores();
        await using var service = await Service.StartAsync(stores, FolderRequests.Day);
        var http = service.Http;
        var api = new DescribedApi((await (await http.GetAsync("/openapi/v1.json")).JsonAsync()).Clone(), http);
        const string folders = "/folders", one = "/folders/{folder_id}", entries = "/folders/{folder_id}/entries", path = "/paths/{path}";
        await api.CheckAsync(201, folders, Send(HttpMethod.Post, folders, new { name = "a" }));
        await api.CheckAsync(400, folders, Send(HttpMethod.Post, folders, new { other = "a" }), "invalid_request");
        await api.CheckAsync(400, folders, Send(HttpMethod.Post, folders, new { name = ".." }), "invalid_name");
        await api.CheckAsync(404, folders, Send(HttpMethod.Post, folders, new { name = "a", parent_id = "none" }), "folder_not_found");
        await api.CheckAsync(409, folders, Send(HttpMethod.Post, folders, new { name = "a" }), "name_taken");
        await api.CheckAsync(415, folders, new HttpRequestMessage(HttpMethod.Post, folders) { Content = new StringContent("{}") }, "unsupported_media_type");
        var (top, inner) = ((await http.FolderAsync("b")).FolderId(), "");
        inner = (await http.FolderAsync("c", top)).FolderId();
        var file = await service.PlaceAsync([1, 2, 3], "f.txt", top);
        foreach (var method in new[] { HttpMethod.Get, HttpMethod.Head })
        {
            foreach (var at in new[] { "root", top })
            {
                await api.CheckAsync(200, one, new HttpRequestMessage(method, $"{folders}/{at}"));
                await api.CheckAsync(200, one + "/path", new HttpRequestMessage(method, $"{folders}/{at}/path"));
                await api.CheckAsync(200, entries, new HttpRequestMessage(method, $"{folders}/{at}/entries"));
            }
            await api.CheckAsync(304, one, With(new HttpRequestMessage(method, $"{folders}/{top}"), "If-None-Match", "*"));
            await api.CheckAsync(404, one, new HttpRequestMessage(method, $"{folders}/{file}"), "folder_not_found");
            await api.CheckAsync(412, one, With(new HttpRequestMessage(method, $"{folders}/{top}"), "If-Match", "\"x\""), "precondition_failed");
            await api.CheckAsync(404, one + "/path", new HttpRequestMessage(method, $"{folders}/{file}/path"), "folder_not_found");
            await api.CheckAsync(200, "/files/{file_id}/path", new HttpRequestMessage(method, $"/files/{file}/path"));
            await api.CheckAsync(404, "/files/{file_id}/path", new HttpRequestMessage(method, $"/files/{top}/path"), "file_not_found");
            await api.CheckAsync(200, path, new HttpRequestMessage(method, "/paths/b"));
            await api.CheckAsync(200, path, new HttpRequestMessage(method, "/paths/b/f.txt"));
            await api.CheckAsync(200, path, new HttpRequestMessage(method, "/paths/b/f.txt?content"));
            await api.CheckAsync(304, path, With(new HttpRequestMessage(method, "/paths/b/f.txt?content"), "If-None-Match", "*"));
            await api.CheckAsync(400, path, new HttpRequestMessage(method, "/paths/b//f.txt"), "invalid_name");
            await api.CheckAsync(404, path, new HttpRequestMessage(method, "/paths/b/none"), "file_not_found");
            await api.CheckAsync(404, path, new HttpRequestMessage(method, "/paths/b/none/"), "folder_not_found");
            await api.CheckAsync(412, path, With(new HttpRequestMessage(method, "/paths/b"), "If-Match", "\"x\""), "precondition_failed");
        }
        await api.CheckAsync(206, path, With(new HttpRequestMessage(HttpMethod.Get, "/paths/b/f.txt?content"), "Range", "bytes=1-"));
        await api.CheckAsync(416, path, With(new HttpRequestMessage(HttpMethod.Get, "/paths/b/f.txt?content"), "Range", "bytes=3-"), "range_not_satisfiable");
        await api.CheckAsync(200, entries, new HttpRequestMessage(HttpMethod.Get, $"{folders}/root/entries?deep=true&limit=1"));
        await api.CheckAsync(304, entries, With(new HttpRequestMessage(HttpMethod.Get, $"{folders}/root/entries"), "If-None-Match", "*"));
        await api.CheckAsync(400, entries, new HttpRequestMessage(HttpMethod.Get, $"{folders}/root/entries?cursor=x"), "invalid_cursor");
        await api.CheckAsync(404, entries, new HttpRequestMessage(HttpMethod.Get, $"{folders}/{file}/entries"), "folder_not_found");

        await api.CheckAsync(200, one, Send(HttpMethod.Patch, $"{folders}/{inner}", new { name = "d", on_conflict = "rename" }));
        await api.CheckAsync(400, one, Send(HttpMethod.Patch, $"{folders}/root", new { name = "d" }), "invalid_request");
        await api.CheckAsync(404, one, Send(HttpMethod.Patch, $"{folders}/{inner}", new { parent_id = file }), "folder_not_found");
        await api.CheckAsync(409, one, Send(HttpMethod.Patch, $"{folders}/{top}", new { parent_id = inner }), "circle");
        await api.CheckAsync(409, one, Send(HttpMethod.Patch, $"{folders}/{inner}", new { name = "f.txt" }), "name_taken");
        await api.CheckAsync(412, one, With(Send(HttpMethod.Patch, $"{folders}/{inner}", new { name = "e" }), "If-Match", "\"x\""), "precondition_failed");
        await api.CheckAsync(412, one, With(new HttpRequestMessage(HttpMethod.Delete, $"{folders}/{inner}"), "If-Match", "\"x\""), "precondition_failed");
        await api.CheckAsync(200, one, new HttpRequestMessage(HttpMethod.Delete, $"{folders}/{inner}"));
        await api.CheckAsync(404, one, new HttpRequestMessage(HttpMethod.Delete, $"{folders}/{inner}"), "folder_not_found");
    }

    [Fact]
    public async Task Restoring_and_purging_answer_as_described()
    {
        await using var stores = new EmbeddedStores();
        await using var service = await Service.StartAsync(stores, FolderRequests.Day);
        var http = service.Http;
        var api = new DescribedApi((await (await http.GetAsync("/openapi/v1.json")).JsonAsync()).Clone(), http);
        const string trash = "/trash/folders", one = "/trash/folders/{folder_id}", restore = "/trash/folders/{folder_id}/restore", ofFile = "/trash/{file_id}/restore";
        var folder = (await http.FolderAsync("a")).FolderId();
        var file = await service.PlaceAsync([1], "f.txt", folder);
        await http.DeletedAsync($"/folders/{folder}");
        await http.FolderAsync("a");
        await Service.UntilAsync("the file went with it", async () => !(await http.GetAsync($"/files/{file}")).IsSuccessStatusCode);
        await api.CheckAsync(200, trash, new HttpRequestMessage(HttpMethod.Get, $"{trash}?limit=1"));
        await api.CheckAsync(304, trash, With(new HttpRequestMessage(HttpMethod.Get, trash), "If-None-Match", "*"));
        await api.CheckAsync(400, trash, new HttpRequestMessage(HttpMethod.Get, $"{trash}?cursor=x"), "invalid_cursor");
        await api.CheckAsync(409, ofFile, new HttpRequestMessage(HttpMethod.Post, $"/trash/{file}/restore"), "parent_in_trash");
        await api.CheckAsync(404, ofFile, Send(HttpMethod.Post, $"/trash/{file}/restore", new { folder_id = folder }), "folder_not_found");
        await api.CheckAsync(200, ofFile, Send(HttpMethod.Post, $"/trash/{file}/restore", new { folder_id = "root", on_conflict = "fail" }));
        await api.CheckAsync(409, restore, new HttpRequestMessage(HttpMethod.Post, $"{trash}/{folder}/restore"), "name_taken");
        await api.CheckAsync(400, restore, Send(HttpMethod.Post, $"{trash}/{folder}/restore", new { name = "b" }), "invalid_request");
        await api.CheckAsync(415, restore, new HttpRequestMessage(HttpMethod.Post, $"{trash}/{folder}/restore") { Content = new StringContent("{}") }, "unsupported_media_type");
        await api.CheckAsync(200, restore, Send(HttpMethod.Post, $"{trash}/{folder}/restore", new { on_conflict = "rename" }));
        await api.CheckAsync(404, restore, new HttpRequestMessage(HttpMethod.Post, $"{trash}/{folder}/restore"), "folder_not_found");
        await http.DeletedAsync($"/folders/{folder}");
        await api.CheckAsync(200, one, new HttpRequestMessage(HttpMethod.Delete, $"{trash}/{folder}"));
        await Service.UntilAsync("the folder is gone", async () => await http.GetStringAsync(trash) == "[]\n");
        await api.CheckAsync(404, one, new HttpRequestMessage(HttpMethod.Delete, $"{trash}/{folder}"), "folder_not_found");
        await api.CheckAsync(200, "/trash", new HttpRequestMessage(HttpMethod.Delete, "/trash"));
    }

    private static HttpRequestMessage Send(HttpMethod method, string at, object body) => new(method, at) { Content = JsonContent.Create(body) };

    private static HttpRequestMessage With(HttpRequestMessage request, string field, string value)
    {
        Assert.True(request.Headers.TryAddWithoutValidation(field, value));
        return request;
    }
}
