using System.Globalization;
using System.Net;
using FileDrop.Api.Tests.Access;
using FileDrop.Api.Tests.Files;
using FileDrop.Api.Tests.Folders;
using Xunit;

namespace FileDrop.Api.Tests.Shares;

public abstract class FileExpiryTests(Pair pair)
{
    [Fact]
    public async Task A_file_that_expires_leaves_lists_and_reads_together_before_any_sweep()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, FolderRequests.Day, ("FileDrop:SweepInterval", "01:00:00"));
        var http = service.Http;
        var folder = (await http.FolderAsync("f")).FolderId();
        var ids = new List<string>();
        foreach (var query in new[] { "", $"&folder_id={folder}" })
        {
            using var made = await http.PostAsync($"/files/upload?file_name=a.txt&expires_at={In(3)}{query}", new StringContent("x"));
            var file = await made.SucceededAsync(HttpStatusCode.Created);
            Assert.True(file.TryGetProperty("expires_at", out _));
            ids.Add(file.Id());
        }
        Assert.Equal(HttpStatusCode.OK, await http.StatusAsync($"/files/{ids[0]}"));
        var share = await http.ShareAsync(new { ids = new[] { ids[0] } });
        await Service.UntilAsync("it has expired", async () => await http.StatusAsync($"/files/{ids[1]}") == HttpStatusCode.NotFound);
        Assert.Equal("[]", (await http.GetStringAsync("/files")).Trim());
        Assert.Equal("[]", (await http.GetStringAsync($"/folders/{folder}/entries")).Trim());
        foreach (var path in new[] { $"/files/{ids[1]}/metadata", $"/files/{ids[1]}/versions", "/paths/f/a.txt" })
            Assert.Equal(HttpStatusCode.NotFound, await http.StatusAsync(path));
        using (var change = await http.PutJsonAsync(ids[0], "{\"file_name\":\"b\"}"))
            await change.RefusedAsync(404, "file_not_found");
        Assert.Equal("suspended", (await http.ReadShareAsync(share)).Text("state"));
        using (var late = await http.PostAsync("/shares", AccessWords.Json(new { ids })))
            await late.RefusedAsync(404, "file_not_found");
        // Its name is free at once.
        using (var next = await http.PostAsync($"/files/upload?file_name=a.txt&folder_id={folder}", new StringContent("next")))
            await next.SucceededAsync(HttpStatusCode.Created);
        Assert.Equal("next", await http.GetStringAsync("/paths/f/a.txt?content"));
    }

    [Fact]
    public async Task An_expiry_can_be_set_moved_and_taken_away_and_the_trash_gives_the_file_back()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, FolderRequests.Day);
        var http = service.Http;
        var file = (await http.UploadAsync([1], "a")).Id();
        using (var past = await http.PatchAsync($"/files/{file}", AccessWords.Json(new { expires_at = "2020-01-01T00:00:00Z" })))
            await past.RefusedAsync(400, "invalid_request");
        using (var early = await http.PostAsync("/files/upload?file_name=b&expires_at=2020-01-01T00:00:00Z", new StringContent("x")))
            await early.RefusedAsync(400, "invalid_request");
        using (var later = await http.PatchAsync($"/files/{file}", AccessWords.Json(new { expires_at = In(3600) })))
            Assert.True((await later.SucceededAsync()).GetProperty("file").TryGetProperty("expires_at", out _));
        using (var never = await http.PatchAsync($"/files/{file}", AccessWords.Json(new { expires_at = (string?)null })))
            Assert.False((await never.SucceededAsync()).GetProperty("file").TryGetProperty("expires_at", out _));
        using (var soon = await http.PatchAsync($"/files/{file}", AccessWords.Json(new { expires_at = In(2) })))
            await soon.SucceededAsync();
        await Service.UntilAsync("it is in the trash", async () => (await http.GetStringAsync("/trash")).Contains(file, StringComparison.Ordinal));
        using (var back = await http.PostAsync($"/trash/{file}/restore", null))
            Assert.False((await back.SucceededAsync()).TryGetProperty("expires_at", out _));
        // Another file expires, so the sweeper has passed; the restored one stays.
        using (var other = await http.PostAsync($"/files/upload?file_name=b&expires_at={In(1)}", new StringContent("x")))
        {
            var next = (await other.SucceededAsync(HttpStatusCode.Created)).Id();
            await Service.UntilAsync("the other is in the trash", async () => (await http.GetStringAsync("/trash")).Contains(next, StringComparison.Ordinal));
        }
        Assert.False((await http.MetadataAsync(file)).TryGetProperty("expires_at", out _));
    }

    private static string In(double seconds) => DateTimeOffset.UtcNow.AddSeconds(seconds).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}

public sealed class FileExpiryOnEmbeddedTests(EmbeddedPair pair) : FileExpiryTests(pair), IClassFixture<EmbeddedPair>;

public sealed class FileExpiryOnClusterTests(ClusterPair pair) : FileExpiryTests(pair), IClassFixture<ClusterPair>;
