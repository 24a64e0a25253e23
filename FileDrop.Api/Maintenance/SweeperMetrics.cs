using System.Diagnostics.Metrics;
using FileDrop.Api.Catalog;

namespace FileDrop.Api.Maintenance;

/// <summary>The sweeper's metrics, under the meter <c>FileDrop</c>; the backlog is that of its last round.</summary>
internal sealed class SweeperMetrics : IDisposable
{
    private readonly Meter _meter;
    private readonly Counter<long> _deleted;
    private volatile CatalogBacklog _backlog = new(0, 0, TimeSpan.Zero);

    public SweeperMetrics(IMeterFactory factory)
    {
        _meter = factory.Create("FileDrop");
        _deleted = _meter.CreateCounter<long>("filedrop.sweeper.deleted", "{blob}", "Blobs deleted by the sweeper.");
        _meter.CreateObservableGauge("filedrop.sweeper.pending", () => _backlog.Intents, "{blob}", "Blobs being written.");
        _meter.CreateObservableGauge("filedrop.sweeper.garbage", () => _backlog.Garbage, "{blob}", "Blobs to be deleted.");
        _meter.CreateObservableGauge("filedrop.sweeper.folders", () => _backlog.Folders, "{folder}", "Folders whose entries must still follow them.");
        _meter.CreateObservableGauge("filedrop.sweeper.oldest", () => _backlog.OldestOverdue.TotalSeconds, "s", "How long the oldest entry has been due.");
    }

    public void Swept(int deleted, CatalogBacklog backlog)
    {
        _deleted.Add(deleted);
        _backlog = backlog;
    }

    public void Dispose() => _meter.Dispose();
}
