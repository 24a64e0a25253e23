using System.Net;
using FileDrop.Api.Tests.Files;
using Xunit;

namespace FileDrop.Api.Tests;

public abstract class ProblemTests(Pair pair)
{
    private static readonly string[] Members = ["type", "title", "status", "detail", "instance", "code", "trace_id"];

    [Theory]
    [ClusterAtNight]
    [InlineData("GET", "/elsewhere")]
    [InlineData("GET", "/files/a/b")]
    [InlineData("GET", "/files/00000000-0000-7000-8000-000000000000/content/more")]
    [InlineData("POST", "/elsewhere")]
    [InlineData("GET", "/Żółć/%F0%9F%98%80")]
    [InlineData("GET", "/.env")]
    public async Task An_unknown_path_is_answered_with_404(string method, string path)
    {
        using var response = await pair.Http.SendAsync(new HttpMethod(method), path, null);
        await response.RefusedAsync(404, "not_found");
    }

    [Theory]
    [ClusterAtNight]
    [InlineData("POST", "/files", "GET, HEAD")]
    [InlineData("DELETE", "/files", "GET, HEAD")]
    [InlineData("POST", "/files/{id}", "DELETE, GET, HEAD, PATCH, PUT")]
    [InlineData("PATCH", "/files/{id}/content", "PUT")]
    [InlineData("NONSENSE", "/files/{id}", "DELETE, GET, HEAD, PATCH, PUT")]
    [InlineData("PUT", "/files/{id}/metadata", "GET, HEAD")]
    [InlineData("DELETE", "/files/{id}/content", "PUT")]
    [InlineData("TRACE", "/files/upload", "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT")]
    [InlineData("TRACE", "/files/{id}/content", "PUT")]
    public async Task A_wrong_method_is_405_and_told_the_right_ones(string method, string path, string allowed)
    {
        var file = await pair.Http.UploadAsync([1], "a");
        await pair.LeavesNothingAsync(async () =>
        {
            using var response = await pair.Http.SendAsync(new HttpMethod(method), path.Replace("{id}", file.Id(), StringComparison.Ordinal), null);
            Assert.Equal(allowed, string.Join(", ", response.Content.Headers.Allow.Order(StringComparer.Ordinal)));
            await response.RefusedAsync(405, "method_not_allowed");
        });
    }

    [Theory]
    [InlineData("POST", "/", 405)]
    [InlineData("PUT", "/", 405)]
    [InlineData("POST", "/files", 405)]
    [InlineData("POST", "/files/", 405)]
    [InlineData("PUT", "/files", 405)]
    [InlineData("POST", "/upload", 404)]
    [InlineData("PUT", "/report.pdf", 404)]
    public async Task A_new_file_at_a_wrong_path_is_refused_with_the_right_path(string method, string path, int status)
    {
        using var response = await pair.Http.SendAsync(new HttpMethod(method), path, new StringContent("new"));
        await response.RefusedAsync(status, status == 405 ? "method_not_allowed" : "not_found");
        Assert.Contains("Upload with POST /files/upload", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(status == 405, response.Content.Headers.Allow.Contains("GET"));
    }

    [Fact]
    [ClusterAtNight]
    public async Task Every_problem_has_all_its_members_and_no_others()
    {
        foreach (var response in await ProblemsAsync())
        {
            using (response)
            {
                var problem = await response.JsonAsync();
                Assert.Equal(Members, problem.EnumerateObject().Select(member => member.Name));
                Assert.Equal($"urn:filedrop:problem:{problem.Text("code")}", problem.Text("type"));
                Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.ToString());
                Assert.Equal("no-store", response.Headers.CacheControl?.ToString());
                Assert.Equal("nosniff", response.Headers.GetValues("X-Content-Type-Options").Single());
                Assert.Equal(response.RequestMessage?.RequestUri?.AbsolutePath, problem.Text("instance"));
                foreach (var member in Members.Where(member => member != "status"))
                    Assert.NotEqual("", problem.Text(member));
                Assert.Equal((int)response.StatusCode, problem.GetProperty("status").GetInt32());
            }
        }
    }

