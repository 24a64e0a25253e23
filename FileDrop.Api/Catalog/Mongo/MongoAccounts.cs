using MongoDB.Bson;

namespace FileDrop.Api.Catalog.Mongo;

/// <summary>A counted document's part in its owner's usage; see <see cref="MongoOwners"/>. Pure.</summary>
/// <param name="Bytes">The bytes reported to the owner's document, or about to be.</param>
/// <param name="Files">The files reported likewise.</param>
/// <param name="Held">Intents with a reservation in the owner's document.</param>
/// <param name="Settle">Operations whose result is not yet reported.</param>
internal sealed record MongoAccounts(long Bytes, long Files, IReadOnlyList<Guid> Held, IReadOnlyList<MongoAccounts.Settlement> Settle)
{
    /// <summary>One operation's result.</summary>
    internal sealed record Settlement(Guid Operation, long Bytes, long Files);

    /// <summary>The accounts of a new document, of which nothing has been reported.</summary>
    public static MongoAccounts New { get; } = new(0, 0, [], []);

    /// <summary>The accounts after a change of the document: the reservation of a removed intent ends.</summary>
    /// <remarks>
    /// The first of several removed intents reports the whole change of the usage. If no intent was removed, the difference waits until an operation is opened
    /// for it.
    /// </remarks>
    public MongoAccounts After(FileDocument next)
    {
        var gone = Held.Except(next.Intents.Select(intent => intent.BlobId)).ToList();
        if (gone.Count == 0)
            return this;
        var (bytes, files) = next.Usage();
        return new MongoAccounts(
            bytes, files, [.. Held.Except(gone)],
            [.. Settle, .. gone.Select((blob, index) => index == 0 ? new Settlement(blob, bytes - Bytes, files - Files) : new Settlement(blob, 0, 0))]);
    }

    /// <summary>Reports the difference under this operation.</summary>
    public MongoAccounts Owe(Guid operation, FileDocument document)
    {
        var (bytes, files) = document.Usage();
        return this with { Bytes = bytes, Files = files, Settle = [.. Settle, new Settlement(operation, bytes - Bytes, files - Files)] };
    }

    /// <summary>Whether the usage has changed without an operation to report it.</summary>
    public bool Owes(FileDocument document) => document.Usage() != (Bytes, Files);

    /// <summary>Whether anything is not yet reported.</summary>
    public bool IsUnsettled(FileDocument document) => Settle.Count > 0 || Owes(document);

    /// <summary>Reads the accounts of a document; null if it is not counted.</summary>
    public static MongoAccounts? Read(BsonDocument document) => document.TryGetValue("charged", out var charged)
        ? new MongoAccounts(
            charged["bytes"].ToInt64(),
            charged["files"].ToInt64(),
            [.. document["held"].AsBsonArray.Select(MongoSchema.ToGuid)],
            [.. document["settle"].AsBsonArray.Select(
                each => new Settlement(MongoSchema.ToGuid(each["op"]), each["bytes"].ToInt64(), each["files"].ToInt64()))])
        : null;

    public BsonDocument ToBson() => new()
    {
        { "charged", new BsonDocument { { "bytes", Bytes }, { "files", Files } } },
        { "held", new BsonArray(Held.Select(MongoSchema.Uuid)) },
        {
            "settle", new BsonArray(Settle.Select(each => new BsonDocument
            {
                { "op", MongoSchema.Uuid(each.Operation) }, { "bytes", each.Bytes }, { "files", each.Files },
            }))
        },
    };
}
