using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using MongoDB.Bson;
using MongoDB.Driver;

namespace FileDrop.Api.Catalog.Mongo;

/// <summary>The layout of the documents, and their indexes.</summary>
/// <remarks>
/// <para>The collection <c>files</c> has one document for each file:</para>
/// <code>
/// {
///   _id: UUID,                      the file's id; big-endian, so that ids sort by their time
///   schema: 1,                      by which a later release knows how to read it
///   rev: long,                      random, another one after every save; absent until the first save that sets one
///   unsaid: long,                   a change that the feed does not have yet; see MongoFeed
///   owner: "local",                 with _id the shard key of a cluster: every query but the sweeper's names it
///   state: "pending"|"live"|"trash"|"deleted"|"carried",
///   name, name_key, tags: ["key:value"],
///   parent: UUID,                   the folder; absent for a loose file. See MongoFolders for these three
///   place: long, claim: UUID,
///   version: long, created_at, updated_at, modified_at,
///   expires_at,                     when a live file goes to the trash by itself
///   deleted_at, purge_at,           only in the trash
///   content: { blob: UUID, size: long, type, type_key, sha256, xxh3: long, version: long, created_at, crc32: long, crc32_at: long },
///   versions: [ as content, newest first ],
///   intents: [ { blob, fence: long, lease_until } ],
///   garbage: [ { blob, due, until, committed: bool } ],
///   sweep_at,                       absent while there is nothing to sweep, ever
///   upload: { name, type, tags, sha256, metadata, concat, length: long, main: UUID, fence: long, until,
///             offset: long, hashes: binary, crc32: long, crc32_at: long, store, step: long, stage: int, blob: UUID, holder: UUID, seen_at, wanted: bool, expires_at },
///   charged: { bytes: long, files: long }, held: [UUID], settle: [ { op: UUID, bytes: long, files: long } ],
///   remember_until, first: { name, tags, version, created_at, updated_at, content }
/// }
/// </code>
/// <para>Tags are strings in an array, not fields. A tag's key may contain dots and dollar signs, which MongoDB reads as paths and
/// operators. A key contains no colon, so the first colon ends it.</para>
/// <para>A restored version shares its blob with its source, and both are listed.</para>
/// <para><c>due</c> is the time of a garbage blob's next deletion, and <c>until</c> that of its last. They are equal for former content; <c>until</c> is later
/// for an unfinished write, whose bytes may still arrive. <c>committed</c> tells the two apart for a writer whose commit's answer was lost.</para>
/// <para><c>crc32</c> counts only if <c>crc32_at</c> is the content's version, or the upload's offset. A replica of the release before leaves both as they are
/// when it puts another content, or another offset, beside them.</para>
/// <para><c>sweep_at</c> is the earliest time at which the sweeper has work, so that one small index finds all its work. For a file in the trash,
/// <c>purge_at</c> is such a time. A tombstone (<c>deleted</c>) keeps the fields that the sweeper needs. Until <c>remember_until</c> its <c>first</c> also
/// keeps the file as created, for a repeated upload.</para>
/// <para><c>upload</c> exists while the file is a resumable upload and, with fewer fields, for a while afterwards. Its blobs are <c>intents</c> whose
/// <c>lease_until</c> is the upload's <c>until</c>.</para>
/// <para><c>charged</c>, <c>held</c> and <c>settle</c> exist if the owner has or had a quota. <c>charged</c> is the usage reported to the owner's document, or
/// about to be. <c>held</c> names the intents with a reservation there. <c>settle</c> holds the results that are not yet reported.</para>
/// <para>The collection <c>owners</c> has, for those with a quota,
/// <c>{ _id: owner, bytes: long, files: long, counted: bool, revision: long, open: [ { op: UUID, file: UUID, bytes: long, files: long, at } ] }</c>.
/// See <see cref="MongoOwners"/>.</para>
/// <para>The collection <c>sums</c> has, for owners without a quota whose sum takes long,
/// <c>{ _id: owner, bytes: long, files: long, at, took: long }</c>, with <c>took</c> in milliseconds. See <see cref="MongoSums"/>.</para>
/// <para>The collection <c>idempotency_keys</c> has <c>{ _id, owner, file, expires_at }</c>. Its id is a digest of owner and key, which has a fixed length and
/// is unambiguous.</para>
/// </remarks>
internal static partial class MongoSchema
{
    public const string Files = "files";
    public const string Keys = "idempotency_keys";
    public const string Owners = "owners";
    public const string Sums = "sums";

