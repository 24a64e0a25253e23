using Deque.AxeCore.Commons;
using FileDrop.Api.Tests.Files;
using FileDrop.Api.Tests.Folders;
using FileDrop.Api.Tests.Shares;
using Microsoft.Playwright;
using Xunit;

namespace FileDrop.Api.Tests.Page;

/// <summary>The page of a link in a browser: on a phone and wide, light and dark, with a script and without.</summary>
[Collection(ViewChromiumTests.Name)]
public sealed class SharePageTests(EmbeddedPair pair, Chromium chromium) : IClassFixture<EmbeddedPair>
{
    private static readonly string Axe = new BundledAxeScriptProvider().GetScript();

    private static readonly string[] Pictures = ["image/*"];

    private static readonly (string Name, int Width, int Height, bool Dark)[] Screens =
        [("phone-light", 390, 844, false), ("phone-dark", 390, 844, true), ("wide-light", 1280, 800, false), ("wide-dark", 1280, 800, true)];

    [Theory]
    [InlineData("file")]
    [InlineData("folder")]
    [InlineData("password")]
    [InlineData("drop")]
    [InlineData("gone")]
    public async Task A_page_of_a_link_has_no_fault_that_axe_can_find(string view)
    {
        var link = await LinkAsync(view);
        await using var window = await chromium.OpenAsync(pair.Service.Address);
        await window.GoAsync(link);
        if (view is "password")
        {
            await window.Page.GetByLabel("Password").FillAsync("not the password");
            await window.Button("Open").ClickAsync();
            await Assertions.Expect(window.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("not the password");
        }
        foreach (var (name, width, height, dark) in Screens)
        {
            await window.Page.SetViewportSizeAsync(width, height);
            await window.Page.EmulateMediaAsync(new PageEmulateMediaOptions { ColorScheme = dark ? ColorScheme.Dark : ColorScheme.Light });
            if (Environment.GetEnvironmentVariable("FILEDROP_TEST_PICTURES") is { } pictures)
                await window.Page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(pictures, $"share-{view}-{name}.png"), FullPage = true });
            await window.Page.EvaluateAsync(Axe);
            Assert.Empty(await window.Page.EvaluateAsync<string[]>(
                "async () => (await axe.run(document, { iframes: false })).violations.map(fault => `${fault.id}: ${fault.nodes.map(node => node.html).join(' ')}`)"));
            Assert.Equal(width, await window.Page.EvaluateAsync<int>("() => document.documentElement.scrollWidth"));
        }
        window.AssertClean();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task People_open_look_and_download_with_and_without_a_script(bool script)
    {
        var folder = (await pair.Http.FolderAsync($"shared {script}")).FolderId();
        await pair.Http.PlaceAsync("some notes"u8.ToArray(), "notes.txt", folder: folder);
        var link = (await pair.Http.ShareAsync(new { ids = new[] { folder }, password = ShareWords.Password })).Text("url");
        await using var window = await OpenAsync(script);
        await window.GoAsync(link);
        await window.Page.GetByLabel("Password").FillAsync(ShareWords.Password);
        await window.Button("Open").ClickAsync();
        await window.Link("notes.txt").ClickAsync();
        await Assertions.Expect(window.Page.Locator("h1")).ToHaveTextAsync("notes.txt");
        await Assertions.Expect(window.Page.FrameLocator("iframe").Locator("body")).ToContainTextAsync("some notes");
        var (saved, content) = await window.DownloadAsync(window.Link("Download"));
        Assert.Equal("notes.txt", saved);
        Assert.Equal("some notes"u8.ToArray(), content);
        await window.Page.GoBackAsync();
        var (name, zip) = await window.DownloadAsync(window.Link("Download all"));
        Assert.Equal(($"shared {script}.zip", (byte)'P'), (name, zip[0]));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task People_drop_files_with_and_without_a_script_and_get_a_receipt(bool script)
    {
        var folder = (await pair.Http.FolderAsync($"drop {script}")).FolderId();
        var link = (await pair.Http.ShareAsync(new { ids = new[] { folder }, mode = "upload", drop = new { asks_name = true } })).Text("url");
        await using var window = await OpenAsync(script);
        await window.GoAsync(link);
        await window.Page.GetByLabel("Your name").FillAsync("Ada");
        var file = new FilePayload { Name = "photo.png", MimeType = "image/png", Buffer = Samples.Png(10, 10) };
        if (script)
        {
            await window.Page.Locator("#many").SetInputFilesAsync([file, new FilePayload { Name = "big.bin", MimeType = "application/octet-stream", Buffer = new byte[10_000_000] }]);
            await Assertions.Expect(window.Page.Locator(".sending")).ToContainTextAsync("big.bin has arrived: 10 MB.");
        }
        else
        {
            await window.Page.GetByLabel("File", new PageGetByLabelOptions { Exact = true }).SetInputFilesAsync(file);
            await window.Button("Send").ClickAsync();
        }
        await Assertions.Expect(window.Page.GetByText("photo.png has arrived")).ToBeVisibleAsync();
        await Assertions.Expect(window.Page.GetByText("SHA-256").First).ToBeVisibleAsync();
        using var entries = await pair.Http.GetAsync($"/folders/{folder}/entries");
        Assert.Equal(script ? ["big.bin", "photo.png"] : ["photo.png"], (await entries.SucceededAsync()).EnumerateArray().Select(entry => entry.Name()).Order(StringComparer.Ordinal));
        if (script)
            window.AssertClean();
    }

    private Task<Window> OpenAsync(bool script) =>
        script ? chromium.OpenAsync(pair.Service.Address) : chromium.OpenWithoutScriptAsync(pair.Service.Address);

    private async Task<string> LinkAsync(string view)
    {
        var folder = (await pair.Http.FolderAsync($"{view} {Guid.NewGuid().ToString()[..8]}")).FolderId();
        var picture = (await pair.Http.PlaceAsync(Samples.Png(640, 400), "A picture with a rather long name that must not widen a phone.png", folder: folder)).Id();
        await pair.Http.PlaceAsync("text"u8.ToArray(), "Żółć 灯泡.txt", folder: folder);
        await pair.Http.FolderAsync("Scans", folder);
        return view switch
        {
            "file" => (await pair.Http.ShareAsync(new { ids = new[] { picture }, note = "From the hut.", expires_at = "2099-01-01T12:00:00Z" })).Text("url"),
            "folder" => await pair.Http.LinkAsync(folder),
            "password" => (await pair.Http.ShareAsync(new { ids = new[] { folder }, password = ShareWords.Password })).Text("url"),
            "drop" => (await pair.Http.ShareAsync(new { ids = new[] { folder }, mode = "upload", note = "Photos of the hut, please.", drop = new { max_file_size = 50_000_000, types = Pictures } })).Text("url"),
            _ => "/s/AAAAAAAAAAAAAAAAAAAAAA",
        };
    }
}
