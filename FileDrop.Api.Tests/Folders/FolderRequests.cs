using System.Net;
using System.Text;
using System.Text.Json;
using FileDrop.Api.Catalog;
using FileDrop.Api.Tests.Files;
using Xunit;

namespace FileDrop.Api.Tests.Folders;

/// <summary>Helpers for tests of folders.</summary>
internal static class FolderRequests
{
    /// <summary>Keeps deleted files and folders for a day.</summary>
    public static readonly (string Key, string Value) Day = ("FileDrop:Trash:Retention", "1d");

    private const string Owner = "local";

    public static string FolderId(this JsonElement folder) => folder.Text("folder_id");

    /// <summary>Sends a JSON body as it is.</summary>
    public static Task<HttpResponseMessage> SendJsonAsync(
        this HttpClient http, HttpMethod method, string path, string json, params (string Name, string Value)[] fields) =>
        http.SendAsync(method, path, new StringContent(json, Encoding.UTF8, "application/json"), fields);

    public static Task<HttpResponseMessage> PostFolderAsync(this HttpClient http, string name, string parent = "root", string onConflict = "fail") =>
        http.SendJsonAsync(HttpMethod.Post, "/folders", JsonSerializer.Serialize(new { name, parent_id = parent, on_conflict = onConflict }));

    /// <summary>Creates a folder, which must succeed, and returns it.</summary>
    public static async Task<JsonElement> FolderAsync(this HttpClient http, string name, string parent = "root", string onConflict = "fail")
    {
        using var response = await http.PostFolderAsync(name, parent, onConflict);
        return await response.SucceededAsync(HttpStatusCode.Created);
    }

    /// <summary>Creates folders within each other, and returns their ids.</summary>
    public static async Task<List<string>> ChainAsync(this HttpClient http, params IReadOnlyList<string> names)
    {
        List<string> ids = [];
        foreach (var name in names)
            ids.Add((await http.FolderAsync(name, ids.Count == 0 ? "root" : ids[^1])).FolderId());
        return ids;
    }

    public static Task<HttpResponseMessage> PatchFolderAsync(this HttpClient http, string id, string json, params (string Name, string Value)[] fields) =>
        http.SendJsonAsync(HttpMethod.Patch, $"/folders/{id}", json, fields);

    /// <summary>Moves a folder, which must succeed.</summary>
    public static async Task<JsonElement> MoveFolderAsync(this HttpClient http, string id, string parent)
    {
        using var response = await http.PatchFolderAsync(id, JsonSerializer.Serialize(new { parent_id = parent }));
        return (await response.SucceededAsync()).GetProperty("folder");
    }

    /// <summary>Deletes something, which must succeed.</summary>
    public static async Task<JsonElement> DeletedAsync(this HttpClient http, string path)
    {
        using var response = await http.DeleteAsync(path);
        return await response.SucceededAsync();
    }

    /// <summary>Checks that an address answers with an error.</summary>
    public static async Task GetRefusedAsync(this HttpClient http, string path, int status, string code)
    {
        using var response = await http.GetAsync(path);
        await response.RefusedAsync(status, code);
    }

    /// <summary>Uploads a file, and puts it into a folder.</summary>
    public static async Task<string> PlaceAsync(this Service service, byte[] content, string name, string folder)
    {
        var id = (await service.Http.UploadAsync(content, name)).Id();
        var moved = await service.Catalog().ChangeAsync(Owner, Guid.Parse(id), new MetadataChange(null, null) { Folder = IdOf(folder) }, default);
        Assert.Equal(ChangeOutcome.Done, moved.Outcome);
        return id;
    }

    /// <summary>Adds a file without bytes to a folder; for lists, and faster than an upload.</summary>
    public static async Task<string> SeedAsync(
        this FileCatalog catalog, string folder, string name, long size = 0, string type = "text/plain", IReadOnlyDictionary<string, string>? tags = null)
    {
        var (id, intent) = (Guid.CreateVersion7(), new WriteIntent(Guid.NewGuid(), 1));
        await catalog.BeginCreateAsync(Owner, id, intent, 0, default);
        var commit = new FileCommit(size, type, new string('0', 64), XxHash3: 0, name, tags ?? new Dictionary<string, string>()) { Folder = IdOf(folder) };
        Assert.Equal(ChangeOutcome.Done, (await catalog.CommitAsync(Owner, id, intent, commit, default)).Outcome);
        return id.ToString();
    }

    /// <summary>All entries of a walk through the pages of a list.</summary>
    /// <param name="http">The client.</param>
    /// <param name="list">The folder, with the query of the list.</param>
    public static async Task<List<JsonElement>> EntriesAsync(this HttpClient http, string list) =>
        [.. (await http.EntryPagesAsync($"/folders/{list.Split('?')[0]}/entries{(list.Contains('?') ? $"?{list.Split('?')[1]}" : "")}")).SelectMany(page => page)];

    /// <summary>All pages of a list.</summary>
    /// <param name="http">The client.</param>
    /// <param name="target">The address of the first page.</param>
    /// <param name="between">Runs after each page that has a next one.</param>
    public static async Task<List<List<JsonElement>>> EntryPagesAsync(this HttpClient http, string target, Func<int, Task>? between = null)
    {
        List<List<JsonElement>> pages = [];
        for (string? next = target; next is not null;)
        {
            Assert.True(pages.Count < 500, $"The walk from {target} does not end.");
            var (entries, link) = await http.EntryPageAsync(next);
            pages.Add(entries);
            next = link;
            if (between is not null && next is not null)
                await between(pages.Count);
        }
        return pages;
    }

    /// <summary>One page, and the address of the next one.</summary>
    public static async Task<(List<JsonElement> Entries, string? Next)> EntryPageAsync(this HttpClient http, string target)
    {
        using var response = await http.GetAsync(target);
        List<JsonElement> entries = [.. (await response.SucceededAsync()).EnumerateArray()];
        return (entries, response.Headers.TryGetValues("Link", out var link) ? Assert.Single(link).Split('<', '>')[1] : null);
    }

    /// <summary>The name of an entry, with a slash behind that of a folder.</summary>
    public static string Label(this JsonElement entry) => entry.Text("kind") switch
    {
        "folder" => $"{entry.Text("name")}/",
        "file" => entry.Name(),
        _ => throw new InvalidOperationException($"This is not an entry: {entry}"),
    };

    private static Guid IdOf(string folder) => folder == "root" ? Place.Root : Guid.Parse(folder);
}
