using MongoDB.Bson;
using MongoDB.Driver;

namespace FileDrop.Api.Catalog.Mongo;

// Idempotency keys. A record counts as absent from its end on; MongoDB itself removes it some time later.
internal sealed partial class MongoEngine : IIdempotencyRecords
{
    public async Task<Guid?> FindIdempotencyKeyAsync(string owner, string key, CancellationToken cancellation)
    {
        var living = new BsonDocument { { "_id", MongoSchema.KeyId(owner, key) }, { "$expr", MongoExpressions.IsToCome("expires_at") } };
        var found = await CallAsync(token => _keys.Find(living).FirstOrDefaultAsync(token), cancellation);
        return found is null ? null : MongoSchema.ToGuid(found["file"]);
    }

    public Task<bool> AddIdempotencyKeyAsync(string owner, string key, Guid id, TimeSpan life, CancellationToken cancellation) => CallAsync(
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
                // Replace a record past its end. An upsert's filter cannot test the time, so this needs its own update.
                var ended = new BsonDocument { { "_id", MongoSchema.KeyId(owner, key) }, { "$expr", MongoExpressions.HasPassed("expires_at") } };
                var replaced = await _keys.UpdateOneAsync(ended, record, cancellationToken: token);
                return replaced.MatchedCount > 0;
            }
        },
        cancellation);

    public async Task<bool> TakeIdempotencyKeyAsync(
        string owner, string key, Guid former, Guid successor, TimeSpan life, CancellationToken cancellation)
    {
        var held = new BsonDocument
        {
            { "_id", MongoSchema.KeyId(owner, key) },
            { "file", MongoSchema.Uuid(former) },
            { "$expr", MongoExpressions.IsToCome("expires_at") },
        };
        var taken = await CallAsync(
            token => _keys.UpdateOneAsync(held, KeyRecord(owner, successor, life), cancellationToken: token),
            cancellation);
        return taken.MatchedCount > 0;
    }

    /// <summary>Does nothing: MongoDB removes records itself, by the index on <c>expires_at</c>.</summary>
    public Task ForgetIdempotencyKeysAsync(CancellationToken cancellation) => Task.CompletedTask;

    private static UpdateDefinition<BsonDocument> KeyRecord(string owner, Guid id, TimeSpan life)
    {
        var set = new BsonDocument
        {
            { "owner", MongoExpressions.Literal(owner) },
            { "file", MongoSchema.Uuid(id) },
            { "expires_at", MongoExpressions.In(life) },
        };
        return MongoExpressions.Pipeline(set);
    }
}
