using System.Globalization;
using System.Net;
using FileDrop.Api.Tests.Files;
using Xunit;

namespace FileDrop.Api.Tests.Uploads;

/// <summary>The extension expiration of the tus protocol.</summary>
public abstract class TusExpirationTests(Pair pair)
{
    private const int Size = 9 * 1024 * 1024;

    [Fact]
    public async Task An_upload_without_a_byte_in_time_is_deleted_with_all_its_bytes()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(
            stores, ("FileDrop:Uploads:Expiry", "00:00:05"), ("FileDrop:Lease", "00:00:02"), ("FileDrop:LateWrites", "00:00:00"));
        var tus = new TusClient(service.Http);
        var (whole, part, empty) = (await tus.CreateAsync(Size), await tus.CreateAsync(null), await tus.CreateAsync(1));
        var partial = await tus.PartialAsync(Requests.Bytes(10));
        await tus.AppendAsync(part, 0, Requests.Bytes(Size));
        await tus.AppendAsync(whole, 0, Requests.Bytes(Size - 1));
        Assert.NotEmpty(await stores.BlobKeysAsync());
        await Service.UntilAsync("nothing is left", async () => (await stores.BlobKeysAsync()).Count == 0);
        foreach (var upload in new[] { whole, part, empty, partial })
            await tus.IsGoneAsync(upload);
        var (exit, output) = await ServiceProcess.CommandAsync(stores, "check");
        Assert.True(exit == 0, output);
    }

    [Fact]
    public async Task Each_append_extends_the_expiry_and_returns_it()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, ("FileDrop:Uploads:Expiry", "00:00:04"));
        var tus = new TusClient(service.Http);
        using var created = await tus.PostAsync(("Upload-Length", "4"));
        var upload = await TusClient.CreatedAsync(created);
        var first = Expires(created);
        for (var i = 0; i < 3; i++)
        {
            await Task.Delay(TimeSpan.FromSeconds(1.5));
            using var appended = await tus.PatchAsync(upload, i, [1]);
            Assert.Equal(HttpStatusCode.NoContent, appended.StatusCode);
            Assert.True(Expires(appended) > first, "the time has moved");
        }
        using var last = await tus.PatchAsync(upload, 3, [1]);
        Assert.Null(last.Field("Upload-Expires"));
    }

    [Fact]
    public async Task A_file_stays_when_its_upload_is_forgotten()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, ("FileDrop:Uploads:Expiry", "00:00:01"));
        var tus = new TusClient(service.Http);
        var upload = await tus.CreateAsync(3);
        await tus.AppendAsync(upload, 0, [1, 2, 3]);
        Assert.Equal(3, await tus.OffsetAsync(upload));
        await Service.UntilAsync("the upload is forgotten", async () => (await tus.HeadAsync(upload)).StatusCode == HttpStatusCode.NotFound);
        Assert.Equal([1, 2, 3], await service.Http.GetByteArrayAsync($"/files/{TusClient.Id(upload)}"));
        using var deleted = await service.Http.DeleteAsync($"/files/{TusClient.Id(upload)}");
        Assert.Equal(HttpStatusCode.OK, deleted.StatusCode);
    }

    [Fact]
    public async Task A_file_made_of_partial_uploads_stays_when_they_expire()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, ("FileDrop:Uploads:Expiry", "00:00:02"));
        var tus = new TusClient(service.Http);
        var partial = await tus.PartialAsync([1, 2]);
        var final = await tus.ConcatenateAsync([partial, partial]);
        await Service.UntilAsync("the partial upload has expired", async () => (await tus.HeadAsync(partial)).StatusCode == HttpStatusCode.NotFound);
        Assert.Equal([1, 2, 1, 2], await service.Http.GetByteArrayAsync($"/files/{TusClient.Id(final)}"));
        using var late = await tus.PostAsync(("Upload-Concat", TusClient.Final([partial])));
        await late.RefusedAsync(400, "invalid_request");
    }

    private static DateTimeOffset Expires(HttpResponseMessage response) =>
        DateTimeOffset.ParseExact(response.Field("Upload-Expires") ?? "", "R", CultureInfo.InvariantCulture);
}

public sealed class TusExpirationOnEmbeddedTests(EmbeddedPair pair) : TusExpirationTests(pair), IClassFixture<EmbeddedPair>;

public sealed class TusExpirationOnClusterTests(ClusterPair pair) : TusExpirationTests(pair), IClassFixture<ClusterPair>;
