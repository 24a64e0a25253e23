using FileDrop.Api.Catalog;
using FileDrop.Api.Tests.Catalog;
using Xunit;
using static FileDrop.Api.Tests.Catalog.Documents;

namespace FileDrop.Api.Tests.Folders;

/// <summary>The promises about folders, names and places on every engine. Each test has its own owner in the shared store.</summary>
public abstract class FolderCatalogTests(EngineStore store)
{
    private readonly string _owner = $"owner-{Guid.NewGuid():N}";

    private FolderCatalog Folders => new((IFolderEngine)store.Engine, Rules);

    private FileCatalog Files => FilesOf(store.Engine);

    [Fact]
    public async Task A_folder_is_found_by_its_id_its_name_and_its_path()
    {
        var docs = await CreateAsync("docs");
        var letters = await CreateAsync("Żółć 灯泡", docs.Id);

        Assert.Equal(letters, await Folders.FindFolderAsync(_owner, letters.Id, default));
        Assert.Equal(letters, (await Folders.FindEntryAsync(_owner, docs.Id, "Żółć 灯泡", default))?.Folder);
        Assert.Equal((docs.Id, 1L), (letters.Parent ?? default, letters.Version));
        Assert.Equal(["", "docs", "Żółć 灯泡"], (await Folders.FindPathAsync(_owner, letters.Id, default))?.Select(folder => folder.Name));
        Assert.Null(await Folders.FindFolderAsync("bob", docs.Id, default));
        Assert.Null(await Folders.FindEntryAsync("bob", Place.Root, "docs", default));
        Assert.Null(await Folders.FindEntryAsync(_owner, Place.Root, "DOCS", default));
    }

    [Fact]
    public async Task A_name_is_taken_once_in_a_folder_by_a_file_or_a_folder()
    {
        var docs = await CreateAsync("docs");
        var file = await UploadAsync("a.txt", docs.Id);
        Assert.Equal(ChangeOutcome.NameTaken, (await TryCreateAsync("a.txt", docs.Id)).Outcome);
        Assert.Equal(ChangeOutcome.NameTaken, (await TryUploadAsync("a.txt", docs.Id)).Outcome);
        // The same name in another normalization is the same name; another case is another name.
        await UploadAsync("\u00e9.txt", docs.Id);
        Assert.Equal(ChangeOutcome.NameTaken, (await TryUploadAsync("e\u0301.txt", docs.Id)).Outcome);
        await UploadAsync("A.txt", docs.Id);
        // Elsewhere the name is free, and loose files do not take names.
        await UploadAsync("a.txt", Place.Root);
        await UploadAsync("a.txt", null);
        await UploadAsync("a.txt", null);
        Assert.Equal(file.Id, (await Folders.FindEntryAsync(_owner, docs.Id, "a.txt", default))?.File?.Id);
    }

