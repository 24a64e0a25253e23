using MongoDB.Bson;
using MongoDB.Driver;

namespace FileDrop.Api.Catalog.Mongo;

// Queries of the check, a backup and the metrics, over all owners.
internal sealed partial class MongoEngine
{
    public async Task<CatalogBacklog> MeasureAsync(CancellationToken cancellation)
    {
        var total = await CallAsync(
            async token =>
            {
                // Intents and garbage are due before the horizon; beyond it the index holds all files in the trash. The extra day covers documents from before
                // the protocol's times were shortened.
                var hello = await _database.RunCommandAsync<BsonDocument>(new BsonDocument("hello", 1), cancellationToken: token);
                var last = new BsonDateTime(hello["localTime"].ToUniversalTime() + Horizon(_rules) + TimeSpan.FromDays(1));
                BsonDocument[] stages =
                [
                    new("$match", new BsonDocument("sweep_at", new BsonDocument { { "$gte", new BsonDateTime(0) }, { "$lte", last } })),
                    new("$group", new BsonDocument
                    {
                        { "_id", BsonNull.Value },
                        { "intents", new BsonDocument("$sum", new BsonDocument("$size", "$intents")) },
                        { "garbage", new BsonDocument("$sum", new BsonDocument("$size", "$garbage")) },
                        { "earliest", new BsonDocument("$min", "$sweep_at") },
                    }),
                    new("$set", new BsonDocument("overdue", MongoExpressions.Since("$earliest"))),
                ];
                using var cursor = await _files.AggregateAsync<BsonDocument>(stages, new AggregateOptions { Hint = "due" }, token);
                return await cursor.FirstOrDefaultAsync(token);
            },
            cancellation);
        var due = await DueFoldersAsync(cancellation);
        var folders = await CallAsync(token => Folders.CountDocumentsAsync(due, new CountOptions { Hint = "due" }, token), cancellation);
        var backlog = total is null
            ? new CatalogBacklog(0, 0, TimeSpan.Zero)
            : new CatalogBacklog(
                total["intents"].ToInt64(),
                total["garbage"].ToInt64(),
                TimeSpan.FromMilliseconds(Math.Max(0, total["overdue"].ToInt64())));
        return backlog with { Folders = folders };
    }

    public Task<(IReadOnlyList<FileDocument> Documents, DateTimeOffset Now)> ScanAsync(Guid? after, int limit, CancellationToken cancellation)
    {
        var behind = after is { } id ? new BsonDocument("_id", new BsonDocument("$gt", MongoSchema.Uuid(id))) : [];
        return ReadManyAsync(behind, limit, cancellation);
    }

    public async Task<(IReadOnlyList<FileDocument> Documents, DateTimeOffset Now)> FindManyAsync(
        IReadOnlyCollection<Guid> ids, CancellationToken cancellation) => ids.Count == 0
            ? ([], await _clock.NowAsync(cancellation))
            : await ReadManyAsync(
                new BsonDocument("_id", new BsonDocument("$in", new BsonArray(ids.Select(MongoSchema.Uuid)))), ids.Count, cancellation);

    private async Task<(IReadOnlyList<FileDocument> Documents, DateTimeOffset Now)> ReadManyAsync(
        BsonDocument filter, int count, CancellationToken cancellation)
    {
        var options = new FindOptions<BsonDocument> { Sort = new BsonDocument("_id", 1), Limit = count, BatchSize = count };
        var found = await CallAsync(
            async token =>
            {
                using var cursor = await _files.FindAsync(filter, options, token);
                return await cursor.ToListAsync(token);
            },
            cancellation);
        return ([.. found.Select(document => MongoDocument.Read(document).Document)], await _clock.NowAsync(cancellation));
    }

    public Task<long> CountUploadsAsync(string owner, int limit, CancellationToken cancellation)
    {
        var open = new BsonDocument { { "owner", owner }, { "state", MongoSchema.Pending }, { "upload", MongoSchema.IsThere } };
        var options = new CountOptions { Limit = limit, Hint = MongoSchema.Orders[FileSort.CreatedAt].Index };
        return CallAsync(token => _files.CountDocumentsAsync(open, options, token), cancellation);
    }

    /// <summary>The longest time ahead at which an intent or a garbage blob can be due.</summary>
    private static TimeSpan Horizon(CatalogRules rules) =>
        new[] { rules.Lease + rules.LateWrites, rules.ReadersGrace, rules.ResumableExpiry, rules.ResumableLateWrites }.Max();
}
