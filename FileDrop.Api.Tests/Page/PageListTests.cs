using System.Net.Http.Json;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Xunit;

namespace FileDrop.Api.Tests.Page;

/// <summary>Finding files: sorting, searching and filtering, with live updates and the state in the address.</summary>
[Collection(ChromiumTests.Name)]
public sealed class PageListTests(Chromium chromium) : IAsyncLifetime
{
    private readonly EmbeddedStores _stores = new();
    private Service? _service;

    private Service Service => _service ?? throw new InvalidOperationException("The service was not started.");

    public async ValueTask InitializeAsync() => _service = await Service.StartAsync(_stores, ("FileDrop:Trash:Retention", "1.00:00:00"));

    public async ValueTask DisposeAsync()
    {
        await Service.DisposeAsync();
        await _stores.DisposeAsync();
    }

    [Fact]
    public async Task The_address_holds_the_view_and_the_back_button_works()
    {
        await Service.Http.UploadAsync(new byte[30], "apple.txt", "text/plain");
        await Service.Http.UploadAsync(new byte[10], "banana.png", "image/png");
        await Service.Http.UploadAsync(new byte[20], "cherry.txt", "text/plain");
        await using var window = await OpenAsync();
        await window.ShowsAsync("cherry.txt", "banana.png", "apple.txt");

        await window.Button("Name").ClickAsync();
        await window.ShowsAsync("apple.txt", "banana.png", "cherry.txt");
        await window.Button("Size").ClickAsync();
        await window.ShowsAsync("apple.txt", "cherry.txt", "banana.png");
        await Assertions.Expect(window.Page).ToHaveURLAsync(new Regex("sort=file_size&order=desc"));
        await window.Button("Text").ClickAsync();
        await window.ShowsAsync("apple.txt", "cherry.txt");
        await window.Page.GetByRole(AriaRole.Searchbox).PressSequentiallyAsync("CHER");
        await window.ShowsAsync("cherry.txt");
        await window.OpenAsync("cherry.txt");
        await Assertions.Expect(window.Page).ToHaveURLAsync(new Regex("q=CHER&type=text%2F\\*.*&file="));

        await window.Page.ReloadAsync();
        await Assertions.Expect(window.Detail.Locator("h2")).ToHaveTextAsync("cherry.txt");
        await window.ShowsAsync("cherry.txt");
        await window.Page.GoBackAsync();
        await Assertions.Expect(window.Detail).ToBeHiddenAsync();
        await window.Page.GoBackAsync();
        await window.ShowsAsync("apple.txt", "cherry.txt");
        await window.Page.GoBackAsync();
        await window.ShowsAsync("apple.txt", "cherry.txt", "banana.png");
        window.AssertClean();
    }

    [Fact]
    public async Task Names_of_any_script_are_shown_as_they_are_and_are_never_markup()
    {
        string[] names =
        [
            "灯泡 の設計図.pdf", "تقرير ٢٠٢٦.pdf", "מסמך (1).txt", "<img src=x onerror=alert(1)>.html", "👩‍👩‍👧 family & co.jpg", "a'b\"c.txt", "..hidden",
        ];
        foreach (var name in names)
            await Service.Http.UploadAsync([1], name);
        await Service.Http.UploadAsync([1], "invoice\u202egnp.exe");
        await using var window = await OpenAsync();
        foreach (var name in names)
            await Assertions.Expect(window.Row(name)).ToHaveCountAsync(1);
        await Assertions.Expect(window.Row("invoice\ufffdgnp.exe")).ToHaveCountAsync(1);
        await Assertions.Expect(window.Page.Locator(".row .link > bdi")).ToHaveCountAsync(names.Length + 1);
        await window.OpenAsync(names[3]);
        await Assertions.Expect(window.Page.Locator("img[src=x]")).ToHaveCountAsync(0);
        var (saved, _) = await window.DownloadAsync(window.Detail.Button("Download"));
        Assert.EndsWith(".html", saved, StringComparison.Ordinal);
        window.AssertClean();
    }

