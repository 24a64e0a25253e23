using System.Net;
using System.Security.Cryptography;
using Xunit;

namespace FileDrop.Api.Tests.Maintenance;

/// <summary>The service as a process that is killed, stopped or under load.</summary>
public abstract class ProcessTests(Pair pair)
{
    private const int Size = 20 * 1024 * 1024;

    [Fact]
    public async Task An_acknowledged_upload_survives_a_kill_and_an_unacknowledged_one_leaves_nothing()
    {
        await using var stores = await pair.MakeStoresAsync();
        var kept = new List<(string Id, byte[] Content)>();
        await using (var service = await ServiceProcess.StartAsync(stores))
        {
            foreach (var size in new[] { 0, 1, 9 * 1024 * 1024 })
            {
                var content = RandomNumberGenerator.GetBytes(size);
                kept.Add(((await service.Http.UploadAsync(content, $"{size}")).Id(), content));
            }
            using var create = new GatedContent(RandomNumberGenerator.GetBytes(Size), Size - 1);
            using var replace = new GatedContent(RandomNumberGenerator.GetBytes(Size), Size - 1);
            var sending = new[] { service.Http.PostAsync("/files/upload", create), service.Http.PutAsync($"/files/{kept[2].Id}", replace) };
            await Task.WhenAll(create.Stopped, replace.Stopped);
            service.Signal(9);
            create.Break();
            replace.Break();
            foreach (var request in sending)
                await Assert.ThrowsAnyAsync<Exception>(() => request);
            await service.ExitAsync();
        }

        await using var again = await ServiceProcess.StartAsync(stores, ("FileDrop:Lease", "00:00:01"), ("FileDrop:LateWrites", "00:00:00"));
        foreach (var (id, content) in kept)
            Assert.Equal(content, await again.Http.GetByteArrayAsync($"/files/{id}"));
        Assert.Equal(kept.Count, (await Invariants.EveryFileIsWholeAsync(again.Http)).Count);
    }

    [Fact]
    public async Task The_unfinished_writes_of_a_killed_process_are_swept_once_their_leases_have_run_out()
    {
        await using var stores = await pair.MakeStoresAsync();
        var quick = new[] { ("FileDrop:Lease", "00:00:01"), ("FileDrop:LateWrites", "00:00:00") };
        await using (var service = await ServiceProcess.StartAsync(stores, quick))
        {
            using var body = new GatedContent(RandomNumberGenerator.GetBytes(Size), Size - 1);
            var upload = service.Http.PostAsync("/files/upload", body);
            await body.Stopped;
            await Service.UntilAsync("something of the upload lies in the store", async () => (await stores.BlobKeysAsync()).Count > 0);
            service.Signal(9);
            body.Break();
            await Assert.ThrowsAnyAsync<Exception>(() => upload);
        }
        await using var again = await ServiceProcess.StartAsync(stores, quick);
        await Invariants.NothingElseIsLeftAsync(stores);
        Assert.Empty(await Invariants.EveryFileIsWholeAsync(again.Http));
    }

    [Fact]
    public async Task A_service_that_is_asked_to_stop_finishes_its_requests()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await ServiceProcess.StartAsync(stores);
        var content = RandomNumberGenerator.GetBytes(Size);
        using var body = new GatedContent(content, Size / 2);
        var upload = service.Http.PostAsync("/files/upload", body);
        await body.Stopped;
        service.Signal(15);
        await Service.UntilAsync("the service takes no new connection", async () => !await CanConnectAsync(service.Address));
        body.Open();

        using var answer = await upload;
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        Assert.Equal(0, await service.ExitAsync());
        await using var again = await ServiceProcess.StartAsync(stores);
        Assert.Equal(content, await again.Http.GetByteArrayAsync(answer.Headers.Location));
    }

    [Fact]
    public async Task The_memory_of_many_concurrent_uploads_is_returned_to_the_system_afterwards()
    {
        const int Uploads = 16, MiB = 24;
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The process's memory is read from /proc.");
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await ServiceProcess.StartAsync(stores);
        using var http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = Uploads }) { BaseAddress = service.Address };
        var content = RandomNumberGenerator.GetBytes(Size);
        await http.UploadAsync(content, "warm");
        var bodies = Enumerable.Range(0, Uploads).Select(_ => new GatedContent(content, Size - 1)).ToList();
        var uploads = bodies.Select(body => http.PostAsync("/files/upload", body)).ToList();
        await Task.WhenAll(bodies.Select(body => body.Stopped));
        bodies.ForEach(body => body.Open());
        foreach (var answer in await Task.WhenAll(uploads))
        {
            Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
            answer.Dispose();
        }
        bodies.ForEach(body => body.Dispose());

        var peak = await service.PeakMemoryAsync();
        await Service.UntilAsync($"it has less than its {peak} MiB again", async () => await service.MemoryAsync() <= peak - MiB, 30);
    }

    private static async Task<bool> CanConnectAsync(Uri address)
    {
        using var client = new System.Net.Sockets.TcpClient();
        try
        {
            await client.ConnectAsync(address.Host, address.Port);
            return true;
        }
        catch (System.Net.Sockets.SocketException)
        {
            return false;
        }
    }
}

public sealed class ProcessOnEmbeddedTests(EmbeddedPair pair) : ProcessTests(pair), IClassFixture<EmbeddedPair>;

public sealed class ProcessOnClusterTests(ClusterPair pair) : ProcessTests(pair), IClassFixture<ClusterPair>;
