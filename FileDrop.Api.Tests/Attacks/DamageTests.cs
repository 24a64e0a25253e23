using System.IO.Hashing;
using System.Net;
using FileDrop.Api.Commands;
using FileDrop.Api.Maintenance;
using FileDrop.Api.Tests.Files;
using FileDrop.Api.Tests.Maintenance;
using Microsoft.Data.Sqlite;
using Xunit;

namespace FileDrop.Api.Tests.Attacks;

/// <summary>The health reports damage while it lasts, however it was found.</summary>
public abstract class DamageTests(Pair pair)
{
    /// <summary>One size is stored as a row of the catalog, the other as a file.</summary>
    [Theory]
    [InlineData(1000)]
    [InlineData(100_000)]
    public async Task A_read_of_a_shortened_content_is_a_damage_and_the_health_recovers_when_it_is_mended(int size)
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores);
        var content = Requests.Bytes(size);
        var file = (await service.Http.UploadAsync(content, "a")).Id();
        await Damage.ShortenAsync(stores, file);
        await ReadFailsAsync(service, file);
        Assert.Equal("degraded", await IntegrityAsync(service));

        await RestoreAsync(stores, file, content);
        await Service.UntilAsync("the health has recovered by itself", async () => await IntegrityAsync(service) == "healthy");
        Assert.Equal(content, await service.Http.GetByteArrayAsync($"/files/{file}"));
    }

    [Fact]
    public async Task A_range_beyond_a_shortened_content_counts_as_damage()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores);
        var file = (await service.Http.UploadAsync(Requests.Bytes(100_000), "a")).Id();
        await Damage.ShortenAsync(stores, file);
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/files/{file}");
        request.Headers.Range = new(99_000, 99_999);
        await Assert.ThrowsAnyAsync<Exception>(async () => (await (await service.Http.SendAsync(request)).EnsureSuccessStatusCode().Content.ReadAsByteArrayAsync()).ToString());
        Assert.Equal("degraded", await IntegrityAsync(service));
    }

    [Fact]
    public async Task Running_services_report_damage_found_by_a_check_until_a_check_finds_it_mended()
    {
        await using var stores = await pair.MakeStoresAsync();
        // Keep the service's own rounds out of this test.
        await using var service = await Service.StartAsync(stores, ("FileDrop:SweepInterval", "01:00:00"));
        var content = Requests.Bytes(100_000);
        // The last one is at the end of its segment, where it can become shorter.
        var (flipped, lost, shortened) = ((await service.Http.UploadAsync(content, "a")).Id(),
            (await service.Http.UploadAsync(content, "b")).Id(), (await service.Http.UploadAsync(content, "c")).Id());
        await Damage.FlipAsync(stores, flipped);
        await Damage.ShortenAsync(stores, shortened);
        await Damage.RemoveAsync(service, lost, stores);
        Assert.Equal("healthy", await IntegrityAsync(service));
        Assert.Equal(3, (await CheckAsync(stores, service, hash: true)).Count);
        await Service.UntilAsync("the health tells it", async () => await IntegrityAsync(service) == "degraded");
        Assert.Equal(HttpStatusCode.OK, (await service.Http.GetAsync("/health")).StatusCode);

        // Mend one by its bytes, and the others by deletion.
        await RestoreAsync(stores, flipped, content);
        foreach (var id in new[] { shortened, lost })
        {
            using var deleted = await service.Http.DeleteAsync($"/files/{id}?permanent=true");
            Assert.Equal(HttpStatusCode.OK, deleted.StatusCode);
        }
        Assert.Empty(await CheckAsync(stores, service, hash: false));
        await Service.UntilAsync("the health has recovered", async () => await IntegrityAsync(service) == "healthy");
    }

    private protected static async Task<List<Finding>> CheckAsync(Stores stores, Service service, bool hash)
    {
        List<Finding> findings = [];
        Assert.NotNull(stores);
        await Backups.Check(service, new CheckOptions(Repair: false, hash, TimeSpan.FromMinutes(1)), findings.Add).RunAsync(default);
        return findings;
    }

    protected static async Task ReadFailsAsync(Service service, string file) => await Assert.ThrowsAnyAsync<Exception>(async () =>
    {
        using var answer = await service.Http.GetAsync($"/files/{file}", HttpCompletionOption.ResponseHeadersRead);
        answer.EnsureSuccessStatusCode();
        await answer.Content.ReadAsByteArrayAsync();
    });

    protected static async Task<string?> IntegrityAsync(Service service)
    {
        using var health = await service.Http.GetAsync("/health");
        return (await health.JsonAsync()).GetProperty("checks").GetProperty("integrity").GetString();
    }

    protected static async Task RestoreAsync(Stores stores, string file, byte[] content)
    {
        foreach (var key in (await stores.BlobKeysAsync()).Where(key => key.EndsWith(Guid.Parse(file).ToString("N"), StringComparison.Ordinal)))
            await stores.RewriteBlobAsync(key, _ => content);
    }
}

