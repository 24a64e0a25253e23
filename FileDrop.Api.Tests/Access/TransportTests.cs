using System.Net;
using System.Text.Json;
using FileDrop.Api.Tests.Files;
using Xunit;

namespace FileDrop.Api.Tests.Access;

public sealed class TransportTests(EmbeddedPair pair) : IClassFixture<EmbeddedPair>
{
    private static readonly (string, string)[] Forwarded =
        [("X-Forwarded-For", "192.0.2.7"), ("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "files.example")];

    [Fact]
    public async Task A_named_proxy_says_by_which_address_it_was_asked()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, ("FileDrop:Access:Anonymous", "true"), ("FileDrop:Proxies", "10.0.0.0/8; 127.0.0.1"), ("FileDrop:AllowedHosts", "files.example"));
        Assert.StartsWith("https://files.example/uploads/", await LocationAsync(service, Forwarded), StringComparison.Ordinal);
        Assert.StartsWith("/uploads/", await LocationAsync(service), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("10.0.0.0/8;192.0.2.1")]
    public async Task Whoever_is_no_named_proxy_is_not_believed(string proxies)
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, ("FileDrop:Access:Anonymous", "true"), ("FileDrop:Proxies", proxies), ("FORWARDEDHEADERS_ENABLED", "true"), ("FileDrop:AllowedHosts", "files.example"));
        Assert.StartsWith("/uploads/", await LocationAsync(service, Forwarded), StringComparison.Ordinal);
        Assert.StartsWith("/uploads/", await LocationAsync(service, ("X-Original-Host", "evil.example"), ("X-Original-Proto", "https")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_host_that_a_proxy_names_must_be_ours_too()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, ("FileDrop:Access:Anonymous", "true"), ("FileDrop:Proxies", "127.0.0.1"), ("FileDrop:AllowedHosts", "files.example"));
        using var response = await service.Http.SendAsync(HttpMethod.Get, "/files", null, ("X-Forwarded-Host", "evil.example"));
        await response.RefusedAsync(421, "misdirected_request");
    }

    [Fact]
    public async Task Plain_http_leads_a_visitor_to_https_and_refuses_whoever_shows_a_key()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(
            stores, ("FileDrop:Access:Anonymous", "true"), ("FileDrop:Https:Only", "true"), ("FileDrop:Https:Port", "8443"), ("FileDrop:Https:Hsts", "365.00:00:00"), ("FileDrop:Proxies", "127.0.0.1"),
            ("FileDrop:AllowedHosts", "files.example"));
        using (var visit = await service.Http.SendAsync(HttpMethod.Get, "/scalar/", null, ("Host", "files.example")))
        {
            Assert.Equal(HttpStatusCode.PermanentRedirect, visit.StatusCode);
            Assert.Equal("https://files.example:8443/scalar/", visit.Headers.Location?.ToString());
            Assert.False(visit.Headers.Contains("Strict-Transport-Security"));
        }
        using (var key = await service.Http.SendAsync(HttpMethod.Get, "/files", null, ("Authorization", "Bearer secret")))
            await key.RefusedAsync(403, "forbidden");
        using (var link = await service.Http.GetAsync("/links/x?grant=secret"))
            await link.RefusedAsync(403, "forbidden");
        using (var change = await service.Http.PostAsync("/files/upload", new ByteArrayContent([1])))
            await change.RefusedAsync(403, "forbidden");
        using (var secure = await service.Http.SendAsync(HttpMethod.Get, "/files", null, Forwarded))
        {
            Assert.Equal(HttpStatusCode.OK, secure.StatusCode);
            Assert.Equal("max-age=31536000", secure.Headers.GetValues("Strict-Transport-Security").Single());
        }
        var at = $"/files/{(await UploadAsync(service)).Id()}";
        using (var wrong = await service.Http.SendAsync(HttpMethod.Put, at, new StringContent("{", null, "application/json"), Forwarded))
        {
            await wrong.RefusedAsync(400, "invalid_request");
            Assert.Equal("max-age=31536000", wrong.Headers.GetValues("Strict-Transport-Security").Single());
        }
    }

    [Fact]
    public async Task Without_configuration_neither_is_said()
    {
        using var response = await pair.Http.GetAsync("/files");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.False(response.Headers.Contains("Strict-Transport-Security"));
    }

    private static async Task<JsonElement> UploadAsync(Service service)
    {
        using var created = await service.Http.SendAsync(HttpMethod.Post, "/files/upload", new ByteArrayContent([1]), Forwarded);
        return await created.SucceededAsync(HttpStatusCode.Created);
    }

    private static async Task<string> LocationAsync(Service service, params (string, string)[] fields)
    {
        using var created = await service.Http.SendAsync(HttpMethod.Post, "/uploads", null, [("Tus-Resumable", "1.0.0"), ("Upload-Length", "3"), .. fields]);
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        return created.Headers.Location?.ToString() ?? "";
    }
}
