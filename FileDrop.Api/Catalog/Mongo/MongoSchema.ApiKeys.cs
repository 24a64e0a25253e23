using MongoDB.Bson;

namespace FileDrop.Api.Catalog.Mongo;

// The collection api_keys has { _id: the key's id, secret_hash: binary, owner, name, scopes: ["read"], created_at, expires_at,
// last_used_at, revoked_at }. A field is absent if it would be null.
internal static partial class MongoSchema
{
    public const string ApiKeys = "api_keys";

    public static BsonDocument ApiKey(ApiKey key)
    {
        var document = new BsonDocument
        {
            { "_id", key.Id },
            { "secret_hash", new BsonBinaryData(key.SecretHash.ToArray()) },
            { "owner", key.Owner },
            { "scopes", new BsonArray(key.Scopes) },
            { "created_at", Time(key.CreatedAt) },
        };
        if (key.Name is not null)
            document["name"] = key.Name;
        if (key.ExpiresAt is { } expires)
            document["expires_at"] = Time(expires);
        return document;
    }

    public static ApiKey ToApiKey(BsonDocument document) => new(
        document["_id"].AsString,
        document["secret_hash"].AsByteArray,
        document["owner"].AsString,
        document.TryGetValue("name", out var name) ? name.AsString : null,
        [.. document["scopes"].AsBsonArray.Select(scope => scope.AsString)],
        ToTime(document["created_at"]),
        TimeOrNull(document, "expires_at"),
        TimeOrNull(document, "last_used_at"),
        TimeOrNull(document, "revoked_at"));

    public static DateTimeOffset? TimeOrNull(BsonDocument document, string field) =>
        document.TryGetValue(field, out var time) ? ToTime(time) : null;
}
