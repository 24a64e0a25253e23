using Microsoft.Playwright;
using Xunit;

namespace FileDrop.Api.Tests.Page;

/// <summary>The browser that tests of the web page share. They run one after the other.</summary>
[CollectionDefinition(Name)]
public sealed class ChromiumTests : ICollectionFixture<Chromium>
{
    public const string Name = "The web page in Chromium";
}

/// <summary>Another browser, for tests of the page's looks. They run beside the others, since one after the other would take longest of all.</summary>
[CollectionDefinition(Name)]
public sealed class ViewChromiumTests : ICollectionFixture<Chromium>
{
    public const string Name = "The views of the web page in Chromium";
}

/// <summary>A browser for tests that measure times, which run while no other test does.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class QuietChromiumTests : ICollectionFixture<Chromium>
{
    public const string Name = "The web page in Chromium, by the clock";
}

/// <summary>Debian's Chromium, or the one that FILEDROP_TEST_CHROMIUM names.</summary>
/// <remarks>The shell without windows comes first: it needs a half to a third of the processor time of the browser that only hides its window.</remarks>
public sealed class Chromium : IAsyncLifetime
{
    internal const string Missing = "There is no Chromium here (Debian: apt-get install chromium-headless-shell).";

    /// <summary>The program; null if there is none.</summary>
    internal static readonly string? Program =
        new[] { Environment.GetEnvironmentVariable("FILEDROP_TEST_CHROMIUM"), "/usr/bin/chromium-headless-shell", "/usr/bin/chromium" }.FirstOrDefault(File.Exists);

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public async ValueTask InitializeAsync()
    {
        if (Program is null)
            return;
        _playwright = await Playwright.CreateAsync();
        // Playwright's five seconds are short while other tests have the processors.
        Assertions.SetDefaultExpectTimeout(20_000);
        // Chromium's own sandbox does not work for root.
        string[] arguments = Environment.UserName == "root" ? ["--no-sandbox"] : [];
        _browser = await _playwright.Chromium.LaunchAsync(
            new BrowserTypeLaunchOptions { ExecutablePath = Program, Headless = true, Args = arguments });
    }

    /// <summary>Opens a browser window that shares no data with others; skips the test, with the reason, if Chromium is missing.</summary>
    /// <param name="service">The service whose page to open.</param>
    /// <param name="dark">Whether the device is set to dark colours.</param>
    /// <param name="size">The size of the window in CSS pixels; 1280 × 800 if not given.</param>
    /// <param name="touch">Whether the device has a touch screen.</param>
    public async Task<Window> OpenAsync(Uri service, bool dark = false, (int Width, int Height)? size = null, bool touch = false)
    {
        Assert.SkipWhen(_browser is null, Missing);
        var context = await _browser.NewContextAsync(new BrowserNewContextOptions
        {
            BaseURL = service.ToString(),
            ColorScheme = dark ? ColorScheme.Dark : ColorScheme.Light,
            ViewportSize = new ViewportSize { Width = size?.Width ?? 1280, Height = size?.Height ?? 800 },
            HasTouch = touch,
            IsMobile = touch,
        });
        context.SetDefaultTimeout(15_000);
        return new Window(context, await context.NewPageAsync(), service);
    }

    /// <summary>Opens a window of a browser that runs no scripts.</summary>
    public async Task<Window> OpenWithoutScriptAsync(Uri service)
    {
        Assert.SkipWhen(_browser is null, Missing);
        var context = await _browser.NewContextAsync(new BrowserNewContextOptions { BaseURL = service.ToString(), JavaScriptEnabled = false });
        context.SetDefaultTimeout(15_000);
        return new Window(context, await context.NewPageAsync(), service);
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
            await _browser.DisposeAsync();
        _playwright?.Dispose();
    }
}
