using System.Collections.Concurrent;
using System.IO.Hashing;
using System.Text;
using FileDrop.Api.Catalog;
using FileDrop.Api.Catalog.Mongo;
using FileDrop.Api.Tests.Catalog;
using FileDrop.Api.Tests.Files;
using FileDrop.Api.Tests.Uploads;
using Xunit;

namespace FileDrop.Api.Tests.Maintenance;

/// <summary>The previous release and this one over the same stores: side by side, one after the other, and back.</summary>
[Trait("Run", "nightly")]
public abstract class RollingUpdateTests(ReleaseBefore before, Pair pair)
{
    private static readonly (string, string)[] Keep = [("FileDrop:Versions:Keep", "1000"), ("FileDrop:Trash:Retention", "1.00:00:00")];

    protected string Before => before.Program;

    protected Pair Pair => pair;

    [Fact]
    public async Task Stores_of_the_release_before_open_unchanged_and_the_way_back_is_as_documented()
    {
        var program = Before;
        await using var stores = await pair.MakeStoresAsync();
        string live, trashed, upload;
        await using (var old = await ServiceProcess.StartAsync(stores, program, Keep))
        {
            live = (await old.Http.UploadAsync("first"u8.ToArray(), "a.txt")).Id();
            using var put = await old.Http.PutAsync($"/files/{live}/content", new StringContent("second"));
            await put.SucceededAsync();
            trashed = (await old.Http.UploadAsync(Requests.Bytes(100_000), "b")).Id();
            using var deleted = await old.Http.DeleteAsync($"/files/{trashed}");
            await deleted.SucceededAsync();
            var tus = new TusClient(old.Http);
            upload = await tus.CreateAsync(10, ("Upload-Metadata", "filename dHVz"));
            await tus.AppendAsync(upload, 0, [1, 2, 3, 4, 5]);
        }
        await using (var now = await ServiceProcess.StartAsync(stores, Keep))
        {
            Assert.Equal("second", await now.Http.GetStringAsync($"/files/{live}"));
            Assert.Equal("first", await now.Http.GetStringAsync($"/files/{live}?version=1"));
            await new TusClient(now.Http).AppendAsync(upload, 5, [6, 7, 8, 9, 10]);
            using var restored = await now.Http.PostAsync($"/trash/{trashed}/restore", null);
            await restored.SucceededAsync();
            using var put = await now.Http.PutAsync($"/files/{live}/content", new StringContent("third"));
            await put.SucceededAsync();
        }
        await GoBackAsync(stores, live);
    }

    /// <summary>Starts the previous release over stores that this one has changed.</summary>
    protected abstract Task GoBackAsync(Stores stores, string live);

    protected Task<ServiceProcess> StartBeforeAsync(Stores stores) => ServiceProcess.StartAsync(stores, Before, Keep);

    protected static async Task NothingIsFoundAsync(Stores stores)
    {
        var (exit, output) = await ServiceProcess.CommandAsync(stores, "check", "--hash");
        Assert.True(exit == 0, output);
    }
}

public sealed class RollingUpdateOnEmbeddedTests(ReleaseBefore before, EmbeddedPair pair)
    : RollingUpdateTests(before, pair), IClassFixture<ReleaseBefore>, IClassFixture<EmbeddedPair>
{
    protected override async Task GoBackAsync(Stores stores, string live)
    {
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => StartBeforeAsync(stores));
        Assert.Contains("restore a backup from before", refused.Message, StringComparison.Ordinal);
        await NothingIsFoundAsync(stores);
    }
}

