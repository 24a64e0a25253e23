using System.Collections.Concurrent;
using MongoDB.Bson;
using MongoDB.Driver;

namespace FileDrop.Api.Catalog.Mongo;

// The feeds of changes: reading them, and forgetting.
internal sealed partial class MongoEngine : IChangeEngine
{
    /// <summary>The batches that one query reads.</summary>
    private const int BatchesAtOnce = 50;

    private static readonly BsonDocument s_toLast = new() { { "owner", 1 }, { "last", 1 } };

    /// <summary>For each owner the greatest number that is on the disks of a majority for certain.</summary>
    private readonly ConcurrentDictionary<string, long> _settled = new(StringComparer.Ordinal);

    private Action<string>? _whenChanged;

    public void WhenChanged(Action<string> tell) => _whenChanged += tell;

    private IMongoCollection<BsonDocument> ChangeBatches => _database.GetCollection<BsonDocument>(MongoFeed.Changes);

    public async Task<Guid> FindFeedAsync(CancellationToken cancellation)
    {
        var feeds = _database.GetCollection<BsonDocument>(MongoFeed.Feed);
        var one = new BsonDocument("_id", MongoFeed.Feed);
        while (true)
        {
            if (await CallAsync(token => feeds.Find(one).FirstOrDefaultAsync(token), cancellation) is { } found)
                return MongoSchema.ToGuid(found["id"]);
            // If replicas start together, one of them gives the id.
            await AddAsync(feeds, new BsonDocument(one).Add("id", MongoSchema.Uuid(Guid.NewGuid())), cancellation);
        }
    }

    public async Task<long> FindLastChangeAsync(string owner, CancellationToken cancellation)
    {
        while (await FindLastBatchAsync(owner, cancellation) is { } batch)
        {
            if (await SettleAsync(batch, cancellation))
                return batch["last"].ToInt64();
        }
        return 0;
    }

    public async Task<IReadOnlyList<ChangeMark>> FindChangesAsync(string owner, long after, int limit, CancellationToken cancellation)
    {
        while (true)
        {
            var (marks, batch) = (new List<ChangeMark>(), default(BsonDocument));
            for (var last = after; marks.Count < limit;)
            {
                var batches = await FindBatchesAsync(owner, last, cancellation);
                if (batches.Count == 0)
                    break;
                marks.AddRange(batches.SelectMany(MongoFeed.Read).Where(mark => mark.Number > after));
                batch = batches[^1];
                last = batch["last"].ToInt64();
            }
            if (batch is null || await SettleAsync(batch, cancellation))
                return marks.Count > limit ? marks[..limit] : marks;
        }
    }

    public async Task<IReadOnlyDictionary<Guid, FolderEntry>> FindLiveAsync(
        string owner, IReadOnlyCollection<ChangeMark> marks, CancellationToken cancellation)
    {
        var live = new Dictionary<Guid, FolderEntry>();
        if (Live(EntryKind.File) is { } files)
        {
            var found = await CallAsync(token => _files.Find(files).Project(MongoSchema.FileFields).ToListAsync(token), cancellation);
            foreach (var file in found.Select(file => MongoSchema.ToPartial(file, MongoSchema.ToGuid(file["_id"]), owner)))
                live[file.Id] = new FolderEntry(Folder: null, file.ToFile());
        }
        if (Live(EntryKind.Folder) is { } folders)
        {
            foreach (var folder in await CallAsync(token => Folders.Find(folders).ToListAsync(token), cancellation))
            {
                var entry = MongoFolders.Read(folder).ToFolder();
                live[entry.Id] = new FolderEntry(entry, File: null);
            }
        }
        return live;

        BsonDocument? Live(EntryKind kind)
        {
            var ids = new BsonArray(marks.Where(mark => mark.Kind == kind).Select(mark => MongoSchema.Uuid(mark.Id)));
            return ids.Count == 0 ? null : new BsonDocument
            {
                { "_id", new BsonDocument("$in", ids) }, { "owner", owner }, { "state", MongoSchema.Live },
            };
        }
    }

