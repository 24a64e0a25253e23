using System.Text.RegularExpressions;
using FileDrop.Api.Tests.Folders;
using Microsoft.Playwright;
using Xunit;

namespace FileDrop.Api.Tests.Page;

/// <summary>Moves and copies: by the dialog, by dragging, by the clipboard, and out of Unsorted.</summary>
[Collection(ChromiumTests.Name)]
public sealed class FolderMoveTests(PageOnEmbeddedPair pair, Chromium chromium) : IClassFixture<PageOnEmbeddedPair>
{
    private HttpClient Http => pair.Http;

    [Fact]
    public async Task A_selection_is_moved_by_the_dialog_with_the_mouse_and_back_by_undo()
    {
        var (top, _) = await NewAsync("a/", "a/inner/", "b/", "one.txt", "two.txt");
        await using var window = await OpenAsync(top);
        await window.SelectAsync("a", "one.txt");
        await window.Button("Move to…").ClickAsync();
        // A folder cannot go into itself, nor below itself.
        await window.TreeItem("a").WaitForAsync();
        await window.TreeItem("a").Locator(".twist").First.ClickAsync();
        await window.TreeItem("inner").ClickAsync(new LocatorClickOptions { Force = true });
        await Assertions.Expect(window.TreeItem("inner")).ToHaveAttributeAsync("aria-disabled", "true");
        await Assertions.Expect(window.Dialog().Button("Move here")).ToHaveAttributeAsync("aria-disabled", "true");
        await window.TreeItem("b").ClickAsync();
        await window.Dialog().Button("Move here").ClickAsync();
        await window.ShowsAsync("b/", "two.txt");
        await Assertions.Expect(window.Toast).ToContainTextAsync("2 items were moved to “b”.");
        await Http.HasAsync(top, "b/", "b/a/", "b/a/inner/", "b/one.txt", "two.txt");
        await window.Toast.GetByRole(AriaRole.Button, new LocatorGetByRoleOptions { Name = "Undo" }).ClickAsync();
        await window.ShowsAsync("a/", "b/", "one.txt", "two.txt");
        await Http.HasAsync(top, "a/", "a/inner/", "b/", "one.txt", "two.txt");
        window.AssertClean();
    }

    [Fact]
    public async Task A_file_is_moved_by_keys_into_a_folder_that_is_made_in_the_dialog()
    {
        var (top, name) = await NewAsync("a/", "a/inner/", "b/", "one.txt");
        await using var window = await OpenAsync(top);
        await window.ShowsAsync("a/", "b/", "one.txt");
        await window.Grid.FocusAsync();
        await window.Page.Keyboard.PressAsync("End");
        await window.Page.Keyboard.PressAsync("m");
        await Assertions.Expect(window.TreeItem(name)).ToBeFocusedAsync();
        await window.Page.Keyboard.PressAsync("ArrowRight");
        await Assertions.Expect(window.TreeItem("a")).ToBeFocusedAsync();
        await window.Page.Keyboard.PressAsync("b");
        await Assertions.Expect(window.TreeItem("b")).ToBeFocusedAsync();
        await window.Page.Keyboard.PressAsync("ArrowUp");
        await window.Page.Keyboard.PressAsync("ArrowRight");
        await window.TreeItem("inner").WaitForAsync();
        await window.Page.Keyboard.PressAsync("ArrowDown");
        await Assertions.Expect(window.TreeItem("inner")).ToBeFocusedAsync();
        await window.Page.Keyboard.PressAsync("ArrowLeft");
        await window.Page.Keyboard.PressAsync("ArrowLeft");
        await Assertions.Expect(window.TreeItem("inner")).ToBeHiddenAsync();
        await Assertions.Expect(window.TreeItem("a")).ToBeFocusedAsync();
        await window.Dialog().Button("New folder").ClickAsync();
        await window.Page.Keyboard.TypeAsync("made");
        await window.Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(window.TreeItem("made")).ToBeFocusedAsync();
        await window.Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(window.Toast).ToContainTextAsync("“one.txt” was moved to “made”.");
        await Http.HasAsync(top, "a/", "a/inner/", "a/made/", "a/made/one.txt", "b/");
        await Assertions.Expect(window.Grid).ToBeFocusedAsync();
        await window.Page.Keyboard.PressAsync("Control+z");
        await Assertions.Expect(window.Toast).ToContainTextAsync("“one.txt” was moved back.");
        await Http.HasAsync(top, "a/", "a/inner/", "a/made/", "b/", "one.txt");
        window.AssertClean();
    }

