using System.Net;
using System.Text.RegularExpressions;
using FileDrop.Api.Edge;
using Microsoft.Playwright;
using Xunit;

namespace FileDrop.Api.Tests.Page;

/// <summary>The serving and the size of the page.</summary>
[Collection(ChromiumTests.Name)]
public sealed class WebPageTests(EmbeddedPair pair, Chromium chromium) : IClassFixture<EmbeddedPair>
{
    /// <summary>The budget of a first visit: all bytes of the page, with gzip. Following the feed takes 5,000 of them, and how to connect 2,300.</summary>
    private const int Budget = 118_000;

    private static readonly string Root = Path.Combine(AppContext.BaseDirectory, "wwwroot");

    [Fact]
    public async Task The_page_is_served_under_a_strict_policy_and_only_the_page_itself_is_asked_about_each_time()
    {
        using var page = await pair.Http.GetAsync("/");
        AssertProtected(page, "text/html");
        Assert.True(page.Headers.CacheControl?.NoCache);
        using var again = new HttpRequestMessage(HttpMethod.Get, "/");
        again.Headers.IfNoneMatch.Add(page.Headers.ETag ?? throw new InvalidOperationException("There is no ETag."));
        using var unchanged = await pair.Http.SendAsync(again);
        Assert.Equal(HttpStatusCode.NotModified, unchanged.StatusCode);

        var files = await FilesAsync();
        Assert.Equal([".css", ".js", ".js", ".svg"], files.Select(Path.GetExtension).Order(StringComparer.Ordinal));
        foreach (var path in files)
        {
            using var file = await pair.Http.GetAsync(path);
            AssertProtected(file, Path.GetExtension(path) switch { ".css" => "text/css", ".svg" => "image/svg+xml", _ => "text/javascript" });
            Assert.Equal("public, max-age=31536000, immutable", file.Headers.CacheControl?.ToString());
            // A strong ETag would forbid compression.
            Assert.Null(file.Headers.ETag);
            using var head = await pair.Http.SendAsync(new HttpRequestMessage(HttpMethod.Head, path));
            Assert.Equal(file.Content.Headers.ContentLength, head.Content.Headers.ContentLength);
        }
    }

