using FileDrop.Api.Tests.Changes;
using FileDrop.Cli;
using FileDrop.Cli.Syncing;
using FileDrop.Client;
using Xunit;

namespace FileDrop.Api.Tests.Sync;

/// <summary>Syncs of local folders with the real service.</summary>
public abstract class SyncTests(Pair pair)
{
    [Fact]
    public async Task Both_sides_get_each_others_changes_and_then_nothing_is_left_to_do()
    {
        using var client = await ClientAsync();
        using var place = Make(client);
        var time = new DateTime(2026, 1, 2, 3, 4, 5, 678, DateTimeKind.Utc);
        place.Write("a/b/here", "from here");
        File.SetLastWriteTimeUtc(place.At("a/b/here"), time);
        Directory.CreateDirectory(place.At("empty"));
        await client.UploadAsync(new MemoryStream("from there"u8.ToArray()), new UploadTarget("there") { Path = "/x/y", CreateFolders = true, ModifiedAt = time });
        await place.SyncAsync();
        await EqualAsync(place, "a/", "a/b/", "a/b/here=from here", "empty/", "x/", "x/y/", "x/y/there=from there");
        Assert.Equal(time, File.GetLastWriteTimeUtc(place.At("x/y/there")));
        Assert.Equal(time, (await place.FileAsync("/a/b/here")).ModifiedAt?.UtcDateTime);
        Assert.DoesNotContain((await place.SyncAsync()).Done, each => each.Action.IsLocal || each.Action.IsRemote);
        // Later changes, too; each is a new version, and keeps the time.
        place.Write("x/y/there", "edited here");
        File.SetLastWriteTimeUtc(place.At("x/y/there"), time.AddDays(1));
        await place.UploadAsync("a/b/here", "edited there");
        await place.SyncAsync();
        await EqualAsync(place, "a/", "a/b/", "a/b/here=edited there", "empty/", "x/", "x/y/", "x/y/there=edited here");
        Assert.Equal((2, time.AddDays(1)), ((await place.FileAsync("/x/y/there")).Version, (await place.FileAsync("/x/y/there")).ModifiedAt?.UtcDateTime));
        Assert.DoesNotContain((await place.PlanAsync()).Actions, action => action.IsLocal || action.IsRemote);
    }

    [Fact]
    public async Task A_conflict_keeps_both_and_is_listed()
    {
        using var client = await ClientAsync();
        using var place = Make(client);
        place.Write("report.txt", "first");
        await place.SyncAsync();
        place.Write("report.txt", "mine");
        await place.UploadAsync("report.txt", "theirs");
        var result = await place.SyncAsync();
        var copy = $"report (conflict, one, {DateTime.Now:yyyy-MM-dd}).txt";
        Assert.Equal([copy], result.Conflicts);
        await EqualAsync(place, $"{copy}=mine", "report.txt=theirs");
    }

    [Fact]
    public async Task Moves_on_either_side_keep_the_id_and_send_no_content()
    {
        using var client = await ClientAsync();
        using var place = Make(client);
        place.Write("a/file", "content");
        place.Write("b/other", "other");
        await place.SyncAsync();
        var (file, other) = (await place.FileAsync("/a/file"), await place.FileAsync("/b/other"));
        Directory.Move(place.At("a"), place.At("b/moved"));
        await client.UpdateFileAsync(other.FileId, new FileChange { Name = "renamed", Folder = DropFolder.Root });
        var result = await place.SyncAsync();
        Assert.DoesNotContain(result.Done, each => each.Action.IsTransfer);
        await EqualAsync(place, "b/", "b/moved/", "b/moved/file=content", "renamed=other");
        Assert.Equal(file.FileId, (await place.FileAsync("/b/moved/file")).FileId);
        // Names that are swapped, and a copy by another program, which has another inode.
        File.Move(place.At("renamed"), place.At("t"));
        File.Move(place.At("b/moved/file"), place.At("renamed"));
        File.Move(place.At("t"), place.At("b/moved/file"));
        Assert.DoesNotContain((await place.SyncAsync()).Done, each => each.Action.IsTransfer);
        await EqualAsync(place, "b/", "b/moved/", "b/moved/file=other", "renamed=content");
        File.Copy(place.At("renamed"), place.At("b/copied"));
        File.Delete(place.At("renamed"));
        Assert.DoesNotContain((await place.SyncAsync()).Done, each => each.Action.IsTransfer);
        Assert.Equal(file.FileId, (await place.FileAsync("/b/copied")).FileId);
    }

