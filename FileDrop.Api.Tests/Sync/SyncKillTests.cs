using System.Net;
using FileDrop.Api.Tests.Changes;
using FileDrop.Cli.Syncing;
using FileDrop.Client;
using Xunit;

namespace FileDrop.Api.Tests.Sync;

/// <summary>A sync that is killed at any step, and run again, ends as if it was never killed.</summary>
public abstract class SyncKillTests(Pair pair)
{
    [Fact]
    public async Task A_kill_before_or_after_any_step_changes_nothing_in_the_end()
    {
        var (kill, isKilled) = (0, true);
        for (; isKilled; kill++)
        {
            using var client = await ClientAsync();
            using var place = SyncPlace.On(pair, client);
            await PrepareAsync(place);
            isKilled = await KillAsync(place, kill);
            await place.SyncAsync();
            SortedDictionary<string, string> wanted = new(StringComparer.Ordinal)
            {
                ["a"] = "first b",
                ["b"] = "first a",
                ["both"] = "theirs",
                [$"both (conflict, one, {DateTime.Now:yyyy-MM-dd})"] = "mine",
                ["c/"] = "",
                ["c/edited-there"] = "theirs",
                ["c/new-there"] = "theirs",
                ["edited-here"] = "mine",
                ["moved/"] = "",
                ["moved/file"] = "first",
                ["new/"] = "",
                ["new/here"] = "mine",
            };
            Assert.Equal(wanted, place.Tree());
            Assert.Equal(place.Tree(), await place.RemoteTreeAsync());
            Assert.Empty(Directory.GetFiles(place.Top, ".filedrop-*", SearchOption.AllDirectories));
        }
        Assert.InRange(kill, 30, 120);
    }

    [Fact]
    public async Task A_kill_at_any_step_loses_no_content_although_files_swap_their_names_and_others_change_them_before_the_next_sync()
    {
        var (kill, isKilled) = (0, true);
        for (; isKilled; kill++)
        {
            using var client = await ClientAsync();
            using var place = SyncPlace.On(pair, client);
            foreach (var name in new[] { "a", "b", "c", "d", "e", "f" })
                place.Write(name, $"first {name}");
            await place.SyncAsync();
            HashSet<string> kept = ["first c", "first d", "a here", "b there", "g here", "h there"];
            place.Write("a", "a here");
            await place.UploadAsync("b", "b there");
            File.Move(place.At("c"), place.At("c2"));
            await client.UpdateFileAsync((await place.FileAsync("/d")).FileId, new FileChange { Name = "d2" });
            File.Delete(place.At("e"));
            await client.DeleteFileAsync((await place.FileAsync("/f")).FileId);
            place.Write("g", "g here");
            await place.UploadAsync("h", "h there");
            isKilled = await KillAsync(place, kill);
            Swap(place, "a", "b");
            Swap(place, "c2", Path.Exists(place.At("d")) ? "d" : "d2");
            Swap(place, "g", "h");
            foreach (var (name, content) in await place.RemoteTreeAsync())
            {
                if (name is not ("a" or "c" or "c2"))
                    continue;
                kept.Remove(content);
                kept.Add($"{name} again");
                await place.UploadAsync(name, $"{name} again");
            }
            await place.SyncAsync();
            Assert.Equal(place.Tree(), await place.RemoteTreeAsync());
            Assert.Empty(kept.Except(place.Tree().Values));
            Assert.DoesNotContain((await place.PlanAsync()).Actions, action => action.IsLocal || action.IsRemote);
        }
        Assert.InRange(kill, 15, 60);
    }

    [Fact]
    public async Task A_file_that_is_restored_after_a_killed_deletion_stays()
    {
        using var client = await ClientAsync();
        using var place = SyncPlace.On(pair, client);
        place.Write("file", "content");
        place.Write("other", "other");
        await place.SyncAsync();
        var id = (await place.FileAsync("/file")).FileId;
        File.Delete(place.At("file"));
        await Assert.ThrowsAsync<CutException>(() => place.SyncAsync(new SyncChoices { Taken = _ => throw new CutException() }));
        await client.RestoreFileAsync(id);
        await place.SyncAsync();
        Assert.Equal("content", place.Read("file"));
        Assert.Equal(id, (await place.FileAsync("/file")).FileId);
    }