    [Fact]
    public async Task A_refused_upload_leaves_no_claim()
    {
        Assert.Equal(ChangeOutcome.FolderNotFound, (await TryUploadAsync("a.txt", Guid.CreateVersion7())).Outcome);
        var docs = await CreateAsync("docs");
        await UploadAsync("a.txt", docs.Id);
        await TryUploadAsync("a.txt", docs.Id);
        var claims = await NamesAsync();
        Assert.Equal(2, claims.Count);
        Assert.Equal(["a.txt", "docs"], claims.Select(claim => claim.Key.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_taken_name_can_be_numbered_or_replaced()
    {
        var docs = await CreateAsync("docs");
        var first = await UploadAsync("a.txt", docs.Id);
        Assert.Equal("a (2).txt", (await UploadAsync("a.txt", docs.Id, OnConflict.Rename)).Name);
        Assert.Equal("a (3).txt", (await UploadAsync("a.txt", docs.Id, OnConflict.Rename)).Name);

        var loose = await UploadAsync("b.txt", null);
        var moved = await Files.ChangeAsync(_owner, loose.Id, new MetadataChange("a.txt", null) { Folder = docs.Id, OnConflict = OnConflict.Replace }, default);
        Assert.Equal((ChangeOutcome.Done, loose.Id, "a.txt"), (moved.Outcome, moved.File?.Id ?? default, moved.File?.Name));
        Assert.Equal(loose.Id, (await Folders.FindEntryAsync(_owner, docs.Id, "a.txt", default))?.File?.Id);
        Assert.Null(await Files.FindAsync(_owner, first.Id, forChange: false, default));
        // It went to the trash, and its name there is taken now.
        Assert.Equal(ChangeOutcome.NameTaken, (await Files.RestoreAsync(_owner, first.Id, null, OnConflict.Fail, default)).Outcome);
        var back = await Files.RestoreAsync(_owner, first.Id, null, OnConflict.Rename, default);
        Assert.Equal(("a (4).txt", docs.Id), (back.File?.Name, back.File?.Place.Folder ?? default));
    }

    [Fact]
    public async Task A_refused_replacement_leaves_the_other_entry_in_its_place()
    {
        var (docs, gone) = (await CreateAsync("docs"), await UploadAsync("gone.txt", null));
        var (file, folder) = (await UploadAsync("a.txt", docs.Id), await CreateAsync("a", docs.Id));
        await Files.DeleteAsync(_owner, gone.Id, null, permanent: false, default);
        var change = new MetadataChange("a.txt", null) { Folder = docs.Id, OnConflict = OnConflict.Replace };
        Assert.Equal(ChangeOutcome.NotFound, (await Files.ChangeAsync(_owner, gone.Id, change, default)).Outcome);
        var loose = await UploadAsync("b.txt", null);
        Assert.Equal(ChangeOutcome.VersionMismatch, (await Files.ChangeAsync(_owner, loose.Id, change with { IfVersion = 7 }, default)).Outcome);
        var other = await CreateAsync("other");
        Assert.Equal(ChangeOutcome.VersionMismatch, (await ChangeAsync(other.Id, new FolderChange("a", docs.Id, OnConflict.Replace, IfVersion: 7))).Outcome);
        Assert.Equal(file.Id, (await Folders.FindEntryAsync(_owner, docs.Id, "a.txt", default))?.File?.Id);
        Assert.Equal(folder.Id, (await Folders.FindEntryAsync(_owner, docs.Id, "a", default))?.Folder?.Id);
    }

    [Fact]
    public async Task A_move_and_a_rename_give_the_old_name_free_and_keep_the_file()
    {
        var (one, two) = (await CreateAsync("one"), await CreateAsync("two"));
        var file = await UploadAsync("a.txt", one.Id);
        var moved = (await Files.ChangeAsync(_owner, file.Id, new MetadataChange(null, null) { Folder = two.Id }, default)).File;
        Assert.Equal((file.Id, "a.txt", two.Id, 2L), (moved?.Id ?? default, moved?.Name, moved?.Place.Folder ?? default, moved?.Version ?? 0));
        var renamed = (await Files.ChangeAsync(_owner, file.Id, new MetadataChange("b.txt", null), default)).File;
        Assert.Equal(("b.txt", two.Id), (renamed?.Name, renamed?.Place.Folder ?? default));
        Assert.Equal(ChangeOutcome.VersionMismatch, (await Files.ChangeAsync(_owner, file.Id, new MetadataChange("c.txt", null, IfVersion: 1), default)).Outcome);
        await UploadAsync("a.txt", one.Id);
        await UploadAsync("a.txt", two.Id);
        await UploadAsync("c.txt", two.Id);
        Assert.Equal(6, (await NamesAsync()).Count);
    }

    [Fact]
    public async Task A_folder_moves_with_everything_in_it_by_one_change_of_its_own()
    {
        var (one, two) = (await CreateAsync("one"), await CreateAsync("two"));
        var inner = await CreateAsync("inner", one.Id);
        var file = await UploadAsync("a.txt", inner.Id);
        var moved = await ChangeAsync(one.Id, new FolderChange("renamed", two.Id));
        Assert.Equal((ChangeOutcome.Done, "renamed", two.Id, 2L), (moved.Outcome, moved.Folder?.Name, moved.Folder?.Parent ?? default, moved.Folder?.Version ?? 0));
        Assert.Equal(["", "two", "renamed", "inner"], (await Folders.FindPathAsync(_owner, inner.Id, default))?.Select(folder => folder.Name));
        Assert.Equal(1, (await Files.FindAsync(_owner, file.Id, forChange: false, default))?.Version);
        Assert.Null(await Folders.FindEntryAsync(_owner, Place.Root, "one", default));
    }

    [Fact]
    public async Task A_folder_never_lies_in_itself_or_too_deep()
    {
        var top = await CreateAsync("0");
        var last = top;
        for (var depth = 2; depth <= Place.MaxDepth; depth++)
            last = await CreateAsync($"{depth}", last.Id);
        Assert.Equal(ChangeOutcome.TooDeep, (await TryCreateAsync("deeper", last.Id)).Outcome);
        Assert.Equal(ChangeOutcome.Circle, (await ChangeAsync(top.Id, new FolderChange(null, last.Id))).Outcome);
        Assert.Equal(ChangeOutcome.Circle, (await ChangeAsync(top.Id, new FolderChange(null, top.Id))).Outcome);
        var other = await CreateAsync("other");
        Assert.Equal(ChangeOutcome.TooDeep, (await ChangeAsync(other.Id, new FolderChange(null, last.Id))).Outcome);
        // Folders below one that moves may end up deeper than 64 levels.
        Assert.Equal(ChangeOutcome.Done, (await ChangeAsync(top.Id, new FolderChange(null, other.Id))).Outcome);
        Assert.Equal(Place.MaxDepth + 2, (await Folders.FindPathAsync(_owner, last.Id, default))?.Count);
        Assert.DoesNotContain(await NamesAsync(), claim => claim.Key.Name == "deeper");
    }

    [Fact]
    public async Task A_deleted_folder_takes_everything_to_the_trash_and_brings_it_back()
    {
        var docs = await CreateAsync("docs");
        var inner = await CreateAsync("inner", docs.Id);
        var (file, below, own) = (await UploadAsync("a.txt", docs.Id), await UploadAsync("b.txt", inner.Id), await UploadAsync("own.txt", docs.Id));
        await Files.DeleteAsync(_owner, own.Id, null, permanent: false, default);
        Assert.Equal(ChangeOutcome.VersionMismatch, (await Folders.DeleteFolderAsync(_owner, docs.Id, 7, permanent: false, default)).Outcome);
        Assert.Equal(ChangeOutcome.Done, (await Folders.DeleteFolderAsync(_owner, docs.Id, 1, permanent: false, default)).Outcome);
        Assert.Null(await Folders.FindFolderAsync(_owner, docs.Id, default));
        Assert.Null(await Folders.FindPathAsync(_owner, inner.Id, default));
        Assert.Equal(ChangeOutcome.FolderNotFound, (await TryUploadAsync("c.txt", docs.Id)).Outcome);
        await CreateAsync("docs");

        await SweepAsync();
        Assert.Null(await Files.FindAsync(_owner, file.Id, forChange: false, default));
        Assert.Null(await Files.FindAsync(_owner, below.Id, forChange: false, default));
        Assert.Equal([own.Id], await TrashAsync());
        Assert.Equal([docs.Id], await TrashedFoldersAsync());
        Assert.Equal((1, 1), await Folders.CountCarriedAsync(_owner, docs.Id, 100, default));
        Assert.Equal(4, (await Files.FindUsageAsync(_owner, default)).Files + 1);
        Assert.Equal(ChangeOutcome.ParentInTrash, (await Files.RestoreAsync(_owner, below.Id, null, OnConflict.Fail, default)).Outcome);
        Assert.Equal(ChangeOutcome.NameTaken, (await Folders.RestoreFolderAsync(_owner, docs.Id, null, OnConflict.Fail, default)).Outcome);

        var restored = await Folders.RestoreFolderAsync(_owner, docs.Id, null, OnConflict.Rename, default);
        Assert.Equal((ChangeOutcome.Done, "docs (2)", 2L), (restored.Outcome, restored.Folder?.Name, restored.Folder?.Version ?? 0));
        await SweepAsync();
        Assert.Equal(["", "docs (2)", "inner"], (await Folders.FindPathAsync(_owner, inner.Id, default))?.Select(folder => folder.Name));
        Assert.Equal(1, (await Files.FindAsync(_owner, below.Id, forChange: false, default))?.Version);
        Assert.NotNull(await Files.FindAsync(_owner, file.Id, forChange: false, default));
        Assert.Equal([own.Id], await TrashAsync());
        Assert.Empty(await TrashedFoldersAsync());
    }

    [Fact]
    public async Task A_file_that_went_with_its_folder_can_be_restored_elsewhere()
    {
        var (docs, other) = (await CreateAsync("docs"), await CreateAsync("other"));
        var file = await UploadAsync("a.txt", docs.Id);
        await Folders.DeleteFolderAsync(_owner, docs.Id, null, permanent: false, default);
        await SweepAsync();
        var restored = await Files.RestoreAsync(_owner, file.Id, other.Id, OnConflict.Fail, default);
        Assert.Equal((ChangeOutcome.Done, other.Id, "a.txt"), (restored.Outcome, restored.File?.Place.Folder ?? default, restored.File?.Name));
        await Folders.RestoreFolderAsync(_owner, docs.Id, null, OnConflict.Fail, default);
        await SweepAsync();
        Assert.Null(await Folders.FindEntryAsync(_owner, docs.Id, "a.txt", default));
        await UploadAsync("a.txt", docs.Id);
    }

    [Fact]
    public async Task A_purged_folder_takes_what_it_carried_and_leaves_what_was_deleted_on_its_own()
    {
        var docs = await CreateAsync("docs");
        var inner = await CreateAsync("inner", docs.Id);
        var (below, own) = (await UploadAsync("b.txt", inner.Id), await UploadAsync("own.txt", inner.Id));
        await Files.DeleteAsync(_owner, own.Id, null, permanent: false, default);
        await Folders.DeleteFolderAsync(_owner, docs.Id, null, permanent: true, default);
        await SweepAsync();
        await SweepAsync();
        Assert.Empty(await TrashedFoldersAsync());
        Assert.Equal(ChangeOutcome.NotFound, (await Files.RestoreAsync(_owner, below.Id, Place.Root, OnConflict.Fail, default)).Outcome);
        Assert.Equal(ChangeOutcome.FolderNotFound, (await Folders.RestoreFolderAsync(_owner, docs.Id, null, OnConflict.Fail, default)).Outcome);
        // Its folder is gone, so it comes back to the root.
        Assert.Equal(Place.Root, (await Files.RestoreAsync(_owner, own.Id, null, OnConflict.Fail, default)).File?.Place.Folder);
        Assert.Equal(["own.txt"], (await NamesAsync()).Select(claim => claim.Key.Name));
        Assert.Null(await ((IFolderEngine)store.Engine).FindFolderAsync(_owner, docs.Id, default));
        Assert.Null(await ((IFolderEngine)store.Engine).FindFolderAsync(_owner, inner.Id, default));
    }

    [Fact]
    public async Task A_folder_lists_its_own_entries_in_every_order()
    {
        var docs = await CreateAsync("docs");
        foreach (var name in (string[])["b", "a", "c"])
        {
            await CreateAsync(name, docs.Id);
            await UploadAsync(name + ".txt", docs.Id);
        }
        await UploadAsync("loose.txt", null);
        foreach (var (sort, expected) in ((FileSort, string[])[])[(FileSort.FileName, ["a", "b", "c"]), (FileSort.CreatedAt, []), (FileSort.FileSize, ["a", "b", "c"])])
        {
            var forwards = new List<string>();
            foreach (var descending in (bool[])[false, true])
            {
                var folders = new List<string>();
                ListPosition? after = null;
                do
                {
                    var page = await Folders.ListFoldersAsync(new ListQuery(_owner, false, sort, descending, 2, after, new ListFilter()) { Folder = docs.Id }, default);
                    folders.AddRange(page.Folders.Select(folder => folder.Name));
                    after = page.Next;
                }
                while (after is not null);
                // Folders of the same millisecond are in the order of their random ids.
                Assert.Equal(descending ? Enumerable.Reverse(forwards) : expected is [] ? folders : expected, folders);
                Assert.Equal(3, folders.Distinct().Count());
                forwards = folders;
            }
        }
        foreach (var sort in (FileSort[])[FileSort.FileName, FileSort.CreatedAt, FileSort.UpdatedAt, FileSort.FileSize])
        {
            var files = await Files.ListAsync(new ListQuery(_owner, false, sort, true, 10, null, new ListFilter()) { Folder = docs.Id }, default);
            Assert.Equal(3, files.Files.Count);
        }
        var found = await Files.ListAsync(
            new ListQuery(_owner, false, FileSort.FileName, false, 10, null, new ListFilter(NameKeyParts: ["B."])) { Folder = docs.Id }, default);
        Assert.Equal(["b.txt"], found.Files.Select(file => file.Name));
        Assert.Equal(4, (await Files.ListAsync(new ListQuery(_owner, false, FileSort.FileName, false, 10, null, new ListFilter()), default)).Files.Count);
    }

    [Fact]
    public async Task Writers_that_want_one_name_get_it_once()
    {
        var docs = await CreateAsync("docs");
        var results = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => TryUploadAsync("a.txt", docs.Id, replica: i)));
        Assert.Single(results, result => result.Outcome == ChangeOutcome.Done);
        Assert.Equal(7, results.Count(result => result.Outcome == ChangeOutcome.NameTaken));
        var numbered = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => TryUploadAsync("b.txt", docs.Id, OnConflict.Rename, replica: i)));
        Assert.Equal(8, numbered.Select(result => result.File?.Name).Distinct().Count(name => name is not null));
    }

    [Fact]
    public async Task Two_folders_that_move_into_each_other_at_once_do_not_close_a_circle()
    {
        for (var round = 0; round < 5; round++)
        {
            var (one, two) = (await CreateAsync($"one{round}"), await CreateAsync($"two{round}"));
            var results = await Task.WhenAll(
                new FolderCatalog((IFolderEngine)store.Engine, Rules).ChangeFolderAsync(_owner, one.Id, new FolderChange(null, two.Id), default),
                new FolderCatalog((IFolderEngine)store.Other, Rules).ChangeFolderAsync(_owner, two.Id, new FolderChange(null, one.Id), default));
            Assert.Single(results, result => result.Outcome == ChangeOutcome.Done);
            Assert.Single(results, result => result.Outcome == ChangeOutcome.Circle);
        }
    }

    private static FileCatalog FilesOf(ICatalogEngine engine) => new(engine, (IFolderEngine)engine, (IIdempotencyRecords)engine, Rules);

    private async Task<CatalogFolder> CreateAsync(string name, Guid? parent = null)
    {
        var result = await TryCreateAsync(name, parent ?? Place.Root);
        Assert.Equal(ChangeOutcome.Done, result.Outcome);
        return result.Folder ?? throw new InvalidOperationException();
    }

    private Task<FolderResult> TryCreateAsync(string name, Guid parent) =>
        Folders.CreateFolderAsync(_owner, Guid.CreateVersion7(), new Target(parent, name), default);

    private Task<FolderResult> ChangeAsync(Guid id, FolderChange change) => Folders.ChangeFolderAsync(_owner, id, change, default);

    private async Task<CatalogFile> UploadAsync(string name, Guid? folder, OnConflict onConflict = OnConflict.Fail)
    {
        var result = await TryUploadAsync(name, folder, onConflict);
        Assert.Equal(ChangeOutcome.Done, result.Outcome);
        return result.File ?? throw new InvalidOperationException();
    }

    private async Task<ChangeResult> TryUploadAsync(string name, Guid? folder, OnConflict onConflict = OnConflict.Fail, int replica = 0)
    {
        var (id, intent) = (Guid.CreateVersion7(), NewIntent());
        var files = FilesOf(replica % 2 == 0 ? store.Engine : store.Other);
        await files.BeginCreateAsync(_owner, id, intent, 1, default);
        var result = await files.CommitAsync(_owner, id, intent, Commit(name: name) with { Folder = folder, OnConflict = onConflict }, default);
        if (result.Outcome != ChangeOutcome.Done)
            await files.AbandonAsync(_owner, id, intent, default);
        return result;
    }

    private async Task SweepAsync()
    {
        for (var level = 0; level < 10; level++)
        {
            // A tombstone waits for the feed.
            if (store.Engine is IMarkedChanges marks)
                await new ChangeCatalog((IChangeEngine)store.Engine, marks).SayAsync(_owner, default);
            foreach (var (owner, id) in await Folders.FindDueFoldersAsync(1000, default))
            {
                if (owner == _owner)
                    await Folders.SweepFolderAsync(owner, id, default);
            }
        }
    }

    private async Task<IReadOnlyList<NameClaim>> NamesAsync()
    {
        var claims = new List<NameClaim>();
        (string Owner, EntryKey Key)? after = null;
        while (await ((IFolderEngine)store.Engine).ScanNamesAsync(after, 100, default) is { Count: > 0 } page)
        {
            claims.AddRange(page.Where(claim => claim.Owner == _owner).Select(claim => claim.Claim));
            after = (page[^1].Owner, page[^1].Claim.Key);
        }
        return claims;
    }

    private async Task<IEnumerable<Guid>> TrashAsync() =>
        (await Files.ListAsync(new ListQuery(_owner, true, FileSort.DeletedAt, true, 100, null, new ListFilter()), default)).Files.Select(file => file.Id);

    private async Task<IEnumerable<Guid>> TrashedFoldersAsync() =>
        (await Folders.ListFoldersAsync(new ListQuery(_owner, true, FileSort.DeletedAt, true, 100, null, new ListFilter()), default)).Folders.Select(folder => folder.Id);
}

