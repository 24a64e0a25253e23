using FileDrop.Api.Storage;

namespace FileDrop.Api.Blobs;

/// <summary>A capability of a blob store that keeps several blobs in one file: it takes back the room of those that were deleted.</summary>
internal interface ICompaction
{
    /// <summary>Takes back room, at a bounded rate. It does nothing if nothing was deleted.</summary>
    /// <param name="cancellation">Ends the work, which the next call goes on with.</param>
    /// <returns>Bytes that the store has back.</returns>
    /// <exception cref="StorageException">The store failed.</exception>
    Task<long> RunAsync(CancellationToken cancellation);
}
