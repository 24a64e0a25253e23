using System.Net.Sockets;
using System.Security.Cryptography;
using FileDrop.Api.Access;
using FileDrop.Api.Blobs;
using FileDrop.Api.Catalog;
using FileDrop.Api.Edge;
using FileDrop.Api.Settings;
using FileDrop.Api.Storage;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace FileDrop.Api;

/// <summary>
/// Starts the service and informs the person at the terminal. The last line says where the service is; or one sentence says why it cannot start and which
/// setting to change.
/// </summary>
internal sealed partial class Start
{
    /// <summary>Log categories that would repeat, with a stack trace, the exception that ends a start.</summary>
    private static readonly string[] Loud =
        ["Microsoft.AspNetCore.Server.Kestrel", "Microsoft.Extensions.Hosting.Internal.Host"];

    /// <summary>The category in which health checks log each probe of an outage; <see cref="Maintenance.StoreStarter"/> logs one line instead.</summary>
    private const string Probes = "Microsoft.Extensions.Diagnostics.HealthChecks";

    private const string Telemetry = "OTEL_EXPORTER_OTLP_ENDPOINT";

    private volatile bool _isDone;

    /// <summary>Whether an exception ended the start of the service.</summary>
    public bool IsEndedBy(Exception failure) => !_isDone && failure is not HostAbortedException;

    /// <summary>Checks settings of the framework whose error messages do not name the setting.</summary>
    /// <exception cref="ConfigurationException">A value cannot be used; the message names the key and the fix.</exception>
    public static void Check(IConfiguration configuration)
    {
        foreach (var (key, value) in configuration.GetSection("Logging").AsEnumerable().Where(setting => setting.Key.Contains(":LogLevel:", StringComparison.OrdinalIgnoreCase)))
        {
            if (!string.IsNullOrEmpty(value) && !Enum.TryParse<LogLevel>(value, ignoreCase: true, out _))
                throw new ConfigurationException($"{key} is \"{value}\", but it must be one of {string.Join(", ", Enum.GetNames<LogLevel>())}.");
        }
        if (configuration[Telemetry] is { Length: > 0 } endpoint && !(Uri.TryCreate(endpoint, UriKind.Absolute, out var uri) && uri.Scheme is ("http" or "https")))
            throw new ConfigurationException($"{Telemetry} is \"{endpoint}\", but it must be an address such as http://localhost:4317.");
    }

    /// <summary>Keeps the stack traces of a failed start out of the log.</summary>
    public void Hush(IServiceCollection services) => services.PostConfigure<LoggerFilterOptions>(filter =>
    {
        foreach (var category in Loud)
            LogRules.Add(filter, category, LogLevel.Warning, (_, _, level) => _isDone || level < LogLevel.Error);
        LogRules.Add(filter, Probes, LogLevel.None);
    });

    /// <summary>Starts the service, logs its address, and returns when it has stopped.</summary>
    /// <exception cref="ConfigurationException">The service cannot listen on its address.</exception>
    public async Task RunAsync(WebApplication app, FileDropOptions options)
    {
        foreach (var ignored in options.Ignored)
            LogIgnored(app.Logger, ignored);
        try
        {
            await app.StartAsync();
        }
        catch (Exception failure) when (failure is not (ConfigurationException or OperationCanceledException))
        {
            throw CannotListen(app.Services.GetRequiredService<ListeningAddress>().Setting, failure);
        }
        _isDone = true;
        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()?.Addresses ?? [];
        LogReady(app.Logger, string.Join(" and ", addresses.Select(Reachable)), options.IsEmbedded ? options.DataDirectory
            : $"{app.Services.GetRequiredService<IBlobStore>().Description}, metadata in {app.Services.GetRequiredService<ICatalog>().Description}");
        await app.WaitForShutdownAsync();
    }

    private static ConfigurationException CannotListen(string setting, Exception failure)
    {
        var advice = failure switch
        {
            InvalidOperationException when failure.Message.Contains("HTTPS", StringComparison.Ordinal) =>
                "Name a certificate in Kestrel:Certificates:Default:Path and :KeyPath, or listen on http behind a proxy that terminates TLS.",
            FileNotFoundException or DirectoryNotFoundException or CryptographicException => "Check the paths and passwords in Kestrel:Certificates and Kestrel:Endpoints.",
            IOException or SocketException => "Set urls to another address (--urls=http://localhost:5081), or stop the process that uses this one.",
            _ => "Use an address such as http://localhost:5080.",
        };
        return new ConfigurationException($"{setting}, but the service cannot listen there: {Failure.Tell(failure)} {advice}");
    }

    /// <summary>Turns a listening address into one that a browser on this machine can open; 0.0.0.0 and [::] cannot be opened.</summary>
    private static string Reachable(string address) => address.Replace("//0.0.0.0", "//localhost", StringComparison.Ordinal)
        .Replace("//[::]", "//localhost", StringComparison.Ordinal).Replace("//*", "//localhost", StringComparison.Ordinal).Replace("//+", "//localhost", StringComparison.Ordinal);

    [LoggerMessage(LogLevel.Warning, "{Ignored}")]
    private static partial void LogIgnored(ILogger log, string ignored);

    [LoggerMessage(LogLevel.Information, "FileDrop is at {Addresses}, files in {Stores}")]
    private static partial void LogReady(ILogger log, string addresses, string stores);
}
