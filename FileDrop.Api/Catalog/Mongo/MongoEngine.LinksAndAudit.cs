using MongoDB.Bson;
using MongoDB.Driver;

namespace FileDrop.Api.Catalog.Mongo;

// Link keys, and the audit log. Neither belongs to an owner, so a cluster leaves these small collections unsharded or shards them by _id.
internal sealed partial class MongoEngine : ILinkKeyCatalog, IAuditCatalog
{
    private static readonly BsonDocument NewestFirst = new("_id", -1);

    private IMongoCollection<BsonDocument> LinkKeyRecords => _database.GetCollection<BsonDocument>(MongoSchema.LinkKeys);

    private IMongoCollection<BsonDocument> AuditRecords => _database.GetCollection<BsonDocument>(MongoSchema.Audit);

    public async Task<IReadOnlyList<LinkKey>> ListLinkKeysAsync(CancellationToken cancellation)
    {
        var found = await CallAsync(token => LinkKeyRecords.Find(new BsonDocument()).Sort(NewestFirst).ToListAsync(token), cancellation);
        return [.. found.Select(MongoSchema.ToLinkKey)];
    }

    public Task<bool> AddLinkKeyAsync(LinkKey key, CancellationToken cancellation) => AddAsync(LinkKeyRecords, MongoSchema.LinkKey(key), cancellation);

    public Task ForgetLinkKeysAsync(DateTimeOffset before, CancellationToken cancellation) => CallAsync(
        token => LinkKeyRecords.DeleteManyAsync(new BsonDocument("created_at", new BsonDocument("$lt", MongoSchema.Time(before))), token), cancellation);

    public Task AddAuditAsync(IReadOnlyList<AuditEvent> events, TimeSpan retention, CancellationToken cancellation) => CallAsync(
        async token =>
        {
            try
            {
                var documents = events.Select(one => MongoSchema.AuditEvent(one, one.At + retention));
                await AuditRecords.InsertManyAsync(documents, new InsertManyOptions { IsOrdered = false }, token);
            }
            catch (MongoBulkWriteException<BsonDocument> failure) when (
                failure.WriteConcernError is null && failure.WriteErrors.All(error => error.Category == ServerErrorCategory.DuplicateKey))
            {
                // The first try arrived; only its answer was lost.
            }
            return true;
        },
        cancellation);

    public async Task<IReadOnlyList<AuditEvent>> ListAuditAsync(Guid? before, int limit, CancellationToken cancellation)
    {
        var filter = before is { } id ? new BsonDocument("_id", new BsonDocument("$lt", MongoSchema.Uuid(id))) : [];
        var found = await CallAsync(token => AuditRecords.Find(filter).Sort(NewestFirst).Limit(limit).ToListAsync(token), cancellation);
        return [.. found.Select(MongoSchema.ToAuditEvent)];
    }

    /// <summary>Does nothing: MongoDB itself removes an event some time after its end.</summary>
    public Task ForgetAuditAsync(DateTimeOffset before, CancellationToken cancellation) => Task.CompletedTask;
}
