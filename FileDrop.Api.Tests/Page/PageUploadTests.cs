using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.Playwright;
using Xunit;

namespace FileDrop.Api.Tests.Page;

/// <summary>The queue of uploads: how files get into it, and what it does when something comes between.</summary>
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
            Assert.Equal($"{folder.Name}/inner", (await FindAsync("deep.txt")).File.GetProperty("tags").GetProperty("folder").GetString());
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
        Assert.StartsWith("Pasted ", await window.Uploads.Locator("bdi").TextContentAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_upload_goes_on_after_a_reload()
    {
        await using var window = await OpenAsync();
        await window.NetworkAsync(Slow);
        await window.DropAsync(("reloaded.bin", Some));
        await window.UnderWayAsync("reloaded.bin");
        // What a reload finds has to be on the browser's disk first.
        await Service.UntilAsync("the queue is kept", () => window.Page.EvaluateAsync<bool>(
            """
            () => new Promise((resolve) => {
                const open = indexedDB.open("filedrop");
                open.onsuccess = () => {
                    const all = open.result.transaction("uploads").objectStore("uploads").getAll();
                    all.onsuccess = () => {
                        open.result.close();
                        resolve(all.result.length === 1 && all.result[0].url !== null && all.result[0].file !== null);
                    };
                };
            })
            """));
        await window.Page.ReloadAsync();
        await window.NetworkAsync(0);
        await Assertions.Expect(window.Upload("reloaded.bin")).ToContainTextAsync("Uploaded");
        Assert.Equal(Window.Content(Some), (await FindAsync("reloaded.bin")).Content);
        await window.Page.ReloadAsync();
        await Assertions.Expect(window.Row("reloaded.bin")).ToHaveCountAsync(1);
        await Assertions.Expect(window.Uploads).ToBeHiddenAsync();
    }

    [Fact]
    public async Task An_upload_waits_while_there_is_no_connection_and_goes_on_by_itself()
    {
        await using var window = await OpenAsync();
        await window.NetworkAsync(Slow);
        await window.DropAsync(("offline.bin", Some));
        await window.UnderWayAsync("offline.bin");
        await window.NetworkAsync(Slow, offline: true);
        await Assertions.Expect(window.Upload("offline.bin")).ToContainTextAsync("No connection. It goes on by itself");
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
    public async Task A_file_that_is_there_already_is_noticed()
    {
        await pair.Http.UploadAsync(Window.Content(700), "twice.bin");
        await using var window = await OpenAsync();
        await window.DropAsync(("twice.bin", 700));
        await Assertions.Expect(window.Upload("twice.bin")).ToContainTextAsync("A file of this name and size is here already.");
        await window.DropAsync(("twice.bin", 700));
        await Assertions.Expect(window.Toast).ToContainTextAsync("1 file left out: already in the queue.");
        await window.Upload("twice.bin").Button("Upload anyway: twice.bin").ClickAsync();
        await Assertions.Expect(window.Upload("twice.bin")).ToContainTextAsync("Uploaded");
        await Assertions.Expect(window.Row("twice.bin")).ToHaveCountAsync(2);
    }

    [Fact]
    public async Task What_cannot_be_uploaded_says_why_in_words_beside_its_name()
    {
        await using var stores = new EmbeddedStores();
        await using var service = await Service.StartAsync(stores, ("FileDrop:MaxFileSize", "1000"));
        await using var window = await chromium.OpenAsync(service.Address);
        await window.GoAsync();
        await window.DropAsync(("large.bin", 1001), ("small.bin", 1000));
        await Assertions.Expect(window.Upload("large.bin")).ToContainTextAsync("The file is larger than this service takes.");
        await Assertions.Expect(window.Upload("small.bin")).ToContainTextAsync("Uploaded");
        await Assertions.Expect(window.Uploads.Locator("h2")).ToHaveTextAsync("1 upload needs you");
    }

    private async Task<Window> OpenAsync()
    {
        var window = await chromium.OpenAsync(pair.Service.Address);
        await window.GoAsync();
        return window;
    }

    private async Task<(JsonElement File, byte[] Content)> FindAsync(string name)
    {
        var file = (await pair.Http.GetFromJsonAsync<JsonElement>($"/files?name={Uri.EscapeDataString(name)}")).EnumerateArray().First();
        return (file, await pair.Http.GetByteArrayAsync($"/files/{file.Id()}"));
    }
}
