using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Playwright;
using Xunit;

namespace FileDrop.Api.Tests.Page;

/// <summary>The page's main purpose: dropped files arrive in spite of interruptions and can be downloaded unchanged.</summary>
public abstract class MainPathTests(Pair pair, Chromium chromium)
{
    private const int Large = 200 * 1024 * 1024;

    [Fact]
    public async Task Dropped_files_arrive_in_spite_of_a_restart_and_download_unchanged()
    {
        await using var stores = await pair.MakeStoresAsync();
        var address = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{ServiceProcess.FreePort()}");
        await using var window = await chromium.OpenAsync(new Uri(address));
        var files = new[] { (Name: "film.bin", Size: Large), (Name: "notes.txt", Size: 5000), (Name: "empty.dat", Size: 0) };
        await using (await Service.StartAsync(stores, ("urls", address)))
        {
            await window.GoAsync(Window.AllFiles);
            await window.NetworkAsync(40_000_000);
            await window.DropAsync(files);
            await window.UnderWayAsync("film.bin");
            await window.Upload("film.bin").Button("Pause: film.bin").ClickAsync();
            await Assertions.Expect(window.Upload("film.bin")).ToContainTextAsync("Paused at");
            await Assertions.Expect(window.Upload("notes.txt")).ToContainTextAsync("Uploaded");
        }
        await using var service = await Service.StartAsync(stores, ("urls", address));
        var paused = await window.Upload("film.bin").Locator("progress").EvaluateAsync<double>("bar => bar.value");
        Assert.InRange(paused, 0.0001, 0.9999);
        await window.NetworkAsync(0);
        await window.Upload("film.bin").Button("Resume: film.bin").ClickAsync();
        await Assertions.Expect(window.Uploads.Locator("h2"))
            .ToHaveTextAsync("3 files uploaded", new LocatorAssertionsToHaveTextOptions { Timeout = 60_000 });

        foreach (var (name, size) in files)
        {
            await window.OpenAsync(name);
            var (saved, content) = await window.DownloadAsync(window.Detail.Button("Download"));
            Assert.Equal(name, saved);
            Assert.Equal(SHA256.HashData(Window.Content(size)), SHA256.HashData(content));
        }
        window.AssertClean();
    }
}

[Collection(ChromiumTests.Name)]
public sealed class MainPathOnEmbeddedTests(PageOnEmbeddedPair pair, Chromium chromium) : MainPathTests(pair, chromium),
    IClassFixture<PageOnEmbeddedPair>;

[Collection(ChromiumTests.Name)]
public sealed class MainPathOnClusterTests(PageOnClusterPair pair, Chromium chromium) : MainPathTests(pair, chromium),
    IClassFixture<PageOnClusterPair>;
