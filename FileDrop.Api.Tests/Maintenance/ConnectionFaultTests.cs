using System.Net;
using FileDrop.Api.Tests.Files;
using MongoDB.Bson;
using MongoDB.Driver;
using Xunit;

namespace FileDrop.Api.Tests.Maintenance;

/// <summary>Connections to the stores that are cut, slow or without an answer.</summary>
public sealed class ConnectionFaultTests
{
    private static readonly (string, string)[] Quick =
        [("FileDrop:Lease", "00:00:02"), ("FileDrop:LateWrites", "00:00:00"), ("FileDrop:Versions:Keep", "0")];

    [Theory]
    [InlineData("filedrop", TcpProxy.Way.ToServer, 1300, 9)]
    [InlineData("filedrop", TcpProxy.Way.ToClient, 90, 9)]
    [InlineData("storage", TcpProxy.Way.ToServer, 30_000, 9)]
    [InlineData("storage", TcpProxy.Way.ToClient, 60, 6)]
    public async Task A_connection_cut_at_any_byte_leaves_every_change_complete_or_undone(
        string store, TcpProxy.Way way, int step, int cuts)
    {
        await using var stores = await ClusterStores.MakeAsync();
        await using var proxy = Between.Stores(stores, store, TcpProxy.State.Up, out var settings);
        await using var service = await Service.StartAsync(stores, [.. settings, .. Quick, ("ConnectionStrings:storage", Storage(stores, settings))]);
        var history = new History(service.Http);
        await history.BeginAsync();
        for (var cut = 0; cut < cuts; cut++)
        {
            proxy.CutAfter(way, (long)cut * step);
            while (proxy.CutIsToCome)
                await history.ChangeAsync();
            await history.ChangeAsync();
        }
        await history.CheckAsync(stores);
    }

    [Fact]
    public async Task A_commit_whose_answer_is_lost_with_the_connection_is_still_acknowledged()
    {
        await using var stores = await ClusterStores.MakeAsync();
        await using var proxy = Between.Stores(stores, "filedrop", TcpProxy.State.Up, out var settings);
        // Switch the sweeper off, because it would use the open connection, and a new connection would get no answer to its greeting.
        await using var service = await Service.StartAsync(stores, [.. settings, ("FileDrop:SweepInterval", "01:00:00")]);
        using var direct = new MongoClient(stores.MongoDb);
        var files = direct.GetDatabase(stores.Name).GetCollection<BsonDocument>("files");
        var content = Requests.Bytes(10 * 1024 * 1024);
        using var body = new GatedContent(content, 9 * 1024 * 1024);
        var upload = service.Http.PostAsync("/files/upload", body);
        await body.Stopped;
        // The service sends the first part only once it knows that the intent is written.
        await Service.UntilAsync("the write has begun", async () => (await stores.BlobKeysAsync()).Count == 1);

        proxy.Become(TcpProxy.State.Mute);
        body.Open();
        await Service.UntilAsync("the commit is done", async () => await files.CountDocumentsAsync(new BsonDocument("state", "live")) == 1);
        Assert.False(upload.IsCompleted);
        proxy.Become(TcpProxy.State.Down);
        proxy.Become(TcpProxy.State.Up);

        using var answer = await upload;
        var file = await answer.SucceededAsync(HttpStatusCode.Created);
        Assert.Equal(1, file.Version());
        Assert.Equal(content, await service.Http.GetByteArrayAsync($"/files/{file.Id()}"));
        Assert.Single(await Invariants.EveryFileIsWholeAsync(service.Http));
        await Invariants.NothingElseIsLeftAsync(stores, file.Id());
    }

    [Theory]
    [InlineData("filedrop")]
    [InlineData("storage")]
    public async Task A_trickling_connection_only_makes_requests_slow(string store)
    {
        await using var stores = await ClusterStores.MakeAsync();
        await using var proxy = Between.Stores(stores, store, TcpProxy.State.Up, out var settings);
        await using var service = await Service.StartAsync(stores, settings);
        proxy.Become(TcpProxy.State.Trickle);
        var content = Requests.Bytes(150_000);
        var file = await service.Http.UploadAsync(content, "a");
        Assert.Equal(content, await service.Http.GetByteArrayAsync($"/files/{file.Id()}"));
        using var deleted = await service.Http.DeleteAsync($"/files/{file.Id()}");
        Assert.Equal(HttpStatusCode.OK, deleted.StatusCode);
        await Invariants.NothingElseIsLeftAsync(stores);
    }

