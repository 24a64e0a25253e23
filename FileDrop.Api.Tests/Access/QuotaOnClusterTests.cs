using System.Net;
using FileDrop.Api.Tests.Files;
using FileDrop.Api.Tests.Maintenance;
using MongoDB.Bson;
using MongoDB.Driver;
using Xunit;

namespace FileDrop.Api.Tests.Access;

/// <summary>Quotas on MongoDB, where the owner's sum and the file are two documents, and several services change both.</summary>
public sealed class QuotaOnClusterTests(ClusterPair pair) : QuotaTests(pair), IClassFixture<ClusterPair>
{
    private const int Size = 100_000;
    private const int Cuts = 16;

    [Fact]
    public async Task Two_replicas_share_one_quota()
    {
        await using var stores = await ClusterStores.MakeAsync();
        (string, string)[] settings = [("FileDrop:Quota:Bytes", $"{20 * Size}")];
        await using var one = await Service.StartAsync(stores, settings);
        await using var other = await Service.StartAsync(stores, settings);
        // Both replicas count the owner at the same time, because neither has seen it yet.
        var ids = await Task.WhenAll(Enumerable.Range(0, 64).Select(i => (i % 2 == 0 ? one : other).Http.TryUploadAsync(Size)));
        Assert.Equal(20, ids.OfType<string>().Count());
        await one.Http.UsesAsync(20 * Size, 20);
        await other.Http.UsesAsync(20 * Size, 20);
        await Invariants.NothingElseIsLeftAsync(stores, ids.OfType<string>());
    }

    [Theory]
    [InlineData(TcpProxy.Way.ToServer, 420)]
    [InlineData(TcpProxy.Way.ToClient, 60)]
    public async Task Whatever_step_a_cut_connection_ends_at_the_sum_is_right_in_the_end(TcpProxy.Way way, int step)
    {
        await using var stores = await ClusterStores.MakeAsync();
        await using var proxy = Between.Stores(stores, "filedrop", TcpProxy.State.Up, out var settings);
        await using var service = await Service.StartAsync(stores,
        [
            .. settings, .. QuotaWords.Quick, .. Impatient(stores), ("FileDrop:Quota:Bytes", $"{1 << 30}"),
            ("FileDrop:Versions:Keep", "1"), ("FileDrop:SweepInterval", "00:00:01"),
        ]);
        var http = service.Http;
        var kept = await http.TryUploadAsync(50_000);
        for (var cut = 0; cut < Cuts; cut++)
        {
            proxy.CutAfter(way, (long)cut * step);
            do
            {
                await EndedAsync(http.PutAsync($"/files/{kept}", new ByteArrayContent(Requests.Bytes(50_001 + cut))));
                using var made = await http.PostAsync("/files/upload", new ByteArrayContent(Requests.Bytes(1000 + cut)));
                if (made.StatusCode == HttpStatusCode.Created && cut % 2 == 0)
                    await EndedAsync(http.DeleteAsync($"/files/{(await made.JsonAsync()).Id()}"));
            }
            while (proxy.CutIsToCome);
        }
        var (bytes, files) = await http.AddUpAsync();
        await http.UsesAsync(bytes, files);
        var (exit, output) = await ServiceProcess.CommandAsync(stores, "check");
        Assert.True(exit == 0, output);
        Assert.Empty(await FilesOf(stores).Find(new BsonDocument("settle.0", new BsonDocument("$exists", true))).ToListAsync());

        static async Task EndedAsync(Task<HttpResponseMessage> sent)
        {
            using var answer = await sent;
            if (!answer.IsSuccessStatusCode)
                await answer.RefusedAsync(503, "storage_unavailable");
        }
    }

