using System.Text.RegularExpressions;
using FileDrop.Api.Tests.Files;
using FileDrop.Api.Tests.Folders;
using FileDrop.Api.Tests.Shares;
using Microsoft.Playwright;
using Xunit;

namespace FileDrop.Api.Tests.Page;

/// <summary>The view of all links, and the marks of shared entries in lists.</summary>
[Collection(ChromiumTests.Name)]
public sealed class SharedViewTests(GuardedPagePair pair, Chromium chromium) : IClassFixture<GuardedPagePair>
{
    [Fact]
    public async Task The_view_lists_links_with_their_states_counts_and_limits_and_leads_to_the_files()
    {
        var (key, http) = await pair.Service.OwnerKeyAsync();
        using var owned = http;
        var folder = (await http.FolderAsync("Photos")).FolderId();
        var inner = (await http.PlaceAsync([1], "inner.bin", folder: folder)).Id();
        var (trashed, purged, used, other) = (await FileAsync("trashed.bin"), await FileAsync("purged.bin"), await FileAsync("used.bin"), await FileAsync("other.bin"));
        await http.ShareAsync(new { ids = new[] { folder }, mode = "view", expires_at = "2099-01-01T12:00:00Z", note = "From the hut." });
        await http.LinkAsync(inner);
        await http.LinkAsync(trashed, trashed);
        await http.LinkAsync(purged);
        await http.LinkAsync(other, inner, used);
        var link = (await http.ShareAsync(new { ids = new[] { used }, max_downloads = 1, password = ShareWords.Password })).Text("url");
        using (var visitor = pair.Service.Visitor())
        using (await visitor.SendAsync(HttpMethod.Get, link, null, ("Authorization", ShareWords.Basic(ShareWords.Password))))
            await http.DeletedAsync($"/files/{trashed}");
        await http.DeletedAsync($"/files/{purged}");
        await http.DeletedAsync($"/trash/{purged}");

        await using var owner = await chromium.OpenAsync(pair.Service, key, "/?view=shared");
        await Assertions.Expect(owner.Page.Locator(".count")).ToHaveTextAsync("6 links");
        string[] expected =
        [
            "used.bin Download Used up With password Until revoked 1 of 1 download Last used now",
            "“other.bin” and 2 more Download Active Until revoked 0 downloads Not used yet",
            "1 deleted item Download Deleted Until revoked 0 downloads Not used yet",
            "trashed.bin Download In the trash Until revoked 0 downloads Not used yet",
            "inner.bin Download Active Until revoked 0 downloads Not used yet",
            "Photos View Active Expires Jan 1, 2099 0 downloads Not used yet From the hut.",
        ];
        var shown = await owner.Page.Locator(".shares .about").EvaluateAllAsync<string[]>(
            "cards => cards.map(card => [card.querySelector('.title'), ...card.querySelectorAll('.mode, .badge, .facts-line li, .words:not([hidden])')].map(part => part.textContent).join(' '))");
        Assert.Equal(expected, shown.Select(text => Regex.Replace(text, @"Last used .*", "Last used now", RegexOptions.None, TimeSpan.FromSeconds(1))));
        await Assertions.Expect(owner.Shared("1 deleted item").GetByRole(AriaRole.Button)).ToHaveCountAsync(1);

        await owner.Link("inner.bin").ClickAsync();
        await Assertions.Expect(owner.Detail.Locator("h2")).ToHaveTextAsync("inner.bin");
        await owner.Page.GoBackAsync();
        await owner.Link("trashed.bin").ClickAsync();
        await Assertions.Expect(owner.Page.Locator("h1")).ToHaveTextAsync("Trash");
        await owner.Page.GoBackAsync();
        await owner.Link("Photos").ClickAsync();
        await owner.ShowsAsync("inner.bin");
        owner.AssertClean();

        async Task<string> FileAsync(string name) => (await http.PlaceAsync([1], name)).Id();
    }

    [Fact]
    public async Task Links_are_copied_shown_and_revoked_in_the_view_and_the_keyboard_stays_in_it()
    {
        var (key, http) = await pair.Service.OwnerKeyAsync();
        using var owned = http;
        var links = new List<string>();
        foreach (var name in new[] { "a.bin", "b.bin" })
            links.Add(await http.LinkAsync((await http.PlaceAsync([1], name)).Id()));
        await using var owner = await chromium.OpenAsync(pair.Service, key, "/?view=shared");
        await owner.Context.GrantPermissionsAsync(["clipboard-read", "clipboard-write"]);
        await owner.Button("Copy link: a.bin").ClickAsync();
        await Assertions.Expect(owner.Toast).ToContainTextAsync("Link copied.");
        Assert.Equal(new Uri(pair.Service.Address, links[0]).ToString(), await owner.Page.EvaluateAsync<string>("() => navigator.clipboard.readText()"));
        await owner.Button("QR code: a.bin").ClickAsync();
        var picture = owner.Page.GetByRole(AriaRole.Img, new PageGetByRoleOptions { Name = "QR code of the link to a.bin" });
        await Assertions.Expect(picture).ToBeVisibleAsync();
        await owner.Button("QR code: a.bin").ClickAsync();
        await Assertions.Expect(picture).ToBeHiddenAsync();

        await owner.RevokeAsync("b.bin");
        await Assertions.Expect(owner.Page.Locator(".shares .share")).ToHaveCountAsync(1);
        await Assertions.Expect(owner.Button("Copy link: a.bin")).ToBeFocusedAsync();
        await using var visitor = await chromium.OpenAsync(pair.Service.Address);
        await visitor.IsGoneAsync(links[1]);
        await owner.RevokeAsync("a.bin");
        await Assertions.Expect(owner.Page.Locator(".empty")).ToContainTextAsync("Nothing is shared");
        await Assertions.Expect(owner.Page.Locator(".empty")).ToBeFocusedAsync();
        owner.AssertClean();
    }

