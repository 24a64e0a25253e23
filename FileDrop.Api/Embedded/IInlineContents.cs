using FileDrop.Api.Catalog;
using FileDrop.Api.Storage;

namespace FileDrop.Api.Embedded;

/// <summary>
/// A capability of a pair of stores: it takes small contents in the catalog's own change. Either the write is begun, stored and committed,
/// or nothing of it ever existed. It leaves no intent; afterwards the blob is like any other.
/// </summary>
public interface IInlineContents
{
    /// <summary>The largest content that <see cref="CommitAsync"/> takes, in bytes.</summary>
    int MaxSize { get; }

    /// <summary>Stores and commits a content in one change.</summary>
    /// <param name="owner">The file's owner.</param>
    /// <param name="id">The file's id.</param>
    /// <param name="blob">The blob that the content becomes.</param>
    /// <param name="bytes">The content.</param>
    /// <param name="creates">Whether it makes a new file; otherwise it is new content of a live file.</param>
    /// <param name="commit">The commit that makes the bytes the file's content.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="QuotaExceededException">The owner's quota has no room for the content.</exception>
    /// <exception cref="StorageException">
    /// The change may have happened or not; with <see cref="StorageFailure.Full"/> it has not.
    /// </exception>
    Task<ChangeResult> CommitAsync(
        string owner, Guid id, WriteIntent blob, byte[] bytes, bool creates, FileCommit commit, CancellationToken cancellation);
}
