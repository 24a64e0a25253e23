using FileDrop.Api.Blobs;
using FileDrop.Api.Catalog;
using FileDrop.Api.Settings;
using FileDrop.Api.Storage;

namespace FileDrop.Api.Maintenance;

/// <summary>
/// Creates schema, indexes, bucket and folders at the start. A store in this process must start, or the process ends. A store across the network may come up
/// later: it is tried until it starts, and until then the service is not ready. Afterwards this service logs when a store stops answering and when it answers
/// again, in one line each, however many requests notice.
/// </summary>
internal sealed partial class StoreStarter(
    ICatalog catalog, IBlobStore blobs, IReserve reserve, FileDropOptions options, TimeProvider time, ILogger<StoreStarter> log)
    : BackgroundService
{
    /// <summary>The most lines for one outage, so that a store with ever new causes does not fill the log.</summary>
    private const int MostCauses = 3;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(1);

    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SemaphoreSlim _outages = new(0);
    private readonly Lock _lock = new();

    /// <summary>The logged causes of the outage; empty while the stores answer.</summary>
    private readonly HashSet<string> _causes = new(StringComparer.Ordinal);

    private long _awaySince;

    /// <summary>The level of the outage's lines: no warning during the start, because a store may come up a moment later than the service.</summary>
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

    /// <summary>Records that a store did not answer. A failure without an inner exception does not count, because the store did answer.</summary>
    public void Report(StorageException failure)
    {
        if (failure is not { Failure: StorageFailure.Unavailable, InnerException: not null })
            return;
        lock (_lock)
        {
            // Ignore digits, because the duration of a call differs each time.
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
            // Wait a moment, so that a store that fails now and then does not cause two lines each time.
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
            throw options.UnusableDirectory(unusable);
        }
    }

    private async Task StartStoresAsync(CancellationToken cancellation)
    {
        // The service must start on a full disk, because otherwise clients could not delete files to free it.
        await reserve.FreeAsync(() => Task.WhenAll(catalog.StartAsync(cancellation), blobs.StartAsync(cancellation)));
        reserve.Keep();
        _started.TrySetResult();
    }

    [LoggerMessage(LogLevel.Information, "Metadata lies in {Catalog}, content in {Blobs}")]
    private partial void LogStores(string catalog, string blobs);

    [LoggerMessage("A store does not answer; requests get 503 until it does. {Reason}")]
    private partial void LogAway(LogLevel level, string reason);

    [LoggerMessage("The stores answer again after {Seconds:0.0} s")]
    private partial void LogBack(LogLevel level, double seconds);
}
