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
///   owner: "local",                 with _id the shard key of a cluster: every query but the sweeper's names it
///   state: "pending"|"live"|"deleted",
///   name, name_key, tags: ["key:value"],
///   version: long, created_at, updated_at,
///   content: { blob: UUID, size: long, type, type_key, sha256, xxh3: long, version: long, created_at },
///   versions: [ as content, newest first ],
///   intents: [ { blob, fence: long, lease_until } ],
///   garbage: [ { blob, due, until, committed: bool } ],
///   sweep_at,                       absent while there is nothing to sweep, ever
///   remember_until, first: { name, tags, version, created_at, updated_at, content }
/// }
/// </code>
/// <para>Tags are strings in an array, and not fields: a tag's key may hold dots and dollar signs, which MongoDB reads
/// as paths and operators; it holds no colon, so that the first one divides.</para>
/// <para><c>due</c> is when a garbage blob is to be deleted, <c>until</c> the time of its last deletion: the same for
/// content, later for an unfinished write, which may still be arriving. <c>committed</c> tells the two apart for a writer who
/// asks what became of its commit.</para>
/// <para><c>sweep_at</c> is the earliest time at which the sweeper has something to do, so that one small index finds all
/// its work. A tombstone (<c>deleted</c>) keeps what the sweeper asks for and, until <c>remember_until</c>, in <c>first</c> what a
/// repeated upload asks for: the file as it was created.</para>
/// <para>The collection <c>idempotency_keys</c> has <c>{ _id, owner, file, expires_at }</c>. Its id is a digest of
/// owner and key: of one length, and unambiguous.</para>
/// </remarks>
internal static class MongoSchema
{
    public const string Files = "files";
    public const string Keys = "idempotency_keys";

    public const int SchemaVersion = 1;

    public const string Pending = "pending";
    public const string Live = "live";
    public const string Deleted = "deleted";

    /// <summary>The indexes that serve lists, by the field that they sort by.</summary>
    public static readonly IReadOnlyDictionary<FileSort, (string Field, string Index)> Orders = new Dictionary<FileSort, (string, string)>
    {
        [FileSort.CreatedAt] = ("created_at", "list_by_created_at"),
        [FileSort.UpdatedAt] = ("updated_at", "list_by_updated_at"),
        [FileSort.FileName] = ("name_key", "list_by_name"),
        [FileSort.FileSize] = ("content.size", "list_by_size"),
    };

    /// <summary>What a read of a live file takes along; a file's versions, intents and garbage stay where they are.</summary>
    public static readonly BsonDocument FileFields = new()
    {
        { "owner", 1 }, { "name", 1 }, { "name_key", 1 }, { "tags", 1 }, { "version", 1 },
        { "created_at", 1 }, { "updated_at", 1 }, { "content", 1 },
    };

    /// <summary>Makes the indexes; those that are there already are left as they are.</summary>
    public static async Task<bool> CreateIndexesAsync(IMongoDatabase database, CancellationToken cancellation)
    {
        // The state is a part of each list's index and not the condition of a partial one: the index alone then answers what
        // a page needs of it, and another state gets its lists from the same four indexes.
        var indexes = Orders.Values
            .Select(order => new CreateIndexModel<BsonDocument>(
                new BsonDocument { { "owner", 1 }, { "state", 1 }, { order.Field, 1 }, { "_id", 1 } },
                new CreateIndexOptions { Name = order.Index }))
            .Append(new CreateIndexModel<BsonDocument>(
                new BsonDocument("sweep_at", 1),
                new CreateIndexOptions<BsonDocument>
                {
                    Name = "due",
                    PartialFilterExpression = new BsonDocument("sweep_at", new BsonDocument("$exists", true)),
                }));
        await database.GetCollection<BsonDocument>(Files).Indexes.CreateManyAsync(indexes, cancellation);
        await database.GetCollection<BsonDocument>(Keys).Indexes.CreateOneAsync(
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

    /// <summary>Reads a live document, or the <c>first</c> of any.</summary>
    public static CatalogFile ToFile(BsonDocument document, Guid id, string owner) => new(
        id,
        owner,
        document["name"].AsString,
        ToTags(document["tags"].AsBsonArray),
        document["version"].ToInt64(),
        ToTime(document["created_at"]),
        ToTime(document["updated_at"]),
        ToContent(document["content"].AsBsonDocument));

    private static FileContent ToContent(BsonDocument content) => new(
        ToGuid(content["blob"]),
        content["size"].ToInt64(),
        content["type"].AsString,
        content["sha256"].AsString,
        content["xxh3"].ToInt64(),
        content["version"].ToInt64(),
        ToTime(content["created_at"]));

    private static DateTimeOffset ToTime(BsonValue time) =>
        DateTimeOffset.FromUnixTimeMilliseconds(time.AsBsonDateTime.MillisecondsSinceEpoch);

    private static OrderedDictionary<string, string> ToTags(BsonArray tags)
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