    public const int SchemaVersion = 1;

    public const string Pending = "pending";
    public const string Live = "live";
    public const string Trash = "trash";
    public const string Deleted = "deleted";
    public const string Carried = "carried";

    /// <summary>The states of documents that have a file.</summary>
    public static BsonArray FileStates => [Live, Trash, Carried];

    /// <summary>The condition that a field is there.</summary>
    public static BsonDocument IsThere => new("$exists", true);

    /// <summary>The condition of the indexes on what was itself deleted: nothing but that is purged at a time of its own.</summary>
    public static BsonDocument IsDeleted => new("purge_at", IsThere);

    /// <summary>The indexes that serve lists, by the field that they sort by.</summary>
    public static readonly IReadOnlyDictionary<FileSort, (string Field, string Index)> Orders = new Dictionary<FileSort, (string, string)>
    {
        [FileSort.CreatedAt] = ("created_at", "list_by_created_at"),
        [FileSort.UpdatedAt] = ("updated_at", "list_by_updated_at"),
        [FileSort.FileName] = ("name_key", "list_by_name"),
        [FileSort.FileSize] = ("content.size", "list_by_size"),
        [FileSort.DeletedAt] = ("deleted_at", "list_by_deletion"),
    };

    /// <summary>The fields that a read of a file returns, without its versions, intents and garbage.</summary>
    public static readonly BsonDocument FileFields = new()
    {
        { "owner", 1 }, { "state", 1 }, { "name", 1 }, { "name_key", 1 }, { "tags", 1 }, { "version", 1 },
        { "created_at", 1 }, { "updated_at", 1 }, { "deleted_at", 1 }, { "purge_at", 1 }, { "content", 1 },
        { "parent", 1 }, { "place", 1 }, { "claim", 1 }, { "modified_at", 1 }, { "expires_at", 1 }, { "dav", 1 },
    };

    /// <summary>Creates missing indexes; leaves existing ones unchanged.</summary>
    public static async Task<bool> CreateIndexesAsync(IMongoDatabase database, CancellationToken cancellation)
    {
        // The state is a field of each list's index, and never the condition of a partial one. The index then answers a page without reading documents, and
        // the trash uses the same four indexes. A server may also drop what a condition says of state or sort key from the bounds of the search. A page from
        // the middle in descending order then walks from the end of the list. Replicas of earlier releases need "list_by_deleted_at", so it stays where it is.
        var indexes = Orders
            .Select(order => new CreateIndexModel<BsonDocument>(
                new BsonDocument { { "owner", 1 }, { "state", 1 }, { order.Value.Field, 1 }, { "_id", 1 } },
                new CreateIndexOptions<BsonDocument>
                {
                    Name = order.Value.Index,
                    PartialFilterExpression = order.Key is FileSort.DeletedAt ? IsDeleted : null,
                }))
            .Append(new CreateIndexModel<BsonDocument>(
                new BsonDocument("sweep_at", 1),
                new CreateIndexOptions<BsonDocument>
                {
                    Name = "due",
                    PartialFilterExpression = new BsonDocument("sweep_at", IsThere),
                }))
            .Concat(MongoFolders.FileIndexes);
        await MongoFolders.CreateIndexesAsync(database, cancellation);
        await CreateShareIndexesAsync(database, cancellation);
        await MongoFeed.CreateIndexesAsync(database, cancellation);
        await database.GetCollection<BsonDocument>(Files).Indexes.CreateManyAsync(indexes, cancellation);
        await database.GetCollection<BsonDocument>(Owners).Indexes.CreateOneAsync(
            new CreateIndexModel<BsonDocument>(
                new BsonDocument("open.at", 1),
                new CreateIndexOptions<BsonDocument>
                {
                    Name = "open",
                    PartialFilterExpression = new BsonDocument("open.0", IsThere),
                }),
            cancellationToken: cancellation);
        await database.GetCollection<BsonDocument>(Keys).Indexes.CreateOneAsync(
            new CreateIndexModel<BsonDocument>(
                new BsonDocument("expires_at", 1),
                new CreateIndexOptions { Name = "expiry", ExpireAfter = TimeSpan.Zero }),
            cancellationToken: cancellation);
        await database.GetCollection<BsonDocument>(Audit).Indexes.CreateOneAsync(
            new CreateIndexModel<BsonDocument>(
                new BsonDocument("expires_at", 1),
                new CreateIndexOptions { Name = "expiry", ExpireAfter = TimeSpan.Zero }),
            cancellationToken: cancellation);
        return true;
    }