    public async Task<IReadOnlyList<string>> FindLaterAsync(IReadOnlyDictionary<string, long> lasts, CancellationToken cancellation)
    {
        if (lasts.Count == 0)
            return [];
        var later = new BsonDocument("$or", new BsonArray(lasts.Select(last => Behind(last.Key, last.Value))));
        var found = await CallAsync(token => ChangeBatches.Find(later).Project(new BsonDocument("owner", 1)).ToListAsync(token), cancellation);
        return [.. found.Select(batch => batch["owner"].AsString).Distinct(StringComparer.Ordinal)];
    }

    public async Task ForgetChangesAsync(TimeSpan retention, CancellationToken cancellation)
    {
        var old = new BsonDocument("at", new BsonDocument
        {
            { "$gte", new BsonDateTime(0) }, { "$lt", MongoSchema.Time(await _clock.NowAsync(cancellation) - retention) },
        });
        var oldest = ChangeBatches.Find(old).Sort(new BsonDocument("at", 1)).Limit(BatchesAtOnce).Project(s_toLast);
        while (await CallAsync(token => oldest.ToListAsync(token), cancellation) is { Count: > 0 } found)
        {
            foreach (var ofOwner in found.GroupBy(batch => batch["owner"].AsString, StringComparer.Ordinal))
                await ForgetAsync(ofOwner.Key, ofOwner.Max(batch => batch["last"].ToInt64()), cancellation);
        }
    }

    /// <summary>Tells of a save that clients see.</summary>
    private void Tell(IEntry? before, IEntry after)
    {
        if (Feed.IsChange(before, after))
            _whenChanged?.Invoke(after.Owner);
    }

    /// <summary>Forgets an owner's batches up to a number, but never the last one, which from now on counts as young.</summary>
    private async Task ForgetAsync(string owner, long until, CancellationToken cancellation)
    {
        var last = await FindLastNumberAsync(owner, cancellation);
        var done = new BsonDocument
        {
            { "owner", owner }, { "last", until < last ? new BsonDocument("$lte", until) : new BsonDocument("$lt", last) },
        };
        await CallAsync(token => ChangeBatches.DeleteManyAsync(done, token), cancellation);
        if (until < last)
            return;
        var kept = new BsonDocument { { "owner", owner }, { "last", last } };
        var young = new BsonDocument("$unset", new BsonDocument("at", ""));
        await CallAsync(token => ChangeBatches.UpdateOneAsync(kept, young, cancellationToken: token), cancellation);
    }

    /// <summary>Makes sure that no failover can take back a batch that was read, or one before it. False if it is not there any more.</summary>
    private async Task<bool> SettleAsync(BsonDocument batch, CancellationToken cancellation)
    {
        var (owner, last) = (batch["owner"].AsString, batch["last"].ToInt64());
        if (_settled.GetValueOrDefault(owner) >= last)
            return true;
        // An update that changes nothing: its write concern waits until all that it saw is on a majority's disks.
        var same = new BsonDocument("$set", new BsonDocument("owner", owner));
        var named = new BsonDocument { { "_id", batch["_id"] }, { "owner", owner } };
        if ((await CallAsync(token => ChangeBatches.UpdateOneAsync(named, same, cancellationToken: token), cancellation)).MatchedCount == 0)
            return false;
        _settled.AddOrUpdate(owner, last, (_, known) => Math.Max(known, last));
        return true;
    }

    private Task<List<BsonDocument>> FindBatchesAsync(string owner, long after, CancellationToken cancellation) => CallAsync(
        token => ChangeBatches.Find(Behind(owner, after), new FindOptions { Hint = MongoFeed.LastIndex }).Sort(new BsonDocument { { "owner", 1 }, { "last", 1 } })
            .Limit(BatchesAtOnce).ToListAsync(token),
        cancellation);

    private async Task<BsonDocument?> FindLastBatchAsync(string owner, CancellationToken cancellation) => await CallAsync(
        token => ChangeBatches.Find(new BsonDocument("owner", owner), new FindOptions { Hint = MongoFeed.LastIndex })
            .Sort(new BsonDocument { { "owner", -1 }, { "last", -1 } }).Limit(1).Project(s_toLast).FirstOrDefaultAsync(token),
        cancellation);

    private static BsonDocument Behind(string owner, long after) => new() { { "owner", owner }, { "last", new BsonDocument("$gt", after) } };
}
