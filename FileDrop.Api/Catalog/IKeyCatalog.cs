namespace FileDrop.Api.Catalog;

/// <summary>The API keys: who may come in. Every call throws <see cref="StorageException"/> when the catalog does not answer.</summary>
/// <remarks>
/// A key is never removed: a revoked one tells who it was, and that access was configured once. Requests know the id alone, so a
/// cluster that shards this small collection does so by it.
/// </remarks>
public interface IKeyCatalog
{
    /// <summary>Entries that <see cref="ListApiKeysAsync"/> gives at most.</summary>
    const int MaxListed = 1000;

    /// <summary>Whether there is any key, revoked and expired ones included.</summary>
    Task<bool> HasApiKeysAsync(CancellationToken cancellation);

    /// <summary>Adds a key; durable when it returns.</summary>
    Task AddApiKeyAsync(ApiKey key, CancellationToken cancellation);

    /// <summary>The key with this id, whether or not it is good still; null: there is none.</summary>
    Task<ApiKey?> FindApiKeyAsync(string id, CancellationToken cancellation);

    /// <summary>The keys, those that are not revoked first, of these the newest first.</summary>
    Task<IReadOnlyList<ApiKey>> ListApiKeysAsync(CancellationToken cancellation);

    /// <summary>Revokes a key for good. False: there is none with this id, or it is revoked already.</summary>
    Task<bool> RevokeApiKeyAsync(string id, DateTimeOffset revokedAt, CancellationToken cancellation);

    /// <summary>Notes a use, unless one later than <paramref name="unlessAfter"/> is noted already. May be lost in a crash.</summary>
    Task NoteApiKeyUseAsync(string id, DateTimeOffset usedAt, DateTimeOffset unlessAfter, CancellationToken cancellation);
}

/// <summary>A key as it is kept; times have milliseconds.</summary>
/// <param name="Id">16 hexadecimal digits; not secret.</param>
/// <param name="SecretHash">The SHA-256 of its secret, 32 bytes.</param>
/// <param name="Owner">Whose files it opens.</param>
/// <param name="Name">What it is for, in its maker's words; null: not said.</param>
/// <param name="Scopes">What it is good for.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="ExpiresAt">From then on it is refused; null: never.</param>
/// <param name="LastUsedAt">To about a minute; null: never used.</param>
/// <param name="RevokedAt">Since when it is refused; null: it is not.</param>
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
