using MongoDB.Bson;

namespace FileDrop.Api.Catalog.Mongo;

/// <summary>A document as stored in the database.</summary>
/// <param name="Document">The document.</param>
/// <param name="Rev">The revision, a random number that every save replaces; null if a release without revisions wrote the document.</param>
/// <param name="Accounts">Its part in its owner's usage; null if it is not counted.</param>
/// <param name="SweepAt">The time at which the sweeper must look at it.</param>
/// <param name="Intents">Its intents, as stored.</param>
internal sealed record MongoDocument(FileDocument Document, long? Rev, MongoAccounts? Accounts, DateTimeOffset? SweepAt, BsonArray Intents)
{
    private const string Owed = "settle";

    /// <summary>Reads a whole document.</summary>
    public static MongoDocument Read(BsonDocument source)
    {
        var intents = source["intents"].AsBsonArray;
        var accounts = MongoAccounts.Read(source);
        var id = MongoSchema.ToGuid(source["_id"]);
        var document = MongoSchema.ToPartial(source, id, source["owner"].AsString) with
        {
            Versions = MongoSchema.ToVersions(source),
            Intents = [.. intents.Select(each => ToIntent(each, accounts))],
            Garbage = [.. source["garbage"].AsBsonArray.Select(ToGarbage)],
            Upload = source.TryGetValue("upload", out var upload) ? MongoUploads.Read(upload.AsBsonDocument) : null,
            RememberUntil = source.TryGetValue("remember_until", out var until) && !until.IsBsonNull ? MongoSchema.ToTime(until) : null,
            First = source.TryGetValue("first", out var first) && !first.IsBsonNull
                ? MongoSchema.ToFile(first.AsBsonDocument, id, source["owner"].AsString)
                : null,
        };
        return new MongoDocument(
            document,
            source.TryGetValue("rev", out var rev) ? rev.ToInt64() : null,
            accounts,
            source.TryGetValue("sweep_at", out var sweep) ? MongoSchema.ToTime(sweep) : null,
            intents);
    }

    /// <summary>Makes the next stored state of a document.</summary>
    /// <param name="document">The document.</param>
    /// <param name="accounts">Its part in its owner's usage.</param>
    /// <param name="now">The catalog's clock.</param>
    /// <param name="before">The stored state; null if the document does not exist yet.</param>
    public static MongoDocument Of(FileDocument document, MongoAccounts? accounts, DateTimeOffset now, MongoDocument? before)
    {
        var rev = Random.Shared.NextInt64();
        if (Feed.IsChange(before?.Document, document))
            document = document with { Unsaid = rev };
        var due = document.DueAt(now);
        return new MongoDocument(
            document,
            rev,
            accounts,
            accounts?.IsUnsettled(document) == true && !(due < now) ? now : due,
            ReferenceEquals(document.Intents, before?.Document.Intents) ? before.Intents : new BsonArray(document.Intents.Select(ToBson)));
    }

    /// <summary>The filter that finds the document only if it is unchanged.</summary>
    /// <remarks>
    /// Among replicas of this release the revision would be enough. A replica of the previous release does not set it, so the other conditions test the fields
    /// that such a replica changes. Both releases may therefore run at the same time.
    /// </remarks>
    public BsonDocument Unchanged()
    {
        var filter = new BsonDocument
        {
            { "_id", MongoSchema.Uuid(Document.Id) },
            { "owner", Document.Owner },
            { "rev", Rev is { } rev ? rev : BsonNull.Value },
            { "state", MongoSchema.NameOf(Document.State) },
            { "version", Document.Version },
            { "versions", new BsonDocument("$size", Document.Versions.Count) },
            { "intents", Intents },
            { "garbage", new BsonDocument("$size", Document.Garbage.Count) },
        };
        if (Document.PurgeAt is { } purge)
            filter.Add("purge_at", MongoSchema.Time(purge));
        if (Document.Upload is { } upload)
            MongoUploads.AddConditions(filter, upload);
        filter.Add(Accounts is null ? "charged" : Owed, Accounts is null ? BsonNull.Value : Accounts.ToBson()[Owed]);
        return filter;
    }

    /// <summary>The whole document, for an insertion.</summary>
    public BsonDocument ToBson()
    {
        var document = new BsonDocument
        {
            { "_id", MongoSchema.Uuid(Document.Id) },
            { "schema", MongoSchema.SchemaVersion },
            { "rev", Rev is { } rev ? rev : BsonNull.Value },
            { "owner", Document.Owner },
        };
        foreach (var (field, value) in MongoSaves.Fields(this))
        {
            if (!value.IsBsonNull)
                document.Add(field, value);
        }
        return document;
    }

    private static BlobIntent ToIntent(BsonValue intent, MongoAccounts? accounts)
    {
        var blob = MongoSchema.ToGuid(intent["blob"]);
        // The owner's document has the amount of the reservation.
        return new BlobIntent(
            blob, intent["fence"].ToInt64(), MongoSchema.ToTime(intent["lease_until"]),
            accounts?.Held.Contains(blob) == true ? new Reservation() : null);
    }

    private static GarbageBlob ToGarbage(BsonValue blob) => new(
        MongoSchema.ToGuid(blob["blob"]), MongoSchema.ToTime(blob["due"]), MongoSchema.ToTime(blob["until"]), blob["committed"].AsBoolean);

    private static BsonDocument ToBson(BlobIntent intent) => new()
    {
        { "blob", MongoSchema.Uuid(intent.BlobId) }, { "fence", intent.Fence }, { "lease_until", MongoSchema.Time(intent.LeaseUntil) },
    };

    public static BsonDocument ToBson(GarbageBlob blob) => new()
    {
        { "blob", MongoSchema.Uuid(blob.BlobId) },
        { "due", MongoSchema.Time(blob.Due) },
        { "until", MongoSchema.Time(blob.Until) },
        { "committed", blob.Committed },
    };
}
