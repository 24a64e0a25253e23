using System.Globalization;
using System.Text;
using FileDrop.Api.Tests.Folders;
using Microsoft.Playwright;
using Xunit;

namespace FileDrop.Api.Tests.Page;

/// <summary>Uploads into folders: where they go, dropped and pasted folders, and taken names.</summary>
[Collection(ChromiumTests.Name)]
public sealed class FolderUploadTests(PageOnEmbeddedPair pair, Chromium chromium) : IClassFixture<PageOnEmbeddedPair>
{
    private HttpClient Http => pair.Http;

    [Fact]
    public async Task Files_go_to_the_place_that_is_shown()
    {
        var top = await NewAsync();
        var inner = (await Http.FolderAsync("inner", top)).FolderId();
        var name = $"{Guid.NewGuid():N}.bin";
        await using var window = await OpenAsync(top);
        await window.ShowsAsync("inner/");
        await window.DropAsync((name, 3));
        await window.ShowsAsync("inner/", name);
        // A file that is dropped on a folder goes into it.
        await window.DropOnAsync($"[data-folder='{inner}'] .name", (name, 4));
        await Http.HasAsync(top, name, "inner/", $"inner/{name}");
        await window.DropOnAsync(".crumbs a", (name, 5));
        await Service.UntilAsync("the file is in the root", async () => (await Http.GetAsync($"/paths/{name}")).IsSuccessStatusCode);
        await window.Link("Unsorted").ClickAsync();
        await window.Page.Locator(".row, .empty:visible").First.WaitForAsync();
        await window.DropAsync((name, 6));
        await Assertions.Expect(window.Row(name)).ToHaveCountAsync(1);
        await Assertions.Expect(window.Row(name).Locator(".size")).ToHaveTextAsync("6 bytes");
        await Assertions.Expect(window.Uploads.Locator("h2")).ToHaveTextAsync("4 files uploaded");
        await window.Uploads.GetByRole(AriaRole.Button, new LocatorGetByRoleOptions { NameRegex = new("^Open") }).Nth(1).ClickAsync();
        await window.AtAsync($"Files/{await Http.GetFolderNameAsync(top)}/inner");
        await Assertions.Expect(window.Detail.Locator("h2")).ToHaveTextAsync(name);
        window.AssertClean();
    }

