using FileDrop.Api.Blobs;
using FileDrop.Api.Catalog;
using FileDrop.Api.Commands;
using FileDrop.Api.Tests.Catalog;
using Xunit;
using static FileDrop.Api.Tests.Catalog.Documents;

namespace FileDrop.Api.Tests.Folders;

/// <summary>Ends the process before each step of each operation on folders. Each operation has an owner of its own in the shared store.</summary>
public abstract class FolderCutTests(EngineStore store)
{
    private static readonly Dictionary<string, Func<Tree, Task>> s_operations = new()
    {
        ["create"] = tree => tree.Folders.CreateFolderAsync(tree.Owner, Guid.CreateVersion7(), new Target(tree.Docs, "new"), default),
        ["upload"] = tree => tree.UploadAsync("new.txt", tree.Docs),
        ["rename a file"] = tree => tree.Files.ChangeAsync(tree.Owner, tree.File, new MetadataChange("renamed.txt", null), default),
        ["move a file"] = tree => tree.Files.ChangeAsync(tree.Owner, tree.File, new MetadataChange(null, null) { Folder = tree.Other }, default),
        ["replace a file"] = tree => tree.Files.ChangeAsync(
            tree.Owner, tree.File, new MetadataChange("b.txt", null) { Folder = tree.Docs, OnConflict = OnConflict.Replace }, default),
        ["rename a folder"] = tree => tree.Folders.ChangeFolderAsync(tree.Owner, tree.Inner, new FolderChange("renamed", null), default),
        ["move a folder"] = tree => tree.Folders.ChangeFolderAsync(tree.Owner, tree.Inner, new FolderChange(null, tree.Other), default),
        ["delete a file"] = tree => tree.Files.DeleteAsync(tree.Owner, tree.File, null, permanent: false, default),
        ["delete a folder"] = tree => tree.Folders.DeleteFolderAsync(tree.Owner, tree.Docs, null, permanent: false, default),
        ["sweep a deletion"] = async tree =>
        {
            await tree.Folders.DeleteFolderAsync(tree.Owner, tree.Docs, null, permanent: false, default);
            await tree.SweepAsync();
        },
        ["restore a folder"] = async tree =>
        {
            await tree.Folders.DeleteFolderAsync(tree.Owner, tree.Inner, null, permanent: false, default);
            await tree.SweepAsync();
            await tree.Folders.RestoreFolderAsync(tree.Owner, tree.Inner, tree.Other, OnConflict.Fail, default);
            await tree.SweepAsync();
        },
    };

    public static TheoryData<string> Operations => [.. s_operations.Keys];

    [Theory]
    [MemberData(nameof(Operations))]
    public async Task An_operation_that_ends_between_any_two_of_its_steps_leaves_every_file_in_sight_and_nothing_that_a_check_finds_but_its_claim(string operation)
    {
        for (var cut = 1; ; cut++)
        {
            var whole = await Tree.MakeAsync(store);
            var tree = whole with { Engine = CutBefore(cut) };
            var isCut = false;
            try
            {
                await s_operations[operation](tree);
            }
            catch (CutException)
            {
                isCut = true;
            }
            await whole.SweepAsync();
            Assert.All(await whole.CheckAsync(repair: true), finding => Assert.Equal("DeadClaim", finding));
            Assert.Empty(await whole.CheckAsync(repair: false));
            foreach (var (file, name) in new[] { (whole.File, "a.txt"), (whole.Second, "b.txt") })
                Assert.True(await whole.IsInSightAsync(file), $"{name} is lost before step {cut} of {operation}.");
            // The names of the dead are free at once, since their claims are gone.
            await whole.UploadAsync("new.txt", Place.Root);
            if (!isCut)
                return;
        }
    }

    /// <summary>An engine whose process ends before a step of this number.</summary>
    private WatchedEngine CutBefore(int step) => new(
        (IFolderEngine)store.Engine,
        _ =>
        {
            if (--step == 0)
                throw new CutException();
        },
        _ => { });

