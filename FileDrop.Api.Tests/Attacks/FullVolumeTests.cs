using System.Net;
using FileDrop.Api.Tests.Files;
using Xunit;

namespace FileDrop.Api.Tests.Attacks;

/// <summary>Deletions work although another program has filled the volume to its last byte.</summary>
public sealed class FullVolumeTests
{
    [Theory]
    [InlineData("tmpfs")]
    [InlineData("ext4")]
    public async Task Files_are_deleted_and_room_is_freed_on_a_volume_that_another_program_has_filled(string kind)
    {
        await using var stores = new EmbeddedStores();
        await using var volume = await VolumeAsync(kind, stores.Directory, 96);
        await using var service = await Service.StartAsync(stores, ("FileDrop:Trash:Retention", "1.00:00:00"));
        var files = new List<string>();
        foreach (var size in new[] { 1000, 1000, 1000, 1 << 20, 1 << 20, 1 << 20 })
            files.Add((await service.Http.UploadAsync(Requests.Bytes(size), "a")).Id());
        var reserve = new FileInfo(Path.Combine(stores.Directory, "reserve"));
        var whole = reserve.Length;
        Assert.True(whole > 3 << 20, $"The reserve has {whole} bytes.");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, reserve.UnixFileMode);
        var filler = Path.Combine(stores.Directory, "filler");
        await Shell.RunAsync("cat /dev/zero > \"$1\"; sync", filler);
        // Use up the log's own blocks.
        for (var i = 0; i < 2000; i++)
        {
            using var renamed = await service.Http.PutJsonAsync(files[^1], $$"""{"file_name":"{{new string('n', 250)}}"}""");
            if (renamed.StatusCode == HttpStatusCode.InsufficientStorage)
                break;
            Assert.True(i < 1999, "The volume is not full.");
        }

        foreach (var path in new[] { $"/files/{files[0]}", $"/files/{files[3]}", $"/files/{files[1]}?permanent=true", $"/files/{files[4]}?permanent=true", "/trash" })
        {
            using var deleted = await service.Http.DeleteAsync(path);
            Assert.True(deleted.StatusCode == HttpStatusCode.OK, $"{path}: {deleted.StatusCode}");
        }
        await Invariants.NothingElseIsLeftAsync(stores, files[2], files[5]);
        // Two deleted files of 1 MiB made room; the reserve takes its share.
        reserve.Refresh();
        await Service.UntilAsync($"the reserve of {whole} bytes is whole again", async () =>
        {
            using var health = await service.Http.GetAsync("/health");
            reserve.Refresh();
            return reserve.Length == whole;
        });
        Assert.Equal(2, (await Invariants.EveryFileIsWholeAsync(service.Http)).Count);
    }

    [Fact]
    public async Task A_service_starts_and_deletes_on_a_volume_that_another_program_has_filled()
    {
        await using var stores = new EmbeddedStores();
        await using var volume = await VolumeAsync("tmpfs", stores.Directory, 32);
        string file, upload;
        await using (var service = await Service.StartAsync(stores))
        {
            file = (await service.Http.UploadAsync(Requests.Bytes(1 << 20), "a")).Id();
            using var begun = await service.Http.SendAsync(HttpMethod.Post, "/uploads", null, ("Tus-Resumable", "1.0.0"), ("Upload-Length", "100"));
            upload = begun.Headers.Location?.ToString() ?? throw new InvalidOperationException($"{begun.StatusCode}");
        }
        await Shell.RunAsync("cat /dev/zero > \"$1\"", Path.Combine(stores.Directory, "filler"));
        await using var again = await Service.StartAsync(stores);
        using var ended = await again.Http.SendAsync(HttpMethod.Delete, upload, null, ("Tus-Resumable", "1.0.0"));
        Assert.Equal(HttpStatusCode.NoContent, ended.StatusCode);
        using var deleted = await again.Http.DeleteAsync($"/files/{file}");
        Assert.Equal(HttpStatusCode.OK, deleted.StatusCode);
        await Invariants.NothingElseIsLeftAsync(stores);
    }

    private static async Task<IAsyncDisposable> VolumeAsync(string kind, string folder, int mebibytes)
    {
        if (kind is "tmpfs")
            return await Shell.MountMemoryAsync(folder, $"{mebibytes}m");
        var image = folder + ".img";
        // Reserve no blocks for root, which other users could not use.
        await Shell.MountAsync("truncate -s \"$3\"M \"$2\" && mkfs.ext4 -q -m 0 \"$2\" && mount -o loop \"$2\" \"$1\" || { rm -f \"$2\"; exit 1; }",
            folder, image, $"{mebibytes}");
        return new Image(folder, image);
    }

    private sealed class Image(string folder, string image) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            var unmounted = await Shell.RunAsync("umount -l \"$1\"", folder);
            File.Delete(image);
            Assert.Equal((0, ""), unmounted);
        }
    }
}
