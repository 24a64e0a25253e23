namespace FileDrop.Api.Blobs;

/// <summary>
/// Notes, beside the blobs, of blobs that were found damaged or missing. So every process over the same store knows of a damage that
/// one of them has found: a service what a check has, and a replica what another one has read.
/// </summary>
/// <remarks>Any method may throw <see cref="StorageException"/>.</remarks>
internal interface IDamageNotes
{
    /// <summary>Notes a damage; once is enough.</summary>
    Task AddAsync(BlobKey key, CancellationToken cancellation);

    /// <summary>Removes a note, if there is one: the damage is mended, or no document names the blob any more.</summary>
    Task RemoveAsync(BlobKey key, CancellationToken cancellation);

    /// <summary>What is noted: at most 1,000 blobs.</summary>
    Task<IReadOnlyList<BlobKey>> ListAsync(CancellationToken cancellation);
}
