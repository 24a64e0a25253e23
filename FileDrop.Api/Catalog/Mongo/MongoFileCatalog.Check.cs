using MongoDB.Bson;
using MongoDB.Driver;

namespace FileDrop.Api.Catalog.Mongo;

// What the check, a backup and the metrics ask for, over all owners.
internal sealed partial class MongoFileCatalog
{
    public async Task<CatalogBacklog> MeasureAsync(CancellationToken cancellation)
    {
        var total = await CallAsync(
            async token =>
            {
                // What is being written or is garbage is due before the horizon; behind it the index goes on with all that waits in
                // the trash. The day more is for documents from before the protocol's times were set shorter.
                var hello = await _database.RunCommandAsync<BsonDocument>(new BsonDocument("hello", 1), cancellationToken: token);
                var last = new BsonDateTime(hello["localTime"].ToUniversalTime() + _change.Horizon + TimeSpan.FromDays(1));
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
                    new("$set", new BsonDocument("overdue", MongoChange.Since("$earliest"))),
                ];
                using var cursor = await _files.AggregateAsync<BsonDocument>(stages, new AggregateOptions { Hint = "due" }, token);
                return await cursor.FirstOrDefaultAsync(token);
            },
            cancellation);
        return total is null
            ? new CatalogBacklog(0, 0, TimeSpan.Zero)
            : new CatalogBacklog(
                total["intents"].ToInt64(),
                total["garbage"].ToInt64(),
                TimeSpan.FromMilliseconds(Math.Max(0, total["overdue"].ToInt64())));
    }

    public Task<IReadOnlyList<CatalogDocument>> ScanAsync(Guid? after, int limit, CancellationToken cancellation)
    {
        var behind = after is { } id ? new BsonDocument("_id", new BsonDocument("$gt", MongoSchema.Uuid(id))) : [];
        BsonDocument[] stages = [new("$match", behind), new("$sort", new BsonDocument("_id", 1)), new("$limit", limit)];
        return ReadDocumentsAsync(stages, limit, cancellation);
    }

    public async Task<IReadOnlyList<CatalogDocument>> FindDocumentsAsync(IReadOnlyCollection<Guid> ids, CancellationToken cancellation)
    {
        if (ids.Count == 0)
            return [];
        var named = new BsonDocument("_id", new BsonDocument("$in", new BsonArray(ids.Select(MongoSchema.Uuid))));
        return await ReadDocumentsAsync([new("$match", named)], ids.Count, cancellation);
    }

    public async Task<bool> ImportAsync(CatalogDocument document, CancellationToken cancellation)
    {
        if (document.File is not { } file)
            throw new ArgumentException("Only a document with a file can be imported.", nameof(document));
        if (file.DeletedAt is null != file.PurgeAt is null)
            throw new ArgumentException("A file in the trash has a time of deletion and one of its purge.", nameof(document));

        var (owner, id) = (document.Owner, document.FileId);
        try
        {
            var isCounted = HasQuota(owner);
            if (isCounted)
                await _owners.EnsureCountedAsync(owner, cancellation);
            var import = MongoChange.Import(file, document.Contents.Skip(1), isCounted);
            await SettlingAsync(owner, id, CallAsync(
                token => _files.UpdateOneAsync(Absent(owner, id), import, new UpdateOptions { IsUpsert = true }, token),
                cancellation));
            return true;
        }
        catch (StorageException failure) when (failure.InnerException is MongoWriteException write && MongoConnection.IsDuplicate(write))
        {
            // Another owner's document with this id is no reason to pass over the file in silence.
            if (await CallAsync(token => _files.Find(File(owner, id)).Project(new BsonDocument("_id", 1)).AnyAsync(token), cancellation))
                return false;
            throw;
        }
    }

    private async Task<IReadOnlyList<CatalogDocument>> ReadDocumentsAsync(
        IEnumerable<BsonDocument> stages, int count, CancellationToken cancellation)
    {
        var pipeline = stages.Append(new BsonDocument("$project", MongoSchema.DocumentFields)).ToArray();
        var found = await CallAsync(
            async token =>
            {
                using var cursor = await _files.AggregateAsync<BsonDocument>(pipeline, new AggregateOptions { BatchSize = count }, token);
                return await cursor.ToListAsync(token);
            },
            cancellation);
        return [.. found.Select(MongoSchema.ToDocument)];
    }
}