    [Fact]
    public async Task A_taken_name_is_asked_about_once_or_for_each()
    {
        var (top, _) = await NewAsync("b/", "b/1.txt", "b/2.txt", "b/3.txt", "1.txt", "2.txt", "3.txt");
        await using var window = await OpenAsync(top);
        await window.SelectAsync("1.txt", "2.txt", "3.txt");
        await MoveToAsync(window, "b");
        await Assertions.Expect(window.Dialog().GetByRole(AriaRole.Heading)).ToHaveTextAsync("“1.txt” is already there");
        await window.Dialog().Button("Skip").ClickAsync();
        await Assertions.Expect(window.Dialog().GetByRole(AriaRole.Heading)).ToHaveTextAsync("“2.txt” is already there");
        await window.Dialog().GetByLabel("Do this for all").CheckAsync();
        await window.Dialog().Button("Keep both").ClickAsync();
        await Assertions.Expect(window.Toast).ToContainTextAsync("2 files were moved to “b”.");
        await window.ShowsAsync("b/", "1.txt");
        await Http.HasAsync(top, "1.txt", "b/", "b/1.txt", "b/2 (2).txt", "b/2.txt", "b/3 (2).txt", "b/3.txt");
        // Skipped entries are still selected.
        await MoveToAsync(window, "b");
        await window.Dialog().Button("Replace").ClickAsync();
        await window.ShowsAsync("b/");
        await Http.HasAsync(top, "b/", "b/1.txt", "b/2 (2).txt", "b/2.txt", "b/3 (2).txt", "b/3.txt");
        window.AssertClean();
    }

    [Fact]
    public async Task A_folder_is_copied_with_everything_in_it()
    {
        var (top, _) = await NewAsync("a/", "a/inner/", "a/inner/deep.txt", "a/x.txt", "b/", "one.txt");
        await using var window = await OpenAsync(top);
        await window.SelectAsync("a", "one.txt");
        await window.Button("Copy to…").ClickAsync();
        await window.TreeItem("b").ClickAsync();
        await window.Dialog().Button("Copy here").ClickAsync();
        await Assertions.Expect(window.Toast).ToContainTextAsync("2 items were copied to “b”.");
        await Http.HasAsync(
            top, "a/", "a/inner/", "a/inner/deep.txt", "a/x.txt", "b/", "b/a/", "b/a/inner/", "b/a/inner/deep.txt", "b/a/x.txt", "b/one.txt", "one.txt");
        window.AssertClean();
    }

    [Fact]
    public async Task Rows_are_dragged_into_a_folder_onto_a_breadcrumb_and_into_the_trash()
    {
        var (top, name) = await NewAsync("a/", "a/inner/", "b/", "one.txt", "two.txt", "three.txt");
        await using var window = await OpenAsync(top);
        await window.SelectAsync("one.txt", "b");
        await window.Row("one.txt").DragToAsync(window.Row("a"));
        await window.ShowsAsync("a/", "three.txt", "two.txt");
        await Assertions.Expect(window.Toast).ToContainTextAsync("2 items were moved to “a”.");
        // A row that is not selected goes on its own.
        await window.SelectAsync("three.txt");
        await window.Row("two.txt").DragToAsync(window.Row("a"));
        await window.ShowsAsync("a/", "three.txt");
        await window.Row("three.txt").DragToAsync(window.Link("Trash"));
        await window.ShowsAsync("a/");
        await Http.HasAsync(top, "a/", "a/b/", "a/inner/", "a/one.txt", "a/two.txt");

        await window.EnterAsync("a");
        await window.ShowsAsync("b/", "inner/", "one.txt", "two.txt");
        await window.Row("inner").DragToAsync(window.Page.Locator(".crumbs a", new PageLocatorOptions { HasText = name }));
        await window.ShowsAsync("b/", "one.txt", "two.txt");
        await Http.HasAsync(top, "a/", "a/b/", "a/one.txt", "a/two.txt", "inner/");
        // With Ctrl it is copied.
        await window.Page.Keyboard.DownAsync("Control");
        await window.Row("one.txt").DragToAsync(window.Row("b"));
        await window.Page.Keyboard.UpAsync("Control");
        await Assertions.Expect(window.Toast).ToContainTextAsync("“one.txt” was copied to “b”.");
        await Http.HasAsync(top, "a/", "a/b/", "a/b/one.txt", "a/one.txt", "a/two.txt", "inner/");
        // A drop beside every folder changes nothing.
        await window.Row("two.txt").DragToAsync(window.Row("one.txt"));
        await window.ShowsAsync("b/", "one.txt", "two.txt");
        window.AssertClean();
    }

