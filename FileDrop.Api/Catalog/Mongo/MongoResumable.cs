using MongoDB.Bson;
using MongoDB.Driver;
using static FileDrop.Api.Catalog.Mongo.MongoChange;

namespace FileDrop.Api.Catalog.Mongo;

/// <summary>The changes of a document that is, or was, a resumable upload: its field <c>upload</c>, and its blobs as intents.</summary>
internal sealed class MongoResumable(CatalogRules rules)
{
    /// <summary>What a read of an upload takes along.</summary>
    public static readonly BsonDocument Fields = new()
    {
        { "upload", 1 },
        { "intents", 1 },
        { "state", 1 },
        { "left", Op("$subtract", "$upload.until", Now) },
        { "silent", Since("$upload.seen_at") },
    };

    private static readonly long s_term = (long)CatalogRules.ResumableTerm.TotalMilliseconds;

    /// <summary>A pending document with an upload, where there is none.</summary>
    public UpdateDefinition<BsonDocument> Begin(
        string owner, WriteIntent intent, ResumablePlan plan, long? length, Guid? holder, bool isReserved)
    {
        var upload = Upload(intent, plan);
        upload.AddRange(new BsonDocument
        {
            { "length", OrNull(length) },
            { "offset", 0L },
            { "stage", (int)ResumableStage.Open },
            { "step", 0L },
            { "holder", holder is { } some ? MongoSchema.Uuid(some) : BsonNull.Value },
            { "seen_at", Now },
            { "wanted", false },
        });
        return Pipeline(new BsonDocument
        {
            { "schema", MongoSchema.SchemaVersion },
            { "owner", Literal(owner) },
            { "state", MongoSchema.Pending },
            { "tags", new BsonArray() },
            { "version", 0L },
            { "versions", new BsonArray() },
            { "upload", upload },
            { "intents", Intents([intent.BlobId], intent.Fence, In(rules.ResumableExpiry)) },
            { "garbage", new BsonArray() },
        }.AddRange(isReserved ? Counted(intent.BlobId) : new BsonDocument()));
    }

    /// <summary>The taker becomes the holder, or the one that is alive is asked to let go.</summary>
    public static UpdateDefinition<BsonDocument> Take(Guid taker)
    {
        var isMine = Op("$eq", "$upload.holder", MongoSchema.Uuid(taker));
        var isFree = Op("$or",
            Op("$eq", "$upload.holder", BsonNull.Value), Op("$lte", "$upload.seen_at", Op("$subtract", Now, s_term)));
        var taken = new BsonDocument
        {
            { "holder", MongoSchema.Uuid(taker) },
            { "fence", Op("$add", "$upload.fence", 1L) },
            { "seen_at", Now },
            { "wanted", false },
        };
        var change = Op("$cond", isMine, new BsonDocument(), Op("$cond", isFree, taken, new BsonDocument("wanted", true)));
        return Pipeline(
            new BsonDocument("upload", Op("$mergeObjects", "$upload", change)),
            new BsonDocument("intents", Map("$intents", Op("$mergeObjects", "$$each", new BsonDocument("fence", "$upload.fence")))));
    }

    /// <summary>A step of the holder's.</summary>
    public UpdateDefinition<BsonDocument> Record(WriteIntent intent, ResumableStep step)
    {
        var progress = step.Progress;
        var renews = step.Stage == ResumableStage.Complete ? (BsonValue)true : Op("$gt", progress.Offset, "$upload.offset");
        var change = new BsonDocument
        {
            { "step", step.Step },
            { "offset", progress.Offset },
            { "hashes", new BsonBinaryData(progress.Hashes.ToArray()) },
            { "store", progress.Store is { } store ? Literal(store) : BsonNull.Value },
            { "length", OrNull(step.Length) },
            { "stage", (int)step.Stage },
            { "blob", step.BlobId is { } blob ? MongoSchema.Uuid(blob) : BsonNull.Value },
            { "seen_at", Now },
            { "until", Op("$cond", renews, In(rules.ResumableExpiry), "$upload.until") },
        };
        if (step.Release)
            change.AddRange(new BsonDocument { { "holder", BsonNull.Value }, { "wanted", false } });
        Guid[] kept = [intent.BlobId, .. progress.Pieces];
        return Pipeline(
            new BsonDocument("upload", Op("$mergeObjects", "$upload", change)),
            new BsonDocument
            {
                { "intents", Intents(kept, intent.Fence, "$upload.until") },
                { "garbage", Op("$concatArrays", "$garbage", Unfinished(Others(kept))) },
            });
    }

