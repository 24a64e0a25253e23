using System.Collections.Concurrent;
using FileDrop.Api.Storage;
using MongoDB.Bson;
using MongoDB.Driver;
using static FileDrop.Api.Catalog.Mongo.MongoExpressions;

namespace FileDrop.Api.Catalog.Mongo;

/// <summary>The documents of owners with a quota: each holds the owner's usage and the operations that may change it.</summary>
/// <remarks>
/// <para>Without a transaction across documents, a change of usage takes four steps, each of which is one update. First the operation is opened in the owner's
/// document, with its reservation. Then the file's document changes and, in the same update, records the operation's result. Then the owner's document adds the
/// result and closes the operation. Last, the file's document forgets it.</para>
/// <para>An operation is opened once, before the file's document can name it, and closed once, by an update that finds it open. Settling it again changes
/// nothing, however late. An operation left half-way stands in the file's document, which is due at once. An open operation that no document names is released
/// once no call of its writer can arrive any more.</para>
/// </remarks>
internal sealed class MongoOwners(IMongoDatabase database, CatalogRules rules)
{
    private const int CountAttempts = 50;
    private const int CheckAttempts = 5;

    /// <summary>The fields in which a file's document names operations.</summary>
    private static readonly string[] s_naming = ["intents.blob", "held", "settle.op"];

    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(20);

    private readonly IMongoCollection<BsonDocument> _owners = database.GetCollection<BsonDocument>(MongoSchema.Owners);
    private readonly IMongoCollection<BsonDocument> _files = database.GetCollection<BsonDocument>(MongoSchema.Files);

    /// <summary>Owners whose documents are all counted, as far as this process knows.</summary>
    private readonly ConcurrentDictionary<string, bool> _counted = new(StringComparer.Ordinal);

    /// <summary>Opens an operation that reserves bytes and a file, or changes its reservation.</summary>
    /// <param name="owner">The owner.</param>
    /// <param name="operation">A random id, or the blob being written.</param>
    /// <param name="file">The file whose document will name it.</param>
    /// <param name="needed">The bytes that must fit; 0 always fits.</param>
    /// <param name="wanted">The bytes to reserve if they fit.</param>
    /// <param name="files">1 if a file will be created, otherwise 0.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <returns>The reserved bytes.</returns>
    /// <exception cref="QuotaExceededException">The quota has no room.</exception>
    public async Task<long> OpenAsync(string owner, Guid operation, Guid file, long needed, long wanted, long files, CancellationToken cancellation)
    {
        await EnsureCountedAsync(owner, cancellation);
        while (true)
        {
            var (filter, change) = Opening(owner, MongoSchema.Uuid(operation), file, needed, wanted, files);
            var options = new FindOneAndUpdateOptions<BsonDocument, BsonDocument?> { ReturnDocument = ReturnDocument.After };
            if (await CallAsync(token => _owners.FindOneAndUpdateAsync(filter, change, options, token), cancellation) is { } opened)
                return opened["open"].AsBsonArray.First(each => each["op"] == MongoSchema.Uuid(operation))["bytes"].ToInt64();
            if (await FindAsync(owner, cancellation) is { } found && found["counted"].AsBoolean)
                throw new QuotaExceededException();
            await CountAsync(owner, cancellation);
        }
    }

    /// <summary>Adds an operation's result and closes it. A closed operation changes nothing.</summary>
    public Task CloseAsync(string owner, BsonValue operation, long bytes, long files, CancellationToken cancellation) => CallAsync(
        token => _owners.UpdateOneAsync(
            new BsonDocument { { "_id", owner }, { "open.op", operation } },
            new BsonDocument
            {
                { "$inc", new BsonDocument { { "bytes", bytes }, { "files", files }, { "revision", 1L } } },
                { "$pull", new BsonDocument("open", new BsonDocument("op", operation)) },
            },
            cancellationToken: token),
        cancellation);

    /// <summary>Returns the recorded usage of an owner, or null without a reliable record.</summary>
    public async Task<OwnerUsage?> FindUsageAsync(string owner, CancellationToken cancellation) =>
        await FindAsync(owner, cancellation) is { } found && found["counted"].AsBoolean ? ToUsage(found) : null;

    /// <summary>Ensures that all documents of an owner are counted, and that the owner's document has their sum.</summary>
    /// <remarks>
    /// Each process checks this once per owner, because a quota may have been set, or set again, since the last start.
    /// </remarks>
    public async Task EnsureCountedAsync(string owner, CancellationToken cancellation)
    {
        if (_counted.ContainsKey(owner))
            return;
        await CountAsync(owner, cancellation);
        _counted[owner] = true;
    }

