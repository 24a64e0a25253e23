using FileDrop.Api.Catalog;
using FileDrop.Api.Storage;

namespace FileDrop.Api.Contents;

/// <summary>Records the CRC-32 of contents that an earlier release stored without one, once all their bytes were read and verified.</summary>
/// <remarks>No reader depends on it. A recording that fails, or is one too many, is left to the next whole read.</remarks>
internal sealed partial class MissingCrcs(IFileCatalog catalog, ILogger<MissingCrcs> log)
{
    private const int MostAtOnce = 16;

    private int _running;

    /// <summary>Records a CRC-32. A failure of the catalog is only logged.</summary>
    public async Task RecordAsync(string owner, Guid file, Guid blob, uint crc32)
    {
        try
        {
            await catalog.RecordCrcAsync(owner, file, blob, crc32, CancellationToken.None);
        }
        catch (StorageException failure)
        {
            LogUnrecorded(file, failure.Reason);
        }
    }

    /// <summary>Records a CRC-32 in the background, unless many recordings are under way.</summary>
    public void RecordSoon(CatalogFile file, uint crc32)
    {
        if (Interlocked.Increment(ref _running) <= MostAtOnce)
            _ = Task.Run(RecordAndEndAsync);
        else
            Interlocked.Decrement(ref _running);

        async Task RecordAndEndAsync()
        {
            try
            {
                await RecordAsync(file.Owner, file.Id, file.Content.BlobId, crc32);
            }
            finally
            {
                Interlocked.Decrement(ref _running);
            }
        }
    }

    [LoggerMessage(LogLevel.Debug, "The CRC-32 of a content of file {File} was not recorded; the next whole read tries again. {Reason}")]
    private partial void LogUnrecorded(Guid file, string reason);
}
