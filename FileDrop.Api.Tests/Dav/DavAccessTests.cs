using System.Net;
using System.Net.Http.Headers;
using System.Text;
using FileDrop.Api.Tests.Access;
using FileDrop.Api.Tests.Files;
using Xunit;

namespace FileDrop.Api.Tests.Dav;

/// <summary>Who may use the drive, and how they say who they are.</summary>
public sealed class DavAccessTests(EmbeddedPair pair) : IClassFixture<EmbeddedPair>
{
    private const string Ask = "Basic realm=\"FileDrop\", charset=\"UTF-8\"";

    [Fact]
    public async Task Only_below_its_address_a_password_is_asked_for_and_a_key_is_the_password()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, AccessWords.AdminSetting);
        using var nobody = service.As(null);
        foreach (var (path, field) in new[] { ("/dav/", Ask), ("/dav/a/b", Ask), ("/files", "Bearer"), ("/davy", ""), ("/paths/dav", "Bearer") })
        {
            using var refused = await nobody.DavAsync(path.StartsWith("/dav/", StringComparison.Ordinal) ? "PROPFIND" : "GET", path);
            Assert.Equal(field, refused.Headers.WwwAuthenticate.ToString());
        }
        nobody.DefaultRequestHeaders.Authorization = Basic(AccessWords.AdminKey);
        await nobody.DavOkAsync(207, "PROPFIND", "/dav/", null, ("Depth", "0"));
        nobody.DefaultRequestHeaders.Authorization = Basic("wrong");
        await nobody.DavOkAsync(401, "PROPFIND", "/dav/", null, ("Depth", "0"));
        using var options = await service.As(null).DavAsync("OPTIONS", "/dav/");
        Assert.Equal(("1, 2, 3", HttpStatusCode.OK), (options.Headers.GetValues("DAV").Single(), options.StatusCode));
    }

    [Fact]
    public async Task A_password_that_others_could_read_is_refused_with_the_reason()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, AccessWords.AdminSetting, ("FileDrop:Proxies", "10.0.0.7"));
        using var http = service.As(null);
        foreach (var password in new[] { null, AccessWords.AdminKey })
        {
            http.DefaultRequestHeaders.Authorization = password is null ? null : Basic(password);
            using var refused = await http.DavAsync("PROPFIND", "/dav/", null, ("X-Forwarded-For", "192.0.2.1"), ("X-Forwarded-Proto", "https"));
            await refused.RefusedAsync(403, "forbidden");
            Assert.Contains("HTTPS", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            Assert.Empty(refused.Headers.WwwAuthenticate);
        }
        await using var trusting = await Service.StartAsync(
            await pair.MakeStoresAsync(), AccessWords.AdminSetting, ("FileDrop:Proxies", "127.0.0.1"));
        using var behind = trusting.As(null);
        behind.DefaultRequestHeaders.Authorization = Basic(AccessWords.AdminKey);
        await behind.DavOkAsync(207, "PROPFIND", "/dav/", null, ("Depth", "0"), ("X-Forwarded-For", "192.0.2.1"), ("X-Forwarded-Proto", "https"));
        await behind.DavOkAsync(403, "PROPFIND", "/dav/", null, ("Depth", "0"), ("X-Forwarded-For", "192.0.2.1"), ("X-Forwarded-Proto", "http"));
    }

    [Theory]
    [InlineData("null")]
    [InlineData("https://evil.example")]
    public async Task Pages_of_other_sites_change_nothing(string origin)
    {
        foreach (var method in new[] { "PUT", "DELETE", "PROPPATCH", "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK", "PROPFIND" })
            await pair.Http.DavOkAsync(403, method, "/dav/x", method == "PUT" ? "x" : null, ("Origin", origin));
    }

    [Fact]
    public async Task The_limit_of_a_callers_requests_does_not_break_a_mount()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(
            stores, AccessWords.AdminSetting, ("FileDrop:Limits:RequestsPerCaller", "3"), ("FileDrop:Limits:RequestsPerAddress", "3"));
        using var http = service.As(null);
        http.DefaultRequestHeaders.Authorization = Basic(AccessWords.AdminKey);
        for (var i = 0; i < 20; i++)
            await http.DavOkAsync(207, "PROPFIND", "/dav/", null, ("Depth", "0"));
        http.DefaultRequestHeaders.Authorization = Basic("guess");
        Assert.Contains(429, await Task.WhenAll(Enumerable.Range(0, 10).Select(async _ =>
        {
            using var response = await http.DavAsync("PROPFIND", "/dav/");
            return (int)response.StatusCode;
        })));
    }

    private static AuthenticationHeaderValue Basic(string password) => new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"me:{password}")));
}
