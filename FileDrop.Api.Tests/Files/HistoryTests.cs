using System.Collections.Concurrent;
using Xunit;

namespace FileDrop.Api.Tests.Files;

/// <summary>
/// Many clients use few files while store calls fail before or after their effect. For all the answers there must be one order of operations that explains
/// them.
/// </summary>
public abstract class HistoryTests(Pair pair, ITestOutputHelper output)
{
    private const int Clients = 24;
    private const int OperationsEach = 80;
    private const int FilesAtOnce = 3;

    private static readonly (string Method, Fault Fault)[] Faults =
    [
        .. new[] { "IFileCatalog.Find", "IWriteCatalog.BeginCreate", "IWriteCatalog.BeginReplace", "IWriteCatalog.Commit", "IFileCatalog.Change", "IFileCatalog.Delete" }
            .SelectMany(name => new[] { ($"{name}Async", Fault.Before), ($"{name}Async", Fault.After) }),
        ("IBlobStore.WriteAsync", Fault.After),
    ];

    [Fact]
    public Task The_history_of_each_file_is_linearizable() => RunAsync(replicas: 1);

    protected async Task RunAsync(int replicas)
    {
        await using var stores = await pair.MakeStoresAsync();
        var services = new List<Service>();
        try
        {
            var faults = Enumerable.Range(0, replicas).Select(_ => new FaultyStores()).ToList();
            foreach (var one in faults)
                services.Add(await Service.StartAsync(stores, one.Wrap, ("FileDrop:ReadersGrace", "00:01:00"), ("FileDrop:LateWrites", "00:00:01")));
            var files = new SharedFile[FilesAtOnce];
            var all = new ConcurrentBag<SharedFile>();
            var asked = 0;
            var clients = Enumerable.Range(0, Clients)
                .Select(number => new HistoryClient(services[number % replicas].Http, number, files, all)).ToList();
            for (var i = 0; i < files.Length; i++)
                await clients[i].BeginAsync(i);

            await Task.WhenAll(clients.Select(client => client.RunAsync(OperationsEach, BreakSomething)));

            Assert.Multiple([.. all.Select(file => (Action)(() => Linearizable(file)))]);
            Report(all);

            // Sometimes a call fails: each kind in turn, on one replica after the other.
            void BreakSomething()
            {
                var (turn, rest) = Math.DivRem(Interlocked.Increment(ref asked), 20);
                if (rest == 0)
                    faults[turn % replicas].Break(Faults[turn % Faults.Length].Method, Faults[turn % Faults.Length].Fault);
            }
        }
        finally
        {
            foreach (var service in services)
                await service.DisposeAsync();
        }
    }

    /// <summary>Reports counts, and checks that every kind of operation and answer occurred.</summary>
    private void Report(IReadOnlyCollection<SharedFile> files)
    {
        var operations = files.SelectMany(file => file.History).ToList();
        foreach (var group in operations.GroupBy(one => (one.Verb, one.Answer)).OrderBy(group => group.Key))
            output.WriteLine($"{group.Count(),5} {group.Key.Verb} {group.Key.Answer}");
        output.WriteLine($"{operations.Count,5} operations on {files.Count} files, the busiest with {files.Max(file => file.History.Count)}");
        Assert.All(Enum.GetValues<Answer>(), answer => Assert.Contains(operations, one => one.Answer == answer));
        Assert.All(Enum.GetValues<Verb>(), verb => Assert.Contains(operations, one => one.Verb == verb && one.Answer == Answer.Done));
        Assert.Contains(operations, one => one is { Verb: Verb.Replace, Answer: Answer.Done, IfVersion: not null });
    }

    private static void Linearizable(SharedFile file)
    {
        var wrong = HistoryChecker.Check([.. file.History]);
        Assert.True(wrong is null, $"{file.Id}: {wrong}\n{string.Join('\n', file.History.OrderBy(one => one.Start))}");
    }
}

public sealed class HistoryOnEmbeddedTests(EmbeddedPair pair, ITestOutputHelper output) : HistoryTests(pair, output), IClassFixture<EmbeddedPair>;

public sealed class HistoryOnClusterTests(ClusterPair pair, ITestOutputHelper output) : HistoryTests(pair, output), IClassFixture<ClusterPair>
{
    [Fact]
    public Task The_history_of_each_file_is_linearizable_across_two_replicas() => RunAsync(replicas: 2);
}
