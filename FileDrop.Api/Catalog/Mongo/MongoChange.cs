using MongoDB.Bson;
using MongoDB.Driver;

namespace FileDrop.Api.Catalog.Mongo;

/// <summary>
/// The changes of a file's document, as pipelines that MongoDB runs: each reads the document as it is at that moment and
/// the clock of the server that holds it (<c>$$NOW</c>, the same throughout one change), and replaces what it must.
/// </summary>
/// <remarks>
/// A string in a pipeline is an expression: <c>$name</c> would be a field. Whatever a user sent is therefore wrapped in
/// <c>$literal</c>. Ids, numbers and the strings of <see cref="MongoSchema"/> are themselves.
/// </remarks>
/// <param name="rules">The protocol's times and counts.</param>
internal sealed partial class MongoChange(CatalogRules rules)
{
    public const string Now = "$$NOW";

    private static readonly BsonDocument s_later = Op("$max", "$updated_at", Now);
    private static readonly BsonDocument s_nextVersion = Op("$add", "$version", 1L);

    private readonly MongoResumable _resumable = new(rules);

    /// <summary>How far ahead an intent or a garbage blob can be due.</summary>
    public TimeSpan Horizon { get; } = new[] { rules.Lease + rules.LateWrites, rules.ReadersGrace, rules.ResumableExpiry }.Max();

    /// <summary>A pending document with one intent, where there is none.</summary>
    /// <param name="owner">The owner.</param>
    /// <param name="intent">The blob that is written.</param>
    /// <param name="isReserved">Whether its operation is open in the owner's document.</param>
    public UpdateDefinition<BsonDocument> Create(string owner, WriteIntent intent, bool isReserved) => Pipeline(new BsonDocument
    {
        { "schema", MongoSchema.SchemaVersion },
        { "owner", Literal(owner) },
        { "state", MongoSchema.Pending },
        { "tags", new BsonArray() },
        { "version", 0L },
        { "versions", new BsonArray() },
        { "intents", new BsonArray { NewIntent(intent) } },
        { "garbage", new BsonArray() },
    }.AddRange(isReserved ? Counted(intent.BlobId) : new BsonDocument()));

    /// <summary>One more intent.</summary>
    public UpdateDefinition<BsonDocument> AddIntent(WriteIntent intent, bool isReserved)
    {
        var set = new BsonDocument("intents", Op("$concatArrays", "$intents", new BsonArray { NewIntent(intent) }));
        if (isReserved)
            set.Add("held", Op("$concatArrays", "$held", new BsonArray { MongoSchema.Uuid(intent.BlobId) }));
        return Pipeline(set);
    }

    /// <summary>The intent's lease begins anew.</summary>
    public UpdateDefinition<BsonDocument> Renew(WriteIntent intent) =>
        Pipeline(new BsonDocument("intents", Map("$intents", Op("$cond", Is(intent), NewIntent(intent), "$$each"))));

    /// <summary>The intent becomes garbage.</summary>
    public UpdateDefinition<BsonDocument> Abandon(WriteIntent intent) => Pipeline(new BsonDocument
    {
        { "intents", Filter("$intents", Op("$not", Is(intent))) },
        { "garbage", Op("$concatArrays", "$garbage", Unfinished(Filter("$intents", Is(intent)))) },
    });

    /// <summary>The intent's blob becomes the content.</summary>
    public UpdateDefinition<BsonDocument> Commit(WriteIntent intent, FileCommit commit)
    {
        var set = Metadata(commit.Name, commit.Tags);
        set.AddRange(new BsonDocument
        {
            { "state", MongoSchema.Live },
            { "created_at", Op("$ifNull", "$created_at", Now) },
            { "content", Content(intent.BlobId, commit) },
            // A pending document has no content yet, and no versions.
            { "versions", Op("$cond", Op("$eq", "$state", MongoSchema.Live), s_contents, new BsonArray()) },
            { "intents", Filter("$intents", Op("$not", Is(intent))) },
        });
        if (commit.Upload is { } plan)
            set.Merge(_resumable.Finish(intent, commit, plan), overwriteExistingElements: true);
        return commit.RememberFor is { } life ? Pipeline(set, Prune(), Remember(life)) : Pipeline(set, Prune());
    }

