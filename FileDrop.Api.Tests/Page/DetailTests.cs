using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Xunit;

namespace FileDrop.Api.Tests.Page;

/// <summary>The panel about one file, and the actions on files.</summary>
[Collection(ChromiumTests.Name)]
public sealed class DetailTests(PageOnEmbeddedPair pair, Chromium chromium) : IClassFixture<PageOnEmbeddedPair>
{
    [Fact]
    public async Task Only_pictures_sounds_texts_and_pages_are_previewed()
    {
        await pair.Http.UploadAsync(Samples.Png(64, 40), "picture.png", "image/png");
        await pair.Http.UploadAsync(Samples.Wav(60), "tone.wav", "audio/wav");
        await pair.Http.UploadAsync("Zażółć gęślą jaźń 灯泡 <b>plain</b>"u8.ToArray(), "words.txt", "text/plain");
        await pair.Http.UploadAsync(Samples.Pdf("Hello"), "paper.pdf", "application/pdf");
        await pair.Http.UploadAsync([0x50, 0x4b, 3, 4, 0, 0, 1, 2], "noise.bin");
        await pair.Http.UploadAsync(
            "<svg xmlns='http://www.w3.org/2000/svg' width='64' height='64'><script>alert(1)</script></svg>"u8.ToArray(), "drawing.svg", "image/svg+xml");
        await using var window = await OpenAsync();

        await window.OpenAsync("picture.png");
        await Assertions.Expect(window.Detail.Locator("img")).ToHaveJSPropertyAsync("naturalWidth", 64);

        await window.OpenAsync("tone.wav");
        var audio = window.Detail.Locator("audio");
        await Assertions.Expect(audio).ToHaveJSPropertyAsync("duration", 60);
        await audio.EvaluateAsync("sound => new Promise((resolve) => { sound.addEventListener('seeked', resolve); sound.currentTime = 55; })");
        await Assertions.Expect(audio).ToHaveJSPropertyAsync("currentTime", 55);

        await window.OpenAsync("words.txt");
        await Assertions.Expect(window.Detail.Locator(".prose")).ToHaveTextAsync("Zażółć gęślą jaźń 灯泡 <b>plain</b>");

        await window.OpenAsync("paper.pdf");
        await Assertions.Expect(window.Detail.Locator("iframe")).ToHaveAttributeAsync("src", new Regex("inline=true$"));

        // An SVG in an image element runs no script.
        await window.OpenAsync("drawing.svg");
        await Assertions.Expect(window.Detail.Locator("img")).ToHaveJSPropertyAsync("naturalWidth", 64);

        await window.OpenAsync("noise.bin");
        await Assertions.Expect(window.Detail).ToContainTextAsync("No preview for this type of file");
        await Assertions.Expect(window.Detail.Locator("iframe, .preview img, .reading")).ToHaveCountAsync(0);
        window.AssertClean();
    }

    [Fact]
    public async Task Tags_can_be_added_followed_and_removed()
    {
        await pair.Http.UploadAsync([1], "untagged.bin");
        var id = (await pair.Http.UploadAsync([1], "tagged.bin")).Id();
        await using var window = await OpenAsync();
        await window.OpenAsync("tagged.bin");
        await window.Detail.GetByLabel("Tag", new LocatorGetByLabelOptions { Exact = true }).FillAsync("project");
        await window.Detail.GetByLabel("Value").FillAsync("Apollo 灯");
        await window.Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(window.Detail.Locator(".tags")).ToContainTextAsync("projectApollo 灯");
        await Eventually.HoldsAsync(async () => Assert.Equal("Apollo 灯", (await FileAsync(id)).GetProperty("tags").GetProperty("project").GetString()));

        await window.Button("project Apollo 灯").ClickAsync();
        await Assertions.Expect(window.Page.Locator(".row")).ToHaveCountAsync(1);
        await window.Button("Tag project:Apollo 灯: remove this filter").ClickAsync();
        await Assertions.Expect(window.Row("untagged.bin")).ToHaveCountAsync(1);
        await window.Button("Remove the tag project").ClickAsync();
        await Assertions.Expect(window.Detail).ToContainTextAsync("No tags yet.");
        await Eventually.HoldsAsync(async () => Assert.Empty((await FileAsync(id)).GetProperty("tags").EnumerateObject()));
    }

