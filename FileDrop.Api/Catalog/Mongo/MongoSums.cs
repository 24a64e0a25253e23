using System.Collections.Concurrent;
using System.Diagnostics;
using MongoDB.Bson;
using MongoDB.Driver;

namespace FileDrop.Api.Catalog.Mongo;

/// <summary>The usage of owners without a quota: a sum over their documents, kept for as long as it is expensive.</summary>
/// <remarks>
/// A sum reads every document of its owner, so a large owner's takes seconds. Requests share one summation, and the next one waits ten times as
/// long as the last one took. Sums thus take at most a tenth of one server processor per owner. A request that would wait longer than <see cref="Patience"/> gets the last sum and its time.
/// </remarks>
internal sealed class MongoSums(IMongoDatabase database, MongoClock clock)
{
    /// <summary>The time that a request waits for a new sum. A sum that takes no longer is never reused, so small owners see exact numbers.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(500);

    /// <summary>The time between two summations, as a multiple of the last one's time.</summary>
    private const int Rest = 10;

    private readonly IMongoCollection<BsonDocument> _files = database.GetCollection<BsonDocument>(MongoSchema.Files);
    private readonly IMongoCollection<BsonDocument> _sums = database.GetCollection<BsonDocument>(MongoSchema.Sums);
    private readonly ConcurrentDictionary<string, Lazy<Task<OwnerUsage>>> _running = new(StringComparer.Ordinal);

    /// <summary>A request's patience; a test makes it shorter.</summary>
    public TimeSpan Patience { get; init; } = s_patience;

    /// <summary>Returns the owner's usage, exact or as of the time in it.</summary>
    public async Task<OwnerUsage> FindAsync(string owner, CancellationToken cancellation)
    {
        var last = await LastAsync(owner, cancellation);
        if (last is { } recent && await clock.NowAsync(cancellation) < recent.Usage.AsOf + (recent.Took * (1 + Rest)))
            return recent.Usage;
        var sum = SumOnceAsync(owner);
        if (last is { } former && await Task.WhenAny(sum, Task.Delay(Patience, cancellation)) != sum)
        {
            cancellation.ThrowIfCancellationRequested();
            return former.Usage;
        }
        return await sum.WaitAsync(cancellation);
    }

    private async Task<(OwnerUsage Usage, TimeSpan Took)?> LastAsync(string owner, CancellationToken cancellation)
    {
        var found = await MongoConnection.CallAsync(
            MongoConnection.CallTimeout,
            token => _sums.Find(new BsonDocument("_id", owner)).FirstOrDefaultAsync(token),
            cancellation);
        return found is null
            ? null
            : (new OwnerUsage(found["bytes"].ToInt64(), found["files"].ToInt64(), 0, MongoSchema.ToTime(found["at"])),
                TimeSpan.FromMilliseconds(found["took"].ToInt64()));
    }

    /// <summary>Joins the summation in progress, or begins one. It outlives the request that began it.</summary>
    private Task<OwnerUsage> SumOnceAsync(string owner)
    {
        var sum = _running.GetOrAdd(owner, _ => new Lazy<Task<OwnerUsage>>(() => Task.Run(() => SumAsync(owner))));
        return sum.Value;
    }

    private async Task<OwnerUsage> SumAsync(string owner)
    {
        try
        {
            var (at, began) = (await clock.NowAsync(CancellationToken.None), Stopwatch.GetTimestamp());
            var usage = await AddUpAsync(owner);
            var took = Stopwatch.GetElapsedTime(began);
            if (took > Patience)
                await KeepAsync(owner, usage, at, took);
            return usage;
        }
        finally
        {
            _running.TryRemove(owner, out _);
        }
    }

    private Task KeepAsync(string owner, OwnerUsage usage, DateTimeOffset at, TimeSpan took) => MongoConnection.CallAsync(
        MongoConnection.CallTimeout,
        token => _sums.ReplaceOneAsync(
            new BsonDocument("_id", owner),
            new BsonDocument
            {
                { "_id", owner }, { "bytes", usage.Bytes }, { "files", usage.Files }, { "at", MongoSchema.Time(at) }, { "took", (long)took.TotalMilliseconds },
            },
            new ReplaceOptions { IsUpsert = true }, token),
        CancellationToken.None);

    private async Task<OwnerUsage> AddUpAsync(string owner)
    {
        BsonDocument[] stages =
        [
            new("$match", new BsonDocument
            {
                { "owner", owner }, { "state", new BsonDocument("$in", MongoSchema.FileStates) },
            }),
            new("$group", new BsonDocument
            {
                { "_id", BsonNull.Value },
                { "bytes", new BsonDocument("$sum", MongoExpressions.Usage()["bytes"]) },
                { "files", new BsonDocument("$sum", 1L) },
            }),
        ];
        var sum = await MongoConnection.CallAsync(
            MongoConnection.IndexTimeout,
            async token =>
            {
                using var cursor = await _files.AggregateAsync<BsonDocument>(stages, cancellationToken: token);
                return await cursor.FirstOrDefaultAsync(token);
            },
            CancellationToken.None);
        return sum is null ? new OwnerUsage(0, 0, 0) : new OwnerUsage(sum["bytes"].ToInt64(), sum["files"].ToInt64(), 0);
    }
}
