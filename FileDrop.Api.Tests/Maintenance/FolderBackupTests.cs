using System.Text.Json.Nodes;
using FileDrop.Api.Catalog;
using FileDrop.Api.Commands;
using FileDrop.Api.Tests.Attacks;
using FileDrop.Api.Tests.Folders;
using Xunit;

namespace FileDrop.Api.Tests.Maintenance;

/// <summary>Folders in a backup: the round trip, and backups that do not fit together.</summary>
public abstract class FolderBackupTests(Pair pair)
{
    private static readonly (string, string)[] s_retention = [("FileDrop:Trash:Retention", "1.00:00:00")];

    private static readonly string[] s_oddNames =
    [
        "CON", "a:b*?\"<>|.txt", ".hidden", "report (2).pdf", "e\u0301.txt", "\u00e8.txt", " spaced ", "灯泡", "😀", new string('n', 255), "a.json", "%2e%2e", "-rf",
    ];

    [Fact]
    public async Task A_backup_brings_a_tree_with_its_trash_unchanged_to_either_kind_of_store_and_a_second_import_changes_nothing()
    {
        await using var source = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(source, s_retention);
        var tree = new FolderTree(service);
        var (bin, below) = await MakeAsync(tree);
        var before = await tree.DescribeAsync();
        using var backup = new Backups();
        for (var run = 0; run < 2; run++)
        {
            var (exit, output) = await ServiceProcess.CommandAsync(source, "export", backup.Folder);
            Assert.True(exit == 0, output);
        }
        foreach (var kind in new Pair[] { new EmbeddedPair(), pair })
        {
            await using var target = await kind.MakeStoresAsync();
            for (var run = 0; run < 2; run++)
            {
                var (exit, output) = await ServiceProcess.CommandAsync(target, "import", backup.Folder);
                Assert.True(exit == 0, output);
                Assert.Equal(run == 0, output.Contains(" folders were imported, 0 could not", StringComparison.Ordinal));
            }
            await using var other = await Service.StartAsync(target, s_retention);
            var copy = new FolderTree(other);
            await copy.SweptAsync();
            Assert.Equal(before, await copy.DescribeAsync());
            Assert.Empty(await copy.CheckAsync(lease: TimeSpan.Zero));
            await Invariants.EveryFileIsWholeAsync(other.Http);
            // Every name is claimed, and what was carried comes back with its folder.
            Assert.Equal(ChangeOutcome.NameTaken, (await copy.Folders.CreateFolderAsync(
                FolderTree.Owner, Guid.CreateVersion7(), new Target(Place.Root, "docs"), default)).Outcome);
            await copy.Folders.RestoreFolderAsync(FolderTree.Owner, bin, null, OnConflict.Fail, default);
            await copy.SweptAsync();
            Assert.Equal("/docs/bin/inner/below.txt", await copy.PathAsync(below));
            Assert.Empty(await copy.CheckAsync(lease: TimeSpan.Zero));
        }
    }