    [Fact]
    public async Task No_problem_tells_of_the_inside_or_asks_for_a_password()
    {
        foreach (var response in await ProblemsAsync())
        {
            using (response)
            {
                var text = await response.Content.ReadAsStringAsync();
                foreach (var inside in new[] { "   at ", "Exception", "FileDrop.Api", "System.", "Microsoft", "Kestrel", ".cs", "mongodb", "27117", "9200", "/tmp", "catalog.db", "sqlite" })
                    Assert.DoesNotContain(inside, text, StringComparison.OrdinalIgnoreCase);
                Assert.False(response.Headers.Contains("Server"));
                Assert.False(response.Headers.Contains("X-Powered-By"));
                Assert.Empty(response.Headers.WwwAuthenticate);
            }
        }
    }

    [Fact]
    [ClusterAtNight]
    public async Task Each_problem_has_a_trace_id_of_its_own()
    {
        var traces = new HashSet<string>();
        foreach (var response in await ProblemsAsync())
        {
            using (response)
                Assert.True(traces.Add((await response.JsonAsync()).Text("trace_id")));
        }
    }

    [Fact]
    [ClusterAtNight]
    public async Task A_HEAD_request_gets_the_status_of_a_problem_without_a_body()
    {
        using var response = await pair.Http.SendAsync(HttpMethod.Head, "/files/00000000-0000-7000-8000-000000000000", null);
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        Assert.Empty(await response.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    [ClusterAtNight]
    public async Task A_problem_repeats_an_unusual_request_target_unchanged()
    {
        using var wire = await Wire.ConnectAsync(pair.Service);
        await wire.SendHeadAsync("OPTIONS *");
        var answer = await wire.ReadAnswerAsync();
        Assert.InRange(answer.Status, 400, 499);
        Assert.NotEqual("", answer.Json().Text("instance"));
    }

    private async Task<HttpResponseMessage[]> ProblemsAsync()
    {
        var file = $"/files/{(await pair.Http.UploadAsync([1], "a")).Id()}";
        var http = pair.Http;
        return
        [
            await http.GetAsync("/elsewhere"),
            await http.GetAsync("/files/no-id"),
            await http.GetAsync("/files?cursor=rubbish"),
            await http.GetAsync("/files?limit=-1"),
            await http.SendAsync(HttpMethod.Patch, file, null),
            await http.SendAsync(HttpMethod.Get, file, null, ("If-Match", "\"other\"")),
            await http.SendAsync(HttpMethod.Get, file, null, ("If-Match", "rubbish")),
            await http.SendAsync(HttpMethod.Get, file, null, ("Range", "bytes=7-")),
            await http.SendAsync(HttpMethod.Get, "/files", null, ("Host", "evil.example")),
            await http.SendAsync(HttpMethod.Delete, file, null, ("Origin", "https://evil.example")),
            await http.PutJsonAsync(file[7..], "{ rubbish"),
            await http.PutJsonAsync(file[7..], "{\"file_name\": \"..\"}"),
            await http.PutJsonAsync(file[7..], "{\"tags\": 1}"),
            await http.PostAsync("/files/upload", new FormBody().Content()),
            await http.PostAsync("/files/upload", new FormBody().File().File().Content()),
            await http.PostAsync("/files/upload", new FormBody().File().Unfinished()),
            await http.SendAsync(HttpMethod.Post, "/files/upload", new StringContent("x"), ("Content-Encoding", "gzip")),
            await http.SendAsync(HttpMethod.Post, "/files/upload", new StringContent("x"), ("Content-Digest", Requests.Digest("y"))),
        ];
    }
}

public sealed class ProblemOnEmbeddedTests(EmbeddedPair pair) : ProblemTests(pair), IClassFixture<EmbeddedPair>;

public sealed class ProblemOnClusterTests(ClusterPair pair) : ProblemTests(pair), IClassFixture<ClusterPair>;