    /// <summary>The upload is given up.</summary>
    public UpdateDefinition<BsonDocument> End() => Pipeline(new BsonDocument
    {
        { "upload", "$$REMOVE" },
        { "intents", new BsonArray() },
        { "garbage", Op("$concatArrays", "$garbage", Unfinished("$intents")) },
    });

    /// <summary>What a commit that ends an upload sets beside what every commit sets.</summary>
    public BsonDocument Finish(WriteIntent intent, FileCommit commit, ResumablePlan plan)
    {
        var upload = Upload(intent, plan);
        upload.AddRange(new BsonDocument
        {
            { "length", commit.Size },
            { "offset", commit.Size },
            { "stage", (int)ResumableStage.Complete },
            { "step", 0L },
            { "blob", MongoSchema.Uuid(intent.BlobId) },
        });
        return new BsonDocument
        {
            { "upload", upload },
            { "intents", new BsonArray() },
            { "garbage", Op("$concatArrays", "$garbage", Unfinished(Others([intent.BlobId]))) },
        };
    }

    /// <summary>Reads what <see cref="Fields"/> took along; null: the upload's time has passed, or it was given up.</summary>
    public static ResumableUpload? Read(BsonDocument document, string owner, Guid id)
    {
        if (!document.TryGetValue("upload", out var field) || document["left"].ToInt64() <= 0)
            return null;
        var upload = field.AsBsonDocument;
        var stage = (ResumableStage)upload["stage"].ToInt32();
        if (stage != ResumableStage.Complete && document["state"] != MongoSchema.Pending)
            return null;
        var main = MongoSchema.ToGuid(upload["main"]);
        return new ResumableUpload(
            id,
            owner,
            new ResumablePlan(
                upload["name"].AsString, upload["type"].AsString, MongoSchema.ToTags(upload["tags"].AsBsonArray),
                Value(upload, "sha256")?.AsString, Value(upload, "metadata")?.AsString, Value(upload, "concat")?.AsString),
            Value(upload, "length")?.ToInt64(),
            new WriteIntent(main, upload["fence"].ToInt64()),
            new ResumableProgress(
                upload["offset"].ToInt64(),
                Value(upload, "hashes")?.AsBsonBinaryData.Bytes ?? ReadOnlyMemory<byte>.Empty,
                Value(upload, "store")?.AsString,
                [.. document["intents"].AsBsonArray.Select(intent => MongoSchema.ToGuid(intent["blob"])).Where(blob => blob != main)]),
            upload["step"].ToInt64(),
            stage,
            Value(upload, "blob") is { } blob ? MongoSchema.ToGuid(blob) : null,
            MongoSchema.ToTime(upload["until"]),
            Value(upload, "holder") is { } holder ? MongoSchema.ToGuid(holder) : null,
            IsAlive: document.TryGetValue("silent", out var silent) && silent.IsNumeric && silent.ToInt64() < s_term,
            IsWanted: Value(upload, "wanted")?.AsBoolean ?? false);
    }

    private static BsonValue? Value(BsonDocument upload, string name) =>
        upload.TryGetValue(name, out var value) && !value.IsBsonNull ? value : null;

    private static BsonValue OrNull(long? number) => number is { } known ? known : BsonNull.Value;

    /// <summary>What stays the same, and the expiry.</summary>
    private BsonDocument Upload(WriteIntent intent, ResumablePlan plan) => new()
    {
        { "name", Literal(plan.Name) },
        { "type", Literal(plan.Type) },
        { "tags", Literal(MongoSchema.Tags(plan.Tags)) },
        { "sha256", plan.Sha256 is { } sha256 ? Literal(sha256) : BsonNull.Value },
        { "metadata", plan.Metadata is { } metadata ? Literal(metadata) : BsonNull.Value },
        { "concat", plan.Concat is { } concat ? Literal(concat) : BsonNull.Value },
        { "main", MongoSchema.Uuid(intent.BlobId) },
        { "fence", intent.Fence },
        { "until", In(rules.ResumableExpiry) },
    };

    private static BsonArray Intents(IEnumerable<Guid> blobs, long fence, BsonValue until) => new(blobs.Select(blob => new BsonDocument
    {
        { "blob", MongoSchema.Uuid(blob) },
        { "fence", fence },
        { "lease_until", until },
    }));

    private static BsonDocument Others(IEnumerable<Guid> kept) =>
        Filter("$intents", Op("$not", Op("$in", "$$each.blob", new BsonArray(kept.Select(MongoSchema.Uuid)))));

    private BsonDocument Unfinished(BsonValue intents) => Map(intents, Garbage("$$each.blob", Now, In(rules.ResumableLateWrites), false));
}
