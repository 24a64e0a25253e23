namespace FileDrop.Api.Catalog;

/// <remarks>
/// <para>An owner's usage is the sizes of the distinct blobs of every file's contents, live and in the trash, and the number of those
/// files. A write of an owner with a quota reserves its bytes when it begins, or in steps while it goes on; its intent holds the
/// reservation, and whatever ends the intent turns it into usage or gives it back. Usage and reservations together never exceed
/// the quota, however many write at once.</para>
/// <para>Only what brings bytes is refused: a deletion, a purge and a restoration are always let through. A lower quota than what is
/// stored refuses the next write, and deletes nothing.</para>
/// </remarks>
public partial interface IFileCatalog
{
    /// <summary>Makes the reservation of an intent larger, or smaller.</summary>
    /// <param name="owner">Whose write it is.</param>
    /// <param name="id">The file's id.</param>
    /// <param name="intent">The write. Of one that has lost its intent nothing is said here; its commit will be refused.</param>
    /// <param name="needed">In all the reservation must have so many bytes.</param>
    /// <param name="wanted">And not more than these, if there is room.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <returns>Bytes that the write may have from now on, from <paramref name="needed"/> on; without a quota as many as there are.</returns>
    /// <exception cref="QuotaExceededException">There is no room for <paramref name="needed"/> bytes; the reservation stays.</exception>
    Task<long> ReserveAsync(string owner, Guid id, WriteIntent intent, long needed, long wanted, CancellationToken cancellation);

    /// <summary>What an owner has stored.</summary>
    Task<OwnerUsage> FindUsageAsync(string owner, CancellationToken cancellation);

    /// <summary>Gives back reservations that no document knows of: their writer died between the two.</summary>
    Task ReleaseReservationsAsync(CancellationToken cancellation);

    /// <summary>Compares what is recorded of each owner's usage with what the documents add up to, beside a running service.</summary>
    /// <param name="repair">Record what the documents add up to.</param>
    /// <param name="cancellation">Ends the comparison.</param>
    Task<IReadOnlyList<UsageDifference>> CheckUsageAsync(bool repair, CancellationToken cancellation);
}
