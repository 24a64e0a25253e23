using System.Globalization;
using Xunit;
using static FileDrop.Api.Tests.Changes.ChangeWords;

namespace FileDrop.Api.Tests.Changes;

/// <summary>A thousand streams at one process, and the memory that they take.</summary>
public abstract class ManyStreamsTests(Pair pair)
{
    private const int Streams = 1_000;
    private const long MiB = 1 << 20;

    [Fact]
    [Trait("Run", "nightly")]
    public async Task A_thousand_streams_get_each_change_from_a_process_of_at_most_300_MiB()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await ServiceProcess.StartAsync(stores, ("FileDrop:Limits:StreamsPerCaller", "2000"));
        using var http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 2 * Streams }) { BaseAddress = service.Address };
        var before = Memory(service.Id);
        var streams = new List<EventClient>();
        foreach (var part in Enumerable.Range(0, Streams).Chunk(50))
            streams.AddRange(await Task.WhenAll(part.Select(_ => EventClient.OpenAsync(http, "?cursor=latest"))));
        var open = Memory(service.Id);
        for (var i = 0; i < 20; i++)
        {
            var id = (await http.UploadAsync([1], $"{i}")).Id();
            await Task.WhenAll(streams.Select(stream => stream.ReadUntilAsync(There(id))));
        }
        var told = Memory(service.Id);
        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"MiB resident: {before / MiB} without streams, {open / MiB} with {Streams}, {told / MiB} after 20 changes, {Memory(service.Id, "VmHWM:") / MiB} at most"));
        Assert.InRange(Memory(service.Id, "VmHWM:"), 1, 300 * MiB);
        foreach (var stream in streams)
            await stream.DisposeAsync();
    }

    /// <summary>The resident memory of a process in bytes.</summary>
    private static long Memory(int process, string line = "VmRSS:")
    {
        var value = File.ReadLines($"/proc/{process}/status").First(each => each.StartsWith(line, StringComparison.Ordinal))[line.Length..];
        return 1024 * long.Parse(value.Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture);
    }
}

/// <summary>Many streams on SQLite.</summary>
public sealed class ManyStreamsOnEmbeddedTests(EmbeddedPair pair) : ManyStreamsTests(pair), IClassFixture<EmbeddedPair>;

/// <summary>Many streams on MongoDB.</summary>
public sealed class ManyStreamsOnClusterTests(ClusterPair pair) : ManyStreamsTests(pair), IClassFixture<ClusterPair>;
