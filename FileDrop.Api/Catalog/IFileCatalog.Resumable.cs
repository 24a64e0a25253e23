namespace FileDrop.Api.Catalog;

/// <remarks>
/// <para>A resumable upload is a pending document that says how far it has come. Its own blob and its pieces are intents of that
/// document whose lease is the upload's expiry: what is given up is claimed and deleted like any other abandoned write.</para>
/// <para>One holder at a time appends. It records its steps under a fencing number, which a newcomer raises when it takes over;
/// from then on the former holder's steps, and its commit, are refused.</para>
/// </remarks>
public partial interface IFileCatalog
{
    /// <summary>Inserts a pending document with a resumable upload, which expires <see cref="CatalogRules.ResumableExpiry"/> from now.</summary>
    /// <param name="owner">Whose it is.</param>
    /// <param name="id">The upload's id.</param>
    /// <param name="intent">Its own blob.</param>
    /// <param name="plan">What it is for.</param>
    /// <param name="length">Bytes in the whole, if known.</param>
    /// <param name="holder">Who appends at once; null: nobody.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="QuotaExceededException">The owner's quota has no room for it; a partial upload is not counted as a file.</exception>
    /// <exception cref="TooManyUploadsException">The owner has <see cref="CatalogRules.OpenUploadsPerOwner"/> already.</exception>
    Task<ResumableUpload> BeginResumableAsync(
        string owner, Guid id, WriteIntent intent, ResumablePlan plan, long? length, Guid? holder, CancellationToken cancellation);

    /// <summary>The upload, whatever has become of the file since; null: there is none, or its time has passed.</summary>
    Task<ResumableUpload?> FindResumableAsync(string owner, Guid id, CancellationToken cancellation);

    /// <summary>
    /// Makes <paramref name="taker"/> the holder of an upload that is not complete, under a new fencing number, unless another one
    /// is alive: that one is asked to let go. Who holds it afterwards is in the answer; null as in <see cref="FindResumableAsync"/>.
    /// </summary>
    /// <param name="owner">Whose it is.</param>
    /// <param name="id">The upload's id.</param>
    /// <param name="taker">Random; names the newcomer in this call and its repetitions.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    Task<ResumableUpload?> TakeResumableAsync(string owner, Guid id, Guid taker, CancellationToken cancellation);

    /// <summary>
    /// Records a step. Pieces that it does not name any more become garbage; the expiry counts anew when the offset has moved. Also a
    /// sign of life of the holder.
    /// </summary>
    /// <returns>The upload as it is then; null: the fencing number was raised or the upload is gone, and the holder must stop.</returns>
    Task<ResumableUpload?> RecordResumableAsync(string owner, Guid id, WriteIntent intent, ResumableStep done, CancellationToken cancellation);

    /// <summary>Gives an upload up: all that it has stored becomes garbage. False: it is not there, or not under this fencing number.</summary>
    Task<bool> EndResumableAsync(string owner, Guid id, WriteIntent intent, CancellationToken cancellation);
}
