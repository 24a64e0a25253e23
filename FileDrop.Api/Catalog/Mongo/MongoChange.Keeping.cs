using MongoDB.Bson;
using MongoDB.Driver;

namespace FileDrop.Api.Catalog.Mongo;

// What keeps contents and lets them go: versions, the trash, and a file that another catalog kept.
internal sealed partial class MongoChange
{
    /// <summary>The contents of a document that has one, newest first.</summary>
    private static readonly BsonDocument s_contents = Op("$concatArrays", new BsonArray { "$content" }, "$versions");

    /// <summary>An earlier content, or the live one, becomes the live one under a new version.</summary>
    /// <remarks>What was named stays listed under its own number, and both name one blob.</remarks>
    public UpdateDefinition<BsonDocument> RestoreVersion(long version)
    {
        var named = Op("$arrayElemAt", Filter(s_contents, Op("$eq", "$$each.version", version)), 0);
        var set = Metadata(name: null, tags: null);
        set.AddRange(new BsonDocument
        {
            { "content", Op("$mergeObjects", named, new BsonDocument { { "version", s_nextVersion }, { "created_at", s_later } }) },
            { "versions", s_contents },
        });
        return Pipeline(set, Prune());
    }

    /// <summary>An earlier content goes.</summary>
    public UpdateDefinition<BsonDocument> DropVersion(long version) =>
        Pipeline(Keep(Filter("$versions", Op("$ne", "$$each.version", version))));

    /// <summary>A live file goes to the trash, if there is one; what is being written for it becomes garbage.</summary>
    public UpdateDefinition<BsonDocument> Delete() => rules.TrashRetention <= TimeSpan.Zero ? Purge() : Pipeline(new BsonDocument
    {
        { "state", MongoSchema.Trash },
        { "deleted_at", s_later },
        { "purge_at", Op("$add", s_later, (long)rules.TrashRetention.TotalMilliseconds) },
        { "intents", new BsonArray() },
        { "garbage", Op("$concatArrays", "$garbage", Unfinished("$intents")) },
    });

    /// <summary>A file comes out of the trash.</summary>
    public static UpdateDefinition<BsonDocument> Restore() => Pipeline(new BsonDocument
    {
        { "state", MongoSchema.Live },
        { "deleted_at", "$$REMOVE" },
        { "purge_at", "$$REMOVE" },
    });

    /// <summary>A tombstone: everything that was written or is being written becomes garbage.</summary>
    public UpdateDefinition<BsonDocument> Purge() => Pipeline(PurgeIf(true));

    /// <summary>A file as another catalog had it, where there is no document.</summary>
    public static UpdateDefinition<BsonDocument> Import(CatalogFile file, IEnumerable<FileContent> versions, bool isCounted)
    {
        var set = new BsonDocument
        {
            { "schema", MongoSchema.SchemaVersion },
            { "owner", Literal(file.Owner) },
            { "state", file.DeletedAt is null ? MongoSchema.Live : MongoSchema.Trash },
            { "name", Literal(file.Name) },
            { "name_key", Literal(NameKey.Of(file.Name)) },
            { "tags", Literal(MongoSchema.Tags(file.Tags)) },
            { "version", file.Version },
            { "created_at", MongoSchema.Time(file.CreatedAt) },
            { "updated_at", MongoSchema.Time(file.UpdatedAt) },
            { "content", Literal(MongoSchema.Content(file.Content)) },
            { "versions", Literal(new BsonArray(versions.Select(MongoSchema.Content))) },
            { "intents", new BsonArray() },
            { "garbage", new BsonArray() },
        };
        if (isCounted)
            set.AddRange(Counted(reserved: null));
        if (file is { DeletedAt: { } deleted, PurgeAt: { } purge })
            set.AddRange(new BsonDocument { { "deleted_at", MongoSchema.Time(deleted) }, { "purge_at", MongoSchema.Time(purge) } });
        return Pipeline(set);
    }

    /// <summary>Lets go of the versions that are too many or too old, once a former content has been put before them.</summary>
    private BsonDocument Prune()
    {
        if (rules.VersionsKept <= 0)
            return Keep(new BsonArray());
        if (rules.VersionsMaxAge is not { } age)
            return Keep(Op("$slice", "$versions", rules.VersionsKept));

        // A content was replaced when the next newer one was committed, and the newest just now: as many are young enough as
        // were committed since, and the one before them.
        var since = Op("$subtract", Now, (long)age.TotalMilliseconds);
        var young = Op("$size", Filter("$versions", Op("$gte", "$$each.created_at", since)));
        return Keep(Op("$slice", "$versions", Op("$min", rules.VersionsKept, Op("$add", young, 1))));
    }

    /// <summary>Of the versions only these stay. The blobs that neither they nor the live content name become garbage, each once.</summary>
    private BsonDocument Keep(BsonValue kept)
    {
        var named = Op("$concatArrays", new BsonArray { "$content.blob" }, Map(kept, "$$each.blob"));
        var released = Op("$setDifference", "$versions.blob", named);
        return new BsonDocument
        {
            { "versions", kept },
            { "garbage", Op("$concatArrays", "$garbage", Finished(released)) },
        };
    }

    /// <summary>Makes a file a tombstone if a condition holds, and leaves every other document as it is.</summary>
    private BsonDocument PurgeIf(BsonValue condition)
    {
        var blobs = Op("$setUnion", new BsonArray { "$content.blob" }, "$versions.blob");
        return new BsonDocument
        {
            { "state", If(MongoSchema.Deleted, "$state") },
            { "deleted_at", If("$$REMOVE", "$deleted_at") },
            { "purge_at", If("$$REMOVE", "$purge_at") },
            { "content", If("$$REMOVE", "$content") },
            { "name", If("$$REMOVE", "$name") },
            { "name_key", If("$$REMOVE", "$name_key") },
            { "tags", If(new BsonArray(), "$tags") },
            { "versions", If(new BsonArray(), "$versions") },
            { "intents", If(new BsonArray(), "$intents") },
            { "garbage", If(Op("$concatArrays", "$garbage", Finished(blobs), Unfinished("$intents")), "$garbage") },
        };

        BsonDocument If(BsonValue then, BsonValue otherwise) => Op("$cond", condition, then, otherwise);
    }
}
