using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using FileDrop.Api.Catalog;
using FileDrop.Api.Links;
using FileDrop.Api.Tests.Files;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace FileDrop.Api.Tests.Access;

public abstract class LinkTests(Pair pair)
{
    private const string Key = "a-key-that-the-operator-gave";

    [Fact]
    public async Task A_link_reads_one_content_without_a_credential_and_nothing_else()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, ("FileDrop:Access:Key", Key));
        using var visitor = new HttpClient { BaseAddress = service.Address };
        service.Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Key);
        var file = await service.Http.UploadAsync("one two"u8.ToArray(), "a.txt", "text/plain");
        var link = await LinkAsync(service.Http, file.Id());

        using (var whole = await visitor.GetAsync(link))
        {
            Assert.Equal("one two", await whole.Content.ReadAsStringAsync());
            Assert.Equal("text/plain", whole.Content.Headers.ContentType?.ToString());
            Assert.Equal("attachment", whole.Content.Headers.ContentDisposition?.DispositionType);
            Assert.Equal("no-referrer", whole.Headers.GetValues("Referrer-Policy").Single());
            Assert.NotNull(whole.Headers.ETag);
        }
        using (var part = await visitor.SendAsync(HttpMethod.Get, link + "&inline=true", null, ("Range", "bytes=4-")))
        {
            Assert.Equal(HttpStatusCode.PartialContent, part.StatusCode);
            Assert.Equal("two", await part.Content.ReadAsStringAsync());
            Assert.Equal("inline", part.Content.Headers.ContentDisposition?.DispositionType);
        }
        using (var head = await visitor.SendAsync(HttpMethod.Head, link, null))
            Assert.Equal((HttpStatusCode.OK, 7), (head.StatusCode, head.Content.Headers.ContentLength));
        foreach (var method in new[] { "PUT", "POST", "DELETE", "PATCH" })
        {
            using var change = await visitor.SendAsync(new HttpMethod(method), link, new ByteArrayContent([1]));
            await change.RefusedAsync(401, "unauthenticated");
        }
        foreach (var path in new[] { $"/files/{file.Id()}", $"/files/{file.Id()}/metadata", "/files" })
        {
            using var other = await visitor.GetAsync(path + new Uri(service.Address, link).Query);
            await other.RefusedAsync(401, "unauthenticated");
        }
    }

    [Fact]
    public async Task A_link_stays_with_the_content_that_it_was_made_for()
    {
        var file = await pair.Http.UploadAsync("first"u8.ToArray(), "a.txt");
        var first = await LinkAsync(pair.Http, file.Id());
        using (var changed = await pair.Http.PutAsync($"/files/{file.Id()}/content", new ByteArrayContent("second"u8.ToArray())))
            await changed.SucceededAsync();
        Assert.Equal("first", await pair.Http.GetStringAsync(first));
        Assert.Equal("second", await pair.Http.GetStringAsync(await LinkAsync(pair.Http, file.Id())));
        Assert.Equal("first", await pair.Http.GetStringAsync(await LinkAsync(pair.Http, file.Id(), new { version = 1 })));
        using (var dropped = await pair.Http.DeleteAsync($"/files/{file.Id()}/versions/1"))
            await dropped.SucceededAsync();
        using var gone = await pair.Http.GetAsync(first);
        await gone.RefusedAsync(404, "link_not_found");
    }

    [Fact]
    public async Task Every_bad_link_gets_the_same_answer()
    {
        var time = new ShiftedTime();
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, services => services.AddSingleton<TimeProvider>(time), ("FileDrop:Links:Life", "00:01:00"));
        var (file, other) = (await service.Http.UploadAsync([1], "a"), await service.Http.UploadAsync([2], "b"));
        var link = await LinkAsync(service.Http, file.Id());
        var (at, grant) = (link.Split("?grant=")[0], link.Split("?grant=")[1]);
        var wrong = new List<string>
        {
            at, $"{at}?grant=", $"{at}?grant={grant}&grant={grant}", $"{at}?grant={grant}A", $"{at}?grant={grant}=", $"{at}?grant=%20{grant}", $"{at}?Grant2={grant}",
            $"/links/{other.Id()}?grant={grant}", $"/links/{Guid.NewGuid()}?grant={grant}", $"/links/x?grant={grant}", $"{at}?grant={new string('A', 7000)}",
        };
        wrong.AddRange(Enumerable.Range(0, grant.Length).Select(place =>
            $"{at}?grant={grant[..place]}{(grant[place] == 'x' ? 'y' : 'x')}{grant[(place + 1)..]}"));
        wrong.AddRange(Enumerable.Range(1, 8).Select(cut => $"{at}?grant={grant[..^(cut * 8)]}"));
        var answers = new HashSet<string>(StringComparer.Ordinal);
        foreach (var each in wrong)
            answers.Add(await BodyAsync(service.Http, each));
        Assert.Equal([1], await service.Http.GetByteArrayAsync(link));
        time.Shift = TimeSpan.FromSeconds(61);
        answers.Add(await BodyAsync(service.Http, link));
        time.Shift = TimeSpan.Zero;
        using (var deleted = await service.Http.DeleteAsync($"/files/{file.Id()}"))
            await deleted.SucceededAsync();
        answers.Add(await BodyAsync(service.Http, link));
        Assert.Single(answers);
    }

    [Fact]
    public async Task Keys_are_made_once_shared_rotated_and_forgotten()
    {
        var time = new ShiftedTime();
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, services => services.AddSingleton<TimeProvider>(time));
        var catalog = service.Services.GetRequiredService<ILinkKeyCatalog>();
        var file = await service.Http.UploadAsync([1], "a");
        await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => LinkAsync(service.Http, file.Id())));
        Assert.Equal([1], (await catalog.ListLinkKeysAsync(CancellationToken.None)).Select(key => key.Number));
        time.Shift = TimeSpan.FromHours(24) - TimeSpan.FromMinutes(1);
        var old = await LinkAsync(service.Http, file.Id());
        time.Shift = TimeSpan.FromHours(24) + TimeSpan.FromMinutes(1);
        await LinkAsync(service.Http, file.Id());
        Assert.Equal([2, 1], (await catalog.ListLinkKeysAsync(CancellationToken.None)).Select(key => key.Number));
        Assert.Equal([1], await service.Http.GetByteArrayAsync(old));
        time.Shift = TimeSpan.FromDays(3);
        await LinkAsync(service.Http, file.Id());
        Assert.Equal([3], (await catalog.ListLinkKeysAsync(CancellationToken.None)).Select(key => key.Number));
    }

    [Fact]
    public async Task A_key_that_leaked_opens_nothing_after_its_own_time()
    {
        var time = new ShiftedTime();
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, services => services.AddSingleton<TimeProvider>(time));
        var file = Guid.Parse((await service.Http.UploadAsync([1], "a")).Id());
        await LinkAsync(service.Http, $"{file}");
        var leaked = (await service.Services.GetRequiredService<ILinkKeyCatalog>().ListLinkKeysAsync(CancellationToken.None)).Single();
        var forged = $"/links/{file}?grant={new LinkGrant("local", file, 1, time.GetUtcNow().AddYears(1)).Write(leaked)}";
        time.Shift = TimeSpan.FromHours(25);
        Assert.Equal([1], await service.Http.GetByteArrayAsync(forged));
        time.Shift = TimeSpan.FromHours(25) + TimeSpan.FromMinutes(6);
        using var refused = await service.Http.GetAsync(forged);
        await refused.RefusedAsync(404, "link_not_found");
    }

    [Fact]
    public async Task A_link_tells_nobody_whose_it_is_and_neither_log_nor_traces_show_its_secret()
    {
        using var log = new LogLines();
        var tags = new ConcurrentQueue<string>();
        using var traces = new ActivityListener
        {
            ShouldListenTo = _ => true,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity => tags.Enqueue(string.Join('\n', activity.TagObjects.Select(tag => $"{tag.Value}").Append(activity.DisplayName))),
        };
        ActivitySource.AddActivityListener(traces);
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, services => services.AddSingleton<ILoggerProvider>(log),
            ("FileDrop:Access:Key", Key), ("Logging:LogLevel:Default", "Trace"), ("Logging:LogLevel:Microsoft.AspNetCore", "Trace"),
            ("Logging:Test:LogLevel:Default", "Trace"));
        service.Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Key);
        var file = await service.Http.UploadAsync([1], "a");
        var link = await LinkAsync(service.Http, file.Id(), query: "?owner=somebody-else%40example", status: HttpStatusCode.NotFound);
        Assert.Empty(link);
        link = await LinkAsync(service.Http, file.Id());
        var grant = link.Split("?grant=")[1];
        Assert.DoesNotContain("local", Encoding.Latin1.GetString(Base64Url.DecodeFromChars(grant)), StringComparison.Ordinal);
        await service.Http.GetByteArrayAsync(link);
        using (var wrong = await service.Http.GetAsync(link[..^20]))
            await wrong.RefusedAsync(404, "link_not_found");

        var secret = grant[..20];
        // The line is written only after the answer is sent.
        await Service.UntilAsync("the refused reading is in the log", () => Task.FromResult(
            log.All.Any(line => line.Event == "Audit" && line.Text.Contains("ReadLink", StringComparison.Ordinal))));
        Assert.DoesNotContain(log.All, line => line.Text.Contains(secret, StringComparison.Ordinal)
            || line.Values.Any(value => $"{value.Value}".Contains(secret, StringComparison.Ordinal)));
        Assert.Contains(tags, text => text.Contains("/links/", StringComparison.Ordinal));
        // Ignore the client's traces in this process, which have the addresses.
        Assert.DoesNotContain(tags, text => text.Contains(secret, StringComparison.Ordinal));
    }

    [Theory]
    [ClusterAtNight]
    [InlineData("[]", "application/json", 400, "invalid_request")]
    [InlineData("{\"version\":0}", "application/json", 400, "invalid_request")]
    [InlineData("{\"version\":1.5}", "application/json", 400, "invalid_request")]
    [InlineData("{\"version\":\"1\"}", "application/json", 400, "invalid_request")]
    [InlineData("{\"version\":null}", "application/json", 400, "invalid_request")]
    [InlineData("{\"other\":1}", "application/json", 400, "invalid_request")]
    [InlineData("{", "application/json", 400, "invalid_request")]
    [InlineData("{\"version\":2}", "application/json", 404, "version_not_found")]
    [InlineData("version=1", "application/x-www-form-urlencoded", 415, "unsupported_media_type")]
    public async Task A_malformed_request_for_a_link_is_refused(string body, string type, int status, string code)
    {
        var file = await pair.Http.UploadAsync([1], "a");
        using var response = await pair.Http.PostAsync($"/files/{file.Id()}/link", new StringContent(body, Encoding.UTF8, type));
        await response.RefusedAsync(status, code);
    }

    [Fact]
    public async Task A_link_to_a_missing_file_is_refused()
    {
        foreach (var id in new[] { Guid.NewGuid().ToString(), "x" })
        {
            using var response = await pair.Http.PostAsync($"/files/{id}/link", null);
            await response.RefusedAsync(404, "file_not_found");
        }
    }

    protected static async Task<string> LinkAsync(HttpClient http, string id, object? body = null, string query = "", HttpStatusCode status = HttpStatusCode.OK)
    {
        using var response = await http.PostAsync($"/files/{id}/link{query}", body is null ? null : JsonContent.Create(body));
        Assert.Equal(status, response.StatusCode);
        if (status != HttpStatusCode.OK)
            return "";
        Assert.Equal("no-store", response.Headers.CacheControl?.ToString());
        var link = await response.JsonAsync();
        Assert.True(link.GetProperty("expires_at").TryGetDateTimeOffset(out _));
        var url = link.GetProperty("url").GetString() ?? "";
        Assert.StartsWith($"/links/{id}?grant=", url, StringComparison.Ordinal);
        return url;
    }

    /// <summary>The answer's body without the parts that differ in every answer.</summary>
    private static async Task<string> BodyAsync(HttpClient http, string link)
    {
        using var response = await http.GetAsync(link);
        var text = await response.Content.ReadAsStringAsync();
        await response.RefusedAsync(404, "link_not_found");
        var problem = JsonDocument.Parse(text).RootElement.EnumerateObject().Where(member => member.Name is not ("trace_id" or "instance"));
        return JsonSerializer.Serialize(problem.ToDictionary(member => member.Name, member => member.Value));
    }
}

public sealed class LinksOnEmbeddedTests(EmbeddedPair pair) : LinkTests(pair), IClassFixture<EmbeddedPair>;

public sealed class LinksOnClusterTests(ClusterPair pair) : LinkTests(pair), IClassFixture<ClusterPair>
{
    [Fact]
    public async Task Any_replica_reads_any_replicas_link()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var one = await Service.StartAsync(stores);
        await using var other = await Service.StartAsync(stores);
        var file = await one.Http.UploadAsync([7], "a");
        await Task.WhenAll(Enumerable.Range(0, 8).Select(count => LinkAsync(count % 2 == 0 ? one.Http : other.Http, file.Id())));
        Assert.Equal([7], await other.Http.GetByteArrayAsync(await LinkAsync(one.Http, file.Id())));
        Assert.Equal([7], await one.Http.GetByteArrayAsync(await LinkAsync(other.Http, file.Id())));
        Assert.Single(await one.Services.GetRequiredService<ILinkKeyCatalog>().ListLinkKeysAsync(CancellationToken.None));
    }
}