    [Fact]
    public async Task Memory_stays_bounded_while_S3_swallows_32_uploads_at_once()
    {
        const int Uploads = 32, Size = 12 * 1024 * 1024, PartMemory = 64;
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The process's memory is read from /proc.");
        await using var stores = await ClusterStores.MakeAsync();
        await using var proxy = Between.Stores(stores, "storage", TcpProxy.State.Up, out var settings);
        await using var service = await ServiceProcess.StartAsync(
            stores, ("ConnectionStrings:storage", $"{settings[0].Value};CallTimeout=2;PartMemory={PartMemory}"),
            ("FileDrop:LateWrites", "00:00:00"), ("FileDrop:Lease", "00:00:04"));
        var content = Requests.Bytes(Size);
        using var http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = Uploads }) { BaseAddress = service.Address };
        await http.UploadAsync(content, "warm");
        var before = await service.PeakMemoryAsync();

        proxy.Become(TcpProxy.State.BlackHole);
        var answers = await Task.WhenAll(
            Enumerable.Range(0, Uploads).Select(_ => http.PostAsync("/files/upload", new ByteArrayContent(content))));
        foreach (var answer in answers)
        {
            await answer.RefusedAsync(503, "storage_unavailable");
            Assert.NotNull(answer.Headers.RetryAfter);
            answer.Dispose();
        }
        // The limit is the memory for parts, plus 1 MiB read ahead for each upload, doubled for garbage; the uploads have 384 MiB.
        var grown = await service.PeakMemoryAsync() - before;
        Assert.True(grown < 2 * (PartMemory + Uploads), $"the process grew by {grown} MiB, from {before} MiB");

        proxy.Become(TcpProxy.State.Up);
        await Service.UntilAsync("the service is ready", service.IsHealthyAsync);
        var files = await Invariants.EveryFileIsWholeAsync(http);
        await Invariants.NothingElseIsLeftAsync(stores, files.Select(HttpWords.Id));
        Assert.Single(files);
    }

    /// <summary>
    /// A connection string with a short timeout, because the sweeper waits for S3's timeout before it deletes uncommitted blobs for the last time.
    /// </summary>
    private static string Storage(ClusterStores stores, (string Key, string Value)[] settings) =>
        $"{settings.FirstOrDefault(setting => setting.Key == "ConnectionStrings:storage").Value ?? stores.S3};CallTimeout=2";

    /// <summary>Makes changes and records their possible results: after a 503, a change happened completely or not at all.</summary>
    private sealed class History(HttpClient http)
    {
        private readonly HashSet<string> _acknowledged = [];
        private readonly HashSet<string> _deleted = [];
        private string _kept = "";
        private byte[][] _possible = [];
        private int _changes;
        private int _unknown;

        public async Task BeginAsync()
        {
            _possible = [Requests.Bytes(150_000)];
            _kept = (await http.UploadAsync(_possible[0], "kept")).Id();
            _acknowledged.Add(_kept);
        }

        /// <summary>Makes an upload, a replacement and a deletion.</summary>
        public async Task ChangeAsync()
        {
            var content = Requests.Bytes(150_000 + ++_changes);
            using var replaced = await http.PutAsync($"/files/{_kept}", new ByteArrayContent(content));
            _possible = await DoneAsync(replaced, HttpStatusCode.OK) ? [content] : [.. _possible, content];

            using var uploaded = await http.PostAsync("/files/upload", new ByteArrayContent(content));
            if (!await DoneAsync(uploaded, HttpStatusCode.Created))
            {
                _unknown++;
                return;
            }
            var id = (await uploaded.JsonAsync()).Id();
            _acknowledged.Add(id);
            using var deleted = await http.DeleteAsync($"/files/{id}");
            _acknowledged.Remove(id);
            if (await DoneAsync(deleted, HttpStatusCode.OK))
                _deleted.Add(id);
            else
                _unknown++;
        }

        public async Task CheckAsync(Stores stores)
        {
            var files = (await Invariants.EveryFileIsWholeAsync(http)).Select(HttpWords.Id).ToList();
            Assert.Empty(_acknowledged.Except(files));
            Assert.Empty(files.Intersect(_deleted));
            Assert.InRange(files.Count, _acknowledged.Count, _acknowledged.Count + _unknown);
            var kept = await http.GetByteArrayAsync($"/files/{_kept}");
            Assert.Contains(_possible, possible => possible.AsSpan().SequenceEqual(kept));
            await Invariants.NothingElseIsLeftAsync(stores, files);
        }

        private static async Task<bool> DoneAsync(HttpResponseMessage answer, HttpStatusCode success)
        {
            if (answer.StatusCode == success)
                return true;
            await answer.RefusedAsync(503, "storage_unavailable");
            Assert.NotNull(answer.Headers.RetryAfter);
            return false;
        }
    }
}
