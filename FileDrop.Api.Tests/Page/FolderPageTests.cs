using System.Collections.Concurrent;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using FileDrop.Api.Tests.Folders;
using Microsoft.Playwright;
using Xunit;

namespace FileDrop.Api.Tests.Page;

/// <summary>Folders in the list: the way, the address, new folders, names, the trash.</summary>
[Collection(ChromiumTests.Name)]
public sealed class FolderPageTests(PageOnEmbeddedPair pair, Chromium chromium) : IClassFixture<PageOnEmbeddedPair>
{
    private HttpClient Http => pair.Http;

    [Fact]
    public async Task The_way_the_address_and_the_back_button_lead_through_folders()
    {
        var (top, place) = await NewAsync();
        var photos = (await Http.FolderAsync("Photos", top)).FolderId();
        var year = (await Http.FolderAsync("2026", photos)).FolderId();
        await Http.PlaceAsync([1], "b 10.txt", folder: top);
        await Http.PlaceAsync([1], "b 9.txt", folder: top);
        await Http.PlaceAsync([1], "Peak.png", folder: year);
        await using var window = await OpenAsync(top);
        await window.ShowsAsync("Photos/", "b 9.txt", "b 10.txt");

        await window.EnterAsync("Photos");
        await window.ShowsAsync("2026/");
        await Assertions.Expect(window.Page).ToHaveURLAsync(new Regex($"/\\?folder={photos}$"));
        await window.EnterAsync("2026");
        await window.ShowsAsync("Peak.png");
        await window.AtAsync($"Files/{place}/Photos/2026");
        await Assertions.Expect(window.Page).ToHaveTitleAsync("2026 · FileDrop");
        await window.Page.ReloadAsync();
        await window.ShowsAsync("Peak.png");
        await window.AtAsync($"Files/{place}/Photos/2026");

        await window.OpenAsync("Peak.png");
        await Assertions.Expect(window.Detail.Locator(".facts")).ToContainTextAsync($"{place} / Photos / 2026");
        await window.Page.GoBackAsync();
        await Assertions.Expect(window.Detail).ToBeHiddenAsync();
        await window.Page.GoBackAsync();
        await window.ShowsAsync("2026/");
        await window.Page.GoForwardAsync();
        await window.ShowsAsync("Peak.png");
        // A breadcrumb leads up; the keyboard is then in the list, at the folder from which the person came.
        await window.Page.Locator(".crumbs").GetByRole(AriaRole.Link, new LocatorGetByRoleOptions { Name = "Photos" }).ClickAsync();
        await window.ShowsAsync("2026/");
        await Assertions.Expect(window.Grid).ToBeFocusedAsync();
        await Assertions.Expect(window.Page.Locator(".row.current .name")).ToHaveTextAsync("2026");
        window.AssertClean();
    }

    [Fact]
    public async Task Folders_are_opened_and_left_by_keys()
    {
        var (top, _) = await NewAsync();
        var inner = (await Http.FolderAsync("inner", top)).FolderId();
        await Http.FolderAsync("another", top);
        await Http.FolderAsync("deep", inner);
        await using var window = await OpenAsync(top);
        await window.ShowsAsync("another/", "inner/");
        await window.Grid.FocusAsync();
        await window.Page.Keyboard.PressAsync("End");
        await window.Page.Keyboard.PressAsync("Enter");
        await window.ShowsAsync("deep/");
        await Assertions.Expect(window.Grid).ToHaveAttributeAsync("aria-label", "Files in inner");
        await Assertions.Expect(window.Page.Locator(".row.current .name")).ToHaveTextAsync("deep");
        await window.Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(window.Page.GetByText("This folder is empty")).ToBeVisibleAsync();
        await Assertions.Expect(window.Grid).ToBeHiddenAsync();
        await window.Page.Keyboard.PressAsync("Backspace");
        await window.ShowsAsync("deep/");
        await Assertions.Expect(window.Page.Locator(".row.current .name")).ToHaveTextAsync("deep");
        await window.Page.Keyboard.PressAsync("Alt+ArrowUp");
        await window.ShowsAsync("another/", "inner/");
        await Assertions.Expect(window.Page.Locator(".row.current .name")).ToHaveTextAsync("inner");
        window.AssertClean();
    }