    /// <summary>Closes operations that no document names. Their writers had a full lease to name them, so none will follow.</summary>
    public async Task ReleaseAsync(CancellationToken cancellation)
    {
        var since = Op("$subtract", Now, (long)rules.ResumableLateWrites.TotalMilliseconds);
        BsonDocument[] stages =
        [
            new("$match", new BsonDocument("open.0", MongoSchema.IsThere)),
            new("$project", new BsonDocument("old", Filter("$open", Op("$lte", "$$each.at", since)))),
            new("$match", new BsonDocument("old.0", MongoSchema.IsThere)),
        ];
        foreach (var owner in await ListAsync(_owners, stages, cancellation))
        {
            foreach (var old in owner["old"].AsBsonArray)
            {
                var named = s_naming.Select(field => new BsonDocument(field, old["op"]));
                var filter = new BsonDocument { { "_id", old["file"] }, { "owner", owner["_id"] }, { "$or", new BsonArray(named) } };
                if (!await CallAsync(token => _files.Find(filter).Project(new BsonDocument("_id", 1)).AnyAsync(token), cancellation))
                    await CloseAsync(owner["_id"].AsString, old["op"], bytes: 0, files: 0, cancellation);
            }
        }
    }

    /// <summary>Compares the recorded usage with the sum over the documents.</summary>
    public async Task<IReadOnlyList<UsageDifference>> CheckAsync(bool repair, CancellationToken cancellation)
    {
        var found = new List<UsageDifference>();
        foreach (var owner in await ListAsync(_owners, [new("$match", new BsonDocument("counted", true))], cancellation))
        {
            var name = owner["_id"].AsString;
            (BsonDocument, long, long)? sum = null;
            for (var attempt = 0; sum is null && attempt < CheckAttempts; attempt++)
                sum = await AddUpAsync(name, cancellation);
            if (sum is not var (recorded, bytes, files)
                || (recorded["bytes"].ToInt64() == bytes && recorded["files"].ToInt64() == files))
                continue;
            var usage = ToUsage(recorded);
            if (repair)
            {
                await ForgetAsync(name, cancellation);
                await CountAsync(name, cancellation);
            }
            found.Add(new UsageDifference(name, usage, usage with { Bytes = bytes, Files = files }, repair));
        }
        return found;
    }

    /// <summary>Makes documents counted, with nothing to settle. They get a new revision, as with every change.</summary>
    private static UpdateDefinition<BsonDocument> Count() => Pipeline(new BsonDocument
    {
        { "charged", Usage() },
        { "held", new BsonArray() },
        { "settle", new BsonArray() },
        { "rev", Random.Shared.NextInt64() },
    });

    private async Task CountAsync(string owner, CancellationToken cancellation)
    {
        await MakeAsync(owner, cancellation);
        var uncounted = new BsonDocument { { "owner", owner }, { "charged", new BsonDocument("$exists", false) } };
        if (await CallAsync(token => _files.Find(uncounted).Project(new BsonDocument("_id", 1)).AnyAsync(token), cancellation))
        {
            await ForgetAsync(owner, cancellation);
            await MongoConnection.CallAsync(MongoConnection.IndexTimeout,
                token => _files.UpdateManyAsync(uncounted, Count(), cancellationToken: token), cancellation);
        }
        if (await FindAsync(owner, cancellation) is { } found && found["counted"].AsBoolean)
            return;

        // No operation can be opened meanwhile, so those in progress come to an end.
        for (var attempt = 0; attempt < CountAttempts; attempt++)
        {
            if (await AddUpAsync(owner, cancellation) is var (seen, bytes, files))
            {
                var counted = await CallAsync(
                    token => _owners.UpdateOneAsync(
                        new BsonDocument { { "_id", owner }, { "revision", seen["revision"] } },
                        new BsonDocument
                        {
                            { "$set", new BsonDocument { { "bytes", bytes }, { "files", files }, { "counted", true } } },
                            { "$inc", new BsonDocument("revision", 1L) },
                        },
                        cancellationToken: token),
                    cancellation);
                if (counted.MatchedCount > 0)
                    return;
            }
            await Task.Delay(s_pause, cancellation);
        }
        throw new StorageException(StorageFailure.Unavailable, $"The files of {owner} change faster than they can be counted. Try again later.");
    }

