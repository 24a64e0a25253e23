namespace FileDrop.Api.Tests.Folders.Model;

/// <summary>A client that keeps a copy of everything: it takes a cursor, lists all documents, and then follows the feed.</summary>
/// <param name="store">The documents. The client sees them as they are when it reads, and not as they were when a batch named them.</param>
/// <param name="without">The guard that is left out.</param>
internal sealed class Reader(Store store, Guard without)
{
    private readonly Dictionary<string, long> _copy = [];
    private int? _cursor;

    /// <summary>A sentence if the client has seen something go back.</summary>
    public string? Objection { get; private set; }

    /// <summary>Takes the cursor, then lists. Whatever changes after the cursor was taken comes in the feed.</summary>
    public async Task ListAsync()
    {
        var cursor = without == Guard.CursorIsTakenBeforeTheList ? default(int?) : await store.ReadLastSequenceAsync();
        for (var last = ""; await store.FindAsync(document => document.IsLive, after: last) is { Count: > 0 } page; last = page[^1])
        {
            foreach (var id in page)
                await ReadAsync(id);
        }
        _cursor = cursor ?? await store.ReadLastSequenceAsync();
    }

    /// <summary>Reads the feed to its end. A client that dies meanwhile reads the last batch again.</summary>
    public async Task FollowAsync()
    {
        while (_cursor is { } cursor && await store.ReadBatchAsync(cursor + 1) is { } batch)
        {
            foreach (var entry in batch)
                await ReadAsync(entry.Id);
            _cursor = cursor + 1;
        }
    }

    /// <summary>Compares the copy with the documents. A client that died before it had listed everything has no copy.</summary>
    public string? Check()
    {
        if (Objection is not null || _cursor is null)
            return Objection;
        var live = store.Documents.Values.Where(document => document.IsLive).ToDictionary(document => document.Id, document => document.Revision);
        var wrong = live.Keys.Union(_copy.Keys).FirstOrDefault(id => live.GetValueOrDefault(id, -1) != _copy.GetValueOrDefault(id, -1));
        return wrong is null ? null : $"a client that followed the feed has another state of {wrong}";
    }

    private async Task ReadAsync(string id)
    {
        if (await store.ReadAsync(id) is not { IsLive: true } document)
        {
            _copy.Remove(id);
            return;
        }
        if (_copy.TryGetValue(id, out var seen) && seen > document.Revision)
            Objection ??= $"{id} goes back for a client";
        _copy[id] = document.Revision;
    }
}
