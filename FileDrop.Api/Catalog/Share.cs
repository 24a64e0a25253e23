using System.Security.Cryptography;

namespace FileDrop.Api.Catalog;

/// <summary>The things that the holders of a share's link may do.</summary>
public enum ShareMode
{
    /// <summary>Look at files in the browser. Nothing keeps a viewer from keeping a copy.</summary>
    View = 0,

    /// <summary>Download files, and look at them.</summary>
    Download = 1,

    /// <summary>Bring files into a folder without seeing what is there.</summary>
    Upload = 2,
}

/// <summary>The limits and wishes of a folder in which others drop files. A null limit does not limit.</summary>
/// <param name="MaxBytes">Bytes in all files together.</param>
/// <param name="MaxFiles">The number of files.</param>
/// <param name="MaxFileSize">Bytes in one file.</param>
/// <param name="Types">Media types such as <c>image/*</c> and extensions such as <c>.pdf</c>, one of which a file's name must have; empty allows all.</param>
/// <param name="AsksName">Whether an uploader must give a name.</param>
/// <param name="FolderPerUploader">Whether each uploader's files go into a folder with the uploader's name.</param>
/// <param name="FileLife">The time after which a file goes to the trash; null keeps it.</param>
public sealed record DropRules(
    long? MaxBytes = null, long? MaxFiles = null, long? MaxFileSize = null, IReadOnlyList<string>? Types = null, bool AsksName = false,
    bool FolderPerUploader = false, TimeSpan? FileLife = null);

/// <summary>A share: a link to files and folders for people without an account. Its rules are pure functions, with the time given.</summary>
/// <remarks>
/// A share follows its files and folders by their ids. The counters (<see cref="Downloads"/> and those of received files) change by conditional increments and
/// without a new <see cref="Revision"/>; every other change sets one.
/// </remarks>
public sealed record Share
{
    /// <summary>A UUIDv7.</summary>
    public required Guid Id { get; init; }

    /// <summary>The owner of the files.</summary>
    public required string Owner { get; init; }

    /// <summary>The number of the catalog's key that makes the token.</summary>
    public required long Key { get; init; }

    /// <summary>The SHA-256 of the token's bytes, by which requests find the share.</summary>
    public required ReadOnlyMemory<byte> Digest { get; init; }

    public ShareMode Mode { get; init; }

    /// <summary>The files and folders, 1 to <see cref="MaxIds"/>, without repetition.</summary>
    public required IReadOnlyList<Guid> Ids { get; init; }

    /// <summary>Whether the share is of several entries, even if it names one.</summary>
    public bool IsSelection { get; init; }

    /// <summary>The version of the one file to which the share is pinned; null follows the live content.</summary>
    public long? Version { get; init; }

    /// <summary>The password's salted hash as text; null without a password.</summary>
    public string? Password { get; init; }

    /// <summary>The time from which the link is refused; null for never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>The most downloads; null for any number.</summary>
    public long? MaxDownloads { get; init; }

    /// <summary>The limits of a folder to drop files into; null in the other modes.</summary>
    public DropRules? Drop { get; init; }

    /// <summary>Words of the creator for the holders of the link.</summary>
    public string? Note { get; init; }

    /// <summary>The caller that made the share, as the audit log names it.</summary>
    public required string Creator { get; init; }

    /// <summary>The id of the API key that made the share; null if none did.</summary>
    public string? CreatorKey { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset UpdatedAt { get; init; }

    /// <summary>Random; another one after every change but the counters'.</summary>
    public long Revision { get; init; }

    /// <summary>Downloads so far. Without a limit, the newest ones may be missing for seconds.</summary>
    public long Downloads { get; init; }

    /// <summary>Bytes of dropped files, and of those that are arriving.</summary>
    public long ReceivedBytes { get; init; }

    /// <summary>The same in files.</summary>
    public long ReceivedFiles { get; init; }

    /// <summary>The last download or dropped file; null if there was none.</summary>
    public DateTimeOffset? LastUsedAt { get; init; }

    /// <summary>The most files and folders that a share names.</summary>
    public const int MaxIds = 1000;

    /// <summary>Bytes in a token.</summary>
    public const int TokenBytes = 16;

    /// <summary>The time for which a counted download may go on.</summary>
    public static readonly TimeSpan GrantLife = TimeSpan.FromHours(24);

    /// <summary>Makes the token of a share: the first 128 bits of an HMAC-SHA-256 of its id.</summary>
    public static byte[] TokenOf(Guid id, ReadOnlySpan<byte> secret) => HMACSHA256.HashData(secret, id.ToByteArray(bigEndian: true))[..TokenBytes];

    /// <summary>Makes the digest by which the catalog finds the share of a token.</summary>
    public static byte[] DigestOf(ReadOnlySpan<byte> token) => SHA256.HashData(token);

    /// <summary>Whether the link has expired.</summary>
    public bool IsExpired(DateTimeOffset now) => ExpiresAt <= now;

    /// <summary>Whether all downloads are used up.</summary>
    public bool IsExhausted => Downloads >= MaxDownloads;

    /// <summary>Whether a download that began under an earlier state of the share may go on: nobody has ended the share or made it stricter since.</summary>
    /// <param name="now">The share as it is now.</param>
    /// <param name="at">The catalog's clock.</param>
    public bool MayGoOnUnder(Share now, DateTimeOffset at) => now.Revision == Revision
        || (now.Mode == Mode && now.Version == Version && !now.IsExpired(at) && Ids.All(now.Ids.Contains)
            && string.Equals(now.Password, Password, StringComparison.Ordinal));

    /// <summary>The bytes that may be sent under the grant of one counted download: twice its size, so that a download can be resumed.</summary>
    public static long Allowance(long size) => size > long.MaxValue / 2 ? long.MaxValue : size * 2;
}

/// <summary>A share and the time at which the catalog read it.</summary>
/// <param name="Share">The share.</param>
/// <param name="Now">The catalog's clock.</param>
public sealed record ShareReading(Share Share, DateTimeOffset Now);

/// <summary>A key with which the catalog makes tokens. It is never removed, so that every token can be shown again.</summary>
/// <param name="Number">1, 2, 3 and so on.</param>
/// <param name="Secret">32 random bytes.</param>
public sealed record ShareKey(long Number, ReadOnlyMemory<byte> Secret);

/// <summary>One counted download of one visitor, which may be continued for a while.</summary>
/// <param name="Digest">The share.</param>
/// <param name="Visitor">Random; only the visitor knows it.</param>
/// <param name="Subject">Stands for the content: a file's version, or an archive.</param>
public sealed record ShareGrant(ReadOnlyMemory<byte> Digest, Guid Visitor, Guid Subject);

/// <summary>Uses of a share without a limit, which are recorded together.</summary>
/// <param name="Digest">The share.</param>
/// <param name="Downloads">The number of downloads since the last record.</param>
/// <param name="At">The last one.</param>
public sealed record ShareUse(ReadOnlyMemory<byte> Digest, long Downloads, DateTimeOffset At);
