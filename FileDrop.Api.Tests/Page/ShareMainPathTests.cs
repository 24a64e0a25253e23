using FileDrop.Api.Tests.Access;
using FileDrop.Api.Tests.Folders;
using Microsoft.Playwright;
using Xunit;

namespace FileDrop.Api.Tests.Page;

/// <summary>The main purposes of sharing on the page: give a file to people without a key, and get files from them.</summary>
public abstract class ShareMainPathTests(Pair pair, Chromium chromium)
{
    [Fact]
    public async Task A_link_to_a_file_downloads_without_a_key_until_it_is_revoked()
    {
        var (key, http) = await pair.Service.OwnerKeyAsync();
        using (http)
            await http.PlaceAsync(Window.Content(5000), "report.bin");
        await using var owner = await chromium.OpenAsync(pair.Service, key);
        await owner.Context.GrantPermissionsAsync(["clipboard-read", "clipboard-write"]);
        await owner.OpenAsync("report.bin");
        await owner.HasMarkAsync("report.bin", null);
        await owner.Detail.Button("Share").ClickAsync();
        var link = await owner.MakeLinkAsync();
        await Assertions.Expect(owner.Dialog().Button("Copy link: report.bin")).ToBeFocusedAsync();
        await Assertions.Expect(owner.Page.GetByRole(AriaRole.Img, new PageGetByRoleOptions { Name = "QR code of the link to report.bin" })).ToBeVisibleAsync();
        await owner.Page.Keyboard.PressAsync("Enter");
        await owner.Dialog().SaysAsync("Link copied.");
        Assert.Equal(link, await owner.Page.EvaluateAsync<string>("() => navigator.clipboard.readText()"));
        await owner.HasMarkAsync("report.bin", "Shared by a link");

        await using var visitor = await chromium.OpenAsync(pair.Service.Address);
        await visitor.GoAsync(link);
        var (name, content) = await visitor.DownloadAsync(visitor.Link("Download"));
        Assert.Equal("report.bin", name);
        Assert.Equal(Window.Content(5000), content);

        await owner.Button("Revoke the link: report.bin").ClickAsync();
        await owner.Dialog().Button("Cancel").ClickAsync();
        await visitor.GoAsync(link);
        await Assertions.Expect(visitor.Page.Locator("h1")).ToHaveTextAsync("report.bin");
        await owner.RevokeAsync("report.bin");
        await owner.Dialog().SaysAsync("The link no longer works.");
        await visitor.IsGoneAsync(link);
        await owner.HasMarkAsync("report.bin", null);
        owner.AssertClean();
        visitor.AssertClean();
    }

    [Fact]
    public async Task Requested_files_arrive_in_the_folder()
    {
        var (key, http) = await pair.Service.OwnerKeyAsync();
        using var owned = http;
        var folder = (await http.FolderAsync("Incoming")).FolderId();
        await using var owner = await chromium.OpenAsync(pair.Service, key);
        await owner.SelectAsync("Incoming");
        await owner.ShareSelectedAsync();
        await owner.AllowAsync("Request files");
        await owner.Field("Files at most").FillAsync("2");
        await owner.Field("Types").FillAsync("txt, image/*");
        await owner.Field("A folder for each name").CheckAsync();
        await Assertions.Expect(owner.Field("People must give their name")).ToBeCheckedAsync();
        var link = await owner.MakeLinkAsync();
        await owner.Page.Keyboard.PressAsync("Escape");
        await owner.HasMarkAsync("Incoming", "Others can send files here");

        await using var visitor = await chromium.OpenAsync(pair.Service.Address);
        await visitor.GoAsync(link);
        await Assertions.Expect(visitor.Page.GetByText("These files are taken: .txt, image/*.")).ToBeVisibleAsync();
        await visitor.Page.GetByLabel("Your name").FillAsync("Ada");
        await visitor.Page.Locator("#many").SetInputFilesAsync(
            [new FilePayload { Name = "notes.txt", MimeType = "text/plain", Buffer = "some notes"u8.ToArray() }]);
        await Assertions.Expect(visitor.Page.GetByText("notes.txt has arrived")).ToBeVisibleAsync();
        await http.HasAsync(folder, "Ada/", "Ada/notes.txt");

        await owner.Link("Shared").ClickAsync();
        await Assertions.Expect(owner.Shared("Incoming")).ToContainTextAsync("1 of 2 files received");
        await owner.Shared("Incoming").GetByRole(AriaRole.Link).ClickAsync();
        await owner.EnterAsync("Ada");
        await owner.ShowsAsync("notes.txt");
        owner.AssertClean();
        visitor.AssertClean();
    }
}

[Collection(ChromiumTests.Name)]
public sealed class ShareMainPathOnEmbeddedTests(GuardedEmbeddedPair pair, Chromium chromium) : ShareMainPathTests(pair, chromium),
    IClassFixture<GuardedEmbeddedPair>;

[Collection(ChromiumTests.Name)]
public sealed class ShareMainPathOnClusterTests(GuardedClusterPair pair, Chromium chromium) : ShareMainPathTests(pair, chromium),
    IClassFixture<GuardedClusterPair>;
