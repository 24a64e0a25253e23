using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using FileDrop.Api.Catalog;
using FileDrop.Api.Http;
using FileDrop.Api.Settings;
using FileDrop.Api.Storage;
using FileDrop.Api.Text;

namespace FileDrop.Api.Access;

/// <summary>API keys: <c>fd_{id}_{secret}</c>. The catalog keeps only the SHA-256 of the secret.</summary>
/// <remarks>
/// A secret has 256 random bits, so a deliberately slow hash would add no protection. Each process caches keys for <see cref="Memory"/>; after that a
/// revocation holds on every replica. This process's clock decides expiry.
/// </remarks>
internal sealed partial class ApiKeys(IKeyCatalog catalog, TimeProvider time, ILogger<ApiKeys> log)
{
    public const int MaxNameLength = 255;

    private const string Prefix = "fd_";
    private const int IdBytes = 8, SecretBytes = 32;

    /// <summary>How long a key is used without asking the catalog again.</summary>
    private static readonly TimeSpan Memory = TimeSpan.FromSeconds(2);

    /// <summary>The shortest time between two records of a key's last use.</summary>
    private static readonly TimeSpan UseInterval = TimeSpan.FromMinutes(1);

    /// <summary>The cache holds existing keys only, so invented keys take no memory.</summary>
    private readonly ConcurrentDictionary<string, Known> _known = new(StringComparer.Ordinal);

    private volatile bool _areAny;
    private long _noneSince = long.MinValue;

    /// <summary>Whether a key was ever created.</summary>
    /// <exception cref="StorageException">The catalog does not answer.</exception>
    public async ValueTask<bool> AreThereAnyAsync(CancellationToken cancellation)
    {
        var asked = time.GetTimestamp();
        var noneSince = Interlocked.Read(ref _noneSince);
        if (_areAny || (noneSince != long.MinValue && time.GetElapsedTime(noneSince, asked) < Memory))
            return _areAny;
        _areAny = await catalog.HasApiKeysAsync(cancellation);
        Interlocked.Exchange(ref _noneSince, asked);
        return _areAny;
    }

    /// <summary>Returns the key if its secret is right and it is neither expired nor revoked, and records its use.</summary>
    /// <exception cref="StorageException">The catalog does not answer.</exception>
    public async ValueTask<ApiKey?> FindAsync(string text, CancellationToken cancellation)
    {
        if (!TrySplit(text, out var id, out var secret))
            return null;
        var asked = time.GetTimestamp();
        if (!_known.TryGetValue(id, out var known) || time.GetElapsedTime(known.At, asked) >= Memory)
        {
            if (await catalog.FindApiKeyAsync(id, cancellation) is not { } found)
            {
                _known.TryRemove(id, out _);
                return null;
            }
            known = _known[id] = new Known(found, asked);
        }
        var key = known.Key;
        var now = time.GetUtcNow();
        var isRight = CryptographicOperations.FixedTimeEquals(SHA256.HashData(secret), key.SecretHash.Span);
        if (!isRight || key.RevokedAt is not null || key.ExpiresAt <= now)
            return null;
        if (key.LastUsedAt is not { } used || now - used >= UseInterval)
        {
            // The catalog learns the time a moment later, so concurrent requests must see it here.
            _known[id] = known with { Key = key with { LastUsedAt = now } };
            _ = NoteUseAsync(id, now);
        }
        return key;
    }

    /// <summary>Returns the ids among these whose keys are neither expired nor revoked, by one query.</summary>
    /// <exception cref="StorageException">The catalog does not answer.</exception>
    public async Task<IReadOnlySet<string>> FindGoodAsync(IReadOnlyCollection<string> ids, CancellationToken cancellation)
    {
        if (ids.Count == 0)
            return new HashSet<string>(StringComparer.Ordinal);
        var (found, now) = (await catalog.FindApiKeysAsync(ids, cancellation), time.GetUtcNow());
        return found.Where(key => key.RevokedAt is null && !(key.ExpiresAt <= now)).Select(key => key.Id).ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>Creates a key.</summary>
    /// <returns>The key's text, which is stored nowhere, and the catalog's record of it.</returns>
    /// <exception cref="StorageException">The catalog does not answer. The key may exist, but its secret is lost.</exception>
    public static async Task<(string Text, ApiKey Key)> CreateAsync(
        IKeyCatalog catalog, string owner, string? name, Scope scopes, DateTimeOffset? expiresAt, TimeProvider time, CancellationToken cancellation)
    {
        var secret = RandomNumberGenerator.GetBytes(SecretBytes);
        var now = WholeMilliseconds.Floor(time.GetUtcNow());
        var key = new ApiKey(RandomNumberGenerator.GetHexString(IdBytes * 2, lowercase: true), SHA256.HashData(secret), owner, name,
            Scopes.Names(scopes), now, expiresAt);
        await catalog.AddApiKeyAsync(key, cancellation);
        return ($"{Prefix}{key.Id}_{Base64Url.EncodeToString(secret)}", key);
    }

    /// <summary>Drops a key that was revoked here from the cache, so that its next use asks the catalog.</summary>
    public void Forget(string id) => _known.TryRemove(id, out _);

    /// <summary>Whether a text can be an owner.</summary>
    public static bool IsOwner(string text) => IsText(text, Caller.MaxOwnerLength);

    /// <summary>Whether a text can be a key's name.</summary>
    public static bool IsName(string text) => IsText(text, MaxNameLength);

    /// <summary>Splits a key into its id and its secret. Returns false if the text is not exactly in the form of an issued key.</summary>
    internal static bool TrySplit(string text, out string id, [NotNullWhen(true)] out byte[]? secret)
    {
        (id, secret) = ("", null);
        if (text.Split('_', 3) is not ["fd", { Length: IdBytes * 2 } named, var encoded] || !named.All(char.IsAsciiHexDigitLower)
            || encoded.Length != Base64Url.GetEncodedLength(SecretBytes))
            return false;
        id = named;
        return Base64UrlText.TryDecode(encoded, out secret);
    }

    private static bool IsText(string text, int length) =>
        !string.IsNullOrWhiteSpace(text) && text.Length <= length && !text.Any(char.IsControl)
        && UnicodeText.IsWellFormed(text) && NameKey.Normalize(text).Equals(text, StringComparison.Ordinal);

    private async Task NoteUseAsync(string id, DateTimeOffset usedAt)
    {
        try
        {
            await catalog.NoteApiKeyUseAsync(id, usedAt, usedAt - UseInterval, CancellationToken.None);
        }
        catch (StorageException failure)
        {
            // The request must not fail because its key's last use was not recorded.
            LogUnnoted(id, failure.Reason);
        }
    }

    [LoggerMessage(LogLevel.Debug, "The last use of key {Id} was not recorded. {Reason}")]
    private partial void LogUnnoted(string id, string reason);

    private sealed record Known(ApiKey Key, long At);
}
