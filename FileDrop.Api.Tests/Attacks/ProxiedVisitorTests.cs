using System.Net;
using FileDrop.Api.Tests.Access;
using FileDrop.Api.Tests.Files;
using Xunit;

namespace FileDrop.Api.Tests.Attacks;

/// <summary>Visitors through a proxy on the same machine, before access is configured.</summary>
public abstract class ProxiedVisitorTests(Pair pair)
{
    private static readonly string[] Admin = ["admin"];

    [Theory]
    [InlineData("X-Forwarded-For: 203.0.113.9")]
    [InlineData("x-forwarded-proto: https")]
    [InlineData("X-Forwarded-Host: files.example")]
    [InlineData("X-Forwarded-Prefix: /drop")]
    [InlineData("X-Forwarded: for=203.0.113.9")]
    [InlineData("Forwarded: for=203.0.113.9;proto=https")]
    [InlineData("Forwarded: ")]
    [InlineData("Via: 1.1 proxy")]
    [InlineData("X-Real-IP: 203.0.113.9")]
    [InlineData("CF-Connecting-IP: 203.0.113.9")]
    public async Task Without_access_configuration_what_a_proxy_sends_on_is_refused_and_told_what_to_set(string field)
    {
        foreach (var line in new[] { "GET /files", "GET /", "GET /openapi/v1.json", "POST /files/upload", "POST /uploads", "OPTIONS /uploads", "GET /nothing", "POST /admin/keys" })
        {
            using var wire = await Wire.ConnectAsync(pair.Service);
            await wire.SendHeadAsync(line, field, "Content-Length: 0");
            var answer = await wire.ReadAnswerAsync();
            Assert.True(answer is { Status: 403 } && answer.Code() is "forbidden", $"{line}: {answer.Status} {answer.Body}");
            foreach (var way in new[] { "Access:Key", "keys create", "Access:Anonymous=true" })
                Assert.Contains(way, answer.Json().Text("detail"), StringComparison.Ordinal);
        }
        // Health probes are still answered.
        using var probe = await Wire.ConnectAsync(pair.Service);
        await probe.SendHeadAsync("GET /health", field);
        Assert.Equal(200, (await probe.ReadAnswerAsync()).Status);
    }

    [Fact]
    public async Task Without_access_configuration_HTTP_1_0_is_a_proxys_too()
    {
        using var wire = await Wire.ConnectAsync(pair.Service);
        // Send what nginx sends by default: its own name for the service, and no field that reveals the proxy.
        await wire.SendAsync($"GET /files HTTP/1.0\r\nHost: {pair.Service.Address.Authority}\r\nConnection: close\r\n\r\n");
        var answer = await wire.ReadAnswerAsync();
        Assert.Equal((403, "forbidden"), (answer.Status, answer.Code()));
    }

    [Fact]
    public async Task A_named_proxy_does_not_count_as_access_configuration()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, ("FileDrop:Proxies", "127.0.0.1"), ("FileDrop:AllowedHosts", "files.example"));
        using var response = await service.Http.SendAsync(HttpMethod.Get, "/files", null, ("X-Forwarded-For", "203.0.113.9"));
        await response.RefusedAsync(403, "forbidden");
    }

    [Fact]
    public async Task The_first_key_is_not_made_by_a_request()
    {
        using (var response = await pair.Http.PostAsync("/admin/keys", AccessWords.Json(new { name = "mine", scopes = Admin })))
        {
            Assert.Contains("keys create", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            await response.RefusedAsync(403, "forbidden");
        }
        Assert.Equal("[]\n", await pair.Http.GetStringAsync("/admin/keys"));
        Assert.Equal(HttpStatusCode.OK, await pair.Http.StatusAsync("/files"));
    }

    [Fact]
    public async Task Requests_through_a_proxy_are_accepted_with_a_key_or_if_everybody_may_do_everything()
    {
        await using var stores = await pair.MakeStoresAsync();
        var (exit, output) = await ServiceProcess.CommandAsync(stores, "keys", "create");
        Assert.True(exit == 0, output);
        await using (var service = await Service.StartAsync(stores))
        {
            using var owner = service.As(output.Split('\n')[0]);
            using (var forwarded = await owner.SendAsync(HttpMethod.Get, "/files", null, ("Via", "1.1 proxy")))
                Assert.Equal(HttpStatusCode.OK, forwarded.StatusCode);
            using var stranger = await service.Http.SendAsync(HttpMethod.Get, "/files", null, ("Via", "1.1 proxy"));
            await stranger.UnauthenticatedAsync();
            await owner.MakeKeyAsync(new { name = "second" });
        }
        await using var others = await pair.MakeStoresAsync();
        await using var open = await Service.StartAsync(others, ("FileDrop:Access:Anonymous", "true"));
        using var anybody = await open.Http.SendAsync(HttpMethod.Get, "/files", null, ("X-Forwarded-For", "203.0.113.9"));
        Assert.Equal(HttpStatusCode.OK, anybody.StatusCode);
        await open.Http.MakeKeyAsync(new { name = "any" });
    }
}

public sealed class ProxiedVisitorOnEmbeddedTests(EmbeddedPair pair) : ProxiedVisitorTests(pair), IClassFixture<EmbeddedPair>;

public sealed class ProxiedVisitorOnClusterTests(ClusterPair pair) : ProxiedVisitorTests(pair), IClassFixture<ClusterPair>;