    /// <summary>Another name, other tags.</summary>
    public static UpdateDefinition<BsonDocument> Change(MetadataChange change) => Pipeline(Metadata(change.Name, change.Tags));

    /// <summary>Intents whose lease has run out become garbage, and a file whose time in the trash has passed a tombstone.</summary>
    public UpdateDefinition<BsonDocument> Claim()
    {
        var isOver = Op("$and", Op("$eq", "$state", MongoSchema.Trash), Op("$lte", "$purge_at", Now));
        var expired = Filter("$intents", Op("$lte", "$$each.lease_until", Now));
        var claim = new BsonDocument
        {
            { "intents", Filter("$intents", Op("$gt", "$$each.lease_until", Now)) },
            { "garbage", Op("$concatArrays", "$garbage", Unfinished(expired)) },
            { "upload", Op("$cond", HasPassed("upload.until"), "$$REMOVE", "$upload") },
        };
        return Pipeline(PurgeIf(isOver), claim);
    }

    /// <summary>Garbage that was deleted for the last time goes, the other is due again at its <c>until</c>.</summary>
    public static UpdateDefinition<BsonDocument> Swept(IReadOnlyList<BlobDeletion> done)
    {
        var left = Filter("$garbage", Op("$not", IsOneOf(done.Where(deletion => deletion.Last))));
        var due = Op("$cond", IsOneOf(done.Where(deletion => !deletion.Last)), "$$each.until", "$$each.due");
        return Pipeline(new BsonDocument("garbage", Map(left, Garbage("$$each.blob", due, "$$each.until", "$$each.committed"))));

        static BsonDocument IsOneOf(IEnumerable<BlobDeletion> some) =>
            Op("$in", "$$each.blob", new BsonArray(some.Select(deletion => MongoSchema.Uuid(deletion.BlobId))));
    }

    /// <summary>Changes nothing.</summary>
    public static UpdateDefinition<BsonDocument> Nothing() => Pipeline([]);

    /// <summary>The deletions that are due now, as a projection.</summary>
    public static BsonDocument Deletions() => Map(Filter("$garbage", Op("$lte", "$$each.due", Now)),
        new BsonDocument { { "blob", "$$each.blob" }, { "last", Op("$lte", "$$each.until", Now) } });

    /// <summary>Blobs, and for how many milliseconds they have been due, as a projection.</summary>
    public static BsonDocument Overdue(BsonValue list, string field) =>
        Map(list, new BsonDocument { { "blob", "$$each.blob" }, { "overdue", Since("$$each." + field) } });

    /// <summary>The milliseconds since a time, as a projection; negative before it.</summary>
    public static BsonDocument Since(BsonValue time) => Op("$subtract", Now, time);

    /// <summary>Whether an open intent's lease has not run out, as a projection.</summary>
    public static BsonDocument IsLeased() => Op("$gt", Op("$max", "$intents.lease_until"), Now);

    /// <summary>Whether a time has passed, as a condition; one that is not set has.</summary>
    /// <remarks>
    /// Both conditions are negations on purpose: a server may look for "at most now" in an index, and DocumentDB then refuses
    /// an update because it has no clock there.
    /// </remarks>
    public static BsonDocument HasPassed(string field) => Op("$not", new BsonArray { Op("$gt", "$" + field, Now) });

    /// <summary>Whether a time is set and has not passed, as a condition.</summary>
    public static BsonDocument IsToCome(string field) => Op("$not", new BsonArray { Op("$lte", "$" + field, Now) });

    public static BsonDocument In(TimeSpan time) => Op("$add", Now, (long)time.TotalMilliseconds);

    public static BsonDocument Literal(BsonValue value) => new("$literal", value);