    [Fact]
    public async Task Two_windows_show_each_others_changes()
    {
        var first = await Service.Http.UploadAsync([1], "first.txt", "text/plain");
        await using var one = await OpenAsync();
        await using var other = await OpenAsync();
        await other.OpenAsync("first.txt");
        await one.DropAsync(("second.bin", 10));
        await Assertions.Expect(other.Row("second.bin")).ToHaveCountAsync(1);
        using var renamed = await Service.Http.PutAsJsonAsync($"/files/{first.Id()}", new { file_name = "renamed.txt" });
        foreach (var window in new[] { one, other })
            await Assertions.Expect(window.Row("renamed.txt")).ToHaveCountAsync(1);
        await Assertions.Expect(other.Detail.Locator("h2")).ToHaveTextAsync("renamed.txt");
        await one.OpenAsync("renamed.txt");
        await one.Detail.Button("Delete").ClickAsync();
        await Assertions.Expect(other.Row("renamed.txt")).ToHaveCountAsync(0);
        await Assertions.Expect(other.Detail).ToContainTextAsync("This file is no longer here");
        one.AssertClean();
        other.AssertClean();
    }

    [Fact]
    public async Task Everything_can_be_done_by_keys()
    {
        foreach (var name in new[] { "c.txt", "b.txt", "a.txt" })
            await Service.Http.UploadAsync([1], name);
        await using var window = await OpenAsync();
        await window.Row("a.txt").WaitForAsync();
        await window.Grid.FocusAsync();
        await window.Page.Keyboard.PressAsync("ArrowDown");
        await window.Page.Keyboard.PressAsync("ArrowDown");
        await window.Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(window.Detail).ToContainTextAsync("b.txt");
        await window.Page.Keyboard.PressAsync("Escape");
        await Assertions.Expect(window.Detail).ToBeHiddenAsync();
        await Assertions.Expect(window.Grid).ToBeFocusedAsync();
        await window.Page.Keyboard.PressAsync("F2");
        await window.Page.Keyboard.TypeAsync("renamed");
        await window.Page.Keyboard.PressAsync("Enter");
        await window.ShowsAsync("a.txt", "renamed.txt", "c.txt");
        await Assertions.Expect(window.Toast).ToContainTextAsync("Renamed to “renamed.txt”.");
        await window.Page.Keyboard.PressAsync("Home");
        await window.Page.Keyboard.PressAsync("Space");
        await window.Page.Keyboard.PressAsync("Shift+ArrowDown");
        await Assertions.Expect(window.Page.Locator(".chosen strong")).ToHaveTextAsync("2 selected");
        await window.Page.Keyboard.PressAsync("Delete");
        await Assertions.Expect(window.Toast).ToContainTextAsync("2 files were deleted.");
        await window.ShowsAsync("c.txt");
        await window.Page.Keyboard.PressAsync("Control+z");
        await Assertions.Expect(window.Toast).ToContainTextAsync("2 files were restored.");
        await Assertions.Expect(window.Page.Locator(".row")).ToHaveCountAsync(3);
        await window.Grid.FocusAsync();
        await window.Page.Keyboard.PressAsync("/");
        await Assertions.Expect(window.Page.GetByRole(AriaRole.Searchbox)).ToBeFocusedAsync();
        await window.Page.Keyboard.PressAsync("Escape");
        await window.Page.Keyboard.PressAsync("?");
        await Assertions.Expect(window.Page.GetByRole(AriaRole.Dialog)).ToContainTextAsync("Keyboard shortcuts");
        await window.Page.Keyboard.PressAsync("Escape");
        // While the dialog is open, it gets all keys.
        await Assertions.Expect(window.Page.GetByRole(AriaRole.Dialog)).ToHaveCountAsync(0);
        var chosen = await window.Page.RunAndWaitForFileChooserAsync(() => window.Page.Keyboard.PressAsync("u"));
        Assert.True(chosen.IsMultiple);
        window.AssertClean();
    }

