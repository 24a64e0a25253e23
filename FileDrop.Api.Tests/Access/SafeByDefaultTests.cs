using System.Net;
using System.Text;
using FileDrop.Api.Tests.Files;
using Xunit;

namespace FileDrop.Api.Tests.Access;

[ClusterAtNight]
public abstract class SafeByDefaultTests(Pair pair)
{
    [Theory]
    [InlineData("localhost")]
    [InlineData("LOCALHOST:{port}")]
    [InlineData("127.0.0.1:{port}")]
    [InlineData("127.0.0.1:1")]
    [InlineData("[::1]")]
    [InlineData("[::1]:{port}")]
    public async Task This_machines_own_names_are_answered(string host) => Assert.Equal(200, (await GetAsync(host)).Status);

    [Theory]
    [InlineData("filedrop.example")]
    [InlineData("filedrop.example:{port}")]
    [InlineData("localhost.evil.example")]
    [InlineData("evil.localhost")]
    [InlineData("localhost.")]
    [InlineData("127.0.0.1.evil.example:{port}")]
    [InlineData("127.0.0.2")]
    [InlineData("2130706433")]
    [InlineData("0.0.0.0")]
    [InlineData("[::2]")]
    [InlineData("192.168.0.1")]
    [InlineData("")]
    public async Task Another_name_is_421_and_nothing_else(string host)
    {
        var answer = await GetAsync(host);
        Assert.Equal((421, "misdirected_request"), (answer.Status, answer.Code()));
    }

    [Fact]
    public async Task A_request_for_another_host_changes_nothing()
    {
        var file = await pair.Http.UploadAsync([1], "a");
        await pair.LeavesNothingAsync(async () =>
        {
            foreach (var (method, path) in new[] { ("POST", "/files/upload"), ("PUT", $"/files/{file.Id()}"), ("DELETE", $"/files/{file.Id()}") })
            {
                using var response = await pair.Http.SendAsync(new HttpMethod(method), path, new StringContent("x"), ("Host", "filedrop.example"));
                await response.RefusedAsync(421, "misdirected_request");
            }
        });
    }

    [Fact]
    public async Task Without_a_Host_nobody_is_answered()
    {
        using (var wire = await Wire.ConnectAsync(pair.Service))
        {
            // The server itself answers this, because HTTP/1.1 requires a Host.
            await wire.SendAsync("GET /files HTTP/1.1\r\n\r\n");
            Assert.Equal(400, (await wire.ReadAnswerAsync()).Status);
            Assert.Null(await wire.ReadAsync());
        }
        using (var wire = await Wire.ConnectAsync(pair.Service))
        {
            await wire.SendAsync("GET /files HTTP/1.0\r\n\r\n");
            Assert.Equal(421, (await wire.ReadAnswerAsync()).Status);
        }
        using (var wire = await Wire.ConnectAsync(pair.Service))
        {
            await wire.SendAsync("GET /files HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n");
            Assert.Equal(400, (await wire.ReadAnswerAsync()).Status);
        }
        using (var wire = await Wire.ConnectAsync(pair.Service))
        {
            await wire.SendAsync("GET http://evil.example/files HTTP/1.1\r\nHost: localhost\r\n\r\n");
            Assert.Equal(400, (await wire.ReadAnswerAsync()).Status);
        }
    }

    [Fact]
    public async Task Only_the_Host_field_counts_and_forwarded_hosts_are_ignored()
    {
        using var response = await pair.Http.SendAsync(HttpMethod.Get, "/files", null, ("Host", "evil.example"), ("X-Forwarded-Host", "localhost"));
        await response.RefusedAsync(421, "misdirected_request");
    }