    [Theory]
    [InlineData("GET", "/js/")]
    [InlineData("GET", "/js/main.js")]
    [InlineData("GET", "/page/page.0123456789abcdef.js")]
    [InlineData("GET", "/page/")]
    [InlineData("GET", "/index.html")]
    [InlineData("GET", "/../appsettings.json")]
    public async Task Paths_outside_the_page_are_not_found(string method, string path)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        using var response = await pair.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Equal("not_found", await response.CodeAsync());
    }

    [Fact]
    public async Task The_page_is_small_and_asks_nobody_else()
    {
        await using var window = await chromium.OpenAsync(pair.Service.Address);
        var compressed = 0;
        foreach (var path in (await FilesAsync()).Append("/"))
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.AcceptEncoding.ParseAdd("gzip");
            using var response = await pair.Http.SendAsync(request);
            Assert.True(path.EndsWith(".svg", StringComparison.Ordinal) || path.Contains("/theme.", StringComparison.Ordinal)
                || response.Content.Headers.ContentEncoding.Contains("gzip"), $"{path} is not compressed.");
            compressed += (await response.Content.ReadAsByteArrayAsync()).Length;
        }
        Assert.InRange(compressed, 0, Budget);

        await window.GoAsync();
        await Assertions.Expect(window.Page.GetByText("Drop a file anywhere")).ToBeVisibleAsync();
        var (cold, painted) = (await RequestsAsync(), await window.PaintedAsync());
        await window.GoAsync("/?view=trash");
        await Assertions.Expect(window.Page.GetByText("The trash is empty")).ToBeVisibleAsync();
        var warm = await RequestsAsync();
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{compressed} bytes, first paint after {painted:F0} ms; cold: {string.Join(' ', cold)}; warm: {string.Join(' ', warm)}");
        // Each list is asked for once more when the feed begins, since it may be older.
        Assert.InRange(cold.Length, 5, 11);
        Assert.InRange(warm.Length, 1, 7);
        Assert.DoesNotContain(warm, path => path.StartsWith("/page/", StringComparison.Ordinal));
        window.AssertClean();

        // Lists the requests over the network, without those from the browser's cache.
        Task<string[]> RequestsAsync() => window.Page.EvaluateAsync<string[]>(
            """
            () => [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
                .filter((entry) => entry.transferSize > 0).map((entry) => new URL(entry.name).pathname)
            """);
    }

    [Fact]
    public async Task Something_is_painted_before_any_script_runs()
    {
        await using var window = await chromium.OpenAsync(pair.Service.Address);
        await window.Page.RouteAsync("**/page.*.js", route => route.AbortAsync());
        await window.GoAsync();
        await Assertions.Expect(window.Link("FileDrop")).ToBeVisibleAsync();
        await Assertions.Expect(window.Page.GetByText("Loading…")).ToBeVisibleAsync();
        await window.PaintedAsync();
    }

    [Theory]
    [InlineData("import \"./other.js\";", "export const a = 1;")]
    [InlineData("import a from \"./other.js\";", "export const a = 1;")]
    [InlineData("import { a } from \"./other.js\";", "export let a = 1;")]
    [InlineData("import { a } from \"./other.js\";", "const a = 1;\nexport { a };")]
    [InlineData("import { a } from \"./other.js\";\nexport const b = 1;", "import { b } from \"./main.js\";\nexport const a = 1;")]
    public void A_module_that_cannot_be_bundled_is_refused(string main, string other)
    {
        var folder = Directory.CreateTempSubdirectory("filedrop-bundle-");
        try
        {
            Directory.CreateDirectory(Path.Combine(folder.FullName, "js"));
            File.WriteAllText(Path.Combine(folder.FullName, "js", "main.js"), main + "\n");
            File.WriteAllText(Path.Combine(folder.FullName, "js", "other.js"), other + "\n");
            Assert.Throws<InvalidOperationException>(() => PageBundle.Read(folder.FullName));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task No_string_becomes_markup()
    {
        await using var window = await chromium.OpenAsync(pair.Service.Address);
        await window.GoAsync();
        // The policy itself refuses this, although the page's own code never does it.
        Assert.True(await window.Page.EvaluateAsync<bool>(
            """
            () => {
                try { document.createElement("div").innerHTML = "<b>x</b>"; return false; }
                catch (refused) { return refused instanceof TypeError; }
            }
            """));
        foreach (var file in Directory.EnumerateFiles(Root, "*.js", SearchOption.AllDirectories))
            Assert.DoesNotMatch("innerHTML|outerHTML|insertAdjacentHTML|document\\.write|srcdoc|eval\\(", await File.ReadAllTextAsync(file));
    }

    [Fact]
    public async Task The_colours_follow_the_device_until_the_person_chooses()
    {
        await using var window = await chromium.OpenAsync(pair.Service.Address, dark: true);
        await window.GoAsync();
        await HasColourAsync("rgb(16, 19, 23)");
        await window.Button("Colours: same as the device").ClickAsync();
        await HasColourAsync("rgb(246, 247, 249)");
        await window.Page.ReloadAsync();
        await HasColourAsync("rgb(246, 247, 249)");

        Task HasColourAsync(string colour) => Assertions.Expect(window.Page.Locator("body")).ToHaveCSSAsync("background-color", colour);
    }

    private async Task<string[]> FilesAsync() =>
        [.. Regex.Matches(await pair.Http.GetStringAsync("/"), "(?:src|href)=\"(/page/[^\"]+)\"").Select(match => match.Groups[1].Value).Distinct()];

    private static void AssertProtected(HttpResponseMessage response, string type)
    {
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(type, response.Content.Headers.ContentType?.MediaType);
        var policy = response.Headers.GetValues("Content-Security-Policy").Single();
        Assert.StartsWith("default-src 'none'; script-src 'self'; style-src 'self';", policy, StringComparison.Ordinal);
        Assert.Contains("require-trusted-types-for 'script'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.Equal(["nosniff"], response.Headers.GetValues("X-Content-Type-Options"));
        Assert.Equal(["same-origin"], response.Headers.GetValues("Referrer-Policy"));
    }
}