    [Fact]
    public async Task The_view_has_an_address_and_the_back_button_and_the_search_lead_out_of_it()
    {
        var (key, http) = await pair.Service.OwnerKeyAsync();
        using var owned = http;
        await http.LinkAsync((await http.PlaceAsync([1], "file.bin")).Id());
        await using var owner = await chromium.OpenAsync(pair.Service, key);
        await owner.ShowsAsync("file.bin");
        await owner.Link("Shared").ClickAsync();
        await Assertions.Expect(owner.Shared("file.bin")).ToBeVisibleAsync();
        await Assertions.Expect(owner.Page).ToHaveURLAsync(new Regex("/\\?view=shared$"));
        await Assertions.Expect(owner.Page).ToHaveTitleAsync("Shared · FileDrop");
        await Assertions.Expect(owner.Link("Shared")).ToHaveAttributeAsync("aria-current", "page");
        await owner.Page.ReloadAsync();
        await Assertions.Expect(owner.Shared("file.bin")).ToBeVisibleAsync();
        await owner.Page.GoBackAsync();
        await owner.ShowsAsync("file.bin");
        await owner.Page.GoForwardAsync();
        await Assertions.Expect(owner.Shared("file.bin")).ToBeVisibleAsync();
        await owner.Page.GetByRole(AriaRole.Searchbox).FillAsync("file");
        await owner.ShowsAsync("file.bin");
        await Assertions.Expect(owner.Page.Locator("h1")).ToHaveTextAsync("Search results");
        owner.AssertClean();
    }

    [Fact]
    public async Task Many_links_are_read_as_the_user_scrolls_and_lists_ask_once_for_their_marks()
    {
        var (key, http) = await pair.Service.OwnerKeyAsync();
        using var owned = http;
        var first = (await http.PlaceAsync([1], "first.bin")).Id();
        await http.LinkAsync(first);
        var second = (await http.PlaceAsync([1], "second.bin")).Id();
        for (var part = 0; part < 40; part++)
            await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => http.LinkAsync(second)));
        await using var owner = await chromium.OpenAsync(pair.Service.Address);
        var asked = 0;
        owner.Page.Request += (_, request) => asked += request.Url.Contains("/shares", StringComparison.Ordinal) ? 1 : 0;
        await owner.GoAsync();
        await owner.Page.GetByLabel("API key").FillAsync(key);
        asked = 0;
        await owner.Button("Sign in").ClickAsync();
        await owner.HasMarkAsync("second.bin", "Shared by 300 links");
        // The newest 300 are in three requests; the oldest link is not among them.
        Assert.Equal(3, asked);
        await owner.HasMarkAsync("first.bin", null);

        await owner.SelectAsync("first.bin");
        await owner.ShareSelectedAsync();
        await Assertions.Expect(owner.Dialog().Button("Copy link: first.bin")).ToBeVisibleAsync();
        await owner.Page.Keyboard.PressAsync("Escape");
        await owner.GoAsync("/?view=shared");
        await Assertions.Expect(owner.Page.Locator(".count")).ToHaveTextAsync("300+ links");
        var list = owner.Page.Locator(".shares");
        await list.EvaluateAsync("list => list.scrollTop = list.scrollHeight");
        await Assertions.Expect(owner.Shared("first.bin")).ToHaveCountAsync(1);
        await Assertions.Expect(owner.Page.Locator(".count")).ToHaveTextAsync("321 links");
        owner.AssertClean();
    }

    [Fact]
    public async Task Another_tab_sees_a_link_come_and_go()
    {
        var (key, http) = await pair.Service.OwnerKeyAsync();
        using var owned = http;
        await http.PlaceAsync([1], "file.bin");
        await using var owner = await chromium.OpenAsync(pair.Service, key);
        await Assertions.Expect(owner.Row("file.bin")).ToBeVisibleAsync();
        var tab = await owner.Context.NewPageAsync();
        await tab.GotoAsync("/");
        await tab.GetByLabel("API key").FillAsync(key);
        await tab.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Sign in" }).ClickAsync();
        await Assertions.Expect(tab.Locator(".row")).ToBeVisibleAsync();
        await owner.Page.BringToFrontAsync();
        await owner.SelectAsync("file.bin");
        await owner.ShareSelectedAsync();
        await owner.MakeLinkAsync();
        await Assertions.Expect(tab.Locator(".row .mark")).ToHaveAttributeAsync("aria-label", "Shared by a link");
        await owner.RevokeAsync("file.bin");
        await Assertions.Expect(tab.Locator(".row .mark")).ToBeHiddenAsync();
        owner.AssertClean();
    }
}