    /// <summary>An owner's small tree, and an engine that may end.</summary>
    private sealed record Tree(EngineStore Store, IFolderEngine Engine, string Owner, Guid Docs, Guid Inner, Guid Other, Guid File, Guid Second)
    {
        public FolderCatalog Folders => new(Engine, Rules);

        public FileCatalog Files => new(Store.Engine, Engine, (IIdempotencyRecords)Store.Engine, Rules);

        public static async Task<Tree> MakeAsync(EngineStore store)
        {
            var tree = new Tree(store, (IFolderEngine)store.Engine, $"owner-{Guid.NewGuid():N}", default, default, default, default, default);
            tree = tree with { Docs = await tree.CreateAsync("docs", Place.Root), Other = await tree.CreateAsync("other", Place.Root) };
            tree = tree with { Inner = await tree.CreateAsync("inner", tree.Docs) };
            return tree with { File = await tree.UploadAsync("a.txt", tree.Inner), Second = await tree.UploadAsync("b.txt", tree.Docs) };
        }

        public async Task<Guid> UploadAsync(string name, Guid folder)
        {
            var (id, intent) = (Guid.CreateVersion7(), NewIntent());
            await Files.BeginCreateAsync(Owner, id, intent, 1, default);
            Assert.Equal(ChangeOutcome.Done, (await Files.CommitAsync(Owner, id, intent, Commit(name: name) with { Folder = folder }, default)).Outcome);
            return id;
        }

        public async Task SweepAsync()
        {
            for (var level = 0; level < 5; level++)
            {
                foreach (var (owner, id) in (await Folders.FindDueFoldersAsync(1000, default)).Where(due => due.Owner == Owner))
                    await Folders.SweepFolderAsync(owner, id, default);
            }
        }

        /// <summary>The kinds of the owner's findings.</summary>
        public async Task<IReadOnlyList<string>> CheckAsync(bool repair)
        {
            List<Finding> findings = [];
            var check = new FolderCheck(
                Files, Folders, Folders, new NoReserve(), new CheckOptions(repair, Hash: false, TimeSpan.FromMinutes(1)) { Lease = TimeSpan.FromDays(-1) },
                findings.Add);
            for (Guid? after = null; await Files.ScanAsync(after, 500, default) is { Count: > 0 } page; after = page[^1].FileId)
                await check.CheckFilesAsync(page, default);
            await check.RunAsync(default);
            return [.. findings.Where(finding => finding.Owner == Owner).Select(finding => $"{finding.Kind}")];
        }

        /// <summary>Whether the file can be reached by its path, is in the trash, or comes back with a folder in the trash.</summary>
        public async Task<bool> IsInSightAsync(Guid id)
        {
            var file = Assert.Single(await Files.FindDocumentsAsync([id], default));
            if (file.State != FileState.Live)
                return file.State is FileState.Trash or FileState.Carried;
            return file.File?.Place.Folder is { } folder && await Folders.FindPathAsync(Owner, folder, default) is not null
                && (await Folders.FindEntryAsync(Owner, folder, file.File.Name, default))?.File?.Id == id;
        }

        private async Task<Guid> CreateAsync(string name, Guid parent) =>
            (await Folders.CreateFolderAsync(Owner, Guid.CreateVersion7(), new Target(parent, name), default)).Folder?.Id ?? throw new InvalidOperationException();
    }
}

/// <summary>Cuts in memory.</summary>
public sealed class FolderCutInMemoryTests(MemoryEngineStore store) : FolderCutTests(store), IClassFixture<MemoryEngineStore>;

/// <summary>Cuts on SQLite, whose transactions roll back.</summary>
public sealed class FolderCutOnSqliteTests(SqliteEngineStore store) : FolderCutTests(store), IClassFixture<SqliteEngineStore>;

/// <summary>Cuts on MongoDB.</summary>
public sealed class FolderCutOnClusterTests(MongoEngineStore store) : FolderCutTests(store), IClassFixture<MongoEngineStore>;
