using Microsoft.Playwright;
using Xunit;

namespace FileDrop.Api.Tests.Page;

/// <summary>The page fits windows of all sizes and touch screens.</summary>
[Collection(ViewChromiumTests.Name)]
public sealed class LayoutTests(FilledPair filled, Chromium chromium) : IClassFixture<FilledPair>
{
    /// <summary>The last file in a list by name.</summary>
    private const string Last = "تقرير ٢٠٢٦.pdf";

    [Theory]
    [InlineData(390, 844)]
    [InlineData(720, 600)]
    [InlineData(960, 700)]
    [InlineData(961, 700)]
    [InlineData(1024, 768)]
    [InlineData(1140, 700)]
    [InlineData(1241, 700)]
    [InlineData(1341, 700)]
    [InlineData(844, 390)]
    [InlineData(360, 225)]
    public async Task The_parts_of_the_header_do_not_overlap(int width, int height)
    {
        await using var window = await OpenAsync((width, height));
        // Make the header as wide as possible: signed in, with a quota. Measure in the same step, since an answer draws the quota again.
        var overlaps = await window.Page.EvaluateAsync<string[]>(
            """
            () => {
                for (const part of document.querySelectorAll(".usage, .usage meter, [aria-label='Sign out']")) part.hidden = false;
                document.querySelector(".usage span").textContent = "123 GB of 1.25 TB used";
                const parts = [...document.querySelectorAll(".top a, .top button:not(.clear), .top input:not([type=file]), .usage")].filter((part) => part.checkVisibility());
                const boxes = parts.map((part) => part.getBoundingClientRect());
                const found = [];
                boxes.forEach((box, i) => {
                    if (box.left < 0 || box.right > innerWidth || box.top < 0 || box.bottom > innerHeight) found.push(`outside: ${parts[i].outerHTML}`);
                    for (let j = 0; j < i; j++)
                        if (box.left < boxes[j].right && boxes[j].left < box.right && box.top < boxes[j].bottom && boxes[j].top < box.bottom)
                            found.push(`${parts[i].outerHTML} over ${parts[j].outerHTML}`);
                });
                return found;
            }
            """);
        Assert.Empty(overlaps);
    }

    [Theory]
    [InlineData(390, 844)]
    [InlineData(360, 740)]
    public async Task The_count_is_whole_on_a_phone(int width, int height)
    {
        await using var window = await OpenAsync((width, height), touch: true);
        await WholeAsync();
        await window.EnterAsync("Photos");
        await window.Row("2026").WaitForAsync();
        await WholeAsync();
        await window.GoAsync(Window.AllFiles);
        await window.Row("Interview.wav").WaitForAsync();
        await WholeAsync();

        // In a large folder, too. Measure in the same step, since a change draws the count again.
        async Task WholeAsync() => Assert.Equal("", await window.Page.EvaluateAsync<string>(
            """
            () => {
                const count = document.querySelector(".bar .count");
                if (!count.textContent) return "There is no count.";
                count.textContent = "1,234 folders, 12,000+ files";
                const [box, bar] = [count.getBoundingClientRect(), count.closest(".bar").getBoundingClientRect()];
                const others = [...document.querySelectorAll(".bar h1, .bar a, .bar button, .bar select")].map((part) => [part, part.getBoundingClientRect()]);
                if (count.scrollWidth > count.clientWidth + 1 || count.scrollHeight > count.clientHeight + 1) return `cut: ${count.scrollWidth} in ${count.clientWidth}`;
                if (box.left < bar.left || box.right > bar.right || box.top < bar.top || box.bottom > bar.bottom + 1) return "outside of the bar";
                const over = others.find(([, each]) => box.left < each.right && each.left < box.right && box.top + 1 < each.bottom && each.top + 1 < box.bottom);
                return over ? `over ${over[0].outerHTML}` : "";
            }
            """));
    }

    [Theory]
    [InlineData(360, 225, 120, false)]
    [InlineData(360, 225, 120, true)]
    [InlineData(844, 390, 260, true)]
    [InlineData(390, 844, 600, true)]
    public async Task The_list_takes_most_of_a_small_window(int width, int height, int least, bool touch)
    {
        await using var window = await OpenAsync((width, height), touch);
        var list = await window.Grid.BoundingBoxAsync() ?? throw new InvalidOperationException("There is no list.");
        Assert.InRange(Math.Min(list.Height, height - list.Y), least, height);
        // The last file can be reached, and nothing covers it.
        await window.Grid.EvaluateAsync("grid => grid.scrollTop = grid.scrollHeight");
        await Assertions.Expect(window.Row(Last)).ToBeInViewportAsync();
        await window.Row(Last).Locator(".link").ClickAsync();
        await Assertions.Expect(window.Detail.Locator("h2")).ToHaveTextAsync(Last);
        await Assertions.Expect(window.Detail.Button("Delete")).ToBeVisibleAsync();
        await window.Detail.Button("Close").ClickAsync();
        await Assertions.Expect(window.Detail).ToBeHiddenAsync();
    }

