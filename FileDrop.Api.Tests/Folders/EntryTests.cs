using System.Net;
using System.Text.Json;
using FileDrop.Api.Catalog;
using FileDrop.Api.Tests.Files;
using Xunit;

namespace FileDrop.Api.Tests.Folders;

/// <summary>The list of a folder, and the walk through everything below it.</summary>
public abstract class EntryTests(Pair pair)
{
    private HttpClient Http => pair.Http;

    private FileCatalog Catalog => pair.Catalog();

    [Fact]
    public async Task Folders_come_before_files_each_with_its_kind_and_its_own_members()
    {
        var folder = await NewFolderAsync();
        var file = await Catalog.SeedAsync(folder, "a.txt", 5, tags: new Dictionary<string, string> { ["project"] = "apollo" });
        var inner = await Http.FolderAsync("b", folder);
        await Http.UploadAsync([1], "loose.txt");
        await Catalog.SeedAsync(inner.FolderId(), "deeper.txt");

        var entries = await Http.EntriesAsync(folder);
        Assert.Equal(["b/", "a.txt"], entries.Select(FolderRequests.Label));
        Assert.Equal($$"""{"kind":"folder",{{inner.GetRawText()[1..]}}""", entries[0].GetRawText());
        Assert.Equal($$"""{"kind":"file",{{(await Http.MetadataAsync(file)).GetRawText()[1..]}}""", entries[1].GetRawText());
        Assert.Equal((folder, JsonValueKind.Null), (entries[1].Text("folder_id"), entries[1].GetProperty("modified_at").ValueKind));
        Assert.Equal(JsonValueKind.Null, (await Http.UploadAsync([1], "loose.txt")).GetProperty("folder_id").ValueKind);
        // The list of all files has those in folders too.
        Assert.Contains(file, (await Http.PageAsync("/files")).Files.Ids());
    }

    [Fact]
    public async Task Loose_files_are_listed_without_those_in_folders()
    {
        var folder = await NewFolderAsync();
        var word = $"loose{Guid.NewGuid():N}";
        List<string> loose = [];
        for (var i = 0; i < 5; i++)
        {
            await Catalog.SeedAsync(i % 2 == 0 ? folder : "root", $"{word} {i}");
            loose.Add((await Http.UploadAsync([1], $"{word} {i}")).Id());
        }
        foreach (var sort in new[] { "created_at", "updated_at", "file_name", "file_size" })
        {
            var pages = await Http.EntryPagesAsync($"/files?loose=true&search={word}&limit=2&order=asc&sort={sort}");
            Assert.Equal(loose, pages.SelectMany(page => page).Select(HttpWords.Id));
        }
        Assert.Equal(10, (await Http.EntryPageAsync($"/files?loose=false&search={word}")).Entries.Count);
        var cursor = (await Http.EntryPageAsync($"/files?loose=true&search={word}&limit=2")).Next?.Split("cursor=")[1];
        await Http.GetRefusedAsync($"/files?search={word}&limit=2&cursor={cursor}", 400, "invalid_cursor");
        await Http.GetRefusedAsync("/files?loose=1", 400, "invalid_request");
    }

