using MongoDB.Bson;
using MongoDB.Driver;

namespace FileDrop.Api.Catalog.Mongo;

// Idempotency keys. MongoDB removes a record some time after its end, by itself; from its end on it counts as absent.
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
                // A record past its end gives way. An upsert's filter cannot ask for the time, so this is a change of its own.
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

    /// <summary>Nothing to do: the index on <c>expires_at</c> lets MongoDB do so by itself.</summary>
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