    [Fact]
    public async Task A_new_folder_gets_its_name_in_a_dialog_and_then_the_keyboard()
    {
        var (top, _) = await NewAsync();
        await using var window = await OpenAsync(top);
        await window.Page.GetByText("This folder is empty").WaitForAsync();
        await window.Page.Keyboard.PressAsync("n");
        await Assertions.Expect(window.Page.GetByLabel("Name", new PageGetByLabelOptions { Exact = true })).ToBeFocusedAsync();
        await window.Page.Keyboard.TypeAsync("Łąka");
        await window.Page.Keyboard.PressAsync("Enter");
        await window.ShowsAsync("Łąka/");
        await Assertions.Expect(window.Grid).ToBeFocusedAsync();
        await Assertions.Expect(window.Page.Locator(".row.current .name")).ToHaveTextAsync("Łąka");

        await window.Button("New folder").ClickAsync();
        await window.Dialog().Locator("input").FillAsync("Łąka");
        await window.Dialog().Button("Create").ClickAsync();
        await Assertions.Expect(window.Dialog().GetByRole(AriaRole.Alert)).ToHaveTextAsync("Something in the folder already has this name. Choose another one.");
        await window.Dialog().Locator("input").FillAsync("a/b");
        await window.Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(window.Dialog().GetByRole(AriaRole.Alert)).ToContainTextAsync("This name cannot be used.");
        await window.Page.Keyboard.PressAsync("Escape");
        await Assertions.Expect(window.Page.Locator("dialog")).ToHaveCountAsync(0);
        await Http.HasAsync(top, "Łąka/");
        window.AssertClean();
    }

    [Theory]
    [InlineData("<script>alert(1)")]
    [InlineData("\"quoted\" & 'single' %2F ?#")]
    [InlineData("צילומים מהטיול 2026")]
    [InlineData("灯泡 👩‍👩‍👧 żółć")]
    [InlineData("long")]
    public async Task A_folder_of_any_name_is_shown_opened_moved_and_renamed(string name)
    {
        if (name is "long")
            name = string.Join(' ', Enumerable.Repeat("ab", 85));
        var (top, place) = await NewAsync();
        var folder = (await Http.FolderAsync(name, top)).FolderId();
        await Http.PlaceAsync([1], "in it.txt", folder: folder);
        await Http.FolderAsync("target", top);
        await using var window = await OpenAsync(top, size: (390, 844));
        await window.EnterAsync(name);
        await window.AtAsync($"Files/{place}/{name}");
        await window.ShowsAsync("in it.txt");
        await window.DropAsync(("dropped.bin", 5));
        await window.ShowsAsync("dropped.bin", "in it.txt");
        await Assertions.Expect(window.Page.Locator("h1")).ToBeVisibleAsync();
        Assert.Equal(390, await window.Page.EvaluateAsync<int>("() => document.documentElement.scrollWidth"));
        await window.Page.GoBackAsync();

        await window.SelectAsync(name);
        await window.Button("Rename").ClickAsync();
        await window.Page.GetByLabel($"New name of {name}").FillAsync($"x{name}"[..Math.Min(name.Length, 200)]);
        await window.Page.Keyboard.PressAsync("Enter");
        var renamed = $"x{name}"[..Math.Min(name.Length, 200)];
        await window.Row(renamed).WaitForAsync();
        await Assertions.Expect(window.Toast).ToContainTextAsync("Renamed to");
        await window.Button("Move to…").ClickAsync();
        await window.TreeItem("target").ClickAsync();
        await window.Dialog().Button("Move here").ClickAsync();
        await window.ShowsAsync("target/");
        await Http.HasAsync(top, "target/", $"target/{renamed}/", $"target/{renamed}/dropped.bin", $"target/{renamed}/in it.txt");
        await Assertions.Expect(window.Page.Locator("script:not([src])")).ToHaveCountAsync(0);
        window.AssertClean();
    }

