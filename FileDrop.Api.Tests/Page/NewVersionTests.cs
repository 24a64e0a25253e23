using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Playwright;
using Xunit;

namespace FileDrop.Api.Tests.Page;

/// <summary>A file of the device becomes the new version of the open file.</summary>
[Collection(ChromiumTests.Name)]
public sealed class NewVersionTests(PageOnEmbeddedPair pair, Chromium chromium) : IClassFixture<PageOnEmbeddedPair>
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_open_file_gets_a_new_version_by_button_and_by_drop(bool dropped)
    {
        var id = (await pair.Http.UploadAsync("one"u8.ToArray(), $"report {dropped}.bin")).Id();
        using var tagged = await pair.Http.PutAsJsonAsync($"/files/{id}", new { tags = new { stage = "draft" } });
        await using var window = await chromium.OpenAsync(pair.Service.Address);
        await window.GoAsync(Window.AllFiles);
        await window.OpenAsync($"report {dropped}.bin");
        await AddAsync(window, dropped);
        await Assertions.Expect(window.Upload($"report {dropped}.bin")).ToContainTextAsync("New version uploaded");
        // Only versions with content have a number on the page; the earlier change of tags has none.
        await Assertions.Expect(window.Detail.Locator(".versions strong")).ToHaveTextAsync(["Version 3", "Version 1"]);
        await Assertions.Expect(window.Detail.Locator(".facts")).Not.ToContainTextAsync("Version");
        window.AssertClean();
        Assert.Equal(Window.Content(700), await pair.Http.GetByteArrayAsync($"/files/{id}"));
        Assert.Equal("one"u8.ToArray(), await pair.Http.GetByteArrayAsync($"/files/{id}?version=1"));
        var files = await pair.Http.GetFromJsonAsync<JsonElement>($"/files?name=report+{dropped}");
        Assert.Equal("draft", Assert.Single(files.EnumerateArray()).GetProperty("tags").GetProperty("stage").GetString());
    }

    [Fact]
    public async Task Several_files_dropped_on_an_open_file_become_new_files()
    {
        var id = (await pair.Http.UploadAsync("one"u8.ToArray(), "alone.bin")).Id();
        await using var window = await chromium.OpenAsync(pair.Service.Address);
        await window.GoAsync(Window.AllFiles);
        await window.OpenAsync("alone.bin");
        await window.DropOnAsync(".detail .facts", ("first of two.bin", 1), ("second of two.bin", 1));
        await Assertions.Expect(window.Uploads.Locator("h2")).ToHaveTextAsync("2 files uploaded");
        Assert.Equal("one", await pair.Http.GetStringAsync($"/files/{id}"));
    }

    private static async Task AddAsync(Window window, bool dropped)
    {
        if (dropped)
        {
            await window.DropOnAsync(".detail .facts", ("report of today.bin", 700));
            return;
        }
        var chosen = await window.Page.RunAndWaitForFileChooserAsync(() => window.Detail.Button("Upload new version").ClickAsync());
        Assert.False(chosen.IsMultiple);
        await chosen.SetFilesAsync(new FilePayload { Name = "report of today.bin", MimeType = "application/octet-stream", Buffer = Window.Content(700) });
    }
}
