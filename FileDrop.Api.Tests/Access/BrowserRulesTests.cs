using System.Net;
using FileDrop.Api.Tests.Files;
using Xunit;

namespace FileDrop.Api.Tests.Access;

public sealed class BrowserRulesTests(EmbeddedPair pair) : IClassFixture<EmbeddedPair>
{
    private const string App = "https://app.example";

    private static readonly string[] Needed =
    [
        "ETag", "Location", "Link", "Content-Disposition", "Content-Location", "Repr-Digest", "Retry-After", "RateLimit", "Upload-Offset", "Upload-Length",
        "Upload-Expires", "Upload-Metadata", "Upload-Complete", "Upload-Limit", "Tus-Resumable", "Tus-Version", "Tus-Extension", "Tus-Max-Size",
    ];

    [Fact]
    public async Task Every_answer_has_the_security_headers()
    {
        var file = await pair.Http.UploadAsync([1, 2, 3], "a.html", "text/html");
        var at = $"/files/{file.Id()}";
        foreach (var (status, method, path, fields) in new (int, string, string, (string, string)[])[]
        {
            (200, "GET", "/files", []),
            (200, "GET", at, []),
            (200, "HEAD", at, []),
            (206, "GET", at, [("Range", "bytes=0-0")]),
            (304, "GET", at, [("If-None-Match", "*")]),
            (416, "GET", at, [("Range", "bytes=9-")]),
            (400, "GET", "/files?limit=0", []),
            (403, "DELETE", at, [("Origin", "https://evil.example")]),
            (404, "GET", "/elsewhere", []),
            (404, "GET", "/links/x", []),
            (405, "PATCH", "/files", []),
            (412, "DELETE", at, [("If-Match", "\"other\"")]),
            (421, "GET", "/files", [("Host", "evil.example")]),
            (200, "GET", "/health", []),
            (200, "GET", "/openapi/v1.json", []),
            (200, "GET", "/scalar/", []),
            (204, "OPTIONS", "/uploads", []),
            (200, "DELETE", at, []),
        })
        {
            using var response = await pair.Http.SendAsync(new HttpMethod(method), path, null, fields);
            Assert.Equal(status, (int)response.StatusCode);
            Assert.Equal("nosniff", Field(response, "X-Content-Type-Options"));
            Assert.Equal("no-referrer", Field(response, "Referrer-Policy"));
            Assert.Equal("SAMEORIGIN", Field(response, "X-Frame-Options"));
            Assert.Equal(path.StartsWith("/links", StringComparison.Ordinal) ? "cross-origin" : "same-origin", Field(response, "Cross-Origin-Resource-Policy"));
            Assert.NotNull(Field(response, "Content-Security-Policy"));
            Assert.Null(Field(response, "Server"));
        }
    }

    [Fact]
    public async Task No_other_site_reads_anything_unless_configured()
    {
        using var read = await pair.Http.SendAsync(HttpMethod.Get, "/files", null, ("Origin", App));
        Assert.Null(Field(read, "Access-Control-Allow-Origin"));
        using var preflight = await PreflightAsync(pair.Service, "/files/upload", App, "PUT");
        Assert.Null(Field(preflight, "Access-Control-Allow-Origin"));
        Assert.Null(Field(preflight, "Access-Control-Allow-Methods"));
    }

    [Fact]
    public async Task A_configured_origin_may_send_and_read_all_that_clients_need()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, ("FileDrop:AllowedOrigins", $"{App};https://b.example"));
        foreach (var (path, method) in new[] { ("/files/upload", "POST"), ("/uploads", "POST"), ($"/uploads/{Guid.NewGuid()}", "PATCH"), ($"/files/{Guid.NewGuid()}", "DELETE") })
        {
            using var preflight = await PreflightAsync(service, path, App, method);
            Assert.Equal(HttpStatusCode.NoContent, preflight.StatusCode);
            Assert.Equal(App, Field(preflight, "Access-Control-Allow-Origin"));
            Assert.Equal(method, Field(preflight, "Access-Control-Allow-Methods"));
            Assert.Equal("authorization,upload-offset", Field(preflight, "Access-Control-Allow-Headers"));
            Assert.Null(Field(preflight, "Access-Control-Allow-Credentials"));
        }
        using var stored = await service.Http.SendAsync(HttpMethod.Post, "/files/upload", new ByteArrayContent([1]), ("Origin", App));
        using var missing = await service.Http.SendAsync(HttpMethod.Get, $"/files/{Guid.NewGuid()}", null, ("Origin", App));
        Assert.Equal((HttpStatusCode.Created, HttpStatusCode.NotFound), (stored.StatusCode, missing.StatusCode));
        foreach (var answer in new[] { stored, missing })
        {
            Assert.Equal(App, Field(answer, "Access-Control-Allow-Origin"));
            var exposed = (Field(answer, "Access-Control-Expose-Headers") ?? "").Split(',', StringSplitOptions.TrimEntries);
            Assert.Equal([], Needed.Except(exposed, StringComparer.Ordinal));
        }
    }

    [Theory]
    [InlineData("Access-Control-Request-Method", "P\u00ffT")]
    [InlineData("Access-Control-Request-Method", "P\u0015T")]
    [InlineData("Access-Control-Request-Headers", "x-\u00ff")]
    public async Task A_preflight_with_names_that_no_header_can_repeat_is_refused(string field, string value)
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, ("FileDrop:AllowedOrigins", App));
        using var wire = await Wire.ConnectAsync(service);
        await wire.SendHeadAsync("OPTIONS /files/upload", $"Origin: {App}", "Access-Control-Request-Method: PUT", $"{field}: {value}");
        var answer = await wire.ReadAnswerAsync();
        Assert.Equal((400, "invalid_request"), (answer.Status, answer.Code()));
    }

    [Fact]
    public async Task An_origin_that_is_not_configured_gets_nothing_beside_one_that_is()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, ("FileDrop:AllowedOrigins", App));
        foreach (var origin in new[] { "https://evil.example", "http://app.example", "https://app.example.evil.example", "https://app.example:444", "null" })
        {
            using var read = await service.Http.SendAsync(HttpMethod.Get, "/files", null, ("Origin", origin));
            Assert.Null(Field(read, "Access-Control-Allow-Origin"));
            using var preflight = await PreflightAsync(service, "/files/upload", origin, "POST");
            Assert.Null(Field(preflight, "Access-Control-Allow-Origin"));
            using var change = await service.Http.SendAsync(HttpMethod.Post, "/files/upload", new ByteArrayContent([1]), ("Origin", origin));
            await change.RefusedAsync(403, "forbidden");
        }
    }

    private static Task<HttpResponseMessage> PreflightAsync(Service service, string path, string origin, string method) => service.Http.SendAsync(
        HttpMethod.Options, path, null, ("Origin", origin), ("Access-Control-Request-Method", method), ("Access-Control-Request-Headers", "authorization,upload-offset"));

    private static string? Field(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out var values) || response.Content.Headers.TryGetValues(name, out values) ? string.Join(", ", values) : null;
}