    [Fact]
    public async Task A_folder_is_renamed_in_the_list_and_a_taken_name_is_explained()
    {
        var (top, _) = await NewAsync();
        await Http.FolderAsync("before.v1", top);
        await Http.PlaceAsync([1], "taken.txt", folder: top);
        await using var window = await OpenAsync(top);
        await window.ShowsAsync("before.v1/", "taken.txt");
        await window.Grid.FocusAsync();
        await window.Page.Keyboard.PressAsync("ArrowDown");
        await window.Page.Keyboard.PressAsync("F2");
        await window.Page.Keyboard.TypeAsync("after");
        await window.Page.Keyboard.PressAsync("Enter");
        await window.ShowsAsync("after/", "taken.txt");
        await Assertions.Expect(window.Toast).ToContainTextAsync("Renamed to “after”.");
        await Assertions.Expect(window.Grid).ToBeFocusedAsync();
        await window.Page.Keyboard.PressAsync("F2");
        await window.Page.GetByLabel("New name of after").FillAsync("taken.txt");
        await window.Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(window.Toast).ToContainTextAsync("Something in the folder already has this name.");
        await window.ShowsAsync("after/", "taken.txt");
        window.AssertClean();
    }

    [Fact]
    public async Task A_deleted_folder_is_in_the_trash_with_its_count_and_comes_back()
    {
        var (top, _) = await NewAsync();
        var name = $"old {Guid.NewGuid():N}";
        var folder = (await Http.FolderAsync(name, top)).FolderId();
        await Http.FolderAsync("inner", folder);
        await Http.PlaceAsync([1], "a.txt", folder: folder);
        await Http.PlaceAsync([1], "b.txt", folder: top);
        await using var window = await OpenAsync(top);
        await window.SelectAsync(name, "b.txt");
        var requests = new ConcurrentQueue<string>();
        window.Page.Request += (_, request) => requests.Enqueue($"{request.Method} {new Uri(request.Url).AbsolutePath}");
        await window.Page.Keyboard.PressAsync("Delete");
        await Assertions.Expect(window.Toast).ToContainTextAsync("2 items were deleted.");
        await Assertions.Expect(window.Page.GetByText("This folder is empty")).ToBeVisibleAsync();
        await window.Page.Keyboard.PressAsync("Control+z");
        await Assertions.Expect(window.Toast).ToContainTextAsync("2 items were restored.");
        await window.ShowsAsync($"{name}/", "b.txt");
        await Http.HasAsync(top, "b.txt", $"{name}/", $"{name}/a.txt", $"{name}/inner/");
        Assert.Equal(["POST /batch", "POST /batch"], requests.Where(request => !request.StartsWith("GET", StringComparison.Ordinal)));

        await window.SelectAsync(name);
        await window.Button("Delete").ClickAsync();
        await window.Link("Trash").ClickAsync();
        await Assertions.Expect(window.Row(name).Locator(".size")).ToHaveTextAsync("2 items");
        await Assertions.Expect(window.Row(name).Locator(".size")).ToHaveAttributeAsync("title", "1 file and 1 folder directly in it");
        // Its name is taken when it returns.
        await Http.FolderAsync(name, top);
        await window.SelectAsync(name);
        await window.Button("Restore").ClickAsync();
        await Assertions.Expect(window.Dialog()).ToContainTextAsync($"“{name}” is already there");
        await window.Dialog().Button("Keep both").ClickAsync();
        await Assertions.Expect(window.Toast).ToContainTextAsync($"“{name} (2)” was restored.");
        await Assertions.Expect(window.Row(name)).ToHaveCountAsync(0);
        await Http.HasAsync(top, "b.txt", $"{name} (2)/", $"{name} (2)/a.txt", $"{name} (2)/inner/", $"{name}/");

        await Http.DeletedAsync($"/folders/{folder}");
        await window.SelectAsync($"{name} (2)");
        await window.Button("Delete for good").ClickAsync();
        await Assertions.Expect(window.Dialog()).ToContainTextAsync($"Delete “{name} (2)” for good?");
        await window.Dialog().Button("Delete for good").ClickAsync();
        await Assertions.Expect(window.Row($"{name} (2)")).ToHaveCountAsync(0);
        Assert.DoesNotContain((await Http.GetFromJsonAsync<JsonElement>("/trash/folders")).EnumerateArray(), each => each.FolderId() == folder);
        window.AssertClean();
    }

