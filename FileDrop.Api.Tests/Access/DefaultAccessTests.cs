using System.Net;
using FileDrop.Api.Tests.Files;
using Xunit;

namespace FileDrop.Api.Tests.Access;

/// <summary>The service before and after access is configured.</summary>
public sealed class DefaultAccessTests
{
    [Fact]
    public async Task Without_access_configuration_it_refuses_to_be_reached_by_others_and_names_the_ways_on()
    {
        await using var stores = new EmbeddedStores();
        await using var service = ServiceProcess.Launch(stores.Settings, ("ASPNETCORE_URLS", "http://0.0.0.0:0"));
        Assert.Equal(2, await service.ExitAsync());
        await Service.UntilAsync("its words are read", () => Task.FromResult(service.Output.Contains("Anonymous", StringComparison.Ordinal)));
        foreach (var way in new[] { "http://0.0.0.0:0", "FileDrop:Access:Key", "keys create", "FileDrop:Access:Oidc", "FileDrop:Access:Anonymous" })
            Assert.Contains(way, service.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_in_the_catalog_allows_listening_beyond_loopback_and_is_then_required()
    {
        await using var stores = new EmbeddedStores();
        var (exit, output) = await ServiceProcess.CommandAsync(stores, "keys", "create");
        Assert.True(exit == 0, output);
        await using var service = await Service.StartAsync(stores, ("urls", "http://127.0.0.1:0;http://0.0.0.0:0"));
        using (var refused = await service.Http.SendAsync(HttpMethod.Get, "/files", null, ("Host", "files.example")))
            await refused.UnauthenticatedAsync();
        using var taken = await service.Http.SendAsync(
            HttpMethod.Get, "/files", null, ("Host", "files.example"), ("Authorization", $"Bearer {output.Split('\n')[0]}"));
        Assert.Equal(HttpStatusCode.OK, taken.StatusCode);
    }

    [Fact]
    public async Task A_configured_key_is_an_admin_and_owns_the_files_stored_before()
    {
        await using var stores = new EmbeddedStores();
        string id;
        await using (var open = await Service.StartAsync(stores))
            id = (await open.Http.UploadAsync([1], "a")).Id();
        await using var service = await Service.StartAsync(stores, AccessWords.AdminSetting);
        using var admin = service.AsAdmin();
        Assert.Equal([1], await admin.GetByteArrayAsync($"/files/{id}"));
        using (var refused = await service.Http.GetAsync($"/files/{id}"))
            await refused.UnauthenticatedAsync();
        // Probes and documents need no key, and the service looks for none.
        foreach (var path in new[] { "/health", "/alive", "/openapi/v1.json", "/scalar/" })
            Assert.Equal(HttpStatusCode.OK, await service.Http.StatusAsync(path));
        Assert.Equal(HttpStatusCode.NotFound, await service.Http.StatusAsync("/nothing-here"));
        using var options = await service.Http.SendAsync(HttpMethod.Options, "/uploads", null);
        Assert.Equal(HttpStatusCode.NoContent, options.StatusCode);
    }

    [Fact]
    public async Task What_is_stored_is_the_services_own_also_in_a_directory_that_others_read()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows has no such modes.");
            return;
        }
        await using var stores = new EmbeddedStores();
        File.SetUnixFileMode(stores.Directory, (UnixFileMode)0b111_101_101);
        await using var service = await Service.StartAsync(stores);
        await service.Http.UploadAsync([1], "a");
        foreach (var path in new[] { "catalog.db", "catalog.db-wal", "catalog.db-shm", "blobs", "incoming" })
            Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(Path.Combine(stores.Directory, path)) & (UnixFileMode)0b000_111_111);
    }

    [Fact]
    public async Task Open_to_everybody_a_key_is_not_needed_counts_if_sent_and_is_refused_if_wrong()
    {
        await using var stores = new EmbeddedStores();
        await using var service = await Service.StartAsync(stores, ("FileDrop:Access:Anonymous", "true"));
        await service.Http.UploadAsync([1], "everybodys");
        var (key, _) = await service.Http.MakeKeyAsync(new { owner = "henry", scopes = AccessWords.ReadAlone });
        using var henry = service.As(key);
        Assert.Equal("[]\n", await henry.GetStringAsync("/files"));
        using (var refused = await henry.PostAsync("/files/upload", new StringContent("x")))
            await refused.RefusedAsync(403, "forbidden");
        using (var wrong = service.As("wrong"))
        using (var refused = await wrong.GetAsync("/files"))
            await refused.UnauthenticatedAsync();
        Assert.Equal(HttpStatusCode.OK, await service.Http.StatusAsync("/files"));
    }

    [Theory]
    [InlineData("FileDrop:Access:Key", "too-short-a-key", "FileDrop:Access:Key")]
    [InlineData("FileDrop:Access:Key", "long enough but with spaces in it", "FileDrop:Access:Key")]
    [InlineData("FileDrop:Access:Oidc:Authority", "https://login.example", "FileDrop:Access:Oidc:Audience")]
    [InlineData("FileDrop:Access:Oidc:Audience", "filedrop", "FileDrop:Access:Oidc:Authority")]
    public async Task A_setting_that_cannot_be_used_ends_the_start_and_is_not_shown_if_it_is_a_secret(string key, string value, string named)
    {
        await using var stores = new EmbeddedStores();
        await using var service = ServiceProcess.Launch(stores.Settings, (key, value));
        Assert.Equal(2, await service.ExitAsync());
        await Service.UntilAsync("its words are read", () => Task.FromResult(service.Output.Contains(named, StringComparison.Ordinal)));
        Assert.DoesNotContain(value, key.EndsWith("Key", StringComparison.Ordinal) ? service.Output : "", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://login.example")]
    [InlineData("ftp://login.example")]
    [InlineData("login.example")]
    [InlineData("https://login.example/?tenant=a")]
    public async Task A_provider_elsewhere_is_asked_by_https_alone(string authority)
    {
        await using var stores = new EmbeddedStores();
        await using var service = ServiceProcess.Launch(
            stores.Settings, ("FileDrop:Access:Oidc:Authority", authority), ("FileDrop:Access:Oidc:Audience", "filedrop"));
        Assert.Equal(2, await service.ExitAsync());
        await Service.UntilAsync("its words are read", () => Task.FromResult(service.Output.Contains("https address", StringComparison.Ordinal)));
    }
}
