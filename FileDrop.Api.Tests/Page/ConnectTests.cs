using System.Net;
using Microsoft.Playwright;
using Xunit;

namespace FileDrop.Api.Tests.Page;

/// <summary>The dialog that says how to use the files as a drive.</summary>
[Collection(ChromiumTests.Name)]
public sealed class ConnectTests(PageOnEmbeddedPair pair, GuardedPagePair locked, Chromium chromium)
    : IClassFixture<PageOnEmbeddedPair>, IClassFixture<GuardedPagePair>
{
    [Fact]
    public async Task The_address_is_copied_and_opens_the_drive_with_the_key_as_password()
    {
        var (key, http) = await locked.Service.OwnerKeyAsync();
        using var owned = http;
        await http.PlaceAsync([1], "on the drive.txt");
        await using var window = await chromium.OpenAsync(locked.Service, key);
        await window.Context.GrantPermissionsAsync(["clipboard-read", "clipboard-write"]);
        await window.Button("Connect").ClickAsync();
        await Assertions.Expect(window.Dialog()).ToContainTextAsync("The password is an API key");
        await Assertions.Expect(window.Dialog()).ToContainTextAsync(" pass=$(rclone obscure KEY)");
        await window.Dialog().Button("Copy address").ClickAsync();
        await Assertions.Expect(window.Dialog()).ToContainTextAsync("Address copied.");
        var address = await window.Page.EvaluateAsync<string>("() => navigator.clipboard.readText()");
        using var drive = new HttpClient(new SocketsHttpHandler { Credentials = new NetworkCredential("anything", key) });
        using var asked = new HttpRequestMessage(new HttpMethod("PROPFIND"), address) { Headers = { { "Depth", "1" } } };
        using var answer = await drive.SendAsync(asked);
        Assert.Equal(HttpStatusCode.MultiStatus, answer.StatusCode);
        Assert.Contains("on%20the%20drive.txt", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        window.AssertClean();
    }

    [Theory]
    [InlineData("MacIntel", "macOS, Finder")]
    [InlineData("Win32", "Windows, Explorer")]
    [InlineData("Linux x86_64", "GNOME, Files")]
    [InlineData("iPhone", "iOS, Files")]
    public async Task The_way_of_the_viewers_own_system_comes_first_and_a_phone_has_the_button_too(string platform, string first)
    {
        await using var window = await chromium.OpenAsync(pair.Service.Address, size: (390, 844), touch: platform is "iPhone");
        await window.Context.AddInitScriptAsync($"Object.defineProperty(Navigator.prototype, 'platform', {{ get: () => '{platform}' }});");
        await window.GoAsync();
        await window.Button("Connect").ClickAsync();
        await Assertions.Expect(window.Dialog().Locator("dt").First).ToHaveTextAsync(first);
        await Assertions.Expect(window.Dialog().Locator("dt")).ToHaveCountAsync(7);
        await Assertions.Expect(window.Dialog()).ToContainTextAsync("asks for no password");
        await Assertions.Expect(window.Dialog()).ToContainTextAsync($"filedrop login {pair.Service.Address.GetLeftPart(UriPartial.Authority)}");
        await Assertions.Expect(window.Dialog().GetByLabel("Address of the drive")).ToHaveValueAsync($"{pair.Service.Address.GetLeftPart(UriPartial.Authority)}/dav/");
        // Over plain HTTP only this machine can use it.
        await Assertions.Expect(window.Dialog()).ToContainTextAsync("from others, it answers 403");
        await window.Dialog().Button("Close").ClickAsync();
        await Assertions.Expect(window.Page.Locator("dialog")).ToHaveCountAsync(0);
        window.AssertClean();
    }
}