    [Fact]
    public async Task The_checksum_can_be_copied()
    {
        var file = await pair.Http.UploadAsync([1, 2, 3], "summed.bin");
        await using var window = await OpenAsync();
        await window.Context.GrantPermissionsAsync(["clipboard-read", "clipboard-write"]);
        await window.OpenAsync("summed.bin");
        await window.Button("Copy the checksum").ClickAsync();
        await Assertions.Expect(window.Toast).ToContainTextAsync("Copied.");
        Assert.Equal(file.GetProperty("sha256").GetString(), await window.Page.EvaluateAsync<string>("() => navigator.clipboard.readText()"));
    }

    [Fact]
    public async Task An_earlier_version_can_be_downloaded_and_restored()
    {
        var id = (await pair.Http.UploadAsync("one"u8.ToArray(), "versions.txt", "text/plain")).Id();
        using var replaced = await pair.Http.PutAsync($"/files/{id}/content", new StringContent("second", Encoding.UTF8, "text/plain"));
        await using var window = await OpenAsync();
        await window.OpenAsync("versions.txt");
        var (_, content) = await window.DownloadAsync(window.Button("Download version 1"));
        Assert.Equal("one", Encoding.UTF8.GetString(content));
        await window.Button("Restore version 1").ClickAsync();
        await Assertions.Expect(window.Toast).ToContainTextAsync("Version 1 is the current one again.");
        Assert.Equal("one", await pair.Http.GetStringAsync($"/files/{id}"));
        await Assertions.Expect(window.Detail.Locator(".prose")).ToHaveTextAsync("one");
    }

    [Fact]
    public async Task Deleted_files_can_be_restored_by_undo_and_from_the_trash_until_they_are_purged()
    {
        foreach (var name in new[] { "keep.bin", "gone.bin" })
            await pair.Http.UploadAsync([1], name);
        await using var window = await OpenAsync();
        await window.OpenAsync("keep.bin");
        await window.Detail.Button("Delete").ClickAsync();
        await Assertions.Expect(window.Row("keep.bin")).ToHaveCountAsync(0);
        await window.Button("Undo").ClickAsync();
        await Assertions.Expect(window.Row("keep.bin")).ToHaveCountAsync(1);

        foreach (var name in new[] { "keep.bin", "gone.bin" })
            await window.Row(name).Locator(".check").ClickAsync();
        await window.Page.Locator(".chosen").Button("Delete").ClickAsync();
        await Assertions.Expect(window.Toast).ToContainTextAsync("2 files were deleted.");
        await window.Link("Trash").ClickAsync();
        await window.OpenAsync("keep.bin");
        await window.Detail.Button("Restore").ClickAsync();
        await Assertions.Expect(window.Row("keep.bin")).ToHaveCountAsync(0);
        await window.Row("gone.bin").Locator(".check").ClickAsync();
        await window.Page.Locator(".chosen").Button("Delete for good").ClickAsync();
        await window.Page.GetByRole(AriaRole.Dialog).Button("Delete for good").ClickAsync();
        await Assertions.Expect(window.Page.GetByText("The trash is empty")).ToBeVisibleAsync();
        await window.Link("All files").ClickAsync();
        await Assertions.Expect(window.Row("keep.bin")).ToHaveCountAsync(1);
        await Assertions.Expect(window.Row("gone.bin")).ToHaveCountAsync(0);
        window.AssertClean();
    }

    private async Task<Window> OpenAsync(string address = Window.AllFiles)
    {
        var window = await chromium.OpenAsync(pair.Service.Address);
        await window.GoAsync(address);
        return window;
    }

    private Task<JsonElement> FileAsync(string id) => pair.Http.GetFromJsonAsync<JsonElement>($"/files/{id}/metadata");
}
