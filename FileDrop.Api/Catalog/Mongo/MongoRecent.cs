using System.Diagnostics;

namespace FileDrop.Api.Catalog.Mongo;

/// <summary>
/// Documents that this process has just read or saved, which save the next change a read. A save tests that the document is unchanged, so a stale copy costs
/// one round and does no harm.
/// </summary>
/// <param name="describe">The document's owner and id, and the number of entries in its lists.</param>
internal sealed class MongoRecent<T>(Func<T, (string Owner, Guid Id, int Lists)> describe) where T : class
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
    public void Keep(T document)
    {
        var (owner, id, lists) = describe(document);
        var entry = new Entry(document, owner, id, Stopwatch.GetTimestamp(), DocumentWeight + lists);
        lock (_lock)
        {
            _entries[id] = entry;
            _order.Enqueue(entry);
            _weight += entry.Weight;
            while (_order.TryPeek(out var oldest) && (_weight > MaxWeight || !IsKept(oldest)))
                Drop(_order.Dequeue());
        }
    }

    /// <summary>Returns a document and goes on keeping it; null if it is absent or too old.</summary>
    public T? Find(string owner, Guid id)
    {
        lock (_lock)
            return Own(owner, _entries.GetValueOrDefault(id));
    }

    /// <summary>Takes a document out; null if it is absent or too old.</summary>
    public T? Take(string owner, Guid id)
    {
        lock (_lock)
            return _entries.Remove(id, out var entry) ? Own(owner, entry) : null;
    }

    private static T? Own(string owner, Entry? entry) =>
        entry is not null && string.Equals(entry.Owner, owner, StringComparison.Ordinal) && IsYoung(entry) ? entry.Document : null;

    private static bool IsYoung(Entry entry) => Stopwatch.GetElapsedTime(entry.KeptAt) < s_life;

    private bool IsKept(Entry entry) => IsYoung(entry) && _entries.GetValueOrDefault(entry.Id) == entry;

    private void Drop(Entry entry)
    {
        _weight -= entry.Weight;
        if (_entries.GetValueOrDefault(entry.Id) == entry)
            _entries.Remove(entry.Id);
    }

    private sealed class Entry(T document, string owner, Guid id, long keptAt, int weight)
    {
        public T Document => document;

        public string Owner => owner;

        public Guid Id => id;

        public long KeptAt => keptAt;

        public int Weight => weight;
    }
}
