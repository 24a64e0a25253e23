using System.Net;
using System.Text;
using System.Text.Json;
using FileDrop.Api.Storage;
using FileDrop.Api.Tests.Files;
using Xunit;

namespace FileDrop.Api.Tests.Folders;

/// <summary>Folders go to the trash with everything in them, and come back with it or are purged with it.</summary>
public abstract class FolderTrashTests(Pair pair)
{
    [Fact]
    public async Task A_deleted_folder_is_in_the_trash_with_counts_and_what_is_in_it_is_in_no_list()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, FolderRequests.Day);
        var http = service.Http;
        var chain = await http.ChainAsync("a", "b");
        for (var i = 0; i < 3; i++)
            await service.Catalog().SeedAsync(chain[0], $"{i}");
        await service.Catalog().SeedAsync(chain[1], "deeper");
        var deleted = await http.DeletedAsync($"/folders/{chain[0]}");
        Assert.Equal(("'a' was deleted.", chain[0]), (deleted.Text("message"), deleted.FolderId()));

        await Service.UntilAsync("the trash counts what was in the folder", async () =>
            await TrashAsync(http) is [var one] && (one.GetProperty("files").GetInt32(), one.GetProperty("folders").GetInt32()) == (3, 1));
        var trashed = Assert.Single(await TrashAsync(http));
        Assert.Equal((chain[0], "a"), (trashed.FolderId(), trashed.Text("name")));
        Assert.Equal(TimeSpan.FromDays(1), trashed.GetProperty("purge_at").GetDateTimeOffset() - trashed.GetProperty("deleted_at").GetDateTimeOffset());
        await Service.UntilAsync("no file is left in the list", async () => (await http.PageAsync("/files")).Files.Count == 0);
        // The files were not deleted themselves.
        Assert.Equal("[]\n", await http.GetStringAsync("/trash"));
        foreach (var folder in chain)
            await http.GetRefusedAsync($"/folders/{folder}", 404, "folder_not_found");
        using var again = await http.DeleteAsync($"/folders/{chain[0]}");
        await again.RefusedAsync(404, "folder_not_found");
    }

    [Fact]
    public async Task The_trash_lists_loose_files_without_those_of_folders()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, FolderRequests.Day);
        var http = service.Http;
        var loose = (await http.UploadAsync([1], "loose.txt")).Id();
        var placed = (await http.PlaceAsync([1], "placed.txt")).Id();
        foreach (var id in new[] { loose, placed })
            await http.DeletedAsync($"/files/{id}");
        Assert.Equal([placed, loose], (await http.EntryPageAsync("/trash")).Entries.Select(HttpWords.Id));
        Assert.Equal([loose], (await http.EntryPageAsync("/trash?loose=true")).Entries.Select(HttpWords.Id));
    }

    [Fact]
    public async Task A_restored_folder_has_everything_that_went_with_it_and_nothing_else()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, FolderRequests.Day);
        var http = service.Http;
        var chain = await http.ChainAsync("a", "b");
        var file = await service.PlaceAsync([1, 2], "f.txt", chain[1]);
        var alone = await service.PlaceAsync([3], "alone.txt", chain[1]);
        await http.DeletedAsync($"/files/{alone}");
        using var before = await http.GetAsync($"/folders/{chain[0]}");
        var tree = await http.GetStringAsync($"/folders/{chain[0]}/entries?deep=true");
        await http.DeletedAsync($"/folders/{chain[0]}");

        using var restored = await http.PostAsync($"/trash/folders/{chain[0]}/restore", null);
        var answer = await restored.SucceededAsync();
        Assert.Equal("'a' was restored.", answer.Text("message"));
        Assert.Equal((await before.SucceededAsync()).GetRawText(), answer.GetProperty("folder").GetRawText());
        Assert.Equal(before.Headers.ETag, restored.Headers.ETag);
        await Service.UntilAsync("everything is back", async () => await http.GetStringAsync($"/folders/{chain[0]}/entries?deep=true") == tree);
        Assert.Equal([1, 2], await http.GetByteArrayAsync($"/files/{file}"));
        Assert.Empty(await TrashAsync(http));
        Assert.Equal(alone, Assert.Single((await (await http.GetAsync("/trash")).SucceededAsync()).EnumerateArray()).Id());
        using var again = await http.PostAsync($"/trash/folders/{chain[0]}/restore", null);
        await again.RefusedAsync(404, "folder_not_found");
        using var purged = await http.DeleteAsync($"/trash/folders/{chain[0]}");
        await purged.RefusedAsync(404, "folder_not_found");
    }

    [Fact]
    public async Task A_folder_is_restored_where_the_request_says_and_under_a_free_name_if_it_says_so()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, FolderRequests.Day);
        var http = service.Http;
        var folder = (await http.FolderAsync("a")).FolderId();
        var inner = (await http.FolderAsync("b", folder)).FolderId();
        await http.DeletedAsync($"/folders/{folder}");
        var taker = (await http.FolderAsync("a")).FolderId();

        await RefusedAsync("", 409, "name_taken");
        await RefusedAsync("""{"on_conflict":"fail"}""", 409, "name_taken");
        await RefusedAsync("""{"parent_id":"x"}""", 404, "folder_not_found");
        await RefusedAsync($$"""{"parent_id":"{{folder}}"}""", 409, "circle");
        await RefusedAsync("""{"name":"b"}""", 400, "invalid_request");
        await RefusedAsync("[]", 400, "invalid_request");
        await RefusedAsync("{", 400, "invalid_request");
        var renamed = await RestoredAsync("""{"on_conflict":"rename"}""");
        // Under another name it is another version.
        Assert.Equal(("a (2)", 2), (renamed.Text("name"), renamed.Version()));
        await http.DeletedAsync($"/folders/{folder}");
        var moved = await RestoredAsync($$"""{"parent_id":"{{taker}}"}""");
        Assert.Equal((taker, "a (2)"), (moved.Text("parent_id"), moved.Text("name")));
        // Without its parent it returns to the root.
        await http.DeletedAsync($"/folders/{folder}");
        await http.DeletedAsync($"/folders/{taker}");
        Assert.Equal("00000000-0000-7000-8000-000000000000", (await RestoredAsync("{}")).Text("parent_id"));
        await Service.UntilAsync("what was in it is back", async () => (await http.EntriesAsync(folder)).Select(entry => entry.FolderId()).SequenceEqual([inner]));

        async Task RefusedAsync(string body, int status, string code)
        {
            using var refused = await http.SendJsonAsync(HttpMethod.Post, $"/trash/folders/{folder}/restore", body);
            await refused.RefusedAsync(status, code);
        }

        async Task<JsonElement> RestoredAsync(string body)
        {
            using var restored = await http.SendJsonAsync(HttpMethod.Post, $"/trash/folders/{folder}/restore", body);
            return (await restored.SucceededAsync()).GetProperty("folder");
        }
    }

    [Fact]
    public async Task A_file_that_went_with_its_folder_is_restored_to_another_folder_or_after_its_own()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, FolderRequests.Day);
        var http = service.Http;
        var (folder, other) = ((await http.FolderAsync("a")).FolderId(), (await http.FolderAsync("b")).FolderId());
        var file = await service.PlaceAsync([1, 2, 3], "f.txt", folder);
        await service.PlaceAsync([4], "f.txt", other);
        await http.DeletedAsync($"/folders/{folder}");
        await Service.UntilAsync("the file went with it", async () => (await http.GetAsync($"/files/{file}")).StatusCode == HttpStatusCode.NotFound);

        await RestoreAsync("", 409, "parent_in_trash");
        await RestoreAsync("{}", 409, "parent_in_trash");
        await RestoreAsync($$"""{"folder_id":"{{folder}}"}""", 404, "folder_not_found");
        await RestoreAsync("""{"folder_id":"none"}""", 404, "folder_not_found");
        await RestoreAsync("""{"folder_id":null}""", 400, "invalid_request");
        await RestoreAsync("""{"on_conflict":"perhaps"}""", 400, "invalid_request");
        await RestoreAsync("""{"folder":"root"}""", 400, "invalid_request");
        await RestoreAsync("[]", 400, "invalid_request");
        await RestoreAsync($$"""{"folder_id":"{{other}}"}""", 409, "name_taken");
        using (var text = await http.PostAsync($"/trash/{file}/restore", new StringContent("""{"folder_id":"root"}""", Encoding.UTF8, "text/plain")))
            await text.RefusedAsync(415, "unsupported_media_type");
        using var restored = await http.SendJsonAsync(HttpMethod.Post, $"/trash/{file}/restore", $$"""{"folder_id":"{{other}}","on_conflict":"rename"}""");
        var now = (await restored.SucceededAsync()).GetProperty("file");
        // As after a move, it is another version.
        Assert.Equal((other, "f (2).txt", 3), (now.Text("folder_id"), now.Name(), now.Version()));
        Assert.Equal([1, 2, 3], await http.GetByteArrayAsync("/paths/b/f%20(2).txt?content"));

        async Task RestoreAsync(string body, int status, string code)
        {
            using var refused = await http.SendJsonAsync(HttpMethod.Post, $"/trash/{file}/restore", body);
            await refused.RefusedAsync(status, code);
        }
    }

    [Fact]
    public async Task A_file_that_was_deleted_itself_returns_to_its_folder_or_without_it_to_the_root()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, FolderRequests.Day);
        var http = service.Http;
        var folder = (await http.FolderAsync("a")).FolderId();
        var file = await service.PlaceAsync([1], "f.txt", folder);
        var loose = (await http.UploadAsync([2], "f.txt")).Id();
        foreach (var id in new[] { file, loose })
            await http.DeletedAsync($"/files/{id}");
        var same = await RestoredAsync(file);
        Assert.Equal((folder, 2), (same.Text("folder_id"), same.Version()));
        Assert.Equal(JsonValueKind.Null, (await RestoredAsync(loose)).GetProperty("folder_id").ValueKind);
        await http.DeletedAsync($"/files/{file}");
        await http.DeletedAsync($"/folders/{folder}");
        Assert.Equal("00000000-0000-7000-8000-000000000000", (await RestoredAsync(file)).Text("folder_id"));
        Assert.Equal("/f.txt", (await (await http.GetAsync($"/files/{file}/path")).SucceededAsync()).Text("path"));

        // As before there were folders: no body, or one of no bytes and unknown length.
        async Task<JsonElement> RestoredAsync(string id)
        {
            using var restored = await http.SendChunkedAsync(HttpMethod.Post, $"/trash/{id}/restore", new ByteArrayContent([]));
            return (await restored.SucceededAsync()).GetProperty("file");
        }
    }

    [Fact]
    public async Task A_purged_folder_is_gone_with_everything_that_went_with_it()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, FolderRequests.Day);
        var http = service.Http;
        var (chain, kept) = (await http.ChainAsync("a", "b"), (await http.UploadAsync([9], "kept")).Id());
        await service.PlaceAsync([1], "1", chain[0]);
        await service.PlaceAsync([2], "2", chain[1]);
        await http.DeletedAsync($"/folders/{chain[0]}");
        var purged = await http.DeletedAsync($"/trash/folders/{chain[0]}");
        Assert.Equal(chain[0], purged.FolderId());
        await Service.UntilAsync("the trash is empty", async () => (await TrashAsync(http)).Count == 0);
        await Invariants.NothingElseIsLeftAsync(stores, kept);
        using var restored = await http.PostAsync($"/trash/folders/{chain[0]}/restore", null);
        await restored.RefusedAsync(404, "folder_not_found");

        var folder = (await http.FolderAsync("c")).FolderId();
        await service.PlaceAsync([3], "3", folder);
        await http.DeletedAsync($"/folders/{folder}?permanent=true");
        await http.GetRefusedAsync("/paths/c/3", 404, "file_not_found");
        await Service.UntilAsync("the trash is empty", async () => (await TrashAsync(http)).Count == 0);
        await Invariants.NothingElseIsLeftAsync(stores, kept);
        using var maybe = await http.DeleteAsync($"/folders/{folder}?permanent=maybe");
        await maybe.RefusedAsync(400, "invalid_request");
    }

    [Fact]
    public async Task Emptying_the_trash_purges_files_and_folders_and_counts_them()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, FolderRequests.Day);
        var http = service.Http;
        var chain = await http.ChainAsync("a", "b");
        await service.PlaceAsync([1], "1", chain[1]);
        var alone = await service.PlaceAsync([2], "2", chain[1]);
        var other = (await http.FolderAsync("c")).FolderId();
        var loose = (await http.UploadAsync([3], "3")).Id();
        foreach (var path in new[] { $"/files/{alone}", $"/folders/{chain[0]}", $"/folders/{other}", $"/files/{loose}" })
            await http.DeletedAsync(path);
        var emptied = await http.DeletedAsync("/trash");
        Assert.Equal(("2 files and 2 folders were deleted for good.", 2, 2),
            (emptied.Text("message"), emptied.GetProperty("deleted").GetInt32(), emptied.GetProperty("folders").GetInt32()));
        await Service.UntilAsync("the trash is empty", async () => (await TrashAsync(http)).Count == 0);
        await Invariants.NothingElseIsLeftAsync(stores);
        Assert.Equal("0 files were deleted for good.", (await http.DeletedAsync("/trash")).Text("message"));
    }

    [Fact]
    public async Task The_trash_lists_the_last_deleted_folder_first_page_by_page()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, FolderRequests.Day);
        var http = service.Http;
        List<string> deleted = [];
        for (var i = 0; i < 5; i++)
        {
            deleted.Insert(0, (await http.FolderAsync($"{i}")).FolderId());
            await http.DeletedAsync($"/folders/{deleted[0]}");
        }
        for (var limit = 1; limit <= 6; limit++)
        {
            var pages = await http.EntryPagesAsync($"/trash/folders?limit={limit}");
            Assert.Equal(deleted.Order(StringComparer.Ordinal), pages.SelectMany(page => page).Select(folder => folder.FolderId()).Order(StringComparer.Ordinal));
            var times = pages.SelectMany(page => page).Select(folder => folder.GetProperty("deleted_at").GetDateTimeOffset()).ToList();
            Assert.Equal(times.OrderDescending(), times);
            Assert.All(pages, page => Assert.InRange(page.Count, 1, limit));
        }
        using var first = await http.GetAsync("/trash/folders");
        using var same = await http.SendAsync(HttpMethod.Get, "/trash/folders", null, ("If-None-Match", $"{first.Headers.ETag}"));
        Assert.Equal(HttpStatusCode.NotModified, same.StatusCode);
        var cursor = (await http.EntryPageAsync("/folders/root/entries?limit=1&deep=true")).Next?.Split("cursor=")[1] ?? "AAAAAAAAAAA";
        foreach (var (query, code) in new[]
        {
            ("limit=0", "invalid_request"), ("limit=101", "invalid_request"), ("offset=1", "invalid_request"), ("cursor=x", "invalid_cursor"),
            ($"cursor={cursor}", "invalid_cursor"),
        })
            await http.GetRefusedAsync($"/trash/folders?{query}", 400, code);
    }

    [Fact]
    public async Task Without_a_trash_a_deleted_folder_is_gone_for_good()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, ("FileDrop:Trash:Retention", "0"));
        var folder = (await service.Http.FolderAsync("a")).FolderId();
        await service.PlaceAsync([1], "1", folder);
        await service.Http.DeletedAsync($"/folders/{folder}");
        await Service.UntilAsync("the trash is empty", async () => (await TrashAsync(service.Http)).Count == 0);
        await Invariants.NothingElseIsLeftAsync(stores);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_swept_holds_up_no_other_folder_and_no_file()
    {
        await using var stores = await pair.MakeStoresAsync();
        var calls = new StuckFolder();
        await using var service = await Service.StartAsync(stores, calls.Wrap, ("FileDrop:Trash:Retention", "0"));
        var (stuck, other) = ((await service.Http.FolderAsync("a")).FolderId(), (await service.Http.FolderAsync("b")).FolderId());
        var held = await service.PlaceAsync([1], "1", stuck);
        await service.PlaceAsync([2], "2", other);
        var loose = (await service.Http.UploadAsync([3], "3")).Id();

        calls.Id = Guid.Parse(stuck);
        foreach (var path in new[] { $"/folders/{stuck}", $"/folders/{other}", $"/files/{loose}" })
            await service.Http.DeletedAsync(path);
        await Invariants.NothingElseIsLeftAsync(stores, held);
        Assert.True(calls.Happened, "a sweep failed");
        calls.Id = null;
        await Invariants.NothingElseIsLeftAsync(stores);
    }

    private static async Task<List<JsonElement>> TrashAsync(HttpClient http) => [.. (await http.EntryPagesAsync("/trash/folders")).SelectMany(page => page)];

    /// <summary>Stores in which one folder cannot be swept.</summary>
    private sealed class StuckFolder : StoreCalls
    {
        /// <summary>The folder; null for none.</summary>
        public Guid? Id { get; set; }

        /// <summary>Whether a sweep has failed.</summary>
        public bool Happened { get; private set; }

        protected override void Before(string method, object?[] arguments)
        {
            if (method != "IFolderSweepCatalog.SweepFolderAsync" || !Equals(arguments[1], Id))
                return;
            Happened = true;
            throw new StorageException(StorageFailure.Unavailable, "A test's fault.");
        }
    }
}

public sealed class FolderTrashOnEmbeddedTests(EmbeddedPair pair) : FolderTrashTests(pair), IClassFixture<EmbeddedPair>;

public sealed class FolderTrashOnClusterTests(ClusterPair pair) : FolderTrashTests(pair), IClassFixture<ClusterPair>;
