using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Playwright;
using Xunit;

namespace FileDrop.Api.Tests.Page;

/// <summary>Renaming in the list and in the details, in windows of any width.</summary>
[Collection(ChromiumTests.Name)]
public sealed class RenameTests(PageOnEmbeddedPair pair, Chromium chromium) : IClassFixture<PageOnEmbeddedPair>
{
    [Theory]
    [InlineData(1280)]
    [InlineData(960)]
    [InlineData(390)]
    public async Task A_file_can_be_renamed_in_its_details_in_windows_of_any_width(int width)
    {
        var id = (await pair.Http.UploadAsync([1], $"before {width}.tar.gz")).Id();
        await using var window = await chromium.OpenAsync(pair.Service.Address, size: (width, 800));
        await window.GoAsync(Window.AllFiles);
        await window.OpenAsync($"before {width}.tar.gz");
        await window.Detail.Button("Rename").ClickAsync();
        var field = window.Detail.GetByLabel($"New name of before {width}.tar.gz");
        await Assertions.Expect(field).ToBeFocusedAsync();
        await field.FillAsync($"../after żółć {width}.tar.gz");
        await field.PressAsync("Enter");
        await Assertions.Expect(window.Detail.Locator("h2")).ToHaveTextAsync($"after żółć {width}.tar.gz");
        await Assertions.Expect(window.Detail.Button("Rename")).ToBeFocusedAsync();
        await NamedAsync(id, $"after żółć {width}.tar.gz");
        window.AssertClean();
    }

    [Fact]
    public async Task A_file_that_the_list_has_not_loaded_can_be_renamed_at_its_own_address()
    {
        var id = (await pair.Http.UploadAsync([1], "linked.bin")).Id();
        await using var window = await chromium.OpenAsync(pair.Service.Address);
        await window.GoAsync($"/?q=nothing+like+it&file={id}");
        await window.Detail.Button("Rename").ClickAsync();
        await window.Detail.GetByLabel("New name of linked.bin").FillAsync("linked and renamed.bin");
        await window.Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(window.Detail.Locator("h2")).ToHaveTextAsync("linked and renamed.bin");
        await NamedAsync(id, "linked and renamed.bin");
    }

    [Fact]
    public async Task Leaving_the_field_saves_the_name_and_escape_discards_it()
    {
        var id = (await pair.Http.UploadAsync([1], "left.bin")).Id();
        await pair.Http.UploadAsync([1], "another.bin");
        await using var window = await chromium.OpenAsync(pair.Service.Address);
        await window.GoAsync(Window.AllFiles);
        await window.OpenAsync("left.bin");
        await window.Detail.Button("Rename").ClickAsync();
        await window.Detail.GetByLabel("New name of left.bin").FillAsync("dropped.bin");
        await window.Page.Keyboard.PressAsync("Escape");
        await Assertions.Expect(window.Detail.Locator("h2")).ToHaveTextAsync("left.bin");

        await window.Detail.Button("Rename").ClickAsync();
        await window.Detail.GetByLabel("New name of left.bin").FillAsync("kept.bin");
        await window.Row("another.bin").Locator(".link").ClickAsync();
        await Assertions.Expect(window.Row("kept.bin")).ToHaveCountAsync(1);
        await Assertions.Expect(window.Detail.Locator("h2")).ToHaveTextAsync("another.bin");

        await window.Row("kept.bin").Locator(".check").ClickAsync();
        await window.Page.Keyboard.PressAsync("F2");
        await window.Page.GetByLabel("New name of kept.bin").FillAsync("kept again.bin");
        await window.Page.Locator("h1, .chosen strong").Last.ClickAsync();
        await Assertions.Expect(window.Row("kept again.bin")).ToHaveCountAsync(1);
        await NamedAsync(id, "kept again.bin");
        window.AssertClean();
    }

    [Fact]
    public async Task A_slow_second_click_on_a_name_renames_and_a_double_click_does_not()
    {
        await pair.Http.UploadAsync([1], "clicked.bin");
        await using var window = await chromium.OpenAsync(pair.Service.Address);
        await window.GoAsync(Window.AllFiles);
        await window.Row("clicked.bin").Locator(".link").DblClickAsync();
        await Assertions.Expect(window.Detail.Locator("h2")).ToHaveTextAsync("clicked.bin");
        await Assertions.Expect(window.Page.Locator(".row .rename")).ToHaveCountAsync(0);
        // Wait by the browser's own time of events, which is what counts.
        var before = await window.Page.EvaluateAsync<double>("() => new Event('click').timeStamp");
        await Service.UntilAsync("a double click is over", async () =>
            await window.Page.EvaluateAsync<double>("() => new Event('click').timeStamp") - before > 600);
        await window.Row("clicked.bin").Locator(".link").ClickAsync();
        await Assertions.Expect(window.Page.Locator(".row").GetByLabel("New name of clicked.bin")).ToBeFocusedAsync();
    }

    [Fact]
    public async Task A_refused_name_shows_the_rule_that_it_breaks()
    {
        await pair.Http.UploadAsync([1], "good.bin");
        await using var window = await chromium.OpenAsync(pair.Service.Address);
        await window.GoAsync(Window.AllFiles);
        await window.OpenAsync("good.bin");
        await window.Grid.FocusAsync();
        await window.Page.Keyboard.PressAsync("F2");
        await window.Page.GetByLabel("New name of good.bin").FillAsync("..");
        await window.Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(window.Page.Locator(".toast.error")).ToContainTextAsync("This name cannot be used.");
        await Assertions.Expect(window.Row("good.bin")).ToHaveCountAsync(1);
    }

    /// <summary>Waits until the service has this name of a file, which the page shows earlier.</summary>
    private Task NamedAsync(string id, string name) => Eventually.HoldsAsync(async () =>
        Assert.Equal(name, (await pair.Http.GetFromJsonAsync<JsonElement>($"/files/{id}/metadata")).GetProperty("file_name").GetString()));
}
