using System.Collections.Concurrent;
using System.Globalization;
using System.Reflection;
using System.Text.Json;
using FileDrop.Api.Http;
using FileDrop.Api.Tests.Access;
using FileDrop.Api.Tests.Files;
using Microsoft.Playwright;
using Xunit;

namespace FileDrop.Api.Tests.Page;

/// <summary>The views before the files: signing in, and the message if the service does not answer.</summary>
[Collection(ChromiumTests.Name)]
public sealed class DoorTests(PageOnEmbeddedPair pair, GuardedEmbeddedPair locked, Chromium chromium)
    : IClassFixture<PageOnEmbeddedPair>, IClassFixture<GuardedEmbeddedPair>
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_key_opens_the_files_of_a_tab_and_is_kept_on_the_device_only_if_wished(bool kept)
    {
        var name = $"secret {kept}.png";
        using var admin = locked.Service.AsAdmin();
        var (good, _) = await admin.MakeKeyAsync(new { owner = name });
        using var owner = locked.Service.As(good);
        await owner.UploadAsync(Samples.Png(10, 10), name, "image/png");
        await using var window = await chromium.OpenAsync(locked.Service.Address);
        await window.GoAsync(Window.AllFiles);
        var key = window.Page.GetByLabel("API key");
        await Assertions.Expect(key).ToBeFocusedAsync();
        await key.FillAsync("fd_wrong");
        await key.PressAsync("Enter");
        await Assertions.Expect(window.Page.GetByText("This key was not accepted.")).ToBeVisibleAsync();
        await key.FillAsync(good);
        if (kept)
            await window.Page.GetByLabel("Keep me signed in on this device").CheckAsync();
        await window.Button("Sign in").ClickAsync();
        await window.OpenAsync(name);
        await Assertions.Expect(window.Detail.Locator("img")).ToHaveJSPropertyAsync("naturalWidth", 10);

        await window.Page.ReloadAsync();
        await Assertions.Expect(window.Row(name)).ToBeVisibleAsync();
        var another = await window.Context.NewPageAsync();
        await another.GotoAsync(Window.AllFiles);
        await Assertions.Expect(kept ? another.Locator(".row").First : another.GetByLabel("API key")).ToBeVisibleAsync();
        await window.Button("Sign out").ClickAsync();
        await Assertions.Expect(key).ToBeVisibleAsync();
        Assert.False(await window.Page.EvaluateAsync<bool>("() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]).includes('fd_')"));
        await window.Page.ReloadAsync();
        await Assertions.Expect(key).ToBeVisibleAsync();
    }

    [Fact]
    public async Task A_signed_in_person_sees_and_downloads_each_version_without_the_key_in_any_address()
    {
        byte[] first = Samples.Png(10, 10), second = Samples.Png(20, 20);
        using var admin = locked.Service.AsAdmin();
        var (good, _) = await admin.MakeKeyAsync(new { owner = "reader" });
        using var owner = locked.Service.As(good);
        var file = await owner.UploadAsync(first, "picture.png", "image/png");
        using (var changed = await owner.PutAsync($"/files/{file.Id()}/content", new ByteArrayContent(second)))
            await changed.SucceededAsync();
        using (var typed = await owner.PutAsync($"/files/{file.Id()}", AccessWords.Json(new { file_name = "picture now.png" })))
            await typed.SucceededAsync();
        await using var window = await chromium.OpenAsync(locked.Service.Address);
        var addresses = new ConcurrentQueue<string>();
        window.Page.Request += (_, request) => addresses.Enqueue(request.Url);
        await window.GoAsync(Window.AllFiles);
        await window.Page.GetByLabel("API key").FillAsync(good);
        await window.Button("Sign in").ClickAsync();
        await window.OpenAsync("picture now.png");

        Assert.Equal(second, (await window.DownloadAsync(window.Detail.Button("Download"))).Content);
        Assert.Equal(first, (await window.DownloadAsync(window.Button("Download version 1"))).Content);
        Assert.Contains(addresses, address => new Uri(address).AbsolutePath.StartsWith("/links/", StringComparison.Ordinal));
        Assert.DoesNotContain(addresses.Append(window.Page.Url), address => address.Contains(good, StringComparison.Ordinal));
        window.AssertClean();
    }

    [Fact]
    public async Task The_page_says_that_the_service_does_not_answer_and_finds_it_again()
    {
        await pair.Http.UploadAsync([1], "there.bin");
        await using var window = await chromium.OpenAsync(pair.Service.Address);
        await window.Page.RouteAsync("**/files?*", route => route.AbortAsync());
        await window.GoAsync(Window.AllFiles);
        await Assertions.Expect(window.Page.Locator("h1")).ToHaveTextAsync("FileDrop does not answer");
        await Assertions.Expect(window.Page.GetByRole(AriaRole.Alert).Last).ToContainTextAsync("The service cannot be reached.");
        var again = await window.Button("Try now").ElementHandleAsync();
        await window.Page.UnrouteAsync("**/files?*");
        // The page also tries by itself. It may be faster, and then the button is gone.
        await again.EvaluateAsync("button => button.click()");
        await Assertions.Expect(window.Row("there.bin")).ToBeVisibleAsync();

        await window.NetworkAsync(0, offline: true);
        await Assertions.Expect(window.Page.Locator(".banner")).ToContainTextAsync("This page may be out of date.");
        await Assertions.Expect(window.Row("there.bin")).ToBeVisibleAsync();
        await window.NetworkAsync(0);
        await Assertions.Expect(window.Page.Locator(".banner")).ToBeHiddenAsync();
    }

    [Fact]
    public async Task The_page_names_the_store_that_does_not_answer()
    {
        await using var window = await chromium.OpenAsync(pair.Service.Address);
        var problem = Answer(503, new { code = "storage_unavailable", detail = "The storage does not answer.", status = 503 });
        var health = Answer(503, new { status = "unhealthy", checks = new { self = "healthy", catalog = "unhealthy" } });
        await window.Page.RouteAsync("**/files?*", route => route.FulfillAsync(problem));
        await window.Page.RouteAsync("**/health", route => route.FulfillAsync(health));
        await window.GoAsync(Window.AllFiles);
        await Assertions.Expect(window.Page.GetByText("Failing: the metadata store (catalog).")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task A_store_that_stops_answering_is_not_called_a_lost_connection()
    {
        await pair.Http.UploadAsync([1], "still there.bin");
        await using var window = await chromium.OpenAsync(pair.Service.Address);
        await window.GoAsync(Window.AllFiles);
        await Assertions.Expect(window.Row("still there.bin")).ToBeVisibleAsync();
        var problem = Answer(503, new { code = "storage_unavailable", detail = "MongoDB is away.", status = 503 });
        await window.Page.RouteAsync("**/files?*", route => route.FulfillAsync(problem));
        // The page asks for the list again after an upload.
        await window.DropAsync(("new.bin", 3));
        var banner = window.Page.Locator(".banner");
        await Assertions.Expect(banner).ToContainTextAsync("The service runs, but its storage does not answer.");
        await Assertions.Expect(banner).Not.ToContainTextAsync("connection");
    }

    [Fact]
    public void Each_error_code_of_the_service_has_its_own_text()
    {
        var texts = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "wwwroot", "js", "texts", "problems.js"));
        Assert.All(Codes(), code => Assert.Matches($"(?m)^  {code}: (\"|\\(why\\) => `)[A-Z]", texts));
    }

    /// <summary>The codes of all problems that the service can answer.</summary>
    private static HashSet<string> Codes()
    {
        const BindingFlags All = BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly;
        var made = typeof(ApiProblem).GetMethods(All)
            .Where(method => method.ReturnType == typeof(ApiProblem) && method.Name is not nameof(ApiProblem.OfStatus))
            .Select(method => method.Invoke(null, [.. method.GetParameters().Select(parameter => Convert.ChangeType(1, parameter.ParameterType, CultureInfo.InvariantCulture))]));
        var codes = made.OfType<ApiProblem>().Select(problem => problem.Code).ToHashSet(StringComparer.Ordinal);
        Assert.True(codes.Count > 30);
        return codes;
    }

    private static RouteFulfillOptions Answer(int status, object body) =>
        new()
        {
            Status = status,
            ContentType = status < 400 ? "application/json" : "application/problem+json",
            Body = JsonSerializer.Serialize(body),
        };
}
