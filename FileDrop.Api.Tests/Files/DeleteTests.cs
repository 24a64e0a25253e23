using System.Net;
using Xunit;

namespace FileDrop.Api.Tests.Files;

public abstract class DeleteTests(Pair pair)
{
    [Fact]
    public async Task A_deletion_answers_with_a_message_and_the_id_and_every_read_misses_the_file_at_once()
    {
        var file = await pair.Http.UploadAsync([1, 2, 3], "a");
        using var response = await pair.Http.DeleteAsync($"/files/{file.Id()}");
        var answer = await response.SucceededAsync();
        Assert.Equal(["message", "file_id"], answer.EnumerateObject().Select(member => member.Name));
        Assert.NotEqual("", answer.Text("message"));
        Assert.Equal(file.Id(), answer.Id());
        foreach (var path in new[] { "", "/metadata" })
        {
            using var read = await pair.Http.GetAsync($"/files/{file.Id()}{path}");
            await read.RefusedAsync(404, "file_not_found");
        }
        using var head = await pair.Http.SendAsync(HttpMethod.Head, $"/files/{file.Id()}", null);
        Assert.Equal(HttpStatusCode.NotFound, head.StatusCode);
        Assert.DoesNotContain(file.Id(), await pair.Http.GetStringAsync("/files"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_deleted_file_can_be_neither_changed_nor_deleted_again()
    {
        var file = await pair.Http.UploadAsync([1], "a");
        using var first = await pair.Http.DeleteAsync($"/files/{file.Id()}");
        Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        await pair.LeavesNothingAsync(async () =>
        {
            using var again = await pair.Http.DeleteAsync($"/files/{file.Id()}");
            await again.RefusedAsync(404, "file_not_found");
            using var rename = await pair.Http.PutJsonAsync(file.Id(), "{\"file_name\": \"b\"}");
            await rename.RefusedAsync(404, "file_not_found");
            using var content = await pair.Http.SendAsync(HttpMethod.Put, $"/files/{file.Id()}", new StringContent("x"));
            await content.RefusedAsync(404, "file_not_found");
            using var form = await pair.Http.SendAsync(HttpMethod.Put, $"/files/{file.Id()}", new FormBody().File().Content(), ("If-Match", "*"));
            await form.RefusedAsync(404, "file_not_found");
        });
    }

    [Fact]
    public async Task The_bytes_of_all_versions_are_deleted_in_the_end()
    {
        var file = await pair.Http.UploadAsync(Requests.Bytes(9 * 1024 * 1024), "a");
        using var update = await pair.Http.SendAsync(HttpMethod.Put, $"/files/{file.Id()}/content", new StringContent("new"));
        await update.SucceededAsync();
        Assert.Equal(2, (await BlobsAsync(file.Id())).Length);
        using var response = await pair.Http.DeleteAsync($"/files/{file.Id()}");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        await Service.UntilAsync("no blob of the file is left", async () => (await BlobsAsync(file.Id())).Length == 0);
    }

    [Fact]
    public async Task A_deletion_keeps_other_files_with_the_same_bytes_and_name()
    {
        var (one, other) = (await pair.Http.UploadAsync([7, 7], "same"), await pair.Http.UploadAsync([7, 7], "same"));
        using var response = await pair.Http.DeleteAsync($"/files/{one.Id()}");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        await Service.UntilAsync("its blob is gone", async () => (await BlobsAsync(one.Id())).Length == 0);
        Assert.Equal([7, 7], await pair.Http.GetByteArrayAsync($"/files/{other.Id()}"));
    }

    [Fact]
    public async Task Exactly_one_of_many_concurrent_deletions_succeeds()
    {
        var file = await pair.Http.UploadAsync([1], "a");
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            using var response = await pair.Http.DeleteAsync($"/files/{file.Id()}");
            return response.StatusCode;
        }));
        Assert.Equal(1, answers.Count(status => status == HttpStatusCode.OK));
        Assert.Equal(7, answers.Count(status => status == HttpStatusCode.NotFound));
    }

    private async Task<string[]> BlobsAsync(string id) =>
        [.. (await pair.Stores.BlobKeysAsync()).Where(key => key.Contains(id.Replace("-", "", StringComparison.Ordinal), StringComparison.Ordinal))];
}

public sealed class DeleteOnEmbeddedTests(EmbeddedPair pair) : DeleteTests(pair), IClassFixture<EmbeddedPair>;

public sealed class DeleteOnClusterTests(ClusterPair pair) : DeleteTests(pair), IClassFixture<ClusterPair>;