    [Theory]
    [InlineData(1024, 768, false, 24)]
    [InlineData(1024, 768, true, 44)]
    [InlineData(390, 844, true, 44)]
    public async Task Targets_are_large_enough_for_mouse_and_finger(int width, int height, bool touch, int least)
    {
        await using var window = await OpenAsync((width, height), touch);
        await window.EnterAsync("Photos");
        await window.Row("2026").WaitForAsync();
        await LargeEnoughAsync(window, least);
        await window.GoAsync(Window.AllFiles);
        await window.OpenAsync("Tatra at sunset.png");
        await window.Detail.GetByText("Version 1").WaitForAsync();
        await LargeEnoughAsync(window, least);
        await window.Detail.Button("Show large").ClickAsync();
        await LargeEnoughAsync(window, least);
        await window.Page.Keyboard.PressAsync("Escape");
        await window.Detail.Button("Close").ClickAsync();
        await window.Row("Interview.wav").Locator(".check").ClickAsync();
        await Assertions.Expect(window.Page.Locator(".chosen")).ToBeVisibleAsync();
        await LargeEnoughAsync(window, least);
        await window.Button("Move to…").ClickAsync();
        await window.TreeItem("Photos").ClickAsync();
        await LargeEnoughAsync(window, least);
        await window.Dialog().Button("Cancel").ClickAsync();
        await SharingIsLargeEnoughAsync(window, least);
        // Open the uploads, with one that is done, one that is sending, and one that needs an answer.
        var done = $"Done {width} {touch}.bin";
        await window.DropAsync((done, 10));
        await Assertions.Expect(window.Upload(done)).ToContainTextAsync("Uploaded");
        await window.NetworkAsync(200_000);
        await window.DropAsync(("Film.mp4", 20_000_000), ("Notes.txt", FilledPair.Notes.Length));
        await window.Dialog().WaitForAsync();
        await LargeEnoughAsync(window, least);
        await window.Page.Keyboard.PressAsync("Escape");
        await Assertions.Expect(window.Upload("Notes.txt")).ToContainTextAsync("this name already");
        await window.UnderWayAsync("Film.mp4");
        await LargeEnoughAsync(window, least);
    }

    private async Task SharingIsLargeEnoughAsync(Window window, int least)
    {
        await filled.ShareAsync();
        var address = window.Page.Url;
        await window.GoAsync();
        await window.SelectAsync("Letters");
        await window.ShareSelectedAsync();
        await window.Dialog().Button("Copy link: Letters").WaitForAsync();
        await window.Dialog().Button("New link").ClickAsync();
        await window.AllowAsync("Request files");
        await window.Dialog().Button("Make one").ClickAsync();
        await window.Dialog().GetByLabel("The link works").SelectOptionAsync("until a date…");
        await LargeEnoughAsync(window, least);
        await window.Dialog().Button("Close").ClickAsync();
        await window.GoAsync("/?view=shared");
        await window.Button("Copy link: Letters").WaitForAsync();
        await LargeEnoughAsync(window, least);
        await window.GoAsync(address);
        await window.Row("Interview.wav").WaitForAsync();
    }

    [Fact]
    public async Task A_long_press_selects_and_further_taps_select_too()
    {
        await using var window = await OpenAsync((390, 844), touch: true);
        // Files of the other tests can push the row out of view.
        await window.Row("Interview.wav").ScrollIntoViewIfNeededAsync();
        var box = await window.Row("Interview.wav").Locator(".link").BoundingBoxAsync() ?? throw new InvalidOperationException("There is no row.");
        await window.TouchAsync(box.X + 10, box.Y + 10);
        await Assertions.Expect(window.Page.Locator(".chosen strong")).ToHaveTextAsync("1 selected");
        await window.LiftAsync();
        await window.Row("Budget.xlsx").Locator(".link").TapAsync();
        await Assertions.Expect(window.Page.Locator(".chosen strong")).ToHaveTextAsync("2 selected");
        await Assertions.Expect(window.Detail).ToBeHiddenAsync();
        await window.Button("Clear the selection").ClickAsync();
        await window.Row("Budget.xlsx").Locator(".link").TapAsync();
        await Assertions.Expect(window.Detail.Locator("h2")).ToHaveTextAsync("Budget.xlsx");
        window.AssertClean();
    }

    [Fact]
    public async Task A_phone_is_not_told_to_drop_files()
    {
        await using var stores = new EmbeddedStores();
        await using var service = await Service.StartAsync(stores);
        await using var phone = await chromium.OpenAsync(service.Address, size: (390, 844), touch: true);
        await phone.GoAsync();
        await Assertions.Expect(phone.Page.GetByText("No files yet")).ToBeVisibleAsync();
        Assert.DoesNotMatch(@"(?i)\bdrop", await phone.Page.Locator(".empty").InnerTextAsync());
    }

    /// <summary>Waits until no target is smaller than this number of pixels. A whole row is one target, and so is the label around a box.</summary>
    private static Task LargeEnoughAsync(Window window, int least) => Eventually.HoldsAsync(async () => Assert.Empty(await window.Page.EvaluateAsync<string[]>(
        """
        (least) => [...document.querySelectorAll("button, a, select, input:not([type=checkbox], [type=file]), label:has(input), .row .check, .node")]
            .filter((part) => part.checkVisibility({ opacityProperty: true, visibilityProperty: true }) && !part.matches(".skip, .row .link"))
            .map((part) => [part.outerHTML.slice(0, 120), part.getBoundingClientRect()])
            .filter(([, box]) => box.width + 0.5 < least || box.height + 0.5 < least)
            .map(([html, box]) => `${box.width} × ${box.height}: ${html}`)
        """, least)));

    private async Task<Window> OpenAsync((int Width, int Height) size, bool touch = false)
    {
        await filled.FillAsync();
        var window = await chromium.OpenAsync(filled.Service.Address, size: size, touch: touch);
        await window.GoAsync();
        await window.Page.Locator(".row").First.WaitForAsync();
        return window;
    }
}
