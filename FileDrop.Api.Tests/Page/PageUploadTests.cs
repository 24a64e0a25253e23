using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Xunit;

namespace FileDrop.Api.Tests.Page;

/// <summary>The queue of uploads: adding files, and interruptions.</summary>
[Collection(ChromiumTests.Name)]
public sealed class PageUploadTests(PageOnEmbeddedPair pair, Chromium chromium) : IClassFixture<PageOnEmbeddedPair>
{
    private const int Some = 24 * 1024 * 1024;
    private const int Slow = 6_000_000;

    [Fact]
    public async Task Files_and_folders_can_be_chosen()
    {
        await using var window = await OpenAsync();
        var folder = Directory.CreateTempSubdirectory("filedrop-page-");
        try
        {
            Directory.CreateDirectory(Path.Combine(folder.FullName, "inner"));
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "inner", "deep.txt"), "zażółć");
            var chosen = await window.Page.RunAndWaitForFileChooserAsync(() => window.Button("Upload").ClickAsync());
            Assert.True(chosen.IsMultiple);
            await chosen.SetFilesAsync(Path.Combine(folder.FullName, "inner", "deep.txt"));
            await Assertions.Expect(window.Upload("deep.txt")).ToContainTextAsync("Uploaded");
            var (file, content) = await FindAsync("deep.txt");
            Assert.Equal("text/plain;charset=utf-8", file.GetProperty("file_type").GetString());
            Assert.Equal("zażółć", Encoding.UTF8.GetString(content));

            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "inner", "deep.txt"), "another");
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "top.csv"), "a,b");
            chosen = await window.Page.RunAndWaitForFileChooserAsync(() => window.Button("Upload a folder").ClickAsync());
            await chosen.SetFilesAsync(folder.FullName);
            await Assertions.Expect(window.Uploads.Locator("h2")).ToHaveTextAsync("3 files uploaded");
            Assert.Equal("another", await pair.Http.GetStringAsync($"/paths/{folder.Name}/inner/deep.txt?content"));
            Assert.Equal("a,b", await pair.Http.GetStringAsync($"/paths/{folder.Name}/top.csv?content"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
        window.AssertClean();
    }

    [Fact]
    public async Task A_picture_can_be_pasted()
    {
        await using var window = await OpenAsync();
        await window.Page.EvaluateAsync(
            """
            () => {
                const clipboardData = new DataTransfer();
                clipboardData.items.add(new File(["pixels"], "image.png", { type: "image/png" }));
                window.dispatchEvent(new ClipboardEvent("paste", { clipboardData, cancelable: true }));
            }
            """);
        await Assertions.Expect(window.Uploads.Locator("h2")).ToHaveTextAsync("1 file uploaded");
        Assert.StartsWith("Pasted ", await window.Uploads.Locator("bdi.name").TextContentAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pasted_text_becomes_a_file_unless_it_is_typed_somewhere()
    {
        const string Paste =
            """
            (selector) => {
                const clipboardData = new DataTransfer();
                clipboardData.setData("text/plain", "a pasted żółty line");
                document.querySelector(selector).dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
            }
            """;
        await using var window = await OpenAsync();
        await window.Page.EvaluateAsync(Paste, ".search input");
        await window.Page.EvaluateAsync(Paste, "body");
        await Assertions.Expect(window.Uploads.Locator("h2")).ToHaveTextAsync("1 file uploaded");
        var name = await window.Uploads.Locator("bdi.name").TextContentAsync() ?? "";
        Assert.Matches("^Pasted .*\\.txt$", name);
        Assert.Equal("a pasted żółty line", Encoding.UTF8.GetString((await FindAsync(name)).Content));
    }

    [Fact]
    public async Task System_files_in_folders_are_not_uploaded()
    {
        await using var window = await OpenAsync();
        var folder = Directory.CreateTempSubdirectory("filedrop-page-");
        try
        {
            foreach (var name in new[] { ".DS_Store", "Thumbs.db", "desktop.ini", "meant.txt" })
                await File.WriteAllTextAsync(Path.Combine(folder.FullName, name), name);
            var chosen = await window.Page.RunAndWaitForFileChooserAsync(() => window.Button("Upload a folder").ClickAsync());
            await chosen.SetFilesAsync(folder.FullName);
            await Assertions.Expect(window.Uploads.Locator("h2")).ToHaveTextAsync("1 file uploaded");
            await Assertions.Expect(window.Upload("meant.txt")).ToContainTextAsync("Uploaded");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task System_files_in_a_dropped_folder_are_not_uploaded_and_the_others_keep_their_folder()
    {
        await using var window = await OpenAsync();
        var folder = Directory.CreateTempSubdirectory("filedrop-page-");
        try
        {
            var inner = Directory.CreateDirectory(Path.Combine(folder.FullName, "inner")).FullName;
            foreach (var name in new[] { ".DS_Store", "Thumbs.db", "DESKTOP.INI", "dropped.txt" })
            {
                await File.WriteAllTextAsync(Path.Combine(folder.FullName, name), name);
                await File.WriteAllTextAsync(Path.Combine(inner, name), $"{name} below");
            }
            await window.DropFolderAsync(folder.FullName);
            await Assertions.Expect(window.Uploads.Locator("h2")).ToHaveTextAsync("2 files uploaded");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
        Assert.Equal("dropped.txt", await pair.Http.GetStringAsync($"/paths/{folder.Name}/dropped.txt?content"));
        Assert.Equal("dropped.txt below", await pair.Http.GetStringAsync($"/paths/{folder.Name}/inner/dropped.txt?content"));
        window.AssertClean();
    }

    [Fact]
    public async Task A_paused_upload_shows_after_a_reload_how_much_is_stored()
    {
        await using var window = await OpenAsync("/");
        // Wait until a part of the content is stored and the next one is being sent.
        await window.NetworkAsync(Slow);
        var part = window.Page.WaitForResponseAsync(answer => answer.Request.Method == "PATCH" && answer.Ok);
        await window.DropAsync(("paused.bin", Some));
        await Assertions.Expect(window.Page).ToHaveTitleAsync(new Regex("^[0-9]+ % · FileDrop$"));
        await part;
        await window.Upload("paused.bin").Button("Pause: paused.bin").ClickAsync();
        await Assertions.Expect(window.Upload("paused.bin")).ToContainTextAsync("Paused at");
        await Assertions.Expect(window.Page).ToHaveTitleAsync("FileDrop");
        await window.KeptAsync();
        await window.Page.ReloadAsync();
        await Assertions.Expect(window.Upload("paused.bin")).ToContainTextAsync(new Regex("Paused at ([89]|1[0-9]|2[0-9])(\\.[0-9]+)? MB of 25.2 MB"));
        await Assertions.Expect(window.Upload("paused.bin").Locator("progress")).Not.ToHaveJSPropertyAsync("value", 0);
    }

    [Theory]
    [InlineData(1025, true)]
    [InlineData(1, false)]
    public async Task The_browser_asks_before_a_reload_loses_bytes_and_only_then(int megabytes, bool asks)
    {
        await using var window = await OpenAsync();
        await window.NetworkAsync(200_000);
        // A browser asks only after a click or a key on the page.
        await window.Page.Locator("h1").ClickAsync();
        await window.Page.EvaluateAsync(
            """
            (megabytes) => {
                const part = new Blob([new Uint8Array(1 << 20)]);
                const transfer = new DataTransfer();
                transfer.items.add(new File(Array(megabytes).fill(part), `large ${megabytes}.bin`));
                for (const type of ["dragenter", "drop"]) document.body.dispatchEvent(new DragEvent(type, { dataTransfer: transfer, bubbles: true, cancelable: true }));
            }
            """, megabytes);
        await window.UnderWayAsync($"large {megabytes}.bin");
        await window.KeptAsync();
        var asked = false;
        window.Page.Dialog += (_, dialog) =>
        {
            asked = dialog.Type is "beforeunload";
            _ = dialog.AcceptAsync();
        };
        await window.Page.ReloadAsync();
        Assert.Equal(asks, asked);
        await window.Page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { NameRegex = new("^Cancel") }).ClickAsync();
        await Assertions.Expect(window.Uploads).ToBeHiddenAsync();
    }

    [Fact]
    public async Task An_upload_continues_after_a_reload()
    {
        await using var window = await OpenAsync();
        await window.NetworkAsync(Slow);
        await window.DropAsync(("reloaded.bin", Some));
        await window.UnderWayAsync("reloaded.bin");
        await window.KeptAsync();
        await window.Page.ReloadAsync();
        await window.NetworkAsync(0);
        await Assertions.Expect(window.Upload("reloaded.bin")).ToContainTextAsync("Uploaded");
        Assert.Equal(Window.Content(Some), (await FindAsync("reloaded.bin")).Content);
        await window.Page.ReloadAsync();
        await Assertions.Expect(window.Row("reloaded.bin")).ToHaveCountAsync(1);
        await Assertions.Expect(window.Uploads).ToBeHiddenAsync();
    }

    [Fact]
    public async Task An_upload_waits_without_a_connection_and_continues_by_itself()
    {
        await using var window = await OpenAsync();
        await window.NetworkAsync(Slow);
        await window.DropAsync(("offline.bin", Some));
        await window.UnderWayAsync("offline.bin");
        await window.NetworkAsync(Slow, offline: true);
        await Assertions.Expect(window.Upload("offline.bin")).ToContainTextAsync("No connection. The upload resumes");
        await Assertions.Expect(window.Page.Locator(".banner")).ToBeVisibleAsync();
        await window.NetworkAsync(0);
        await Assertions.Expect(window.Upload("offline.bin"))
            .ToContainTextAsync("Uploaded", new LocatorAssertionsToContainTextOptions { Timeout = 30_000 });
        Assert.Equal(Window.Content(Some), (await FindAsync("offline.bin")).Content);
        await Assertions.Expect(window.Page.Locator(".banner")).ToBeHiddenAsync();
    }

    [Fact]
    public async Task A_cancelled_upload_leaves_nothing()
    {
        await using var window = await OpenAsync();
        await window.NetworkAsync(Slow);
        var created = window.Page.WaitForResponseAsync(
            answer => answer.Request.Method == "POST" && answer.Url.EndsWith("/uploads", StringComparison.Ordinal));
        await window.DropAsync(("cancelled.bin", Some));
        var location = await (await created).HeaderValueAsync("Location") ?? "";
        await window.UnderWayAsync("cancelled.bin");
        await window.Upload("cancelled.bin").Button("Cancel: cancelled.bin").ClickAsync();
        await Assertions.Expect(window.Uploads).ToBeHiddenAsync();
        await Service.UntilAsync("the upload is gone", async () =>
        {
            using var ask = new HttpRequestMessage(HttpMethod.Head, location) { Headers = { { "Tus-Resumable", "1.0.0" } } };
            using var answer = await pair.Http.SendAsync(ask);
            return answer.StatusCode == HttpStatusCode.NotFound;
        });
        Assert.Empty((await pair.Http.GetFromJsonAsync<JsonElement>("/files?name=cancelled")).EnumerateArray());
    }

    [Fact]
    public async Task The_page_notices_a_loose_file_that_already_exists()
    {
        await pair.Http.UploadAsync(Window.Content(700), "twice.bin");
        await using var window = await OpenAsync("/?view=unsorted");
        await window.DropAsync(("twice.bin", 700));
        await Assertions.Expect(window.Upload("twice.bin")).ToContainTextAsync("A file with this name and size is already here.");
        await window.DropAsync(("twice.bin", 700));
        await Assertions.Expect(window.Toast).ToContainTextAsync("1 file left out: already in the queue.");
        await window.Upload("twice.bin").Button("Upload anyway: twice.bin").ClickAsync();
        await Assertions.Expect(window.Upload("twice.bin")).ToContainTextAsync("Uploaded");
        await Assertions.Expect(window.Row("twice.bin")).ToHaveCountAsync(2);
    }

    [Fact]
    public async Task A_failed_upload_shows_the_reason_beside_its_name()
    {
        await using var stores = new EmbeddedStores();
        await using var service = await Service.StartAsync(stores, ("FileDrop:MaxFileSize", "1000"));
        await using var window = await chromium.OpenAsync(service.Address);
        await window.GoAsync(Window.AllFiles);
        await window.DropAsync(("large.bin", 1001), ("small.bin", 1000));
        await Assertions.Expect(window.Upload("large.bin")).ToContainTextAsync("The file is larger than this service allows.");
        await Assertions.Expect(window.Upload("small.bin")).ToContainTextAsync("Uploaded");
        await Assertions.Expect(window.Uploads.Locator("h2")).ToHaveTextAsync("1 upload needs you");
    }

    private async Task<Window> OpenAsync(string address = Window.AllFiles)
    {
        var window = await chromium.OpenAsync(pair.Service.Address);
        await window.GoAsync(address);
        return window;
    }

    private async Task<(JsonElement File, byte[] Content)> FindAsync(string name)
    {
        var file = (await pair.Http.GetFromJsonAsync<JsonElement>($"/files?name={Uri.EscapeDataString(name)}")).EnumerateArray().First();
        return (file, await pair.Http.GetByteArrayAsync($"/files/{file.Id()}"));
    }
}
