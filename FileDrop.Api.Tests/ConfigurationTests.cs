using System.Net;
using FileDrop.Api.Settings;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace FileDrop.Api.Tests;

/// <summary>A bad setting is reported at the start, by name and with the fix.</summary>
public sealed class ConfigurationTests
{
    [Theory]
    [InlineData("http://0.0.0.0:0")]
    [InlineData("http://*:0")]
    public async Task An_address_beyond_loopback_without_access_ends_the_start_and_names_the_remedies(string url)
    {
        await using var stores = new EmbeddedStores();
        await using var service = ServiceProcess.Launch(stores.Settings, (ServiceProcess.Urls, url));
        Assert.Equal(2, await service.ExitAsync());
        Assert.Contains("FileDrop cannot start.", service.Output, StringComparison.Ordinal);
        Assert.Contains("FileDrop:Access:Anonymous", service.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", service.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mongodb://127.0.0.1:1/", null, "ConnectionStrings:storage")]
    [InlineData(null, "Endpoint=http://127.0.0.1:1;AccessKey=a;SecretKey=b", "ConnectionStrings:filedrop")]
    [InlineData("mongodb://127.0.0.1:1/?w=1", "Endpoint=http://127.0.0.1:1;AccessKey=a;SecretKey=b", "w=")]
    [InlineData("mongodb://127.0.0.1:1/?journal=false", "Endpoint=http://127.0.0.1:1;AccessKey=a;SecretKey=b", "journal")]
    [InlineData("mongodb://127.0.0.1:1/?readPreference=secondary", "Endpoint=http://127.0.0.1:1;AccessKey=a;SecretKey=b", "readPreference")]
    [InlineData("not a connection string", "Endpoint=http://127.0.0.1:1;AccessKey=a;SecretKey=b", "connection string")]
    [InlineData("mongodb://127.0.0.1:1/", "Endpoint=http://127.0.0.1:1;AccessKey=a", "SecretKey")]
    [InlineData("mongodb://127.0.0.1:1/", "Endpoint=127.0.0.1;AccessKey=a;SecretKey=b", "Endpoint")]
    [InlineData("mongodb://127.0.0.1:1/", "Endpoint=http://127.0.0.1:1;AccessKey=a;SecretKey=b;Bukket=x", "Bukket")]
    public void A_bad_connection_string_is_refused_with_the_reason(string? mongoDb, string? storage, string named)
    {
        var settings = new Dictionary<string, string?> { ["ConnectionStrings:filedrop"] = mongoDb, ["ConnectionStrings:storage"] = storage };
        var refusal = Assert.Throws<ConfigurationException>(() => new ServiceCollection().AddStores(
            FileDropOptions.Read(new ConfigurationBuilder().AddInMemoryCollection(settings).Build(), "/"), alone: true));
        Assert.Contains(named, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_service_on_the_same_data_directory_ends_and_names_the_first()
    {
        await using var stores = new EmbeddedStores();
        await using var first = await ServiceProcess.StartAsync(stores);
        await using var second = ServiceProcess.Launch(stores.Settings);
        Assert.Equal(2, await second.ExitAsync());
        Assert.Contains($"process {first.Id}", second.Output, StringComparison.Ordinal);
        Assert.True(await first.IsHealthyAsync());
    }

    [Fact]
    public async Task What_is_used_and_where_the_data_lies_is_said_at_start_without_credentials()
    {
        await using var stores = await ClusterStores.MakeAsync();
        await using var service = await ServiceProcess.StartAsync(stores);
        Assert.Contains("MongoDB", service.Output, StringComparison.Ordinal);
        Assert.Contains(stores.Name, service.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("filedrop-secret", service.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_open_service_answers_under_any_name_unless_hosts_are_configured()
    {
        await using var stores = new EmbeddedStores();
        await using var open = await Service.StartAsync(stores, ("FileDrop:Access:Anonymous", "true"));
        Assert.Equal(HttpStatusCode.OK, await AskAsync(open, "files.example.com"));
        await using var others = new EmbeddedStores();
        await using var named = await Service.StartAsync(others, ("FileDrop:Access:Anonymous", "true"), ("FileDrop:AllowedHosts", "files.example.com"));
        Assert.Equal(HttpStatusCode.OK, await AskAsync(named, "files.example.com"));
        Assert.Equal(HttpStatusCode.MisdirectedRequest, await AskAsync(named, "elsewhere.example.com"));
    }

    private static async Task<HttpStatusCode> AskAsync(Service service, string host)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/files");
        request.Headers.Host = host;
        using var answer = await service.Http.SendAsync(request);
        return answer.StatusCode;
    }
}
