using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Xunit;

namespace FileDrop.Api.Tests.Page;

/// <summary>Texts of all kinds are shown in place, and any file fills the window.</summary>
[Collection(ChromiumTests.Name)]
public sealed class PreviewTests(PageOnEmbeddedPair pair, Chromium chromium) : IClassFixture<PageOnEmbeddedPair>
{
    private const string Markdown =
        """
        # A *first* heading

        Words with **weight**, `code` and a [link](https://example.org/a_(b)), but no [trap](javascript:alert(1)).
        <script>alert(1)</script> <img src=x onerror=alert(1)>

        - one
        - two
          - inner
        - [x] done

        > said

        ```js
        let x = "<b>";
        ```

        | a | b |
        |---|---|
        | 1 | 2 \| 3 |

        ![a picture](https://example.org/spy.png)
        """;

    [Fact]
    public async Task Markdown_is_rendered_and_cannot_change_the_page()
    {
        await using var window = await OpenAsync(Markdown, "notes.md", null);
        var page = window.Detail.Locator(".markdown");
        await Assertions.Expect(page.Locator("h3")).ToHaveTextAsync("A first heading");
        await Assertions.Expect(page.Locator("strong")).ToHaveTextAsync("weight");
        await Assertions.Expect(page.Locator("ul ul li")).ToHaveTextAsync("inner");
        await Assertions.Expect(page.Locator("blockquote")).ToHaveTextAsync("said");
        await Assertions.Expect(page.Locator("pre code")).ToHaveTextAsync("let x = \"<b>\";");
        await Assertions.Expect(page.Locator("td")).ToHaveTextAsync(["1", "2 | 3"]);
        var link = page.GetByRole(AriaRole.Link);
        await Assertions.Expect(link).ToHaveCountAsync(1);
        await Assertions.Expect(link).ToHaveAttributeAsync("href", "https://example.org/a_(b)");
        await Assertions.Expect(link).ToHaveAttributeAsync("rel", new Regex("noopener noreferrer"));
        await Assertions.Expect(page).ToContainTextAsync("<script>alert(1)</script> <img src=x onerror=alert(1)>");
        await Assertions.Expect(page).ToContainTextAsync("[picture: a picture]");
        await Assertions.Expect(page.Locator("img, script")).ToHaveCountAsync(0);
        window.AssertClean();
    }

    [Fact]
    public async Task Comma_separated_values_are_shown_as_a_table()
    {
        await using var window = await OpenAsync("name;note\nŻółć;\"with ; and \"\"quotes\"\"\nand a line\"\nlast;", "sheet.csv", "text/csv");
        await Assertions.Expect(window.Detail.Locator("th")).ToHaveTextAsync(["name", "note"]);
        Assert.Equal(["Żółć", "with ; and \"quotes\"\nand a line", "last", ""], await window.Detail.Locator("td").AllTextContentsAsync());
    }

    [Theory]
    [InlineData("data.json", "application/json", "{\n  \"a\": 12345678901234567890\n}\n", "1\n2\n3")]
    [InlineData("main.rs", null, "fn main() {\n}", "1\n2")]
    [InlineData("page.html", "text/html", "<script>alert(1)</script>", "1")]
    [InlineData("types.ts", "video/mp2t", "let x = 1;", "1")]
    [InlineData("unheard.of", null, "it is text", "1")]
    [InlineData(".env", null, "A=1\r\nB=2\r\n", "1\n2")]
    public async Task Source_is_shown_unchanged_with_line_numbers(string name, string? type, string content, string numbers)
    {
        await using var window = await OpenAsync(content, name, type);
        await Assertions.Expect(window.Detail.Locator(".numbers")).ToHaveTextAsync(numbers, new LocatorAssertionsToHaveTextOptions { UseInnerText = true });
        Assert.Equal(content.ReplaceLineEndings("\n").TrimEnd('\n'), await window.Detail.Locator(".lines").TextContentAsync());
        window.AssertClean();
    }

