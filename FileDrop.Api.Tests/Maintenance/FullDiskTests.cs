using System.Net;
using FileDrop.Api.Tests.Files;
using Xunit;

namespace FileDrop.Api.Tests.Maintenance;

/// <summary>The volume of the embedded store is full.</summary>
public sealed class FullDiskTests
{
    private const int Size = 1024 * 1024;

    [Fact]
    public async Task A_full_volume_gives_507_leaves_nothing_and_deletions_make_room_again()
    {
        await using var stores = new EmbeddedStores();
        await using var volume = await Shell.MountMemoryAsync(stores.Directory, "32m");
        await using var service = await Service.StartAsync(stores, ("FileDrop:Versions:Keep", "0"));
        var content = Requests.Bytes(Size);
        var files = new List<string>();
        HttpResponseMessage answer;
        while ((answer = await service.Http.PostAsync("/files/upload", new ByteArrayContent(content))).StatusCode == HttpStatusCode.Created)
        {
            files.Add((await answer.JsonAsync()).Id());
            Assert.True(files.Count < 32, "the volume is full at some time");
        }
        await answer.RefusedAsync(507, "insufficient_storage");
        Assert.True(files.Count > 16, $"only {files.Count} MiB had room");

        using var replaced = await service.Http.PutAsync($"/files/{files[0]}", new ByteArrayContent(content));
        await replaced.RefusedAsync(507, "insufficient_storage");
        using var unannounced = await service.Http.SendChunkedAsync(HttpMethod.Post, "/files/upload", new ByteArrayContent(Requests.Bytes(4 * Size)));
        await unannounced.RefusedAsync(507, "insufficient_storage");
        using var copied = await service.Http.PostAsync($"/files/{files[0]}/copy", null);
        await copied.RefusedAsync(507, "insufficient_storage");
        using var renamed = await service.Http.PutJsonAsync(files[0], """{"file_name":"another"}""");
        await renamed.SucceededAsync();
        await Invariants.NothingElseIsLeftAsync(stores, files);
        Assert.Equal(files.Count, (await Invariants.EveryFileIsWholeAsync(service.Http)).Count);

        foreach (var id in files[..4])
        {
            using var deleted = await service.Http.DeleteAsync($"/files/{id}");
            Assert.Equal(HttpStatusCode.OK, deleted.StatusCode);
        }
        files.RemoveRange(0, 4);
        await Invariants.NothingElseIsLeftAsync(stores, files);
        files.Add(await UploadOnceThereIsRoomAsync(service.Http, Requests.Bytes(2 * Size)));
        Assert.Equal(files.Count, (await Invariants.EveryFileIsWholeAsync(service.Http)).Count);
    }

    [Fact]
    public async Task A_volume_full_of_small_contents_gives_507_leaves_nothing_and_deletions_make_room_again()
    {
        await using var stores = new EmbeddedStores();
        await using var volume = await Shell.MountMemoryAsync(stores.Directory, "48m");
        await using var service = await Service.StartAsync(stores);
        var content = Requests.Bytes(32 * 1024);
        var files = new List<string>();
        HttpResponseMessage answer;
        while ((answer = await service.Http.PostAsync("/files/upload", new ByteArrayContent(content))).StatusCode == HttpStatusCode.Created)
        {
            files.Add((await answer.JsonAsync()).Id());
            Assert.True(files.Count < 1536, "the volume is full at some time");
        }
        await answer.RefusedAsync(507, "insufficient_storage");
        Assert.True(files.Count > 512, $"only {files.Count} times 32 KiB had room");
        using var replaced = await service.Http.PutAsync($"/files/{files[0]}", new ByteArrayContent(content));
        await replaced.RefusedAsync(507, "insufficient_storage");
        await Invariants.NothingElseIsLeftAsync(stores, files);

        foreach (var id in files[..32])
        {
            using var deleted = await service.Http.DeleteAsync($"/files/{id}");
            Assert.Equal(HttpStatusCode.OK, deleted.StatusCode);
        }
        files.RemoveRange(0, 32);
        await Invariants.NothingElseIsLeftAsync(stores, files);
        for (var i = 0; i < 8; i++)
            files.Add(await UploadOnceThereIsRoomAsync(service.Http, content));
        Assert.Equal(files.Count, (await Invariants.EveryFileIsWholeAsync(service.Http)).Count);
    }

    [Fact]
    public async Task A_volume_filled_by_others_refuses_changes_completely_and_recovers_without_a_restart()
    {
        await using var stores = new EmbeddedStores();
        await using var volume = await Shell.MountMemoryAsync(stores.Directory, "16m");
        await using var service = await Service.StartAsync(stores);
        var content = Requests.Bytes(Size);
        var file = await service.Http.UploadAsync(content, "before");
        var filler = Path.Combine(stores.Directory, "filler");
        await Shell.RunAsync("cat /dev/zero > \"$1\"", filler);
        Assert.Equal(0, new DriveInfo(stores.Directory).AvailableFreeSpace);

        // The log may have room for a change or two in its existing pages; an acknowledged change must then hold.
        var name = "before";
        for (var i = 0; i < 50; i++)
        {
            using var renamed = await service.Http.PutJsonAsync(file.Id(), $$"""{"file_name":"{{new string('n', 200)}}{{i}}"}""");
            if (renamed.IsSuccessStatusCode)
                name = $"{new string('n', 200)}{i}";
            else
                await renamed.RefusedAsync(507, "insufficient_storage");
        }
        foreach (var size in new[] { 1, Size })
        {
            using var refused = await service.Http.PostAsync("/files/upload", new ByteArrayContent(Requests.Bytes(size)));
            await refused.RefusedAsync(507, "insufficient_storage");
        }
        Assert.Equal(name, (await service.Http.MetadataAsync(file.Id())).Name());
        Assert.Equal(content, await service.Http.GetByteArrayAsync($"/files/{file.Id()}"));

        File.Delete(filler);
        var after = await service.Http.UploadAsync(content, "after");
        await Invariants.NothingElseIsLeftAsync(stores, file.Id(), after.Id());
        Assert.Equal(2, (await Invariants.EveryFileIsWholeAsync(service.Http)).Count);
    }

    /// <summary>Uploads a file. The sweeper gives the room of deleted files back in its own time.</summary>
    private static async Task<string> UploadOnceThereIsRoomAsync(HttpClient http, byte[] content)
    {
        var id = "";
        await Service.UntilAsync("there is room", async () =>
        {
            using var answer = await http.PostAsync("/files/upload", new ByteArrayContent(content));
            if (answer.StatusCode == HttpStatusCode.Created)
                id = (await answer.JsonAsync()).Id();
            return id.Length > 0;
        });
        return id;
    }
}
