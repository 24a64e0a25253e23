using FileDrop.Api.Hashing;
using MongoDB.Bson;

namespace FileDrop.Api.Catalog.Mongo;

/// <summary>A resumable upload as the field <c>upload</c> of its document.</summary>
internal static class MongoUploads
{
    public static StoredUpload Read(BsonDocument upload) => new()
    {
        Plan = new ResumablePlan(
            upload["name"].AsString, upload["type"].AsString, MongoSchema.ToTags(upload["tags"].AsBsonArray),
            Value(upload, "sha256")?.AsString, Value(upload, "metadata")?.AsString, Value(upload, "concat")?.AsString)
        {
            Folder = Value(upload, "folder") is { } folder ? MongoSchema.ToGuid(folder) : null,
            OnConflict = (OnConflict)(Value(upload, "on_conflict")?.ToInt32() ?? 0),
            ModifiedAt = Value(upload, "modified_at") is { } modified ? MongoSchema.ToTime(modified) : null,
            ExpiresAt = Value(upload, "expires_at") is { } expires ? MongoSchema.ToTime(expires) : null,
        },
        Length = Value(upload, "length")?.ToInt64(),
        Main = MongoSchema.ToGuid(upload["main"]),
        Fence = upload["fence"].ToInt64(),
        Until = MongoSchema.ToTime(upload["until"]),
        Offset = upload["offset"].ToInt64(),
        Hashes = new HashMark(Value(upload, "hashes")?.AsBsonBinaryData.Bytes, MongoSchema.ToCrc32(upload, upload["offset"].ToInt64())),
        Store = Value(upload, "store")?.AsString,
        Step = upload["step"].ToInt64(),
        Stage = (ResumableStage)upload["stage"].ToInt32(),
        Blob = Value(upload, "blob") is { } blob ? MongoSchema.ToGuid(blob) : null,
        Holder = Value(upload, "holder") is { } holder ? MongoSchema.ToGuid(holder) : null,
        SeenAt = Value(upload, "seen_at") is { } seen ? MongoSchema.ToTime(seen) : DateTimeOffset.UnixEpoch,
        IsWanted = Value(upload, "wanted")?.AsBoolean ?? false,
    };

    /// <summary>The fields that a step may change.</summary>
    public static BsonDocument Progress(StoredUpload upload) => new BsonDocument
    {
        { "length", upload.Length is { } length ? length : BsonNull.Value },
        { "main", MongoSchema.Uuid(upload.Main) },
        { "fence", upload.Fence },
        { "until", MongoSchema.Time(upload.Until) },
        { "offset", upload.Offset },
        { "hashes", new BsonBinaryData(upload.Hashes.State.ToArray()) },
        { "store", upload.Store is { } store ? store : BsonNull.Value },
        { "step", upload.Step },
        { "stage", (int)upload.Stage },
        { "blob", OrNull(upload.Blob) },
        { "holder", OrNull(upload.Holder) },
        { "seen_at", MongoSchema.Time(upload.SeenAt) },
        { "wanted", upload.IsWanted },
    }.AddRange(MongoSchema.Crc32(upload.Hashes.Crc32, upload.Offset));

    public static BsonDocument ToBson(StoredUpload upload) => Place(upload.Plan, new BsonDocument
    {
        { "name", upload.Plan.Name },
        { "type", upload.Plan.Type },
        { "tags", MongoSchema.Tags(upload.Plan.Tags) },
        { "sha256", OrNull(upload.Plan.Sha256) },
        { "metadata", OrNull(upload.Plan.Metadata) },
        { "concat", OrNull(upload.Plan.Concat) },
    }).AddRange(Progress(upload));

    /// <summary>Adds conditions on the fields that a replica of the previous release would change.</summary>
    public static void AddConditions(BsonDocument filter, StoredUpload upload)
    {
        filter.Add("upload.fence", upload.Fence);
        filter.Add("upload.step", upload.Step);
        filter.Add("upload.until", MongoSchema.Time(upload.Until));
        if (upload.Stage != ResumableStage.Complete)
        {
            filter.Add("upload.seen_at", MongoSchema.Time(upload.SeenAt));
            filter.Add("upload.wanted", upload.IsWanted);
        }
    }

    private static BsonDocument Place(ResumablePlan plan, BsonDocument upload)
    {
        if (plan.Folder is { } folder)
            upload.Add("folder", MongoSchema.Uuid(folder)).Add("on_conflict", (int)plan.OnConflict);
        if (plan.ModifiedAt is { } modified)
            upload.Add("modified_at", MongoSchema.Time(modified));
        if (plan.ExpiresAt is { } expires)
            upload.Add("expires_at", MongoSchema.Time(expires));
        return upload;
    }

    private static BsonValue? Value(BsonDocument upload, string name) =>
        upload.TryGetValue(name, out var value) && !value.IsBsonNull ? value : null;

    private static BsonValue OrNull(string? text) => text is null ? BsonNull.Value : text;

    private static BsonValue OrNull(Guid? id) => id is { } some ? MongoSchema.Uuid(some) : BsonNull.Value;
}
