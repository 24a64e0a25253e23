using System.Diagnostics;
using Microsoft.Playwright;
using Xunit;

namespace FileDrop.Api.Tests.Page;

/// <summary>The page is painted soon, and a folder of 100,000 files is as fast as one of ten.</summary>
[Collection(QuietChromiumTests.Name)]
public sealed class LargeListTests(Chromium chromium)
{
    private const int Count = 100_000;

    /// <summary>
    /// Looks at every frame, and reports the milliseconds from the navigation to the first row. Waiting for an element polls too seldom to measure this.
    /// </summary>
    private const string TellFirstRow =
        """
        window.firstRow = new Promise((resolve) => {
            const isThere = () => [...document.querySelectorAll(".row bdi")].some((name) => name.textContent === "Report 000000.pdf");
            const look = () => isThere() ? resolve(performance.now()) : requestAnimationFrame(look);
            look();
        });
        """;

    /// <summary>Scrolls the list in steps, looks at every frame, and counts frames with an empty place.</summary>
    private const string CountBlanks =
        """
        async (to) => {
            const grid = document.querySelector(".grid");
            const { top, bottom, left } = grid.getBoundingClientRect();
            let blanks = 0;
            const stride = (to - grid.scrollTop) / 60;
            for (let i = 0; i < 60; i++) {
                grid.scrollTop += stride;
                await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
                for (let y = top + 60; y < bottom - 4; y += 90) if (!document.elementFromPoint(left + 200, y)?.closest(".row")) blanks++;
            }
            return blanks;
        }
        """;

    [Fact]
    public async Task A_first_visit_is_painted_within_three_seconds()
    {
        await using var stores = new EmbeddedStores();
        await using var service = await Service.StartAsync(stores);
        await using var window = await chromium.OpenAsync(service.Address);
        await window.GoAsync();
        var painted = await window.PaintedAsync();
        TestContext.Current.TestOutputHelper?.WriteLine($"First paint after {painted:F0} ms");
        Assert.InRange(painted, 1, 3000);
    }

    [Fact]
    public async Task A_hundred_thousand_files_in_one_folder_are_listed_at_once_and_scroll_to_the_end_and_back_without_a_blank()
    {
        await using var stores = new EmbeddedStores();
        Samples.Fill(stores, Count);
        await using var service = await Service.StartAsync(stores);
        await using var window = await chromium.OpenAsync(service.Address);
        // Warm up the service and the browser, as they are for all but the first visit.
        await window.GoAsync("/?view=trash");
        await Assertions.Expect(window.Page.GetByText("The trash is empty")).ToBeVisibleAsync();

        await window.Page.AddInitScriptAsync(TellFirstRow);
        await window.GoAsync();
        await window.Row("Report 000000.pdf").WaitForAsync();
        var shown = await window.Page.EvaluateAsync<double>("() => window.firstRow");
        TestContext.Current.TestOutputHelper?.WriteLine($"First rows after {shown} ms");
        Assert.InRange(shown, 0, 1000);
        Assert.InRange(await window.Page.Locator(".row").CountAsync(), 10, 60);

        var clock = Stopwatch.StartNew();
        await window.Grid.PressAsync("End");
        await Assertions.Expect(window.Row("Report 099999.pdf")).ToBeVisibleAsync(new LocatorAssertionsToBeVisibleOptions { Timeout = 60_000 });
        TestContext.Current.TestOutputHelper?.WriteLine($"At the end after {clock.ElapsedMilliseconds} ms");
        await Assertions.Expect(window.Page.Locator(".count")).ToHaveTextAsync("100,000 files");
        Assert.Equal(0, await window.Page.EvaluateAsync<int>(CountBlanks, 0));
        await Assertions.Expect(window.Row("Report 000000.pdf")).ToBeVisibleAsync();
        Assert.Equal(0, await window.Page.EvaluateAsync<int>(CountBlanks, (Count - 100) * 48));
        Assert.InRange(await window.Page.Locator(".row").CountAsync(), 10, 60);
        window.AssertClean();
    }

    [Fact]
    public async Task Scrolling_loads_page_after_page()
    {
        await using var stores = new EmbeddedStores();
        Samples.Fill(stores, 3000);
        await using var service = await Service.StartAsync(stores);
        await using var window = await chromium.OpenAsync(service.Address);
        await window.GoAsync("/?sort=created_at&order=desc");
        await window.Row("Report 002999.pdf").WaitForAsync();
        await Service.UntilAsync("the last file is in view", async () =>
        {
            await window.Grid.EvaluateAsync("grid => grid.scrollTop += 4000");
            return await window.Row("Report 000000.pdf").IsVisibleAsync();
        });
        await Assertions.Expect(window.Page.Locator(".count")).ToHaveTextAsync("3,000 files");
    }
}
