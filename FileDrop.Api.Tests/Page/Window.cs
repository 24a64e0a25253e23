using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Xunit;

namespace FileDrop.Api.Tests.Page;

/// <summary>A browser window with the page, actions in it, and its errors.</summary>
public sealed class Window : IAsyncDisposable
{
    /// <summary>The address of the list of all files, loose and in folders, the newest first.</summary>
    public const string AllFiles = "/?view=files";

    private readonly IBrowserContext _context;
    private readonly ConcurrentQueue<string> _errors = new();
    private readonly ConcurrentQueue<string> _strangers = new();

    private ICDPSession? _network;
    private ICDPSession? _touch;
    private ICDPSession? _drag;

    internal Window(IBrowserContext context, IPage page, Uri service)
    {
        (_context, Page) = (context, page);
        // With this listener the browser leaves the choice of files to the test. Add it early, because the browser learns of it asynchronously.
        page.FileChooser += (_, _) => { };
        page.Console += (_, message) =>
        {
            // The browser itself reports failed requests; each test decides whether one may fail.
            if (message.Type is "error" or "warning" && !message.Text.StartsWith("Failed to load resource", StringComparison.Ordinal))
                _errors.Enqueue(message.Text);
        };
        page.PageError += (_, error) => _errors.Enqueue(error);
        page.Request += (_, request) =>
        {
            // The browser's own PDF viewer requests its parts from the browser.
            if (!request.Url.StartsWith(service.ToString(), StringComparison.Ordinal) && !request.Url.StartsWith("blob:", StringComparison.Ordinal)
                && !request.Url.StartsWith("chrome", StringComparison.Ordinal))
                _strangers.Enqueue(request.Url);
        };
    }

    public IPage Page { get; }

    public IBrowserContext Context => _context;

    public ILocator Grid => Page.GetByRole(AriaRole.Grid);

    /// <summary>The panel about one file.</summary>
    public ILocator Detail => Page.Locator("aside.detail");

    public ILocator Uploads => Page.Locator("section.panel");

    public ILocator Toast => Page.Locator(".toast").Last;

    /// <summary>The row of a file.</summary>
    public ILocator Row(string name) =>
        Page.Locator(".row", new PageLocatorOptions { Has = Page.Locator(".name bdi", new PageLocatorOptions { HasTextRegex = Exactly(name) }) });

    /// <summary>An upload in the queue.</summary>
    public ILocator Upload(string name) =>
        Page.Locator(".uploads li", new PageLocatorOptions { Has = Page.Locator("bdi", new PageLocatorOptions { HasTextRegex = Exactly(name) }) });

