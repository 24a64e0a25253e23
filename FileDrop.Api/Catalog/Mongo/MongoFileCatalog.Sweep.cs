using MongoDB.Bson;
using MongoDB.Driver;

namespace FileDrop.Api.Catalog.Mongo;

// What the sweeper asks for.
internal sealed partial class MongoFileCatalog
{
    public async Task<IReadOnlyList<(string Owner, Guid Id)>> FindDueAsync(int limit, CancellationToken cancellation)
    {
        // The earliest are read first and then asked whether they are due: a condition with the server's time in it is no
        // bound of the index, and would read everything that is due some day.
        BsonDocument[] stages =
        [
            new("$match", new BsonDocument("sweep_at", new BsonDocument("$gte", new BsonDateTime(0)))),
            new("$sort", new BsonDocument("sweep_at", 1)),
            new("$limit", limit),
            new("$match", new BsonDocument("$expr", MongoChange.HasPassed("sweep_at"))),
            new("$project", new BsonDocument("owner", 1)),
        ];
        var found = await CallAsync(
            async token =>
            {
                using var cursor = await _files.AggregateAsync<BsonDocument>(stages, new AggregateOptions { Hint = "due" }, token);
                return await cursor.ToListAsync(token);
            },
            cancellation);
        return [.. found.Select(document => (document["owner"].AsString, MongoSchema.ToGuid(document["_id"])))];
    }

    public async Task<SweepWork?> ClaimExpiredAsync(string owner, Guid id, CancellationToken cancellation)
    {
        var fields = new BsonDocument(MongoChange.SettleFields) { { "deletions", MongoChange.Deletions() } };
        var claimed = await FindAndUpdateAsync(File(owner, id), _change.Claim(), fields, cancellation);
        if (claimed is null)
            return null;
        await SettleAsync(owner, id, claimed, cancellation);
        return new SweepWork(owner, id,
            [.. claimed["deletions"].AsBsonArray.Select(each => new BlobDeletion(MongoSchema.ToGuid(each["blob"]), each["last"].AsBoolean))]);
    }

    public async Task SweptAsync(string owner, Guid id, IReadOnlyList<BlobDeletion> done, CancellationToken cancellation)
    {
        var fields = new BsonDocument { { "state", 1 }, { "intents", 1 }, { "garbage", 1 } };
        var swept = await FindAndUpdateAsync(File(owner, id), MongoChange.Swept(done), fields, cancellation);
        if (swept is null || swept["state"] != MongoSchema.Deleted || !IsEmpty("intents") || !IsEmpty("garbage"))
            return;

        // A change of its own, with the whole condition again; should it not happen, the tombstone is due still.
        var gone = File(owner, id).AddRange(new BsonDocument
        {
            { "state", MongoSchema.Deleted },
            { "intents", new BsonDocument("$size", 0) },
            { "garbage", new BsonDocument("$size", 0) },
            { "settle.0", new BsonDocument("$exists", false) },
            { "charged.bytes", new BsonDocument("$in", new BsonArray { BsonNull.Value, 0L }) },
            { "charged.files", new BsonDocument("$in", new BsonArray { BsonNull.Value, 0L }) },
            { "$expr", MongoChange.HasPassed("remember_until") },
        });
        await CallAsync(token => _files.DeleteOneAsync(gone, token), cancellation);

        bool IsEmpty(string list) => swept[list].AsBsonArray.Count == 0;
    }
}
