using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Http.Json;
using FileDrop.Api.Tests.Access;
using FileDrop.Api.Tests.Folders;
using FileDrop.Api.Tests.Shares;
using Microsoft.Playwright;
using Xunit;

namespace FileDrop.Api.Tests.Page;

/// <summary>The page shows changes by others as they happen. One tab of a browser reads the feed of changes for all.</summary>
[Collection(ChromiumTests.Name)]
public sealed class FollowTests(PageOnEmbeddedPair pair, GuardedPagePair locked, Chromium chromium)
    : IClassFixture<PageOnEmbeddedPair>, IClassFixture<GuardedPagePair>
{
    private HttpClient Http => pair.Http;

    [Fact]
    public async Task Two_tabs_show_changes_from_one_stream_and_the_second_goes_on_when_the_first_closes()
    {
        var top = await NewAsync();
        await Http.PlaceAsync([1], "old.txt", folder: top);
        await using var one = await OpenAsync();
        var requests = new Requests(one.Context);
        await one.GoAsync($"/?folder={top}");
        await one.ShowsAsync("old.txt");
        var other = new Window(one.Context, await one.Context.NewPageAsync(), pair.Service.Address);
        await other.GoAsync($"/?folder={top}");
        await other.ShowsAsync("old.txt");
        var inner = (await Http.FolderAsync("inner", top)).FolderId();
        var file = (await Http.PlaceAsync([1], "new.txt", folder: top)).Id();
        foreach (var window in new[] { one, other })
            await window.ShowsAsync("inner/", "new.txt", "old.txt");
        using (await Http.PutAsJsonAsync($"/files/{file}", new { file_name = "a new name.txt" }))
        using (await Http.PatchFolderAsync(inner, """{"name":"z"}"""))
        {
            foreach (var window in new[] { one, other })
                await window.ShowsAsync("z/", "a new name.txt", "old.txt");
        }
        Assert.Single(requests.Streams);

        await one.Page.CloseAsync();
        await Http.PlaceAsync([1], "in the gap.txt", folder: top);
        await other.ShowsAsync("z/", "a new name.txt", "in the gap.txt", "old.txt");
        await Http.DeletedAsync($"/files/{file}");
        await other.ShowsAsync("z/", "in the gap.txt", "old.txt");
        await Service.UntilAsync("the other tab reads the feed", () => Task.FromResult(requests.Streams.Count == 2));
        // It goes on where the first one was.
        Assert.DoesNotContain("latest", requests.Streams.Last(), StringComparison.Ordinal);
        other.AssertClean();
    }

    [Fact]
    public async Task Without_locks_each_tab_that_can_be_seen_follows_and_a_hidden_one_catches_up()
    {
        var top = await NewAsync();
        await using var window = await OpenAsync();
        var requests = new Requests(window.Context);
        await window.Context.AddInitScriptAsync("Object.defineProperty(Navigator.prototype, 'locks', { get: () => undefined });");
        await window.GoAsync($"/?folder={top}");
        await Assertions.Expect(window.Page.GetByText("This folder is empty")).ToBeVisibleAsync();
        await Http.PlaceAsync([1], "a.txt", folder: top);
        await window.ShowsAsync("a.txt");
        await SeeAsync(window, "hidden");
        await Service.UntilAsync("the stream has ended", () => Task.FromResult(requests.Open == 0));
        await Http.PlaceAsync([1], "b.txt", folder: top);
        var before = requests.All.Count;
        await SeeAsync(window, "visible");
        await window.ShowsAsync("a.txt", "b.txt");
        Assert.DoesNotContain(requests.All.Skip(before), request => request.Contains("/entries", StringComparison.Ordinal));
        window.AssertClean();
    }

    [Fact]
    public async Task A_tab_takes_the_stream_from_one_that_is_not_heard_any_more()
    {
        var top = await NewAsync();
        await using var one = await OpenAsync();
        var requests = new Requests(one.Context);
        await one.GoAsync($"/?folder={top}");
        await one.Page.GetByText("This folder is empty").WaitForAsync();
        await Service.UntilAsync("the first tab reads the feed", () => Task.FromResult(requests.Streams.Count == 1));
        var other = new Window(one.Context, await one.Context.NewPageAsync(), pair.Service.Address);
        await other.Page.Clock.InstallAsync();
        await other.GoAsync($"/?folder={top}");
        await other.Page.GetByText("This folder is empty").WaitForAsync();
        await other.Page.Clock.RunForAsync(90_000);
        await Service.UntilAsync("the second tab reads the feed", () => Task.FromResult(requests.Streams.Count == 2));
        await Http.PlaceAsync([1], "a.txt", folder: top);
        foreach (var window in new[] { one, other })
            await window.ShowsAsync("a.txt");
        Assert.Equal(2, requests.Streams.Count);
        await Service.UntilAsync("only the stream is open", () => Task.FromResult(requests.Open == 1));
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/?view=trash")]
    [InlineData("/?view=shared")]
    public async Task A_page_on_which_nothing_happens_asks_for_nothing_but_the_stream(string address)
    {
        await using var window = await OpenAsync();
        var requests = new Requests(window.Context);
        await window.Page.Clock.InstallAsync();
        await window.GoAsync(address);
        await Service.UntilAsync("the page is ready", () => Task.FromResult(requests.Streams.Count == 1 && requests.All.Contains("GET /usage") && requests.Open == 1));
        await RunAsync(2_000);
        var before = requests.All.Count;
        await RunAsync(30_000);
        Assert.Equal(["GET /alive"], requests.All.Skip(before));
        window.AssertClean();

        // Lets the page's time pass. Requests are told in their order, so the last one tells that all have been.
        async Task RunAsync(int milliseconds)
        {
            await window.Page.Clock.RunForAsync(milliseconds);
            await window.Page.EvaluateAsync("() => fetch('/alive').then((answer) => answer.text())");
        }
    }

    [Fact]
    public async Task A_list_keeps_its_place_and_selection_and_is_not_read_again()
    {
        await using var stores = new EmbeddedStores();
        Samples.Fill(stores, 300);
        await using var service = await Service.StartAsync(stores);
        await using var window = await chromium.OpenAsync(service.Address);
        var requests = new Requests(window.Context);
        await window.GoAsync("/?view=files");
        await Assertions.Expect(window.Page.Locator(".count")).ToHaveTextAsync("300 files");
        await window.Grid.EvaluateAsync("grid => grid.scrollTop = 3000");
        await window.SelectAsync("Report 000230.pdf");
        await Service.UntilAsync("the page is ready", () => Task.FromResult(requests.Streams.Count == 1 && requests.Open == 1));
        var top = await TopAsync();
        var before = requests.All.Count;
        await service.Http.PlaceAsync([1], "newest.txt");
        await Assertions.Expect(window.Page.Locator(".count")).ToHaveTextAsync("301 files");
        Assert.Equal(top, await TopAsync());
        await Assertions.Expect(window.Page.Locator(".chosen strong")).ToHaveTextAsync("1 selected");
        await window.Grid.EvaluateAsync("grid => grid.scrollTop = 0");
        await Assertions.Expect(window.Row("newest.txt")).ToHaveAttributeAsync("aria-rowindex", "2");
        Assert.DoesNotContain(requests.All.Skip(before), request => request.Contains("/files", StringComparison.Ordinal));
        window.AssertClean();

        Task<string> TopAsync() => window.Page.EvaluateAsync<string>(
            "() => { const { left, top } = document.querySelector('.grid').getBoundingClientRect(); return document.elementFromPoint(left + 200, top + 100).closest('.row').textContent; }");
    }

    [Fact]
    public async Task The_trash_a_search_and_an_open_tree_follow_too()
    {
        var top = await NewAsync();
        var word = $"w{Guid.NewGuid():N}"[..9];
        var (old, gone) = ((await Http.PlaceAsync([1], $"{word} old.txt", folder: top)).Id(), $"{word} gone.txt");
        await using var trash = await OpenAsync($"/?view=trash&q={word}");
        await using var search = await OpenAsync($"/?q={word}");
        await search.ShowsAsync($"{word} old.txt");
        await trash.Page.GetByText("Nothing found").WaitForAsync();
        var file = (await Http.PlaceAsync([1], gone, folder: top)).Id();
        await search.ShowsAsync(gone, $"{word} old.txt");
        await Http.DeletedAsync($"/files/{file}");
        await search.ShowsAsync($"{word} old.txt");
        await trash.ShowsAsync(gone);
        await Http.DeletedAsync($"/files/{old}");
        await trash.ShowsAsync($"{word} old.txt", gone);
        await Http.DeletedAsync($"/trash/{old}");
        await trash.ShowsAsync(gone);
        using (await Http.PostAsync($"/trash/{file}/restore", null))
            await trash.Page.GetByText("Nothing found").WaitForAsync();
        await search.ShowsAsync(gone);

        await search.SelectAsync(gone);
        await search.Button("Move to…").ClickAsync();
        await search.TreeItem("Files").WaitForAsync();
        var folder = (await Http.FolderAsync($"{word} folder")).FolderId();
        await search.TreeItem($"{word} folder").WaitForAsync();
        using (await Http.PatchFolderAsync(folder, $$"""{"name":"{{word}} renamed"}"""))
            await search.TreeItem($"{word} renamed").WaitForAsync();
        await Http.DeletedAsync($"/folders/{folder}");
        await Assertions.Expect(search.TreeItem($"{word} renamed")).ToHaveCountAsync(0);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_page_recovers_when_the_service_restarts_and_lists_again_if_it_has_another_catalog(bool isOther)
    {
        await using EmbeddedStores stores = new(), others = new();
        var address = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{ServiceProcess.FreePort()}");
        await using var window = await chromium.OpenAsync(new Uri(address));
        await using (var first = await Service.StartAsync(stores, ("urls", address)))
        {
            await first.Http.PlaceAsync([1], "a.txt");
            await window.GoAsync();
            await window.ShowsAsync("a.txt");
        }
        await Assertions.Expect(window.Page.Locator(".banner")).ToContainTextAsync("This page may be out of date.");
        await using var service = await Service.StartAsync(isOther ? others : stores, ("urls", address));
        await service.Http.PlaceAsync([1], "b.txt");
        await window.ShowsAsync(isOther ? ["b.txt"] : ["a.txt", "b.txt"]);
        await Assertions.Expect(window.Page.Locator(".banner")).ToBeHiddenAsync();
        await service.Http.PlaceAsync([1], "c.txt");
        await window.ShowsAsync(isOther ? ["b.txt", "c.txt"] : ["a.txt", "b.txt", "c.txt"]);
        window.AssertClean();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_stream_ends_when_the_user_signs_out_or_the_key_is_revoked_and_nothing_names_the_key(bool isRevoked)
    {
        using var admin = locked.Service.AsAdmin();
        var (key, id) = await admin.MakeKeyAsync(new { owner = $"follower {isRevoked}" });
        await using var window = await chromium.OpenAsync(locked.Service.Address);
        var requests = new Requests(window.Context);
        await window.GoAsync();
        await window.Page.GetByLabel("API key").FillAsync(key);
        await window.Button("Sign in").ClickAsync();
        await Assertions.Expect(window.Page.GetByText("Drop a file anywhere")).ToBeVisibleAsync();
        await Service.UntilAsync("the page follows", () => Task.FromResult(requests.Open == 1 && requests.Streams.Count > 0));
        Assert.DoesNotContain(key, await window.Page.EvaluateAsync<string>("async () => JSON.stringify(await navigator.locks.query())"), StringComparison.Ordinal);
        Assert.DoesNotContain(requests.All, request => request.Contains(key, StringComparison.Ordinal));
        if (isRevoked)
            await admin.DeletedAsync($"/admin/keys/{id}");
        else
            await window.Button("Sign out").ClickAsync();
        await Assertions.Expect(window.Page.GetByLabel("API key")).ToBeVisibleAsync();
        await Service.UntilAsync("the stream has ended", () => Task.FromResult(requests.Open == 0));
    }

    [Fact]
    public async Task The_page_of_a_link_follows_nothing()
    {
        var link = await Http.LinkAsync(await NewAsync());
        await using var visitor = await OpenAsync();
        var requests = new Requests(visitor.Context);
        await visitor.GoAsync(link);
        await visitor.Page.Locator("h1").WaitForAsync();
        // Requests are told in their order.
        await visitor.GoAsync("/alive");
        Assert.Contains("GET /alive", requests.All);
        Assert.Empty(requests.Streams);
    }

    /// <summary>Makes the page think that its tab came to the front, or went to the back.</summary>
    private static Task SeeAsync(Window window, string state) => window.Page.EvaluateAsync(
        """
        (state) => {
            Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
            document.dispatchEvent(new Event("visibilitychange"));
        }
        """, state);

    private async Task<string> NewAsync() => (await Http.FolderAsync(Guid.NewGuid().ToString("N")[..8])).FolderId();

    private async Task<Window> OpenAsync(string? address = null)
    {
        var window = await chromium.OpenAsync(pair.Service.Address);
        if (address is not null)
            await window.GoAsync(address);
        return window;
    }

    /// <summary>The requests of all tabs.</summary>
    private sealed class Requests
    {
        private readonly ConcurrentDictionary<IRequest, bool> _open = new();
        private readonly ConcurrentQueue<string> _all = new();

        public Requests(IBrowserContext context)
        {
            context.Request += (_, request) =>
            {
                _open[request] = true;
                _all.Enqueue($"{request.Method} {new Uri(request.Url).PathAndQuery}");
            };
            context.RequestFinished += (_, request) => _open.TryRemove(request, out var _);
            context.RequestFailed += (_, request) => _open.TryRemove(request, out var _);
        }

        public List<string> All => [.. _all];

        public List<string> Streams => All.FindAll(request => request.StartsWith("GET /changes", StringComparison.Ordinal));

        /// <summary>The number of requests without an end.</summary>
        public int Open => _open.Count;
    }
}
