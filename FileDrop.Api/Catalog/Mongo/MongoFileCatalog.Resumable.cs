using MongoDB.Bson;
using MongoDB.Driver;

namespace FileDrop.Api.Catalog.Mongo;

// Resumable uploads.
internal sealed partial class MongoFileCatalog
{
    private readonly MongoResumable _resumable;

    public async Task<ResumableUpload> BeginResumableAsync(
        string owner, Guid id, WriteIntent intent, ResumablePlan plan, long? length, Guid? holder, CancellationToken cancellation)
    {
        var options = new FindOneAndUpdateOptions<BsonDocument, BsonDocument>
        {
            ReturnDocument = ReturnDocument.After,
            Projection = MongoResumable.Fields,
            IsUpsert = true,
        };
        await DemandPlaceAsync(owner, cancellation);
        var begun = await ReservingAsync(owner, id, intent, length ?? 0, files: plan.IsPartial ? 0 : 1, isReserved => CallAsync(
            token => _files.FindOneAndUpdateAsync(
                Absent(owner, id), _resumable.Begin(owner, intent, plan, length, holder, isReserved), options, token), cancellation), cancellation);
        return MongoResumable.Read(begun, owner, id) ?? throw new InvalidOperationException("An upload's expiry lies in the future.");
    }

    public async Task<ResumableUpload?> FindResumableAsync(string owner, Guid id, CancellationToken cancellation)
    {
        // The offset is a promise, which no failover may take back.
        var found = await ReadSettledAsync(owner, id, MongoResumable.Fields, cancellation);
        return found is null ? null : MongoResumable.Read(found, owner, id);
    }

    public async Task<ResumableUpload?> TakeResumableAsync(string owner, Guid id, Guid taker, CancellationToken cancellation)
    {
        var open = OpenResumable(owner, id);
        var taken = await FindAndUpdateAsync(open, MongoResumable.Take(taker), MongoResumable.Fields, cancellation);
        return taken is null ? await FindResumableAsync(owner, id, cancellation) : MongoResumable.Read(taken, owner, id);
    }

    public async Task<ResumableUpload?> RecordResumableAsync(
        string owner, Guid id, WriteIntent intent, ResumableStep done, CancellationToken cancellation)
    {
        var held = Held(owner, id, intent).Add("upload.step", new BsonDocument("$lte", done.Step));
        var recorded = await FindAndUpdateAsync(held, _resumable.Record(intent, done), MongoResumable.Fields, cancellation);
        return recorded is null ? null : MongoResumable.Read(recorded, owner, id);
    }

    public Task<bool> EndResumableAsync(string owner, Guid id, WriteIntent intent, CancellationToken cancellation) =>
        SettlingAsync(owner, id, UpdateAsync(Held(owner, id, intent, complete: true), _resumable.End(), cancellation));

    /// <summary>Refuses one upload more than an owner may have open.</summary>
    private async Task DemandPlaceAsync(string owner, CancellationToken cancellation)
    {
        var open = new BsonDocument { { "owner", owner }, { "state", MongoSchema.Pending }, { "upload", new BsonDocument("$exists", true) } };
        var options = new CountOptions { Limit = _rules.OpenUploadsPerOwner, Hint = MongoSchema.Orders[FileSort.CreatedAt].Index };
        if (await CallAsync(token => _files.CountDocumentsAsync(open, options, token), cancellation) >= _rules.OpenUploadsPerOwner)
            throw new TooManyUploadsException(_rules.OpenUploadsPerOwner);
    }

    private static BsonDocument OpenResumable(string owner, Guid id) => File(owner, id).AddRange(new BsonDocument
    {
        { "state", MongoSchema.Pending },
        { "upload.stage", new BsonDocument("$lt", (int)ResumableStage.Complete) },
    });

    /// <param name="complete">Also a partial upload that is complete.</param>
    private static BsonDocument Held(string owner, Guid id, WriteIntent intent, bool complete = false) =>
        (complete ? File(owner, id).Add("state", MongoSchema.Pending) : OpenResumable(owner, id)).AddRange(new BsonDocument
        {
            { "upload.main", MongoSchema.Uuid(intent.BlobId) },
            { "upload.fence", intent.Fence },
        });
}