    [Fact]
    public async Task Deletions_go_to_the_trash_of_the_other_side()
    {
        using var client = await ClientAsync();
        using var place = Make(client);
        place.Write("here", "1");
        place.Write("folder/there", "2");
        await place.SyncAsync();
        File.Delete(place.At("here"));
        await client.DeleteFolderAsync((await client.FindAsync("/folder")).Id);
        await place.SyncAsync();
        await EqualAsync(place);
        Assert.Equal("here", (await client.ListTrashAsync().SingleAsync()).FileName);
        Assert.Equal("2", File.ReadAllText(Directory.GetFiles(place.At(SyncNames.Trash), "there", SearchOption.AllDirectories).Single()));
    }

    [Fact]
    public async Task Ignored_entries_links_and_names_that_the_other_side_cannot_have_are_left_alone()
    {
        using var client = await ClientAsync();
        using var place = Make(client);
        place.Write(".filedropignore", "# a comment\nbuild/\n*.log\n!keep.log\n/only-top\n");
        place.Write("build/out", "1");
        place.Write("a/build/out", "1");
        place.Write("a/x.log", "1");
        place.Write("a/keep.log", "kept");
        place.Write("a/only-top", "below");
        place.Write("only-top", "1");
        place.Write(".DS_Store", "1");
        place.Write("Thumbs.db", "1");
        place.Write("~$letter.docx", "1");
        place.Write("back\\slash", "1");
        File.CreateSymbolicLink(place.At("link"), place.At("a/keep.log"));
        await place.UploadAsync("b/there.log", "1");
        var result = await place.SyncAsync();
        Assert.Equal(["back\\slash", "link"], result.Skipped.Select(each => each.Path));
        Assert.Contains("symbolic link", result.Skipped[1].Reason, StringComparison.Ordinal);
        Assert.Equal([".filedropignore", "a/", "a/keep.log", "a/only-top", "b/", "b/there.log"], (await place.RemoteTreeAsync()).Keys);
        Assert.False(File.Exists(place.At("b/there.log")));
        // A file that a link replaces is not deleted at the service.
        File.Delete(place.At("a/keep.log"));
        File.CreateSymbolicLink(place.At("a/keep.log"), place.At("a/only-top"));
        await place.SyncAsync();
        Assert.Contains("a/keep.log", (await place.RemoteTreeAsync()).Keys);
        // A folder that is deleted at the service goes with its ignored entries, to the local trash.
        await client.DeleteFolderAsync((await client.FindAsync("/b")).Id);
        place.Write("b/here.log", "ignored");
        await place.SyncAsync();
        Assert.False(Directory.Exists(place.At("b")));
        Assert.Single(Directory.GetFiles(place.At(SyncNames.Trash), "here.log", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Pull_and_push_leave_the_other_sides_own_changes_alone()
    {
        using var client = await ClientAsync();
        using var place = Make(client);
        foreach (var name in new[] { "edited-here", "edited-there", "deleted-here", "deleted-there", "both" })
            place.Write(name, "first");
        await place.SyncAsync();
        place.Write("edited-here", "mine");
        place.Write("both", "mine");
        place.Write("new-here", "mine");
        File.Delete(place.At("deleted-here"));
        await place.UploadAsync("edited-there", "theirs");
        await place.UploadAsync("both", "theirs");
        await place.UploadAsync("new-there", "theirs");
        await client.DeleteFileAsync((await place.FileAsync("/deleted-there")).FileId);
        var before = await place.RemoteTreeAsync();
        await place.SyncAsync(new SyncChoices { Mode = SyncMode.Pull });
        Assert.Equal(before, await place.RemoteTreeAsync());
        var copy = $"both (conflict, one, {DateTime.Now:yyyy-MM-dd})";
        Assert.Equal(
            ["both=theirs", $"{copy}=mine", "edited-here=mine", "edited-there=theirs", "new-here=mine", "new-there=theirs"],
            place.Tree().Select(each => $"{each.Key}={each.Value}"));
        await place.UploadAsync("later", "theirs");
        var local = place.Tree();
        await place.SyncAsync(new SyncChoices { Mode = SyncMode.Push });
        Assert.Equal(local, place.Tree());
        Assert.Equal(["both", copy, "edited-here", "edited-there", "later", "new-here", "new-there"], (await place.RemoteTreeAsync()).Keys);
        await place.SyncAsync();
        Assert.Equal(await place.RemoteTreeAsync(), place.Tree());
    }

    [Fact]
    public async Task Many_deletions_an_empty_folder_and_a_missing_one_stop_the_sync()
    {
        using var client = await ClientAsync();
        using var place = Make(client);
        for (var i = 0; i < 30; i++)
            place.Write($"{i:00}", $"{i}");
        await place.SyncAsync();
        for (var i = 0; i < 21; i++)
            File.Delete(place.At($"{i:00}"));
        Assert.Equal(ExitCode.TooManyDeletions, (await Assert.ThrowsAsync<ToolException>(() => place.SyncAsync())).Code);
        Assert.Equal(30, (await place.RemoteTreeAsync()).Count);
        for (var i = 21; i < 30; i++)
            File.Delete(place.At($"{i:00}"));
        Assert.Contains("empty", (await Assert.ThrowsAsync<ToolException>(() => place.SyncAsync())).Message, StringComparison.Ordinal);
        Directory.Delete(place.Top, recursive: true);
        Assert.Equal(ExitCode.NotFound, (await Assert.ThrowsAsync<ToolException>(() => place.SyncAsync())).Code);
        Assert.Equal(30, (await place.RemoteTreeAsync()).Count);
        Directory.CreateDirectory(place.Top);
        var questions = new List<string>();
        await place.SyncAsync(new SyncChoices { MayDelete = (question, _) => { questions.Add(question); return Task.FromResult(true); } });
        Assert.NotEmpty(questions);
        Assert.Empty(await place.RemoteTreeAsync());
    }

    [Fact]
    public async Task A_local_file_that_changes_during_the_sync_is_neither_overwritten_nor_deleted()
    {
        using var client = await ClientAsync();
        using var place = Make(client);
        place.Write("replaced", "first");
        place.Write("deleted", "first");
        await place.SyncAsync();
        await place.UploadAsync("replaced", "theirs");
        await client.DeleteFileAsync((await place.FileAsync("/deleted")).FileId);
        var result = await place.SyncAsync(new SyncChoices
        {
            Begins = action =>
            {
                if (action.Step is Step.ReplaceLocal or Step.DeleteLocal && place.Read(action.Name) == "first")
                    place.Write(action.Name, "in the last moment");
            },
        });
        Assert.Single(result.Conflicts);
        await EqualAsync(place, "deleted=in the last moment", $"{result.Conflicts[0]}=in the last moment", "replaced=theirs");
    }

    [Fact]
    public async Task A_folder_that_gets_a_file_while_it_is_deleted_comes_back()
    {
        using var client = await ClientAsync();
        using var place = Make(client);
        place.Write("folder/file", "1");
        place.Write("other", "1");
        await place.SyncAsync();
        Directory.Delete(place.At("folder"), recursive: true);
        await place.SyncAsync(new SyncChoices
        {
            Begins = action =>
            {
                if (action is { Step: Step.DeleteRemote, Unit.Kind: EntryKind.Folder })
                    place.UploadAsync("folder/late", "late").GetAwaiter().GetResult();
            },
        });
        await Service.UntilAsync("the folder is back", async () =>
        {
            await place.SyncAsync();
            return place.Tree().ContainsKey("folder/late");
        });
        await EqualAsync(place, "folder/", "folder/late=late", "other=1");
    }

    [Fact]
    public async Task A_folder_that_moves_into_the_synced_one_comes_with_its_entries_and_leaves_with_them()
    {
        using var client = await ClientAsync();
        var synced = await client.CreateFolderAsync("synced");
        using var place = Make(client, synced.FolderId);
        await place.SyncAsync();
        await place.UploadAsync("outside/deep/file", "content");
        var outside = (await client.FindAsync("/outside")).Id;
        await place.SyncAsync();
        Assert.Empty(place.Tree());
        await client.UpdateFolderAsync(outside, new FolderChange { Parent = synced.FolderId });
        await place.SyncAsync();
        await EqualAsync(place, "outside/", "outside/deep/", "outside/deep/file=content");
        await client.UpdateFolderAsync(outside, new FolderChange { Parent = DropFolder.Root });
        await place.SyncAsync();
        await EqualAsync(place);
        await client.DeleteFolderAsync(synced.FolderId);
        place.Write("kept", "here");
        Assert.Equal(ExitCode.NotFound, (await Assert.ThrowsAsync<ToolException>(() => place.SyncAsync())).Code);
        Assert.Equal("here", place.Read("kept"));
    }

    [Fact]
    public async Task A_file_that_is_larger_than_one_request_and_a_broken_connection_lose_nothing()
    {
        await using var proxy = new TcpProxy(pair.Service.Address);
        using var client = FileDropClient.Create(new Uri($"http://127.0.0.1:{proxy.Port}"), await SyncPlace.KeyAsync(pair.Service));
        using var one = Make(client);
        using var two = Make(client, host: "two");
        var large = new string('x', 9 << 20);
        one.Write("large", large);
        proxy.CutAfter(TcpProxy.Way.ToServer, 4 << 20);
        await one.SyncAsync();
        proxy.CutAfter(TcpProxy.Way.ToClient, 4 << 20);
        await two.SyncAsync();
        Assert.False(proxy.CutIsToCome);
        Assert.Equal(large, two.Read("large"));
    }

    [Fact]
    public async Task A_folder_goes_to_the_local_trash_where_a_file_of_its_name_is_already()
    {
        using var client = await ClientAsync();
        using var place = Make(client);
        place.Write("a", "1");
        await place.SyncAsync();
        await client.DeleteFileAsync((await place.FileAsync("/a")).FileId);
        await place.SyncAsync();
        place.Write("a/b", "2");
        await place.SyncAsync();
        await client.DeleteFileAsync((await place.FileAsync("/a/b")).FileId);
        Assert.True((await place.SyncAsync()).IsQuiet);
        await EqualAsync(place, "a/");
        Assert.Equal(
            ["1", "2"], Directory.EnumerateFiles(place.At(SyncNames.Trash), "*", SearchOption.AllDirectories).Select(File.ReadAllText).Order(StringComparer.Ordinal));
    }

    private protected async Task<FileDropClient> ClientAsync() => FileDropClient.Create(pair.Service.Address, await SyncPlace.KeyAsync(pair.Service));

    private SyncPlace Make(FileDropClient client, Guid? root = null, string host = "one") => SyncPlace.On(pair, client, root, host);

    /// <summary>Checks that both sides have exactly these entries.</summary>
    private protected static async Task EqualAsync(SyncPlace place, params string[] wanted)
    {
        Array.Sort(wanted, StringComparer.Ordinal);
        Assert.Equal(wanted, place.Tree().Select(each => each.Key.EndsWith('/') ? each.Key : $"{each.Key}={each.Value}").Order(StringComparer.Ordinal));
        Assert.Equal(place.Tree(), await place.RemoteTreeAsync());
    }
}

/// <summary>Syncs with a service on SQLite and the disk.</summary>
public sealed class SyncOnEmbeddedTests(FeedEmbeddedPair pair) : SyncTests(pair), IClassFixture<FeedEmbeddedPair>;

/// <summary>Syncs with a service on MongoDB and S3.</summary>
[ClusterAtNight]
public sealed class SyncOnClusterTests(FeedClusterPair pair) : SyncTests(pair), IClassFixture<FeedClusterPair>;
