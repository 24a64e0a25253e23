using System.Net;
using Xunit;

namespace FileDrop.Api.Tests;

/// <summary>What cannot be used is said at the start, by name, with the fix.</summary>
public sealed class ConfigurationTests
{
    [Theory]
    [InlineData("ConnectionStrings:filedrop", "mongodb://127.0.0.1:1/", "ConnectionStrings:storage")]
    [InlineData("ConnectionStrings:storage", "Endpoint=http://127.0.0.1:1;AccessKey=a;SecretKey=b", "ConnectionStrings:filedrop")]
    [InlineData("FileDrop:MaxFileSize", "5GB", "FileDrop:MaxFileSize")]
    [InlineData("FileDrop:Lease", "soon", "FileDrop:Lease")]
    [InlineData("FileDrop:Lease", "00:00:00.001", "FileDrop:Lease")]
    [InlineData("FileDrop:Versions:Keep", "-1", "FileDrop:Versions:Keep")]
    [InlineData("FileDrop:Access:Anonymous", "yes", "FileDrop:Access:Anonymous")]
    [InlineData("FileDrop:Quota:Bytes", "10GB", "FileDrop:Quota:Bytes")]
    [InlineData("FileDrop:Quota:Owners:local:Files", "-1", "FileDrop:Quota:Owners:local:Files")]
    [InlineData("FileDrop:Quota:Owners:local:Size", "1", "FileDrop:Quota:Owners:local:Size")]
    [InlineData("FileDrop:AllowedOrigins", "files.example.com", "FileDrop:AllowedOrigins")]
    [InlineData("ASPNETCORE_URLS", "http://0.0.0.0:0", "FileDrop:Access:Anonymous")]
    [InlineData("ASPNETCORE_URLS", "http://*:0", "FileDrop:Access:Anonymous")]
    public async Task A_setting_that_cannot_be_used_ends_the_start_with_its_name(string key, string value, string named)
    {
        await using var stores = new EmbeddedStores();
        await using var service = ServiceProcess.Launch(stores.Settings, (key, value));
        Assert.Equal(2, await service.ExitAsync());
        Assert.Contains("FileDrop cannot start.", service.Output, StringComparison.Ordinal);
        Assert.Contains(named, service.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", service.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mongodb://127.0.0.1:1/?w=1", "Endpoint=http://127.0.0.1:1;AccessKey=a;SecretKey=b", "w=")]
    [InlineData("mongodb://127.0.0.1:1/?journal=false", "Endpoint=http://127.0.0.1:1;AccessKey=a;SecretKey=b", "journal")]
    [InlineData("mongodb://127.0.0.1:1/?readPreference=secondary", "Endpoint=http://127.0.0.1:1;AccessKey=a;SecretKey=b", "readPreference")]
    [InlineData("not a connection string", "Endpoint=http://127.0.0.1:1;AccessKey=a;SecretKey=b", "connection string")]
    [InlineData("mongodb://127.0.0.1:1/", "Endpoint=http://127.0.0.1:1;AccessKey=a", "SecretKey")]
    [InlineData("mongodb://127.0.0.1:1/", "Endpoint=127.0.0.1;AccessKey=a;SecretKey=b", "Endpoint")]
    [InlineData("mongodb://127.0.0.1:1/", "Endpoint=http://127.0.0.1:1;AccessKey=a;SecretKey=b;Bukket=x", "Bukket")]
    public async Task A_connection_string_that_cannot_be_used_ends_the_start_with_the_reason(string mongoDb, string storage, string named)
    {
        var settings = new Dictionary<string, string?> { ["ConnectionStrings:filedrop"] = mongoDb, ["ConnectionStrings:storage"] = storage };
        await using var service = ServiceProcess.Launch(settings);
        Assert.Equal(2, await service.ExitAsync());
        Assert.Contains("FileDrop cannot start.", service.Output, StringComparison.Ordinal);
        Assert.Contains(named, service.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", service.Output, StringComparison.Ordinal);
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
    public async Task An_open_service_answers_under_any_name_unless_its_names_are_given()
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
