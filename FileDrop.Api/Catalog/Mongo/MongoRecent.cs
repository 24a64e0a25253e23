using System.Diagnostics;

namespace FileDrop.Api.Catalog.Mongo;

/// <summary>
/// Documents as this process has just read or saved them, for the change that follows: it spares that change a read. A save tests
/// that the document is still the same, so an old one costs a round and harms nothing.
/// </summary>
internal sealed class MongoRecent
{
    private const int MaxCount = 1_024;

    /// <summary>A document with more versions than this is not kept: it is large.</summary>
    private const int MaxVersions = 32;

    /// <summary>By then a writer has renewed its lease, which makes the document another one.</summary>
    private static readonly TimeSpan s_life = TimeSpan.FromSeconds(15);

    private readonly Lock _lock = new();
    private readonly Dictionary<Guid, Entry> _entries = [];
    private readonly Queue<Entry> _order = new();

    /// <summary>Keeps a document.</summary>
    public void Keep(MongoDocument document)
    {
        var id = document.Document.Id;
        lock (_lock)
        {
            _entries.Remove(id);
            if (document.Document.Versions.Count > MaxVersions)
                return;
            var entry = new Entry(document, Stopwatch.GetTimestamp());
            _entries.Add(id, entry);
            _order.Enqueue(entry);
            while (_order.Count > MaxCount || (_order.TryPeek(out var oldest) && !IsKept(oldest)))
                Drop(_order.Dequeue());
        }
    }

    /// <summary>Takes a document out; null: it is not there, or too old.</summary>
    public MongoDocument? Take(string owner, Guid id)
    {
        lock (_lock)
        {
            return _entries.Remove(id, out var entry) && string.Equals(entry.Document.Document.Owner, owner, StringComparison.Ordinal)
                && Stopwatch.GetElapsedTime(entry.KeptAt) < s_life
                    ? entry.Document
                    : null;
        }
    }

    private bool IsKept(Entry entry) =>
        _entries.TryGetValue(entry.Document.Document.Id, out var kept) && ReferenceEquals(kept, entry) && Stopwatch.GetElapsedTime(entry.KeptAt) < s_life;

    private void Drop(Entry entry)
    {
        if (_entries.TryGetValue(entry.Document.Document.Id, out var kept) && ReferenceEquals(kept, entry))
            _entries.Remove(entry.Document.Document.Id);
    }

    private sealed record Entry(MongoDocument Document, long KeptAt);
}
