using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using FileDrop.Api.Catalog;
using FileDrop.Api.Tests.Files;
using FileDrop.Api.Tests.Folders;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace FileDrop.Api.Tests.Access;

public abstract class AuditTests(Pair pair)
{
    private const string Key = "a-key-that-the-operator-gave";

    [Fact]
    public async Task Every_change_and_every_refusal_is_one_event_in_the_log_and_in_the_catalog()
    {
        using var log = new LogLines();
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await StartAsync(stores, log);
        var http = service.Http;
        var file = await http.UploadAsync("secret content"u8.ToArray(), "secret-name.txt");
        var at = $"/files/{file.Id()}";
        foreach (var (status, method, path, fields) in new (int, string, string, (string, string)[])[]
        {
            (200, "GET", at, []),
            (404, "GET", $"/files/{Guid.NewGuid()}", []),
            (200, "GET", "/files?name=secret-query", []),
            (200, "PUT", at + "/content", []),
            (412, "PUT", at + "/content", [("If-Match", "\"other\"")]),
            (200, "POST", at + "/link", []),
            (201, "POST", at + "/copy", []),
            (412, "POST", at + "/copy", [("If-Match", "\"other\"")]),
            (404, "GET", $"/links/{file.Id()}?grant=secret-grant", []),
            (404, "DELETE", $"/files/{Guid.NewGuid()}", []),
            (401, "GET", at, [("Authorization", "Bearer secret-wrong-key")]),
            (403, "DELETE", at, [("Origin", "https://evil.example")]),
            (421, "GET", "/files", [("Host", "evil.example")]),
            (404, "POST", "/no/such/path", []),
            (200, "DELETE", at, []),
        })
        {
            using var response = await http.SendAsync(new HttpMethod(method), path, method is "PUT" ? new StringContent("secret body") : null, fields);
            Assert.Equal(status, (int)response.StatusCode);
        }
        string[] wanted =
        [
            $"UploadFile {file.Id()} done 201", $"UpdateContent {file.Id()} done 200", $"UpdateContent {file.Id()} precondition_failed 412",
            $"CreateLink {file.Id()} done 200", "CopyFile * done 201", $"CopyFile {file.Id()} precondition_failed 412",
            $"ReadLink {file.Id()} link_not_found 404", "DeleteFile * file_not_found 404",
            $"ReadFile {file.Id()} unauthenticated 401", "none - forbidden 403", "none - misdirected_request 421", "none - not_found 404",
            $"DeleteFile {file.Id()} done 200",
        ];
        var events = await EventsAsync(http, wanted.Length);
        Assert.Equal(wanted, events.Select(one => Line(one, file.Id())));
        foreach (var one in events)
        {
            Assert.Equal("127.0.0.1", one.Text("address"));
            Assert.NotEmpty(one.Text("trace_id"));
            Assert.InRange(one.GetProperty("at").GetDateTimeOffset(), DateTimeOffset.UtcNow.AddMinutes(-2), DateTimeOffset.UtcNow.AddMinutes(1));
            var isKnown = one.Text("operation") is not ("none" or "ReadLink") && one.Text("result") != "unauthenticated";
            Assert.Equal(isKnown ? "the configured key" : "nobody", one.Text("caller"));
        }
        var lines = log.All.Where(line => line.Event == "Audit").ToList();
        Assert.Equal(wanted.Length, lines.Count);
        Assert.All(lines.Zip(events), pairOf => Assert.Equal(
            pairOf.Second.Text("trace_id"), pairOf.First.Values.Single(value => value.Key == "TraceId").Value));
        Assert.All(lines.Zip(events), pairOf => Assert.Equal(
            pairOf.Second.Text("result") == "done" ? LogLevel.Information : LogLevel.Warning, pairOf.First.Level));
        Assert.DoesNotContain(lines, line => line.Text.Contains("secret", StringComparison.Ordinal));
        Assert.DoesNotContain(events, one => one.GetRawText().Contains("secret", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Each_change_of_a_folder_is_one_event_with_its_id()
    {
        using var log = new LogLines();
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await StartAsync(stores, log);
        var http = service.Http;
        var folder = (await http.FolderAsync("secret-name")).FolderId();
        var at = $"/folders/{folder}";
        foreach (var (status, method, path, body) in new (int, HttpMethod, string, string?)[]
        {
            (200, HttpMethod.Get, $"{at}/entries", null),
            (200, HttpMethod.Get, "/paths/secret-name", null),
            (200, HttpMethod.Patch, at, """{"name":"secret-other"}"""),
            (409, HttpMethod.Patch, at, $$"""{"parent_id":"{{folder}}"}"""),
            (200, HttpMethod.Delete, at, null),
            (404, HttpMethod.Delete, at, null),
            (404, HttpMethod.Post, $"/trash/folders/{folder}/restore", null),
            (404, HttpMethod.Delete, $"/trash/folders/{folder}", null),
        })
        {
            using var response = await http.SendAsync(method, path, body is null ? null : new StringContent(body, Encoding.UTF8, "application/json"));
            Assert.Equal(status, (int)response.StatusCode);
            if (status == 200 && method == HttpMethod.Delete)
                await Service.UntilAsync("the folder is gone", async () => await http.GetStringAsync("/trash/folders") == "[]\n");
        }
        string[] wanted =
        [
            $"CreateFolder {folder} done 201", $"UpdateFolder {folder} done 200", $"UpdateFolder {folder} circle 409", $"DeleteFolder {folder} done 200",
            $"DeleteFolder {folder} folder_not_found 404", $"RestoreFolder {folder} folder_not_found 404", $"PurgeFolder {folder} folder_not_found 404",
        ];
        var events = await EventsAsync(http, wanted.Length);
        Assert.Equal(wanted, events.Select(one => Line(one, folder)));
        Assert.DoesNotContain(events, one => one.GetRawText().Contains("secret", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_resumable_upload_gives_one_event_at_its_start_and_one_at_its_end()
    {
        using var log = new LogLines();
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await StartAsync(stores, log);
        using var created = await service.Http.SendAsync(HttpMethod.Post, "/uploads", null, ("Tus-Resumable", "1.0.0"), ("Upload-Length", "3"));
        var upload = created.Headers.Location?.ToString() ?? "";
        for (var offset = 0; offset < 3; offset++)
        {
            var body = new ByteArrayContent([1]);
            body.Headers.ContentType = new MediaTypeHeaderValue("application/offset+octet-stream");
            using var appended = await service.Http.SendAsync(HttpMethod.Patch, upload, body, ("Tus-Resumable", "1.0.0"), ("Upload-Offset", $"{offset}"));
            Assert.Equal(HttpStatusCode.NoContent, appended.StatusCode);
        }
        var id = upload.Split('/')[^1];
        Assert.Equal([$"CreateUpload {id} done 201", $"AppendToUpload {id} done 204"], (await EventsAsync(service.Http, 2)).Select(one => Line(one, id)));
    }

    [Fact]
    public async Task A_value_with_line_ends_stays_one_line_of_the_log()
    {
        using var log = new LogLines();
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await StartAsync(stores, log);
        using (var wire = await Wire.ConnectAsync(service))
        {
            await wire.SendHeadAsync($"DELETE /files/x%0d%0aforged%1b[31m%22{new string('y', 2000)}", $"Authorization: Bearer {Key}");
            Assert.Equal(404, (await wire.ReadAnswerAsync()).Status);
        }
        var one = (await EventsAsync(service.Http, 1)).Single();
        Assert.DoesNotContain(one.Text("path") + one.Text("operation") + (one.TryGetProperty("subject", out var subject) ? subject.GetString() : ""), char.IsControl);
        Assert.InRange(one.Text("path").Length, 1, 256);
        Assert.DoesNotContain(log.All.Single(line => line.Event == "Audit").Text, char.IsControl);
    }

    [Fact]
    public async Task A_malformed_owner_is_not_written_to_the_log()
    {
        using var log = new LogLines();
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await StartAsync(stores, log);
        using var made = await service.Http.PostAsJsonAsync("/admin/keys", new { scopes = AccessWords.ReadAlone });
        using var reader = service.As((await made.JsonAsync()).Text("api_key"));
        foreach (var owner in new[] { "x%0aforged", "%1b[31m", new string('x', 2000) })
        {
            using var refused = await reader.GetAsync($"/files?owner={owner}");
            await refused.RefusedAsync(403, "forbidden");
        }
        foreach (var one in (await EventsAsync(service.Http, 4)).Skip(1))
            Assert.False(one.TryGetProperty("owner", out _));
        Assert.DoesNotContain(log.All.Where(line => line.Event == "Audit"), line => line.Text.Any(char.IsControl) || line.Text.Length > 1000);
    }

    [Fact]
    public async Task The_log_is_read_page_by_page_by_admins_alone()
    {
        using var log = new LogLines();
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await StartAsync(stores, log);
        using var made = await service.Http.PostAsJsonAsync("/admin/keys", new { name = "other" });
        var created = await made.JsonAsync();
        for (var count = 0; count < 6; count++)
            await service.Http.UploadAsync([1], $"{count}");
        var all = await EventsAsync(service.Http, 7);
        Assert.Equal(created.GetProperty("key").Text("key_id"), all[0].Text("subject"));
        var (walked, next) = (new List<string>(), (string?)"/admin/audit?limit=3");
        while (next is not null)
        {
            using var page = await service.Http.GetAsync(next);
            walked.AddRange((await page.SucceededAsync()).EnumerateArray().Select(one => one.Text("event_id")));
            next = page.Headers.TryGetValues("Link", out var link) ? link.Single().Split('>')[0].TrimStart('<') : null;
        }
        Assert.Equal(all.Select(one => one.Text("event_id")).Reverse(), walked);
        foreach (var (query, code) in new[] { ("limit=0", "invalid_request"), ("limit=1001", "invalid_request"), ("limit=x", "invalid_request"), ("cursor=x", "invalid_cursor") })
        {
            using var wrong = await service.Http.GetAsync($"/admin/audit?{query}");
            await wrong.RefusedAsync(400, code);
        }
        service.Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", created.Text("api_key"));
        using var refused = await service.Http.GetAsync("/admin/audit");
        await refused.RefusedAsync(403, "forbidden");
    }

    [Fact]
    [ClusterAtNight] // MongoDB looks for expired documents once a minute.
    public async Task Nothing_is_kept_unless_configured_and_what_is_kept_is_forgotten_in_time()
    {
        await pair.Http.UploadAsync([1], "a");
        var catalog = pair.Service.Services.GetRequiredService<IAuditCatalog>();
        Assert.Empty(await catalog.ListAuditAsync(null, 10, CancellationToken.None));
        var now = DateTimeOffset.UtcNow;
        AuditEvent Event(DateTimeOffset at) => new(Guid.CreateVersion7(at), at, "UploadFile", "c", "local", null, "POST", "/", 201, "done", "", "");
        AuditEvent[] events = [Event(now.AddDays(-3)), Event(now.AddDays(-2)), Event(now)];
        await catalog.AddAuditAsync(events, TimeSpan.FromDays(1), CancellationToken.None);
        await catalog.AddAuditAsync(events, TimeSpan.FromDays(1), CancellationToken.None);
        await catalog.ForgetAuditAsync(now.AddDays(-1), CancellationToken.None);
        await Service.UntilAsync("the old events are gone",
            async () => (await catalog.ListAuditAsync(null, 10, CancellationToken.None)).Count == 1, 90);
        Assert.Equal(events[2].Id, (await catalog.ListAuditAsync(null, 10, CancellationToken.None))[0].Id);
    }

    private static async Task<Service> StartAsync(Stores stores, LogLines log)
    {
        var service = await Service.StartAsync(stores, services => services.AddSingleton<ILoggerProvider>(log),
            ("FileDrop:Audit:Catalog", "true"), ("FileDrop:AllowedHosts", "files.example"), ("FileDrop:Access:Key", Key), ("Logging:LogLevel:Default", "Information"));
        service.Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Key);
        return service;
    }

    /// <summary>Waits for this number of events, and returns all, the oldest first.</summary>
    private static async Task<List<JsonElement>> EventsAsync(HttpClient http, int count)
    {
        List<JsonElement> events = [];
        await Service.UntilAsync($"{count} events are there", async () =>
        {
            using var response = await http.GetAsync("/admin/audit");
            events = [.. (await response.SucceededAsync()).EnumerateArray().Reverse().Select(one => one.Clone())];
            return events.Count >= count;
        });
        return events;
    }

    private static string Line(JsonElement one, string id)
    {
        var subject = one.TryGetProperty("subject", out var said) ? said.GetString() : "-";
        return string.Create(CultureInfo.InvariantCulture,
            $"{one.Text("operation")} {(subject == id || subject == "-" ? subject : "*")} {one.Text("result")} {one.GetProperty("status").GetInt32()}");
    }
}

public sealed class AuditOnEmbeddedTests(EmbeddedPair pair) : AuditTests(pair), IClassFixture<EmbeddedPair>;

public sealed class AuditOnClusterTests(ClusterPair pair) : AuditTests(pair), IClassFixture<ClusterPair>;
