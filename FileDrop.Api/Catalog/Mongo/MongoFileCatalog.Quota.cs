using System.Diagnostics;
using MongoDB.Bson;
using MongoDB.Driver;

namespace FileDrop.Api.Catalog.Mongo;

// Quotas: an owner's usage stands in a document of its own, which no update of a file's document can change as well.
internal sealed partial class MongoFileCatalog
{
    private readonly MongoOwners _owners;
    private readonly CatalogRules _rules;

    public Task<long> ReserveAsync(string owner, Guid id, WriteIntent intent, long needed, long wanted, CancellationToken cancellation) =>
        HasQuota(owner)
            ? _owners.OpenAsync(owner, intent.BlobId, id, needed, wanted, files: 0, cancellation)
            : Task.FromResult(long.MaxValue);

    public async Task<OwnerUsage> FindUsageAsync(string owner, CancellationToken cancellation) =>
        (HasQuota(owner) ? await _owners.FindUsageAsync(owner, cancellation) : null) ?? await AddUpAsync(owner, cancellation);

    public Task ReleaseReservationsAsync(CancellationToken cancellation) => _owners.ReleaseAsync(cancellation);

    public Task<IReadOnlyList<UsageDifference>> CheckUsageAsync(bool repair, CancellationToken cancellation) =>
        _owners.CheckAsync(repair, cancellation);

    private bool HasQuota(string owner) => !_rules.Quotas.Of(owner).IsNone;

    /// <summary>Begins a write with its reservation, which is there before the document names it.</summary>
    /// <param name="begin">Gets to know whether there is a reservation.</param>
    private async Task<T> ReservingAsync<T>(
        string owner, Guid id, WriteIntent intent, long bytes, long files, Func<bool, Task<T>> begin, CancellationToken cancellation)
    {
        if (!HasQuota(owner))
            return await begin(false);
        var begun = Stopwatch.GetTimestamp();
        await _owners.OpenAsync(owner, intent.BlobId, id, bytes, bytes, files, cancellation);
        DemandTime(begun);
        return await begin(true);
    }

    /// <summary>Settles what a change has made of its document; if that fails the document is due, and the sweeper does it.</summary>
    private async Task<T> SettlingAsync<T>(string owner, Guid id, Task<T> change)
    {
        var result = await change;
        try
        {
            if (HasQuota(owner))
                await SettleAsync(owner, id, null, CancellationToken.None);
        }
        catch (StorageException)
        {
            // What was asked for has happened, and that is the answer.
        }
        return result;
    }

    /// <summary>Takes over into the owner's document what a file's document says that it came to.</summary>
    /// <param name="owner">The owner.</param>
    /// <param name="id">The file's id.</param>
    /// <param name="document">What <see cref="MongoChange.SettleFields"/> took along, if that is known.</param>
    /// <param name="cancellation">Ends the waiting; the document stays due.</param>
    private async Task SettleAsync(string owner, Guid id, BsonDocument? document, CancellationToken cancellation)
    {
        var fields = MongoChange.SettleFields;
        document ??= await CallAsync(token => _files.Find(File(owner, id)).Project(fields).FirstOrDefaultAsync(token), cancellation);
        if (document is not null && document["owes"].AsBoolean)
        {
            var begun = Stopwatch.GetTimestamp();
            var operation = Guid.NewGuid();
            await _owners.OpenAsync(owner, operation, id, needed: 0, wanted: 0, files: 0, cancellation);
            DemandTime(begun);
            document = await FindAndUpdateAsync(File(owner, id), MongoChange.Owe(operation), fields, cancellation);
        }
        if (document is null || !document.TryGetValue("settle", out var settle) || settle.AsBsonArray is not { Count: > 0 } entries)
            return;
        foreach (var entry in entries)
            await _owners.CloseAsync(owner, entry["op"], entry["bytes"].ToInt64(), entry["files"].ToInt64(), cancellation);
        await UpdateAsync(File(owner, id), MongoChange.Settled(entries.Select(entry => entry["op"])), cancellation);
    }

    /// <summary>An operation that was opened is released some time after its lease: it must be named before, or not at all.</summary>
    private void DemandTime(long begun)
    {
        if (Stopwatch.GetElapsedTime(begun) > _rules.Lease)
            throw new StorageException(
                StorageFailure.Unavailable, "Between its reservation and its beginning a write stood still for the time of a lease.");
    }

    /// <summary>What is stored, from the documents themselves.</summary>
    private async Task<OwnerUsage> AddUpAsync(string owner, CancellationToken cancellation)
    {
        BsonDocument[] stages =
        [
            new("$match", new BsonDocument
            {
                { "owner", owner }, { "state", new BsonDocument("$in", new BsonArray { MongoSchema.Live, MongoSchema.Trash }) },
            }),
            new("$group", new BsonDocument
            {
                { "_id", BsonNull.Value },
                { "bytes", new BsonDocument("$sum", MongoChange.Usage()["bytes"]) },
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
            cancellation);
        return sum is null ? new OwnerUsage(0, 0, 0) : new OwnerUsage(sum["bytes"].ToInt64(), sum["files"].ToInt64(), 0);
    }
}
