using System.Net;
using FileDrop.Api.Tests.Access;
using FileDrop.Api.Tests.Files;
using FileDrop.Api.Tests.Folders;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace FileDrop.Api.Tests.Attacks;

public abstract class HeadTests(Pair pair)
{
    [Fact]
    public async Task Every_GET_also_answers_HEAD_with_the_same_fields_and_no_body()
    {
        using var admin = pair.Service.AsAdmin();
        var file = (await admin.UploadAsync([1, 2, 3], "a.txt")).Id();
        var link = await admin.PostAsync($"/files/{file}/link", null);
        var grant = new Uri(pair.Service.Address, (await link.JsonAsync()).Text("url")).Query;
        using var zip = await admin.SendJsonAsync(HttpMethod.Post, "/zip", $$"""{"ids":["{{file}}"]}""");
        var archive = (await zip.JsonAsync()).Text("url");
        using var share = await admin.SendJsonAsync(HttpMethod.Post, "/shares", $$"""{"ids":["{{file}}"]}""");
        var shared = await share.JsonAsync();
        using var draft = await admin.SendAsync(HttpMethod.Post, "/files/upload", new ByteArrayContent([1]), ("Upload-Complete", "?0"));
        var paths = pair.Service.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods.Contains("GET") != false)
            .Select(endpoint => $"/{endpoint.RoutePattern.RawText?.Trim('/')}").Append("/").Append("/files?limit=1").Distinct().ToList();
        Assert.True(paths.Count > 15, "the endpoints are seen");
        // Otherwise the feed can learn of the file between a GET and its HEAD.
        await Service.UntilAsync("the feed has the file", async () => (await admin.GetStringAsync("/changes")).Contains(file, StringComparison.Ordinal));
        foreach (var path in paths)
        {
            var filled = path.Replace("{file_id}", file, StringComparison.Ordinal).Replace("{folder_id}", "root", StringComparison.Ordinal).Replace("{**path}", "", StringComparison.Ordinal)
                .Replace("/s/{token}/", shared.Text("url"), StringComparison.Ordinal).Replace("{share_id}", shared.Text("share_id"), StringComparison.Ordinal)
                .Replace("{upload_id}", draft.Headers.Location?.ToString().Split('/')[^1], StringComparison.Ordinal)
                .Replace("{documentName}", "v1", StringComparison.Ordinal).Replace("{documentName?}", "", StringComparison.Ordinal)
                + (path.StartsWith("/links", StringComparison.Ordinal) ? grant : "");
            if (path.StartsWith("/zip/", StringComparison.Ordinal))
                filled = archive;
            using var get = await admin.GetAsync(filled);
            using var head = await admin.SendAsync(HttpMethod.Head, filled, null);
            Assert.True(get.StatusCode is HttpStatusCode.OK or HttpStatusCode.NoContent, $"{path}: {get.StatusCode}");
            Assert.True(get.StatusCode == head.StatusCode, $"{path}: {get.StatusCode}, {head.StatusCode}");
            Assert.Equal("", await head.Content.ReadAsStringAsync());
            // A page that is written while it is read has no known length before its end.
            if (head.Content.Headers.NonValidated.TryGetValues("Content-Length", out var length))
                Assert.Equal($"{get.Content.Headers.ContentLength}", length.Single());
            Assert.Equal(Fields(get), Fields(head));
        }
    }

    [Theory]
    [InlineData("/files?limit=0", 400)]
    [InlineData("/files/019ab3c2-7c1e-7d44-9a51-0c5f3f9b8a10/versions", 404)]
    [InlineData("/nothing", 404)]
    [InlineData("/uploads", 405)]
    public async Task A_HEAD_is_refused_with_the_same_status_as_its_GET(string path, int status)
    {
        using var admin = pair.Service.AsAdmin();
        using var head = await admin.SendAsync(HttpMethod.Head, path, null);
        Assert.Equal(status, (int)head.StatusCode);
        using var anybody = await pair.Http.SendAsync(HttpMethod.Head, "/files", null);
        Assert.Equal(HttpStatusCode.Unauthorized, anybody.StatusCode);
    }

    /// <summary>All fields except those that differ between any two answers.</summary>
    private static IEnumerable<string> Fields(HttpResponseMessage response) => response.Headers.Concat(response.Content.Headers)
        .Where(field => field.Key is not ("Date" or "Content-Length" or "Transfer-Encoding" or "Upload-Limit" or "Content-Security-Policy"))
        .Select(field => $"{field.Key}: {string.Join(", ", field.Value)}").Order(StringComparer.Ordinal);
}

public sealed class HeadOnEmbeddedTests(GuardedEmbeddedPair pair) : HeadTests(pair), IClassFixture<GuardedEmbeddedPair>;

public sealed class HeadOnClusterTests(GuardedClusterPair pair) : HeadTests(pair), IClassFixture<GuardedClusterPair>;
