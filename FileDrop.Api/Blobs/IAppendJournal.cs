using FileDrop.Api.Hashing;
using FileDrop.Api.Storage;

namespace FileDrop.Api.Blobs;

/// <summary>The caller's side of appending to a blob: it hashes the content and records how far the blob is durable.</summary>
/// <remarks>An appender makes one call of <see cref="Hash"/> or <see cref="Mark"/> at a time.</remarks>
public interface IAppendJournal
{
    /// <summary>Adds bytes to the content's hashes. The appender passes every byte once and in order, while it writes.</summary>
    void Hash(ReadOnlySpan<byte> bytes);

    /// <summary>Returns the hashes of all bytes added so far.</summary>
    HashMark Mark();

    /// <summary>
    /// Records the appender's point durably: <see cref="IBlobAppender.Durable"/>, or <see cref="IBlobAppender.Discarded"/> while the
    /// caller does not know yet whether the bytes are right.
    /// </summary>
    /// <param name="isSealed">All bytes are stored: the point is <see cref="IBlobAppender.Durable"/>, and no caller may append again.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="StorageException">The caller may not append any more, or the catalog failed.</exception>
    /// <remarks>
    /// Read the point when its turn to be recorded comes, since an earlier value may be stale. An appender sends nothing to its store
    /// under a name or a number that is not recorded.
    /// </remarks>
    Task RecordAsync(bool isSealed, CancellationToken cancellation);
}
