using System.Net;
using System.Security.Cryptography;
using Xunit;

namespace FileDrop.Api.Tests.Maintenance;

/// <summary>MongoDB or S3 does not answer, at the start or later.</summary>
public sealed class OutageTests
{
    public static TheoryData<string> Either => ["filedrop", "storage"];

    [Theory]
    [MemberData(nameof(Either))]
    public async Task A_service_whose_store_is_down_at_start_waits_for_it(string store)
    {
        await using var stores = await ClusterStores.MakeAsync();
        await using var proxy = Between.Stores(stores, store, TcpProxy.State.Down, out var settings);
        await using var service = ServiceProcess.Launch(stores.Settings, settings);
        await Service.UntilAsync("the service answers that it is not ready", async () =>
        {
            try
            {
                return (await service.Http.GetAsync("/health")).StatusCode == HttpStatusCode.ServiceUnavailable;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        });
        using var alive = await service.Http.GetAsync("/alive");
        Assert.Equal(HttpStatusCode.OK, alive.StatusCode);
        using var refused = await service.Http.PostAsync("/files/upload", new ByteArrayContent([1]));
        Assert.Equal("storage_unavailable", await refused.CodeAsync());

        proxy.Become(TcpProxy.State.Up);
        await Service.UntilAsync("the service is ready", service.IsHealthyAsync, 60);
        var file = await service.Http.UploadAsync([1, 2, 3], "a");
        Assert.Equal([1, 2, 3], await service.Http.GetByteArrayAsync($"/files/{file.Id()}"));

        // The log has one line for each change, however many attempts, probes and requests there were.
        await Service.UntilAsync("the return is told", () => Task.FromResult(service.Output.Contains("The stores answer again", StringComparison.Ordinal)));
        var lines = service.Output.Split('\n');
        Assert.InRange(lines.Count(line => line.Contains("A store does not answer", StringComparison.Ordinal)), 1, 3);
        Assert.Single(lines, line => line.Contains("The stores answer again", StringComparison.Ordinal));
        Assert.DoesNotContain("   at ", service.Output, StringComparison.Ordinal);
        Assert.True(lines.Length < 40, service.Output);
    }

    [Theory]
    [InlineData("filedrop", TcpProxy.State.Down)]
    [InlineData("filedrop", TcpProxy.State.BlackHole)]
    [InlineData("storage", TcpProxy.State.Down)]
    public async Task A_store_that_goes_away_is_a_503_with_Retry_After_until_it_is_back(string store, TcpProxy.State state)
    {
        await using var stores = await ClusterStores.MakeAsync();
        await using var proxy = Between.Stores(stores, store, TcpProxy.State.Up, out var settings);
        await using var service = await Service.StartAsync(stores, settings);
        var file = await service.Http.UploadAsync([1, 2, 3], "a");

        proxy.Become(state);
        using var upload = await service.Http.PostAsync("/files/upload", new ByteArrayContent([1]));
        Assert.Equal("storage_unavailable", await upload.CodeAsync());
        Assert.NotNull(upload.Headers.RetryAfter);
        using var read = await service.Http.GetAsync($"/files/{file.Id()}");
        Assert.Equal("storage_unavailable", await read.CodeAsync());
        using var health = await service.Http.GetAsync("/health");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, health.StatusCode);

        proxy.Become(TcpProxy.State.Up);
        await Service.UntilAsync("the service is ready", async () => (await service.Http.GetAsync("/health")).IsSuccessStatusCode, 60);
        Assert.Equal([1, 2, 3], await service.Http.GetByteArrayAsync($"/files/{file.Id()}"));
        var files = await Invariants.EveryFileIsWholeAsync(service.Http);
        Assert.Single(files);
    }

    [Theory]
    [MemberData(nameof(Either))]
    public async Task A_store_that_fails_in_the_middle_of_an_upload_ends_it_with_503_and_leaves_nothing(string store)
    {
        await using var stores = await ClusterStores.MakeAsync();
        await using var proxy = Between.Stores(stores, store, TcpProxy.State.Up, out var settings);
        await using var service = await Service.StartAsync(stores, [.. settings, ("FileDrop:Lease", "00:00:02"), ("FileDrop:LateWrites", "00:00:00")]);
        using var body = new GatedContent(RandomNumberGenerator.GetBytes(24 * 1024 * 1024), 10 * 1024 * 1024);
        var upload = service.Http.PostAsync("/files/upload", body);
        await body.Stopped;
        proxy.Become(TcpProxy.State.Down);
        body.Open();

        using var answer = await upload;
        Assert.Equal("storage_unavailable", await answer.CodeAsync());
        proxy.Become(TcpProxy.State.Up);
        await Service.UntilAsync("the service is ready", async () => (await service.Http.GetAsync("/health")).IsSuccessStatusCode, 60);
        await Invariants.NothingElseIsLeftAsync(stores);
        Assert.Empty(await Invariants.EveryFileIsWholeAsync(service.Http));
    }
}