    [Fact]
    public async Task Rows_are_cut_copied_and_pasted_by_keys()
    {
        var (top, _) = await NewAsync("a/", "one.txt", "two.txt");
        await using var window = await OpenAsync(top);
        await window.SelectAsync("one.txt", "two.txt");
        await window.Page.Keyboard.PressAsync("Control+x");
        await Assertions.Expect(window.Page.Locator(".row.cut")).ToHaveCountAsync(2);
        await Assertions.Expect(window.Page.GetByText("2 files are cut. Paste them in another folder.")).ToHaveCountAsync(1);
        await window.EnterAsync("a");
        await window.Page.GetByText("This folder is empty").WaitForAsync();
        await window.Page.Keyboard.PressAsync("Control+v");
        await window.ShowsAsync("one.txt", "two.txt");
        await Http.HasAsync(top, "a/", "a/one.txt", "a/two.txt");

        // Beside its source a copy gets a free name.
        await window.Grid.FocusAsync();
        await window.Page.Keyboard.PressAsync("Home");
        await window.Page.Keyboard.PressAsync("Control+c");
        await window.Page.Keyboard.PressAsync("Control+v");
        await window.ShowsAsync("one (2).txt", "one.txt", "two.txt");
        await window.Page.Keyboard.PressAsync("Backspace");
        await window.ShowsAsync("a/");
        await window.Page.Keyboard.PressAsync("Control+v");
        await window.ShowsAsync("a/", "one.txt");
        // A folder cannot be pasted into itself.
        await window.Page.Keyboard.PressAsync("Home");
        await window.Page.Keyboard.PressAsync("Control+c");
        await window.Page.Keyboard.PressAsync("Enter");
        await window.ShowsAsync("one (2).txt", "one.txt", "two.txt");
        await window.Page.Keyboard.PressAsync("Control+v");
        await Assertions.Expect(window.Toast).ToContainTextAsync("A folder cannot be moved or copied into itself.");
        await window.Link("All files").ClickAsync();
        await window.Page.Keyboard.PressAsync("Control+v");
        await Assertions.Expect(window.Toast).ToContainTextAsync("Open a folder, then paste.");
        await Http.HasAsync(top, "a/", "a/one (2).txt", "a/one.txt", "a/two.txt", "one.txt");
        window.AssertClean();
    }

    [Fact]
    public async Task All_loose_files_are_moved_into_a_folder_and_equal_names_are_kept()
    {
        await using var stores = new EmbeddedStores();
        await using var service = await Service.StartAsync(stores);
        await service.Http.FolderAsync("kept");
        foreach (var name in new[] { "same.txt", "same.txt", "same.txt", "other.txt" })
            await service.Http.UploadAsync([1], name);
        await using var window = await chromium.OpenAsync(service.Address);
        await window.GoAsync();
        await window.ShowsAsync("kept/");
        await window.Link("Unsorted").ClickAsync();
        await Assertions.Expect(window.Page.Locator(".row")).ToHaveCountAsync(4);
        await Assertions.Expect(window.Page).ToHaveURLAsync(new Regex("view=unsorted"));
        await window.Button("Move all into…").ClickAsync();
        await window.TreeItem("kept").ClickAsync();
        await window.Dialog().Button("Move here").ClickAsync();
        await window.Dialog().GetByLabel("Do this for all").CheckAsync();
        await window.Dialog().Button("Keep both").ClickAsync();
        await Assertions.Expect(window.Toast).ToContainTextAsync("4 files were moved to “kept”.");
        await Assertions.Expect(window.Page.GetByText("Everything is in a folder")).ToBeVisibleAsync();
        await service.Http.HasAsync("root", "kept/", "kept/other.txt", "kept/same (2).txt", "kept/same (3).txt", "kept/same.txt");
        window.AssertClean();
    }

    [Fact]
    public async Task Files_from_before_folders_are_found_from_the_empty_root()
    {
        await using var stores = new EmbeddedStores();
        await using var service = await Service.StartAsync(stores);
        await service.Http.UploadAsync([1], "old.txt");
        await using var window = await chromium.OpenAsync(service.Address, size: (390, 844), touch: true);
        await window.GoAsync();
        await window.Button("Show unsorted files").TapAsync();
        await window.ShowsAsync("old.txt");
        window.AssertClean();
    }

    private static async Task MoveToAsync(Window window, string folder)
    {
        await window.Button("Move to…").ClickAsync();
        await window.TreeItem(folder).ClickAsync();
        await window.Dialog().Button("Move here").ClickAsync();
    }

    /// <summary>Makes a folder with these paths in it; those that end with a slash are folders.</summary>
    private async Task<(string Id, string Name)> NewAsync(params string[] paths)
    {
        var name = Guid.NewGuid().ToString("N")[..8];
        var top = (await Http.FolderAsync(name)).FolderId();
        var folders = new Dictionary<string, string> { [""] = top };
        foreach (var path in paths)
        {
            var trimmed = path.TrimEnd('/');
            var cut = trimmed.LastIndexOf('/') + 1;
            var parent = folders[trimmed[..cut]];
            if (path.EndsWith('/'))
                folders[path] = (await Http.FolderAsync(trimmed[cut..], parent)).FolderId();
            else
                await Http.PlaceAsync([1], trimmed[cut..], folder: parent);
        }
        return (top, name);
    }

    private async Task<Window> OpenAsync(string folder)
    {
        var window = await chromium.OpenAsync(pair.Service.Address);
        await window.GoAsync($"/?folder={folder}");
        return window;
    }
}
