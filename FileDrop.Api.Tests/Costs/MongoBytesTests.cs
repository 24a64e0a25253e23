using System.Net;
using FileDrop.Api.Maintenance;
using FileDrop.Api.Tests.Files;
using FileDrop.Api.Tests.Maintenance;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace FileDrop.Api.Tests.Costs;

/// <summary>A change sends MongoDB the fields that differ, not the document, so a long history costs nothing.</summary>
public sealed class MongoBytesTests(ClusterPair pair) : IClassFixture<ClusterPair>
{
    private const int Times = 20;

    [Fact]
    public async Task Uploads_and_renames_send_few_bytes_also_for_a_file_with_20_versions()
    {
        await using var stores = (ClusterStores)await pair.MakeStoresAsync();
        await using var proxy = Between.Stores(stores, "filedrop", TcpProxy.State.Up, out var settings);
        await using var service = await Service.StartAsync(stores, WithoutSequencer, [.. settings, ("FileDrop:SweepInterval", "01:00:00")]);
        var http = service.Http;
        var id = (await http.UploadAsync([1], "a")).Id();
        await RenameAsync(0);

        var upload = await SentAsync(async i => await http.UploadAsync([1, 2], $"{i}"));
        var rename = await SentAsync(RenameAsync);
        for (var version = 0; version < 20; version++)
            await ReplaceAsync(version);
        var renameOfMany = await SentAsync(RenameAsync);
        var replace = await SentAsync(ReplaceAsync);
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"bytes: upload {upload}, rename {rename}, with 20 versions {renameOfMany}, new content with 20 versions {replace}");
        Assert.InRange(upload, 1, 1500);
        Assert.InRange(rename, 1, 800);
        Assert.InRange(renameOfMany, 1, 800);

        // It numbers many changes at once, behind the requests, so how many bytes it sends for each depends on how fast they come.
        static void WithoutSequencer(IServiceCollection services) =>
            services.Remove(services.Single(service => service.ImplementationType == typeof(Sequencer)));

        async Task<long> SentAsync(Func<int, Task> request)
        {
            var before = proxy.Sent;
            for (var i = 0; i < Times; i++)
                await request(i);
            return (proxy.Sent - before) / Times;
        }

        async Task RenameAsync(int number)
        {
            using var renamed = await http.PutJsonAsync(id, $"{{\"file_name\": \"{number}-{proxy.Sent}.txt\"}}");
            Assert.Equal(HttpStatusCode.OK, renamed.StatusCode);
        }

        async Task ReplaceAsync(int number)
        {
            using var replaced = await http.PutAsync($"/files/{id}/content", new ByteArrayContent([(byte)number]));
            Assert.Equal(HttpStatusCode.OK, replaced.StatusCode);
        }
    }
}
