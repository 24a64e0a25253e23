using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using FileDrop.Api.Tests.Access;
using FileDrop.Api.Tests.Files;
using FileDrop.Api.Tests.Folders;
using FileDrop.Api.Tests.Shares;
using Microsoft.Playwright;
using Xunit;

namespace FileDrop.Api.Tests.Page;

/// <summary>The dialog that makes links, and the one that changes them.</summary>
[Collection(ChromiumTests.Name)]
public sealed class ShareDialogTests(GuardedEmbeddedPair pair, Chromium chromium) : IClassFixture<GuardedEmbeddedPair>
{
    private static readonly string[] WithoutShare = ["read", "write"], WithoutWrite = ["read", "share"], Types = [".pdf", "image/*"];

    [Fact]
    public async Task A_selection_and_a_folder_are_shared_to_look_at_or_to_download()
    {
        var (key, http) = await pair.Service.OwnerKeyAsync();
        using var owned = http;
        var folder = (await http.FolderAsync("Photos")).FolderId();
        await http.PlaceAsync("inner"u8.ToArray(), "inner.txt", folder: folder);
        foreach (var name in new[] { "a.txt", "b.txt", "c.txt" })
            await http.PlaceAsync("text"u8.ToArray(), name);
        await using var owner = await chromium.OpenAsync(pair.Service, key);
        await owner.SelectAsync("a.txt", "b.txt");
        await owner.ShareSelectedAsync();
        await Assertions.Expect(owner.Dialog().Locator("h2")).ToHaveTextAsync("Share 2 files");
        await Assertions.Expect(owner.Dialog().GetByText("Request files")).ToHaveCountAsync(0);
        await owner.Field("Note for the people with the link").FillAsync("Both of them.");
        var selection = await owner.MakeLinkAsync();
        await owner.Page.Keyboard.PressAsync("Escape");
        await owner.HasMarkAsync("b.txt", "Shared by a link");
        await owner.HasMarkAsync("c.txt", null);

        // A folder that is open is shared from the bar above it.
        await owner.Page.Keyboard.PressAsync("Escape");
        await owner.EnterAsync("Photos");
        await owner.Button("Share this folder").ClickAsync();
        await owner.AllowAsync("View");
        var view = await owner.MakeLinkAsync();

        await using var visitor = await chromium.OpenAsync(pair.Service.Address);
        await visitor.GoAsync(selection);
        await Assertions.Expect(visitor.Page.GetByText("Both of them.")).ToBeVisibleAsync();
        await Assertions.Expect(visitor.Page.Locator(".entries li")).ToHaveCountAsync(2);
        var (name2, content) = await visitor.DownloadAsync(visitor.Link("Download b.txt"));
        Assert.Equal("b.txt", name2);
        Assert.Equal("text"u8.ToArray(), content);
        await visitor.GoAsync(view);
        await Assertions.Expect(visitor.Link("inner.txt")).ToBeVisibleAsync();
        await Assertions.Expect(visitor.Page.GetByText("Download")).ToHaveCountAsync(0);
        owner.AssertClean();
        visitor.AssertClean();
    }

    [Fact]
    public async Task A_made_password_opens_the_link_and_is_taken_away_again()
    {
        var (owner, http) = await OpenAsync("secret.txt");
        using var owned = http;
        await using var closing = owner;
        await owner.Dialog().Button("Make one").ClickAsync();
        var password = await owner.Field("Password").InputValueAsync();
        Assert.Matches(new Regex("^([a-km-np-z2-9]{4}-){3}[a-km-np-z2-9]{4}$", RegexOptions.None, TimeSpan.FromSeconds(1)), password);
        await owner.Dialog().Button("Make one").ClickAsync();
        await Assertions.Expect(owner.Field("Password")).Not.ToHaveValueAsync(password);
        password = await owner.Field("Password").InputValueAsync();
        var link = await owner.MakeLinkAsync();
        await Assertions.Expect(owner.Dialog().Locator(".secret")).ToContainTextAsync(password);

        await using var visitor = await chromium.OpenAsync(pair.Service.Address);
        await visitor.GoAsync(link);
        await visitor.Page.GetByLabel("Password").FillAsync(password);
        await visitor.Button("Open").ClickAsync();
        await Assertions.Expect(visitor.Page.Locator("h1")).ToHaveTextAsync("secret.txt");

        await owner.Button("Change the link: secret.txt").ClickAsync();
        await owner.Field("Remove the password").CheckAsync();
        await owner.Dialog().Button("Save").ClickAsync();
        await owner.Dialog().SaysAsync("The link was changed.");
        await Assertions.Expect(owner.Dialog().Locator(".share")).Not.ToContainTextAsync("With password");
        await using var another = await chromium.OpenAsync(pair.Service.Address);
        await another.GoAsync(link);
        await Assertions.Expect(another.Page.Locator("h1")).ToHaveTextAsync("secret.txt");
        owner.AssertClean();
    }

