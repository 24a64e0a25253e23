using MongoDB.Bson;
using MongoDB.Driver;

namespace FileDrop.Api.Catalog.Mongo;

// Idempotency-Keys. MongoDB removes a record some time after its end, by itself; from its end on it counts as absent.
internal sealed partial class MongoFileCatalog
{
    public async Task<Guid?> FindKeyAsync(string owner, string key, CancellationToken cancellation)
    {
        var living = new BsonDocument { { "_id", MongoSchema.KeyId(owner, key) }, { "$expr", MongoChange.IsToCome("expires_at") } };
        var found = await CallAsync(token => _keys.Find(living).FirstOrDefaultAsync(token), cancellation);
        return found is null ? null : MongoSchema.ToGuid(found["file"]);
    }

    public Task<bool> AddKeyAsync(string owner, string key, Guid id, TimeSpan life, CancellationToken cancellation) => CallAsync(
        async token =>
        {
            var record = KeyRecord(owner, id, life);
            var absent = new BsonDocument { { "_id", MongoSchema.KeyId(owner, key) }, { "file", new BsonDocument("$exists", false) } };
            try
            {
                await _keys.UpdateOneAsync(absent, record, new UpdateOptions { IsUpsert = true }, token);
                return true;
            }
            catch (MongoWriteException failure) when (MongoConnection.IsDuplicate(failure))
            {
                // A record past its end gives way. An upsert's filter cannot ask for the time, so this is a change of its own.
                var ended = new BsonDocument { { "_id", MongoSchema.KeyId(owner, key) }, { "$expr", MongoChange.HasPassed("expires_at") } };
                var replaced = await _keys.UpdateOneAsync(ended, record, cancellationToken: token);
                return replaced.MatchedCount > 0;
            }
        },
        cancellation);

    public async Task<bool> TakeKeyAsync(
        string owner, string key, Guid former, Guid successor, TimeSpan life, CancellationToken cancellation)
    {
        var held = new BsonDocument
        {
            { "_id", MongoSchema.KeyId(owner, key) },
            { "file", MongoSchema.Uuid(former) },
            { "$expr", MongoChange.IsToCome("expires_at") },
        };
        var taken = await CallAsync(
            token => _keys.UpdateOneAsync(held, KeyRecord(owner, successor, life), cancellationToken: token),
            cancellation);
        return taken.MatchedCount > 0;
    }

    public async Task<UploadRecord> FindUploadAsync(string owner, Guid id, CancellationToken cancellation)
    {
        var fields = new BsonDocument(MongoSchema.FileFields) { { "state", 1 }, { "first", 1 }, { "leased", MongoChange.IsLeased() } };
        var found = await ReadSettledAsync(owner, id, fields, cancellation);
        if (found is null)
            return new UploadRecord(UploadState.Failed);
        if (found.TryGetValue("first", out var first))
            return new UploadRecord(UploadState.Committed, MongoSchema.ToFile(first.AsBsonDocument, id, owner));
        if (found["version"].ToInt64() > 0)
        {
            // Committed by an upload without a key; how it was created is known as long as nothing has changed.
            var isAsCreated = found["state"] == MongoSchema.Live && found["version"].ToInt64() == 1;
            return new UploadRecord(UploadState.Committed, isAsCreated ? MongoSchema.ToFile(found, id, owner) : null);
        }

        if (found["state"] == MongoSchema.Deleted)
            return new UploadRecord(UploadState.Failed);
        return new UploadRecord(found["leased"].AsBoolean ? UploadState.Running : UploadState.Expired);
    }

    /// <summary>Nothing to do: the index on <c>expires_at</c> lets MongoDB do so by itself.</summary>
    public Task ForgetKeysAsync(CancellationToken cancellation) => Task.CompletedTask;

    private static UpdateDefinition<BsonDocument> KeyRecord(string owner, Guid id, TimeSpan life)
    {
        var set = new BsonDocument
        {
            { "owner", MongoChange.Literal(owner) },
            { "file", MongoSchema.Uuid(id) },
            { "expires_at", MongoChange.In(life) },
        };
        BsonDocument[] stages = [new("$set", set)];
        return Builders<BsonDocument>.Update.Pipeline(PipelineDefinition<BsonDocument, BsonDocument>.Create(stages));
    }
}