    [Fact]
    public async Task An_upload_that_comes_after_the_next_sync_is_refused()
    {
        using var client = await ClientAsync();
        using var place = SyncPlace.On(pair, client);
        place.Write("file", "first");
        await place.SyncAsync();
        var before = await place.FileAsync("/file");
        place.Write("file", "second");
        await Assert.ThrowsAsync<CutException>(() => place.SyncAsync(new SyncChoices { Intended = _ => throw new CutException() }));
        place.Write("file", "first");
        // A look changes nothing.
        await place.PlanAsync();
        Assert.Equal(before.Version, (await place.FileAsync("/file")).Version);
        await place.SyncAsync();
        var late = await Assert.ThrowsAsync<FileDropException>(
            () => client.ReplaceContentAsync(before.FileId, before.Version, new MemoryStream("second"u8.ToArray()), DateTimeOffset.UtcNow));
        Assert.Equal(HttpStatusCode.PreconditionFailed, late.Status);
        await place.SyncAsync();
        Assert.Equal("first", place.Read("file"));
        Assert.Equal(place.Tree(), await place.RemoteTreeAsync());
    }

    /// <summary>Syncs until some moment before or after the effect of a step. False: the sync has ended before.</summary>
    private static async Task<bool> KillAsync(SyncPlace place, int kill)
    {
        var count = 0;
        try
        {
            await place.SyncAsync(new SyncChoices { Begins = _ => Count(), Intended = _ => Count(), Taken = _ => Count() });
            return false;
        }
        catch (CutException)
        {
            return true;
        }

        void Count()
        {
            if (Interlocked.Increment(ref count) == kill + 1)
                throw new CutException();
        }
    }

    private static void Swap(SyncPlace place, string one, string other)
    {
        if (!Path.Exists(place.At(one)) || !Path.Exists(place.At(other)))
            return;
        File.Move(place.At(one), place.At("t"));
        File.Move(place.At(other), place.At(one));
        File.Move(place.At("t"), place.At(other));
    }

    private async Task<FileDropClient> ClientAsync() => FileDropClient.Create(pair.Service.Address, await SyncPlace.KeyAsync(pair.Service));

    /// <summary>Prepares every kind of step: edits, moves, a swap, new entries, deletions and a conflict.</summary>
    private static async Task PrepareAsync(SyncPlace place)
    {
        foreach (var name in new[] { "both", "c/edited-there", "edited-here", "folder/file", "deleted-here", "deleted-there/file" })
            place.Write(name, "first");
        place.Write("a", "first a");
        place.Write("b", "first b");
        await place.SyncAsync();
        place.Write("both", "mine");
        await place.UploadAsync("both", "theirs");
        await place.UploadAsync("c/edited-there", "theirs");
        await place.UploadAsync("c/new-there", "theirs");
        place.Write("edited-here", "mine");
        place.Write("new/here", "mine");
        Directory.Move(place.At("folder"), place.At("moved"));
        File.Delete(place.At("deleted-here"));
        await place.Client.DeleteFolderAsync((await place.Client.FindAsync("/deleted-there")).Id);
        File.Move(place.At("a"), place.At("t"));
        File.Move(place.At("b"), place.At("a"));
        File.Move(place.At("t"), place.At("b"));
    }
}

/// <summary>Killed syncs with a service on SQLite and the disk.</summary>
public sealed class SyncKillOnEmbeddedTests(FeedEmbeddedPair pair) : SyncKillTests(pair), IClassFixture<FeedEmbeddedPair>;

/// <summary>Killed syncs with a service on MongoDB and S3.</summary>
[ClusterAtNight]
public sealed class SyncKillOnClusterTests(FeedClusterPair pair) : SyncKillTests(pair), IClassFixture<FeedClusterPair>;
