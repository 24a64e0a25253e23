using FileDrop.Api.Storage;

namespace FileDrop.Api.Catalog;

/// <summary>The catalog of API keys. Every call throws <see cref="StorageException"/> if the catalog does not answer.</summary>
/// <remarks>
/// A key is never removed: a revoked one still identifies past callers and shows that access was once configured. Requests know only the id, so a cluster
/// shards this small collection by it.
/// </remarks>
public interface IKeyCatalog
{
    /// <summary>The most entries that <see cref="ListApiKeysAsync"/> returns.</summary>
    const int MaxListed = 1000;

    /// <summary>Whether any key exists, revoked and expired ones included.</summary>
    Task<bool> HasApiKeysAsync(CancellationToken cancellation);

    /// <summary>Adds a key; durable when it returns.</summary>
    Task AddApiKeyAsync(ApiKey key, CancellationToken cancellation);

    /// <summary>Returns the key with this id, even if it is revoked or expired; null if there is none.</summary>
    Task<ApiKey?> FindApiKeyAsync(string id, CancellationToken cancellation);

    /// <summary>Returns the existing keys with these ids, even if they are revoked or expired.</summary>
    Task<IReadOnlyList<ApiKey>> FindApiKeysAsync(IReadOnlyCollection<string> ids, CancellationToken cancellation);

    /// <summary>Lists the keys: those that are not revoked come first, the newest first among them.</summary>
    Task<IReadOnlyList<ApiKey>> ListApiKeysAsync(CancellationToken cancellation);

    /// <summary>Revokes a key permanently. False if the key does not exist or is already revoked.</summary>
    Task<bool> RevokeApiKeyAsync(string id, DateTimeOffset revokedAt, CancellationToken cancellation);

    /// <summary>Records a use, unless one later than <paramref name="unlessAfter"/> is already recorded. A crash may lose the record.</summary>
    Task NoteApiKeyUseAsync(string id, DateTimeOffset usedAt, DateTimeOffset unlessAfter, CancellationToken cancellation);
}

/// <summary>A key's record; times have milliseconds.</summary>
/// <param name="Id">16 hexadecimal digits; not secret.</param>
/// <param name="SecretHash">The SHA-256 of the secret, 32 bytes.</param>
/// <param name="Owner">The owner whose files the key opens.</param>
/// <param name="Name">The key's purpose in its creator's words; null if not given.</param>
/// <param name="Scopes">The key's scopes.</param>
/// <param name="CreatedAt">The time of creation.</param>
/// <param name="ExpiresAt">The time from which the key is refused; null if it never expires.</param>
/// <param name="LastUsedAt">The last use, to about a minute; null if the key was never used.</param>
/// <param name="RevokedAt">The time of the revocation; null if the key is not revoked.</param>
public sealed record ApiKey(
    string Id,
    ReadOnlyMemory<byte> SecretHash,
    string Owner,
    string? Name,
    IReadOnlyList<string> Scopes,
    DateTimeOffset CreatedAt,
    DateTimeOffset? ExpiresAt,
    DateTimeOffset? LastUsedAt = null,
    DateTimeOffset? RevokedAt = null);
