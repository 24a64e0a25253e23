using System.Security.Cryptography;
using System.Text;
using MongoDB.Bson;
using MongoDB.Driver;

namespace FileDrop.Api.Catalog.Mongo;

/// <summary>The layout of folders, of the claims of names, and of the places of files; see <see cref="FolderProtocol"/>.</summary>
/// <remarks>
/// <para>The collection <c>folders</c> has one document for each folder but the roots. It lies beside <c>files</c>, so that lists of files and their indexes
/// stay as they are:</para>
/// <code>
/// {
///   _id: UUID, owner, rev: long,
///   state: "pending"|"live"|"trash"|"carried"|"deleted",
///   parent: UUID, place: long, claim: UUID,     where it is, the fence, and the operation under which its name is claimed
///   name, name_key, version: long, created_at, updated_at, deleted_at, purge_at,
///   turn: long, sweep: int, sweep_at,           whether its entries must still follow it
///   dav, locked_until                           locks and properties of WebDAV's clients as JSON, and the end of the last lock,
///   unsaid: long                                a change that the feed does not have yet; see MongoFeed
/// }
/// </code>
/// <para>The collection <c>names</c> has a document for each claim:
/// <c>{ _id: binary, owner, parent: UUID, name, kind: int, entry: UUID, op: UUID, fence: long, at }</c>. The id is the parent and a digest of owner, parent
/// and name. So it is unique under any sharding, and the names of a folder are one range.</para>
/// <para>The collection <c>slots</c> has <c>{ _id: owner, folder: UUID, op: UUID, fence: long, at }</c> while a folder of the owner is moved.</para>
/// </remarks>
internal static class MongoFolders
{
    public const string Folders = "folders";
    public const string Names = "names";
    public const string Slots = "slots";

    private static readonly BsonDocument s_isPlaced = new("parent", MongoSchema.IsThere);
    private static readonly (string Field, string Index) s_deleted = MongoSchema.Orders[FileSort.DeletedAt];

    /// <summary>The indexes that serve the lists of a folder's files, by the field that they sort by.</summary>
    public static readonly IReadOnlyDictionary<FileSort, (string Field, string Index)> Orders = MongoSchema.Orders
        .Where(order => order.Key != FileSort.DeletedAt)
        .ToDictionary(order => order.Key, order => (order.Value.Field, order.Value.Index.Replace("list_", "in_folder_", StringComparison.Ordinal)));

    /// <summary>The indexes that serve the lists of folders.</summary>
    public static readonly IReadOnlyDictionary<FileSort, (string Field, string Index)> FolderOrders = Orders
        .Where(order => order.Key != FileSort.FileSize).ToDictionary();

    /// <summary>The indexes on files in folders.</summary>
    public static IEnumerable<CreateIndexModel<BsonDocument>> FileIndexes => Orders
        .Select(order => Index(order.Value.Index, s_isPlaced, "owner", "parent", "state", order.Value.Field, "_id"))
        .Append(Index("placed", s_isPlaced, "owner", "parent", "state", "_id"))
        .Append(Locked);

    /// <summary>The index of entries that were locked, on files and on folders.</summary>
    private static CreateIndexModel<BsonDocument> Locked =>
        Index("locked", new BsonDocument("locked_until", MongoSchema.IsThere), "owner", "locked_until");

    public static async Task CreateIndexesAsync(IMongoDatabase database, CancellationToken cancellation)
    {
        var folders = FolderOrders
            .Select(order => Index(order.Value.Index, s_isPlaced, "owner", "parent", "state", order.Value.Field, "_id"))
            .Append(Index("placed", s_isPlaced, "owner", "parent", "state", "_id"))
            .Append(Index(s_deleted.Index, MongoSchema.IsDeleted, "owner", "state", s_deleted.Field, "_id"))
            .Append(Locked)
            .Append(Index("due", new BsonDocument("sweep_at", MongoSchema.IsThere), "sweep_at"));
        await database.GetCollection<BsonDocument>(Folders).Indexes.CreateManyAsync(folders, cancellation);
    }

    /// <summary>A list of folders.</summary>
    public static MongoList<CatalogFolder> List(IMongoCollection<BsonDocument> folders, ListQuery query) => query.InTrash
        ? new(folders, MongoSchema.IsDeleted, s_deleted.Index, Projection: null, folder => Read(folder).ToFolder(), ListQuery.WeightOf)
        : new(
            folders, new BsonDocument("parent", OrNull(query.Folder)), FolderOrders[query.Sort].Index, Projection: null,
            folder => Read(folder).ToFolder(), ListQuery.WeightOf);

    /// <summary>Reads a folder.</summary>
    public static FolderDocument Read(BsonDocument source) => new()
    {
        Id = MongoSchema.ToGuid(source["_id"]),
        Owner = source["owner"].AsString,
        State = MongoSchema.ToState(source["state"].AsString),
        Place = MongoSchema.ToPlace(source),
        Name = source.TryGetValue("name", out var name) && !name.IsBsonNull ? name.AsString : null,
        Version = source["version"].ToInt64(),
        CreatedAt = MongoSchema.ToTime(source["created_at"]),
        UpdatedAt = MongoSchema.ToTime(source["updated_at"]),
        DeletedAt = MongoSchema.TimeOrNull(source, "deleted_at"),
        PurgeAt = MongoSchema.TimeOrNull(source, "purge_at"),
        Turn = source["turn"].ToInt64(),
        Sweep = (FolderSweep)source["sweep"].ToInt32(),
        SweepAt = MongoSchema.TimeOrNull(source, "sweep_at"),
        Dav = MongoSchema.ToDav(source),
        Unsaid = MongoSchema.ToUnsaid(source),
    };