    [Fact]
    public async Task An_archive_brings_the_same_tree_in_whatever_order_its_entries_come()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var source = await Service.StartAsync(stores, s_retention);
        var tree = new FolderTree(source);
        await MakeAsync(tree);
        var before = await tree.DescribeAsync();
        using var backup = await Backups.ExportAsync(source);
        foreach (var order in new Func<IEnumerable<string>, IEnumerable<string>>[]
        {
            // Files before folders, folders before their parents; then anything.
            paths => paths.OrderByDescending(path => path.Contains("/folders/", StringComparison.Ordinal) ? "" : "x").ThenByDescending(Path.GetFileName),
            paths => paths.OrderBy(path => path.Reverse().Aggregate(7, HashCode.Combine)),
        })
        {
            await using var target = await pair.MakeStoresAsync();
            await using var service = await Service.StartAsync(target, s_retention);
            using var archive = await backup.ArchiveAsync(order);
            for (var run = 0; run < 2; run++)
            {
                var result = await backup.ImportAsync(service, archive);
                Assert.True(result is { Failed: 0, Complaints: 0, Complete: true } && (run == 0) == result.Folders > 0, $"{result}\n{string.Join('\n', backup.Messages)}");
                var copy = new FolderTree(service);
                await copy.SweptAsync();
                Assert.Equal(before, await copy.DescribeAsync());
                Assert.Empty(await copy.CheckAsync(lease: TimeSpan.Zero));
            }
        }
    }

    [Fact]
    public async Task An_import_that_was_killed_is_finished_by_the_next()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var source = await Service.StartAsync(stores, s_retention);
        var tree = new FolderTree(source);
        await MakeAsync(tree);
        var before = await tree.DescribeAsync();
        using var backup = await Backups.ExportAsync(source);

        await using var target = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(target, s_retention);
        var copy = new FolderTree(service);
        // The state after the first half of its steps: documents without claims.
        foreach (var folder in (await tree.Engine.ScanFoldersAsync(null, 1000, default)).Where((_, number) => number % 2 == 0))
            await copy.Folders.ImportFolderAsync(folder.ToFolder(), folder.State == FileState.Carried, default);
        foreach (var document in (await tree.Files.ScanAsync(null, 1000, default)).Where((document, number) => document.File is not null && number % 2 == 0))
            await copy.Files.ImportAsync(document, default);
        var result = await backup.ImportAsync(service);
        Assert.True(result is { Failed: 0, Complaints: 0, Complete: true }, $"{result}\n{string.Join('\n', backup.Messages)}");
        await copy.SweptAsync();
        Assert.Equal(before, await copy.DescribeAsync());
        Assert.Empty(await copy.CheckAsync(lease: TimeSpan.Zero));
    }

    [Fact]
    public async Task Taken_names_get_a_number_and_files_without_their_folder_become_loose_with_a_message_for_each()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var source = await Service.StartAsync(stores, s_retention);
        var tree = new FolderTree(source);
        var (docs, gone) = (await tree.FolderAsync("docs"), await tree.FolderAsync("gone"));
        var (inRoot, inGone, own) = (await tree.FileAsync("a.txt", Place.Root), await tree.FileAsync("b.txt", gone), await tree.FileAsync("own.txt", gone));
        var below = await tree.FolderAsync("below", gone);
        var inBelow = await tree.FileAsync("c.txt", below);
        await tree.Files.DeleteAsync(FolderTree.Owner, own, null, permanent: false, default);
        using var backup = await Backups.ExportAsync(source);
        File.Delete(Path.Combine(backup.Folder, Backup.PathOfFolder(gone)));
        var manifest = Path.Combine(backup.Folder, Backup.Manifest);
        await File.WriteAllTextAsync(manifest, (await File.ReadAllTextAsync(manifest)).Replace("\"folders\":3", "\"folders\":2", StringComparison.Ordinal));

        await using var target = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(target, s_retention);
        var copy = new FolderTree(service);
        await copy.FolderAsync("docs");
        await copy.FileAsync("a.txt", Place.Root);
        await copy.FolderAsync("below");
        var result = await backup.ImportAsync(service);
        Assert.True(result is { Imported: 4, Folders: 2, Failed: 0, Complaints: 5, Complete: true }, $"{result}\n{string.Join('\n', backup.Messages)}");
        foreach (var id in new[] { docs, inRoot, inGone, below })
            Assert.Contains(backup.Messages, message => message.Contains($"{id}", StringComparison.Ordinal));
        await copy.SweptAsync();
        Assert.Equal("docs (2)", (await copy.Folders.FindFolderAsync(FolderTree.Owner, docs, default))?.Name);
        Assert.Equal("/a (2).txt", await copy.PathAsync(inRoot));
        Assert.Equal("/below (2)/c.txt", await copy.PathAsync(inBelow));
        var loose = await copy.Files.FindAsync(FolderTree.Owner, inGone, forChange: false, default);
        Assert.Equal(("b.txt", null), (loose?.Name, loose?.Place.Folder));
        // A file that was deleted on its own is in the trash as before, and comes back to the root.
        Assert.Equal(Place.Root, (await copy.Files.RestoreAsync(FolderTree.Owner, own, null, OnConflict.Fail, default)).File?.Place.Folder);
        Assert.Empty(await copy.CheckAsync(lease: TimeSpan.Zero));

        var before = await copy.DescribeAsync();
        result = await backup.ImportAsync(service);
        Assert.True(result is { Imported: 0, Folders: 0, Complaints: 0, Complete: true }, $"{result}\n{string.Join('\n', backup.Messages)}");
        Assert.Equal(before, await copy.DescribeAsync());
    }

    [Fact]
    public async Task Malformed_folders_are_refused_and_impossible_places_become_the_root_with_a_message_for_each()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var source = await Service.StartAsync(stores, s_retention);
        var tree = new FolderTree(source);
        var ids = new List<Guid>();
        for (var i = 0; i < 9; i++)
            ids.Add(await tree.FolderAsync($"folder {i}"));
        var (one, two) = (await tree.FolderAsync("one"), await tree.FolderAsync("two"));
        var inOne = await tree.FileAsync("in one.txt", one);
        var (theirs, mine) = (await tree.FolderAsync("theirs"), await tree.FolderAsync("mine"));
        var inMalformed = await tree.FileAsync("a.txt", ids[0]);
        var deep = new List<Guid>();
        for (var depth = 1; depth <= Place.MaxDepth + 2; depth++)
            deep.Add(await tree.FolderAsync($"deep {depth}"));
        using var backup = await Backups.ExportAsync(source);
        await ChangeAsync(ids[0], json => json["folder"]!["parent"] = $"{ids[0]}");
        await ChangeAsync(ids[1], json => json["folder"]!["name"] = "../etc");
        await ChangeAsync(ids[2], json => json["folder"]!["name"] = null);
        await ChangeAsync(ids[3], json => json["folder"]!["deleted_at"] = "2026-01-01T00:00:00Z");
        await ChangeAsync(ids[4], json => json["owner"] = "thief");
        await ChangeAsync(ids[5], json => json["folder"]!["version"] = 0);
        await ChangeAsync(ids[6], json => json["folder"]!["parent"] = null);
        await ChangeAsync(ids[7], json => json["carried"] = true);
        await File.WriteAllTextAsync(PathOf(ids[8]), "[");
        await ChangeAsync(one, json => json["folder"]!["parent"] = $"{two}");
        await ChangeAsync(two, json => json["folder"]!["parent"] = $"{one}");
        await ChangeAsync(theirs, json => (json["owner"], json["folder"]!["owner"]) = ("thief", "thief"));
        await ChangeAsync(mine, json => json["folder"]!["parent"] = $"{theirs}");
        for (var depth = 1; depth < deep.Count; depth++)
            await ChangeAsync(deep[depth], json => json["folder"]!["parent"] = $"{deep[depth - 1]}");

        foreach (var asArchive in new[] { false, true })
        {
            await using var target = await pair.MakeStoresAsync();
            await using var service = await Service.StartAsync(target, s_retention);
            using var archive = await backup.ArchiveAsync(paths => paths.Order(StringComparer.Ordinal));
            var result = asArchive ? await backup.ImportAsync(service, archive) : await backup.ImportAsync(service);
            Assert.True(result is { Imported: 2, FoldersFailed: 9, Failed: 0 } && result.Folders == 4 + deep.Count, $"{result}\n{string.Join('\n', backup.Messages)}");
            foreach (var id in ids.Concat([one, mine, inMalformed]))
                Assert.Contains(backup.Messages, message => message.Contains($"{id}", StringComparison.Ordinal));
            var copy = new FolderTree(service);
            await copy.SweptAsync();
            Assert.Empty(await copy.CheckAsync(lease: TimeSpan.Zero));
            Assert.Equal("/one/in one.txt", await copy.PathAsync(inOne));
            Assert.Equal(["", "one", "two"], (await copy.Folders.FindPathAsync(FolderTree.Owner, two, default))?.Select(folder => folder.Name));
            Assert.Equal(Place.Root, (await copy.Folders.FindFolderAsync(FolderTree.Owner, mine, default))?.Parent);
            Assert.Equal(Place.MaxDepth + 1, (await copy.Folders.FindPathAsync(FolderTree.Owner, deep[Place.MaxDepth - 1], default))?.Count);
            Assert.True((await copy.Folders.FindPathAsync(FolderTree.Owner, deep[^1], default))?.Count is > 1 and <= Place.MaxDepth + 1);
        }

        string PathOf(Guid folder) => Path.Combine(backup.Folder, Backup.PathOfFolder(folder));

        async Task ChangeAsync(Guid folder, Action<JsonNode> change)
        {
            var json = JsonNode.Parse(await File.ReadAllTextAsync(PathOf(folder))) ?? throw new InvalidOperationException("There is no document.");
            change(json);
            await File.WriteAllTextAsync(PathOf(folder), json.ToJsonString());
        }
    }

    [Fact]
    public async Task A_backup_from_before_folders_is_imported_as_before()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var source = await Service.StartAsync(stores, s_retention);
        var tree = new FolderTree(source);
        var (file, trashed) = (await tree.FileAsync("a.txt", null), await tree.FileAsync("b.txt", null));
        await tree.Files.DeleteAsync(FolderTree.Owner, trashed, null, permanent: false, default);
        var before = await tree.DescribeAsync();
        using var backup = await Backups.ExportAsync(source);
        foreach (var id in new[] { file, trashed })
        {
            await backup.ChangeAsync($"{id}", json =>
            {
                var (document, described) = (json.AsObject(), json["file"]!.AsObject());
                Assert.True(document.Remove("carried") && described.Remove("place") && described.Remove("modified_at"));
            });
        }
        var manifest = Path.Combine(backup.Folder, Backup.Manifest);
        var counts = JsonNode.Parse(await File.ReadAllTextAsync(manifest))!.AsObject();
        Assert.True(counts.Remove("folders"));
        await File.WriteAllTextAsync(manifest, counts.ToJsonString());

        await using var target = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(target, s_retention);
        var result = await backup.ImportAsync(service);
        Assert.True(result is { Imported: 2, Failed: 0, Complaints: 0, Complete: true }, $"{result}\n{string.Join('\n', backup.Messages)}");
        Assert.Equal(before, await new FolderTree(service).DescribeAsync());
    }

    /// <summary>Makes a tree with odd names, files and folders in the trash on their own and with their folder.</summary>
    /// <returns>The folder in the trash, and a file far below it.</returns>
    private static async Task<(Guid Bin, Guid Below)> MakeAsync(FolderTree tree)
    {
        var docs = await tree.FolderAsync("docs");
        var odd = await tree.FolderAsync("Żółć 灯泡", docs);
        foreach (var name in s_oddNames)
        {
            await tree.FileAsync(name, odd);
            await tree.FolderAsync(name, docs);
        }
        var dated = await tree.FileAsync("dated.txt", docs);
        await tree.Files.ChangeAsync(FolderTree.Owner, dated, new MetadataChange(null, null)
        {
            ModifiedAt = DateTimeOffset.FromUnixTimeMilliseconds(1_234_567_890_123),
        }, default);
        await tree.FileAsync("loose.txt", null);
        // Deleted on its own; then its folder goes to the trash, too, with a file and a folder.
        var bin = await tree.FolderAsync("bin", docs);
        var inner = await tree.FolderAsync("inner", bin);
        var (below, own) = (await tree.FileAsync("below.txt", inner), await tree.FileAsync("own.txt", inner));
        await tree.Files.DeleteAsync(FolderTree.Owner, own, null, permanent: false, default);
        await tree.DeleteFolderAsync(await tree.FolderAsync("own", inner));
        await tree.DeleteFolderAsync(bin);
        // Deleted on its own in a folder that is gone for good.
        var gone = await tree.FolderAsync("gone");
        var last = await tree.FileAsync("last.txt", gone);
        await tree.Files.DeleteAsync(FolderTree.Owner, last, null, permanent: false, default);
        await tree.DeleteFolderAsync(gone, permanent: true);
        // A rename raises its version.
        await tree.Folders.ChangeFolderAsync(FolderTree.Owner, odd, new FolderChange("Żółć (2)", null), default);
        await tree.SweptAsync();
        return (bin, below);
    }
}

public sealed class FolderBackupOnEmbeddedTests(EmbeddedPair pair) : FolderBackupTests(pair), IClassFixture<EmbeddedPair>;

public sealed class FolderBackupOnClusterTests(ClusterPair pair) : FolderBackupTests(pair), IClassFixture<ClusterPair>;