    /// <summary>Ends every change: what depends on the document as the change has left it.</summary>
    public static UpdateDefinition<BsonDocument> Pipeline(params ReadOnlySpan<BsonDocument> sets)
    {
        var isIdle = Op("$and", Op("$eq", "$intents", new BsonArray()), Op("$eq", "$garbage", new BsonArray()));
        var isGone = Op("$and", Op("$eq", "$state", MongoSchema.Deleted), isIdle);
        var isLost = Op("$and", Op("$eq", "$state", MongoSchema.Pending), Op("$eq", "$intents", new BsonArray()));
        var forgotten = Op("$cond", isGone, Op("$ifNull", "$remember_until", Now), BsonNull.Value);
        var uploadEnds = Op("$cond", Op("$eq", "$upload.stage", (int)ResumableStage.Complete), "$upload.until", BsonNull.Value);
        var earliest = Op("$min", Op("$min", "$intents.lease_until"), Op("$min", "$garbage.due"), "$purge_at", uploadEnds, forgotten);
        BsonDocument[] stages =
        [
            .. sets,
            new("state", Op("$cond", isLost, MongoSchema.Deleted, "$state")),
            .. Accounts(earliest),
        ];
        return Builders<BsonDocument>.Update.Pipeline(
            PipelineDefinition<BsonDocument, BsonDocument>.Create(stages.Select(set => new BsonDocument("$set", set))));
    }

    private static BsonDocument Metadata(string? name, IReadOnlyDictionary<string, string>? tags)
    {
        var set = new BsonDocument { { "version", s_nextVersion }, { "updated_at", s_later } };
        if (name is not null)
            set.AddRange(new BsonDocument { { "name", Literal(name) }, { "name_key", Literal(NameKey.Of(name)) } });
        if (tags is not null)
            set.Add("tags", Literal(MongoSchema.Tags(tags)));
        return set;
    }

    private static BsonDocument Content(Guid blob, FileCommit commit) => new()
    {
        { "blob", MongoSchema.Uuid(blob) },
        { "size", commit.Size },
        { "type", commit.Type is { } type ? Literal(type) : "$content.type" },
        { "type_key", commit.Type is { } other ? Literal(MongoSchema.TypeKey(other)) : "$content.type_key" },
        { "sha256", Literal(commit.Sha256) },
        { "xxh3", commit.XxHash3 },
        { "version", s_nextVersion },
        { "created_at", s_later },
    };

    private static BsonDocument Remember(TimeSpan life)
    {
        var isFirst = Op("$eq", "$version", 1L);
        var snapshot = new BsonDocument
        {
            { "name", "$name" }, { "tags", "$tags" }, { "version", "$version" },
            { "created_at", "$created_at" }, { "updated_at", "$updated_at" }, { "content", "$content" },
        };
        return new BsonDocument
        {
            { "first", Op("$cond", isFirst, snapshot, "$first") },
            { "remember_until", Op("$cond", isFirst, In(life), "$remember_until") },
        };
    }

    private BsonDocument NewIntent(WriteIntent intent) => new()
    {
        { "blob", MongoSchema.Uuid(intent.BlobId) },
        { "fence", intent.Fence },
        { "lease_until", In(rules.Lease) },
    };

    private BsonDocument Unfinished(BsonValue intents)
    {
        var until = Op("$add", Op("$max", "$$each.lease_until", Now), (long)rules.LateWrites.TotalMilliseconds);
        return Map(intents, Garbage("$$each.blob", Now, until, false));
    }

    private BsonDocument Finished(BsonValue blobs) =>
        Map(blobs, Garbage("$$each", In(rules.ReadersGrace), In(rules.ReadersGrace), true));

    public static BsonDocument Garbage(BsonValue blob, BsonValue due, BsonValue until, BsonValue committed) =>
        new() { { "blob", blob }, { "due", due }, { "until", until }, { "committed", committed } };

    private static BsonDocument Is(WriteIntent intent) =>
        Op("$and", Op("$eq", "$$each.blob", MongoSchema.Uuid(intent.BlobId)), Op("$eq", "$$each.fence", intent.Fence));

    public static BsonDocument Filter(BsonValue list, BsonValue condition) =>
        new("$filter", new BsonDocument { { "input", list }, { "as", "each" }, { "cond", condition } });

    public static BsonDocument Map(BsonValue list, BsonValue result) =>
        new("$map", new BsonDocument { { "input", list }, { "as", "each" }, { "in", result } });

    public static BsonDocument Op(string name, params BsonValue[] arguments) =>
        new(name, arguments.Length == 1 ? arguments[0] : new BsonArray(arguments));
}
