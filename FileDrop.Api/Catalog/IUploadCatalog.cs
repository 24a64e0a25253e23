namespace FileDrop.Api.Catalog;

/// <summary>Records resumable uploads; see <see cref="ICatalog"/>.</summary>
/// <remarks>
/// <para>A resumable upload is a pending document that tells how far it has come. Its own blob and its pieces are intents of that document, with
/// the upload's expiry as their lease. An upload that is given up is claimed and deleted like any other abandoned write.</para>
/// <para>One holder at a time appends. It records its steps under a fencing number, which a newcomer raises when it takes over. From then on, the
/// former holder's steps and its commit are refused.</para>
/// </remarks>
public interface IUploadCatalog
{
    /// <summary>Inserts a pending document with a resumable upload, which expires after <see cref="CatalogRules.ResumableExpiry"/>.</summary>
    /// <param name="owner">The upload's owner.</param>
    /// <param name="id">The upload's id.</param>
    /// <param name="intent">The upload's own blob.</param>
    /// <param name="plan">The file that the upload is for.</param>
    /// <param name="length">Bytes in the whole, or null if unknown.</param>
    /// <param name="holder">The request that appends at once, or null if none does.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="QuotaExceededException">The owner's quota has no room for another file; a partial upload is not counted as one.</exception>
    /// <exception cref="TooManyUploadsException">The owner already has <see cref="CatalogRules.OpenUploadsPerOwner"/>.</exception>
    Task<ResumableUpload> BeginResumableAsync(
        string owner, Guid id, WriteIntent intent, ResumablePlan plan, long? length, Guid? holder, CancellationToken cancellation);

    /// <summary>The upload, also if its file was changed or deleted since. Null if there is none, or if it has expired.</summary>
    Task<ResumableUpload?> FindResumableAsync(string owner, Guid id, CancellationToken cancellation);

    /// <summary>
    /// Makes <paramref name="taker"/> the holder of an upload that is not complete, under a new fencing number. If another holder is alive, it is
    /// asked to let go instead. The answer names the holder; null as in <see cref="FindResumableAsync"/>.
    /// </summary>
    /// <param name="owner">The upload's owner.</param>
    /// <param name="id">The upload's id.</param>
    /// <param name="taker">Random; names the newcomer in this call and its repetitions.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    Task<ResumableUpload?> TakeResumableAsync(string owner, Guid id, Guid taker, CancellationToken cancellation);

    /// <summary>
    /// Records a step, which is also a sign of life of the holder. Pieces that it does not name any more become garbage. If the offset has moved, the
    /// expiry begins again.
    /// </summary>
    /// <returns>The upload after the step. Null if the fencing number was raised or the upload is gone; the holder must then stop.</returns>
    Task<ResumableUpload?> RecordResumableAsync(string owner, Guid id, WriteIntent intent, ResumableStep done, CancellationToken cancellation);

    /// <summary>
    /// Gives an upload up: everything it has stored becomes garbage. Returns false if it is not there, or not under this fencing number.
    /// </summary>
    Task<bool> EndResumableAsync(string owner, Guid id, WriteIntent intent, CancellationToken cancellation);
}