    [Fact]
    public async Task A_folder_that_is_gone_is_explained_and_one_that_is_renamed_elsewhere_changes_its_way()
    {
        var (top, place) = await NewAsync();
        var folder = (await Http.FolderAsync("here", top)).FolderId();
        await using var window = await OpenAsync(folder);
        await window.AtAsync($"Files/{place}/here");
        using (await Http.PatchFolderAsync(folder, """{"name":"renamed"}"""))
            await window.AtAsync($"Files/{place}/renamed");
        await Http.DeletedAsync($"/folders/{folder}?permanent=true");
        await Assertions.Expect(window.Page.GetByRole(AriaRole.Heading, new PageGetByRoleOptions { Name = "This folder is no longer here", Level = 2 })).ToBeVisibleAsync();
        await window.Button("Show all folders").ClickAsync();
        await Assertions.Expect(window.Page.Locator("h1")).ToHaveTextAsync("Files");
        await window.GoAsync("/?folder=not-an-id");
        await Assertions.Expect(window.Page.Locator(".empty")).ToContainTextAsync("This folder is no longer here");
        window.AssertClean();
    }

    [Fact]
    public async Task A_search_finds_files_everywhere_and_in_a_folder_also_what_is_below()
    {
        var (top, place) = await NewAsync();
        var word = $"w{Guid.NewGuid():N}"[..9];
        var inner = (await Http.FolderAsync("inner", top)).FolderId();
        await Http.FolderAsync($"{word} folder", inner);
        await Http.PlaceAsync([1], $"{word} deep.txt", folder: inner);
        await Http.UploadAsync([1], $"{word} loose.txt");
        await using var window = await OpenAsync(top);
        await window.ShowsAsync("inner/");
        await window.Page.GetByRole(AriaRole.Searchbox).FillAsync(word);
        await window.ShowsAsync($"{word} deep.txt", $"{word} loose.txt");
        await Assertions.Expect(window.Page.Locator("h1")).ToHaveTextAsync("Search results");
        await window.Button($"In {place}").ClickAsync();
        await window.ShowsAsync($"{word} folder/", $"{word} deep.txt");
        await Assertions.Expect(window.Page).ToHaveURLAsync(new Regex("&in=folder"));
        await window.Page.GoBackAsync();
        await window.ShowsAsync($"{word} deep.txt", $"{word} loose.txt");
        await window.Page.GetByRole(AriaRole.Searchbox).FillAsync("");
        await window.ShowsAsync("inner/");
        window.AssertClean();
    }

    [Fact]
    public async Task A_selection_is_downloaded_as_one_archive()
    {
        var (top, _) = await NewAsync();
        var folder = (await Http.FolderAsync("Ferien zoë", top)).FolderId();
        await Http.PlaceAsync([1, 2, 3], "a.bin", folder: folder);
        await Http.PlaceAsync([4], "b.bin", folder: top);
        await using var window = await OpenAsync(top);
        await window.SelectAsync("Ferien zoë");
        var (name, content) = await window.DownloadAsync(window.Button("Download as zip"));
        Assert.Equal("Ferien zoë.zip", name);
        await window.SelectAsync("b.bin");
        (name, content) = await window.DownloadAsync(window.Button("Download as zip"));
        Assert.Equal("FileDrop.zip", name);
        using var archive = new System.IO.Compression.ZipArchive(new MemoryStream(content));
        Assert.Equal(["Ferien zoë/", "Ferien zoë/a.bin", "b.bin"], archive.Entries.Select(entry => entry.FullName).Order(StringComparer.Ordinal));
        await window.SelectAsync("Ferien zoë");
        (name, content) = await window.DownloadAsync(window.Page.Locator(".chosen").Button("Download"));
        Assert.Equal("b.bin", name);
        Assert.Equal([4], content);
        window.AssertClean();
    }

    private async Task<(string Id, string Name)> NewAsync()
    {
        var name = Guid.NewGuid().ToString("N")[..8];
        return ((await Http.FolderAsync(name)).FolderId(), name);
    }

    private async Task<Window> OpenAsync(string folder, (int Width, int Height)? size = null)
    {
        var window = await chromium.OpenAsync(pair.Service.Address, size: size);
        await window.GoAsync($"/?folder={folder}");
        return window;
    }
}