    /// <summary>A UUID in BSON: subtype 4, big-endian.</summary>
    public static BsonBinaryData Uuid(Guid id) => new(id, GuidRepresentation.Standard);

    public static Guid ToGuid(BsonValue id) => id.AsBsonBinaryData.ToGuid(GuidRepresentation.Standard);

    public static BsonArray Tags(IReadOnlyDictionary<string, string> tags) => new(tags.Select(tag => Tag(tag.Key, tag.Value)));

    public static string Tag(string key, string value) => $"{key}:{value}";

    /// <summary>The media type in the form that filters compare: in lower case, without parameters.</summary>
    public static string TypeKey(string type) => type.Split(';', 2)[0].Trim().ToLowerInvariant();

    /// <summary>The id of an idempotency key's record. The owner's length comes first, so that two different pairs never give the same id.</summary>
    public static BsonBinaryData KeyId(string owner, string key)
    {
        var text = Encoding.UTF8.GetBytes(owner + key);
        var bytes = new byte[sizeof(int) + text.Length];
        BinaryPrimitives.WriteInt32BigEndian(bytes, Encoding.UTF8.GetByteCount(owner));
        text.CopyTo(bytes, sizeof(int));
        return new BsonBinaryData(SHA256.HashData(bytes));
    }

    /// <summary>A content as stored in a document.</summary>
    public static BsonDocument Content(FileContent content)
    {
        var stored = new BsonDocument
        {
            { "blob", Uuid(content.BlobId) },
            { "size", content.Size },
            { "type", content.Type },
            { "type_key", TypeKey(content.Type) },
            { "sha256", content.Sha256 },
            { "xxh3", content.XxHash3 },
            { "version", content.Version },
            { "created_at", Time(content.CreatedAt) },
        };
        return content.Crc32 is { } crc32 ? stored.AddRange(Crc32(crc32, content.Version)) : stored;
    }

    /// <summary>A CRC-32 as stored in a content or an upload, with the version or the offset that it belongs to.</summary>
    public static BsonDocument Crc32(uint? crc32, long at) => new()
    {
        { "crc32", crc32 is { } known ? (long)known : BsonNull.Value }, { "crc32_at", at },
    };

    /// <summary>Reads the CRC-32 of a content or an upload; null if it is unknown.</summary>
    public static uint? ToCrc32(BsonDocument source, long at) =>
        source.TryGetValue("crc32", out var crc32) && crc32.IsInt64 && source.TryGetValue("crc32_at", out var of) && of == at
            ? (uint)crc32.AsInt64
            : null;

    public static BsonDateTime Time(DateTimeOffset time) => new(time.ToUnixTimeMilliseconds());

    /// <summary>Reads a list's entry, or a document's <c>first</c>.</summary>
    public static CatalogFile ToFile(BsonDocument document, Guid id, string owner) => new(
        id,
        owner,
        document["name"].AsString,
        ToTags(document["tags"].AsBsonArray),
        document["version"].ToInt64(),
        ToTime(document["created_at"]),
        ToTime(document["updated_at"]),
        ToContent(document["content"].AsBsonDocument),
        document.TryGetValue("deleted_at", out var deleted) ? ToTime(deleted) : null,
        document.TryGetValue("purge_at", out var purge) ? ToTime(purge) : null)
    {
        Place = ToPlace(document),
        ModifiedAt = TimeOrNull(document, "modified_at"),
        ExpiresAt = TimeOrNull(document, "expires_at"),
        Dav = ToDav(document),
    };

    /// <summary>Reads WebDAV's part of a file or a folder.</summary>
    public static DavState ToDav(BsonDocument document) =>
        document.TryGetValue("dav", out var dav) && dav.IsString ? DavState.OfJson(dav.AsString) : DavState.None;

