using FileDrop.Api.Catalog;
using FileDrop.Api.Tests.Folders;
using Xunit;

namespace FileDrop.Api.Tests.Maintenance;

/// <summary>Kills the shipped service with -9 while clients in it create, move, rename, delete and restore folders and upload into them.</summary>
public abstract class FolderKillTests(Pair pair, ITestOutputHelper output)
{
    private const int Kills = 6;

    [Fact]
    public async Task Names_stay_unique_and_no_acknowledged_file_is_lost_to_sight_when_the_service_is_killed()
    {
        await using var stores = await pair.MakeStoresAsync();
        var uploaded = new HashSet<Guid>();
        for (var kill = 0; kill < Kills; kill++)
        {
            var hook = ("DOTNET_STARTUP_HOOKS", typeof(FolderWorkload).Assembly.Location);
            await using var killed = ServiceProcess.Launch(
                stores.Settings, ("FileDrop:Trash:Retention", "1.00:00:00"), ("FileDrop:Lease", "00:00:02"), hook, (FolderWorkload.Variable, $"{kill}"));
            // After some uploads, so that each kill falls into work.
            await Service.UntilAsync("files were uploaded", () => Task.FromResult(killed.HasExited || Acknowledged(killed).Count >= 10), 60);
            await Task.Delay(Random.Shared.Next(300));
            killed.Signal(9);
            Assert.Equal(128 + 9, await killed.ExitAsync());
            uploaded.UnionWith(Acknowledged(killed));
        }
        await using var service = await Service.StartAsync(stores, ("FileDrop:Trash:Retention", "1.00:00:00"), ("FileDrop:Lease", "00:00:02"));
        var tree = new FolderTree(service);
        await tree.SweptAsync();
        // The claims of the dead do no harm, and are the only rubbish that the sweeper leaves.
        Assert.All(await tree.CheckAsync(repair: true, lease: TimeSpan.Zero), finding => Assert.Equal("DeadClaim", finding.Kind));
        Assert.Empty(await tree.CheckAsync(lease: TimeSpan.Zero));

        var found = (await ScanAsync(tree)).ToDictionary(document => document.FileId);
        var (reachable, inTrash) = (0, 0);
        foreach (var id in uploaded)
        {
            Assert.True(found.TryGetValue(id, out var document) && document.File is not null, $"The acknowledged file {id} is gone.");
            if (document.State == FileState.Live)
                Assert.NotNull(await tree.PathAsync(id));
            (reachable, inTrash) = document.State == FileState.Live ? (reachable + 1, inTrash) : (reachable, inTrash + 1);
        }
        var folders = await tree.Engine.ScanFoldersAsync(null, 100_000, default);
        var names = found.Values.Where(document => document.State == FileState.Live).Select(document => (document.File?.Place.Folder, document.File?.Name))
            .Concat(folders.Where(folder => folder.State == FileState.Live).Select(folder => (folder.Place.Folder, folder.Name))).ToList();
        Assert.Equal(names.Count, names.Distinct().Count());
        output.WriteLine($"{uploaded.Count} files acknowledged, {reachable} reachable by path, {inTrash} in the trash; {folders.Count} folders.");
    }

    private static List<Guid> Acknowledged(ServiceProcess service) =>
    [
        .. service.Output.Split('\n').Where(line => line.StartsWith(FolderWorkload.Uploaded, StringComparison.Ordinal))
            .Select(line => Guid.Parse(line[FolderWorkload.Uploaded.Length..])),
    ];

    private static async Task<List<CatalogDocument>> ScanAsync(FolderTree tree)
    {
        var all = new List<CatalogDocument>();
        for (Guid? after = null; await tree.Files.ScanAsync(after, 1000, default) is { Count: > 0 } page; after = page[^1].FileId)
            all.AddRange(page);
        return all;
    }
}

public sealed class FolderKillOnEmbeddedTests(EmbeddedPair pair, ITestOutputHelper output) : FolderKillTests(pair, output), IClassFixture<EmbeddedPair>;

public sealed class FolderKillOnClusterTests(ClusterPair pair, ITestOutputHelper output) : FolderKillTests(pair, output), IClassFixture<ClusterPair>;
