using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using MongoDB.Bson;
using MongoDB.Driver;

namespace FileDrop.Api.Catalog.Mongo;

/// <summary>What the documents look like, and the indexes over them.</summary>
/// <remarks>
/// <para>The collection <c>files</c> has one document for each file:</para>
/// <code>
/// {
///   _id: UUID,                      the file's id; big-endian, so that ids sort by their time
///   schema: 1,                      by which a later release knows how to read it
///   rev: long,                      random, another one after every save; absent until the first save that sets one
///   owner: "local",                 with _id the shard key of a cluster: every query but the sweeper's names it
///   state: "pending"|"live"|"trash"|"deleted",
///   name, name_key, tags: ["key:value"],
///   version: long, created_at, updated_at,
///   deleted_at, purge_at,           only in the trash
///   content: { blob: UUID, size: long, type, type_key, sha256, xxh3: long, version: long, created_at },
///   versions: [ as content, newest first ],
///   intents: [ { blob, fence: long, lease_until } ],
///   garbage: [ { blob, due, until, committed: bool } ],
///   sweep_at,                       absent while there is nothing to sweep, ever
///   upload: { name, type, tags, sha256, metadata, concat, length: long, main: UUID, fence: long, until,
///             offset: long, hashes: binary, store, step: long, stage: int, blob: UUID, holder: UUID, seen_at, wanted: bool },
///   charged: { bytes: long, files: long }, held: [UUID], settle: [ { op: UUID, bytes: long, files: long } ],
///   remember_until, first: { name, tags, version, created_at, updated_at, content }
/// }
/// </code>
/// <para>Tags are strings in an array, and not fields: a tag's key may hold dots and dollar signs, which MongoDB reads
/// as paths and operators; it holds no colon, so that the first one divides.</para>
/// <para>A content that was restored shares its blob with the one that it was restored from, and both are listed.</para>
/// <para><c>due</c> is when a garbage blob is to be deleted, <c>until</c> the time of its last deletion: the same for
/// content, later for an unfinished write, which may still be arriving. <c>committed</c> tells the two apart for a writer who
/// asks what became of its commit.</para>
/// <para><c>sweep_at</c> is the earliest time at which the sweeper has something to do, so that one small index finds all
/// its work; for a file in the trash, <c>purge_at</c> is such a time. A tombstone (<c>deleted</c>) keeps what the sweeper asks
/// for and, until <c>remember_until</c>, in <c>first</c> what a repeated upload asks for: the file as it was created.</para>
/// <para><c>upload</c> is there while the file is a resumable upload, and for a while afterwards with less in it. Its blobs are
/// <c>intents</c> whose <c>lease_until</c> is the upload's <c>until</c>.</para>
/// <para><c>charged</c>, <c>held</c> and <c>settle</c> are there where the owner has, or had, a quota: what the owner's document was told,
/// or is about to be, of this one's usage; the intents that have a reservation there; and what is still to be told.</para>
/// <para>The collection <c>owners</c> has, for those with a quota, <c>{ _id: owner, bytes: long, files: long, counted: bool, revision: long,
/// open: [ { op: UUID, file: UUID, bytes: long, files: long, at } ] }</c>; see <see cref="MongoOwners"/>.</para>
/// <para>The collection <c>sums</c> has, for those without one whose sum takes long, <c>{ _id: owner, bytes: long, files: long, at,
/// took: long }</c>, with <c>took</c> in milliseconds; see <see cref="MongoSums"/>.</para>
/// <para>The collection <c>idempotency_keys</c> has <c>{ _id, owner, file, expires_at }</c>. Its id is a digest of
/// owner and key: of one length, and unambiguous.</para>
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

    /// <summary>The indexes that serve lists, by the field that they sort by.</summary>
    public static readonly IReadOnlyDictionary<FileSort, (string Field, string Index)> Orders = new Dictionary<FileSort, (string, string)>
    {
        [FileSort.CreatedAt] = ("created_at", "list_by_created_at"),
        [FileSort.UpdatedAt] = ("updated_at", "list_by_updated_at"),
        [FileSort.FileName] = ("name_key", "list_by_name"),
        [FileSort.FileSize] = ("content.size", "list_by_size"),
        [FileSort.DeletedAt] = ("deleted_at", "list_by_deleted_at"),
    };

    /// <summary>What a read of a file takes along; a file's versions, intents and garbage stay where they are.</summary>
    public static readonly BsonDocument FileFields = new()
    {
        { "owner", 1 }, { "state", 1 }, { "name", 1 }, { "name_key", 1 }, { "tags", 1 }, { "version", 1 },
        { "created_at", 1 }, { "updated_at", 1 }, { "deleted_at", 1 }, { "purge_at", 1 }, { "content", 1 },
    };

    /// <summary>Makes the indexes; those that are there already are left as they are.</summary>
    public static async Task<bool> CreateIndexesAsync(IMongoDatabase database, CancellationToken cancellation)
    {
        // The state is a part of each list's index and not the condition of a partial one: the index alone then answers what
        // a page needs of it, and the trash gets its lists from the same four indexes. The fifth is partial as well, for no
        // other document has its key.
        var indexes = Orders
            .Select(order => new CreateIndexModel<BsonDocument>(
                new BsonDocument { { "owner", 1 }, { "state", 1 }, { order.Value.Field, 1 }, { "_id", 1 } },
                new CreateIndexOptions<BsonDocument>
                {
                    Name = order.Value.Index,
                    PartialFilterExpression = order.Key is FileSort.DeletedAt ? new BsonDocument("state", Trash) : null,
                }))
            .Append(new CreateIndexModel<BsonDocument>(
                new BsonDocument("sweep_at", 1),
                new CreateIndexOptions<BsonDocument>
                {
                    Name = "due",
                    PartialFilterExpression = new BsonDocument("sweep_at", new BsonDocument("$exists", true)),
                }));
        await database.GetCollection<BsonDocument>(Files).Indexes.CreateManyAsync(indexes, cancellation);
        await database.GetCollection<BsonDocument>(Owners).Indexes.CreateOneAsync(
            new CreateIndexModel<BsonDocument>(
                new BsonDocument("open.at", 1),
                new CreateIndexOptions<BsonDocument>
                {
                    Name = "open",
                    PartialFilterExpression = new BsonDocument("open.0", new BsonDocument("$exists", true)),
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

    /// <summary>A UUID as BSON has it: subtype 4, big-endian.</summary>
    public static BsonBinaryData Uuid(Guid id) => new(id, GuidRepresentation.Standard);

    public static Guid ToGuid(BsonValue id) => id.AsBsonBinaryData.ToGuid(GuidRepresentation.Standard);

    public static BsonArray Tags(IReadOnlyDictionary<string, string> tags) => new(tags.Select(tag => Tag(tag.Key, tag.Value)));

    public static string Tag(string key, string value) => $"{key}:{value}";

    /// <summary>The media type as filters compare it: without parameters, in lower case.</summary>
    public static string TypeKey(string type) => type.Split(';', 2)[0].Trim().ToLowerInvariant();

    /// <summary>The id of an Idempotency-Key: the owner's length goes first, so that no two pairs run into one.</summary>
    public static BsonBinaryData KeyId(string owner, string key)
    {
        var text = Encoding.UTF8.GetBytes(owner + key);
        var bytes = new byte[sizeof(int) + text.Length];
        BinaryPrimitives.WriteInt32BigEndian(bytes, Encoding.UTF8.GetByteCount(owner));
        text.CopyTo(bytes, sizeof(int));
        return new BsonBinaryData(SHA256.HashData(bytes));
    }

    /// <summary>A content as a document has it.</summary>
    public static BsonDocument Content(FileContent content) => new()
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

    public static BsonDateTime Time(DateTimeOffset time) => new(time.ToUnixTimeMilliseconds());

    /// <summary>Reads a list's entry, or the <c>first</c> of any document.</summary>
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
        document.TryGetValue("purge_at", out var purge) ? ToTime(purge) : null);

    /// <summary>Reads a file's fields, of a document in whatever state; lists stay empty.</summary>
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
    };

    /// <summary>Reads the earlier contents, newest first.</summary>
    public static IReadOnlyList<FileContent> ToVersions(BsonDocument document) =>
        [.. document["versions"].AsBsonArray.Select(each => ToContent(each.AsBsonDocument))];

    /// <summary>A file as it is remembered in <c>first</c>.</summary>
    public static BsonDocument File(CatalogFile file) => new()
    {
        { "name", file.Name },
        { "tags", Tags(file.Tags) },
        { "version", file.Version },
        { "created_at", Time(file.CreatedAt) },
        { "updated_at", Time(file.UpdatedAt) },
        { "content", Content(file.Content) },
    };

    public static string NameOf(FileState state) => state switch
    {
        FileState.Pending => Pending,
        FileState.Live => Live,
        FileState.Trash => Trash,
        _ => Deleted,
    };

    private static FileState ToState(string name) => name switch
    {
        Pending => FileState.Pending,
        Live => FileState.Live,
        Trash => FileState.Trash,
        Deleted => FileState.Deleted,
        _ => throw new FormatException($"A document is in the state {name}, which this release does not know."),
    };

    private static FileContent ToContent(BsonDocument content) => new(
        ToGuid(content["blob"]),
        content["size"].ToInt64(),
        content["type"].AsString,
        content["sha256"].AsString,
        content["xxh3"].ToInt64(),
        content["version"].ToInt64(),
        ToTime(content["created_at"]));

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
