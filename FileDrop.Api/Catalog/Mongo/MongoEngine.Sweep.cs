using MongoDB.Bson;
using MongoDB.Driver;

namespace FileDrop.Api.Catalog.Mongo;

// Queries of the sweeper.
internal sealed partial class MongoEngine
{
    public async Task<IReadOnlyList<(string Owner, Guid Id)>> FindDueAsync(int limit, CancellationToken cancellation)
    {
        // Read the earliest entries first, then test whether they are due. A condition with the server's time cannot bound the index, so it would read
        // everything that will ever be due.
        BsonDocument[] stages =
        [
            new("$match", new BsonDocument("sweep_at", new BsonDocument("$gte", new BsonDateTime(0)))),
            new("$sort", new BsonDocument("sweep_at", 1)),
            new("$limit", limit),
            new("$match", new BsonDocument("$expr", MongoExpressions.HasPassed("sweep_at"))),
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
}
