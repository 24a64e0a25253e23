namespace FileDrop.Api.Tests.Folders.Model;

/// <content>Sequencers put the changes into the feed. Any number of them may do so at once.</content>
internal sealed partial class Protocol
{
    /// <summary>Says a batch of changes.</summary>
    public async Task SequenceAsync()
    {
        // First: then each document is read after all batches up to this number, or the insertion is refused.
        var last = Has(Guard.SequenceIsReadFirst) ? await store.ReadLastSequenceAsync() : -1;
        var entries = new List<FeedEntry>();
        foreach (var id in await store.FindAsync(document => document.Unsaid))
        {
            if (await store.ReadAsync(id) is { Unsaid: true } document)
                entries.Add(new FeedEntry(document.Id, document.Revision, document.State));
        }
        if (last < 0)
            last = await store.ReadLastSequenceAsync();
        if (entries.Count == 0 || !await store.InsertBatchAsync(last + 1, [.. entries]))
            return;
        foreach (var entry in entries)
        {
            await store.ChangeAsync(
                entry.Id,
                document => document.Revision == entry.Revision || !Has(Guard.SaidAsksForTheRevision),
                document => document with { Unsaid = false });
        }
    }
}