    [Theory]
    [InlineData("Origin: https://evil.example")]
    [InlineData("Origin: null")]
    [InlineData("Origin: http://localhost:1")]
    [InlineData("Origin: http://{authority}.evil.example")]
    [InlineData("Origin: http://evil.example/http://{authority}")]
    [InlineData("Origin: http://{authority}@evil.example")]
    [InlineData("Origin: http://{authority}, http://evil.example")]
    [InlineData("Origin: {authority}")]
    [InlineData("Origin: ")]
    [InlineData("Sec-Fetch-Site: cross-site")]
    [InlineData("Sec-Fetch-Site: Cross-Site")]
    [InlineData("Origin: http://{authority}|Sec-Fetch-Site: cross-site")]
    [InlineData("Origin: https://evil.example|Sec-Fetch-Site: same-origin")]
    public async Task Another_sites_page_changes_nothing_and_may_read(string fields)
    {
        var file = await pair.Http.UploadAsync([1], "a");
        await pair.LeavesNothingAsync(async () =>
        {
            foreach (var (method, path) in new[]
            {
                ("POST", "/files/upload"), ("PUT", $"/files/{file.Id()}"), ("PUT", $"/files/{file.Id()}/content"), ("DELETE", $"/files/{file.Id()}"),
                ("PATCH", "/elsewhere"),
            })
            {
                var answer = await SendAsync(method, path, fields);
                Assert.Equal((403, "forbidden"), (answer.Status, answer.Code()));
            }
        });
        Assert.Equal(200, (await SendAsync("GET", $"/files/{file.Id()}", fields)).Status);
    }

    [Theory]
    [InlineData("X: y")]
    [InlineData("Origin: http://{authority}")]
    [InlineData("Origin: HTTP://{authority}")]
    [InlineData("Origin: https://{authority}")]
    [InlineData("Origin: http://{authority}|Sec-Fetch-Site: same-origin")]
    [InlineData("Sec-Fetch-Site: same-origin")]
    [InlineData("Sec-Fetch-Site: none")]
    public async Task Its_own_page_and_other_clients_may_make_changes(string fields)
    {
        var upload = await SendAsync("POST", "/files/upload", fields);
        Assert.Equal(201, upload.Status);
        Assert.Equal(200, (await SendAsync("PUT", $"/files/{upload.Json().Id()}", fields)).Status);
        Assert.Equal(200, (await SendAsync("DELETE", $"/files/{upload.Json().Id()}", fields)).Status);
    }

    [Fact]
    public async Task Configured_hosts_and_origins_are_accepted()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores,
            ("FileDrop:AllowedHosts", "files.example; other.example"), ("FileDrop:AllowedOrigins", "https://app.example;https://b.example:8443"));
        foreach (var (host, origin, status) in new[]
        {
            ("files.example", "https://app.example", 201),
            ("OTHER.example:8080", "https://b.example:8443", 201),
            ("localhost", "https://app.example", 201),
            ("files.example", "https://files.example", 201),
            ("files.example", "https://other.example", 403),
            ("files.example", "http://app.example", 403),
            ("files.example", "https://b.example", 403),
            ("sub.files.example", "https://app.example", 421),
        })
        {
            using var response = await service.Http.SendAsync(
                HttpMethod.Post, "/files/upload", new StringContent("x"), ("Host", host), ("Origin", origin), ("Sec-Fetch-Site", "same-site"));
            Assert.True(status == (int)response.StatusCode, $"{host} {origin}: {response.StatusCode}");
        }
        using var cross = await service.Http.SendAsync(HttpMethod.Post, "/files/upload", new StringContent("x"),
            ("Host", "files.example"), ("Origin", "https://app.example"), ("Sec-Fetch-Site", "cross-site"));
        Assert.Equal(HttpStatusCode.Created, cross.StatusCode);
    }

    private Task<WireAnswer> GetAsync(string host) => ReadAsync(
        $"GET /files HTTP/1.1\r\nHost: {host.Replace("{port}", $"{pair.Service.Address.Port}", StringComparison.Ordinal)}\r\nConnection: close\r\n\r\n");

    private Task<WireAnswer> SendAsync(string method, string path, string fields) => ReadAsync(
        $"{method} {path} HTTP/1.1\r\nHost: {pair.Service.Address.Authority}\r\nContent-Length: 1\r\nConnection: close\r\n"
        + $"{fields.Replace("{authority}", pair.Service.Address.Authority, StringComparison.Ordinal).Replace("|", "\r\n", StringComparison.Ordinal)}\r\n\r\nx");

    private async Task<WireAnswer> ReadAsync(string request)
    {
        using var wire = await Wire.ConnectAsync(pair.Service);
        await wire.SendAsync(Encoding.UTF8.GetBytes(request));
        return await wire.ReadAnswerAsync();
    }
}

public sealed class SafeByDefaultOnEmbeddedTests(EmbeddedPair pair) : SafeByDefaultTests(pair), IClassFixture<EmbeddedPair>;

public sealed class SafeByDefaultOnClusterTests(ClusterPair pair) : SafeByDefaultTests(pair), IClassFixture<ClusterPair>;
