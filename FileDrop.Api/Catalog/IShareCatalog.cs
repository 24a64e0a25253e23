using FileDrop.Api.Storage;

namespace FileDrop.Api.Catalog;

/// <summary>The shares, for their owners. Every call throws <see cref="StorageException"/> if the catalog does not answer.</summary>
public interface IShareCatalog
{
    /// <summary>The most shares that one page of <see cref="ListSharesAsync"/> has.</summary>
    const int MaxListed = 100;

    /// <summary>Lists the keys that make tokens, the oldest first.</summary>
    Task<IReadOnlyList<ShareKey>> ListShareKeysAsync(CancellationToken cancellation);

    /// <summary>Adds a key; durable when it returns. False if a key with this number already exists.</summary>
    Task<bool> AddShareKeyAsync(ShareKey key, CancellationToken cancellation);

    /// <summary>Adds a share as it is; durable when it returns. False if the share exists.</summary>
    Task<bool> AddShareAsync(Share share, CancellationToken cancellation);

    /// <summary>Counts an owner's shares, up to the limit.</summary>
    Task<long> CountSharesAsync(string owner, int limit, CancellationToken cancellation);

    /// <summary>Lists an owner's shares, the newest first.</summary>
    /// <param name="owner">The owner; null for all owners.</param>
    /// <param name="before">The share after which the page begins; null for the newest.</param>
    /// <param name="limit">The most shares: 1 to <see cref="MaxListed"/>.</param>
    /// <param name="cancellation">Ends the reading.</param>
    Task<IReadOnlyList<Share>> ListSharesAsync(string? owner, Guid? before, int limit, CancellationToken cancellation);

    /// <summary>Finds a share by its id; null if the owner has none.</summary>
    Task<ShareReading?> FindShareAsync(string owner, Guid id, CancellationToken cancellation);

    /// <summary>Changes a share, except for its counters. The rule may run more than once. Null if the share does not exist.</summary>
    Task<Share?> ChangeShareAsync(string owner, Guid id, Func<Share, DateTimeOffset, Share> rule, CancellationToken cancellation);

    /// <summary>Ends a share: its link is refused from now on. False if the share does not exist.</summary>
    Task<bool> DeleteShareAsync(string owner, Guid id, CancellationToken cancellation);

    /// <summary>Ends all shares that an API key made.</summary>
    /// <returns>The number of shares.</returns>
    Task<long> DeleteSharesOfKeyAsync(string key, CancellationToken cancellation);
}

/// <summary>The shares, for the holders of their links. Every call throws <see cref="StorageException"/> if the catalog does not answer.</summary>
/// <remarks>Requests know only the token, so a cluster shards this small collection by the token's digest.</remarks>
public interface ISharedCatalog
{
    /// <summary>Finds a share by the SHA-256 of its token; null if there is none.</summary>
    Task<ShareReading?> FindShareAsync(ReadOnlyMemory<byte> digest, CancellationToken cancellation);

    /// <summary>
    /// Counts a download by one conditional increment, and then grants its visitor to go on with it. False if all downloads are used up, or the share has
    /// changed or expired since it was read.
    /// </summary>
    /// <param name="share">The share as it was read, with a limit.</param>
    /// <param name="grant">The download.</param>
    /// <param name="bytes">The bytes that may still be sent under the grant, beyond those of this request.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    Task<bool> CountDownloadAsync(Share share, ShareGrant grant, long bytes, CancellationToken cancellation);

    /// <summary>Takes back a counted download of which no byte was sent.</summary>
    Task UncountDownloadAsync(ShareGrant grant, CancellationToken cancellation);

    /// <summary>Takes bytes of a grant, by one conditional change. False if it has not that many left, has ended or does not exist.</summary>
    Task<bool> TakeGrantAsync(ShareGrant grant, long bytes, CancellationToken cancellation);

    /// <summary>Gives bytes that were not sent back to a grant.</summary>
    Task ReturnGrantAsync(ShareGrant grant, long bytes, CancellationToken cancellation);

    /// <summary>Records downloads of shares without a limit. A crash may lose some.</summary>
    Task NoteShareUsesAsync(IReadOnlyList<ShareUse> uses, CancellationToken cancellation);

    /// <summary>
    /// Reserves room for a file that is being dropped, by one conditional increment. False if it would exceed a limit of the share, or the share has changed or
    /// expired since it was read.
    /// </summary>
    Task<bool> ReserveDropAsync(Share share, long bytes, CancellationToken cancellation);

    /// <summary>Gives back a reservation of a file that did not arrive.</summary>
    /// <param name="digest">The share.</param>
    /// <param name="bytes">The bytes that were reserved.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    Task ReleaseDropAsync(ReadOnlyMemory<byte> digest, long bytes, CancellationToken cancellation);

    /// <summary>Removes grants that have ended, if the catalog does not do so by itself.</summary>
    Task ForgetGrantsAsync(CancellationToken cancellation);
}
