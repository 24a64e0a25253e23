using System.Net;
using System.Security.Cryptography;
using FileDrop.Api.Blobs;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace FileDrop.Api.Tests.Maintenance;

/// <summary>Damaged bytes are never sent as if they were whole.</summary>
public abstract class IntegrityTests(Pair pair)
{
    [Theory]
    [InlineData(1)]
    [InlineData(100_000)]
    [InlineData(9 * 1024 * 1024)]
    public async Task A_read_of_a_damaged_file_never_ends_cleanly_and_the_health_degrades(int size)
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores);
        var content = RandomNumberGenerator.GetBytes(size);
        var file = await service.Http.UploadAsync(content, "a");
        var intact = await service.Http.UploadAsync(content, "b");
        await Damage.FlipAsync(stores, file.Id());

        await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            using var answer = await service.Http.GetAsync($"/files/{file.Id()}", HttpCompletionOption.ResponseHeadersRead);
            answer.EnsureSuccessStatusCode();
            await answer.Content.ReadAsByteArrayAsync();
        });
        using var health = await service.Http.GetAsync("/health");
        Assert.Contains("\"integrity\":\"degraded\"", await health.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(content, await service.Http.GetByteArrayAsync($"/files/{intact.Id()}"));
    }

    [Fact]
    public async Task A_file_whose_bytes_are_gone_is_an_internal_error_and_the_health_degrades()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores);
        var file = await service.Http.UploadAsync([1, 2, 3], "a");
        await Damage.RemoveAsync(service, file.Id(), stores);
        using var answer = await service.Http.GetAsync($"/files/{file.Id()}");
        Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
        Assert.Equal("internal_error", await answer.CodeAsync());
        using var health = await service.Http.GetAsync("/health");
        Assert.Contains("\"integrity\":\"degraded\"", await health.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_scrub_finds_damage_in_content_that_nobody_has_read()
    {
        await using var stores = await pair.MakeStoresAsync();
        string damaged;
        await using (var service = await Service.StartAsync(stores))
        {
            damaged = (await service.Http.UploadAsync(RandomNumberGenerator.GetBytes(100_000), "a")).Id();
            await service.Http.UploadAsync(RandomNumberGenerator.GetBytes(100_000), "b");
        }
        await Damage.FlipAsync(stores, damaged);
        await using var scrubbing = await Service.StartAsync(stores, ("FileDrop:Scrub:BytesPerSecond", "1000000000"));
        await Service.UntilAsync("the scrub has found it", async () =>
            (await scrubbing.Http.GetStringAsync("/health")).Contains("\"integrity\":\"degraded\"", StringComparison.Ordinal));
    }
}

/// <summary>Damages stored bytes as failing disks do.</summary>
internal static class Damage
{
    /// <summary>Changes one bit in the middle of every blob of a file.</summary>
    public static async Task FlipAsync(Stores stores, string file)
    {
        foreach (var key in await KeysAsync(stores, file))
        {
            await stores.RewriteBlobAsync(key, bytes =>
            {
                bytes[bytes.Length / 2] ^= 1;
                return bytes;
            });
        }
    }

    /// <summary>Cuts the last byte off every blob of a file.</summary>
    public static async Task ShortenAsync(Stores stores, string file)
    {
        foreach (var key in await KeysAsync(stores, file))
            await stores.RewriteBlobAsync(key, bytes => bytes[..^1]);
    }

    /// <summary>Removes every blob of a file.</summary>
    public static async Task RemoveAsync(Service service, string file, Stores stores)
    {
        foreach (var text in await KeysAsync(stores, file))
        {
            if (BlobKey.TryParse(text, out var key))
                await service.Services.GetRequiredService<IBlobStore>().DeleteAsync(key, default);
        }
    }

    private static async Task<IReadOnlyList<string>> KeysAsync(Stores stores, string file) =>
        [.. (await stores.BlobKeysAsync()).Where(key => key.EndsWith(Guid.Parse(file).ToString("N"), StringComparison.Ordinal))];
}

public sealed class IntegrityOnEmbeddedTests(EmbeddedPair pair) : IntegrityTests(pair), IClassFixture<EmbeddedPair>;

public sealed class IntegrityOnClusterTests(ClusterPair pair) : IntegrityTests(pair), IClassFixture<ClusterPair>;
