using System.Collections.Concurrent;
using FileDrop.Api.Blobs;
using FileDrop.Api.Catalog;
using FileDrop.Api.Settings;
using FileDrop.Api.Storage;

namespace FileDrop.Api.Maintenance;

/// <summary>
/// Puts marked changes into the feeds, and forgets old ones. Every replica runs a sequencer. The catalog decides which of them adds a batch, so they need
/// neither a lock nor a clock, and each may be killed at any step.
/// </summary>
internal sealed partial class Sequencer(
    ISequencer sequencer, IChangeCatalog changes, IReserve reserve, StoreStarter starter, FileDropOptions options, TimeProvider time, ILogger<Sequencer> log)
    : BackgroundService
{
    /// <summary>The least time between two looks for marks of all owners, which other processes may have left.</summary>
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(1);

    /// <summary>The time to wait for more after a change of this process, so that a burst makes few batches.</summary>
    private static readonly TimeSpan s_gathering = TimeSpan.FromMilliseconds(50);

    /// <summary>The least time between two rounds while changes keep coming. A file that is written all the time is also written by each round.</summary>
    private static readonly TimeSpan s_busyInterval = TimeSpan.FromMilliseconds(250);

    private static readonly TimeSpan s_forgetInterval = TimeSpan.FromMinutes(10);

    private readonly SemaphoreSlim _wake = new(0);
    private int _isAwake;
    private readonly ConcurrentDictionary<string, bool> _marked = new(StringComparer.Ordinal);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await starter.Started.WaitAsync(stoppingToken);
        sequencer.WhenMarked(Note);
        var (looked, forgotten) = (long.MinValue, long.MinValue);
        while (true)
        {
            var began = time.GetTimestamp();
            foreach (var owner in _marked.Keys)
            {
                // Before the look, which may not see a change that is noted after it.
                _marked.TryRemove(owner, out _);
                await TryAsync(() => sequencer.SayAsync(owner, stoppingToken));
            }
            if (IsTime(ref looked, s_interval))
                await TryAsync(() => sequencer.SayAsync(stoppingToken));
            if (IsTime(ref forgotten, s_forgetInterval))
                await TryAsync(() => reserve.FreeAsync(() => changes.ForgetAsync(options.ChangesRetention, stoppingToken)));
            // Replicas look at different times, so that they seldom want to add the same batch.
            if (await _wake.WaitAsync(s_interval * (0.5 + Random.Shared.NextDouble()), stoppingToken))
                await Task.Delay(s_busyInterval - time.GetElapsedTime(began) is var rest && rest > s_gathering ? rest : s_gathering, stoppingToken);
            Volatile.Write(ref _isAwake, 0);
        }
    }

    private void Note(string owner)
    {
        _marked.TryAdd(owner, true);
        if (Interlocked.Exchange(ref _isAwake, 1) == 0)
            _wake.Release();
    }

    /// <summary>Whether an interval has passed since something was done, which is then done now.</summary>
    private bool IsTime(ref long last, TimeSpan interval)
    {
        if (last != long.MinValue && time.GetElapsedTime(last) < interval)
            return false;
        last = time.GetTimestamp();
        return true;
    }

    private async Task TryAsync(Func<Task> step)
    {
        try
        {
            await step();
        }
        catch (StorageException failure)
        {
            starter.Report(failure);
            LogFailure(failure.Reason);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            LogBug(failure);
        }
    }

    [LoggerMessage(LogLevel.Debug, "Changes could not be put into the feed and stay marked. {Reason}")]
    private partial void LogFailure(string reason);

    [LoggerMessage(LogLevel.Critical, "The sequencer of changes failed because of a bug")]
    private partial void LogBug(Exception failure);
}
