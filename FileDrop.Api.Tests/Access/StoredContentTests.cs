using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using FileDrop.Api.Tests.Files;
using FileDrop.Api.Tests.Page;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace FileDrop.Api.Tests.Access;

/// <summary>Uploaded content runs no script in a real browser.</summary>
public sealed class StoredContentTests
{
    /// <summary>Contents that run a script if a browser treats them as a page; SCRIPT navigates to an address that reports it.</summary>
    private static readonly (string Name, string Type, string Content)[] Contents =
    [
        ("page.html", "text/html", "<!DOCTYPE html><title>x</title><script>SCRIPT</script>"),
        ("handler.html", "text/html; charset=utf-8", "<body onload=\"SCRIPT\">"),
        ("page.xhtml", "application/xhtml+xml", "<html xmlns=\"http://www.w3.org/1999/xhtml\"><head><title>x</title><script>SCRIPT</script></head></html>"),
        ("page.xml", "text/xml", "<html xmlns=\"http://www.w3.org/1999/xhtml\"><head><title>x</title><script>SCRIPT</script></head></html>"),
        ("app.xml", "application/xml", "<x><s xmlns=\"http://www.w3.org/1999/xhtml\"><script>SCRIPT</script></s></x>"),
        ("image.svg", "image/svg+xml", "<svg xmlns=\"http://www.w3.org/2000/svg\"><script>SCRIPT</script></svg>"),
        ("onload.svg", "image/svg+xml", "<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"SCRIPT\"/>"),
        ("page.png", "image/png", "<!DOCTYPE html><script>SCRIPT</script>"),
        ("page.txt", "text/plain", "<!DOCTYPE html><script>SCRIPT</script>"),
        ("page.bin", "application/octet-stream", "<!DOCTYPE html><script>SCRIPT</script>"),
        ("polyglot.gif", "image/gif", "GIF89a/*<svg/onload=SCRIPT>*/=1;<script>SCRIPT</script>"),
        ("polyglot.pdf", "application/pdf", "%PDF-1.4\n1 0 obj<</OpenAction<</S/JavaScript/JS(SCRIPT)>>>>endobj\n<script>SCRIPT</script>"),
        ("page.mht", "multipart/related; boundary=b", "--b\r\nContent-Type: text/html\r\n\r\n<script>SCRIPT</script>\r\n--b--"),
        ("none", "", "<!DOCTYPE html><script>SCRIPT</script>"),
    ];

    /// <summary>The contents that a browser runs without FileDrop, which proves that this test can detect it.</summary>
    private static readonly string[] Dangerous = ["page.html", "handler.html", "page.xhtml", "page.xml", "app.xml", "image.svg", "onload.svg"];

    [Fact]
    public async Task Nothing_that_was_stored_runs_in_a_browser()
    {
        Assert.SkipWhen(Chromium.Program is null, Chromium.Missing);
        var (asked, ran) = (new ConcurrentDictionary<string, byte>(), new ConcurrentDictionary<string, byte>());
        await using var stores = new EmbeddedStores();
        await using var service = await Service.StartAsync(stores, services => services.AddSingleton<IStartupFilter>(new Watch(asked)));
        await using var other = await OtherSiteAsync(ran);
        var site = other.Urls.Single();

        var pages = new List<string>();
        foreach (var (name, type, content) in Contents)
        {
            pages.Add($"{site}/plain/{name}");
            var file = await service.Http.UploadAsync(Encoding.UTF8.GetBytes(Script(content, $"{site}/ran/stored-{name}")), name, type.Length == 0 ? null : type);
            pages.Add($"{service.Address}files/{file.Id()}?inline=true");
            pages.Add($"{service.Address}files/{file.Id()}");
            using var made = await service.Http.PostAsJsonAsync($"/files/{file.Id()}/link", new { version = 1 });
            pages.Add(new Uri(service.Address, (await made.JsonAsync()).Text("url")) + "&inline=true");
        }
        Site = (site, pages);

        using var profile = new TemporaryFolder();
        var start = new ProcessStartInfo(Chromium.Program)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            ArgumentList =
            {
                "--headless", "--no-sandbox", "--disable-gpu", "--disable-popup-blocking", "--no-first-run", "--remote-debugging-port=0",
                // Otherwise the browser throttles the page that opens all the others, because it is behind them.
                "--disable-background-timer-throttling", "--disable-renderer-backgrounding", "--disable-backgrounding-occluded-windows", $"--user-data-dir={profile.Path}",
                $"{site}/harness",
            },
        };
        using var process = Process.Start(start) ?? throw new InvalidOperationException("The browser did not start.");
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            await Service.UntilAsync("the browser has opened everything", () => Task.FromResult(ran.ContainsKey("done")), 90);
        }
        finally
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
        }

        Assert.Equal([], Dangerous.Where(name => !ran.ContainsKey($"plain-{name}")));
        Assert.Equal([], pages.Where(page => page.StartsWith(service.Address.ToString(), StringComparison.Ordinal) && !asked.ContainsKey(new Uri(page).PathAndQuery)));
        Assert.Equal([], ran.Keys.Where(name => name.StartsWith("stored-", StringComparison.Ordinal)));
    }

    private (string Address, List<string> Pages) Site { get; set; } = ("", []);

    private static string Script(string content, string address) => content.Replace("SCRIPT", $"top.location='{address}';location='{address}'", StringComparison.Ordinal);

    /// <summary>
    /// Starts another site, which serves the contents without protection, opens all pages in windows, frames and objects, and records which scripts ran.
    /// </summary>
    private async Task<WebApplication> OtherSiteAsync(ConcurrentDictionary<string, byte> ran)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.MapGet("/ran/{name}", (string name) => ran.TryAdd(name, 0) ? "ran" : "again");
        app.MapGet("/plain/{name}", (string name) =>
        {
            var (_, type, content) = Contents.Single(each => each.Name == name);
            return Results.Bytes(Encoding.UTF8.GetBytes(Script(content, $"{Site.Address}/ran/plain-{name}")), type.Length == 0 ? null : type);
        });
        app.MapGet("/harness", () => Results.Content($$"""
            <!DOCTYPE html><title>harness</title><body><script>
            const pages = {{JsonSerializer.Serialize(Site.Pages)}};
            const wait = time => new Promise(done => setTimeout(done, time));
            (async () => {
                for (const page of pages) {
                    window.open(page, '_blank', 'noopener');
                    // Without protection these contents would navigate this page away.
                    if (page.startsWith(location.origin)) continue;
                    for (const [tag, at] of [['object', 'data'], ['embed', 'src'], ['img', 'src']]) {
                        const element = document.createElement(tag);
                        element[at] = page;
                        document.body.append(element);
                    }
                    const frame = document.createElement('iframe');
                    frame.sandbox = 'allow-scripts';
                    frame.src = page;
                    document.body.append(frame);
                    await wait(100);
                }
                await wait(5000);
                await fetch('/ran/done');
            })();
            </script>
            """, "text/html"));
        await app.StartAsync();
        return app;
    }

    /// <summary>Records the requested addresses of the service.</summary>
    private sealed class Watch(ConcurrentDictionary<string, byte> asked) : IStartupFilter
    {
        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
        {
            app.Use((context, following) =>
            {
                if (context.Request.Headers["Sec-Fetch-Dest"] == "document")
                    asked.TryAdd(context.Request.Path + context.Request.QueryString, 0);
                return following(context);
            });
            next(app);
        };
    }
}