    /// <summary>Adds up an owner's documents to the sum that the owner's document should have now; null if that document changed meanwhile.</summary>
    /// <remarks>
    /// A document's share is the amount it has charged minus the part that is not settled. Only a settlement changes it, and a settlement raises the owner's
    /// revision. A part that is settled but not yet forgotten is recognized by its operation, which is closed.
    /// </remarks>
    private async Task<(BsonDocument Owner, long Bytes, long Files)?> AddUpAsync(string owner, CancellationToken cancellation)
    {
        if (await FindAsync(owner, cancellation) is not { } before)
            return null;
        var pending = Op("$cond", Op("$eq", "$settle", new BsonArray()), "$$REMOVE", "$settle");
        BsonDocument[] stages =
        [
            new("$match", new BsonDocument { { "owner", owner }, { "charged", MongoSchema.IsThere } }),
            new("$group", new BsonDocument
            {
                { "_id", BsonNull.Value },
                { "bytes", new BsonDocument("$sum", Op("$subtract", "$charged.bytes", Op("$sum", "$settle.bytes"))) },
                { "files", new BsonDocument("$sum", Op("$subtract", "$charged.files", Op("$sum", "$settle.files"))) },
                { "settle", new BsonDocument("$push", pending) },
            }),
        ];
        var sum = (await ListAsync(_files, stages, cancellation)).FirstOrDefault();
        if (await FindAsync(owner, cancellation) is not { } after || after["revision"] != before["revision"])
            return null;
        if (sum is null)
            return (after, 0, 0);
        var open = after["open"].AsBsonArray.Select(each => each["op"]).ToHashSet();
        var settled = sum["settle"].AsBsonArray.SelectMany(entries => entries.AsBsonArray).Where(entry => !open.Contains(entry["op"])).ToList();
        return (after, sum["bytes"].ToInt64() + settled.Sum(entry => entry["bytes"].ToInt64()),
            sum["files"].ToInt64() + settled.Sum(entry => entry["files"].ToInt64()));
    }

    private (BsonDocument Filter, UpdateDefinition<BsonDocument> Change) Opening(
        string owner, BsonValue operation, Guid file, long needed, long wanted, long files)
    {
        var quota = rules.Quotas.Of(owner);
        var others = Filter("$open", Op("$ne", "$$each.op", operation));
        var own = Filter("$open", Op("$eq", "$$each.op", operation));
        var room = quota.Bytes is { } limit ? (BsonValue)Op("$subtract", limit, Op("$add", "$bytes", Sum(others, "bytes"))) : long.MaxValue;
        var conditions = new BsonArray { true };
        if (needed > 0 && quota.Bytes is not null)
            conditions.Add(Op("$gte", room, needed));
        if (files > 0 && quota.Files is { } most)
            conditions.Add(Op("$lte", Op("$add", "$files", Sum(others, "files"), files), most));
        var filter = new BsonDocument { { "_id", owner }, { "counted", true }, { "$expr", new BsonDocument("$and", conditions) } };
        var entry = new BsonDocument
        {
            { "op", operation },
            { "file", MongoSchema.Uuid(file) },
            { "bytes", Op("$max", needed, Op("$min", wanted, room)) },
            { "files", Op("$max", files, Sum(own, "files")) },
            { "at", Now },
        };
        return (filter, Pipeline(new BsonDocument("open", Op("$concatArrays", others, new BsonArray { entry }))));

        static BsonDocument Sum(BsonValue open, string what) => Op("$sum", Map(open, "$$each." + what));
    }

    private async Task MakeAsync(string owner, CancellationToken cancellation)
    {
        var empty = new BsonDocument
        {
            { "bytes", 0L }, { "files", 0L }, { "counted", false }, { "revision", 0L }, { "open", new BsonArray() },
        };
        try
        {
            await CallAsync(
                token => _owners.UpdateOneAsync(
                    new BsonDocument("_id", owner), new BsonDocument("$setOnInsert", empty), new UpdateOptions { IsUpsert = true }, token),
                cancellation);
        }
        catch (StorageException failure) when (failure.InnerException is MongoWriteException write && MongoConnection.IsDuplicate(write))
        {
            // Another process created it at the same time.
        }
    }

    /// <summary>Marks the owner as not counted, so that the next reservation counts first.</summary>
    private Task ForgetAsync(string owner, CancellationToken cancellation) => CallAsync(
        token => _owners.UpdateOneAsync(
            new BsonDocument("_id", owner), new BsonDocument("$set", new BsonDocument("counted", false)), cancellationToken: token),
        cancellation);

    private async Task<BsonDocument?> FindAsync(string owner, CancellationToken cancellation) =>
        await CallAsync(token => _owners.Find(new BsonDocument("_id", owner)).FirstOrDefaultAsync(token), cancellation);

    private static OwnerUsage ToUsage(BsonDocument owner) => new(
        owner["bytes"].ToInt64(), owner["files"].ToInt64(), owner["open"].AsBsonArray.Sum(each => each["bytes"].ToInt64()));

    private static Task<List<BsonDocument>> ListAsync(
        IMongoCollection<BsonDocument> collection, BsonDocument[] stages, CancellationToken cancellation) => MongoConnection.CallAsync(
            MongoConnection.IndexTimeout,
            async token =>
            {
                using var cursor = await collection.AggregateAsync<BsonDocument>(stages, cancellationToken: token);
                return await cursor.ToListAsync(token);
            },
            cancellation);

    private static Task<T> CallAsync<T>(Func<CancellationToken, Task<T>> call, CancellationToken cancellation) =>
        MongoConnection.CallAsync(MongoConnection.CallTimeout, call, cancellation);
}
