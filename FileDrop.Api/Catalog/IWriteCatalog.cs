namespace FileDrop.Api.Catalog;

/// <summary>Records writes: intent, renewals, commit. See <see cref="ICatalog"/>.</summary>
/// <remarks>
/// <para>An owner's usage is the sizes of the distinct blobs of all files' contents, live and in the trash, and the number of these files. A
/// write of an owner with a quota reserves its bytes when it begins, or in steps while it goes on. Its intent holds the reservation; the end of the
/// intent turns it into usage or gives it back. Usage and reservations together never exceed the quota, even if many writes run at once.</para>
/// <para>Only writes are refused; a deletion, a purge or a restoration never is. If the quota is lowered below the usage, the next write is
/// refused and nothing is deleted.</para>
/// </remarks>
public interface IWriteCatalog
{
    /// <summary>Inserts a pending document with one intent. Its lease begins now.</summary>
    /// <inheritdoc cref="BeginReplaceAsync"/>
    Task BeginCreateAsync(string owner, Guid id, WriteIntent intent, long bytes, CancellationToken cancellation);

    /// <summary>Adds an intent to a live file's document. Returns false if the file does not exist or is not live.</summary>
    /// <param name="owner">The file's owner.</param>
    /// <param name="id">The file's id.</param>
    /// <param name="intent">The blob that is written.</param>
    /// <param name="bytes">Bytes that are reserved at once. Others must be reserved before they are written: see <see cref="ReserveAsync"/>.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="QuotaExceededException">The owner's quota has no room for the bytes, or for one more file.</exception>
    Task<bool> BeginReplaceAsync(string owner, Guid id, WriteIntent intent, long bytes, CancellationToken cancellation);

    /// <summary>Makes the reservation of an intent larger or smaller.</summary>
    /// <param name="owner">The file's owner.</param>
    /// <param name="id">The file's id.</param>
    /// <param name="intent">The write. If it has lost its intent, this call does not tell; its commit will be refused.</param>
    /// <param name="needed">The least that the reservation must have, in bytes.</param>
    /// <param name="wanted">The most that it may have, if there is room.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <returns>Bytes that are reserved now, at least <paramref name="needed"/>; without a quota the largest number.</returns>
    /// <exception cref="QuotaExceededException">
    /// The owner's quota has no room for <paramref name="needed"/> bytes. The reservation stays as it was.
    /// </exception>
    Task<long> ReserveAsync(string owner, Guid id, WriteIntent intent, long needed, long wanted, CancellationToken cancellation);

    /// <summary>Begins the intent's lease again. Returns false if the document does not name the intent; the writer must then stop.</summary>
    Task<bool> RenewAsync(string owner, Guid id, WriteIntent intent, CancellationToken cancellation);

    /// <summary>
    /// Makes the intent's blob the live content. The former one becomes the newest earlier version. Versions beyond
    /// <see cref="CatalogRules.VersionsKept"/> or past <see cref="CatalogRules.VersionsMaxAge"/> are pruned, and the file's version grows by one. Depends on
    /// the intent being there, even if its lease has run out, and on <see cref="FileCommit.IfVersion"/>.
    /// </summary>
    Task<ChangeResult> CommitAsync(string owner, Guid id, WriteIntent intent, FileCommit commit, CancellationToken cancellation);

    /// <summary>
    /// Moves the intent to garbage as an unfinished write. A pending document without another intent becomes a tombstone. Does nothing if the intent is
    /// not there.
    /// </summary>
    Task AbandonAsync(string owner, Guid id, WriteIntent intent, CancellationToken cancellation);

    /// <summary>The fate of a write whose commit was sent.</summary>
    Task<WriteFate> FindFateAsync(string owner, Guid id, WriteIntent intent, CancellationToken cancellation);
}
