using FileDrop.Api.Catalog;
using FileDrop.Api.Storage;

namespace FileDrop.Api.Embedded;

/// <summary>The bytes of a content that were received and belong to no file yet. Disposal ends the wait for a commit.</summary>
public interface IInlineBytes : IDisposable;

/// <summary>
/// A capability of a pair of stores: it commits a small content in one change of the catalog. Either the write is begun, stored and committed, or nothing of it
/// ever existed. It leaves no intent; afterwards the blob is like any other.
/// </summary>
public interface IInlineContents
{
    /// <summary>The largest content that <see cref="StoreAsync"/> takes, in bytes.</summary>
    int MaxSize { get; }

    /// <summary>Refuses a content for which there is certainly no room, before its bytes are sent. It reserves nothing.</summary>
    /// <param name="owner">The file's owner.</param>
    /// <param name="bytes">The least bytes of the content.</param>
    /// <param name="creates">Whether it makes a new file.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="QuotaExceededException">The owner's quota has no room for the content.</exception>
    /// <exception cref="StorageException">The store is full, or failed.</exception>
    Task ExpectAsync(string owner, long bytes, bool creates, CancellationToken cancellation);

    /// <summary>Receives a content. It is neither durable nor part of a file before its commit.</summary>
    /// <param name="content">Read to its end. Its exceptions come out unchanged.</param>
    /// <param name="length">The most bytes that it has, up to <see cref="MaxSize"/>.</param>
    /// <param name="exact">Whether it has exactly that many.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <exception cref="StorageException">The store is full, or failed.</exception>
    Task<IInlineBytes> StoreAsync(Stream content, int length, bool exact, CancellationToken cancellation);

    /// <summary>Commits a content in one change, which makes it durable, too.</summary>
    /// <param name="owner">The file's owner.</param>
    /// <param name="id">The file's id.</param>
    /// <param name="blob">The blob that the content becomes.</param>
    /// <param name="bytes">The content, as it was received.</param>
    /// <param name="creates">Whether it makes a new file; otherwise it is new content of a live file.</param>
    /// <param name="commit">The commit that makes the bytes the file's content.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="QuotaExceededException">The owner's quota has no room for the content.</exception>
    /// <exception cref="StorageException">
    /// The change may have happened or not; with <see cref="StorageFailure.Full"/> it has not.
    /// </exception>
    Task<ChangeResult> CommitAsync(
        string owner, Guid id, WriteIntent blob, IInlineBytes bytes, bool creates, FileCommit commit, CancellationToken cancellation);
}