    [Theory]
    [InlineData("sort=file_name&order=asc", "A/ b/ c/ a b.txt C")]
    [InlineData("sort=file_name&order=desc", "c/ b/ A/ C b.txt a")]
    [InlineData("sort=file_size&order=asc", "A/ b/ c/ C a b.txt")]
    [InlineData("sort=file_size&order=desc", "c/ b/ A/ b.txt a C")]
    [InlineData("order=asc", "b/ c/ A/ b.txt C a")]
    [InlineData("", "A/ c/ b/ a C b.txt")]
    [InlineData("sort=updated_at&order=asc", "c/ A/ b/ b.txt C a")]
    public async Task Every_sort_and_page_size_visits_folders_then_files_in_order(string query, string order)
    {
        var folder = await NewFolderAsync();
        await Catalog.SeedAsync(folder, "b.txt", 3);
        var renamed = await Http.FolderAsync("B", folder);
        await LaterAsync();
        await Http.FolderAsync("c", folder);
        await Catalog.SeedAsync(folder, "C", 1);
        await LaterAsync();
        await Http.FolderAsync("A", folder);
        await Catalog.SeedAsync(folder, "a", 2);
        await LaterAsync();
        using (var changed = await Http.PatchFolderAsync(renamed.FolderId(), """{"name":"b"}"""))
            await changed.SucceededAsync();

        for (var limit = 1; limit <= 7; limit++)
        {
            var pages = await Http.EntryPagesAsync($"/folders/{folder}/entries?{query}&limit={limit}");
            Assert.Equal(order, string.Join(' ', pages.SelectMany(page => page).Select(FolderRequests.Label)));
            Assert.All(pages, page => Assert.InRange(page.Count, 0, limit));
            Assert.InRange(pages.Count, 6 / limit, (6 / limit) + 1);
        }
    }

    [Theory]
    [InlineData("name=REP", "report/ report.txt")]
    [InlineData("name=rep&name=txt", "report.txt")]
    [InlineData("search=zolc", "Żółć/")]
    [InlineData("search=apollo", "plan")]
    [InlineData("type=text/*", "plan report.txt")]
    [InlineData("tag=project:apollo", "plan")]
    [InlineData("min_size=2", "report.txt")]
    [InlineData("max_size=1", "plan")]
    [InlineData("created_after=2100-01-01T00:00:00Z", "")]
    [InlineData("created_before=2100-01-01T00:00:00Z&search=", "report/ Żółć/ plan report.txt")]
    public async Task A_filter_counts_for_folders_unless_only_files_can_match_it(string filter, string found)
    {
        var folder = await NewFolderAsync();
        await Http.FolderAsync("report", folder);
        await Http.FolderAsync("Żółć", folder);
        await Catalog.SeedAsync(folder, "report.txt", 5);
        await Catalog.SeedAsync(folder, "plan", 1, tags: new Dictionary<string, string> { ["project"] = "apollo" });
        foreach (var query in new[] { $"sort=file_name&order=asc&{filter}", $"sort=file_name&order=asc&limit=1&{filter}" })
            Assert.Equal(found, string.Join(' ', (await Http.EntriesAsync($"{folder}?{query}")).Select(FolderRequests.Label)));
        // The walk has an order of its own.
        Assert.Equal(
            found.Split(' ').Order(StringComparer.Ordinal),
            string.Join(' ', (await Http.EntriesAsync($"{folder}?deep=true&{filter}")).Select(FolderRequests.Label).Order(StringComparer.Ordinal)).Split(' '));
    }

    [Fact]
    public async Task A_page_that_the_client_has_is_not_sent_again_until_something_on_it_changes()
    {
        var folder = await NewFolderAsync();
        var inner = await Http.FolderAsync("a", folder);
        await Catalog.SeedAsync(folder, "b");
        foreach (var query in new[] { "", "?deep=true", "?limit=1" })
        {
            using var first = await Http.GetAsync($"/folders/{folder}/entries{query}");
            Assert.True(first.Headers.ETag?.IsWeak);
            Assert.True(first.Headers.CacheControl is { Private: true, NoCache: true });
            using var same = await Http.SendAsync(HttpMethod.Get, $"/folders/{folder}/entries{query}", null, ("If-None-Match", $"{first.Headers.ETag}"));
            Assert.Equal(HttpStatusCode.NotModified, same.StatusCode);
            using (var renamed = await Http.PatchFolderAsync(inner.FolderId(), $$"""{"name":"{{Guid.NewGuid()}}"}"""))
                await renamed.SucceededAsync();
            using var other = await Http.SendAsync(HttpMethod.Get, $"/folders/{folder}/entries{query}", null, ("If-None-Match", $"{first.Headers.ETag}"));
            Assert.Equal(HttpStatusCode.OK, other.StatusCode);
        }
    }

