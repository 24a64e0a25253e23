using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using FileDrop.Api.Catalog;

namespace FileDrop.Api.Access;

/// <summary>API keys: <c>fd_{id}_{secret}</c>, of which the catalog has the secret's SHA-256.</summary>
/// <remarks>
/// A secret has 256 random bits, so a hash that is slow on purpose would protect nothing more. What was read of the catalog is believed
/// for <see cref="Memory"/>: after that a revocation holds on every replica. Expiry is judged by this process's clock.
/// </remarks>
internal sealed partial class ApiKeys(IKeyCatalog catalog, TimeProvider time, ILogger<ApiKeys> log)
{
    public const int MaxNameLength = 255;

    private const string Prefix = "fd_";
    private const int IdBytes = 8, SecretBytes = 32;

    /// <summary>How long a key is used without asking the catalog again.</summary>
    private static readonly TimeSpan Memory = TimeSpan.FromSeconds(2);

    /// <summary>Its last use is written down no more often than this.</summary>
    private static readonly TimeSpan UseInterval = TimeSpan.FromMinutes(1);

    /// <summary>Only keys that there are: what others make up takes no memory.</summary>
    private readonly ConcurrentDictionary<string, Known> _known = new(StringComparer.Ordinal);

    private volatile bool _areAny;
    private long _noneSince = long.MinValue;

    /// <summary>Whether there ever was a key.</summary>
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

    /// <summary>The key, if it is known, right, neither expired nor revoked; and notes its use.</summary>
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
            // Other requests of the next moments see the time here and not yet in the catalog.
            _known[id] = known with { Key = key with { LastUsedAt = now } };
            _ = NoteUseAsync(id, now);
        }
        return key;
    }

    /// <summary>Makes a key.</summary>
    /// <returns>Its text, which is nowhere else; and what the catalog has of it.</returns>
    /// <exception cref="StorageException">The catalog does not answer; the key may be there, but nobody knows its secret.</exception>
    public static async Task<(string Text, ApiKey Key)> CreateAsync(
        IKeyCatalog catalog, string owner, string? name, Scope scopes, DateTimeOffset? expiresAt, TimeProvider time, CancellationToken cancellation)
    {
        var secret = RandomNumberGenerator.GetBytes(SecretBytes);
        // The catalogs keep milliseconds.
        var now = DateTimeOffset.FromUnixTimeMilliseconds(time.GetUtcNow().ToUnixTimeMilliseconds());
        var key = new ApiKey(RandomNumberGenerator.GetHexString(IdBytes * 2, lowercase: true), SHA256.HashData(secret), owner, name,
            Scopes.Names(scopes), now, expiresAt);
        await catalog.AddApiKeyAsync(key, cancellation);
        return ($"{Prefix}{key.Id}_{Base64Url.EncodeToString(secret)}", key);
    }

    /// <summary>Asks the catalog again at the next use: the key was revoked here.</summary>
    public void Forget(string id) => _known.TryRemove(id, out _);

    /// <summary>Whether a text can be an owner.</summary>
    public static bool IsOwner(string text) => IsText(text, Caller.MaxOwnerLength);

    /// <summary>Whether a text can be a key's name.</summary>
    public static bool IsName(string text) => IsText(text, MaxNameLength);

    /// <summary>Reads a text that may be a key; false: it was never made as one, down to the last bit.</summary>
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
            // What was asked for with the key has its own answer.
            LogUnnoted(id, failure.Reason);
        }
    }

    [LoggerMessage(LogLevel.Debug, "The last use of key {Id} could not be written down. {Reason}")]
    private partial void LogUnnoted(string id, string reason);

    private sealed record Known(ApiKey Key, long At);
}