    [Theory]
    [InlineData("utf-8", false)]
    [InlineData("utf-8", true)]
    [InlineData("utf-16", true)]
    [InlineData("utf-16BE", true)]
    [InlineData("iso-8859-1", false)]
    public async Task A_text_is_read_in_its_own_encoding(string encoding, bool marked)
    {
        var code = Encoding.GetEncoding(encoding);
        byte[] content = [.. marked ? code.Preamble : [], .. code.GetBytes("Crème brûlée, façade\n")];
        await pair.Http.UploadAsync(content, $"{encoding} {marked}.txt", "text/plain");
        await using var window = await chromium.OpenAsync(pair.Service.Address);
        await window.GoAsync(Window.AllFiles);
        await window.OpenAsync($"{encoding} {marked}.txt");
        await Assertions.Expect(window.Detail.Locator(".prose")).ToHaveTextAsync("Crème brûlée, façade");
    }

    [Fact]
    public async Task Only_the_start_of_a_long_text_is_shown_and_the_page_says_so()
    {
        await using var window = await OpenAsync(new string('ż', 200_000), "long.txt", "text/plain");
        await Assertions.Expect(window.Detail.Locator(".preview .note")).ToHaveTextAsync("The first 262 kB are shown.");
        Assert.Equal(131_072, (await window.Detail.Locator(".prose").TextContentAsync())?.Length);
    }

    [Fact]
    public async Task A_file_can_fill_the_window_and_keys_and_swipes_show_the_next()
    {
        foreach (var name in new[] { "turn 3.txt", "turn 2.png", "turn 1.txt" })
            await pair.Http.UploadAsync(name.EndsWith("png", StringComparison.Ordinal) ? Samples.Png(40, 40) : "words"u8.ToArray(), name);
        await using var window = await chromium.OpenAsync(pair.Service.Address, size: (390, 844), touch: true);
        await window.GoAsync("/?q=turn");
        await window.OpenAsync("turn 1.txt");
        await window.Detail.Button("Show large").ClickAsync();
        var large = window.Page.GetByRole(AriaRole.Dialog);
        await Assertions.Expect(large.Locator(".prose")).ToHaveTextAsync("words");
        await window.Page.Keyboard.PressAsync("ArrowRight");
        await Assertions.Expect(large.Locator("img")).ToHaveJSPropertyAsync("naturalWidth", 40);
        await Assertions.Expect(window.Detail.Locator("h2")).ToHaveTextAsync("turn 2.png");
        var box = await large.Locator(".stage").BoundingBoxAsync() ?? throw new InvalidOperationException("There is no stage.");
        var middle = box.Y + (box.Height / 2);
        await window.TouchAsync(300, middle);
        await window.MoveTouchAsync(300, 60, middle);
        await window.LiftAsync();
        await Assertions.Expect(large.Locator("h2")).ToHaveTextAsync("turn 3.txt");
        await window.Page.Keyboard.PressAsync("ArrowRight");
        await window.Page.Keyboard.PressAsync("ArrowLeft");
        await Assertions.Expect(large.Locator("h2")).ToHaveTextAsync("turn 2.png");
        await window.Page.Keyboard.PressAsync("Escape");
        await Assertions.Expect(large).ToHaveCountAsync(0);
        await Assertions.Expect(window.Detail.Locator("h2")).ToHaveTextAsync("turn 2.png");
        window.AssertClean();
    }

    private async Task<Window> OpenAsync(string content, string name, string? type)
    {
        using var body = new ByteArrayContent(Encoding.UTF8.GetBytes(content));
        if (type is not null)
            body.Headers.ContentType = new(type);
        using (var uploaded = await pair.Http.PostAsync($"/files/upload?file_name={Uri.EscapeDataString(name)}", body))
            uploaded.EnsureSuccessStatusCode();
        var window = await chromium.OpenAsync(pair.Service.Address);
        await window.GoAsync(Window.AllFiles);
        await window.OpenAsync(name);
        return window;
    }
}