    [Fact]
    public async Task A_link_is_used_up_by_its_downloads_and_gets_more()
    {
        var (owner, http) = await OpenAsync("once.txt");
        using var owned = http;
        await using var closing = owner;
        await owner.Field("Downloads at most").FillAsync("1");
        var link = await owner.MakeLinkAsync();
        await using (var first = await chromium.OpenAsync(pair.Service.Address))
        {
            await first.GoAsync(link);
            await Assertions.Expect(first.Page.GetByText("The link can be used once more.")).ToBeVisibleAsync();
            await first.DownloadAsync(first.Link("Download"));
        }
        await using var second = await chromium.OpenAsync(pair.Service.Address);
        await second.IsGoneAsync(link);

        await owner.Page.Keyboard.PressAsync("Escape");
        await owner.Link("Shared").ClickAsync();
        await Assertions.Expect(owner.Shared("once.txt")).ToContainTextAsync("Used up");
        await Assertions.Expect(owner.Shared("once.txt")).ToContainTextAsync("1 of 1 download");
        await owner.Button("Change the link: once.txt").ClickAsync();
        await owner.Field("Downloads at most").FillAsync("2");
        await owner.Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(owner.Shared("once.txt")).ToContainTextAsync("Active");
        await second.GoAsync(link);
        await second.DownloadAsync(second.Link("Download"));
        owner.AssertClean();
    }

    [Fact]
    public async Task Links_that_exist_come_first_and_their_changes_send_only_what_changed()
    {
        var (owner, http) = await OpenAsync("plan.txt", async (client, id) => await client.ShareAsync(
            new { ids = new[] { id }, mode = "view", password = ShareWords.Password, note = "The plan.", max_downloads = 7 }));
        using var owned = http;
        await using var closing = owner;
        var before = DateTimeOffset.UtcNow;
        await Assertions.Expect(owner.Dialog().Button("Copy link: plan.txt")).ToBeFocusedAsync();
        await Assertions.Expect(owner.Dialog().Locator(".share")).ToContainTextAsync("With password");
        await owner.Button("Change the link: plan.txt").ClickAsync();
        await owner.Dialog().GetByLabel("The link works").SelectOptionAsync("for an hour");
        await owner.Field("Downloads at most").FillAsync("");
        await owner.Dialog().Button("Save").ClickAsync();
        await owner.Dialog().SaysAsync("The link was changed.");
        var share = Assert.Single(await http.GetFromJsonAsync<JsonElement[]>("/shares") ?? []);
        Assert.True(share.GetProperty("has_password").GetBoolean());
        Assert.Equal(("The plan.", "view", JsonValueKind.Null), (share.Text("note"), share.Text("mode"), share.GetProperty("max_downloads").ValueKind));
        Assert.InRange(share.GetProperty("expires_at").GetDateTimeOffset(), before.AddHours(1).AddSeconds(-1), DateTimeOffset.UtcNow.AddHours(1));

        await owner.Dialog().Button("New link").ClickAsync();
        await owner.Dialog().GetByLabel("The link works").SelectOptionAsync("until a date…");
        var date = await owner.Page.EvaluateAsync<double>("() => new Date(2099, 0, 2, 3, 4).getTime()");
        await owner.Field("Until").FillAsync("2099-01-02T03:04");
        await owner.MakeLinkAsync();
        await Assertions.Expect(owner.Dialog().Locator(".share")).ToHaveCountAsync(2);
        var newest = (await http.GetFromJsonAsync<JsonElement[]>("/shares") ?? [])[0];
        Assert.Equal(date, newest.GetProperty("expires_at").GetDateTimeOffset().ToUnixTimeMilliseconds());
        await owner.Page.Keyboard.PressAsync("Escape");
        await owner.HasMarkAsync("plan.txt", "Shared by 2 links");
        owner.AssertClean();
    }

