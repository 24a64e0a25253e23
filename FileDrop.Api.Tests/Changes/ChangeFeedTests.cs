using System.Net;
using System.Text.Json;
using FileDrop.Api.Tests.Access;
using FileDrop.Api.Tests.Files;
using FileDrop.Api.Tests.Folders;
using Xunit;
using static FileDrop.Api.Tests.Changes.ChangeWords;

namespace FileDrop.Api.Tests.Changes;

/// <summary>The pages of the feed: each change of a file or folder comes, and the entry as it is.</summary>
public abstract class ChangeFeedTests(Pair pair)
{
    [Fact]
    public async Task Each_change_of_a_file_comes_with_the_file_as_it_is()
    {
        using var http = await pair.Service.OwnerAsync("a-file");
        var cursor = await http.LatestAsync();
        var id = (await http.UploadAsync([1], "a.txt")).Id();
        var created = await NextAsync(There(id));
        Assert.Equal("file", created.Text("kind"));
        // The members are those of the file object, after the number and the kind.
        Assert.Equal(
            ["seq", "kind", .. (await http.MetadataAsync(id)).EnumerateObject().Select(member => member.Name)],
            created.EnumerateObject().Select(member => member.Name));

        await http.PutJsonAsync(id, """{"file_name":"b.txt"}""");
        await NextAsync(Named(id, "b.txt"));
        await http.PutJsonAsync(id, """{"tags":{"a":"b"}}""");
        Assert.Equal("b", (await NextAsync(There(id))).Tags()["a"]);
        await http.PutAsync($"/files/{id}/content", new ByteArrayContent([1, 2]));
        Assert.Equal(2, (await NextAsync(There(id))).GetProperty("file_size").GetInt64());
        var folder = (await http.FolderAsync("f")).FolderId();
        await NextAsync(There(folder));
        await http.SendJsonAsync(HttpMethod.Patch, $"/files/{id}", $$"""{"folder_id":"{{folder}}"}""");
        Assert.Equal(folder, (await NextAsync(There(id))).Text("folder_id"));
        using (var restored = await http.PostAsync($"/files/{id}/versions/1/restore", null))
            await restored.SucceededAsync();
        Assert.Equal(1, (await NextAsync(There(id))).GetProperty("file_size").GetInt64());

        var version = (await http.MetadataAsync(id)).Version();
        await http.DeletedAsync($"/files/{id}");
        Assert.Equal(["seq", "kind", "id", "gone"], (await NextAsync(Gone(id))).EnumerateObject().Select(member => member.Name));
        using (var back = await http.PostAsync($"/trash/{id}/restore", null))
            await back.SucceededAsync();
        // The version is the same as before, so it does not tell that something has happened.
        Assert.Equal(version, (await NextAsync(There(id))).Version());
        await http.DeletedAsync($"/files/{id}?permanent=true");
        await NextAsync(Gone(id));

        async Task<JsonElement> NextAsync(Predicate<JsonElement> wanted)
        {
            (var changes, cursor) = await http.FollowAsync(cursor, wanted);
            return Assert.Single(changes);
        }
    }

    [Fact]
    public async Task A_folder_that_moves_comes_alone_and_one_that_is_deleted_comes_with_all_that_goes_with_it()
    {
        using var http = await pair.Service.OwnerAsync("a-tree");
        var chain = await http.ChainAsync("a", "b");
        using var uploaded = await http.PostAsync($"/files/upload?folder_id={chain[1]}&file_name=f", new ByteArrayContent([1]));
        var file = (await uploaded.SucceededAsync(HttpStatusCode.Created)).Id();
        var other = (await http.FolderAsync("other")).FolderId();
        var (_, cursor) = await http.FollowAsync(await FirstAsync(http), There(file), There(other));

        await http.MoveFolderAsync(chain[0], other);
        (var changes, cursor) = await http.FollowAsync(cursor, There(chain[0]));
        Assert.Equal(other, Assert.Single(changes).Text("parent_id"));
        // A change may be said more than once.
        await http.DeletedAsync($"/folders/{chain[0]}");
        (changes, cursor) = await http.FollowAsync(cursor, Gone(chain[0]), Gone(chain[1]), Gone(file));
        Assert.Equal(3, changes.Select(change => change.ChangedId()).Distinct().Count());
        using (var restored = await http.PostAsync($"/trash/folders/{chain[0]}/restore", null))
            await restored.SucceededAsync();
        (changes, cursor) = await http.FollowAsync(cursor, There(chain[0]), There(chain[1]), There(file));
        Assert.Equal(3, changes.Select(change => change.ChangedId()).Distinct().Count());
        await http.DeletedAsync($"/folders/{chain[0]}?permanent=true");
        await http.FollowAsync(cursor, Gone(chain[0]), Gone(chain[1]), Gone(file));
    }

