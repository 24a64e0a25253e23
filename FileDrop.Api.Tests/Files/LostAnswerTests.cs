using System.Net;
using System.Net.Http.Json;
using FileDrop.Api.Storage;
using Xunit;

namespace FileDrop.Api.Tests.Files;

/// <summary>The catalog's answer to a commit is lost, and another client changes the file before the writer can read it again.</summary>
public abstract class LostAnswerTests(Pair pair)
{
    [Fact]
    public async Task A_replacement_with_a_lost_answer_gets_its_own_version_although_another_followed()
    {
        await using var stores = await pair.MakeStoresAsync();
        var lost = new LostCommit();
        await using var service = await Service.StartAsync(stores, lost.Wrap);
        var id = (await service.Http.UploadAsync([1], "a")).Id();
        lost.Next = async () => (await service.Http.PutAsync($"/files/{id}/content", new ByteArrayContent([3, 3]))).EnsureSuccessStatusCode();

        using var answer = await service.Http.PutAsync($"/files/{id}/content", new ByteArrayContent([2]));

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var told = (await answer.JsonAsync()).GetProperty("file");
        Assert.Equal((2, 1), (told.GetProperty("version").GetInt32(), told.GetProperty("file_size").GetInt32()));
        using var request = new HttpRequestMessage(HttpMethod.Put, $"/files/{id}/content") { Content = new ByteArrayContent([4]) };
        request.Headers.IfMatch.Add(answer.Headers.ETag ?? throw new InvalidOperationException("There is no ETag."));
        using var refused = await service.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.PreconditionFailed, refused.StatusCode);
        Assert.Equal([3, 3], await service.Http.GetByteArrayAsync($"/files/{id}"));
    }

    [Fact]
    public async Task An_upload_with_a_lost_answer_gets_its_own_version_although_the_file_was_renamed()
    {
        await using var stores = await pair.MakeStoresAsync();
        var lost = new LostCommit();
        await using var service = await Service.StartAsync(stores, lost.Wrap);
        lost.Next = async () =>
        {
            var id = Assert.Single(await Invariants.EveryFileIsWholeAsync(service.Http)).Id();
            (await service.Http.PutAsync($"/files/{id}", JsonContent.Create(new { file_name = "b" }))).EnsureSuccessStatusCode();
        };

        var told = await service.Http.UploadAsync([1], "a");

        Assert.Equal((1, "a"), (told.GetProperty("version").GetInt32(), told.GetProperty("file_name").GetString()));
        var now = Assert.Single(await Invariants.EveryFileIsWholeAsync(service.Http));
        Assert.Equal((2, "b"), (now.GetProperty("version").GetInt32(), now.GetProperty("file_name").GetString()));
    }

    [Fact]
    public async Task A_replacement_with_a_lost_answer_gets_no_version_once_its_content_was_pruned()
    {
        await using var stores = await pair.MakeStoresAsync();
        var lost = new LostCommit();
        await using var service = await Service.StartAsync(stores, lost.Wrap, ("FileDrop:Versions:Keep", "0"), ("FileDrop:SweepInterval", "01:00:00"));
        var id = (await service.Http.UploadAsync([1], "a")).Id();
        lost.Next = async () => (await service.Http.PutAsync($"/files/{id}/content", new ByteArrayContent([3, 3]))).EnsureSuccessStatusCode();

        using var answer = await service.Http.PutAsync($"/files/{id}/content", new ByteArrayContent([2]));

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Equal([3, 3], await service.Http.GetByteArrayAsync($"/files/{id}"));
    }

    [Fact]
    public async Task A_replacement_with_a_lost_answer_does_not_get_404_if_the_file_was_deleted_later()
    {
        await using var stores = await pair.MakeStoresAsync();
        var lost = new LostCommit();
        await using var service = await Service.StartAsync(stores, lost.Wrap, ("FileDrop:Trash:Retention", "1.00:00:00"));
        var id = (await service.Http.UploadAsync([1], "a")).Id();
        lost.Next = async () => (await service.Http.DeleteAsync($"/files/{id}")).EnsureSuccessStatusCode();

        using var answer = await service.Http.PutAsync($"/files/{id}/content", new ByteArrayContent([2]));

        // The write happened, as the trash shows, so the answer must not be 404.
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        (await service.Http.PostAsync($"/trash/{id}/restore", null)).EnsureSuccessStatusCode();
        Assert.Equal([2], await service.Http.GetByteArrayAsync($"/files/{id}"));
    }

    /// <summary>Loses the answer to one commit, after another action.</summary>
    private sealed class LostCommit : StoreCalls
    {
        private Func<Task>? _next;

        public Func<Task>? Next
        {
            set => _next = value;
        }

        protected override void After(string method)
        {
            if (method is not ("IWriteCatalog.CommitAsync" or "IInlineContents.CommitAsync") || Interlocked.Exchange(ref _next, null) is not { } meanwhile)
                return;
            Task.Run(meanwhile).GetAwaiter().GetResult();
            throw new StorageException(StorageFailure.Unavailable, "A test's fault, after the call.");
        }
    }
}

public sealed class LostAnswerOnEmbeddedTests(EmbeddedPair pair) : LostAnswerTests(pair), IClassFixture<EmbeddedPair>;

public sealed class LostAnswerOnClusterTests(ClusterPair pair) : LostAnswerTests(pair), IClassFixture<ClusterPair>;
