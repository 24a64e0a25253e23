using System.Reflection;
using System.Text.RegularExpressions;
using Deque.AxeCore.Commons;
using Microsoft.Playwright;
using Xunit;

namespace FileDrop.Api.Tests.Page;

/// <summary>
/// Checks every view for accessibility (WCAG 2.2 AA, as far as axe can tell) on narrow and wide screens, light and dark, and takes screenshots.
/// </summary>
[Collection(ViewChromiumTests.Name)]
public sealed class ViewTests(FilledPair filled, PageOnEmbeddedPair empty, Chromium chromium)
    : IClassFixture<FilledPair>, IClassFixture<PageOnEmbeddedPair>
{
    /// <summary>Frames are left out: they contain users' files, and axe cannot run in a sandbox.</summary>
    private const string Run =
        """
        async () => (await axe.run(document, {
            iframes: false,
            runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
        })).violations.map((finding) => `${finding.id}: ${finding.help}: ${finding.nodes.map((node) => node.html).join(" | ")}`)
        """;

    private static readonly Regex Lists = new("/(files|entries)\\?", RegexOptions.None, TimeSpan.FromSeconds(1));

    private static readonly (string Name, int Width, int Height, bool Dark)[] Screens =
        [("wide", 1280, 800, false), ("middle-dark", 1024, 768, true), ("phone-dark", 390, 844, true), ("tiny", 360, 225, false)];

    private static readonly string Axe = new BundledAxeScriptProvider().GetScript();

    /// <summary>The views that the short run looks at.</summary>
    public static TheoryData<string> Often =>
    [
        "files", "details", "text", "markdown", "table", "source", "large", "renaming-details", "selected", "renaming", "uploads", "long-way",
        "new-folder", "moving", "conflict", "unsorted", "trash", "nothing-found", "no-files", "empty-trash", "request-files", "link", "shared",
        "keys", "connect", "question", "sign-in", "down",
    ];

    /// <summary>All views.</summary>
    public static TheoryData<string> All =>
    [
        .. Often.Select(view => view.Data),
        "folder", "empty-folder", "gone-folder", "folder-selected", "search", "all-files", "sharing", "changing-link", "nothing-shared",
    ];

    [Theory]
    [MemberData(nameof(Often))]
    public Task A_view_has_no_fault_that_axe_can_find_on_a_wide_screen_and_on_a_phone(string view) => CheckAsync(view, Screens[0], Screens[2]);

    [Theory]
    [Trait("Run", "nightly")]
    [MemberData(nameof(All))]
    public Task A_view_has_no_fault_that_axe_can_find_on_any_screen(string view) => CheckAsync(view, Screens);

    private async Task CheckAsync(string view, params (string Name, int Width, int Height, bool Dark)[] screens)
    {
        await filled.FillAsync();
        if (view is "shared")
            await filled.ShareAsync();
        EmbeddedPair pair = view is "no-files" or "empty-trash" or "nothing-shared" ? empty : filled;
        await using var window = await chromium.OpenAsync(pair.Service.Address);
        await ShowAsync(window, view);
        await window.Page.EvaluateAsync(Axe);
        foreach (var (name, width, height, dark) in screens)
        {
            await window.Page.SetViewportSizeAsync(width, height);
            var scheme = dark ? ColorScheme.Dark : ColorScheme.Light;
            await window.Page.EmulateMediaAsync(new PageEmulateMediaOptions { ColorScheme = scheme, ReducedMotion = ReducedMotion.Reduce });
            await PhotographAsync(window.Page, $"{view}-{name}");
            Assert.Empty(await window.Page.EvaluateAsync<string[]>(Run));
            Assert.Equal(width, await window.Page.EvaluateAsync<int>("() => document.documentElement.scrollWidth"));
        }
        window.AssertClean();
    }

    private static async Task ShowAsync(Window window, string view)
    {
        if (view is "sign-in")
            await window.Page.RouteAsync(Lists, route => route.FulfillAsync(new RouteFulfillOptions { Status = 401, Body = "{}" }));
        if (view is "down")
            await window.Page.RouteAsync(Lists, route => route.AbortAsync());
        await window.GoAsync(view switch
        {
            "trash" or "question" or "empty-trash" => "/?view=trash",
            "nothing-found" => "/?q=nothing+like+this",
            "gone-folder" => $"/?folder={Guid.NewGuid()}",
            "search" => "/?q=scan&in=folder",
            "all-files" => Window.AllFiles,
            "unsorted" => "/?view=unsorted",
            "shared" or "nothing-shared" => "/?view=shared",
            _ => "/",
        });
        if (view is "no-files" or "empty-trash")
            await window.Page.GetByText(view is "no-files" ? "Drop a file anywhere" : "The trash is empty").WaitForAsync();
        if (view is "sign-in" or "down" or "nothing-found" or "no-files" or "empty-trash" or "nothing-shared" or "gone-folder")
        {
            await window.Page.Locator(".door, .empty:visible").WaitForAsync();
            return;
        }
        if (view is "shared")
        {
            await window.Button("QR code: Notes.txt").ClickAsync();
            await window.Page.GetByRole(AriaRole.Img, new PageGetByRoleOptions { Name = "QR code of the link to Notes.txt" }).WaitForAsync();
            return;
        }
        await window.Page.Locator(".row").First.WaitForAsync();
        switch (view)
        {
            case "details":
                await window.OpenAsync("Tatra at sunset.png");
                await Assertions.Expect(window.Detail.Locator("img")).ToHaveJSPropertyAsync("complete", true);
                await window.Detail.GetByText("Version 1").WaitForAsync();
                break;
            case "text":
                await window.OpenAsync("Notes.txt");
                await window.Detail.Locator(".prose").WaitForAsync();
                await window.Detail.GetByText("Version 1").WaitForAsync();
                break;
            case "markdown" or "table" or "source" or "large":
                await window.OpenAsync(view switch { "table" => "Costs.csv", "source" => "settings.json", _ => "Plan.md" });
                await window.Detail.Locator(".reading").WaitForAsync();
                await window.Detail.GetByText("Version 1").WaitForAsync();
                if (view is "large")
                {
                    await window.Detail.Button("Show large").ClickAsync();
                    await window.Page.Locator(".stage .reading").WaitForAsync();
                }
                break;
            case "renaming-details":
                await window.OpenAsync("Notes.txt");
                await window.Detail.GetByText("Version 1").WaitForAsync();
                await window.Detail.Button("Rename").ClickAsync();
                await window.Detail.GetByLabel("New name of Notes.txt").WaitForAsync();
                break;
            case "selected":
                await window.Row("Notes.txt").Locator(".check").ClickAsync();
                await window.Row("Interview.wav").Locator(".check").ClickAsync();
                break;
            case "renaming":
                await window.Row("Notes.txt").Locator(".check").ClickAsync();
                await window.Page.Keyboard.PressAsync("F2");
                await window.Page.GetByLabel("New name of Notes.txt").WaitForAsync();
                break;
            case "uploads":
                await window.NetworkAsync(200_000);
                await window.DropAsync(("Film of the trip.mp4", 40_000_000), ("Notes.txt", FilledPair.Notes.Length), ("Draft.docx", 900_000));
                await window.Dialog().WaitForAsync();
                await window.Page.Keyboard.PressAsync("Escape");
                await Assertions.Expect(window.Upload("Notes.txt")).ToContainTextAsync("a file with this name already");
                await window.UnderWayAsync("Film of the trip.mp4");
                await window.Upload("Draft.docx").GetByRole(AriaRole.Button, new LocatorGetByRoleOptions { NameRegex = new("^Pause") }).ClickAsync();
                break;
            case "folder" or "long-way":
                await window.EnterAsync("Photos");
                await window.EnterAsync("2026");
                if (view is "long-way")
                    await window.EnterAsync("Tatra mountains");
                await window.Row(view is "folder" ? "Tatra mountains" : "Peak 3.png").WaitForAsync();
                break;
            case "empty-folder":
                await window.EnterAsync("Letters");
                await window.Page.GetByText("This folder is empty").WaitForAsync();
                break;
            case "new-folder":
                await window.Button("New folder").ClickAsync();
                await window.Dialog().Locator("input").FillAsync("Photos");
                await window.Dialog().Button("Create").ClickAsync();
                await Assertions.Expect(window.Dialog()).ToContainTextAsync("already has this name");
                break;
            case "moving":
                await window.SelectAsync("Letters", "Notes.txt");
                await window.Button("Move to…").ClickAsync();
                await window.TreeItem("Photos").Locator(".twist").First.ClickAsync();
                await window.TreeItem("2026").ClickAsync();
                break;
            case "conflict":
                await window.DropAsync(("Notes.txt", 40), ("Plan.md", 50));
                await window.Dialog().GetByLabel("Do this for all").WaitForAsync();
                break;
            case "folder-selected":
                await window.SelectAsync("Photos");
                break;
            case "search":
                await window.Row("Scan 012.pdf").WaitForAsync();
                break;
            case "sharing" or "request-files":
                await window.SelectAsync(view is "sharing" ? "Budget.xlsx" : FilledPair.LongName);
                await window.ShareSelectedAsync();
                await window.Dialog().Button("Make one").ClickAsync();
                if (view is "request-files")
                    await window.AllowAsync("Request files");
                break;
            case "link" or "changing-link":
                await window.SelectAsync(view is "link" ? "Photos" : "Scan 001.pdf");
                await window.ShareSelectedAsync();
                await window.Dialog().Button("Make one").ClickAsync();
                await window.MakeLinkAsync();
                await window.Dialog().GetByRole(AriaRole.Img).First.WaitForAsync();
                if (view is "changing-link")
                    await window.Dialog().GetByRole(AriaRole.Button, new LocatorGetByRoleOptions { NameRegex = new("^Change") }).First.ClickAsync();
                break;
            case "keys":
                await window.Grid.FocusAsync();
                await window.Page.Keyboard.PressAsync("?");
                break;
            case "connect":
                await window.Button("Connect").ClickAsync();
                await window.Dialog().WaitForAsync();
                break;
            case "question":
                await window.Button("Empty the trash").ClickAsync();
                break;
            default:
                break;
        }
    }

    private static async Task PhotographAsync(IPage page, string name)
    {
        var program = typeof(ViewTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .First(item => item.Key == "ServiceProgram").Value ?? "";
        // Go from FileDrop.Api/bin/…/net10.0/FileDrop.Api.dll to the repository's root.
        var root = Path.GetFullPath(Path.Combine(program, "..", "..", "..", "..", ".."));
        var path = Path.Combine(root, "artifacts", "page", $"{name}.png");
        await page.ScreenshotAsync(new PageScreenshotOptions { Path = path, Animations = ScreenshotAnimations.Disabled });
    }
}