    [Fact]
    public async Task Names_are_sorted_with_numbers_by_value()
    {
        foreach (var name in new[] { "scan 10.pdf", "scan 2.pdf", "Scan 1.pdf", "édition.pdf", "zebra.pdf", "edge.pdf", "scan 02b.pdf" })
            await Service.Http.UploadAsync([1], name);
        await using var window = await OpenAsync("/?view=files&sort=file_name&order=asc");
        string[] expected = ["edge.pdf", "édition.pdf", "Scan 1.pdf", "scan 2.pdf", "scan 02b.pdf", "scan 10.pdf", "zebra.pdf"];
        await window.ShowsAsync(expected);
        await window.Button("Name").ClickAsync();
        await window.ShowsAsync([.. expected.Reverse()]);
        await Service.Http.UploadAsync([1], "scan 3.pdf");
        await window.ShowsAsync("zebra.pdf", "scan 10.pdf", "scan 3.pdf", "scan 02b.pdf", "scan 2.pdf", "Scan 1.pdf", "édition.pdf", "edge.pdf");
        // A renamed file moves to its new place, once the service has the name.
        await window.Row("zebra.pdf").Locator(".check").ClickAsync();
        await window.Page.Keyboard.PressAsync("F2");
        await window.Page.GetByLabel("New name of zebra.pdf").FillAsync("scan 9.pdf");
        await window.Page.Keyboard.PressAsync("Enter");
        await window.ShowsAsync("scan 10.pdf", "scan 9.pdf", "scan 3.pdf", "scan 02b.pdf", "scan 2.pdf", "Scan 1.pdf", "édition.pdf", "edge.pdf");
        window.AssertClean();
    }

