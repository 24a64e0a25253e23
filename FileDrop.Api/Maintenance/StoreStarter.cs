using FileDrop.Api.Blobs;
using FileDrop.Api.Catalog;

namespace FileDrop.Api.Maintenance;

/// <summary>
/// Makes schema, indexes, bucket and folders at start. A store in this process must start, or the process ends; one across
/// the network may come up later: it is tried until it does, and until then the service answers that it is not ready.
/// Afterwards it says when a store stops answering, and when it answers again: one line each, however many requests notice.
/// </summary>
internal sealed partial class StoreStarter(
    ICatalog catalog, IBlobStore blobs, IReserve reserve, FileDropOptions options, TimeProvider time, ILogger<StoreStarter> log)
    : BackgroundService
{
    /// <summary>Lines for one outage: a store that fails for another cause each time must not fill the log.</summary>
    private const int MostCauses = 3;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(1);

    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SemaphoreSlim _outages = new(0);
    private readonly Lock _lock = new();

    /// <summary>What the log has of the outage; empty while the stores answer.</summary>
    private readonly HashSet<string> _causes = new(StringComparer.Ordinal);

    private long _awaySince;

    /// <summary>A store that comes up a moment later than the service is no reason to warn anybody.</summary>
    private LogLevel _severity;

    /// <summary>Completes once both stores have started.</summary>
    public Task Started => _started.Task;

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        LogStores(catalog.Description, blobs.Description);
        if (options.IsEmbedded)
            await StartEmbeddedAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    /// <summary>Notes that a store did not answer somebody. A failure without an inner one is not the store's: it answered, and the answer was odd.</summary>
    public void Report(StorageException failure)
    {
        if (failure is not { Failure: StorageFailure.Unavailable, InnerException: not null })
            return;
        lock (_lock)
        {
            // How long a call took is another number each time.
            if (_causes.Count >= MostCauses || !_causes.Add(string.Concat(failure.Cause.Where(character => !char.IsAsciiDigit(character)))))
                return;
            if (_causes.Count == 1)
            {
                (_awaySince, _severity) = (time.GetTimestamp(), Started.IsCompleted ? LogLevel.Warning : LogLevel.Information);
                _outages.Release();
            }
        }
        LogAway(_severity, failure.Reason);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await TryUntilDoneAsync(async () =>
        {
            if (!Started.IsCompleted)
                await StartStoresAsync(stoppingToken);
        }, stoppingToken);
        while (true)
        {
            await _outages.WaitAsync(stoppingToken);
            // A store that fails now and then must not write two lines each time.
            await Task.Delay(Settling, time, stoppingToken);
            await TryUntilDoneAsync(() => Task.WhenAll(catalog.PingAsync(stoppingToken), blobs.PingAsync(stoppingToken)), stoppingToken);
            lock (_lock)
                _causes.Clear();
            var away = time.GetElapsedTime(_awaySince).TotalSeconds;
            LogBack(_severity, away);
        }
    }

    private async Task TryUntilDoneAsync(Func<Task> step, CancellationToken cancellation)
    {
        for (var pause = FirstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            try
            {
                await step();
                return;
            }
            catch (StorageException failure)
            {
                Report(failure);
                await Task.Delay(pause, time, cancellation);
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
            throw Composition.UnusableDirectory(options, unusable);
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

    [LoggerMessage("A store does not answer, and requests get 503 until it does. {Reason}")]
    private partial void LogAway(LogLevel level, string reason);

    [LoggerMessage("The stores answer again, after {Seconds:0.0} s")]
    private partial void LogBack(LogLevel level, double seconds);
}
