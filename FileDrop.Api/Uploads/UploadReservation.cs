using FileDrop.Api.Catalog;
using FileDrop.Api.Files;

namespace FileDrop.Api.Uploads;

/// <summary>What an upload has reserved of its owner's quota; asked for anew in every request, for the quota may be another by now.</summary>
internal sealed class UploadReservation(IFileCatalog catalog, ResumableUpload upload)
{
    private long _reserved;

    /// <summary>Reserves what a request will bring, as far as that is known before.</summary>
    /// <param name="bytes">In all so many.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="ContentRejectedException">The owner's quota has no room for it.</exception>
    public Task BeginAsync(long bytes, CancellationToken cancellation) => ReserveAsync(bytes, bytes, cancellation);

    /// <summary>Sees to it that there is room before bytes are stored.</summary>
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
            throw new ContentRejectedException(ApiProblem.QuotaExceeded, full);
        }
    }
}
