using System.Text.Json.Serialization;
using FileDrop.Api.Catalog;

namespace FileDrop.Api.Http;

/// <summary>An API key in answers. Its secret appears only in the answer that creates it.</summary>
/// <param name="KeyId">16 hexadecimal digits; the second part of the key.</param>
/// <param name="Name">The key's purpose, if given.</param>
/// <param name="Owner">The owner whose files the key opens.</param>
/// <param name="Scopes">Some of <c>read</c>, <c>write</c>, <c>delete</c>, <c>share</c>, <c>admin</c>.</param>
/// <param name="CreatedAt">RFC 3339 in UTC, with milliseconds, as all times.</param>
/// <param name="ExpiresAt">The key is refused from this time on; absent if it never expires.</param>
/// <param name="LastUsedAt">The last use, to about a minute; absent if the key was never used.</param>
/// <param name="RevokedAt">The time of the revocation; absent if the key is not revoked.</param>
public sealed record KeyJson(
    string KeyId,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Name,
    string Owner,
    IReadOnlyList<string> Scopes,
    [property: JsonConverter(typeof(MillisecondTimeConverter))] DateTimeOffset CreatedAt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [property: JsonConverter(typeof(MillisecondTimeConverter))] DateTimeOffset? ExpiresAt = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [property: JsonConverter(typeof(MillisecondTimeConverter))] DateTimeOffset? LastUsedAt = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [property: JsonConverter(typeof(MillisecondTimeConverter))] DateTimeOffset? RevokedAt = null)
{
    internal static KeyJson Of(ApiKey key) =>
        new(key.Id, key.Name, key.Owner, key.Scopes, key.CreatedAt, key.ExpiresAt, key.LastUsedAt, key.RevokedAt);
}

/// <summary>The answer to the creation of a key.</summary>
/// <param name="Message">For a person.</param>
/// <param name="ApiKey">The key itself, which the service does not keep.</param>
/// <param name="Key">The record that the service keeps.</param>
public sealed record KeyCreatedJson(string Message, string ApiKey, KeyJson Key);

/// <summary>The answer to a revocation.</summary>
/// <param name="Message">For a person.</param>
/// <param name="KeyId">The key that is refused from now on.</param>
public sealed record KeyRevokedJson(string Message, string KeyId);
