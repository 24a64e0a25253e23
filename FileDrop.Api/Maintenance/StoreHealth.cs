using FileDrop.Api.Blobs;
using FileDrop.Api.Catalog;
using FileDrop.Api.Storage;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace FileDrop.Api.Maintenance;

/// <summary>Checks whether one of the two stores is ready: it has started and answers now.</summary>
internal sealed class StoreHealth(StoreStarter starter, Func<CancellationToken, Task> ping) : IHealthCheck
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Adds a check for each store, so that the health report names the one that does not answer.</summary>
    public static IHealthChecksBuilder AddTo(IHealthChecksBuilder checks) => checks
        .Add(new HealthCheckRegistration("catalog", provider => new StoreHealth(
            provider.GetRequiredService<StoreStarter>(), provider.GetRequiredService<ICatalog>().PingAsync), null, null))
        .Add(new HealthCheckRegistration("blobs", provider => new StoreHealth(
            provider.GetRequiredService<StoreStarter>(), provider.GetRequiredService<IBlobStore>().PingAsync), null, null));

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Patience);
        try
        {
            await ping(limit.Token);
            return starter.Started.IsCompleted ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy("The stores have not started yet.");
        }
        catch (Exception failure) when (failure is StorageException || !cancellationToken.IsCancellationRequested)
        {
            if (failure is StorageException away)
                starter.Report(away);
            return HealthCheckResult.Unhealthy("The store does not answer.");
        }
    }
}
