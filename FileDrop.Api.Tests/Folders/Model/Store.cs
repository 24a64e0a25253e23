namespace FileDrop.Api.Tests.Folders.Model;

/// <summary>The stored documents. Each call is one step: a read, or a change of one document with a condition.</summary>
/// <param name="interleaving">Decides when a call happens.</param>
/// <param name="witness">Sees every change of a file or folder.</param>
internal sealed class Store(Interleaving interleaving, Witness witness)
{
    /// <summary>The length of a page; small, so that small trees have several.</summary>
    private const int Page = 2;

    public Dictionary<string, Document> Documents { get; } = [];

    public Dictionary<Location, Claim> Claims { get; } = [];

    /// <summary>The batches of the change feed. The first one has the number 1.</summary>
    public List<FeedEntry[]> Feed { get; } = [];

    public Slot? Slot { get; private set; }

    /// <summary>The number of changes so far.</summary>
    public long Changes { get; private set; }

    /// <summary>The time, in steps.</summary>
    public long Now => interleaving.Steps;

    public Task<Document?> ReadAsync(string id) => AskAsync(() => Documents.GetValueOrDefault(id));

    public Task<bool> AnyAsync(Func<Document, bool> query) => AskAsync(() => Documents.Values.Any(query));

    /// <summary>Returns the ids of a page of documents in the order of their ids, which never change. A document that matches all the time is met.</summary>
    public Task<List<string>> FindAsync(Func<Document, bool> query, string after = "") => AskAsync(() => Documents.Values
        .Where(query).Select(document => document.Id).Where(id => string.CompareOrdinal(id, after) > 0)
        .Order(StringComparer.Ordinal).Take(Page).ToList());

    public Task<bool> ChangeAsync(string id, Func<Document, bool> condition, Func<Document, Document> change) => SaveAsync(() =>
    {
        if (!Documents.TryGetValue(id, out var before) || !condition(before))
            return false;
        witness.Saw(before, Documents[id] = change(before), Now);
        return true;
    });

    public Task<bool> RemoveAsync(string id, Func<Document, bool> condition) =>
        SaveAsync(() => Documents.TryGetValue(id, out var document) && condition(document) && Documents.Remove(id));

    public Task<Claim?> ReadClaimAsync(Location location) => AskAsync(() => Claims.GetValueOrDefault(location));

    /// <summary>Returns a page of the claimed names in a folder, in their order.</summary>
    public Task<List<Location>> FindClaimedAsync(string folder, string after) => AskAsync(() => Claims.Keys
        .Where(location => location.Parent == folder && string.CompareOrdinal(location.Name, after) > 0)
        .OrderBy(location => location.Name, StringComparer.Ordinal).Take(Page).ToList());

    public Task<bool> InsertClaimAsync(Location location, Claim claim) => SaveAsync(() => Claims.TryAdd(location, claim));

    public Task<bool> ReplaceClaimAsync(Location location, Func<Claim, bool> condition, Claim claim) => SaveAsync(() =>
    {
        if (!Claims.TryGetValue(location, out var former) || !condition(former))
            return false;
        Claims[location] = claim;
        return true;
    });

    public Task<bool> DeleteClaimAsync(Location location, Func<Claim, bool> condition) =>
        SaveAsync(() => Claims.TryGetValue(location, out var claim) && condition(claim) && Claims.Remove(location));

    public Task<Slot?> ReadSlotAsync() => AskAsync(() => Slot);

    public Task<bool> ReplaceSlotAsync(Func<Slot?, bool> condition, Slot? slot) => SaveAsync(() =>
    {
        if (!condition(Slot))
            return false;
        Slot = slot;
        return true;
    });

    /// <summary>Returns the number of the feed's last batch.</summary>
    public Task<int> ReadLastSequenceAsync() => AskAsync(() => Feed.Count);

    /// <summary>Returns a batch of the feed; null if there is none with this number.</summary>
    public Task<FeedEntry[]?> ReadBatchAsync(int sequence) => AskAsync(() => Feed.ElementAtOrDefault(sequence - 1));

    /// <summary>Inserts a batch of the feed. False: the number is not the next one, so another sequencer was faster.</summary>
    public Task<bool> InsertBatchAsync(int sequence, FeedEntry[] entries) => SaveAsync(() =>
    {
        if (Feed.Count + 1 != sequence)
            return false;
        Feed.Add(entries);
        return true;
    });

    private async Task<T> AskAsync<T>(Func<T> read)
    {
        await interleaving.StepAsync();
        return read();
    }

    /// <param name="change">False: the condition is not met, and nothing changes.</param>
    private async Task<bool> SaveAsync(Func<bool> change)
    {
        await interleaving.StepAsync();
        if (!change())
            return false;
        Changes++;
        return true;
    }
}
