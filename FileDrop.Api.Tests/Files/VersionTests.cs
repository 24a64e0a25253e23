using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using Xunit;

namespace FileDrop.Api.Tests.Files;

/// <summary>New content keeps the old as a version.</summary>
public abstract class VersionTests(Pair pair)
{
    [Fact]
    public async Task Every_version_is_listed_newest_first_with_its_facts()
    {
        var id = await FileAsync("one", "two!");
        await RenameAsync(id, "renamed");
        await PutAsync(id, "three", "text/css");

        var versions = await VersionsAsync(id);
        Assert.Equal([4, 2, 1], versions.Select(version => version.GetProperty("version").GetInt32()));
        Assert.Equal([5, 4, 3], versions.Select(version => version.GetProperty("size").GetInt32()));
        Assert.Equal(["text/css", "text/plain", "text/plain"], versions.Select(version => version.GetProperty("type").GetString()));
        Assert.Equal(["created_at", "sha256", "size", "type", "version"], versions[0].EnumerateObject().Select(member => member.Name).Order(StringComparer.Ordinal));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData("one"u8)), versions[2].GetProperty("sha256").GetString());
    }

    [Fact]
    public async Task An_earlier_version_can_be_read_with_ranges_preconditions_and_its_own_validators()
    {
        var id = await FileAsync("first content", "second");
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/files/{id}?version=1");
        request.Headers.Range = new RangeHeaderValue(6, 12);
        using var slice = await pair.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.PartialContent, slice.StatusCode);
        Assert.Equal("content", await slice.Content.ReadAsStringAsync());

        using var whole = await pair.Http.GetAsync($"/files/{id}?version=1");
        Assert.Equal("first content", await whole.Content.ReadAsStringAsync());
        using var live = await pair.Http.GetAsync($"/files/{id}");
        Assert.NotEqual(live.Headers.ETag, whole.Headers.ETag);
        Assert.Equal("second", await pair.Http.GetStringAsync($"/files/{id}?version=2"));

        using var again = new HttpRequestMessage(HttpMethod.Get, $"/files/{id}?version=1");
        again.Headers.IfNoneMatch.Add(whole.Headers.ETag ?? throw new InvalidOperationException("There is no ETag."));
        using var unchanged = await pair.Http.SendAsync(again);
        Assert.Equal(HttpStatusCode.NotModified, unchanged.StatusCode);
    }

    [Theory]
    [InlineData("3")]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("one")]
    [InlineData("99999999999999999999")]
    [InlineData("")]
    public async Task A_number_without_a_content_is_answered_with_version_not_found(string number)
    {
        var id = await FileAsync("one", "two");
        await RenameAsync(id, "renamed");
        using var read = await pair.Http.GetAsync($"/files/{id}?version={number}");
        Assert.Equal("version_not_found", await read.CodeAsync());
        if (number.Length == 0)
            return;
        using var restored = await pair.Http.PostAsync($"/files/{id}/versions/{number}/restore", null);
        Assert.Equal("version_not_found", await restored.CodeAsync());
        using var deleted = await pair.Http.DeleteAsync($"/files/{id}/versions/{number}");
        Assert.Equal("version_not_found", await deleted.CodeAsync());
    }

    [Fact]
    public async Task Versions_of_a_missing_file_are_answered_with_file_not_found()
    {
        var id = Guid.NewGuid();
        foreach (var answer in new[]
        {
            await pair.Http.GetAsync($"/files/{id}/versions"), await pair.Http.GetAsync($"/files/{id}?version=1"),
            await pair.Http.PostAsync($"/files/{id}/versions/1/restore", null), await pair.Http.DeleteAsync($"/files/{id}/versions/1"),
        })
        {
            Assert.Equal("file_not_found", await answer.CodeAsync());
            answer.Dispose();
        }
    }

    [Fact]
    public async Task A_restored_version_is_a_new_version_with_the_old_content_and_copies_no_bytes()
    {
        var id = await FileAsync("one", "two");
        var before = (await pair.Stores.BlobKeysAsync()).Count(key => key.EndsWith(Guid.Parse(id).ToString("N"), StringComparison.Ordinal));
        using var answer = await pair.Http.PostAsync($"/files/{id}/versions/1/restore", null);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var file = (await answer.JsonAsync()).GetProperty("file");
        Assert.Equal(3, file.GetProperty("version").GetInt32());
        Assert.Equal("one", await pair.Http.GetStringAsync($"/files/{id}"));
        Assert.Equal([3, 2, 1], (await VersionsAsync(id)).Select(version => version.GetProperty("version").GetInt32()));
        Assert.Equal(before, (await pair.Stores.BlobKeysAsync()).Count(key => key.EndsWith(Guid.Parse(id).ToString("N"), StringComparison.Ordinal)));

        // The two versions that share a blob do not depend on each other.
        using var dropped = await pair.Http.DeleteAsync($"/files/{id}/versions/1");
        Assert.Equal(HttpStatusCode.OK, dropped.StatusCode);
        await Service.UntilAsync("the sweeper has been there", async () => (await VersionsAsync(id)).Count == 2);
        Assert.Equal("one", await pair.Http.GetStringAsync($"/files/{id}"));
        Assert.Equal("two", await pair.Http.GetStringAsync($"/files/{id}?version=2"));
    }

    [Fact]
    public async Task A_restore_is_conditional_on_If_Match()
    {
        var id = await FileAsync("one", "two");
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/files/{id}/versions/1/restore");
        request.Headers.TryAddWithoutValidation("If-Match", "\"another\"");
        using var answer = await pair.Http.SendAsync(request);
        Assert.Equal("precondition_failed", await answer.CodeAsync());
        Assert.Equal("two", await pair.Http.GetStringAsync($"/files/{id}"));
    }

    [Fact]
    public async Task A_version_can_be_deleted_with_its_bytes_except_the_live_one()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores);
        var id = (await service.Http.UploadAsync([1], "a")).Id();
        using var put = await service.Http.PutAsync($"/files/{id}/content", new ByteArrayContent([2]));
        Assert.Equal(HttpStatusCode.OK, put.StatusCode);

        using var live = await service.Http.DeleteAsync($"/files/{id}/versions/2");
        Assert.Equal(HttpStatusCode.Conflict, live.StatusCode);
        Assert.Equal("version_is_live", await live.CodeAsync());
        using var answer = await service.Http.DeleteAsync($"/files/{id}/versions/1");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        await Invariants.NothingElseIsLeftAsync(stores, id);
        using var gone = await service.Http.GetAsync($"/files/{id}?version=1");
        Assert.Equal("version_not_found", await gone.CodeAsync());
        using var metadata = await service.Http.GetAsync($"/files/{id}/metadata");
        Assert.Equal(2, (await metadata.JsonAsync()).GetProperty("version").GetInt32());
    }

    [Fact]
    public async Task The_next_change_of_content_deletes_versions_past_their_age()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, ("FileDrop:Versions:MaxAge", "00:00:00.200"));
        var id = (await service.Http.UploadAsync([1], "a")).Id();
        using var second = await service.Http.PutAsync($"/files/{id}/content", new ByteArrayContent([2]));
        // Wait longer than the maximum age under test.
        await Task.Delay(TimeSpan.FromMilliseconds(400));
        using var third = await service.Http.PutAsync($"/files/{id}/content", new ByteArrayContent([3]));
        Assert.Equal(HttpStatusCode.OK, third.StatusCode);
        await Invariants.NothingElseIsLeftAsync(stores, new Dictionary<string, int> { [id] = 2 });
    }

    private async Task<string> FileAsync(params string[] contents)
    {
        var id = (await pair.Http.UploadAsync(System.Text.Encoding.UTF8.GetBytes(contents[0]), "a.txt")).Id();
        foreach (var content in contents.Skip(1))
            await PutAsync(id, content, "text/plain");
        return id;
    }

    private async Task PutAsync(string id, string content, string type)
    {
        using var body = new StringContent(content, new MediaTypeHeaderValue(type));
        using var answer = await pair.Http.PutAsync($"/files/{id}/content", body);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    private async Task RenameAsync(string id, string name)
    {
        using var answer = await pair.Http.PutAsync($"/files/{id}", JsonContent.Create(new { file_name = name }));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    private async Task<IReadOnlyList<JsonElement>> VersionsAsync(string id)
    {
        using var answer = await pair.Http.GetAsync($"/files/{id}/versions");
        return [.. (await answer.JsonAsync()).EnumerateArray()];
    }
}

public sealed class VersionOnEmbeddedTests(EmbeddedPair pair) : VersionTests(pair), IClassFixture<EmbeddedPair>;

public sealed class VersionOnClusterTests(ClusterPair pair) : VersionTests(pair), IClassFixture<ClusterPair>;
