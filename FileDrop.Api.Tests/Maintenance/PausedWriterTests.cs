using System.Net;
using System.Security.Cryptography;
using Xunit;

namespace FileDrop.Api.Tests.Maintenance;

/// <summary>A writer that pauses for longer than its lease and continues after the sweeper has come.</summary>
public sealed class PausedWriterTests
{
    private const int Size = 20 * 1024 * 1024;
    private static readonly (string, string)[] Quick = [("FileDrop:Lease", "00:00:01"), ("FileDrop:LateWrites", "00:00:00")];

    [Fact]
    public async Task A_replica_that_is_paused_past_its_lease_commits_nothing_afterwards()
    {
        await using var stores = await ClusterStores.MakeAsync();
        await using var paused = await ServiceProcess.StartAsync(stores, Quick);
        await using var other = await ServiceProcess.StartAsync(stores, Quick);
        var before = RandomNumberGenerator.GetBytes(9 * 1024 * 1024);
        var file = await other.Http.UploadAsync(before, "kept");
        using var create = new GatedContent(RandomNumberGenerator.GetBytes(Size), Size - 1);
        using var replace = new GatedContent(RandomNumberGenerator.GetBytes(Size), Size - 1);
        var creating = paused.Http.PostAsync("/files/upload", create);
        var replacing = paused.Http.PutAsync($"/files/{file.Id()}", replace);
        await Task.WhenAll(create.Stopped, replace.Stopped);
        await Service.UntilAsync("both writes have begun", async () => (await stores.BlobKeysAsync()).Count == 3);

        paused.Signal(19);
        await Invariants.NothingElseIsLeftAsync(stores, file.Id());
        create.Open();
        replace.Open();
        paused.Signal(18);

        using var created = await creating;
        using var replaced = await replacing;
        Assert.Equal("storage_unavailable", await created.CodeAsync());
        Assert.Equal("storage_unavailable", await replaced.CodeAsync());
        Assert.Equal(before, await paused.Http.GetByteArrayAsync($"/files/{file.Id()}"));
        var only = Assert.Single(await Invariants.EveryFileIsWholeAsync(other.Http));
        Assert.Equal(1, only.GetProperty("version").GetInt32());
        await Invariants.NothingElseIsLeftAsync(stores, file.Id());
    }

    [Fact]
    public async Task A_single_service_that_is_paused_past_its_leases_has_whole_files_or_none_afterwards()
    {
        await using var stores = new EmbeddedStores();
        await using var service = await ServiceProcess.StartAsync(stores, Quick);
        var bodies = Enumerable.Range(0, 8).Select(_ => new GatedContent(RandomNumberGenerator.GetBytes(Size / 8), (Size / 8) - 1)).ToList();
        var uploads = bodies.Select(body => service.Http.PostAsync("/files/upload", body)).ToList();
        await Task.WhenAll(bodies.Select(body => body.Stopped));
        service.Signal(19);
        // Pause for longer than the lease.
        await Task.Delay(TimeSpan.FromSeconds(2));
        bodies.ForEach(body => body.Open());
        service.Signal(18);

        var done = 0;
        foreach (var answer in await Task.WhenAll(uploads))
        {
            done += answer.StatusCode == HttpStatusCode.Created ? 1 : 0;
            Assert.True(answer.StatusCode is HttpStatusCode.Created or HttpStatusCode.ServiceUnavailable, answer.StatusCode.ToString());
            answer.Dispose();
        }
        var files = await Invariants.EveryFileIsWholeAsync(service.Http);
        Assert.Equal(done, files.Count);
        await Invariants.NothingElseIsLeftAsync(stores, files.Select(HttpWords.Id));
        bodies.ForEach(body => body.Dispose());
    }
}
