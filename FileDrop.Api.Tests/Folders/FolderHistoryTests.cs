using FileDrop.Api.Catalog;
using Xunit;

namespace FileDrop.Api.Tests.Folders;

/// <summary>16 clients create, upload, move, rename, delete and restore in one tree, by the API and by WebDAV, and lock, on one replica or two.</summary>
public abstract class FolderHistoryTests(Pair pair, ITestOutputHelper output)
{
    private const int Clients = 16;
    private const int Lasting = 5;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    protected async Task RunAsync(int replicas, int seconds)
    {
        await using var stores = await pair.MakeStoresAsync();
        List<Service> services = [];
        try
        {
            for (var i = 0; i < replicas; i++)
                services.Add(await Service.StartAsync(stores, FolderRequests.Day));
            var tree = new SharedTree([.. await Task.WhenAll(Enumerable.Range(0, Lasting).Select(async number =>
                (await services[0].Http.FolderAsync($"lasting-{number}")).FolderId()))]);
            foreach (var (folder, number) in tree.Lasting.Select((folder, number) => (folder, number)))
                tree.History.Enqueue(new PathOperation(folder, PathVerb.Create, 0, 0, 1, IdOf("root"), $"lasting-{number}"));
            var clients = Enumerable.Range(0, Clients).Select(number => new PathClient([.. services.Select(service => service.Http)], number, tree)).ToList();
            var until = DateTime.UtcNow.AddSeconds(seconds);
            // On a busy machine the time alone may be too short for each operation to succeed once.
            bool Goes() => DateTime.UtcNow < until || (DateTime.UtcNow < until + s_patience && !IsCovered(tree, clients));
            await Task.WhenAll(clients.Select(client => Task.Run(() => client.RunAsync(Goes))));

            Report(tree, clients);
            await CheckAsync(services, tree);
        }
        finally
        {
            foreach (var service in services)
                await service.DisposeAsync();
        }
    }

    /// <summary>The id of a folder, which may be given as <c>root</c>.</summary>
    public static string IdOf(string folder) => folder == "root" ? $"{Place.Root}" : folder;

    private static async Task CheckAsync(List<Service> services, SharedTree tree)
    {
        var stopped = new FolderTree(services[0]);
        await stopped.SweptAsync();
        var ends = await EndsAsync(stopped);
        Assert.Empty(PathHistory.Check([.. tree.History], ends, IdOf("root")));
        Assert.Empty(await stopped.CheckAsync(lease: TimeSpan.Zero));

        // A walk from the root meets each live entry once, and its path leads to it, on another replica.
        var http = services[^1].Http;
        var walked = await http.EntriesAsync("root?deep=true");
        Assert.Equal(
            ends.Where(end => end.State == PathState.Live).Select(end => end.Entry).Order(StringComparer.Ordinal),
            walked.Select(IdOfEntry).Order(StringComparer.Ordinal));
        await Parallel.ForEachAsync(walked, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (entry, cancellation) =>
        {
            var kind = entry.TryGetProperty("file_id", out _) ? "files" : "folders";
            using var said = await http.GetAsync($"/{kind}/{IdOfEntry(entry)}/path", cancellation);
            using var found = await http.GetAsync($"/paths{(await said.JsonAsync()).GetProperty("path").GetString()}", cancellation);
            Assert.Equal(IdOfEntry(entry), IdOfEntry(await found.JsonAsync()));
        });
    }

    private static string IdOfEntry(System.Text.Json.JsonElement entry) => entry.TryGetProperty("file_id", out _) ? entry.Id() : entry.FolderId();

    /// <summary>All entries with their states, read from the store.</summary>
    private static async Task<IReadOnlyList<PathEnd>> EndsAsync(FolderTree tree)
    {
        List<PathEnd> ends = [];
        for (Guid? after = null; await tree.Files.ScanAsync(after, 1000, default) is { Count: > 0 } page; after = page[^1].FileId)
        {
            ends.AddRange(page.Where(document => document.File is not null).Select(document =>
                End(document.FileId, document.State, document.File?.Place.Folder, document.File?.Name, document.File?.Version)));
        }
        ends.AddRange((await tree.FoldersAsync()).Where(folder => folder.IsFolder).Select(folder =>
            End(folder.Id, folder.State, folder.Place.Folder, folder.Name, folder.Version)));
        return ends;

        static PathEnd End(Guid id, FileState state, Guid? folder, string? name, long? version) => new(
            $"{id}", state switch { FileState.Live => PathState.Live, FileState.Carried => PathState.Carried, _ => PathState.Trash },
            $"{folder}", name ?? "", version ?? 0);
    }

    private static bool IsCovered(SharedTree tree, List<PathClient> clients) =>
        Array.TrueForAll(PathClient.DriveMethods, method => clients.Exists(client => client.Driven.ContainsKey(method)))
        && clients.Exists(client => client.Refused.ContainsKey("name_taken"))
        && Array.TrueForAll(Enum.GetValues<PathVerb>(), verb => tree.History.Any(each => each.Verb == verb && each.IsKnown));

    /// <summary>Reports counts, and checks that the clients met.</summary>
    private void Report(SharedTree tree, List<PathClient> clients)
    {
        foreach (var verb in Enum.GetValues<PathVerb>())
            output.WriteLine($"{tree.History.Count(each => each.Verb == verb),6} {verb}");
        var refused = clients.SelectMany(client => client.Refused).GroupBy(each => each.Key, each => each.Value)
            .ToDictionary(group => group.Key, group => group.Sum());
        output.WriteLine($"refused: {string.Join(", ", refused.OrderBy(each => each.Key).Select(each => $"{each.Value} {each.Key}"))}");
        var driven = PathClient.DriveMethods.ToDictionary(method => method, method => clients.Sum(client => client.Driven.GetValueOrDefault(method)));
        output.WriteLine($"drive: {string.Join(", ", driven.Select(each => $"{each.Value} {each.Key}"))}");
        Assert.True(IsCovered(tree, clients), "Each operation succeeded at least once, and the clients met.");
    }
}

public sealed class FolderHistoryOnEmbeddedTests(EmbeddedPair pair, ITestOutputHelper output) : FolderHistoryTests(pair, output), IClassFixture<EmbeddedPair>
{
    [Fact]
    public Task Every_acknowledged_change_of_a_tree_is_seen_and_no_entry_is_lost_doubled_or_in_a_circle() => RunAsync(replicas: 1, seconds: 2);
}

public sealed class FolderHistoryOnClusterTests(ClusterPair pair, ITestOutputHelper output) : FolderHistoryTests(pair, output), IClassFixture<ClusterPair>
{
    [Theory]
    [InlineData(5)]
    [InlineData(60, Traits = ["Run", "nightly"])]
    public Task Every_acknowledged_change_of_a_tree_is_seen_on_two_replicas_and_no_entry_is_lost_doubled_or_in_a_circle(int seconds) =>
        RunAsync(replicas: 2, seconds);
}
