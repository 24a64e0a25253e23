using System.Text.Json;
using FileDrop.Api.Tests.Access;
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
