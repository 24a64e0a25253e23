using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace FileDrop.Api.Tests;

/// <summary>The real service, in this process, behind a real socket on loopback.</summary>
public sealed class Service : IAsyncDisposable
{
    private readonly Factory _factory;

    private Service(Factory factory)
    {
        _factory = factory;
        Address = new Uri(factory.Address);
        Http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, MaxConnectionsPerServer = 256 })
        {
            BaseAddress = Address,
            Timeout = TimeSpan.FromMinutes(2),
        };
    }

    public Uri Address { get; }

    public HttpClient Http { get; }

    public IServiceProvider Services => _factory.Services;

    /// <summary>Starts a service over some stores. Its sweeper runs often and, unless set otherwise, without grace, trash or retention.</summary>
    public static Task<Service> StartAsync(Stores stores, params ReadOnlySpan<(string Key, string Value)> settings) =>
        StartAsync(stores, _ => { }, settings);

    /// <summary>Starts a service with some parts replaced.</summary>
    public static Task<Service> StartAsync(Stores stores, Action<IServiceCollection> replace, params ReadOnlySpan<(string Key, string Value)> settings)
    {
        var all = new Dictionary<string, string?>(stores.Settings)
        {
            ["urls"] = "http://127.0.0.1:0",
            ["FileDrop:SweepInterval"] = "00:00:00.100",
            ["FileDrop:ReadersGrace"] = "00:00:00",
            ["FileDrop:Trash:Retention"] = "00:00:00",
            ["Logging:LogLevel:Default"] = "Warning",
        };
        foreach (var (key, value) in settings)
            all[key] = value;
        return StartCoreAsync(all, replace);
    }

    /// <summary>Waits until a condition holds; fails with its description if it never does.</summary>
    public static async Task UntilAsync(string what, Func<Task<bool>> condition, int seconds = 20)
    {
        var until = DateTime.UtcNow.AddSeconds(seconds);
        while (!await condition())
        {
            if (DateTime.UtcNow > until)
                throw new TimeoutException($"Not within {seconds} s: {what}");
            await Task.Delay(50);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _factory.DisposeAsync();
    }

    private static async Task<Service> StartCoreAsync(Dictionary<string, string?> settings, Action<IServiceCollection> replace)
    {
        var factory = new Factory(settings, replace);
        // Take the port from the settings (any free one). A port given here would be set when the service's own Main may already have started the server.
        factory.UseKestrel();
        factory.StartServer();
        var service = new Service(factory);
        await UntilAsync("the service is healthy", async () => (await service.Http.GetAsync("/health")).IsSuccessStatusCode, 60);
        return service;
    }

    private sealed class Factory(Dictionary<string, string?> settings, Action<IServiceCollection> replace) : WebApplicationFactory<Program>
    {
        public string Address => Services.GetRequiredService<Microsoft.AspNetCore.Hosting.Server.IServer>().Features
            .Get<Microsoft.AspNetCore.Hosting.Server.Features.IServerAddressesFeature>()?.Addresses.First()
            ?? throw new InvalidOperationException("The service listens nowhere.");

        protected override void ConfigureWebHost(IWebHostBuilder builder)
        {
            builder.UseEnvironment("Production");
            foreach (var (key, value) in settings)
                builder.UseSetting(key, value);
            builder.ConfigureLogging(logging => logging.ClearProviders());
            builder.ConfigureTestServices(replace);
        }
    }
}

/// <summary>A service over one pair of stores, shared by the tests of a class.</summary>
public abstract class Pair : IAsyncLifetime
{
    private Stores? _stores;
    private Service? _service;
    private string? _missing;

    public Stores Stores => Started(_stores);

    public Service Service => Started(_service);

    public HttpClient Http => Service.Http;

    public async ValueTask InitializeAsync()
    {
        // A fixture cannot skip its tests, so they are skipped when they ask for the missing part.
        _missing = await MissingAsync();
        if (_missing is not null)
            return;
        _stores = await MakeStoresAsync();
        _service = await Service.StartAsync(_stores, Settings);
    }

    public async ValueTask DisposeAsync()
    {
        if (_service is not null)
            await _service.DisposeAsync();
        if (_stores is not null)
            await _stores.DisposeAsync();
    }

    /// <summary>Makes fresh stores of this pair's kind, for a test that needs its own service.</summary>
    public abstract Task<Stores> MakeStoresAsync();

    /// <summary>Settings of the service, in addition to those of its stores.</summary>
    protected virtual (string Key, string Value)[] Settings => [];

    /// <summary>The reason why the pair is not available here; null if it is.</summary>
    protected virtual Task<string?> MissingAsync() => Task.FromResult<string?>(null);

    private T Started<T>(T? part) where T : class
    {
        Assert.SkipWhen(_missing is not null, _missing ?? "");
        return part ?? throw new InvalidOperationException("The pair was not started.");
    }
}

/// <summary>SQLite and the disk.</summary>
public class EmbeddedPair : Pair
{
    public override Task<Stores> MakeStoresAsync() => Task.FromResult<Stores>(new EmbeddedStores());
}

/// <summary>MongoDB and S3.</summary>
public class ClusterPair : Pair
{
    public override async Task<Stores> MakeStoresAsync() => await ClusterStores.MakeAsync();

    protected override Task<string?> MissingAsync() => ClusterStores.MissingAsync();
}

/// <summary>Short forms of common requests.</summary>
internal static class HttpWords
{
    public static async Task<JsonElement> JsonAsync(this HttpResponseMessage response) =>
        await response.Content.ReadFromJsonAsync<JsonElement>();

    /// <summary>Checks the shape of an error, and returns its code.</summary>
    public static async Task<string?> CodeAsync(this HttpResponseMessage response)
    {
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        var problem = await response.JsonAsync();
        Assert.Equal((int)response.StatusCode, problem.GetProperty("status").GetInt32());
        foreach (var member in new[] { "type", "title", "detail", "instance", "trace_id" })
            Assert.False(string.IsNullOrEmpty(problem.GetProperty(member).GetString()), $"{member} is there");
        return problem.GetProperty("code").GetString();
    }

    /// <summary>Uploads a raw body, and returns the file object.</summary>
    public static Task<JsonElement> UploadAsync(this HttpClient http, byte[] content, string name, string? type = null) =>
        http.UploadToAsync($"/files/upload?file_name={Uri.EscapeDataString(name)}", content, type);

    /// <summary>Uploads a raw body into a folder, and returns the file object.</summary>
    public static Task<JsonElement> PlaceAsync(this HttpClient http, byte[] content, string name, string? type = null, string folder = "root") =>
        http.UploadToAsync($"/files/upload?folder_id={folder}&file_name={Uri.EscapeDataString(name)}", content, type);

    private static async Task<JsonElement> UploadToAsync(this HttpClient http, string address, byte[] content, string? type)
    {
        using var body = new ByteArrayContent(content);
        if (type is not null)
            body.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        using var response = await http.PostAsync(address, body);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        return await response.JsonAsync();
    }

    public static string Id(this JsonElement file) => file.GetProperty("file_id").GetString() ?? "";
}
