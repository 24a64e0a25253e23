using System.Diagnostics.Metrics;
using FileDrop.Api.Catalog;
using FileDrop.Api.Storage;

namespace FileDrop.Api.Maintenance;

/// <summary>Wakes the requests that wait for changes. One query a second looks for news of all their owners; this process's own changes need none.</summary>
internal sealed partial class ChangeListeners : BackgroundService
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(1);

    private readonly IChangeCatalog _catalog;
    private readonly StoreStarter _starter;
    private readonly TimeProvider _time;
    private readonly ILogger<ChangeListeners> _log;
    private readonly Meter _meter;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, ChangeListener.Feed> _feeds = new(StringComparer.Ordinal);
    private int _count;

    public ChangeListeners(IChangeCatalog catalog, StoreStarter starter, TimeProvider time, IMeterFactory meters, ILogger<ChangeListeners> log)
    {
        (_catalog, _starter, _time, _log) = (catalog, starter, time, log);
        _meter = meters.Create("FileDrop");
        _meter.CreateObservableGauge(
            "filedrop.changes.listeners", () => Volatile.Read(ref _count), "{request}", "Streams of changes, and requests that wait for one.");
        catalog.WhenSaid(Wake);
    }

    /// <summary>Begins to listen to an owner's feed. Dispose the listener at the end.</summary>
    public ChangeListener Listen(string owner)
    {
        lock (_lock)
        {
            if (!_feeds.TryGetValue(owner, out var feed))
                _feeds.Add(owner, feed = new ChangeListener.Feed(_catalog, owner));
            feed.Listeners++;
            _count++;
            return new ChangeListener(feed, Leave);
        }
    }

    public override void Dispose()
    {
        _meter.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await _starter.Started.WaitAsync(stoppingToken);
        using var timer = new PeriodicTimer(s_interval, _time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                if (Lasts() is { Count: > 0 } lasts)
                {
                    foreach (var owner in await _catalog.FindLaterAsync(lasts, stoppingToken))
                        Wake(owner);
                }
            }
            catch (StorageException failure)
            {
                _starter.Report(failure);
            }
            catch (Exception failure) when (failure is not OperationCanceledException)
            {
                LogBug(failure);
            }
        }
    }

    /// <summary>The greatest number that the listeners of each feed have seen.</summary>
    private Dictionary<string, long> Lasts()
    {
        lock (_lock)
            return _feeds.ToDictionary(feed => feed.Key, feed => feed.Value.Last, StringComparer.Ordinal);
    }

    private void Wake(string owner)
    {
        ChangeListener.Feed? feed;
        lock (_lock)
            feed = _feeds.GetValueOrDefault(owner);
        feed?.Wake();
    }

    private void Leave(ChangeListener.Feed feed)
    {
        lock (_lock)
        {
            _count--;
            if (--feed.Listeners == 0)
                _feeds.Remove(feed.Owner);
        }
    }

    [LoggerMessage(LogLevel.Critical, "The look for changes failed because of a bug")]
    private partial void LogBug(Exception failure);
}
