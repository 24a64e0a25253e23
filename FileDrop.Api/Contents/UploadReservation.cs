using FileDrop.Api.Catalog;

namespace FileDrop.Api.Contents;

/// <summary>The bytes that an upload has reserved of its owner's quota. Each request reserves again, since the quota may have changed.</summary>
internal sealed class UploadReservation(IWriteCatalog catalog, ResumableUpload upload)
{
    private long _reserved;

    /// <summary>Reserves the bytes that a request will certainly bring.</summary>
    /// <param name="bytes">Bytes in all, with those of earlier requests.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="RefusedException">The owner's quota has no room for it.</exception>
    public Task BeginAsync(long bytes, CancellationToken cancellation) => ReserveAsync(bytes, bytes, cancellation);

    /// <summary>Makes sure that there is room before bytes are stored.</summary>
    /// <inheritdoc cref="BeginAsync"/>
    public Task CoverAsync(long bytes, CancellationToken cancellation) =>
        bytes <= _reserved ? Task.CompletedTask : ReserveAsync(bytes, bytes + ReservedContent.Step(bytes), cancellation);

    private async Task ReserveAsync(long needed, long wanted, CancellationToken cancellation)
    {
        try
        {
            _reserved = await catalog.ReserveAsync(upload.Owner, upload.Id, upload.Intent, needed, wanted, cancellation);
        }
        catch (QuotaExceededException full)
        {
            throw new RefusedException(RefusalCode.QuotaExceeded, full);
        }
    }
}
