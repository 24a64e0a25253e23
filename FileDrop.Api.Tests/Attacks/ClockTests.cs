using System.Net;
using FileDrop.Api.Blobs;
using FileDrop.Api.Blobs.S3;
using FileDrop.Api.Tests.Access;
using FileDrop.Api.Tests.Files;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace FileDrop.Api.Tests.Attacks;

/// <summary>This machine's clock is wrong, and S3 refuses signatures with a wrong time.</summary>
public sealed class ClockOnClusterTests
{
    [Theory]
    [InlineData(75)]
    [InlineData(-75)]
    [InlineData(60 * 24 * 400)]
    public async Task Uploads_work_although_the_clock_is_wrong_because_the_stores_correct_it(int minutes)
    {
        await using var stores = await ClusterStores.MakeAsync();
        var clock = new ShiftedTime();
        using var blobs = new S3BlobStore(S3Options.Parse(stores.S3), clock);
        await using var service = await Service.StartAsync(stores, services => services.AddSingleton<IBlobStore>(blobs));
        var before = await service.Http.UploadAsync(Requests.Bytes(1000), "before");
        // Shift the clock of the running service, then back.
        foreach (var shift in new[] { minutes, 0 })
        {
            clock.Shift = TimeSpan.FromMinutes(shift);
            foreach (var size in new[] { 1000, 17 << 20 })
            {
                var content = Requests.Bytes(size);
                var file = await service.Http.UploadAsync(content, "after");
                Assert.Equal(content, await service.Http.GetByteArrayAsync($"/files/{file.Id()}"));
            }
            using var health = await service.Http.GetAsync("/health");
            Assert.Equal("healthy", (await health.JsonAsync()).GetProperty("status").GetString());
        }
        Assert.Equal(5, (await Invariants.EveryFileIsWholeAsync(service.Http)).Count);
        Assert.NotEmpty(before.Id());
    }

    [Fact]
    public async Task The_health_check_signs_requests_as_uploads_do()
    {
        await using var stores = await ClusterStores.MakeAsync();
        var (proxy, connection) = await S3Proxy.StartAsync(stores);
        await using (proxy)
        {
            using var blobs = new S3BlobStore(S3Options.Parse(connection));
            await using var service = await Service.StartAsync(stores, services => services.AddSingleton<IBlobStore>(blobs));
            // Refuse signatures in the address, but not those that the SDK sends in a header.
            proxy.RefusePresigned = true;
            using var refused = await service.Http.PostAsync("/files/upload", new ByteArrayContent([1]));
            Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
            using var health = await service.Http.GetAsync("/health");
            Assert.Equal(HttpStatusCode.ServiceUnavailable, health.StatusCode);
            Assert.Equal("unhealthy", (await health.JsonAsync()).GetProperty("checks").GetProperty("blobs").GetString());

            proxy.RefusePresigned = false;
            using var healthy = await service.Http.GetAsync("/health");
            Assert.Equal(HttpStatusCode.OK, healthy.StatusCode);
        }
    }
}
