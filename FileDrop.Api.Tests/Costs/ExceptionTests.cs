using FileDrop.Api.Tests.Files;
using Xunit;

namespace FileDrop.Api.Tests.Costs;

/// <summary>A successful request throws no exception, because one costs more than the rest of a small request.</summary>
public abstract class ExceptionTests(Pair pair)
{
    private const int Times = 10;
    private const int Small = 4096;
    private const int Large = 300_000;

    [Fact]
    public async Task A_successful_request_throws_no_exception_within_the_service()
    {
        await using var stores = await pair.MakeStoresAsync();
        var pipe = Path.Combine(Path.GetTempPath(), $"filedrop-exceptions-{Guid.NewGuid():N}");
        await using var service = await ServiceProcess.StartAsync(
            stores, ("DOTNET_STARTUP_HOOKS", typeof(ProcessCounter).Assembly.Location), (ProcessCounter.Variable, pipe), ("FileDrop:SweepInterval", "01:00:00"));
        var http = service.Http;
        var id = (await http.UploadAsync(Requests.Bytes(Large), "a")).Id();
        List<string> thrown = [];

        await CheckAsync("upload of 4 KiB", () => http.UploadAsync(Requests.Bytes(Small), "b"));
        await CheckAsync("upload of 300 kB", () => http.UploadAsync(Requests.Bytes(Large), "c"));
        await CheckAsync("upload as a form", () => SendAsync(HttpMethod.Post, "/files/upload", new MultipartFormDataContent { { new ByteArrayContent(Requests.Bytes(Large)), "file", "d" } }));
        await CheckAsync("download", () => http.GetByteArrayAsync($"/files/{id}"));
        await CheckAsync("metadata", () => http.GetByteArrayAsync($"/files/{id}/metadata"));
        await CheckAsync("list", () => http.GetByteArrayAsync("/files?limit=100"));
        await CheckAsync("rename", () => SendAsync(HttpMethod.Put, $"/files/{id}", new StringContent("{\"file_name\":\"e\"}", null, "application/json")));
        await CheckAsync("new content", () => SendAsync(HttpMethod.Put, $"/files/{id}/content", new ByteArrayContent(Requests.Bytes(Large))));
        await CheckAsync("resumable upload", ResumeAsync);
        await CheckAsync("deletion", async () =>
        {
            var doomed = (await http.UploadAsync(Requests.Bytes(Small), "f")).Id();
            await SendAsync(HttpMethod.Delete, $"/files/{doomed}", null);
        });
        File.Delete(pipe);
        Assert.True(thrown.Count == 0, string.Join('\n', thrown));

        async Task CheckAsync(string name, Func<Task> request)
        {
            // The first request of a kind may throw, for example because a connection does not exist yet.
            await request();
            var before = (await ProcessCounter.ReadAsync(pipe)).Exceptions.Length;
            for (var i = 0; i < Times; i++)
                await request();
            var exceptions = (await ProcessCounter.ReadAsync(pipe)).Exceptions[before..];
            if (exceptions.Length > 0)
                thrown.Add($"{name}: {exceptions.Length} exceptions in {Times} requests, such as {exceptions[0]}");
        }

        async Task SendAsync(HttpMethod method, string path, HttpContent? body)
        {
            using var request = new HttpRequestMessage(method, path) { Content = body };
            using var response = await http.SendAsync(request);
            Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        }

        async Task ResumeAsync()
        {
            using var creation = new HttpRequestMessage(HttpMethod.Post, "/uploads");
            creation.Headers.Add("Tus-Resumable", "1.0.0");
            creation.Headers.Add("Upload-Length", $"{Large}");
            using var created = await http.SendAsync(creation);
            Assert.True(created.IsSuccessStatusCode, await created.Content.ReadAsStringAsync());
            using var append = new HttpRequestMessage(HttpMethod.Patch, created.Headers.Location) { Content = new ByteArrayContent(Requests.Bytes(Large)) };
            append.Headers.Add("Tus-Resumable", "1.0.0");
            append.Headers.Add("Upload-Offset", "0");
            append.Content.Headers.ContentType = new("application/offset+octet-stream");
            using var appended = await http.SendAsync(append);
            Assert.True(appended.IsSuccessStatusCode, await appended.Content.ReadAsStringAsync());
        }
    }
}

public sealed class ExceptionOnEmbeddedTests(EmbeddedPair pair) : ExceptionTests(pair), IClassFixture<EmbeddedPair>;

public sealed class ExceptionOnClusterTests(ClusterPair pair) : ExceptionTests(pair), IClassFixture<ClusterPair>;
