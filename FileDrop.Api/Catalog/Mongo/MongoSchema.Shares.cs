using MongoDB.Bson;
using MongoDB.Driver;

namespace FileDrop.Api.Catalog.Mongo;

// The collection shares has { _id: binary, the token's digest, share: UUID, owner, key: long, mode: "view"|"download"|"upload", ids: [UUID], selection: bool,
// version: long, password, expires_at, max_downloads: long, drop: { max_bytes: long, max_files: long, max_file_size: long, types: [text], asks_name: bool,
// folder_per_uploader: bool, file_life: long, in milliseconds }, note, creator, creator_key, created_at, updated_at, rev: long, downloads: long,
// received_bytes: long, received_files: long, last_used_at }. A field is absent if it would be null. share_keys has { _id: long, the key's number,
// secret: binary }. share_grants has { _id: { share: binary, visitor: UUID, subject: UUID }, bytes: long, until }.
internal static partial class MongoSchema
{
    public const string Shares = "shares";
    public const string ShareKeys = "share_keys";
    public const string ShareGrants = "share_grants";

    /// <summary>The fields that a change of a share may set.</summary>
    private static readonly string[] s_shareSettings = ["mode", "version", "password", "expires_at", "max_downloads", "drop", "note", "updated_at", "rev"];

    public static async Task CreateShareIndexesAsync(IMongoDatabase database, CancellationToken cancellation)
    {
        var shares = database.GetCollection<BsonDocument>(Shares).Indexes;
        await shares.CreateManyAsync(
            [
                new(new BsonDocument { { "owner", 1 }, { "share", 1 } }, new CreateIndexOptions { Name = "of_owner" }),
                new(new BsonDocument("share", 1), new CreateIndexOptions { Name = "by_share" }),
                new(new BsonDocument("creator_key", 1), new CreateIndexOptions { Name = "of_key" }),
            ],
            cancellation);
        await database.GetCollection<BsonDocument>(ShareGrants).Indexes.CreateOneAsync(
            new CreateIndexModel<BsonDocument>(
                new BsonDocument("until", 1), new CreateIndexOptions { Name = "expiry", ExpireAfter = TimeSpan.Zero }),
            cancellationToken: cancellation);
    }

    public static BsonDocument Share(Share share)
    {
        var document = new BsonDocument
        {
            { "_id", new BsonBinaryData(share.Digest.ToArray()) },
            { "share", Uuid(share.Id) },
            { "owner", share.Owner },
            { "key", share.Key },
            { "mode", NameOf(share.Mode) },
            { "ids", new BsonArray(share.Ids.Select(Uuid)) },
            { "selection", share.IsSelection },
            { "creator", share.Creator },
            { "created_at", Time(share.CreatedAt) },
            { "updated_at", Time(share.UpdatedAt) },
            { "rev", share.Revision },
            { "downloads", share.Downloads },
            { "received_bytes", share.ReceivedBytes },
            { "received_files", share.ReceivedFiles },
        };
        Put(document, "version", share.Version);
        Put(document, "password", share.Password);
        Put(document, "expires_at", share.ExpiresAt is { } expires ? Time(expires) : null);
        Put(document, "max_downloads", share.MaxDownloads);
        Put(document, "drop", share.Drop is { } rules ? Drop(rules) : null);
        Put(document, "note", share.Note);
        Put(document, "creator_key", share.CreatorKey);
        Put(document, "last_used_at", share.LastUsedAt is { } used ? Time(used) : null);
        return document;
    }

    /// <summary>The update that brings a share to its next state, without its counters.</summary>
    public static BsonDocument ShareUpdate(Share next)
    {
        var document = Share(next);
        var (set, unset) = (new BsonDocument(), new BsonDocument());
        foreach (var field in s_shareSettings)
        {
            if (document.TryGetValue(field, out var value))
                set.Add(field, value);
            else
                unset.Add(field, "");
        }
        return new BsonDocument { { "$set", set }, { "$unset", unset } };
    }

    public static Share ToShare(BsonDocument document) => new()
    {
        Digest = document["_id"].AsByteArray,
        Id = ToGuid(document["share"]),
        Owner = document["owner"].AsString,
        Key = document["key"].ToInt64(),
        Mode = document["mode"].AsString switch { "view" => ShareMode.View, "upload" => ShareMode.Upload, _ => ShareMode.Download },
        Ids = [.. document["ids"].AsBsonArray.Select(ToGuid)],
        IsSelection = document["selection"].AsBoolean,
        Version = NumberOrNull(document, "version"),
        Password = TextOrNull(document, "password"),
        ExpiresAt = TimeOrNull(document, "expires_at"),
        MaxDownloads = NumberOrNull(document, "max_downloads"),
        Drop = document.TryGetValue("drop", out var rules) ? ToDrop(rules.AsBsonDocument) : null,
        Note = TextOrNull(document, "note"),
        Creator = document["creator"].AsString,
        CreatorKey = TextOrNull(document, "creator_key"),
        CreatedAt = ToTime(document["created_at"]),
        UpdatedAt = ToTime(document["updated_at"]),
        Revision = document["rev"].ToInt64(),
        Downloads = document["downloads"].ToInt64(),
        ReceivedBytes = document["received_bytes"].ToInt64(),
        ReceivedFiles = document["received_files"].ToInt64(),
        LastUsedAt = TimeOrNull(document, "last_used_at"),
    };

    public static BsonDocument GrantId(ShareGrant grant) => new()
    {
        { "share", new BsonBinaryData(grant.Digest.ToArray()) }, { "visitor", Uuid(grant.Visitor) }, { "subject", Uuid(grant.Subject) },
    };

    private static string NameOf(ShareMode mode) => mode switch
    {
        ShareMode.View => "view",
        ShareMode.Upload => "upload",
        _ => "download",
    };

    private static BsonDocument Drop(DropRules rules)
    {
        var document = new BsonDocument
        {
            { "types", new BsonArray(rules.Types ?? []) }, { "asks_name", rules.AsksName }, { "folder_per_uploader", rules.FolderPerUploader },
        };
        Put(document, "max_bytes", rules.MaxBytes);
        Put(document, "max_files", rules.MaxFiles);
        Put(document, "max_file_size", rules.MaxFileSize);
        Put(document, "file_life", rules.FileLife is { } life ? (long)life.TotalMilliseconds : null);
        return document;
    }

    private static DropRules ToDrop(BsonDocument document) => new(
        NumberOrNull(document, "max_bytes"), NumberOrNull(document, "max_files"), NumberOrNull(document, "max_file_size"),
        [.. document["types"].AsBsonArray.Select(type => type.AsString)], document["asks_name"].AsBoolean, document["folder_per_uploader"].AsBoolean,
        NumberOrNull(document, "file_life") is { } life ? TimeSpan.FromMilliseconds(life) : null);

    private static void Put(BsonDocument document, string field, BsonValue? value)
    {
        // A null number arrives as BSON's null.
        if (value is { IsBsonNull: false })
            document.Add(field, value);
    }

    private static long? NumberOrNull(BsonDocument document, string field) => document.TryGetValue(field, out var number) ? number.ToInt64() : null;

    private static string? TextOrNull(BsonDocument document, string field) => document.TryGetValue(field, out var text) ? text.AsString : null;
}
