using System.Text.Json;
using FileDrop.Api.Tests.Page;
using Microsoft.Playwright;
using Xunit;

namespace FileDrop.Api.Tests.Uploads;

/// <summary>Uppy from npm in a browser, the client of people who add an uploader to their own page.</summary>
public sealed class Uppy : IAsyncLifetime
{
    private NpmFolder? _folder;

    public async ValueTask InitializeAsync()
    {
        _folder = await NpmFolder.InstallAsync("Uploads/uppy");
        await _folder.RunAsync("build");
    }

    public ValueTask DisposeAsync()
    {
        _folder?.Dispose();
        return ValueTask.CompletedTask;
    }

    private string Folder => _folder?.Path ?? throw new InvalidOperationException("Uppy was not installed.");

    /// <summary>Makes a file in a separate folder, so that two files can have the same name.</summary>
    internal async Task<string> FileAsync(string name, Generated content)
    {
        var path = Path.Combine(Directory.CreateDirectory(Path.Combine(Folder, Guid.NewGuid().ToString("N"))).FullName, name);
        await content.SaveAsync(path);
        return path;
    }

    /// <summary>Opens a page with Uppy at the service's origin.</summary>
    /// <param name="options">The options of Uppy's tus plugin.</param>
    internal async Task<UppyPage> OpenAsync(Chromium chromium, Uri service, object options)
    {
        var script = await File.ReadAllTextAsync(Path.Combine(Folder, "uppy.js"));
        var page = new UppyPage(await chromium.OpenAsync(service), script, options);
        await page.LoadAsync();
        return page;
    }
}

/// <summary>A page with Uppy on it.</summary>
internal sealed class UppyPage(Window window, string script, object options) : IAsyncDisposable
{
    private const string Address = "/a-page-with-uppy";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public Window Window => window;

    private IPage Page => window.Page;

    /// <summary>Loads or reloads the page. The test provides the page and its script, which the service does not have.</summary>
    public async Task LoadAsync()
    {
        await Page.RouteAsync($"**{Address}", route => route.FulfillAsync(new RouteFulfillOptions
        {
            ContentType = "text/html;charset=utf-8",
            Body = $"<!doctype html><title>Uppy</title><link rel=icon href=data:,><input type=file multiple><script src={Address}.js></script>",
        }));
        await Page.RouteAsync($"**{Address}.js", route => route.FulfillAsync(new RouteFulfillOptions
        {
            ContentType = "text/javascript;charset=utf-8",
            Body = script,
        }));
        await window.GoAsync(Address);
        // From here on all requests of the page go directly to the service.
        await Page.UnrouteAllAsync();
        await Page.EvaluateAsync("(options) => begin(options)", options);
    }

    /// <summary>Chooses files, which begins their upload.</summary>
    public Task ChooseAsync(params string[] files) => Page.Locator("input").SetInputFilesAsync(files);

    /// <summary>Waits until this many bytes of all files together are sent.</summary>
    public Task SentAsync(long bytes) =>
        Service.UntilAsync($"Uppy has sent {bytes} bytes", async () => await Page.EvaluateAsync<long>("() => sent()") >= bytes, 60);

    public Task PauseAsync() => Page.EvaluateAsync("() => uppy.pauseAll()");

    public Task ResumeAsync() => Page.EvaluateAsync("() => uppy.resumeAll()");

    public Task CancelAsync() => Page.EvaluateAsync("() => uppy.cancelAll()");

    /// <summary>Waits until all files are uploaded.</summary>
    /// <returns>The upload of each, in the order in which they were chosen.</returns>
    public async Task<IReadOnlyList<string>> DoneAsync()
    {
        var ended = await Page.EvaluateAsync<JsonElement>("() => ended").WaitAsync(Patience);
        var files = ended.EnumerateArray().ToList();
        Assert.All(files, file => Assert.True(file.GetProperty("error").GetString() is "", file.ToString()));
        window.AssertClean();
        return [.. files.Select(file => file.GetProperty("url").GetString() ?? "")];
    }

    public ValueTask DisposeAsync() => window.DisposeAsync();
}
