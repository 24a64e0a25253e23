using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using FileDrop.Api.Tests.Files;
using FileDrop.Api.Tests.Folders;
using Xunit;

namespace FileDrop.Api.Tests.Access;

public sealed class LimitsTests(EmbeddedPair pair) : IClassFixture<EmbeddedPair>
{
    private const string Key = "a-key-that-the-operator-gave";

    [Fact]
    public async Task Beyond_its_limit_a_caller_is_told_when_to_come_back()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, ("FileDrop:Limits:RequestsPerCaller", "5"));
        for (var left = 4; left >= 0; left--)
        {
            using var response = await service.Http.GetAsync("/files");
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.Equal("\"caller\";q=5;w=60", Field(response, "RateLimit-Policy"));
            Assert.Equal($"\"caller\";r={left}", Field(response, "RateLimit"));
        }
        using var refused = await service.Http.GetAsync("/files");
        var problem = JsonDocument.Parse(await refused.Content.ReadAsStringAsync()).RootElement;
        await refused.RefusedAsync(429, "too_many_requests");
        var wait = refused.Headers.RetryAfter?.Delta;
        Assert.InRange(wait ?? default, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(12));
        Assert.Equal($"\"caller\";r=0;t={wait?.TotalSeconds}", Field(refused, "RateLimit"));
        Assert.Equal("https://iana.org/assignments/http-problem-types#quota-exceeded", problem.Text("type"));
        Assert.Equal("caller", problem.GetProperty("violated-policies")[0].GetString());
        using var probe = await service.Http.GetAsync("/health");
        Assert.Equal(HttpStatusCode.OK, probe.StatusCode);
        Assert.Null(Field(probe, "RateLimit"));
    }

    [Fact]
    public async Task A_change_by_PATCH_counts_unless_it_appends_to_an_upload()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, ("FileDrop:Limits:RequestsPerCaller", "5"));
        var folder = (await service.Http.FolderAsync("a")).FolderId();
        using var renamed = await service.Http.PatchFolderAsync(folder, """{"name":"b"}""");
        await renamed.SucceededAsync();
        Assert.Equal("\"caller\";r=3", Field(renamed, "RateLimit"));
    }

    [Fact]
    public async Task Each_key_has_a_limit_of_its_own()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, ("FileDrop:Limits:RequestsPerCaller", "5"), ("FileDrop:Access:Key", Key));
        service.Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Key);
        using var made = await service.Http.PostAsJsonAsync("/admin/keys", new { name = "other" });
        var other = (await made.JsonAsync()).Text("api_key");
        while ((await service.Http.GetAsync("/files")).IsSuccessStatusCode)
        {
        }
        Assert.Equal(HttpStatusCode.TooManyRequests, (await service.Http.GetAsync("/files")).StatusCode);
        service.Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", other);
        Assert.Equal(HttpStatusCode.OK, (await service.Http.GetAsync("/files")).StatusCode);
    }

    [Fact]
    public async Task An_address_that_guesses_keys_is_stopped()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, ("FileDrop:Limits:RequestsPerAddress", "5"), ("FileDrop:Access:Key", Key));
        for (var guess = 0; guess < 5; guess++)
        {
            using var wrong = await service.Http.SendAsync(HttpMethod.Get, "/files", null, ("Authorization", $"Bearer wrong-key-number-{guess:D16}"));
            await wrong.RefusedAsync(401, "unauthenticated");
        }
        using var refused = await service.Http.SendAsync(HttpMethod.Get, "/files", null, ("Authorization", $"Bearer {Key}"));
        await refused.RefusedAsync(429, "too_many_requests");
        Assert.Equal("\"address\";q=5;w=60", Field(refused, "RateLimit-Policy"));
    }

    [Fact]
    public async Task An_upload_in_many_pieces_does_not_use_up_its_clients_limit()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(
            stores, ("FileDrop:Limits:RequestsPerCaller", "5"), ("FileDrop:Limits:RequestsPerAddress", "5"), ("FileDrop:Limits:UploadsPerOwner", "1"));
        var upload = await CreateAsync(service, 40);
        for (var offset = 0; offset < 40; offset++)
        {
            using var appended = await AppendAsync(service, upload, offset);
            Assert.Equal(HttpStatusCode.NoContent, appended.StatusCode);
            Assert.Equal("\"uploads\";q=1;qu=\"concurrent-requests\"", Field(appended, "RateLimit-Policy"));
        }
        Assert.Equal(HttpStatusCode.OK, (await service.Http.GetAsync(upload.Replace("/uploads/", "/files/", StringComparison.Ordinal))).StatusCode);
    }

    [Fact]
    public async Task Appends_to_unknown_uploads_are_limited()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, ("FileDrop:Limits:RequestsPerCaller", "5"));
        var (taken, clock) = (0, Stopwatch.StartNew());
        while (clock.Elapsed < TimeSpan.FromSeconds(2))
        {
            using var answer = await AppendAsync(service, $"/uploads/{Guid.NewGuid()}", 0);
            if (answer.StatusCode == HttpStatusCode.NotFound)
            {
                taken++;
                continue;
            }
            await answer.RefusedAsync(429, "too_many_requests");
            Assert.NotNull(answer.Headers.RetryAfter);
        }
        // One more request is allowed every twelve seconds.
        Assert.InRange(taken, 5, 6 + ((int)clock.Elapsed.TotalSeconds / 12));
        Assert.Equal(HttpStatusCode.OK, (await service.Http.GetAsync("/files")).StatusCode);
    }

    [Fact]
    public async Task An_owner_uploads_no_more_at_once_than_allowed()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, ("FileDrop:Limits:UploadsPerOwner", "2"));
        var running = new List<Wire>();
        for (var count = 0; count < 2; count++)
        {
            running.Add(await Wire.ConnectAsync(service));
            await running[^1].SendHeadAsync("POST /files/upload", "Content-Length: 2", "Expect: 100-continue");
            Assert.Equal(100, (await running[^1].ReadAnswerAsync()).Status);
        }
        using (var third = await service.Http.PostAsync("/files/upload", new ByteArrayContent([1])))
        {
            await third.RefusedAsync(429, "too_many_requests");
            Assert.Equal("\"uploads\";q=2;qu=\"concurrent-requests\"", Field(third, "RateLimit-Policy"));
            Assert.Equal(TimeSpan.FromSeconds(1), third.Headers.RetryAfter?.Delta);
        }
        Assert.Equal(HttpStatusCode.OK, (await service.Http.GetAsync("/files")).StatusCode);
        foreach (var wire in running)
        {
            await wire.SendAsync("ab");
            Assert.Equal(201, (await wire.ReadAnswerAsync()).Status);
            wire.Dispose();
        }
        await Service.UntilAsync("there is room again", async () => (await service.Http.PostAsync("/files/upload", new ByteArrayContent([1]))).IsSuccessStatusCode);
    }

    [Fact]
    public async Task A_client_that_resumes_an_upload_need_not_wait_for_its_dead_connection()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, ("FileDrop:Limits:UploadsPerOwner", "1"));
        var upload = await CreateAsync(service, 3);
        using var hanging = await Wire.ConnectAsync(service);
        await hanging.SendHeadAsync($"PATCH {upload}", "Tus-Resumable: 1.0.0", "Upload-Offset: 0", "Content-Type: application/offset+octet-stream", "Content-Length: 3",
            "Expect: 100-continue");
        Assert.Equal(100, (await hanging.ReadAnswerAsync()).Status);
        await hanging.SendAsync("a");
        Assert.Equal(HttpStatusCode.TooManyRequests, (await service.Http.PostAsync("/files/upload", new ByteArrayContent([1]))).StatusCode);
        await Service.UntilAsync("the upload is complete", async () =>
        {
            using var state = await service.Http.SendAsync(HttpMethod.Head, upload, null, ("Tus-Resumable", "1.0.0"));
            if (Field(state, "Upload-Offset") is "3")
                return true;
            using var appended = await AppendAsync(service, upload, int.Parse(Field(state, "Upload-Offset") ?? "0", System.Globalization.CultureInfo.InvariantCulture));
            Assert.NotEqual(HttpStatusCode.TooManyRequests, appended.StatusCode);
            return false;
        });
    }

    [Fact]
    public async Task Header_fields_beyond_the_limit_are_answered_with_431()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, ("FileDrop:Limits:HeaderBytes", "4096"));
        using var wire = await Wire.ConnectAsync(service);
        await wire.SendHeadAsync("GET /files", $"X-Long: {new string('x', 5000)}");
        Assert.Equal(431, (await wire.ReadAnswerAsync()).Status);
    }

    [Fact]
    public async Task Without_limits_answers_have_no_limit_headers()
    {
        using var response = await pair.Http.GetAsync("/files");
        Assert.Null(Field(response, "RateLimit"));
        Assert.Null(Field(response, "RateLimit-Policy"));
    }

    [Fact]
    public async Task Answers_to_uncounted_requests_have_no_limit_headers()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, ("FileDrop:Limits:RequestsPerCaller", "50"));
        var file = (await service.Http.UploadAsync([1], "a")).Id();
        using var link = await service.Http.PostAsync($"/files/{file}/link", null);
        Assert.Equal("\"caller\";r=48", Field(link, "RateLimit"));
        foreach (var path in new[] { (await link.JsonAsync()).Text("url"), "/health", "/alive", "/nothing" })
        {
            using var response = await service.Http.GetAsync(path);
            Assert.Null(Field(response, "RateLimit"));
            Assert.Null(Field(response, "RateLimit-Policy"));
        }
        var upload = await CreateAsync(service, 2);
        using var appended = await AppendAsync(service, upload, 0);
        Assert.Equal(HttpStatusCode.NoContent, appended.StatusCode);
        Assert.Null(Field(appended, "RateLimit"));
    }

    private static async Task<string> CreateAsync(Service service, long length)
    {
        using var created = await service.Http.SendAsync(HttpMethod.Post, "/uploads", null, ("Tus-Resumable", "1.0.0"), ("Upload-Length", $"{length}"));
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        return created.Headers.Location?.ToString() ?? "";
    }

    private static Task<HttpResponseMessage> AppendAsync(Service service, string upload, int offset)
    {
        var body = new ByteArrayContent([(byte)offset]);
        body.Headers.ContentType = new MediaTypeHeaderValue("application/offset+octet-stream");
        return service.Http.SendAsync(HttpMethod.Patch, upload, body, ("Tus-Resumable", "1.0.0"), ("Upload-Offset", $"{offset}"));
    }

    private static string? Field(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out var values) ? string.Join(", ", values) : null;
}
