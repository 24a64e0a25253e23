using System.Collections.Concurrent;
using System.Text.Json;
using FileDrop.Api.Tests.Access;
using FileDrop.Api.Tests.Files;
using Microsoft.Playwright;
using Xunit;

namespace FileDrop.Api.Tests.Page;

/// <summary>What stands in front of the files: signing in, and saying what is wrong when nothing answers.</summary>
[Collection(ChromiumTests.Name)]
public sealed class DoorTests(PageOnEmbeddedPair pair, GuardedEmbeddedPair locked, Chromium chromium)
    : IClassFixture<PageOnEmbeddedPair>, IClassFixture<GuardedEmbeddedPair>
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_key_opens_the_files_and_is_kept_on_the_device_only_if_wished(bool kept)
    {
        var name = $"secret {kept}.png";
        using var admin = locked.Service.AsAdmin();
        var (good, _) = await admin.MakeKeyAsync(new { owner = name });
        using var owner = locked.Service.As(good);
        await owner.UploadAsync(Samples.Png(10, 10), name, "image/png");
        await using var window = await chromium.OpenAsync(locked.Service.Address);
        await window.GoAsync();
        var key = window.Page.GetByLabel("API key");
        await Assertions.Expect(key).ToBeFocusedAsync();
        await key.FillAsync("fd_wrong");
        await key.PressAsync("Enter");
        await Assertions.Expect(window.Page.GetByText("This key is not accepted.")).ToBeVisibleAsync();
        await key.FillAsync(good);
        if (kept)
            await window.Page.GetByLabel("Keep me signed in on this device").CheckAsync();
        await window.Button("Sign in").ClickAsync();
        await window.OpenAsync(name);
        await Assertions.Expect(window.Detail.Locator("img")).ToHaveJSPropertyAsync("naturalWidth", 10);

        await window.Page.ReloadAsync();
        await Assertions.Expect(kept ? window.Row(name) : key).ToBeVisibleAsync();
        if (!kept)
            return;
        await window.Button("Sign out").ClickAsync();
        await Assertions.Expect(key).ToBeVisibleAsync();
        Assert.Equal(0, await window.Page.EvaluateAsync<int>("() => Object.values(localStorage).filter((value) => value.includes('fd_')).length"));
    }

    [Fact]
    public async Task Whoever_is_signed_in_sees_and_downloads_each_version_without_the_key_in_any_address()
    {
        byte[] first = "the first words"u8.ToArray(), second = "the second words"u8.ToArray();
        using var admin = locked.Service.AsAdmin();
        var (good, _) = await admin.MakeKeyAsync(new { owner = "reader" });
        using var owner = locked.Service.As(good);
        var file = await owner.UploadAsync(first, "words.txt", "text/plain");
        using (var changed = await owner.PutAsync($"/files/{file.Id()}/content", new ByteArrayContent(second)))
            await changed.SucceededAsync();
        using (var typed = await owner.PutAsync($"/files/{file.Id()}", AccessWords.Json(new { file_name = "words now.txt" })))
            await typed.SucceededAsync();
        await using var window = await chromium.OpenAsync(locked.Service.Address);
        var addresses = new ConcurrentQueue<string>();
        window.Page.Request += (_, request) => addresses.Enqueue(request.Url);
        await window.GoAsync();
        await window.Page.GetByLabel("API key").FillAsync(good);
        await window.Button("Sign in").ClickAsync();
        await window.OpenAsync("words now.txt");

        Assert.Equal(second, (await window.DownloadAsync(window.Detail.Button("Download"))).Content);
        Assert.Equal(first, (await window.DownloadAsync(window.Button("Download version 1"))).Content);
        Assert.Contains(addresses, address => new Uri(address).AbsolutePath.StartsWith("/links/", StringComparison.Ordinal));
        Assert.DoesNotContain(addresses.Append(window.Page.Url), address => address.Contains(good, StringComparison.Ordinal));
        window.AssertClean();
    }

    [Fact]
    public async Task A_service_that_does_not_answer_is_said_to_and_found_again()
    {
        await pair.Http.UploadAsync([1], "there.bin");
        await using var window = await chromium.OpenAsync(pair.Service.Address);
        await window.Page.RouteAsync("**/files?*", route => route.AbortAsync());
        await window.GoAsync();
        await Assertions.Expect(window.Page.Locator("h1")).ToHaveTextAsync("FileDrop does not answer");
        await Assertions.Expect(window.Page.GetByRole(AriaRole.Alert).Last).ToContainTextAsync("The service cannot be reached.");
        await window.Page.UnrouteAsync("**/files?*");
        await window.Button("Try now").ClickAsync();
        await Assertions.Expect(window.Row("there.bin")).ToBeVisibleAsync();

        await window.NetworkAsync(0, offline: true);
        await Assertions.Expect(window.Page.Locator(".banner")).ToContainTextAsync("What you see may be out of date.");
        await Assertions.Expect(window.Row("there.bin")).ToBeVisibleAsync();
        await window.NetworkAsync(0);
        await Assertions.Expect(window.Page.Locator(".banner")).ToBeHiddenAsync();
    }

    [Fact]
    public async Task A_service_whose_store_does_not_answer_says_which()
    {
        await using var window = await chromium.OpenAsync(pair.Service.Address);
        var problem = Answer(503, new { code = "storage_unavailable", detail = "The storage does not answer.", status = 503 });
        var health = Answer(503, new { status = "unhealthy", checks = new { self = "healthy", catalog = "unhealthy" } });
        await window.Page.RouteAsync("**/files?*", route => route.FulfillAsync(problem));
        await window.Page.RouteAsync("**/health", route => route.FulfillAsync(health));
        await window.GoAsync();
        await Assertions.Expect(window.Page.GetByText("Not well: the store of names (catalog).")).ToBeVisibleAsync();
    }

    private static RouteFulfillOptions Answer(int status, object body) =>
        new()
        {
            Status = status,
            ContentType = status < 400 ? "application/json" : "application/problem+json",
            Body = JsonSerializer.Serialize(body),
        };
}
