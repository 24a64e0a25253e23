using System.Globalization;
using System.Text;
using FileDrop.Api.Tests.Access;
using FileDrop.Api.Tests.Files;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace FileDrop.Api.Tests.Attacks;

/// <summary>Clients' values in the service's log.</summary>
public sealed class LogTests
{
    private const string Hostile = "a\u001b[31m\u0007b\u0085c\u2028d\u2029e\u202ef\u200bg";

    [Fact]
    public async Task No_value_of_a_client_steers_a_terminal_or_begins_a_line()
    {
        using var log = new LogLines();
        await using var issuer = await TokenIssuer.StartAsync();
        await using var stores = new EmbeddedStores();
        await using var service = await Service.StartAsync(stores, services => services.AddSingleton<ILoggerProvider>(log),
            AccessWords.AdminSetting, ("FileDrop:Audit:Catalog", "true"), ("Logging:LogLevel:Default", "Information"), ("Logging:LogLevel:Microsoft.AspNetCore", "Warning"),
            ("FileDrop:Access:Oidc:Authority", issuer.Authority.ToString()), ("FileDrop:Access:Oidc:Audience", TokenIssuer.Audience),
            ("FileDrop:AllowedOrigins", "https://app.example"));
        using var admin = service.AsAdmin();
        var (key, _) = await admin.MakeKeyAsync(new { name = "a\u2028b\u202ec", owner = "o\u2029p\u200b" });
        using (var named = service.As(key))
            await named.UploadAsync([1], "by a key");
        using (var subject = service.As(issuer.Forge(token => (token.Claims["sub"], token.Claims["scope"]) = (Hostile, "filedrop.read filedrop.write"))))
        {
            await subject.UploadAsync([1], "by a token");
            using var refused = await subject.GetAsync("/admin/keys");
            await refused.RefusedAsync(403, "forbidden");
        }
        var escaped = Uri.EscapeDataString(Hostile);
        foreach (var (line, fields) in new (string, string[])[]
        {
            ("POST /uploads", [$"X-HTTP-Method-Override: GET{Hostile}"]),
            ("POST /uploads", ["X-HTTP-Method-Override: OPTIONS"]),
            ("POST /uploads", [$"X-HTTP-Method-Override: {Hostile}", "X-HTTP-Method-Override: PATCH"]),
            ($"DELETE /files/{escaped}", []),
            ($"DELETE /admin/keys/{escaped}", []),
            ($"GET /files?owner={escaped}", []),
            ($"POST /files/upload?file_name={escaped}", []),
            ("POST /files/upload", [$"Origin: https://{Hostile}", $"Sec-Fetch-Site: {Hostile}"]),
            ("POST /files/upload", [$"Content-Disposition: attachment; filename=\"{Hostile}\"", $"Content-Type: {Hostile}", $"Idempotency-Key: {Hostile}"]),
            ("GET /files", [$"Authorization: Bearer {Hostile}"]),
            ("GET /files", [$"traceparent: {Hostile}", $"User-Agent: {Hostile}"]),
            ($"X{new string('Y', 40)} /files", []),
        })
        {
            using var wire = await Wire.ConnectAsync(service);
            await wire.SendHeadAsync(line, [.. fields, .. fields.Any(field => field.StartsWith("Auth", StringComparison.Ordinal)) ? [] : new[] { $"Authorization: Bearer {AccessWords.AdminKey}" }, "Content-Length: 0"]);
            Assert.InRange((await wire.ReadAnswerAsync()).Status, 200, 499);
        }
        await Service.UntilAsync("the events are kept", async () => (await admin.GetStringAsync("/admin/audit?limit=1000")).Contains("\"nobody\"", StringComparison.Ordinal));
        var kept = await admin.GetStringAsync("/admin/audit?limit=1000");
        // JSON escapes control characters itself, so test the decoded values.
        Assert.Empty(Unprintable(string.Concat(System.Text.Json.JsonDocument.Parse(kept).RootElement.EnumerateArray()
            .SelectMany(one => one.EnumerateObject()).Where(member => member.Value.ValueKind == System.Text.Json.JsonValueKind.String).Select(member => member.Value.GetString()))));
        Assert.All(log.All, line => Assert.True(line.Level >= LogLevel.Error || Unprintable(line.Text).Length == 0, line.Text));
        Assert.DoesNotContain(log.All, line => line.Level >= LogLevel.Error);
        // The log still identifies the caller.
        Assert.Contains(log.All, line => line.Event == "Audit" && line.Text.Contains(@"#a\u001b[31m\u0007b\u0085c\u2028d\u2029e\u202ef\u200bg", StringComparison.Ordinal));
        Assert.Contains(log.All, line => line.Event == "Audit" && line.Text.Contains(@"a\u2028b\u202ec", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("GET\u001b[31m")]
    [InlineData("CONNECT")]
    [InlineData("OPTIONS")]
    [InlineData("PUT")]
    [InlineData("GET")]
    [InlineData("PATCH, DELETE")]
    public async Task An_override_is_PATCH_DELETE_or_HEAD_and_nothing_else(string method)
    {
        await using var stores = new EmbeddedStores();
        await using var service = await Service.StartAsync(stores);
        using var wire = await Wire.ConnectAsync(service);
        await wire.SendHeadAsync("POST /uploads", "Tus-Resumable: 1.0.0", "Upload-Length: 1", $"X-HTTP-Method-Override: {method}", "Content-Length: 0");
        var answer = await wire.ReadAnswerAsync();
        Assert.Equal((400, "invalid_request"), (answer.Status, answer.Code()));
    }

    [Fact]
    public async Task Neither_keys_nor_links_nor_tokens_are_in_the_log_however_much_is_logged()
    {
        using var log = new LogLines();
        await using var issuer = await TokenIssuer.StartAsync();
        await using var stores = new EmbeddedStores();
        await using var service = await Service.StartAsync(stores, services => services.AddSingleton<ILoggerProvider>(log), AccessWords.AdminSetting,
            ("FileDrop:Access:Oidc:Authority", issuer.Authority.ToString()), ("FileDrop:Access:Oidc:Audience", TokenIssuer.Audience),
            ("Logging:LogLevel:Default", "Trace"), ("Logging:LogLevel:Microsoft.AspNetCore.Server.Kestrel.BadRequests", "Trace"),
            ("Logging:Test:LogLevel:Default", "Trace"), ("Logging:Test:LogLevel:Microsoft.AspNetCore.Server.Kestrel.BadRequests", "Trace"));
        using var admin = service.AsAdmin();
        var (key, _) = await admin.MakeKeyAsync(new { name = "real" });
        var file = await admin.UploadAsync([1], "a.txt");
        using var made = await admin.PostAsync($"/files/{file.Id()}/link", null);
        var link = (await made.JsonAsync()).Text("url");
        using var sent = await admin.PostAsync("/shares", AccessWords.Json(new { ids = new[] { file.Id() } }));
        var share = (await sent.JsonAsync()).Text("url");
        var token = issuer.Forge();
        foreach (var head in new[]
        {
            $"GET /files HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\n\r\n",
            $"GET /files HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n",
            $"GET /files HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}x\r\n\r\n",
            $"GET /files HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($":{key}"))}\r\n\r\n",
            $"GET /files HTTP/1.1\r\nHost: localhost\r\nAuthorization : Bearer {key}\r\n\r\n",
            $"GET /files HTTP/1.1\r\nHost: localhost\r\nBearer {key}\r\n\r\n",
            $"GET /files HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\0\r\n\r\n",
            $"GET /files HTTP/1.1\nHost: localhost\nAuthorization: Bearer {key}\n\n",
            $"Bearer {key}\r\n\r\n",
            $"GET {link} HTTP/1.1\r\nHost: localhost\r\n\r\n",
            $"GET {link} HTTP/9.9\r\nHost: localhost\r\n\r\n",
            $"GET {link}\r\n\r\n",
            $"GET {link} x HTTP/1.1\r\nHost: localhost\r\n\r\n",
            $"GET http://evil.example{link} HTTP/1.1\r\nHost: localhost\r\n\r\n",
            $"GET {link}\u00ff HTTP/1.1\r\nHost: localhost\r\n\r\n",
            $"GET {share} HTTP/1.1\r\nHost: localhost\r\n\r\n",
            $"POST {link} HTTP/1.1\r\nHost: localhost\r\nContent-Length: x{key}\r\n\r\n",
            $"GET /files HTTP/1.1\r\nHost: {key}!\r\n\r\n",
        })
        {
            using var wire = await Wire.ConnectAsync(service);
            await wire.SendAsync(head);
            wire.EndSending();
            while (await wire.ReadAsync() is not null)
                continue;
        }
        Assert.True(log.All.Count > 50, string.Create(CultureInfo.InvariantCulture, $"much is logged: {log.All.Count}"));
        // Search for parts of the secrets too, because a line may cut off long values.
        foreach (var secret in new[] { key[20..40], link[(link.IndexOf("grant=", StringComparison.Ordinal) + 40)..][..40], token.Split('.')[1][..40], share["/s/".Length..], AccessWords.AdminKey })
            Assert.All(log.All, line => Assert.DoesNotContain(secret, line.Text + string.Join(' ', line.Values.Select(value => value.Value)), StringComparison.Ordinal));
    }

    private static string Unprintable(string text) => string.Concat(text.Where(each => char.GetUnicodeCategory(each)
        is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator));
}
