namespace FileDrop.Api.Catalog;

/// <summary>Locks of files and folders, and properties that clients made up; see <see cref="ICatalog"/>.</summary>
/// <remarks>
/// A lock stands in its entry's own document, so every replica sees it, and it survives crashes. The entry's own locks are part of the condition of each of
/// its changes. A change in a folder also looks for locks of the folders above. On MongoDB it reads these just before it commits.
/// </remarks>
public interface IDavCatalog
{
    /// <summary>The catalog's clock, by which locks expire.</summary>
    Task<DateTimeOffset> NowAsync(CancellationToken cancellation);

    /// <summary>Locks a live entry, if no other lock of it, above it or (for a deep lock) below it excludes that.</summary>
    Task<LockResult> LockAsync(string owner, EntryKind kind, Guid id, LockRequest request, CancellationToken cancellation);

    /// <summary>Renews a lock that its holder has not lost yet.</summary>
    Task<LockResult> RefreshLockAsync(
        string owner, EntryKind kind, Guid id, Guid token, string holder, TimeSpan life, CancellationToken cancellation);

    /// <summary>Ends a lock. Not found: there is none, or it has expired. Locked: it is another caller's.</summary>
    /// <param name="owner">The entry's owner.</param>
    /// <param name="kind">The kind of the entry.</param>
    /// <param name="id">The entry's id.</param>
    /// <param name="token">The lock's token.</param>
    /// <param name="holder">The caller who must hold it; null ends anybody's.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    Task<ChangeOutcome> UnlockAsync(string owner, EntryKind kind, Guid id, Guid token, string? holder, CancellationToken cancellation);

    /// <summary>Changes properties of a live file, and the client's time if it is given; all of it or nothing.</summary>
    Task<ChangeResult> ChangePropertiesAsync(
        string owner, Guid file, IReadOnlyList<PropertyChange> changes, DateTimeOffset? modifiedAt, LockTokens held, CancellationToken cancellation);

    /// <summary>Changes properties of a live folder; all of it or nothing.</summary>
    Task<FolderResult> ChangeFolderPropertiesAsync(
        string owner, Guid folder, IReadOnlyList<PropertyChange> changes, LockTokens held, CancellationToken cancellation);
}
