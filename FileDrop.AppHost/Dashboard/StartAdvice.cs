using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace FileDrop.AppHost;

/// <summary>Says what to do about a resource that cannot start: on the console, and in its log on the dashboard.</summary>
internal sealed partial class StartAdvice(ResourceNotificationService resources, ResourceLoggerService logs, ILogger<StartAdvice> log)
{
    /// <summary>Watches until the application stops.</summary>
    public async Task WatchAsync(CancellationToken stopping)
    {
        var told = new HashSet<(string, string)>();
        await foreach (var change in resources.WatchAsync(stopping))
        {
            if (Advise(change) is not { } advice)
                continue;
            if (told.Add((change.ResourceId, advice)))
                LogAdvice(logs.GetLogger(change.ResourceId), advice);
            if (told.Add(("console", advice)))
                LogAdvice(log, advice);
        }
    }

    private static string? Advise(ResourceEvent change) => (change.Resource, change.Snapshot.State?.Text) switch
    {
        (ContainerResource container, nameof(KnownResourceStates.FailedToStart)) =>
            $"{container.Name} could not be started from the image {ImageOf(container)}. Its log says why. If the image cannot be pulled, name one that can: "
            + $"--FileDrop:Images:{(container.Name is "mongodb" ? "mongodb" : "storage")}=registry.example.com/image:tag",
        (ProjectResource project, nameof(KnownResourceStates.FailedToStart)) =>
            $"{project.Name} could not be started; its log says why.",
        _ => null,
    };

    private static string ImageOf(ContainerResource container) => container.TryGetContainerImageName(out var image) ? image : "that it names";

    [LoggerMessage(1, LogLevel.Warning, "{Advice}")]
    private static partial void LogAdvice(ILogger log, string advice);
}

internal static class StartAdviceExtensions
{
    /// <summary>Checks that the ports are free, and then explains other failures.</summary>
    /// <exception cref="SettingsException">A port is taken. The orchestrator would wait for it without a word.</exception>
    public static void AddStartAdvice(this IDistributedApplicationBuilder builder, Settings settings)
    {
        if (builder.ExecutionContext.IsPublishMode)
            return;
        builder.Services.AddSingleton<StartAdvice>();
        // Not a hosted service: those start after the orchestrator, which waits for resources that cannot start.
        builder.Eventing.Subscribe<BeforeStartEvent>(async (start, cancellation) =>
        {
            if (start.Model.Resources.OfType<ContainerResource>().Any())
                await ContainerEngine.RequireAsync(builder.Configuration, cancellation);
            var stopping = start.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
            _ = start.Services.GetRequiredService<StartAdvice>().WatchAsync(stopping);
        });
        // Tests take any free port.
        if (builder.Configuration["DcpPublisher:RandomizePorts"] is "true")
            return;
        var taken = IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners()
            .Where(listener => IPAddress.IsLoopback(listener.Address) || listener.Address.Equals(IPAddress.Any) || listener.Address.Equals(IPAddress.IPv6Any))
            .Select(listener => listener.Port)
            .ToHashSet();
        if (taken.Contains(settings.Port))
            throw Taken("the service's", settings.Port, "--FileDrop:Port=5081");
        foreach (var key in DashboardAddresses)
        {
            foreach (var address in builder.Configuration[key]?.Split(';') ?? [])
            {
                if (Uri.TryCreate(address, UriKind.Absolute, out var uri) && taken.Contains(uri.Port))
                    throw Taken("the dashboard's", uri.Port, $"{key}={uri.Scheme}://localhost:{uri.Port + 1}");
            }
        }
    }

    private static readonly string[] DashboardAddresses =
        ["ASPNETCORE_URLS", "ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL", "ASPIRE_RESOURCE_SERVICE_ENDPOINT_URL"];

    private static SettingsException Taken(string whose, int port, string other) => new(string.Create(CultureInfo.InvariantCulture,
        $"Port {port} ({whose}) is taken by another program, perhaps another AppHost or service. Stop it, or choose another port: {other}"));
}
