using FileDrop.Api.Catalog;
using FileDrop.Api.Tests.Changes;
using FileDrop.Cli.Syncing;
using FileDrop.Client;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace FileDrop.Api.Tests.Sync;

/// <summary>Syncs that were away for longer than the service keeps its changes.</summary>
public abstract class SyncExpiryTests(Pair pair)
{
    [Fact]
    public async Task A_sync_whose_cursor_has_expired_lists_everything_again_and_deletes_nothing_wrongly()
    {
        var key = await SyncPlace.KeyAsync(pair.Service);
        using var lists = new ListWatch();
        using var http = new HttpClient(lists) { BaseAddress = pair.Service.Address };
        http.DefaultRequestHeaders.Authorization = new("Bearer", key);
        using var client = new FileDropClient(http, http);
        using var direct = FileDropClient.Create(pair.Service.Address, key);
        using var place = SyncPlace.Make(client, before: () => SyncPlace.SaidAsync(direct));
        foreach (var name in new[] { "both", "deleted-here", "deleted-there", "edited-here", "edited-there", "folder/kept", "listed", "moved-here", "moved-there", "removed/file" })
            place.Write(name, name);
        await place.SyncAsync();
        var moved = await place.FileAsync("/moved-here");

        place.Write("both", "mine");
        place.Write("edited-here", "mine");
        place.Write("new-here", "mine");
        File.Delete(place.At("deleted-here"));
        File.Move(place.At("moved-here"), place.At("folder/moved"));
        await place.UploadAsync("both", "theirs");
        await place.UploadAsync("edited-there", "theirs");
        await place.UploadAsync("folder/new-there", "theirs");
        await direct.DeleteFileAsync((await place.FileAsync("/deleted-there")).FileId);
        await direct.DeleteFolderAsync((await direct.FindAsync("/removed")).Id);
        await direct.UpdateFileAsync((await place.FileAsync("/moved-there")).FileId, new FileChange { Name = "renamed" });
        await ForgetAsync(direct);
        await ExpiredAsync(place, direct);

        // Others go on while the list is read. Its cursor is older, so the feed brings their changes.
        lists.Reset(async () =>
        {
            await place.UploadAsync("late", "late");
            await direct.DeleteFileAsync((await place.FileAsync("/listed")).FileId);
        });
        var result = await place.SyncAsync();
        Assert.Equal(1, lists.Count);
        await place.SyncAsync();
        SortedDictionary<string, string> wanted = new(StringComparer.Ordinal)
        {
            ["both"] = "theirs",
            [Assert.Single(result.Conflicts)] = "mine",
            ["edited-here"] = "mine",
            ["edited-there"] = "theirs",
            ["folder/"] = "",
            ["folder/kept"] = "folder/kept",
            ["folder/moved"] = "moved-here",
            ["folder/new-there"] = "theirs",
            ["late"] = "late",
            ["new-here"] = "mine",
            ["renamed"] = "moved-there",
        };
        Assert.Equal(wanted, place.Tree());
        Assert.Equal(wanted, await place.RemoteTreeAsync());
        Assert.Equal(moved.FileId, (await place.FileAsync("/folder/moved")).FileId);
        // Only the entries that somebody has deleted are in the trashes: here those of the service, there those of both.
        Assert.Equal(
            ["deleted-there", "file", "listed"],
            Directory.EnumerateFiles(place.At(SyncNames.Trash), "*", SearchOption.AllDirectories).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal(
            ["deleted-here", "deleted-there", "listed"],
            (await direct.ListTrashAsync().Select(file => file.FileName).ToListAsync()).Order(StringComparer.Ordinal));

        // The feed is followed again, without another list.
        lists.Reset(() => Task.CompletedTask);
        await place.UploadAsync("later", "later");
        await place.SyncAsync();
        Assert.Equal((0, "later"), (lists.Count, place.Read("later")));
        Assert.DoesNotContain((await place.PlanAsync()).Actions, action => action.IsLocal || action.IsRemote);
    }

    [Fact]
    public async Task A_watch_whose_cursor_expires_looks_at_once()
    {
        using var client = FileDropClient.Create(pair.Service.Address, await SyncPlace.KeyAsync(pair.Service));
        using var place = SyncPlace.Make(client, before: () => SyncPlace.SaidAsync(client));
        await place.UploadAsync("a", "1");
        await place.SyncAsync();
        for (var i = 0; i < 3; i++)
            await place.UploadAsync("a", $"{i}");
        await ForgetAsync(client);
        using var store = new SyncStore(place.Database);
        Assert.True(await new RemoteTree(client, store, DropFolder.Root).WaitAsync(TimeSpan.FromSeconds(60), default).WaitAsync(TimeSpan.FromSeconds(30)));
    }

    /// <summary>Lets the service forget all changes so far, as it does with those that are older than <c>FileDrop:Changes:Retention</c>.</summary>
    private async Task ForgetAsync(FileDropClient client)
    {
        await SyncPlace.SaidAsync(client);
        await pair.Service.Services.GetRequiredService<IChangeCatalog>().ForgetAsync(TimeSpan.FromSeconds(-10), default);
    }

    private static async Task ExpiredAsync(SyncPlace place, FileDropClient client)
    {
        using var store = new SyncStore(place.Database);
        Assert.Equal("cursor_expired", (await Assert.ThrowsAsync<FileDropException>(() => client.ReadChangesAsync(store.Cursor))).Code);
    }

    /// <summary>Counts the lists of the whole tree, and lets others work after the first answer of one.</summary>
    private sealed class ListWatch() : DelegatingHandler(new SocketsHttpHandler())
    {
        private Func<Task>? _meanwhile;

        public int Count { get; private set; }

        public void Reset(Func<Task> meanwhile) => (_meanwhile, Count) = (meanwhile, 0);

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var response = await base.SendAsync(request, cancellationToken);
            if (request.RequestUri?.AbsolutePath is "/folders/root/entries" && _meanwhile is { } act)
            {
                if (Count++ == 0)
                    await act();
            }
            return response;
        }
    }
}

/// <summary>Expired cursors on SQLite and the disk.</summary>
public sealed class SyncExpiryOnEmbeddedTests(FeedEmbeddedPair pair) : SyncExpiryTests(pair), IClassFixture<FeedEmbeddedPair>;

/// <summary>Expired cursors on MongoDB and S3.</summary>
[ClusterAtNight]
public sealed class SyncExpiryOnClusterTests(FeedClusterPair pair) : SyncExpiryTests(pair), IClassFixture<FeedClusterPair>;
