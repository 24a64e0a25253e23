using MongoDB.Bson;
using MongoDB.Driver;

namespace FileDrop.Api.Catalog.Mongo;

// Shares, their keys, and the grants of counted downloads.
internal sealed partial class MongoEngine : IShareCatalog, ISharedCatalog
{
    private IMongoCollection<BsonDocument> ShareRecords => _database.GetCollection<BsonDocument>(MongoSchema.Shares);

    private IMongoCollection<BsonDocument> ShareKeyRecords => _database.GetCollection<BsonDocument>(MongoSchema.ShareKeys);

    private IMongoCollection<BsonDocument> ShareGrantRecords => _database.GetCollection<BsonDocument>(MongoSchema.ShareGrants);

    public async Task<IReadOnlyList<ShareKey>> ListShareKeysAsync(CancellationToken cancellation)
    {
        var found = await CallAsync(token => ShareKeyRecords.Find(new BsonDocument()).Sort(new BsonDocument("_id", 1)).ToListAsync(token), cancellation);
        return [.. found.Select(key => new ShareKey(key["_id"].ToInt64(), key["secret"].AsByteArray))];
    }

    public Task<bool> AddShareKeyAsync(ShareKey key, CancellationToken cancellation) => AddAsync(
        ShareKeyRecords, new BsonDocument { { "_id", key.Number }, { "secret", new BsonBinaryData(key.Secret.ToArray()) } }, cancellation);

    public Task<bool> AddShareAsync(Share share, CancellationToken cancellation) => AddAsync(ShareRecords, MongoSchema.Share(share), cancellation);

    public Task<long> CountSharesAsync(string owner, int limit, CancellationToken cancellation) => CallAsync(
        token => ShareRecords.CountDocumentsAsync(new BsonDocument("owner", owner), new CountOptions { Limit = limit }, token), cancellation);

    public async Task<IReadOnlyList<Share>> ListSharesAsync(string? owner, Guid? before, int limit, CancellationToken cancellation)
    {
        var filter = new BsonDocument();
        if (owner is not null)
            filter.Add("owner", owner);
        if (before is { } id)
            filter.Add("share", new BsonDocument("$lt", MongoSchema.Uuid(id)));
        var found = await CallAsync(
            token => ShareRecords.Find(filter).Sort(new BsonDocument("share", -1)).Limit(limit).ToListAsync(token), cancellation);
        return [.. found.Select(MongoSchema.ToShare)];
    }

    public Task<ShareReading?> FindShareAsync(string owner, Guid id, CancellationToken cancellation) => FindShareAsync(OfOwner(owner, id), cancellation);

    public Task<ShareReading?> FindShareAsync(ReadOnlyMemory<byte> digest, CancellationToken cancellation) => FindShareAsync(OfDigest(digest), cancellation);

    public async Task<Share?> ChangeShareAsync(string owner, Guid id, Func<Share, DateTimeOffset, Share> rule, CancellationToken cancellation)
    {
        while (await FindShareAsync(owner, id, cancellation) is var (share, now))
        {
            var next = rule(share, now) with { Revision = Random.Shared.NextInt64() };
            var asRead = OfDigest(share.Digest).Add("rev", share.Revision);
            var saved = await CallAsync(
                token => ShareRecords.FindOneAndUpdateAsync<BsonDocument?>(
                    asRead, MongoSchema.ShareUpdate(next),
                    new FindOneAndUpdateOptions<BsonDocument, BsonDocument?> { ReturnDocument = ReturnDocument.After }, token),
                cancellation);
            if (saved is not null)
                return MongoSchema.ToShare(saved);
        }
        return null;
    }

    public async Task<bool> DeleteShareAsync(string owner, Guid id, CancellationToken cancellation)
    {
        var deleted = await CallAsync(token => ShareRecords.DeleteOneAsync(OfOwner(owner, id), token), cancellation);
        return deleted.DeletedCount > 0;
    }

    public async Task<long> DeleteSharesOfKeyAsync(string key, CancellationToken cancellation)
    {
        var deleted = await CallAsync(token => ShareRecords.DeleteManyAsync(new BsonDocument("creator_key", key), token), cancellation);
        return deleted.DeletedCount;
    }

    public async Task<bool> CountDownloadAsync(Share share, ShareGrant grant, long bytes, CancellationToken cancellation)
    {
        var now = await _clock.NowAsync(cancellation);
        var open = AsRead(share, now).Add("$expr", new BsonDocument("$lt", new BsonArray { "$downloads", "$max_downloads" }));
        if (!await ChangeAsync(ShareRecords, open, Counted("downloads", 1, now), cancellation))
            return false;
        var granted = new BsonDocument("$set", new BsonDocument { { "bytes", bytes }, { "until", MongoSchema.Time(now + Share.GrantLife) } });
        await CallAsync(
            token => ShareGrantRecords.UpdateOneAsync(
                new BsonDocument("_id", MongoSchema.GrantId(grant)), granted, new UpdateOptions { IsUpsert = true }, token),
            cancellation);
        return true;
    }

