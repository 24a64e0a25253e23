using System.Net;
using FileDrop.Api.Tests.Access;
using FileDrop.Api.Tests.Files;
using FileDrop.Api.Tests.Shares;
using Xunit;

namespace FileDrop.Api.Tests.Costs;

/// <summary>Limits on the store calls of a request: each is a round trip or a transaction, on every machine.</summary>
/// <remarks>The limits are the measured counts. If you lower a count, lower it here; if you must raise one, say why.</remarks>
public abstract class StoreCallTests(Pair pair)
{
    private const int Small = 4096;
    private const int Large = 100_000;

    /// <summary>The most calls to the catalog and the blob store, and the most commands of MongoDB's driver below them.</summary>
    protected abstract IReadOnlyDictionary<string, (int Calls, int Commands)> Most { get; }

    [Fact]
    public async Task Requests_call_their_stores_no_more_often_than_their_limits()
    {
        using var calls = new TracedCalls();
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, calls.Watch, ("FileDrop:SweepInterval", "01:00:00"), ("FileDrop:Trash:Retention", "1.00:00:00"));
        var http = service.Http;
        var id = (await http.UploadAsync(Requests.Bytes(Small), "a")).Id();
        var large = (await http.UploadAsync(Requests.Bytes(Large), "b")).Id();
        var doomed = (await http.UploadAsync(Requests.Bytes(Small), "c")).Id();
        var many = await Task.WhenAll(Enumerable.Range(0, 20).Select(async number => (await http.UploadAsync([1], $"{number}")).Id()));
        var (ofSmall, ofLarge) = (await http.LinkAsync(id), await http.LinkAsync(large));
        (string Name, HttpMethod Method, string Path, Func<HttpContent?> Body)[] requests =
        [
            ("upload of 4 KiB", HttpMethod.Post, "/files/upload?file_name=d", () => new ByteArrayContent(Requests.Bytes(Small))),
            ("upload of 100 kB", HttpMethod.Post, "/files/upload?file_name=e", () => new ByteArrayContent(Requests.Bytes(Large))),
            ("download of 4 KiB", HttpMethod.Get, $"/files/{id}", None),
            ("download of 100 kB", HttpMethod.Get, $"/files/{large}", None),
            ("download of 4 KiB by a share", HttpMethod.Get, ofSmall, None),
            ("download of 100 kB by a share", HttpMethod.Get, ofLarge, None),
            ("metadata", HttpMethod.Get, $"/files/{id}/metadata", None),
            ("list", HttpMethod.Get, "/files?limit=100", None),
            ("rename", HttpMethod.Put, $"/files/{id}", () => new StringContent("{\"file_name\":\"f\"}", null, "application/json")),
            ("new content", HttpMethod.Put, $"/files/{id}", () => new ByteArrayContent(Requests.Bytes(Small))),
            ("copy of 4 KiB", HttpMethod.Post, $"/files/{id}/copy", None),
            ("copy of 100 kB", HttpMethod.Post, $"/files/{large}/copy", None),
            ("share of 20 files", HttpMethod.Post, "/shares", () => AccessWords.Json(new { ids = many })),
            ("deletion", HttpMethod.Delete, $"/files/{doomed}", None),
        ];

        var above = new List<string>();
        foreach (var (name, method, path, body) in requests)
        {
            using (var response = await http.SendAsync(method, path, body(), (TracedCalls.Field, name)))
                Assert.True(response.StatusCode is HttpStatusCode.OK or HttpStatusCode.Created, $"{name}: {response.StatusCode}");
            // To expect and receive a small content asks no store, unless its owner has a quota.
            List<string> ofStores = [.. calls.Of(name).Where(call => call.StartsWith('I') && call is not ("IInlineContents.StoreAsync" or "IInlineContents.ExpectAsync"))], commands = [.. calls.CommandsOf(name)];
            if (ofStores.Count > Most[name].Calls || commands.Count > Most[name].Commands)
                above.Add($"{name}: {ofStores.Count} calls, {commands.Count} commands; at most {Most[name]}: {string.Join(", ", ofStores.Concat(commands))}");
        }
        Assert.True(above.Count == 0, string.Join('\n', above));

        static HttpContent? None() => null;
    }
}

public sealed class StoreCallOnEmbeddedTests(EmbeddedPair pair) : StoreCallTests(pair), IClassFixture<EmbeddedPair>
{
    protected override IReadOnlyDictionary<string, (int Calls, int Commands)> Most { get; } = new Dictionary<string, (int, int)>(StringComparer.Ordinal)
    {
        ["upload of 4 KiB"] = (1, 0),
        ["upload of 100 kB"] = (1, 0),
        ["download of 4 KiB"] = (2, 0),
        ["download of 100 kB"] = (2, 0),
        ["download of 4 KiB by a share"] = (3, 0),
        ["download of 100 kB by a share"] = (3, 0),
        ["metadata"] = (1, 0),
        ["list"] = (1, 0),
        ["rename"] = (2, 0),
        ["new content"] = (2, 0),
        ["copy of 4 KiB"] = (3, 0),
        ["copy of 100 kB"] = (3, 0),
        ["share of 20 files"] = (4, 0),
        ["deletion"] = (2, 0),
    };
}

public sealed class StoreCallOnClusterTests(ClusterPair pair) : StoreCallTests(pair), IClassFixture<ClusterPair>
{
    protected override IReadOnlyDictionary<string, (int Calls, int Commands)> Most { get; } = new Dictionary<string, (int, int)>(StringComparer.Ordinal)
    {
        ["upload of 4 KiB"] = (3, 2),
        ["upload of 100 kB"] = (3, 2),
        ["download of 4 KiB"] = (2, 1),
        ["download of 100 kB"] = (2, 1),
        ["download of 4 KiB by a share"] = (3, 2),
        ["download of 100 kB by a share"] = (3, 2),
        ["metadata"] = (1, 1),
        ["list"] = (1, 1),
        ["rename"] = (2, 2),
        ["new content"] = (4, 3),
        ["copy of 4 KiB"] = (4, 3),
        ["copy of 100 kB"] = (4, 3),
        ["share of 20 files"] = (4, 6),
        ["deletion"] = (2, 2),
    };
}
