using System.Net;
using System.Net.Sockets;
using Xunit;

namespace FileDrop.Api.Tests;

/// <summary>The output at the start: the service's address, or one sentence that names the setting to change.</summary>
public sealed class StartTests
{
    public static TheoryData<string, string, string[]> Slips => new()
    {
        { "FileDrop__Acces__Key", "long-enough-but-in-the-wrong-place", ["FileDrop:Acces:Key is not a setting", "FileDrop:Access:Key"] },
        { "FileDrop__Trash__Retention", "45", ["FileDrop:Trash:Retention is \"45\"", "write 45d"] },
        { "URLS", "localhost:5080", ["urls is \"localhost:5080\"", "http://localhost:5080"] },
        { "URLS", "https://127.0.0.1:0", ["urls is \"https://127.0.0.1:0\"", "No server certificate", "Kestrel:Certificates:Default:Path"] },
        { "HTTP_PORTS", "web", ["HTTP_PORTS is \"web\""] },
        { "FileDrop__DataDirectory", "/dev/null/files", ["FileDrop:DataDirectory is \"/dev/null/files\"", $"the user {Environment.UserName} cannot use"] },
        { "Logging__LogLevel__Default", "Loud", ["Logging:LogLevel:Default is \"Loud\"", "Warning"] },
        { "OTEL_EXPORTER_OTLP_ENDPOINT", "collector", ["OTEL_EXPORTER_OTLP_ENDPOINT is \"collector\""] },
        { "ASPNETCORE_CONTENTROOT", "/nowhere", ["The directory /nowhere/ does not exist", "contentRoot"] },
    };

    [Theory]
    [MemberData(nameof(Slips))]
    public async Task A_mistake_in_the_settings_ends_the_start_with_exit_code_2_and_a_sentence_that_names_it(string variable, string value, string[] words)
    {
        await using var stores = new EmbeddedStores();
        // Clear the address that Launch sets, so that the ports count, as in an image.
        var address = variable is "HTTP_PORTS" ? [(ServiceProcess.Urls, "")] : Array.Empty<(string, string)>();
        // Use a home directory without a developer's certificate.
        await using var service = ServiceProcess.Launch(stores.Settings, [.. address, ("HOME", stores.Directory), (variable, value)]);
        await EndsAsync(service, words);
    }

    [Fact]
    public async Task A_port_that_is_taken_ends_the_start_with_exit_code_2_and_the_address()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        await using var stores = new EmbeddedStores();
        var url = $"http://{other.LocalEndpoint}";
        await using var service = ServiceProcess.Launch(stores.Settings, (ServiceProcess.Urls, url));
        await EndsAsync(service, $"urls is \"{url}\"", "already in use", "Set urls to another address");
    }

    [Fact]
    public async Task An_address_that_the_machine_does_not_have_ends_the_start_with_exit_code_2_and_the_address()
    {
        await using var stores = new EmbeddedStores();
        // This address belongs to a network for documentation (RFC 5737).
        await using var service = ServiceProcess.Launch(stores.Settings, ("FileDrop:Access:Anonymous", "true"), (ServiceProcess.Urls, "http://192.0.2.1:5080"));
        await EndsAsync(service, "urls is \"http://192.0.2.1:5080\"", "Set urls to another address");
    }

    [Fact]
    public async Task A_file_that_is_not_a_catalog_ends_the_start_with_exit_code_2_and_the_directory()
    {
        await using var stores = new EmbeddedStores();
        await File.WriteAllTextAsync(Path.Combine(stores.Directory, "catalog.db"), "This is somebody's text, and no database.");
        await using var service = ServiceProcess.Launch(stores.Settings);
        await EndsAsync(service, $"FileDrop:DataDirectory is \"{stores.Directory}\"", "not a database");
    }

    [Fact]
    public async Task Malformed_JSON_settings_end_the_start_with_exit_code_2_and_the_file()
    {
        await using var stores = new EmbeddedStores();
        await File.WriteAllTextAsync(Path.Combine(stores.Directory, "appsettings.json"), "{ \"FileDrop\": ");
        await using var service = ServiceProcess.Launch(stores.Settings, ("ASPNETCORE_CONTENTROOT", stores.Directory));
        await EndsAsync(service, Path.Combine(stores.Directory, "appsettings.json"), "LineNumber");
    }

    [Fact]
    public async Task The_last_line_says_where_the_service_is_and_nothing_is_left_outside_its_data_directory()
    {
        await using var stores = new EmbeddedStores();
        var home = Directory.CreateTempSubdirectory("filedrop-home-");
        try
        {
            await using var service = await ServiceProcess.StartAsync(
                stores, ("HOME", home.FullName), ("FileDrop_DataDirectory", "/srv/files"), ("FILEDROP_PORT", "tcp://10.0.0.1:5080"), ("OTEL_SDK_DISABLED", "true"));
            var last = $"FileDrop is at {service.Address.ToString().TrimEnd('/')}, files in {stores.Directory}";
            await Service.UntilAsync(last, () => Task.FromResult(service.Output.TrimEnd().EndsWith(last, StringComparison.Ordinal)));
            Assert.Equal(1, service.Output.Split('\n').Count(line => line.Contains("warn: ", StringComparison.Ordinal)));
            Assert.Contains("FileDrop_DataDirectory is ignored: write FileDrop__DataDirectory.", service.Output, StringComparison.Ordinal);
            Assert.DoesNotContain("FILEDROP_PORT", service.Output, StringComparison.Ordinal);
            Assert.DoesNotContain("XML encryptor", service.Output, StringComparison.Ordinal);
            Assert.Empty(home.EnumerateFileSystemInfos());
        }
        finally
        {
            home.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData("\"key create\" is not a command; the nearest one is \"keys create\".", "key", "create")]
    [InlineData("\"keys creat\" is not a command; the nearest one is \"keys create\".", "keys", "creat")]
    [InlineData("\"chekc\" is not a command; the nearest one is \"check\".", "--urls", "http://127.0.0.1:0", "chekc")]
    [InlineData("-v is not an option.", "-v")]
    [InlineData("--urls has no value", "--urls")]
    public async Task A_mistyped_command_shows_the_usage_and_starts_nothing(string said, params string[] arguments)
    {
        await using var stores = new EmbeddedStores();
        var (exit, output) = await ServiceProcess.CommandAsync(stores, arguments);
        Assert.Equal(2, exit);
        Assert.Contains(said, output, StringComparison.Ordinal);
        Assert.Contains("keys revoke ID", output, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(stores.Directory));
    }

    private static async Task EndsAsync(ServiceProcess service, params string[] words)
    {
        Assert.Equal(2, await service.ExitAsync());
        Assert.Contains("FileDrop cannot start.", service.Output, StringComparison.Ordinal);
        foreach (var word in words)
            Assert.Contains(word, service.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", service.Output, StringComparison.Ordinal);
        Assert.True(service.Output.Split('\n').Length < 10, service.Output);
    }
}
