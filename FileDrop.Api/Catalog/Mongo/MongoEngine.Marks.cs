using MongoDB.Bson;
using MongoDB.Driver;

namespace FileDrop.Api.Catalog.Mongo;

// The steps of a sequencer.
internal sealed partial class MongoEngine : IMarkedChanges
{
    /// <summary>The most owners that one look finds in a collection.</summary>
    private const int OwnersAtOnce = 100;

    private static readonly BsonDocument s_markFields = new() { { "owner", 1 }, { MongoFeed.Unsaid, 1 } };
    private static readonly BsonDocument s_byOwner = new() { { "owner", 1 }, { "_id", 1 } };
    private static readonly FindOptions s_byMark = new() { Hint = MongoFeed.MarkedIndex };

    public async Task<IReadOnlyCollection<string>> FindMarkedOwnersAsync(CancellationToken cancellation)
    {
        var owners = new HashSet<string>(StringComparer.Ordinal);
        foreach (var collection in new[] { _files, Folders })
        {
            var condition = MongoFeed.IsMarked;
            for (var count = 0; count < OwnersAtOnce; count++)
            {
                var found = await CallAsync(
                    token => collection.Find(condition, s_byMark).Sort(s_byOwner).Limit(1).Project(s_markFields).FirstOrDefaultAsync(token), cancellation);
                if (found is null)
                    break;
                owners.Add(found["owner"].AsString);
                // The next owner is one step in the index, however many documents this one has.
                condition = MongoFeed.IsMarked.Add("owner", new BsonDocument("$gt", found["owner"]));
            }
        }
        return owners;
    }

    public async Task<long> FindLastNumberAsync(string owner, CancellationToken cancellation) =>
        (await FindLastBatchAsync(owner, cancellation))?["last"].ToInt64() ?? 0;

    public async Task<IReadOnlyList<MarkedEntry>> FindMarkedAsync(string owner, int limit, CancellationToken cancellation)
    {
        // Files are read first and come last, so that a client meets a folder before what is in it.
        var files = await FindAsync(EntryKind.File, _files);
        return [.. await FindAsync(EntryKind.Folder, Folders), .. files];

        async Task<IEnumerable<MarkedEntry>> FindAsync(EntryKind kind, IMongoCollection<BsonDocument> collection)
        {
            var marked = MongoFeed.IsMarked.Add("owner", owner);
            var found = await CallAsync(
                token => collection.Find(marked, s_byMark).Sort(s_byOwner).Limit(limit).Project(s_markFields).ToListAsync(token), cancellation);
            return found.Select(entry => new MarkedEntry(kind, MongoSchema.ToGuid(entry["_id"]), entry[MongoFeed.Unsaid].ToInt64()));
        }
    }

    public async Task<bool> AddChangesAsync(string owner, IReadOnlyList<ChangeMark> marks, CancellationToken cancellation) =>
        await AddAsync(ChangeBatches, MongoFeed.ToBson(owner, marks, await _clock.NowAsync(cancellation)), cancellation);

    public async Task ClearMarksAsync(string owner, IReadOnlyList<MarkedEntry> entries, CancellationToken cancellation)
    {
        var clear = new BsonDocument("$unset", new BsonDocument(MongoFeed.Unsaid, ""));
        foreach (var ofKind in entries.GroupBy(entry => entry.Kind))
        {
            var collection = ofKind.Key == EntryKind.File ? _files : Folders;
            var updates = ofKind.Select(entry => new UpdateOneModel<BsonDocument>(File(owner, entry.Id).Add(MongoFeed.Unsaid, entry.Unsaid), clear));
            await CallAsync(token => collection.BulkWriteAsync(updates, new BulkWriteOptions { IsOrdered = false }, token), cancellation);
        }
    }
}
