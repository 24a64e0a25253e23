using System.Net.Http.Json;
using System.Text.Json;
using FileDrop.Api.Tests.Folders;
using Microsoft.Playwright;

namespace FileDrop.Api.Tests.Page;

/// <summary>Words of the tests about folders on the page.</summary>
internal static class FolderSteps
{
    /// <summary>The names in the list, from top to bottom, with a slash behind those of folders, once they are these.</summary>
    public static Task ShowsAsync(this Window window, params string[] names) => Service.UntilAsync($"the list is {string.Join(", ", names)}", async () =>
        (await window.NamesAsync()).SequenceEqual(names));

    /// <summary>The names in the list now.</summary>
    public static Task<string[]> NamesAsync(this Window window) => window.Page.EvaluateAsync<string[]>(
        """
        () => [...document.querySelectorAll(".row")].sort((a, b) => a.ariaRowIndex - b.ariaRowIndex)
            .map((row) => row.querySelector(".name bdi")?.textContent + (row.querySelector(".kind.folder") ? "/" : ""))
        """);

    /// <summary>The way that the page shows, with slashes between.</summary>
    public static async Task<string> WayAsync(this Window window) => string.Join('/', await window.Page.Locator(".crumbs a, .crumbs h1").AllTextContentsAsync());

    /// <summary>Waits for the way that the page shows.</summary>
    public static Task AtAsync(this Window window, string way) => Service.UntilAsync($"the page is at {way}", async () => await window.WayAsync() == way);

    /// <summary>Opens a folder by its row.</summary>
    public static Task EnterAsync(this Window window, string name) => window.Row(name).Locator(".link").ClickAsync();

    public static ILocator Dialog(this Window window) => window.Page.Locator("dialog[open]").Last;

    public static ILocator TreeItem(this Window window, string name) =>
        window.Page.GetByRole(AriaRole.Treeitem, new PageGetByRoleOptions { Name = name, Exact = true });

    /// <summary>Selects rows by their boxes.</summary>
    public static async Task SelectAsync(this Window window, params string[] names)
    {
        foreach (var name in names)
            await window.Row(name).Locator(".check").ClickAsync();
    }

    /// <summary>Everything below a folder: paths with a slash behind those of folders.</summary>
    public static async Task<List<string>> TreeAsync(this HttpClient http, string folder = "root")
    {
        var (paths, found) = (new Dictionary<string, string>(), new List<string>());
        foreach (var entry in await http.EntriesAsync($"{folder}?deep=true"))
        {
            var isFolder = entry.GetProperty("kind").GetString() == "folder";
            var parent = entry.GetProperty(isFolder ? "parent_id" : "folder_id").GetString() ?? "";
            var path = paths.GetValueOrDefault(parent, "") + entry.Label();
            if (isFolder)
                paths[entry.GetProperty("folder_id").GetString() ?? ""] = path;
            found.Add(path);
        }
        found.Sort(StringComparer.Ordinal);
        return found;
    }

    /// <summary>Waits until a folder has this in it, and below.</summary>
    public static async Task HasAsync(this HttpClient http, string folder, params string[] paths)
    {
        List<string> now = [];
        await Service.UntilAsync($"the folder has {string.Join(", ", paths)}", async () => (now = await http.TreeAsync(folder)).SequenceEqual(paths));
    }

    /// <summary>The name of a folder.</summary>
    public static async Task<string> GetFolderNameAsync(this HttpClient http, string id) =>
        (await http.GetFromJsonAsync<JsonElement>($"/folders/{id}")).GetProperty("name").GetString() ?? "";
}