    /// <summary>A folder as it is stored, under a new revision.</summary>
    /// <param name="before">The former state, which tells whether the folder must be marked; null if it is new.</param>
    /// <param name="folder">The folder.</param>
    public static BsonDocument ToBson(FolderDocument? before, FolderDocument folder)
    {
        var rev = Random.Shared.NextInt64();
        var document = new BsonDocument
        {
            { "_id", MongoSchema.Uuid(folder.Id) },
            { "owner", folder.Owner },
            { "rev", rev },
            { "state", MongoSchema.NameOf(folder.State) },
            { "place", folder.Place.Fence },
            { "version", folder.Version },
            { "created_at", MongoSchema.Time(folder.CreatedAt) },
            { "updated_at", MongoSchema.Time(folder.UpdatedAt) },
            { "turn", folder.Turn },
            { "sweep", (int)folder.Sweep },
        };
        // A mark that the sequencer has cleared meanwhile comes back here, and is only said again.
        if ((Feed.IsChange(before, folder) ? rev : folder.Unsaid) is { } unsaid)
            document.Add(MongoFeed.Unsaid, unsaid);
        if (folder.Place.Folder is { } parent)
            document.Add("parent", MongoSchema.Uuid(parent));
        if (folder.Place.Claim is { } claim)
            document.Add("claim", MongoSchema.Uuid(claim));
        if (folder.Name is { } name)
            document.Add("name", name).Add("name_key", NameKey.Of(name));
        if (folder.DeletedAt is { } deleted)
            document.Add("deleted_at", MongoSchema.Time(deleted));
        if (folder.PurgeAt is { } purge)
            document.Add("purge_at", MongoSchema.Time(purge));
        if (folder.SweepAt is { } sweep)
            document.Add("sweep_at", MongoSchema.Time(sweep));
        if (folder.Dav.ToJson() is { } dav)
            document.Add("dav", dav);
        if (folder.Dav.LockedUntil is { } locked)
            document.Add("locked_until", MongoSchema.Time(locked));
        return document;
    }

    /// <summary>The id of a name's claim.</summary>
    public static BsonBinaryData NameId(string owner, EntryKey key)
    {
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var bytes = Encoding.UTF8.GetBytes(owner);
        // The length comes first, so that two different pairs never give the same bytes.
        digest.AppendData(BitConverter.GetBytes(bytes.Length));
        digest.AppendData(bytes);
        digest.AppendData(Encoding.UTF8.GetBytes(key.Name));
        return new BsonBinaryData([.. key.Folder.ToByteArray(bigEndian: true), .. digest.GetHashAndReset()]);
    }

    /// <summary>The least id, or the greatest, that a claim of a name in a folder can have.</summary>
    public static BsonBinaryData NameBound(Guid folder, byte fill) =>
        new([.. folder.ToByteArray(bigEndian: true), .. Enumerable.Repeat(fill, SHA256.HashSizeInBytes)]);

    public static BsonDocument ToBson(string owner, NameClaim claim) => new()
    {
        { "_id", NameId(owner, claim.Key) },
        { "owner", owner },
        { "parent", MongoSchema.Uuid(claim.Key.Folder) },
        { "name", claim.Key.Name },
        { "kind", (int)claim.Kind },
        { "entry", MongoSchema.Uuid(claim.Id) },
        { "op", MongoSchema.Uuid(claim.Operation) },
        { "fence", claim.Fence },
        { "at", MongoSchema.Time(claim.At) },
    };

    public static NameClaim ReadName(BsonDocument claim) => new(
        new EntryKey(MongoSchema.ToGuid(claim["parent"]), claim["name"].AsString), (EntryKind)claim["kind"].ToInt32(), MongoSchema.ToGuid(claim["entry"]),
        MongoSchema.ToGuid(claim["op"]), claim["fence"].ToInt64(), MongoSchema.ToTime(claim["at"]));

    public static BsonDocument ToBson(string owner, FolderSlot slot) => new()
    {
        { "_id", owner },
        { "folder", MongoSchema.Uuid(slot.Id) },
        { "op", MongoSchema.Uuid(slot.Operation) },
        { "fence", slot.Fence },
        { "at", MongoSchema.Time(slot.At) },
    };

    public static FolderSlot ReadSlot(BsonDocument slot) => new(
        MongoSchema.ToGuid(slot["folder"]), MongoSchema.ToGuid(slot["op"]), slot["fence"].ToInt64(), MongoSchema.ToTime(slot["at"]));

    private static BsonValue OrNull(Guid? id) => id is { } some ? MongoSchema.Uuid(some) : BsonNull.Value;

    private static CreateIndexModel<BsonDocument> Index(string name, BsonDocument condition, params string[] fields) => new(
        new BsonDocument(fields.Select(field => new BsonElement(field, 1))),
        new CreateIndexOptions<BsonDocument> { Name = name, PartialFilterExpression = condition });
}
