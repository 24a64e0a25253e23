namespace FileDrop.Api.Catalog;

/// <summary>Finds what is due, and claims it before it is deleted; see <see cref="ICatalog"/>.</summary>
public interface ISweepCatalog
{
    /// <summary>
    /// Documents with an expired intent, with garbage that is due, in the trash past their time, or tombstones that may go; the longest due first.
    /// </summary>
    Task<IReadOnlyList<(string Owner, Guid Id)>> FindDueAsync(int limit, CancellationToken cancellation);

    /// <summary>
    /// Moves every intent whose lease has run out to garbage as an unfinished write, and purges a file whose time in the trash has passed. This is one
    /// change, which judges the times at its own moment. The answer tells which garbage is due. It is null if the document does not exist.
    /// </summary>
    Task<SweepWork?> ClaimExpiredAsync(string owner, Guid id, CancellationToken cancellation);

    /// <summary>
    /// Records that these deletions are done. If a deletion was the blob's last one, its entry goes. Otherwise the entry stays and is due again once
    /// nothing of its write can arrive any more. A tombstone that names no blob and need not be remembered is removed.
    /// </summary>
    Task SweptAsync(string owner, Guid id, IReadOnlyList<BlobDeletion> done, CancellationToken cancellation);

    /// <summary>Gives back reservations that no document knows: their writer died between the two.</summary>
    Task ReleaseReservationsAsync(CancellationToken cancellation);

    /// <summary>Removes idempotency keys whose life has ended, if the catalog does not do so by itself.</summary>
    Task ForgetIdempotencyKeysAsync(CancellationToken cancellation);

    /// <summary>The blobs that are being written, and those that are to be deleted. The cost grows with their number.</summary>
    Task<CatalogBacklog> MeasureAsync(CancellationToken cancellation);
}
