using MongoDB.Bson;

namespace FileDrop.Api.Catalog.Mongo;

// The collection link_keys has { _id: long, the key's number, secret: binary, created_at }. The collection audit has { _id: UUID, at,
// operation, caller, owner, subject, method, path, status: int, result, address, trace_id, expires_at }. Owner and subject are absent if
// they would be null.
internal static partial class MongoSchema
{
    public const string LinkKeys = "link_keys";
    public const string Audit = "audit";

    public static BsonDocument LinkKey(LinkKey key) => new()
    {
        { "_id", key.Number },
        { "secret", new BsonBinaryData(key.Secret.ToArray()) },
        { "created_at", Time(key.CreatedAt) },
    };

    public static LinkKey ToLinkKey(BsonDocument document) =>
        new(document["_id"].ToInt64(), document["secret"].AsByteArray, ToTime(document["created_at"]));

    public static BsonDocument AuditEvent(AuditEvent one, DateTimeOffset expiresAt)
    {
        var document = new BsonDocument
        {
            { "_id", Uuid(one.Id) },
            { "at", Time(one.At) },
            { "operation", one.Operation },
            { "caller", one.Caller },
            { "method", one.Method },
            { "path", one.Path },
            { "status", one.Status },
            { "result", one.Result },
            { "address", one.Address },
            { "trace_id", one.TraceId },
            { "expires_at", Time(expiresAt) },
        };
        if (one.Owner is not null)
            document["owner"] = one.Owner;
        if (one.Subject is not null)
            document["subject"] = one.Subject;
        return document;
    }

    public static AuditEvent ToAuditEvent(BsonDocument document) => new(
        ToGuid(document["_id"]),
        ToTime(document["at"]),
        document["operation"].AsString,
        document["caller"].AsString,
        document.TryGetValue("owner", out var owner) ? owner.AsString : null,
        document.TryGetValue("subject", out var subject) ? subject.AsString : null,
        document["method"].AsString,
        document["path"].AsString,
        document["status"].ToInt32(),
        document["result"].AsString,
        document["address"].AsString,
        document["trace_id"].AsString);
}
