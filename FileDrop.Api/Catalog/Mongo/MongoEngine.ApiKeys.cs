using MongoDB.Bson;
using MongoDB.Driver;

namespace FileDrop.Api.Catalog.Mongo;

// API keys.
internal sealed partial class MongoEngine : IKeyCatalog
{
    private static readonly BsonDocument ApiKeyOrder = new() { { "revoked_at", 1 }, { "created_at", -1 }, { "_id", 1 } };

    private IMongoCollection<BsonDocument> ApiKeyRecords => _database.GetCollection<BsonDocument>(MongoSchema.ApiKeys);

    public Task<bool> HasApiKeysAsync(CancellationToken cancellation) =>
        CallAsync(token => ApiKeyRecords.Find(new BsonDocument()).AnyAsync(token), cancellation);

    public Task AddApiKeyAsync(ApiKey key, CancellationToken cancellation) => CallAsync(
        async token =>
        {
            await ApiKeyRecords.InsertOneAsync(MongoSchema.ApiKey(key), cancellationToken: token);
            return true;
        },
        cancellation);

    public async Task<ApiKey?> FindApiKeyAsync(string id, CancellationToken cancellation)
    {
        var found = await CallAsync(token => ApiKeyRecords.Find(new BsonDocument("_id", id)).FirstOrDefaultAsync(token), cancellation);
        return found is null ? null : MongoSchema.ToApiKey(found);
    }

    public async Task<IReadOnlyList<ApiKey>> FindApiKeysAsync(IReadOnlyCollection<string> ids, CancellationToken cancellation)
    {
        var named = new BsonDocument("_id", new BsonDocument("$in", new BsonArray(ids)));
        var found = await CallAsync(token => ApiKeyRecords.Find(named).ToListAsync(token), cancellation);
        return [.. found.Select(MongoSchema.ToApiKey)];
    }

    public async Task<IReadOnlyList<ApiKey>> ListApiKeysAsync(CancellationToken cancellation)
    {
        var found = await CallAsync(
            token => ApiKeyRecords.Find(new BsonDocument()).Sort(ApiKeyOrder).Limit(IKeyCatalog.MaxListed).ToListAsync(token), cancellation);
        return [.. found.Select(MongoSchema.ToApiKey)];
    }

    public async Task<bool> RevokeApiKeyAsync(string id, DateTimeOffset revokedAt, CancellationToken cancellation)
    {
        var good = new BsonDocument { { "_id", id }, { "revoked_at", BsonNull.Value } };
        var revoked = new BsonDocument("$set", new BsonDocument("revoked_at", MongoSchema.Time(revokedAt)));
        var result = await CallAsync(token => ApiKeyRecords.UpdateOneAsync(good, revoked, cancellationToken: token), cancellation);
        return result.MatchedCount > 0;
    }

    public Task NoteApiKeyUseAsync(string id, DateTimeOffset usedAt, DateTimeOffset unlessAfter, CancellationToken cancellation)
    {
        BsonDocument[] earlier = [new("last_used_at", BsonNull.Value), new("last_used_at", new BsonDocument("$lte", MongoSchema.Time(unlessAfter)))];
        var unnoted = new BsonDocument { { "_id", id }, { "$or", new BsonArray(earlier) } };
        var used = new BsonDocument("$set", new BsonDocument("last_used_at", MongoSchema.Time(usedAt)));
        return CallAsync(token => ApiKeyRecords.UpdateOneAsync(unnoted, used, cancellationToken: token), cancellation);
    }
}