    [Fact]
    public async Task A_cursor_goes_on_only_with_its_folder_sort_order_and_filters()
    {
        var (folder, other) = (await NewFolderAsync(), await NewFolderAsync());
        for (var i = 0; i < 3; i++)
        {
            await Http.FolderAsync($"fo{i}", folder);
            await Catalog.SeedAsync(folder, $"{i}fo");
        }
        string[] lists = ["", "sort=file_name", "sort=file_size", "order=asc", "name=f", "name=f&name=o", "min_size=0", "deep=true", "deep=true&name=f"];
        foreach (var list in lists)
        {
            for (var limit = 1; limit <= 4; limit++)
            {
                if ((await Http.EntryPageAsync($"/folders/{folder}/entries?{list}&limit={limit}")).Next is not { } next)
                    continue;
                var cursor = next.Split("cursor=")[1];
                Assert.NotEmpty((await Http.EntryPageAsync($"/folders/{folder}/entries?{list}&limit=7&cursor={cursor}")).Entries);
                await Http.GetRefusedAsync($"/folders/{other}/entries?{list}&cursor={cursor}", 400, "invalid_cursor");
                await Http.GetRefusedAsync($"/files?{list}&cursor={cursor}", 400, "invalid_cursor");
                foreach (var another in lists.Where(another => another != list))
                    await Http.GetRefusedAsync($"/folders/{folder}/entries?{another}&cursor={cursor}", 400, "invalid_cursor");
            }
        }
        foreach (var garbled in new[] { "x", "AAAA", "!", "AAAAAAAAAAA", $"{new string('A', 11)}&cursor={new string('A', 11)}" })
        {
            using var refused = await Http.GetAsync($"/folders/{folder}/entries?cursor={garbled}");
            Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        }
    }

    [Theory]
    [InlineData("limit=0")]
    [InlineData("limit=1001")]
    [InlineData("sort=deleted_at")]
    [InlineData("sort=name")]
    [InlineData("order=up")]
    [InlineData("deep=maybe")]
    [InlineData("deep=true&sort=created_at")]
    [InlineData("deep=true&order=asc")]
    [InlineData("name=%E9")]
    [InlineData("page=2")]
    [InlineData("deepp=true")]
    public async Task A_parameter_that_cannot_be_honoured_is_refused(string query) =>
        await Http.GetRefusedAsync($"/folders/root/entries?{query}", 400, "invalid_request");

    [Fact]
    public async Task A_deep_list_has_each_entry_once_and_after_its_folder()
    {
        var folder = await NewFolderAsync();
        var random = new Random(5);
        List<string> folders = [folder], files = [];
        for (var i = 0; i < 40; i++)
        {
            var parent = folders[random.Next(folders.Count)];
            if (i % 2 == 0)
                folders.Add((await Http.FolderAsync($"{i}", parent)).FolderId());
            else
                files.Add(await Catalog.SeedAsync(parent, $"{i}"));
        }
        await Catalog.SeedAsync("root", $"{Guid.NewGuid()}");
        foreach (var limit in new[] { 1, 3, 7, 1000 })
        {
            var pages = await Http.EntryPagesAsync($"/folders/{folder}/entries?deep=true&limit={limit}");
            Assert.All(pages, page => Assert.InRange(page.Count, 0, limit));
            var entries = pages.SelectMany(page => page).ToList();
            Assert.Equal(
                folders.Skip(1).Concat(files).Order(StringComparer.Ordinal),
                entries.Select(entry => entry.Text("kind") == "file" ? entry.Id() : entry.FolderId()).Order(StringComparer.Ordinal));
            HashSet<string> known = [folder];
            foreach (var entry in entries)
            {
                Assert.Contains(entry.Text(entry.Text("kind") == "file" ? "folder_id" : "parent_id"), known);
                if (entry.Text("kind") == "folder")
                    known.Add(entry.FolderId());
            }
        }
    }