    [Fact]
    public async Task Numbers_only_grow_and_a_page_shows_an_entry_once_where_it_changed_last()
    {
        using var http = await pair.Service.OwnerAsync("pages");
        var start = await FirstAsync(http);
        var (a, b) = ((await http.UploadAsync([1], "a")).Id(), (await http.UploadAsync([1], "b")).Id());
        var (_, cursor) = await http.FollowAsync(start, There(a), There(b));
        await http.PutJsonAsync(a, """{"file_name":"c"}""");
        (_, cursor) = await http.FollowAsync(cursor, Named(a, "c"));

        var whole = await http.ChangesAsync($"?cursor={start}");
        Assert.Equal([b, a], whole.Changes.Select(change => change.ChangedId()));
        Assert.Equal((cursor, false), (whole.Cursor, whole.HasMore));
        List<JsonElement> one = [];
        for (var page = await http.ChangesAsync($"?limit=1&cursor={start}"); ; page = await http.ChangesAsync($"?limit=1&cursor={page.Cursor}"))
        {
            one.Add(Assert.Single(page.Changes));
            if (!page.HasMore)
                break;
        }
        // It was renamed meanwhile, and the feed never shows what is not so any more.
        Assert.Equal(["c", "b", "c"], one.Select(change => change.Name()));
        Assert.Equal([1, 2, 3], one.Select(change => change.Seq()));
        // Without a cursor, the feed begins with the oldest change.
        Assert.Equal($"{whole.Changes[^1]}", $"{(await http.ChangesAsync("")).Changes[^1]}");
    }

    [Fact]
    public async Task Steps_that_clients_do_not_see_are_no_changes()
    {
        using var http = await pair.Service.OwnerAsync("unseen");
        var id = (await http.UploadAsync([1], "a")).Id();
        await http.PutAsync($"/files/{id}/content", new ByteArrayContent([1, 2]));
        var (_, cursor) = await http.FollowAsync(await FirstAsync(http), change => There(id)(change) && change.Version() == 2);
        using (var begun = await http.SendAsync(
            HttpMethod.Post, "/uploads", null, ("Tus-Resumable", "1.0.0"), ("Upload-Length", "5"), ("Upload-Metadata", "filename Yg==")))
            Assert.Equal(HttpStatusCode.Created, begun.StatusCode);
        await http.DeletedAsync($"/files/{id}/versions/1");
        using (var refused = await http.PutJsonAsync(id, """{"file_name":"c"}""", ("If-Match", "\"x\"")))
            await refused.RefusedAsync(412, "precondition_failed");
        Assert.Equal([1, 2], await http.GetByteArrayAsync($"/files/{id}"));
        var last = (await http.UploadAsync([1], "last")).Id();
        Assert.Equal(last, Assert.Single((await http.FollowAsync(cursor, There(last))).Changes).ChangedId());
    }