public sealed class DamageOnEmbeddedTests(EmbeddedPair pair) : DamageTests(pair), IClassFixture<EmbeddedPair>
{
    [Fact]
    public async Task Content_that_was_forged_with_its_checksum_is_found_by_the_scrub_and_by_the_check_which_compare_SHA_256()
    {
        await using var stores = new EmbeddedStores();
        string file;
        var forged = Requests.Bytes(100_000);
        await using (var service = await Service.StartAsync(stores))
        {
            file = (await service.Http.UploadAsync(Requests.Bytes(100_000), "a")).Id();
            forged[0] ^= 1;
            await RestoreAsync(stores, file, forged);
            await using var catalog = new SqliteConnection($"Data Source={Path.Combine(stores.Directory, "catalog.db")};Pooling=False");
            await catalog.OpenAsync();
            await using var change = catalog.CreateCommand();
            change.CommandText = "UPDATE files SET xxh3 = $xxh3; UPDATE contents SET xxh3 = $xxh3";
            change.Parameters.AddWithValue("$xxh3", unchecked((long)XxHash3.HashToUInt64(forged)));
            await change.ExecuteNonQueryAsync();
            // The checksum that a read compares does not detect forgery.
            Assert.Equal(forged, await service.Http.GetByteArrayAsync($"/files/{file}"));
        }
        await using var scrubbing = await Service.StartAsync(stores, ("FileDrop:Scrub:BytesPerSecond", "1000000000"));
        await Service.UntilAsync("the scrub has found it", async () => await IntegrityAsync(scrubbing) == "degraded");
        // The check comes last, because it notes what it finds, and the health would show its note.
        Assert.Equal(FindingKind.HashDiffers, Assert.Single(await CheckAsync(stores, scrubbing, hash: true)).Kind);
    }

    [Fact]
    public async Task Damage_is_still_reported_after_a_restart()
    {
        await using var stores = new EmbeddedStores();
        await using (var service = await Service.StartAsync(stores))
        {
            var file = (await service.Http.UploadAsync(Requests.Bytes(100_000), "a")).Id();
            await Damage.FlipAsync(stores, file);
            await ReadFailsAsync(service, file);
        }
        await using var again = await Service.StartAsync(stores);
        Assert.Equal("degraded", await IntegrityAsync(again));
    }
}

public sealed class DamageOnClusterTests(ClusterPair pair) : DamageTests(pair), IClassFixture<ClusterPair>
{
    [Fact]
    public async Task Damage_that_one_replica_has_read_is_reported_by_the_other()
    {
        await using var stores = await ClusterStores.MakeAsync();
        await using var one = await Service.StartAsync(stores);
        await using var other = await Service.StartAsync(stores);
        var file = (await one.Http.UploadAsync(Requests.Bytes(1000), "a")).Id();
        await Damage.FlipAsync(stores, file);
        await ReadFailsAsync(one, file);
        await Service.UntilAsync("the other replica tells it", async () => await IntegrityAsync(other) == "degraded");
    }
}