    [Fact]
    public async Task Words_are_found_in_any_order_in_names_and_tags_without_accents()
    {
        var id = (await Service.Http.UploadAsync([1], "Żółte łódki 2026.txt")).Id();
        using (await Service.Http.PutAsJsonAsync($"/files/{id}", new { tags = new { project = "Café" } }))
            await Service.Http.UploadAsync([1], "other 2026.txt");
        await using var window = await OpenAsync();
        var search = window.Page.GetByRole(AriaRole.Searchbox);
        foreach (var words in new[] { "2026 zolte", "LODKI zol", "cafe 2026", "łódki CAFÉ" })
        {
            await search.FillAsync(words);
            await Assertions.Expect(window.Page.Locator(".row .link > bdi")).ToHaveTextAsync(["Żółte łódki 2026.txt"]);
        }
        await search.FillAsync("2026");
        await Assertions.Expect(window.Page.Locator(".row")).ToHaveCountAsync(2);
        await search.FillAsync("2026 nothing");
        await Assertions.Expect(window.Page.GetByText("Nothing found")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task A_name_is_a_link_to_the_file_without_the_list()
    {
        await Service.Http.UploadAsync([1], "linked.bin");
        await using var window = await OpenAsync("/?q=linked");
        var link = window.Row("linked.bin").GetByRole(AriaRole.Link);
        var another = await window.Context.RunAndWaitForPageAsync(() => link.ClickAsync(new LocatorClickOptions { Button = MouseButton.Middle }));
        await Assertions.Expect(another.Locator(".detail h2")).ToHaveTextAsync("linked.bin");
        Assert.DoesNotContain("q=", another.Url, StringComparison.Ordinal);
        await Assertions.Expect(window.Detail).ToBeHiddenAsync();
        await Assertions.Expect(window.Row("linked.bin").GetByRole(AriaRole.Checkbox)).ToHaveAttributeAsync("aria-label", "Select linked.bin");
        await link.ClickAsync();
        await Assertions.Expect(window.Detail.Locator("h2")).ToHaveTextAsync("linked.bin");
        await Assertions.Expect(window.Page).ToHaveURLAsync(new Regex("q=linked&file="));
    }

    [Fact]
    public async Task The_order_of_rows_in_the_document_stays_that_on_the_screen_after_scrolling_up()
    {
        Samples.Fill(_stores, 300);
        await using var window = await OpenAsync();
        await window.Row("Report 000299.pdf").WaitForAsync();
        await window.Grid.EvaluateAsync("grid => grid.scrollTop = 5000");
        await Assertions.Expect(window.Row("Report 000299.pdf")).ToHaveCountAsync(0);
        await window.Grid.EvaluateAsync("grid => grid.scrollTop = 4000");
        await window.Grid.EvaluateAsync("grid => grid.scrollTop = 0");
        await Assertions.Expect(window.Row("Report 000299.pdf")).ToHaveCountAsync(1);
        var places = await window.Page.EvaluateAsync<int[]>("() => [...document.querySelectorAll('.row')].map((row) => Number(row.ariaRowIndex))");
        Assert.Equal(places.Order(), places);
    }

    [Fact]
    public async Task Arrow_keys_move_the_open_details_to_the_next_file()
    {
        foreach (var name in new[] { "c.bin", "b.bin", "a.bin" })
            await Service.Http.UploadAsync([1], name);
        await using var window = await OpenAsync();
        await window.OpenAsync("a.bin");
        foreach (var (key, name) in new[] { ("ArrowDown", "b.bin"), ("ArrowDown", "c.bin"), ("ArrowUp", "b.bin") })
        {
            await window.Page.Keyboard.PressAsync(key);
            await Assertions.Expect(window.Detail.Locator("h2")).ToHaveTextAsync(name);
        }
        // All moves count as one step for the back button.
        await window.Page.GoBackAsync();
        await Assertions.Expect(window.Detail).ToBeHiddenAsync();
    }

    [Fact]
    public async Task The_extension_is_at_the_right_end_of_a_name_in_any_script()
    {
        foreach (var name in new[] { "مرحبا.txt", "מסמך (1).docx", "plain.txt", new string('x', 200) + ".tar.gz" })
            await Service.Http.UploadAsync([1], name);
        await using var window = await OpenAsync();
        await Assertions.Expect(window.Page.Locator(".row")).ToHaveCountAsync(4);
        Assert.True(await window.Page.EvaluateAsync<bool>(
            """
            () => [...document.querySelectorAll(".row .link > bdi")].every((name) => {
                const [stem, extension] = [...name.children].map((part) => part.getBoundingClientRect());
                const cell = name.closest(".name").getBoundingClientRect();
                return extension.left >= stem.right - 1 && extension.right <= cell.right + 1;
            })
            """));
    }

    [Theory]
    [InlineData(1280)]
    [InlineData(1000)]
    public async Task A_type_fits_its_column_and_a_long_one_is_just_a_file(int width)
    {
        (string Name, string? Type, string Shown)[] files =
        [
            ("Makefile", "application/octet-stream", "File"),
            ("Costs.spreadsheet", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "File"),
            ("Costs.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "XLSX"),
            ("page.xhtml", "application/xhtml+xml", "XHTML"),
            ("wide.wmwmw", null, "WMWMW"),
            ("program", "application/x-mwmwmw", "File"),
        ];
        foreach (var (name, type, _) in files)
            await Service.Http.UploadAsync([1], name, type);
        await using var window = await OpenAsync(size: (width, 700));
        await Assertions.Expect(window.Page.Locator(".row")).ToHaveCountAsync(files.Length);
        foreach (var (name, _, shown) in files)
            await Assertions.Expect(window.Row(name).Locator(".type")).ToHaveTextAsync(shown);
        Assert.Empty(await window.Page.EvaluateAsync<string[]>(
            """
            () => [...document.querySelectorAll(".row .type")].filter((cell) => cell.clientWidth === 0 || cell.scrollWidth > cell.clientWidth)
                .map((cell) => `${cell.textContent}: ${cell.scrollWidth} in ${cell.clientWidth}`)
            """));
    }

    private async Task<Window> OpenAsync(string address = Window.AllFiles, (int Width, int Height)? size = null)
    {
        var window = await chromium.OpenAsync(Service.Address, size: size);
        await window.GoAsync(address);
        return window;
    }
}