    public async Task UncountDownloadAsync(ShareGrant grant, CancellationToken cancellation)
    {
        // First the grant, so that nobody goes on with a download that does not count.
        await CallAsync(token => ShareGrantRecords.DeleteOneAsync(new BsonDocument("_id", MongoSchema.GrantId(grant)), token), cancellation);
        await ChangeAsync(
            ShareRecords, OfDigest(grant.Digest).Add("downloads", new BsonDocument("$gt", 0)),
            new BsonDocument("$inc", new BsonDocument("downloads", -1L)), cancellation);
    }

    public async Task<bool> TakeGrantAsync(ShareGrant grant, long bytes, CancellationToken cancellation) => await ChangeAsync(
        ShareGrantRecords,
        new BsonDocument
        {
            { "_id", MongoSchema.GrantId(grant) },
            { "bytes", new BsonDocument("$gte", bytes) },
            { "until", new BsonDocument("$gt", MongoSchema.Time(await _clock.NowAsync(cancellation))) },
        },
        new BsonDocument("$inc", new BsonDocument("bytes", -bytes)), cancellation);

    public Task ReturnGrantAsync(ShareGrant grant, long bytes, CancellationToken cancellation) => ChangeAsync(
        ShareGrantRecords, new BsonDocument("_id", MongoSchema.GrantId(grant)), new BsonDocument("$inc", new BsonDocument("bytes", bytes)), cancellation);

    public Task NoteShareUsesAsync(IReadOnlyList<ShareUse> uses, CancellationToken cancellation) => CallAsync(
        token => ShareRecords.BulkWriteAsync(
            uses.Select(use => new UpdateOneModel<BsonDocument>(
                OfDigest(use.Digest),
                new BsonDocument
                {
                    { "$inc", new BsonDocument("downloads", use.Downloads) }, { "$max", new BsonDocument("last_used_at", MongoSchema.Time(use.At)) },
                })),
            new BulkWriteOptions { IsOrdered = false }, token),
        cancellation);

    public async Task<bool> ReserveDropAsync(Share share, long bytes, CancellationToken cancellation)
    {
        var now = await _clock.NowAsync(cancellation);
        var room = AsRead(share, now);
        if (share.Drop?.MaxBytes is { } most)
            room.Add("received_bytes", new BsonDocument("$lte", most - bytes));
        if (share.Drop?.MaxFiles is { } files)
            room.Add("received_files", new BsonDocument("$lt", files));
        var update = Counted("received_files", 1, now);
        update["$inc"].AsBsonDocument.Add("received_bytes", bytes);
        return await ChangeAsync(ShareRecords, room, update, cancellation);
    }

    public Task ReleaseDropAsync(ReadOnlyMemory<byte> digest, long bytes, CancellationToken cancellation) => ChangeAsync(
        ShareRecords, OfDigest(digest),
        new BsonDocument("$inc", new BsonDocument { { "received_bytes", -bytes }, { "received_files", -1L } }), cancellation);

    /// <summary>Does nothing: MongoDB itself removes grants some time after their end.</summary>
    public Task ForgetGrantsAsync(CancellationToken cancellation) => Task.CompletedTask;

    private async Task<ShareReading?> FindShareAsync(BsonDocument filter, CancellationToken cancellation)
    {
        var found = await CallAsync(token => ShareRecords.Find(filter).Project(s_wholeAndNow).FirstOrDefaultAsync(token), cancellation);
        return found is null ? null : new ShareReading(MongoSchema.ToShare(found["doc"].AsBsonDocument), _clock.Observe(found["now"]));
    }

    private static async Task<bool> ChangeAsync(
        IMongoCollection<BsonDocument> records, BsonDocument filter, BsonDocument update, CancellationToken cancellation)
    {
        var changed = await CallAsync(token => records.UpdateOneAsync(filter, update, cancellationToken: token), cancellation);
        return changed.MatchedCount > 0;
    }

    private static BsonDocument Counted(string counter, long by, DateTimeOffset now) => new()
    {
        { "$inc", new BsonDocument(counter, by) }, { "$max", new BsonDocument("last_used_at", MongoSchema.Time(now)) },
    };

    private static BsonDocument OfOwner(string owner, Guid id) => new() { { "owner", owner }, { "share", MongoSchema.Uuid(id) } };

    private static BsonDocument OfDigest(ReadOnlyMemory<byte> digest) => new("_id", new BsonBinaryData(digest.ToArray()));

    /// <summary>The filter that finds a share as it was read, unless it has expired.</summary>
    private static BsonDocument AsRead(Share share, DateTimeOffset now) => OfDigest(share.Digest).Add("rev", share.Revision).Add(
        "$or",
        new BsonArray
        {
            new BsonDocument("expires_at", BsonNull.Value), new BsonDocument("expires_at", new BsonDocument("$gt", MongoSchema.Time(now))),
        });
}