    /// <summary>Reads the place of a file or a folder.</summary>
    public static Place ToPlace(BsonDocument document) => document.TryGetValue("place", out var fence) || document.Contains("parent")
        ? new Place(IdOrNull(document, "parent"), fence?.ToInt64() ?? 0, IdOrNull(document, "claim"))
        : Place.Loose;

    private static Guid? IdOrNull(BsonDocument document, string field) =>
        document.TryGetValue(field, out var id) && !id.IsBsonNull ? ToGuid(id) : null;

    /// <summary>Reads the fields of a document in any state; its lists stay empty.</summary>
    public static FileDocument ToPartial(BsonDocument document, Guid id, string owner) => new()
    {
        Id = id,
        Owner = owner,
        State = ToState(document["state"].AsString),
        Name = document.TryGetValue("name", out var name) ? name.AsString : null,
        Tags = document["tags"].AsBsonArray is { Count: > 0 } tags ? ToTags(tags) : FileDocument.NoTags,
        Version = document["version"].ToInt64(),
        CreatedAt = TimeOrNull(document, "created_at"),
        UpdatedAt = TimeOrNull(document, "updated_at"),
        DeletedAt = TimeOrNull(document, "deleted_at"),
        PurgeAt = TimeOrNull(document, "purge_at"),
        Content = document.TryGetValue("content", out var content) ? ToContent(content.AsBsonDocument) : null,
        Place = ToPlace(document),
        ModifiedAt = TimeOrNull(document, "modified_at"),
        ExpiresAt = TimeOrNull(document, "expires_at"),
        Dav = ToDav(document),
        Unsaid = ToUnsaid(document),
    };

    /// <summary>Reads the mark of a change; see <see cref="MongoFeed"/>.</summary>
    public static long? ToUnsaid(BsonDocument document) => document.TryGetValue(MongoFeed.Unsaid, out var unsaid) ? unsaid.ToInt64() : null;

    /// <summary>Reads the earlier versions, newest first.</summary>
    public static IReadOnlyList<FileContent> ToVersions(BsonDocument document) =>
        [.. document["versions"].AsBsonArray.Select(each => ToContent(each.AsBsonDocument))];

    /// <summary>A file as stored in <c>first</c>.</summary>
    public static BsonDocument File(CatalogFile file)
    {
        var document = new BsonDocument
        {
            { "name", file.Name },
            { "tags", Tags(file.Tags) },
            { "version", file.Version },
            { "created_at", Time(file.CreatedAt) },
            { "updated_at", Time(file.UpdatedAt) },
            { "content", Content(file.Content) },
        };
        if (file.Place.Folder is { } folder)
            document.Add("parent", Uuid(folder)).Add("place", file.Place.Fence);
        if (file.ModifiedAt is { } modified)
            document.Add("modified_at", Time(modified));
        if (file.ExpiresAt is { } expires)
            document.Add("expires_at", Time(expires));
        return document;
    }

    public static string NameOf(FileState state) => state switch
    {
        FileState.Pending => Pending,
        FileState.Live => Live,
        FileState.Trash => Trash,
        FileState.Carried => Carried,
        _ => Deleted,
    };

    public static FileState ToState(string name) => name switch
    {
        Pending => FileState.Pending,
        Live => FileState.Live,
        Trash => FileState.Trash,
        Deleted => FileState.Deleted,
        Carried => FileState.Carried,
        _ => throw new FormatException($"A document has the state {name}, which this release does not know."),
    };

    private static FileContent ToContent(BsonDocument content) => new(
        ToGuid(content["blob"]),
        content["size"].ToInt64(),
        content["type"].AsString,
        content["sha256"].AsString,
        content["xxh3"].ToInt64(),
        content["version"].ToInt64(),
        ToTime(content["created_at"]),
        ToCrc32(content, content["version"].ToInt64()));

    public static DateTimeOffset ToTime(BsonValue time) =>
        DateTimeOffset.FromUnixTimeMilliseconds(time.AsBsonDateTime.MillisecondsSinceEpoch);

    public static OrderedDictionary<string, string> ToTags(BsonArray tags)
    {
        var result = new OrderedDictionary<string, string>(tags.Count, StringComparer.Ordinal);
        foreach (var tag in tags)
        {
            var text = tag.AsString;
            var colon = text.IndexOf(':', StringComparison.Ordinal);
            result.Add(text[..colon], text[(colon + 1)..]);
        }

        return result;
    }
}
