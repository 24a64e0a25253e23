using FileDrop.Api.Blobs;
using FileDrop.Api.Catalog;

namespace FileDrop.Api.Maintenance;

/// <summary>
/// Makes schema, indexes, bucket and folders at start. A store in this process must start, or the process ends; one across
/// the network may come up later: it is tried until it does, and until then the service answers that it is not ready.
/// </summary>
internal sealed partial class StoreStarter(
    IFileCatalog catalog, IBlobStore blobs, IReserve reserve, FileDropOptions options, TimeProvider time, ILogger<StoreStarter> log)
    : BackgroundService
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes once both stores have started.</summary>
    public Task Started => _started.Task;

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        LogStores(catalog.Description, blobs.Description);
        if (options.IsEmbedded)
            await StartEmbeddedAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        for (var pause = FirstPause; !Started.IsCompleted; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            try
            {
                await StartStoresAsync(stoppingToken);
            }
            catch (StorageException failure)
            {
                LogWaiting(failure, pause.TotalSeconds);
                await Task.Delay(pause, time, stoppingToken);
            }
        }
    }

    private async Task StartEmbeddedAsync(CancellationToken cancellation)
    {
        try
        {
            await StartStoresAsync(cancellation);
        }
        catch (Exception unusable) when (unusable is StorageException or InvalidOperationException)
        {
            throw new ConfigurationException($"The data directory {options.DataDirectory} cannot be used. {unusable.Message}");
        }
    }

    private async Task StartStoresAsync(CancellationToken cancellation)
    {
        // A service must start on a full disk, or nobody could delete anything there.
        await reserve.FreeAsync(() => Task.WhenAll(catalog.StartAsync(cancellation), blobs.StartAsync(cancellation)));
        reserve.Keep();
        _started.TrySetResult();
    }

    [LoggerMessage(LogLevel.Information, "Metadata lies in {Catalog}, content in {Blobs}")]
    private partial void LogStores(string catalog, string blobs);

    [LoggerMessage(LogLevel.Warning, "A store could not be started; trying again in {Seconds} s")]
    private partial void LogWaiting(Exception failure, double seconds);
}
