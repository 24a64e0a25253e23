using System.Diagnostics;

namespace FileDrop.Api.Catalog.Mongo;

/// <summary>
/// Documents that this process has just read or saved, which save the next change a read. A save tests that the document is unchanged, so a stale copy costs
/// one round and does no harm.
/// </summary>
internal sealed class MongoRecent
{
    /// <summary>The most list entries in all kept documents together; each document counts for <see cref="DocumentWeight"/> more.</summary>
    private const int MaxWeight = 64 * 1_024;
    private const int DocumentWeight = 32;

    /// <summary>The time to keep a document. The document's writer renews its lease sooner, which changes the revision.</summary>
    private static readonly TimeSpan s_life = TimeSpan.FromSeconds(15);

    private readonly Lock _lock = new();
    private readonly Dictionary<Guid, Entry> _entries = [];

    /// <summary>Entries in the order in which they were kept. Taken and replaced ones stay until their turn.</summary>
    private readonly Queue<Entry> _order = new();
    private int _weight;

    /// <summary>Keeps a document.</summary>
    public void Keep(MongoDocument document)
    {
        var entry = new Entry(
            document, Stopwatch.GetTimestamp(), DocumentWeight + document.Document.Versions.Count + document.Document.Garbage.Count);
        lock (_lock)
        {
            _entries[document.Document.Id] = entry;
            _order.Enqueue(entry);
            _weight += entry.Weight;
            while (_order.TryPeek(out var oldest) && (_weight > MaxWeight || !IsKept(oldest)))
                Drop(_order.Dequeue());
        }
    }

    /// <summary>Takes a document out; null if it is absent or too old.</summary>
    public MongoDocument? Take(string owner, Guid id)
    {
        lock (_lock)
        {
            return _entries.Remove(id, out var entry) && string.Equals(entry.Document.Document.Owner, owner, StringComparison.Ordinal)
                && IsYoung(entry)
                    ? entry.Document
                    : null;
        }
    }

    private static bool IsYoung(Entry entry) => Stopwatch.GetElapsedTime(entry.KeptAt) < s_life;

    private bool IsKept(Entry entry) => IsYoung(entry) && _entries.GetValueOrDefault(entry.Document.Document.Id) == entry;

    private void Drop(Entry entry)
    {
        _weight -= entry.Weight;
        if (_entries.GetValueOrDefault(entry.Document.Document.Id) == entry)
            _entries.Remove(entry.Document.Document.Id);
    }

    private sealed class Entry(MongoDocument document, long keptAt, int weight)
    {
        public MongoDocument Document => document;

        public long KeptAt => keptAt;

        public int Weight => weight;
    }
}