    [Fact]
    public async Task A_dropped_folder_keeps_its_structure_and_its_times()
    {
        var top = await NewAsync();
        var source = Directory.CreateTempSubdirectory("filedrop-page-");
        var time = new DateTime(2019, 5, 6, 7, 8, 9, DateTimeKind.Utc);
        try
        {
            var inner = source.CreateSubdirectory("żółć").CreateSubdirectory("<b>'quoted'");
            source.CreateSubdirectory("empty").CreateSubdirectory("below");
            await File.WriteAllTextAsync(Path.Combine(source.FullName, "a.txt"), "a");
            await File.WriteAllTextAsync(Path.Combine(inner.FullName, "b.txt"), "b");
            File.SetLastWriteTimeUtc(Path.Combine(inner.FullName, "b.txt"), time);
            await using var window = await OpenAsync(top);
            await window.Page.GetByText("This folder is empty").WaitForAsync();
            await window.DropFolderAsync(source.FullName);
            string[] expected =
            [
                $"{source.Name}/", $"{source.Name}/a.txt", $"{source.Name}/empty/", $"{source.Name}/empty/below/", $"{source.Name}/żółć/",
                $"{source.Name}/żółć/<b>'quoted'/", $"{source.Name}/żółć/<b>'quoted'/b.txt",
            ];
            await Http.HasAsync(top, expected);
            await window.ShowsAsync($"{source.Name}/");
            var file = (await Http.EntriesAsync($"{top}?deep=true")).Single(entry => entry.Label() == "b.txt");
            Assert.Equal(time, file.GetProperty("modified_at").GetDateTimeOffset().UtcDateTime);
            Assert.Empty(file.GetProperty("tags").EnumerateObject());
            // The same folder again: its files meet themselves.
            await window.DropFolderAsync(source.FullName, y: 600);
            await window.Dialog().GetByLabel("Do this for all").CheckAsync();
            await window.Dialog().Button("Skip").ClickAsync();
            await Assertions.Expect(window.Uploads.Locator("h2")).ToHaveTextAsync("2 files uploaded");
            await Http.HasAsync(top, expected);
            window.AssertClean();
        }
        finally
        {
            source.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task A_pasted_folder_keeps_its_structure()
    {
        var top = await NewAsync();
        await using var window = await OpenAsync(top);
        await window.Page.GetByText("This folder is empty").WaitForAsync();
        // A page cannot make a clipboard with a folder, so that the browser's own reading of it is replaced.
        await window.Page.EvaluateAsync(
            """
            () => {
                const file = (name) => ({ isFile: true, name, file: (give) => give(new File([name], name, { lastModified: 1_000_000_000_000 })) });
                const folder = (name, ...inner) => ({ isFile: false, name, createReader: () => ({ readEntries: (give) => give(inner.splice(0, 1)) }) });
                DataTransferItem.prototype.webkitGetAsEntry = () => folder("pasted", file("a.txt"), folder("inner", file("b.txt")), folder("empty"));
                const clipboardData = new DataTransfer();
                clipboardData.items.add(new File(["x"], "pasted"));
                document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
            }
            """);
        await Http.HasAsync(top, "pasted/", "pasted/a.txt", "pasted/empty/", "pasted/inner/", "pasted/inner/b.txt");
        var file = (await Http.EntriesAsync($"{top}?deep=true")).Single(entry => entry.Label() == "b.txt");
        Assert.Equal("2001-09-09T01:46:40.000Z", file.GetProperty("modified_at").GetString());
        window.AssertClean();
    }

    [Fact]
    public async Task A_taken_name_is_asked_about_and_the_answer_can_count_for_all()
    {
        var top = await NewAsync();
        foreach (var number in new[] { 1, 2, 3, 4 })
            await Http.PlaceAsync([1], $"{number}.bin", folder: top);
        await Http.FolderAsync("5.bin", top);
        await using var window = await OpenAsync(top);
        await window.ShowsAsync("5.bin/", "1.bin", "2.bin", "3.bin", "4.bin");
        await window.DropAsync(("1.bin", 11));
        await Assertions.Expect(window.Dialog().GetByRole(AriaRole.Heading)).ToHaveTextAsync("“1.bin” is already there");
        await Assertions.Expect(window.Dialog().Button("Keep both")).ToBeFocusedAsync();
        await Assertions.Expect(window.Dialog().GetByLabel("Do this for all")).ToHaveCountAsync(0);
        await window.Dialog().Button("Replace as new version").ClickAsync();
        await Assertions.Expect(window.Row("1.bin").Locator(".size")).ToHaveTextAsync("11 bytes");
        await window.OpenAsync("1.bin");
        await Assertions.Expect(window.Detail.Locator(".versions li")).ToHaveCountAsync(2);
        await window.Page.Keyboard.PressAsync("Escape");

        // Without an answer, the uploads wait in the panel.
        await window.DropAsync(("2.bin", 12));
        await window.Dialog().WaitForAsync();
        await window.Page.Keyboard.PressAsync("Escape");
        await Assertions.Expect(window.Upload("2.bin")).ToContainTextAsync("The folder has a file with this name already.");
        await window.Upload("2.bin").Button("Keep both: 2.bin").ClickAsync();
        await window.ShowsAsync("5.bin/", "1.bin", "2 (2).bin", "2.bin", "3.bin", "4.bin");

        await window.DropAsync(("3.bin", 13), ("4.bin", 14), ("5.bin", 15), ("6.bin", 16));
        await window.Dialog().GetByLabel("Do this for all").CheckAsync();
        await window.Dialog().Button("Replace as new version").ClickAsync();
        // A folder is not replaced by a file, so that it is asked about.
        await Assertions.Expect(window.Dialog().GetByRole(AriaRole.Heading)).ToHaveTextAsync("“5.bin” is already there");
        await Assertions.Expect(window.Dialog().Button("Replace as new version")).ToHaveCountAsync(0);
        await window.Dialog().Button("Keep both").ClickAsync();
        await window.ShowsAsync("5.bin/", "1.bin", "2 (2).bin", "2.bin", "3.bin", "4.bin", "5 (2).bin", "6.bin");
        foreach (var number in new[] { 3, 4, 6 })
            await Assertions.Expect(window.Row($"{number}.bin").Locator(".size")).ToHaveTextAsync($"1{number.ToString(CultureInfo.InvariantCulture)} bytes");
        window.AssertClean();
    }

    [Fact]
    public async Task A_name_that_is_taken_during_the_upload_is_asked_about_at_its_end()
    {
        var top = await NewAsync();
        await using var window = await OpenAsync(top);
        await window.Page.GetByText("This folder is empty").WaitForAsync();
        await window.NetworkAsync(500_000);
        await window.DropAsync(("race.bin", 3_000_000));
        await window.UnderWayAsync("race.bin");
        await Http.PlaceAsync(Encoding.UTF8.GetBytes("first"), "race.bin", folder: top);
        await window.NetworkAsync(0);
        await window.Dialog().Button("Keep both").ClickAsync();
        await window.ShowsAsync("race (2).bin", "race.bin");
        Assert.Equal(Window.Content(3_000_000), await Http.GetByteArrayAsync($"/paths/{(await Http.GetFolderNameAsync(top))}/race%20(2).bin?content"));
        window.AssertClean();
    }

    [Fact]
    public async Task An_upload_into_a_folder_goes_on_there_after_a_reload()
    {
        var top = await NewAsync();
        await using var window = await OpenAsync(top);
        await window.Page.GetByText("This folder is empty").WaitForAsync();
        await window.NetworkAsync(3_000_000);
        await window.DropAsync(("reloaded.bin", 12_000_000));
        await window.UnderWayAsync("reloaded.bin");
        await window.KeptAsync();
        await window.GoAsync("/?view=trash");
        await window.NetworkAsync(0);
        await Assertions.Expect(window.Upload("reloaded.bin")).ToContainTextAsync("Uploaded");
        await Http.HasAsync(top, "reloaded.bin");
    }

    private async Task<string> NewAsync() => (await Http.FolderAsync(Guid.NewGuid().ToString("N")[..8])).FolderId();

    private async Task<Window> OpenAsync(string folder)
    {
        var window = await chromium.OpenAsync(pair.Service.Address);
        await window.GoAsync($"/?folder={folder}");
        return window;
    }
}
