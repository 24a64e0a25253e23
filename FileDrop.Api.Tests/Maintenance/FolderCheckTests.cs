using FileDrop.Api.Catalog;
using FileDrop.Api.Tests.Access;
using FileDrop.Api.Tests.Folders;
using Xunit;

namespace FileDrop.Api.Tests.Maintenance;

/// <summary>The check of folders, names and places.</summary>
public abstract class FolderCheckTests(Pair pair)
{
    private static readonly (string, string)[] s_unswept = [("FileDrop:SweepInterval", "01:00:00"), ("FileDrop:Trash:Retention", "1.00:00:00")];

    [Fact]
    public async Task A_check_after_ordinary_work_finds_nothing()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, ("FileDrop:Trash:Retention", "1.00:00:00"));
        var tree = new FolderTree(service);
        var (docs, other) = (await tree.FolderAsync("docs"), await tree.FolderAsync("other"));
        var inner = await tree.FolderAsync("Żółć 灯泡", docs);
        var (file, own) = (await tree.FileAsync("a.txt", inner), await tree.FileAsync("own.txt", inner));
        await tree.FileAsync("loose.txt", null);
        await tree.Files.DeleteAsync(FolderTree.Owner, own, null, permanent: false, default);
        await tree.Folders.ChangeFolderAsync(FolderTree.Owner, docs, new FolderChange("renamed", other), default);
        Assert.Empty(await tree.CheckAsync(lease: TimeSpan.Zero));
        await tree.DeleteFolderAsync(docs);
        await tree.SweptAsync();
        Assert.Empty(await tree.CheckAsync(lease: TimeSpan.Zero));
        await tree.Folders.RestoreFolderAsync(FolderTree.Owner, docs, null, OnConflict.Fail, default);
        await tree.SweptAsync();
        Assert.Empty(await tree.CheckAsync(lease: TimeSpan.Zero));
        Assert.Equal("/other/renamed/Żółć 灯泡/a.txt", await tree.PathAsync(file));
        await tree.DeleteFolderAsync(other, permanent: true);
        await tree.SweptAsync();
        Assert.Empty(await tree.CheckAsync(lease: TimeSpan.Zero));
    }

    [Fact]
    public async Task Each_fault_of_a_place_is_found_and_repaired_if_it_can_be()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, s_unswept);
        var tree = new FolderTree(service);
        var docs = await tree.FolderAsync("docs");

        // In a folder that never was.
        var nowhere = Guid.CreateVersion7();
        var orphan = await tree.FileAsync("orphan.txt", docs);
        await ChangeFileAsync(orphan, file => file with { Place = file.Place with { Folder = nowhere } });
        await ClaimAsync(nowhere, "orphan.txt", EntryKind.File, orphan);
        var lost = await tree.FolderAsync("lost", docs);
        await ChangeFolderAsync(lost, folder => folder with { Place = folder.Place with { Folder = nowhere } });
        await ClaimAsync(nowhere, "lost", EntryKind.Folder, lost);
        // In a circle of three, with a folder below it that is older, and in itself.
        var below = await tree.FolderAsync("below");
        var one = await tree.FolderAsync("one");
        var three = await tree.FolderAsync("three", await tree.FolderAsync("two", one));
        await ChangeFolderAsync(one, folder => folder with { Place = folder.Place with { Folder = three } });
        await ClaimAsync(three, "one", EntryKind.Folder, one);
        await ChangeFolderAsync(below, folder => folder with { Place = folder.Place with { Folder = three } });
        await ClaimAsync(three, "below", EntryKind.Folder, below);
        var itself = await tree.FolderAsync("itself");
        await ChangeFolderAsync(itself, folder => folder with { Place = folder.Place with { Folder = itself } });
        await ClaimAsync(itself, "itself", EntryKind.Folder, itself);
        // In the trash without its folder, and live in a folder in the trash.
        var carried = await tree.FileAsync("carried.txt", docs);
        await ChangeFileAsync(carried, file => file with { State = FileState.Carried });
        var bin = await tree.FolderAsync("bin");
        await tree.DeleteFolderAsync(bin);
        await tree.SweepAsync();
        var late = await tree.FolderAsync("late", docs);
        await ChangeFolderAsync(late, folder => folder with { Place = folder.Place with { Folder = bin } });
        await ClaimAsync(bin, "late", EntryKind.Folder, late);
        // Not swept for an hour.
        var overdue = await tree.FolderAsync("overdue", docs);
        await ChangeFolderAsync(overdue, folder => folder with { Sweep = FolderSweep.Due, SweepAt = folder.CreatedAt.AddHours(-1) });
        // Names.
        var unclaimed = await tree.FileAsync("unclaimed.txt", docs);
        await RunAsync(async steps =>
        {
            await steps.DeleteNameAsync(EntryKey.Of(docs, "unclaimed.txt"), (await steps.LoadFileAsync(unclaimed))?.Place.Claim ?? default);
            return true;
        });
        var first = await tree.FileAsync("e\u0301.txt", docs);
        var twin = await tree.FileAsync("twin.txt", docs);
        await ChangeFileAsync(twin, file => file with { Name = "\u00e9.txt" });
        var dead = Guid.CreateVersion7();
        var longAgo = DateTimeOffset.FromUnixTimeMilliseconds(DateTimeOffset.UtcNow.AddHours(-1).ToUnixTimeMilliseconds());
        await RunAsync(steps => steps.InsertNameAsync(new NameClaim(EntryKey.Of(docs, "dead.txt"), EntryKind.File, dead, Guid.NewGuid(), 0, longAgo)));
        await RunAsync(steps => steps.InsertNameAsync(new NameClaim(EntryKey.Of(docs, "young.txt"), EntryKind.File, dead, Guid.NewGuid(), 0, longAgo.AddHours(1))));

        (string, Guid)[] lasting =
        [
            ("ParentMissing", orphan), ("ParentMissing", lost), ("FolderCircle", one), ("FolderCircle", itself), ("NameTwice", twin),
        ];
        (string, Guid)[] all =
            [.. lasting, ("HalfCarried", carried), ("HalfCarried", late), ("SweepOverdue", overdue), ("NameUnclaimed", unclaimed), ("DeadClaim", dead)];
        for (var run = 0; run < 2; run++)
            Assert.Equal(all.Order(), (await tree.CheckAsync(repair: run == 1)).Order());
        Assert.Equal(2, (await tree.Files.MeasureAsync(default)).Folders);
        await tree.SweepAsync();
        Assert.Equal(0, (await tree.Files.MeasureAsync(default)).Folders);
        Assert.Equal(lasting.Order(), (await tree.CheckAsync()).Order());

        Assert.Equal("/docs/carried.txt", await tree.PathAsync(carried));
        Assert.Equal(FileState.Carried, (await tree.Engine.FindFolderAsync(FolderTree.Owner, late, default))?.State);
        Assert.Equal("/docs/unclaimed.txt", await tree.PathAsync(unclaimed));
        Assert.Equal(ChangeOutcome.NameTaken, (await tree.Folders.CreateFolderAsync(
            FolderTree.Owner, Guid.CreateVersion7(), new Target(docs, "unclaimed.txt"), default)).Outcome);
        await tree.FileAsync("dead.txt", docs);
        // The check cannot repair this, but a user can.
        foreach (var file in new[] { orphan, twin })
            Assert.Equal(ChangeOutcome.Done, (await tree.Files.ChangeAsync(
                FolderTree.Owner, file, new MetadataChange($"{file}.txt", null) { Folder = docs }, default)).Outcome);
        foreach (var folder in new[] { lost, one, itself })
            Assert.Equal(ChangeOutcome.Done, (await tree.Folders.ChangeFolderAsync(
                FolderTree.Owner, folder, new FolderChange($"{folder}", Place.Root), default)).Outcome);
        await tree.SweepAsync();
        Assert.Empty(await tree.CheckAsync());
        Assert.Equal("/docs/e\u0301.txt", await tree.PathAsync(first));

        Task<T> RunAsync<T>(Func<IFolderSteps, ValueTask<T>> steps) => tree.Engine.RunAsync(FolderTree.Owner, steps, default);

        Task ChangeFolderAsync(Guid id, Func<FolderDocument, FolderDocument> change) => RunAsync(steps => steps.ChangeFolderAsync(
            id, (folder, _) => new FolderDecision<bool>(true, change(folder ?? throw new InvalidOperationException()))));

        async Task ChangeFileAsync(Guid id, Func<FileDocument, FileDocument> change) => await RunAsync(steps => steps.ChangeFileAsync(
            id, (file, _) => new Decision<bool>(true, change(file ?? throw new InvalidOperationException()))));

        // Claims a name for the operation that the entry names already.
        Task ClaimAsync(Guid folder, string name, EntryKind kind, Guid id) => RunAsync(async steps =>
        {
            var place = kind == EntryKind.File ? (await steps.LoadFileAsync(id))?.Place : (await steps.LoadFolderAsync(id))?.Place;
            return await steps.InsertNameAsync(
                new NameClaim(EntryKey.Of(folder, name), kind, id, place?.Claim ?? default, place?.Fence ?? 0, await steps.NowAsync()));
        });
    }

    [Fact]
    public async Task A_file_that_went_to_the_trash_with_its_folder_counts_for_the_quota_and_is_scrubbed()
    {
        await using var stores = await pair.MakeStoresAsync();
        (string, string)[] settings = [("FileDrop:Trash:Retention", "1.00:00:00"), ("FileDrop:Quota:Files", "2")];
        Guid carried;
        await using (var service = await Service.StartAsync(stores, settings))
        {
            var tree = new FolderTree(service);
            var docs = await tree.FolderAsync("docs");
            carried = await tree.FileAsync("a.txt", docs);
            await tree.FileAsync("b.txt", docs);
            await tree.DeleteFolderAsync(docs);
            await tree.SweptAsync();
            await service.Http.UsesAsync(20, 2);
            Assert.Null(await service.Http.TryUploadAsync(1));
            Assert.Empty(await tree.CheckAsync());
        }
        await Damage.FlipAsync(stores, $"{carried}");
        await using var scrubbing = await Service.StartAsync(stores, [.. settings, ("FileDrop:Scrub:BytesPerSecond", "1000000000")]);
        await Service.UntilAsync("the scrub has found it", async () =>
            (await scrubbing.Http.GetStringAsync("/health")).Contains("\"integrity\":\"degraded\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_check_beside_writers_and_the_sweeper_finds_nothing()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, ("FileDrop:Trash:Retention", "1.00:00:00"));
        var tree = new FolderTree(service);
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(4));
        var writers = Enumerable.Range(0, 3).Select(client => Task.Run(() => WriteAsync(new Random(client)))).ToList();
        for (var checks = 0; !stop.IsCancellationRequested || checks == 0; checks++)
            Assert.Empty(await tree.CheckAsync());
        await Task.WhenAll(writers);
        await tree.SweptAsync();
        Assert.Empty(await tree.CheckAsync(lease: TimeSpan.Zero));

        async Task WriteAsync(Random random)
        {
            var folders = new List<Guid> { Place.Root };
            while (!stop.IsCancellationRequested)
            {
                var (folder, other) = (folders[random.Next(folders.Count)], folders[random.Next(folders.Count)]);
                var target = new Target(other, $"{random.Next(4)}", OnConflict.Rename);
                switch (random.Next(6))
                {
                    case 0 or 1:
                        if ((await tree.Folders.CreateFolderAsync(FolderTree.Owner, Guid.CreateVersion7(), target, default)).Folder is { } made)
                            folders.Add(made.Id);
                        break;
                    case 2 when folder != Place.Root:
                        await tree.Folders.ChangeFolderAsync(FolderTree.Owner, folder, new FolderChange(target.Name, other, OnConflict.Rename), default);
                        break;
                    case 3 when folder != Place.Root:
                        await tree.Folders.DeleteFolderAsync(FolderTree.Owner, folder, null, permanent: random.Next(4) == 0, default);
                        break;
                    case 4:
                        await tree.Folders.RestoreFolderAsync(FolderTree.Owner, folder, null, OnConflict.Rename, default);
                        break;
                    default:
                        await UploadAsync(target);
                        break;
                }
            }
        }

        async Task UploadAsync(Target target)
        {
            var id = Guid.Parse((await service.Http.UploadAsync([1], "new")).Id());
            await tree.Files.ChangeAsync(FolderTree.Owner, id, new MetadataChange(target.Name, null) { Folder = target.Folder, OnConflict = target.OnConflict }, default);
        }
    }
}

public sealed class FolderCheckOnEmbeddedTests(EmbeddedPair pair) : FolderCheckTests(pair), IClassFixture<EmbeddedPair>;

public sealed class FolderCheckOnClusterTests(ClusterPair pair) : FolderCheckTests(pair), IClassFixture<ClusterPair>;
