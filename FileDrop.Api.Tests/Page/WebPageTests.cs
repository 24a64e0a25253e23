using System.Collections.Concurrent;
using System.Net;
using Microsoft.Playwright;
using Xunit;

namespace FileDrop.Api.Tests.Page;

/// <summary>How the page is served, and how little of it there is.</summary>
[Collection(ChromiumTests.Name)]
public sealed class WebPageTests(EmbeddedPair pair, Chromium chromium) : IClassFixture<EmbeddedPair>
{
    /// <summary>All of the page, uncompressed, in bytes.</summary>
    private const int Budget = 150_000;

    private static readonly string Root = Path.Combine(AppContext.BaseDirectory, "wwwroot");

    [Fact]
    public async Task The_page_is_served_under_a_strict_policy_and_asked_about_each_time()
    {
        foreach (var (path, type) in new[] { ("/", "text/html"), ("/js/main.js", "text/javascript"), ("/css/base.css", "text/css") })
        {
            using var response = await pair.Http.GetAsync(path);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.Equal(type, response.Content.Headers.ContentType?.MediaType);
            var policy = response.Headers.GetValues("Content-Security-Policy").Single();
            Assert.StartsWith("default-src 'none'; script-src 'self'; style-src 'self';", policy, StringComparison.Ordinal);
            Assert.Contains("require-trusted-types-for 'script'", policy, StringComparison.Ordinal);
            Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
            Assert.Equal(["nosniff"], response.Headers.GetValues("X-Content-Type-Options"));
            Assert.Equal(["same-origin"], response.Headers.GetValues("Referrer-Policy"));
            Assert.True(response.Headers.CacheControl?.NoCache);

            using var again = new HttpRequestMessage(HttpMethod.Get, path);
            again.Headers.IfNoneMatch.Add(response.Headers.ETag ?? throw new InvalidOperationException("There is no ETag."));
            using var unchanged = await pair.Http.SendAsync(again);
            Assert.Equal(HttpStatusCode.NotModified, unchanged.StatusCode);
        }
    }

    [Theory]
    [InlineData("GET", "/js/")]
    [InlineData("GET", "/js/none.js")]
    [InlineData("GET", "/../appsettings.json")]
    public async Task What_is_no_part_of_the_page_is_not_found_as_before(string method, string path)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        using var response = await pair.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Equal("not_found", await response.CodeAsync());
    }

    [Fact]
    public async Task The_page_is_small_quick_and_asks_nobody_else()
    {
        await using var window = await chromium.OpenAsync(pair.Service.Address);
        var answers = new ConcurrentDictionary<string, IResponse>(StringComparer.Ordinal);
        window.Page.Response += (_, response) =>
        {
            if (response.Headers.GetValueOrDefault("content-security-policy")?.Contains("trusted-types", StringComparison.Ordinal) == true)
                answers[response.Url] = response;
        };
        await window.GoAsync();
        await Assertions.Expect(window.Page.GetByText("Drop a file anywhere")).ToBeVisibleAsync();
        // Nothing lies there that the page does not load.
        var all = Directory.EnumerateFiles(Root, "*", SearchOption.AllDirectories).Sum(file => new FileInfo(file).Length);
        Assert.Equal(all, (await Task.WhenAll(answers.Values.Select(answer => answer.BodyAsync()))).Sum(body => body.LongLength));
        Assert.InRange(all, 0, Budget);
        var painted = await window.Page.EvaluateAsync<double>("() => performance.getEntriesByName('first-contentful-paint')[0].startTime");
        TestContext.Current.TestOutputHelper?.WriteLine($"{all} bytes, first paint after {painted:F0} ms");
        Assert.InRange(painted, 0, 3000);
        window.AssertClean();
    }

    [Fact]
    public async Task No_string_becomes_markup()
    {
        await using var window = await chromium.OpenAsync(pair.Service.Address);
        await window.GoAsync();
        // The policy itself refuses what the page's own code never does.
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
    public async Task The_colours_are_the_devices_until_the_person_chooses()
    {
        await using var window = await chromium.OpenAsync(pair.Service.Address, dark: true);
        await window.GoAsync();
        Assert.Equal("rgb(16, 19, 23)", await ColourAsync());
        await window.Button("Colours: as the device").ClickAsync();
        Assert.Equal("rgb(246, 247, 249)", await ColourAsync());
        await window.Page.ReloadAsync();
        Assert.Equal("rgb(246, 247, 249)", await ColourAsync());

        Task<string> ColourAsync() => window.Page.EvaluateAsync<string>("() => getComputedStyle(document.body).backgroundColor");
    }
}