    [Fact]
    public async Task Malformed_and_foreign_cursors_are_refused()
    {
        using var alice = await pair.Service.OwnerAsync("alice");
        using var bob = await pair.Service.OwnerAsync("bob");
        foreach (var path in new[] { "/changes", "/changes/wait" })
        {
            await alice.GetRefusedAsync($"{path}?cursor=x", 400, "invalid_cursor");
            await alice.GetRefusedAsync($"{path}?cursor=", 400, "invalid_cursor");
            await alice.GetRefusedAsync($"{path}?cursor=latest&cursor=latest", 400, "invalid_request");
            await alice.GetRefusedAsync($"{path}?limit=0", 400, "invalid_request");
            await alice.GetRefusedAsync($"{path}?limit=1001", 400, "invalid_request");
            await alice.GetRefusedAsync($"{path}?cursor={await bob.LatestAsync()}", 410, "cursor_expired");
        }
        foreach (var timeout in new[] { "0", "91", "-1", "x", "1.5", "" })
            await alice.GetRefusedAsync($"/changes/wait?timeout={timeout}", 400, "invalid_request");
        using var stream = await EventClient.SendAsync(alice, "", ("Last-Event-ID", await bob.LatestAsync()));
        await stream.RefusedAsync(410, "cursor_expired");

        var (hers, his) = ((await alice.UploadAsync([1], "hers")).Id(), (await bob.UploadAsync([1], "his")).Id());
        Assert.DoesNotContain((await alice.FollowAsync(await FirstAsync(alice), There(hers))).Changes, change => change.ChangedId() == his);
    }

    [Fact]
    public async Task A_cursor_of_another_catalog_has_expired()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var restored = await Service.StartAsync(stores, AccessWords.AdminSetting);
        using var before = await pair.Service.OwnerAsync("moved");
        using var after = await restored.OwnerAsync("moved");
        await after.GetRefusedAsync($"/changes?cursor={await before.LatestAsync()}", 410, "cursor_expired");
        Assert.NotEqual(await before.LatestAsync(), await after.LatestAsync());
    }

    [Fact]
    public async Task A_request_that_waits_is_answered_by_the_next_change_or_when_its_time_is_over()
    {
        using var http = await pair.Service.OwnerAsync("waiting");
        var cursor = await http.LatestAsync();
        var (none, same, _) = await http.ChangesAsync($"/wait?timeout=1&cursor={cursor}");
        Assert.Empty(none);
        Assert.Equal(cursor, same);
        var waiting = http.ChangesAsync($"/wait?timeout=90&cursor={cursor}");
        var id = (await http.UploadAsync([1], "a")).Id();
        Assert.Equal(id, Assert.Single((await waiting.WaitAsync(TimeSpan.FromSeconds(30))).Changes).ChangedId());
        using var head = await http.SendAsync(HttpMethod.Head, $"/changes/wait?timeout=90&cursor={await http.LatestAsync()}", null);
        Assert.Equal(HttpStatusCode.OK, head.StatusCode);
    }

    /// <summary>The cursor before the oldest change of an owner who has deleted none.</summary>
    private static async Task<string> FirstAsync(HttpClient http)
    {
        var latest = await http.LatestAsync();
        // A cursor is 16 bytes, of which the last eight are the number.
        var bytes = System.Buffers.Text.Base64Url.DecodeFromChars(latest);
        return System.Buffers.Text.Base64Url.EncodeToString([.. bytes[..8], .. new byte[8]]);
    }
}

/// <summary>The feed on SQLite.</summary>
public sealed class ChangeFeedOnEmbeddedTests(FeedEmbeddedPair pair) : ChangeFeedTests(pair), IClassFixture<FeedEmbeddedPair>;

/// <summary>The feed on MongoDB.</summary>
public sealed class ChangeFeedOnClusterTests(FeedClusterPair pair) : ChangeFeedTests(pair), IClassFixture<FeedClusterPair>;

/// <summary>A service with owners and a trash, on SQLite and the disk.</summary>
public sealed class FeedEmbeddedPair : EmbeddedPair
{
    protected override (string Key, string Value)[] Settings => [AccessWords.AdminSetting, FolderRequests.Day];
}

/// <summary>A service with owners and a trash, on MongoDB and S3.</summary>
public sealed class FeedClusterPair : ClusterPair
{
    protected override (string Key, string Value)[] Settings => [AccessWords.AdminSetting, FolderRequests.Day];
}