/// <summary>Folders in memory.</summary>
public sealed class FolderCatalogInMemoryTests(MemoryEngineStore store) : FolderCatalogTests(store), IClassFixture<MemoryEngineStore>;

/// <summary>Folders on SQLite.</summary>
public sealed class FolderCatalogOnSqliteTests(SqliteEngineStore store) : FolderCatalogTests(store), IClassFixture<SqliteEngineStore>
{
    private readonly IFolderEngine _engine = (IFolderEngine)store.Engine;

    [Fact]
    public async Task Lists_with_files_that_expire_do_not_wait_for_the_writer()
    {
        using var ends = new ManualResetEventSlim();
        var owner = $"owner-{Guid.NewGuid():N}";
        var (id, intent) = (Guid.CreateVersion7(), NewIntent());
        var files = new FileCatalog(store.Engine, _engine, (IIdempotencyRecords)store.Engine, Rules);
        await files.BeginCreateAsync(owner, id, intent, 1, default);
        var commit = Commit(name: "a") with { Folder = Place.Root, ExpiresAt = DateTimeOffset.UtcNow.AddHours(1) };
        Assert.Equal(ChangeOutcome.Done, (await files.CommitAsync(owner, id, intent, commit, default)).Outcome);
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        // A change may run on its caller's thread.
        var writing = Task.Run(async () => await _engine.RunAsync(
            "other",
            _ =>
            {
                begun.TrySetResult();
                ends.Wait();
                return new ValueTask<bool>(true);
            },
            default));
        try
        {
            await begun.Task;
            var query = new ListQuery(owner, false, FileSort.FileName, false, 10, null, new ListFilter());
            Assert.Single((await files.ListAsync(query, default).WaitAsync(TimeSpan.FromSeconds(20))).Files);
            var entry = new FolderCatalog(_engine, Rules).FindEntryAsync(owner, Place.Root, "a", default);
            Assert.NotNull((await entry.WaitAsync(TimeSpan.FromSeconds(20)))?.File);
        }
        finally
        {
            ends.Set();
            await writing;
        }
    }
}

/// <summary>Folders on MongoDB.</summary>
public sealed class FolderCatalogOnClusterTests(MongoEngineStore store) : FolderCatalogTests(store), IClassFixture<MongoEngineStore>;