    [Fact]
    public async Task Leftover_settlements_of_a_dead_writer_are_applied_exactly_once()
    {
        await using var stores = await ClusterStores.MakeAsync();
        await using var service = await Service.StartAsync(stores, ("FileDrop:Quota:Bytes", "1000"));
        var id = await service.Http.TryUploadAsync(300) ?? "";
        var (first, second) = (Guid.NewGuid(), Guid.NewGuid());
        // One operation is still open, since its writer died before the sum was changed. The other writer died after that.
        await OwnersOf(stores).UpdateOneAsync(new BsonDocument("_id", "local"), new BsonDocument
        {
            { "$push", new BsonDocument("open", Operation(first, id, 70)) },
            { "$inc", new BsonDocument("bytes", -20) },
        });
        await FilesOf(stores).UpdateOneAsync(new BsonDocument("_id", Uuid(Guid.Parse(id))), new BsonDocument("$set", new BsonDocument
        {
            { "settle", new BsonArray { Entry(first, 20), Entry(second, 5) } }, { "sweep_at", new BsonDateTime(0) },
        }));
        await service.Http.UsesAsync(300, 1);
        await Service.UntilAsync("nothing is left to be settled", async () =>
            await FilesOf(stores).CountDocumentsAsync(new BsonDocument("settle.0", new BsonDocument("$exists", true))) == 0);
        await service.Http.UsesAsync(300, 1);

        static BsonDocument Entry(Guid operation, long bytes) => new() { { "op", Uuid(operation) }, { "bytes", bytes }, { "files", 0L } };
    }

    [Fact]
    public async Task A_reservation_that_no_document_names_is_released_only_after_its_time()
    {
        await using var stores = await ClusterStores.MakeAsync();
        await using var service = await Service.StartAsync(stores, [("FileDrop:Quota:Bytes", "1000"), .. QuotaWords.Quick]);
        var id = await service.Http.TryUploadAsync(300) ?? "";
        var operation = Operation(Guid.NewGuid(), id, 700);
        await OwnersOf(stores).UpdateOneAsync(new BsonDocument("_id", "local"), new BsonDocument("$push", new BsonDocument("open", operation)));
        // After some sweeps the reservation must still be there, because its writer may be about to name it.
        await Task.Delay(TimeSpan.FromSeconds(1));
        Assert.Equal(700, (await service.Http.UsageAsync()).BytesReserved);
        Assert.Null(await service.Http.TryUploadAsync(1));
        await OwnersOf(stores).UpdateOneAsync(
            new BsonDocument { { "_id", "local" }, { "open.op", operation["op"] } },
            new BsonDocument("$set", new BsonDocument("open.$.at", new BsonDateTime(DateTime.UtcNow.AddHours(-1)))));
        await service.Http.UsesAsync(300, 1);
    }

    [Fact]
    public async Task Without_a_quota_the_owner_has_no_document()
    {
        await using var stores = await ClusterStores.MakeAsync();
        await using var service = await Service.StartAsync(stores, ("FileDrop:Quota:Owners:another:Bytes", "1"));
        Assert.NotNull(await service.Http.TryUploadAsync(300));
        Assert.Equal(0, await OwnersOf(stores).CountDocumentsAsync(new BsonDocument()));
        Assert.DoesNotContain("charged", (await FilesOf(stores).Find(new BsonDocument()).SingleAsync()).Names);
    }

    protected override async Task AddToSumAsync(Stores stores, long bytes)
    {
        var changed = await OwnersOf((ClusterStores)stores).UpdateOneAsync(
            new BsonDocument("_id", "local"), new BsonDocument("$inc", new BsonDocument("bytes", bytes)));
        Assert.Equal(1, changed.ModifiedCount);
    }

    protected override (string Key, string Value)[] Impatient(Stores stores) =>
        [("ConnectionStrings:storage", $"{((ClusterStores)stores).S3};CallTimeout=2")];

    private static BsonDocument Operation(Guid operation, string file, long bytes) => new()
    {
        { "op", Uuid(operation) }, { "file", Uuid(Guid.Parse(file)) }, { "bytes", bytes }, { "files", 0L },
        { "at", new BsonDateTime(DateTime.UtcNow) },
    };

    private static BsonBinaryData Uuid(Guid id) => new(id, GuidRepresentation.Standard);

    private static IMongoCollection<BsonDocument> OwnersOf(ClusterStores stores) => CollectionOf(stores, "owners");

    private static IMongoCollection<BsonDocument> FilesOf(ClusterStores stores) => CollectionOf(stores, "files");

    private static IMongoCollection<BsonDocument> CollectionOf(ClusterStores stores, string name) =>
        new MongoClient(stores.MongoDb).GetDatabase(stores.Name).GetCollection<BsonDocument>(name);
}