    public ILocator Button(string name) => Page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = name, Exact = true });

    public ILocator Link(string name) => Page.GetByRole(AriaRole.Link, new PageGetByRoleOptions { Name = name, Exact = true });

    public Task GoAsync(string address = "/") => Page.GotoAsync(address);

    /// <summary>Opens a file's details by its row.</summary>
    public async Task OpenAsync(string name)
    {
        await Row(name).Locator(".name").ClickAsync();
        await Assertions.Expect(Detail.Locator("h2")).ToHaveTextAsync(name);
    }

    /// <summary>Drops files onto the page; the content of each is <see cref="Content"/> of its size.</summary>
    public Task DropAsync(params (string Name, int Size)[] files) => DropOnAsync("body", files);

    /// <summary>Drops files onto a part of the page.</summary>
    public Task DropOnAsync(string selector, params (string Name, int Size)[] files) => Page.EvaluateAsync(
        """
        async ({ selector, files }) => {
            const transfer = new DataTransfer();
            for (const { name, size } of files) {
                const content = new Uint8Array(size);
                for (let i = 0; i < size; i++) content[i] = (i * 31 + (i >> 16) * 7) & 255;
                const file = new File([content], name);
                // Read the file first: a real file is on the disk before it is dropped, but this one is still being passed to the browser.
                await file.slice(-1).arrayBuffer();
                transfer.items.add(file);
            }
            for (const type of ["dragenter", "dragover", "drop"])
                document.querySelector(selector).dispatchEvent(new DragEvent(type, { dataTransfer: transfer, bubbles: true, cancelable: true }));
        }
        """, new { selector, files = files.Select(file => new { name = file.Name, size = file.Size }).ToArray() });

    /// <summary>Drops a folder of this machine onto the page, as a file manager does.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="y">The place from the window's top, in pixels.</param>
    public async Task DropFolderAsync(string path, int y = 200)
    {
        _drag ??= await _context.NewCDPSessionAsync(Page);
        foreach (var type in new[] { "dragEnter", "dragOver", "drop" })
        {
            await _drag.SendAsync("Input.dispatchDragEvent", new Dictionary<string, object>
            {
                ["type"] = type,
                ["x"] = 200,
                ["y"] = y,
                ["data"] = new { items = Array.Empty<object>(), files = new[] { path }, dragOperationsMask = 1 },
            });
        }
    }

    /// <summary>Touches a place, and holds.</summary>
    public async Task TouchAsync(double x, double y)
    {
        _touch ??= await _context.NewCDPSessionAsync(Page);
        await _touch.SendAsync("Input.dispatchTouchEvent", Touch("touchStart", (x, y)));
    }

    /// <summary>Moves the finger in steps, as a real finger does.</summary>
    public async Task MoveTouchAsync(double fromX, double toX, double y)
    {
        for (var step = 1; _touch is not null && step <= 5; step++)
            await _touch.SendAsync("Input.dispatchTouchEvent", Touch("touchMove", (fromX + ((toX - fromX) * step / 5), y)));
    }

    /// <summary>Lifts the finger.</summary>
    public Task LiftAsync() => _touch?.SendAsync("Input.dispatchTouchEvent", Touch("touchEnd")) ?? Task.CompletedTask;

    private static Dictionary<string, object> Touch(string type, params (double X, double Y)[] points) => new()
    {
        ["type"] = type,
        ["touchPoints"] = points.Select(point => new { x = point.X, y = point.Y }).ToArray(),
    };

    /// <summary>The content of a dropped file of this size.</summary>
    public static byte[] Content(int size)
    {
        var content = new byte[size];
        for (var i = 0; i < size; i++)
            content[i] = (byte)((i * 31L) + ((i >> 16) * 7));
        return content;
    }

    /// <summary>Slows down sending, or cuts the connection.</summary>
    /// <param name="bytesPerSecond">The browser's sending rate; 0 means unlimited.</param>
    /// <param name="offline">Whether the browser is offline.</param>
    public async Task NetworkAsync(int bytesPerSecond, bool offline = false)
    {
        _network ??= await _context.NewCDPSessionAsync(Page);
        await _network.SendAsync("Network.enable");
        await _network.SendAsync("Network.emulateNetworkConditions", new Dictionary<string, object>
        {
            ["offline"] = offline,
            ["latency"] = 0,
            ["downloadThroughput"] = -1,
            ["uploadThroughput"] = bytesPerSecond > 0 ? bytesPerSecond : -1,
        });
    }

    /// <summary>Waits until an upload has sent some of its bytes.</summary>
    public Task UnderWayAsync(string name) =>
        Assertions.Expect(Upload(name).Locator("progress")).Not.ToHaveJSPropertyAsync("value", 0);

    /// <summary>Waits until the browser's disk has the state of the only upload for a reload: its address, and its bytes unless there are too many.</summary>
    public Task KeptAsync() => Service.UntilAsync("the queue is kept", () => Page.EvaluateAsync<bool>(
        """
        () => new Promise((resolve) => {
            const open = indexedDB.open("filedrop");
            open.onsuccess = () => {
                const all = open.result.transaction("uploads").objectStore("uploads").getAll();
                all.onsuccess = () => {
                    open.result.close();
                    const [upload, ...others] = all.result;
                    resolve(upload !== undefined && others.length === 0 && upload.url !== null && (upload.file !== null || upload.size > 1024 ** 3));
                };
            };
        })
        """));

    /// <summary>Waits for the first paint. Returns the milliseconds from the navigation to it.</summary>
    public Task<double> PaintedAsync() => Page.EvaluateAsync<double>(
        """
        () => new Promise((resolve) => new PerformanceObserver((list) => {
            for (const entry of list.getEntriesByName("first-contentful-paint")) resolve(entry.startTime);
        }).observe({ type: "paint", buffered: true }))
        """);

    /// <summary>Clicks a download button, and returns the downloaded file.</summary>
    public async Task<(string Name, byte[] Content)> DownloadAsync(ILocator button)
    {
        var download = await Page.RunAndWaitForDownloadAsync(() => button.ClickAsync());
        return (download.SuggestedFilename, await File.ReadAllBytesAsync(await download.PathAsync()));
    }

    /// <summary>Fails if the page logged an error, broke its policy, or sent a request to another host.</summary>
    public void AssertClean()
    {
        Assert.Equal([], _errors);
        Assert.Equal([], _strangers);
    }

    public ValueTask DisposeAsync() => new(_context.CloseAsync());

    private static Regex Exactly(string name) => new($"^{Regex.Escape(name)}$", RegexOptions.None, TimeSpan.FromSeconds(1));
}

internal static class LocatorWords
{
    /// <summary>A button within a part of the page, by its whole name.</summary>
    public static ILocator Button(this ILocator place, string name) =>
        place.GetByRole(AriaRole.Button, new LocatorGetByRoleOptions { Name = name, Exact = true });
}
