using System.Net.Http.Headers;
using FileDrop.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http.Resilience;

namespace Microsoft.Extensions.Hosting;

/// <summary>Registers <see cref="FileDropClient"/>.</summary>
public static class FileDropClientExtensions
{
    /// <summary>
    /// Adds a <see cref="FileDropClient"/> for a service that is found by its name, as Aspire gives it to a project with <c>WithReference(api)</c>. The setting
    /// <c>FileDrop:Client:{name}:Address</c> names another address, and <c>FileDrop:Client:{name}:Key</c> an API key.
    /// </summary>
    /// <param name="builder">The application.</param>
    /// <param name="name">The service's name, such as <c>api</c>.</param>
    /// <param name="configure">Changes the settings.</param>
    public static IHostApplicationBuilder AddFileDropClient(this IHostApplicationBuilder builder, string name, Action<FileDropClientOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(name);
        var section = builder.Configuration.GetSection($"FileDrop:Client:{name}");
        var options = new FileDropClientOptions
        {
            Address = new Uri(section["Address"] ?? $"https+http://{name}"),
            Key = section["Key"],
        };
        configure?.Invoke(options);
        builder.Services.AddFileDropClient(name, options);
        return builder;
    }

    /// <summary>Adds a <see cref="FileDropClient"/>.</summary>
    /// <param name="services">The services.</param>
    /// <param name="name">A name for the clients of HTTP below it.</param>
    /// <param name="options">The address and the key.</param>
    public static IServiceCollection AddFileDropClient(this IServiceCollection services, string name, FileDropClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(options);
        var transfers = $"{name}-transfers";
        services.AddServiceDiscovery();
        // Short requests are repeated, but only those that may be done twice.
        services.AddHttpClient(name, Configure).Lasting().AddServiceDiscovery()
            .AddStandardResilienceHandler(resilience => resilience.Retry.DisableForUnsafeHttpMethods());
        // Contents take as long as they take, and resume by the protocol.
        services.AddHttpClient(transfers, client =>
        {
            Configure(client);
            client.Timeout = Timeout.InfiniteTimeSpan;
        }).Lasting().AddServiceDiscovery();
        services.AddSingleton(provider =>
        {
            var clients = provider.GetRequiredService<IHttpClientFactory>();
            return new FileDropClient(clients.CreateClient(name), clients.CreateClient(transfers), provider.GetService<TimeProvider>());
        });
        return services;

        void Configure(HttpClient client)
        {
            client.BaseAddress = options.Address;
            if (options.Key is { Length: > 0 } key)
                client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        }
    }

    /// <summary>
    /// Lets one client last as long as the application: connections are renewed below it. Removes what the application adds to all clients, since its timeouts
    /// would cut transfers off.
    /// </summary>
    private static IHttpClientBuilder Lasting(this IHttpClientBuilder builder)
    {
        builder.UseSocketsHttpHandler((handler, _) => (handler.AllowAutoRedirect, handler.PooledConnectionLifetime) = (false, TimeSpan.FromMinutes(5)));
        builder.SetHandlerLifetime(Timeout.InfiniteTimeSpan);
#pragma warning disable EXTEXP0001 // There is no other way to leave a default out.
        return builder.RemoveAllResilienceHandlers();
#pragma warning restore EXTEXP0001
    }
}