public sealed class RollingUpdateOnClusterTests(ReleaseBefore before, ClusterPair pair)
    : RollingUpdateTests(before, pair), IClassFixture<ReleaseBefore>, IClassFixture<ClusterPair>
{
    private const int Files = 4;
    private const int Writers = 12;

    /// <summary>The contents of one writer: few enough that the contents of three writers are all kept.</summary>
    private const int MostWrites = 600;

    protected override async Task GoBackAsync(Stores stores, string live)
    {
        await using var again = await StartBeforeAsync(stores);
        Assert.Equal(3, (await Invariants.EveryFileIsWholeAsync(again.Http)).Count);
        Assert.Equal("third", await again.Http.GetStringAsync($"/files/{live}"));
        await again.Http.UploadAsync([4], "c");
        await NothingIsFoundAsync(stores);
    }

    [Fact]
    public async Task An_upload_goes_from_release_to_release_and_its_CRC_32_is_never_wrong()
    {
        await using var stores = await Pair.MakeStoresAsync();
        await using var old = await StartBeforeAsync(stores);
        await using var now = await ServiceProcess.StartAsync(stores);
        var content = Requests.Bytes(30);
        // The release before takes none of the three parts, one, or all but the first.
        foreach (ServiceProcess[] releases in new[] { new[] { now, now, now }, [now, old, now], [now, old, old], [now, now, old] })
        {
            var upload = await new TusClient(now.Http).CreateAsync(content.Length);
            for (var part = 0; part < releases.Length; part++)
                await new TusClient(releases[part].Http).AppendAsync(upload, 10 * part, content[(10 * part)..(10 * (part + 1))]);
            Assert.Equal(content, await now.Http.GetByteArrayAsync($"/files/{TusClient.Id(upload)}"));
        }
        Assert.True(await NoCrcIsWrongAsync(stores, (_, _) => content) > 0);
    }

    /// <summary>Every acknowledged write is one version, so a lost one would be missing at the end.</summary>
    [Fact]
    public async Task Nothing_acknowledged_is_lost_while_both_releases_change_the_same_files()
    {
        (string, string)[] settings = [("FileDrop:Versions:Keep", "1000")];
        await using var stores = await Pair.MakeStoresAsync();
        await using var old = await ServiceProcess.StartAsync(stores, Before, settings);
        await using var now = await ServiceProcess.StartAsync(stores, settings);
        var ids = await Task.WhenAll(Enumerable.Range(0, Files).Select(async i => (await now.Http.UploadAsync("first"u8.ToArray(), $"{i}")).Id()));
        var (contents, renames) = (new ConcurrentDictionary<(string Id, long Version), string>(), new ConcurrentBag<string>());
        var until = DateTime.UtcNow.AddSeconds(20);

        await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(() => WriteAsync(writer))));

        foreach (var id in ids)
        {
            var acknowledged = contents.Keys.Where(key => key.Id == id).ToList();
            Assert.Equal(acknowledged.Count + renames.Count(renamed => renamed == id) + 1, (await old.Http.MetadataAsync(id)).Version());
            foreach (var key in acknowledged)
                Assert.Equal(contents[key], await now.Http.GetStringAsync($"/files/{id}?version={key.Version}"));
        }
        TestContext.Current.TestOutputHelper?.WriteLine($"{contents.Count} contents and {renames.Count} renames");
        await NothingIsFoundAsync(stores);
        await NoCrcIsWrongAsync(stores, (id, version) => Encoding.UTF8.GetBytes(contents.GetValueOrDefault(($"{id}", version), "first")));

        async Task WriteAsync(int writer)
        {
            var (http, id) = (writer % 2 == 0 ? old.Http : now.Http, ids[writer / 2 % Files]);
            for (var number = 0; number < MostWrites && DateTime.UtcNow < until; number++)
            {
                var text = $"{writer}-{number}";
                if (number % 2 == 0)
                {
                    using var put = await http.PutAsync($"/files/{id}/content", new StringContent(text));
                    contents[(id, (await put.SucceededAsync()).GetProperty("file").Version())] = text;
                    continue;
                }
                using var renamed = await http.PutJsonAsync(id, $"{{\"file_name\": \"{text}\"}}");
                await renamed.SucceededAsync();
                renames.Add(id);
            }
        }
    }

    /// <summary>Checks each CRC-32 in the catalog; a missing one is not a mistake.</summary>
    /// <returns>How many there are.</returns>
    private static async Task<int> NoCrcIsWrongAsync(Stores stores, Func<Guid, long, byte[]> bytesOf)
    {
        var engine = new MongoEngine(((ClusterStores)stores).MongoDb, Documents.Rules);
        var documents = await new FileCatalog(engine, engine, engine, Documents.Rules).ScanAsync(null, 1_000, default);
        var known = documents.SelectMany(document => document.Contents.Select(content => (document.FileId, content)))
            .Where(each => each.content.Crc32 is not null).ToList();
        Assert.All(known, each => Assert.Equal(Crc32.HashToUInt32(bytesOf(each.FileId, each.content.Version)), each.content.Crc32));
        return known.Count;
    }
}
