using FileDrop.Api.Tests.Access;
using Microsoft.Playwright;

namespace FileDrop.Api.Tests.Page;

/// <summary>Words of the tests about links on the page.</summary>
internal static class ShareSteps
{
    /// <summary>Makes a key, by default with all scopes but admin, and a client with it.</summary>
    public static async Task<(string Key, HttpClient Http)> OwnerKeyAsync(this Service service, params string[] scopes)
    {
        using var admin = service.AsAdmin();
        var owner = $"owner {Guid.NewGuid():N}";
        var (key, _) = await admin.MakeKeyAsync(scopes.Length == 0 ? new { owner } : new { owner, scopes });
        return (key, service.As(key));
    }

    /// <summary>Opens the page and signs in.</summary>
    public static async Task<Window> OpenAsync(this Chromium chromium, Service service, string key, string address = "/")
    {
        var window = await chromium.OpenAsync(service.Address);
        await window.GoAsync(address);
        await window.Page.GetByLabel("API key").FillAsync(key);
        await window.Button("Sign in").ClickAsync();
        return window;
    }

    /// <summary>Opens the dialog for the selected rows.</summary>
    public static Task ShareSelectedAsync(this Window window) => window.Page.Locator(".chosen").Button("Share").ClickAsync();

    /// <summary>Chooses what the link allows.</summary>
    public static Task AllowAsync(this Window window, string mode) => window.Dialog().Locator(".switch label", new LocatorLocatorOptions { HasText = mode }).ClickAsync();

    /// <summary>A field of the dialog, by its whole label.</summary>
    public static ILocator Field(this Window window, string label) => window.Dialog().GetByLabel(label, new LocatorGetByLabelOptions { Exact = true });

    /// <summary>Makes the link, and returns its address.</summary>
    public static async Task<string> MakeLinkAsync(this Window window)
    {
        await window.Dialog().Button("Make link").ClickAsync();
        await window.Dialog().SaysAsync("The link is ready.");
        return await window.Dialog().Locator(".address").First.InputValueAsync();
    }

    /// <summary>Waits for a message of a dialog.</summary>
    public static Task SaysAsync(this ILocator dialog, string text) => Assertions.Expect(dialog.Locator(".messages")).ToContainTextAsync(text);

    /// <summary>Revokes the first link of a dialog or view, after the question.</summary>
    public static async Task RevokeAsync(this Window window, string name)
    {
        await window.Button($"Revoke the link: {name}").First.ClickAsync();
        await Assertions.Expect(window.Dialog()).ToContainTextAsync($"Revoke the link to “{name}”?");
        await window.Dialog().Button("Revoke").ClickAsync();
    }

    /// <summary>A link in the view of all links.</summary>
    public static ILocator Shared(this Window window, string name) => window.Page.Locator(".shares .share", new PageLocatorOptions { HasText = name });

    /// <summary>Waits until a row has a mark with these words, or none.</summary>
    public static Task HasMarkAsync(this Window window, string row, string? words)
    {
        var mark = window.Row(row).Locator(".mark");
        return words is null ? Assertions.Expect(mark).ToBeHiddenAsync() : Assertions.Expect(mark).ToHaveAttributeAsync("aria-label", words);
    }

    /// <summary>Waits until a link does not work.</summary>
    public static async Task IsGoneAsync(this Window visitor, string link)
    {
        await visitor.GoAsync(link);
        await Assertions.Expect(visitor.Page.Locator("h1")).ToHaveTextAsync("This link does not work");
    }
}
