using FileDrop.Api.Tests.Files;
using Xunit;

namespace FileDrop.Api.Tests.Dav;

/// <summary>A step of a request of WebDAV fails before or after its effect.</summary>
public abstract class DavFaultTests(Pair pair)
{
    private static readonly byte[] Old = Requests.Bytes(100_000);
    private static readonly byte[] New = Requests.Bytes(100_001);

    public static TheoryData<string, Fault> StepsOfMove => Steps(
        "IWriteCatalog.BeginReplaceAsync", "IBlobStore.CopyAsync", "IWriteCatalog.CommitAsync", "IFileCatalog.FindHistoryAsync", "IFileCatalog.DeleteAsync");

    public static TheoryData<string, Fault> StepsOfCopy => Steps(
        "IFolderCatalog.CreateFolderAsync", "IBlobStore.CopyAsync", "IWriteCatalog.CommitAsync", "IFolderCatalog.ChangeFolderAsync");

    [Theory]
    [ClusterAtNight]
    [MemberData(nameof(StepsOfMove))]
    public async Task A_save_by_a_move_that_fails_in_the_middle_is_completed_by_the_same_request(string step, Fault fault)
    {
        await using var stores = await pair.MakeStoresAsync();
        var faults = new FaultyStores();
        await using var service = await Service.StartAsync(stores, faults.Wrap, ("FileDrop:Lease", "00:00:02"), ("FileDrop:LateWrites", "00:00:00.5"));
        var http = service.Http;
        foreach (var (path, bytes) in new[] { ("/dav/a", Old), ("/dav/new", New) })
        {
            using var put = await http.PutAsync(path, new ByteArrayContent(bytes));
            Assert.True(put.IsSuccessStatusCode);
        }
        var id = await http.IdAtAsync("a");

        faults.Break(step, fault);
        using (var failed = await http.DavAsync("MOVE", "/dav/new", null, ("Destination", "/dav/a")))
            Assert.True((int)failed.StatusCode is 204 or 503, $"{failed.StatusCode}");
        faults.Heal();

        var between = await http.GetByteArrayAsync("/dav/a");
        Assert.True(between.AsSpan().SequenceEqual(Old) || between.AsSpan().SequenceEqual(New), "the content is old or new, and whole");
        using (var again = await http.DavAsync("MOVE", "/dav/new", null, ("Destination", "/dav/a")))
            Assert.True((int)again.StatusCode is 204 or 404, $"{again.StatusCode}");
        Assert.Equal(New, await http.GetByteArrayAsync("/dav/a"));
        Assert.Equal(id, await http.IdAtAsync("a"));
        await http.DavOkAsync(404, "GET", "/dav/new");
    }

    [Theory]
    [ClusterAtNight]
    [MemberData(nameof(StepsOfCopy))]
    public async Task A_copy_of_a_folder_that_fails_in_the_middle_shows_nothing_half(string step, Fault fault)
    {
        await using var stores = await pair.MakeStoresAsync();
        var faults = new FaultyStores();
        await using var service = await Service.StartAsync(stores, faults.Wrap, ("FileDrop:Lease", "00:00:02"), ("FileDrop:LateWrites", "00:00:00.5"));
        var http = service.Http;
        await http.DavOkAsync(201, "MKCOL", "/dav/a");
        foreach (var path in new[] { "/dav/a/one", "/dav/a/two" })
        {
            using var put = await http.PutAsync(path, new ByteArrayContent(Old));
            Assert.True(put.IsSuccessStatusCode);
        }

        faults.Break(step, fault);
        using var answer = await http.DavAsync("COPY", "/dav/a", null, ("Destination", "/dav/b"));
        faults.Heal();

        Assert.True((int)answer.StatusCode is 201 or 503, $"{answer.StatusCode}");
        using var copy = await http.DavAsync("PROPFIND", "/dav/b", null, ("Depth", "1"));
        if ((int)copy.StatusCode != 404)
            Assert.Equal(["/dav/b/", "/dav/b/one", "/dav/b/two"], (await http.FindAsync("/dav/b", depth: 1)).Hrefs());
        else
            Assert.Equal(503, (int)answer.StatusCode);
    }

    private static TheoryData<string, Fault> Steps(params string[] steps)
    {
        var data = new TheoryData<string, Fault>();
        foreach (var step in steps)
        {
            data.Add(step, Fault.Before);
            data.Add(step, Fault.After);
        }
        return data;
    }
}

public sealed class DavFaultOnEmbeddedTests(EmbeddedPair pair) : DavFaultTests(pair), IClassFixture<EmbeddedPair>;

public sealed class DavFaultOnClusterTests(ClusterPair pair) : DavFaultTests(pair), IClassFixture<ClusterPair>;
