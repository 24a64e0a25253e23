using System.Net.Http.Json;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Xunit;

namespace FileDrop.Api.Tests.Page;

/// <summary>Finding files: sorted, searched, filtered, in step with what happens elsewhere, and kept in the address.</summary>
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
    public async Task What_is_shown_is_the_address_and_the_back_button_goes_back()
    {
        await Service.Http.UploadAsync(new byte[30], "apple.txt", "text/plain");
        await Service.Http.UploadAsync(new byte[10], "banana.png", "image/png");
        await Service.Http.UploadAsync(new byte[20], "cherry.txt", "text/plain");
        await using var window = await OpenAsync();
        Assert.Equal(["cherry.txt", "banana.png", "apple.txt"], await NamesAsync(window, 3));

        await window.Button("Name").ClickAsync();
        Assert.Equal(["apple.txt", "banana.png", "cherry.txt"], await NamesAsync(window, 3));
        await window.Button("Size").ClickAsync();
        Assert.Equal(["apple.txt", "cherry.txt", "banana.png"], await NamesAsync(window, 3));
        await Assertions.Expect(window.Page).ToHaveURLAsync(new Regex("sort=file_size&order=desc"));
        await window.Button("Text").ClickAsync();
        Assert.Equal(["apple.txt", "cherry.txt"], await NamesAsync(window, 2));
        await window.Page.GetByRole(AriaRole.Searchbox).PressSequentiallyAsync("CHER");
        Assert.Equal(["cherry.txt"], await NamesAsync(window, 1));
        await window.OpenAsync("cherry.txt");
        await Assertions.Expect(window.Page).ToHaveURLAsync(new Regex("q=CHER&type=text%2F\\*.*&file="));

        await window.Page.ReloadAsync();
        await Assertions.Expect(window.Detail.Locator("h2")).ToHaveTextAsync("cherry.txt");
        Assert.Equal(["cherry.txt"], await NamesAsync(window, 1));
        await window.Page.GoBackAsync();
        await Assertions.Expect(window.Detail).ToBeHiddenAsync();
        await window.Page.GoBackAsync();
        Assert.Equal(["apple.txt", "cherry.txt"], await NamesAsync(window, 2));
        await window.Page.GoBackAsync();
        Assert.Equal(["apple.txt", "cherry.txt", "banana.png"], await NamesAsync(window, 3));
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
        Assert.Equal(names.Length + 1, await window.Page.Locator(".row .name > bdi").CountAsync());
        await window.OpenAsync(names[3]);
        Assert.Equal(0, await window.Page.Locator("img[src=x]").CountAsync());
        var (saved, _) = await window.DownloadAsync(window.Detail.Button("Download"));
        Assert.EndsWith(".html", saved, StringComparison.Ordinal);
        window.AssertClean();
    }

    [Fact]
    public async Task Two_windows_stay_in_step()
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
        await Assertions.Expect(window.Row("renamed.txt")).ToHaveCountAsync(1);
        await window.Page.Keyboard.PressAsync("Home");
        await window.Page.Keyboard.PressAsync("Space");
        await window.Page.Keyboard.PressAsync("Shift+ArrowDown");
        await Assertions.Expect(window.Page.Locator(".chosen strong")).ToHaveTextAsync("2 selected");
        await window.Page.Keyboard.PressAsync("Delete");
        await Assertions.Expect(window.Toast).ToContainTextAsync("2 files were deleted.");
        Assert.Equal(["c.txt"], await NamesAsync(window, 1));
        await window.Toast.Button("Undo").ClickAsync();
        await Assertions.Expect(window.Page.Locator(".row")).ToHaveCountAsync(3);
        await window.Grid.FocusAsync();
        await window.Page.Keyboard.PressAsync("/");
        await Assertions.Expect(window.Page.GetByRole(AriaRole.Searchbox)).ToBeFocusedAsync();
        await window.Page.Keyboard.PressAsync("Escape");
        await window.Page.Keyboard.PressAsync("?");
        await Assertions.Expect(window.Page.GetByRole(AriaRole.Dialog)).ToContainTextAsync("Keyboard shortcuts");
        await window.Page.Keyboard.PressAsync("Escape");
        // While the dialog is there, keys are its own.
        await Assertions.Expect(window.Page.GetByRole(AriaRole.Dialog)).ToHaveCountAsync(0);
        var chosen = await window.Page.RunAndWaitForFileChooserAsync(() => window.Page.Keyboard.PressAsync("u"));
        Assert.True(chosen.IsMultiple);
        window.AssertClean();
    }

    private async Task<Window> OpenAsync()
    {
        var window = await chromium.OpenAsync(Service.Address);
        await window.GoAsync();
        return window;
    }

    /// <summary>The names in the list from top to bottom, once there are so many.</summary>
    private static async Task<IReadOnlyList<string>> NamesAsync(Window window, int count)
    {
        await Assertions.Expect(window.Page.Locator(".browser")).ToHaveAttributeAsync("aria-busy", "false");
        await Assertions.Expect(window.Page.Locator(".row")).ToHaveCountAsync(count);
        return await window.Page.EvaluateAsync<string[]>(
            """
            () => [...document.querySelectorAll(".row")].sort((a, b) => a.ariaRowIndex - b.ariaRowIndex)
                .map((row) => row.querySelector("bdi").textContent)
            """);
    }
}
