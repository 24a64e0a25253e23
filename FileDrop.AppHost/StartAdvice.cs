using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace FileDrop.AppHost;

/// <summary>Says what to do about a resource that cannot start: on the console, and in its log on the dashboard.</summary>
internal sealed partial class StartAdvice(ResourceNotificationService resources, ResourceLoggerService logs, ILogger<StartAdvice> log)
    : BackgroundService
{
    private const string NoEngine =
        "No container engine answers. Start Docker or Podman (ASPIRE_CONTAINER_RUNTIME=podman), or run without one: "
        + "dotnet run --project FileDrop.AppHost -- --FileDrop:Stores=embedded";

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var told = new HashSet<(string, string)>();
        await foreach (var change in resources.WatchAsync(stoppingToken))
        {
            if (Advise(change) is not { } advice)
                continue;
            if (told.Add((change.ResourceId, advice)))
                LogAdvice(logs.GetLogger(change.ResourceId), advice);
            // What is wrong with the engine is wrong with every container.
            if (told.Add(("console", advice)))
                LogAdvice(log, advice);
        }
    }

    private static string? Advise(ResourceEvent change) => (change.Resource, change.Snapshot.State?.Text) switch
    {
        (ContainerResource, nameof(KnownResourceStates.RuntimeUnhealthy)) => NoEngine,
        (ContainerResource container, nameof(KnownResourceStates.FailedToStart)) =>
            $"{container.Name} could not be started from the image {ImageOf(container)}. Its log says why. If the image cannot be pulled, name one that can: "
            + $"--FileDrop:Images:{(container.Name is "mongodb" ? "mongodb" : "storage")}=registry.example.com/image:tag",
        (ProjectResource project, nameof(KnownResourceStates.FailedToStart)) =>
            $"{project.Name} could not be started; its log says why.",
        _ => null,
    };

    private static string ImageOf(ContainerResource container) => container.TryGetContainerImageName(out var image) ? image : "that it names";

    [LoggerMessage(LogLevel.Warning, "{Advice}")]
    private static partial void LogAdvice(ILogger log, string advice);
}

internal static class StartAdviceExtensions
{
    public static void AddStartAdvice(this IDistributedApplicationBuilder builder)
    {
        if (builder.ExecutionContext.IsRunMode)
            builder.Services.AddHostedService<StartAdvice>();
    }
}
