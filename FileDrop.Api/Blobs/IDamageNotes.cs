using FileDrop.Api.Storage;

namespace FileDrop.Api.Blobs;

/// <summary>
/// Notes of blobs that were found damaged or missing, kept beside the blobs. All processes over one store learn from them: a service from
/// a check, and a replica from another one.
/// </summary>
/// <remarks>Any method may throw <see cref="StorageException"/>.</remarks>
internal interface IDamageNotes
{
    /// <summary>Adds a note; does nothing if there is one.</summary>
    Task AddAsync(BlobKey key, CancellationToken cancellation);

    /// <summary>Removes a note, if there is one. Call this when the damage is repaired, or no document names the blob any more.</summary>
    Task RemoveAsync(BlobKey key, CancellationToken cancellation);

    /// <summary>Lists the blobs that have notes, at most 1,000.</summary>
    Task<IReadOnlyList<BlobKey>> ListAsync(CancellationToken cancellation);
}