    [Fact]
    public async Task A_page_of_a_deep_list_ends_after_200_folders_and_the_walk_goes_on()
    {
        var folder = await NewFolderAsync();
        await Parallel.ForEachAsync(Enumerable.Range(0, 250), async (i, _) => await Http.FolderAsync($"{i}", folder));
        var pages = await Http.EntryPagesAsync($"/folders/{folder}/entries?deep=true");
        Assert.Equal(250, pages.SelectMany(page => page).Select(entry => entry.FolderId()).Distinct().Count());
        // The first page looks at the folder itself, too.
        Assert.Equal([199, 51], pages.Select(page => page.Count));
        var filtered = await Http.EntryPagesAsync($"/folders/{folder}/entries?deep=true&type=image/png");
        Assert.Equal(6, filtered.Count);
        Assert.All(filtered, Assert.Empty);
    }

    [Fact]
    public async Task A_deep_list_goes_on_behind_what_is_deleted_or_moved_away_while_it_is_read()
    {
        var folder = await NewFolderAsync();
        List<string> ids = [];
        foreach (var name in "abc")
        {
            ids.Add((await Http.FolderAsync($"{name}", folder)).FolderId());
            ids.Add((await Http.FolderAsync($"{name}{name}", ids[^1])).FolderId());
            for (var i = 0; i < 3; i++)
                await Catalog.SeedAsync(ids[^1], $"{name}{i}");
        }
        var pages = await Http.EntryPagesAsync($"/folders/{folder}/entries?deep=true&limit=3", async page =>
        {
            // The next page begins in a/aa, which is deleted with its parent. Then in c/cc, whose parent moves away.
            if (page == 1)
                await Http.DeletedAsync($"/folders/{ids[0]}");
            else if (page == 3)
                await Http.MoveFolderAsync(ids[4], "root");
        });
        Assert.Equal("a/ aa/ a0 b/ bb/ b0 b1 b2 c/", string.Join(' ', pages.SelectMany(page => page).Select(FolderRequests.Label)));
    }

    [Fact]
    [ClusterAtNight]
    public async Task A_deep_list_refuses_folders_that_are_deeper_than_it_can_follow()
    {
        // Each chain is as deep as a chain may be, and is moved below the one before.
        List<string> way = [];
        for (var chain = 0; chain < 3; chain++)
        {
            var ids = await Http.ChainAsync([$"{Guid.NewGuid()}", .. Enumerable.Range(2, 62).Select(level => $"{level}")]);
            if (way.Count > 0)
                await Http.MoveFolderAsync(way[0], ids[^1]);
            way.InsertRange(0, ids);
        }
        await Http.GetRefusedAsync($"/folders/{way[0]}/entries?deep=true", 409, "too_deep");
        Assert.Equal(128, (await Http.EntriesAsync($"{way[^129]}?deep=true")).Count);
        using var path = await Http.GetAsync($"/folders/{way[^1]}/path");
        Assert.Equal(way, (await path.SucceededAsync()).GetProperty("folders").EnumerateArray().Select(folder => folder.FolderId()));
    }

    /// <summary>Waits until the clock shows another millisecond, since what was created in the same one is in the order of its random ids.</summary>
    private static async Task LaterAsync()
    {
        var now = DateTimeOffset.UtcNow;
        await Service.UntilAsync("the clock goes on", () => Task.FromResult(DateTimeOffset.UtcNow > now.AddMilliseconds(2)));
    }

    private async Task<string> NewFolderAsync() => (await Http.FolderAsync($"{Guid.NewGuid()}")).FolderId();
}

public sealed class EntryOnEmbeddedTests(EmbeddedPair pair) : EntryTests(pair), IClassFixture<EmbeddedPair>;

public sealed class EntryOnClusterTests(ClusterPair pair) : EntryTests(pair), IClassFixture<ClusterPair>;