    [Fact]
    public async Task Limits_of_requested_files_are_shown_again_and_changed()
    {
        var (key, http) = await pair.Service.OwnerKeyAsync();
        using var owned = http;
        var folder = (await http.FolderAsync("In")).FolderId();
        await http.ShareAsync(new
        {
            ids = new[] { folder },
            mode = "upload",
            drop = new { max_bytes = 1_500_000_000, max_file_size = 1234, types = Types, asks_name = true, files_expire_in = 3 * 86_400 },
        });
        await using var owner = await chromium.OpenAsync(pair.Service, key, "/?view=shared");
        await owner.Button("Change the link: In").ClickAsync();
        var dialog = owner.Dialog();
        await Assertions.Expect(owner.Field("Size of all files at most")).ToHaveValueAsync("1500");
        await Assertions.Expect(owner.Field("Size of all files at most: unit")).ToHaveValueAsync("1000000");
        await Assertions.Expect(owner.Field("Size of one file at most")).ToHaveValueAsync("1234");
        await Assertions.Expect(owner.Field("Types")).ToHaveValueAsync(".pdf, image/*");
        await Assertions.Expect(dialog.GetByLabel("Received files go to the trash")).ToHaveValueAsync("259200");
        await owner.Field("Files at most").FillAsync("12");
        await owner.Field("Types").FillAsync("not/a/type");
        await dialog.Button("Save").ClickAsync();
        Assert.False(await owner.Field("Types").EvaluateAsync<bool>("field => field.validity.valid"));
        await owner.Field("Types").FillAsync("");
        await dialog.Button("Save").ClickAsync();
        await Assertions.Expect(owner.Shared("In")).ToContainTextAsync("0 of 12 files received");
        var drop = Assert.Single(await http.GetFromJsonAsync<JsonElement[]>("/shares") ?? []).GetProperty("drop");
        Assert.Equal(
            "1500000000 12 1234 0 True False 259200",
            string.Create(CultureInfo.InvariantCulture, $"{drop.GetProperty("max_bytes")} {drop.GetProperty("max_files")} {drop.GetProperty("max_file_size")} {drop.GetProperty("types").GetArrayLength()} {drop.GetProperty("asks_name")} {drop.GetProperty("folder_per_uploader")} {drop.GetProperty("files_expire_in")}"));
        owner.AssertClean();
    }

    [Fact]
    public async Task A_key_without_the_scope_sees_no_way_to_share()
    {
        var (key, http) = await pair.Service.OwnerKeyAsync(WithoutShare);
        using var owned = http;
        var folder = (await http.FolderAsync("Place")).FolderId();
        await http.PlaceAsync([1], "file.bin", folder: folder);
        await using var owner = await chromium.OpenAsync(pair.Service, key, $"/?folder={folder}");
        await owner.OpenAsync("file.bin");
        await Assertions.Expect(owner.Detail.Button("Move to…")).ToBeVisibleAsync();
        await Assertions.Expect(owner.Detail.Button("Share")).ToHaveCountAsync(0);
        await owner.SelectAsync("file.bin");
        await Assertions.Expect(owner.Button("Copy to…")).ToBeVisibleAsync();
        await owner.Page.Keyboard.PressAsync("s");
        await Assertions.Expect(owner.Page.Locator("dialog")).ToHaveCountAsync(0);
        foreach (var hidden in new[] { owner.Button("Share"), owner.Button("Share this folder"), owner.Link("Shared") })
            await Assertions.Expect(hidden).ToHaveCountAsync(0);
        await owner.GoAsync("/?view=shared");
        await Assertions.Expect(owner.Page.Locator(".empty")).ToContainTextAsync("Your key cannot share");
        owner.AssertClean();
    }

    [Fact]
    public async Task A_refusal_is_said_in_the_dialog_and_leaves_the_settings()
    {
        await using var stores = new EmbeddedStores();
        await using var service = await Service.StartAsync(stores, AccessWords.AdminSetting, ("FileDrop:Limits:SharesPerOwner", "1"));
        using var admin = service.AsAdmin();
        var (key, _) = await admin.MakeKeyAsync(new { owner = "ada", scopes = WithoutWrite });
        using var http = await service.OwnerAsync("ada");
        await http.FolderAsync("Place");
        await using var owner = await chromium.OpenAsync(service, key);
        await owner.SelectAsync("Place");
        await owner.ShareSelectedAsync();
        await owner.AllowAsync("Request files");
        await owner.Field("Files at most").FillAsync("3");
        await owner.Dialog().Button("Make link").ClickAsync();
        await owner.Dialog().SaysAsync("Your key does not allow this. To let others drop files into a folder, this request also requires the scope write.");
        await Assertions.Expect(owner.Field("Files at most")).ToHaveValueAsync("3");

        await owner.AllowAsync("Download");
        await owner.MakeLinkAsync();
        await owner.Dialog().Button("New link").ClickAsync();
        await owner.Dialog().Button("Make link").ClickAsync();
        await owner.Dialog().SaysAsync("There is no room for another link.");
        owner.AssertClean();
    }

    /// <summary>Opens the dialog for a new file by a key on its row.</summary>
    private async Task<(Window Window, HttpClient Http)> OpenAsync(string name, Func<HttpClient, string, Task>? prepare = null)
    {
        var (key, http) = await pair.Service.OwnerKeyAsync();
        var id = (await http.PlaceAsync("text"u8.ToArray(), name)).Id();
        if (prepare is not null)
            await prepare(http, id);
        var window = await chromium.OpenAsync(pair.Service, key);
        await window.Row(name).Locator(".check").ClickAsync();
        await window.Page.Keyboard.PressAsync("s");
        await Assertions.Expect(window.Dialog().Locator("h2")).ToHaveTextAsync($"Share “{name}”");
        return (window, http);
    }
}
