using FileDrop.Api.Tests.Changes;
using FileDrop.Cli.Syncing;
using FileDrop.Client;
using Xunit;

namespace FileDrop.Api.Tests.Sync;

/// <summary>A sync that is killed at any step, and run again, ends as if it was never killed.</summary>
public sealed class SyncKillTests(FeedEmbeddedPair pair) : IClassFixture<FeedEmbeddedPair>
{
    [Fact]
    public async Task A_kill_before_or_after_any_step_changes_nothing_in_the_end()
    {
        var (kill, isKilled) = (0, true);
        for (; isKilled; kill++)
        {
            using var client = FileDropClient.Create(pair.Service.Address, await SyncPlace.KeyAsync(pair.Service));
            using var place = SyncPlace.Make(client);
            await PrepareAsync(place);
            var count = 0;
            isKilled = false;
            try
            {
                await place.SyncAsync(new SyncChoices { Begins = _ => Count(), Taken = _ => Count() });
            }
            catch (CutException)
            {
                isKilled = true;
            }
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

            void Count()
            {
                if (Interlocked.Increment(ref count) == kill + 1)
                    throw new CutException();
            }
        }
        Assert.InRange(kill, 20, 100);
    }

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
