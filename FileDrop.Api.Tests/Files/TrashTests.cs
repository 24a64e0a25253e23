using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Xunit;

namespace FileDrop.Api.Tests.Files;

/// <summary>A file in the trash can be restored; a purged file cannot.</summary>
public abstract class TrashTests(Pair pair)
{
    private static readonly (string, string) Month = ("FileDrop:Trash:Retention", "30.00:00:00");

    [Fact]
    public async Task A_deleted_file_is_in_the_trash_and_in_no_other_read_or_list()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, Month);
        var http = service.Http;
        var file = await http.UploadAsync([1, 2, 3], "a.txt");
        await DeleteAsync(http, $"/files/{file.Id()}");

        foreach (var path in new[] { "", "/metadata", "/versions", "?version=1" })
        {
            using var gone = await http.GetAsync($"/files/{file.Id()}{path}");
            Assert.Equal("file_not_found", await gone.CodeAsync());
        }
        using var put = await http.PutAsync($"/files/{file.Id()}", JsonContent.Create(new { file_name = "b" }));
        Assert.Equal("file_not_found", await put.CodeAsync());
        Assert.Empty(await ListAsync(http, "/files"));

        var trashed = Assert.Single(await ListAsync(http, "/trash"));
        Assert.Equal(file.Id(), trashed.Id());
        Assert.Equal("a.txt", trashed.GetProperty("file_name").GetString());
        Assert.Equal(TimeSpan.FromDays(30),
            trashed.GetProperty("purge_at").GetDateTimeOffset() - trashed.GetProperty("deleted_at").GetDateTimeOffset());
        Assert.False(file.TryGetProperty("deleted_at", out _));
    }

    [Fact]
    public async Task A_restored_file_is_as_it_was()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, Month);
        var http = service.Http;
        var id = (await http.UploadAsync([1], "a")).Id();
        using var put = await http.PutAsync($"/files/{id}/content", new ByteArrayContent([2]));
        using var before = await http.GetAsync($"/files/{id}/metadata");
        await DeleteAsync(http, $"/files/{id}");

        using var restored = await http.PostAsync($"/trash/{id}/restore", null);
        Assert.Equal(HttpStatusCode.OK, restored.StatusCode);
        Assert.Equal(before.Headers.ETag, restored.Headers.ETag);
        using var after = await http.GetAsync($"/files/{id}/metadata");
        Assert.Equal(await before.Content.ReadAsStringAsync(), await after.Content.ReadAsStringAsync());
        Assert.Equal([2], await http.GetByteArrayAsync($"/files/{id}"));
        Assert.Equal([1], await http.GetByteArrayAsync($"/files/{id}?version=1"));
        Assert.Empty(await ListAsync(http, "/trash"));
        using var again = await http.PostAsync($"/trash/{id}/restore", null);
        Assert.Equal("file_not_found", await again.CodeAsync());
    }

    [Fact]
    public async Task The_trash_lists_the_last_deleted_first_and_accepts_filters_sorts_and_cursors()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, Month);
        var http = service.Http;
        var ids = new List<string>();
        foreach (var name in new[] { "b", "c", "a", "other" })
            ids.Add((await http.UploadAsync([1], name)).Id());
        foreach (var id in ids)
            await DeleteAsync(http, $"/files/{id}");

        Assert.Equal(["other", "a", "c", "b"], Names(await ListAsync(http, "/trash?limit=1")));
        Assert.Equal(["b", "c", "a", "other"], Names(await ListAsync(http, "/trash?sort=deleted_at&order=asc&limit=3")));
        Assert.Equal(["a", "b", "c", "other"], Names(await ListAsync(http, "/trash?sort=file_name&order=asc&limit=2")));
        Assert.Equal(["other"], Names(await ListAsync(http, "/trash?name=OTH")));
        using var refused = await http.GetAsync("/files?sort=deleted_at");
        Assert.Equal("invalid_request", await refused.CodeAsync());
    }

    [Fact]
    public async Task A_purge_or_a_permanent_deletion_leaves_nothing()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, Month);
        var http = service.Http;
        var ids = new List<string>();
        for (var i = 0; i < 5; i++)
            ids.Add((await http.UploadAsync([(byte)i], $"{i}")).Id());
        await DeleteAsync(http, $"/files/{ids[0]}?permanent=true");
        foreach (var id in ids.Skip(1).Take(3))
            await DeleteAsync(http, $"/files/{id}");
        Assert.Equal(3, (await ListAsync(http, "/trash")).Count);

        await DeleteAsync(http, $"/trash/{ids[1]}");
        using var gone = await http.DeleteAsync($"/trash/{ids[1]}");
        Assert.Equal("file_not_found", await gone.CodeAsync());
        using var live = await http.DeleteAsync($"/trash/{ids[4]}");
        Assert.Equal("file_not_found", await live.CodeAsync());
        using var emptied = await http.DeleteAsync("/trash");
        Assert.Equal(2, (await emptied.JsonAsync()).GetProperty("deleted").GetInt32());
        Assert.Empty(await ListAsync(http, "/trash"));
        await Invariants.NothingElseIsLeftAsync(stores, ids[4]);
    }

    [Fact]
    public async Task The_sweeper_purges_files_after_their_retention_in_the_trash()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, ("FileDrop:Trash:Retention", "00:00:01"));
        var id = (await service.Http.UploadAsync([1], "a")).Id();
        await DeleteAsync(service.Http, $"/files/{id}");
        Assert.Single(await ListAsync(service.Http, "/trash"));
        await Service.UntilAsync("the trash is empty", async () => (await ListAsync(service.Http, "/trash")).Count == 0);
        await Invariants.NothingElseIsLeftAsync(stores);
        using var late = await service.Http.PostAsync($"/trash/{id}/restore", null);
        Assert.Equal("file_not_found", await late.CodeAsync());
    }

    [Theory]
    [InlineData("/trash/not-an-id/restore", "POST")]
    [InlineData("/trash/not-an-id", "DELETE")]
    [InlineData("/trash/01a20d70-fd22-7bde-ba24-1bcd17415cfa", "DELETE")]
    public async Task A_file_outside_the_trash_is_not_found_there(string path, string method)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        using var answer = await pair.Http.SendAsync(request);
        Assert.Equal("file_not_found", await answer.CodeAsync());
    }

    [Fact]
    public async Task A_flag_that_is_neither_true_nor_false_deletes_nothing()
    {
        var id = (await pair.Http.UploadAsync([1], "a")).Id();
        using var answer = await pair.Http.DeleteAsync($"/files/{id}?permanent=maybe");
        Assert.Equal("invalid_request", await answer.CodeAsync());
        Assert.Equal([1], await pair.Http.GetByteArrayAsync($"/files/{id}"));
    }

    private static async Task DeleteAsync(HttpClient http, string path)
    {
        using var answer = await http.DeleteAsync(path);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    private static async Task<IReadOnlyList<JsonElement>> ListAsync(HttpClient http, string path)
    {
        var files = new List<JsonElement>();
        for (var next = path; next is not null;)
        {
            using var page = await http.GetAsync(next);
            Assert.Equal(HttpStatusCode.OK, page.StatusCode);
            files.AddRange((await page.JsonAsync()).EnumerateArray());
            next = page.Headers.TryGetValues("Link", out var link) ? link.Single().Split('<', '>')[1] : null;
        }
        return files;
    }

    private static IEnumerable<string?> Names(IEnumerable<JsonElement> files) => files.Select(file => file.GetProperty("file_name").GetString());
}

public sealed class TrashOnEmbeddedTests(EmbeddedPair pair) : TrashTests(pair), IClassFixture<EmbeddedPair>;

public sealed class TrashOnClusterTests(ClusterPair pair) : TrashTests(pair), IClassFixture<ClusterPair>;
