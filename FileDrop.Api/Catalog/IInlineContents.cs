namespace FileDrop.Api.Catalog;

/// <summary>
/// A pair of stores that takes small contents in the catalog's own change: the write is begun, stored and committed, or nothing of it
/// ever was. It leaves no intent; afterwards the blob is one like others.
/// </summary>
public interface IInlineContents
{
    /// <summary>The largest content that <see cref="CommitAsync"/> takes, in bytes.</summary>
    int MaxSize { get; }

    /// <summary>Stores and commits a content in one change.</summary>
    /// <param name="owner">Whose file it is.</param>
    /// <param name="id">The file's id.</param>
    /// <param name="blob">The blob that the content becomes.</param>
    /// <param name="bytes">The content.</param>
    /// <param name="creates">Whether it makes a new file, rather than a new content of a live one.</param>
    /// <param name="commit">What becomes of the blob.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="QuotaExceededException">The owner's quota has no room for it.</exception>
    /// <exception cref="StorageException">The change may have happened or not; with <see cref="StorageFailure.Full"/> it has not.</exception>
    Task<ChangeResult> CommitAsync(
        string owner, Guid id, WriteIntent blob, byte[] bytes, bool creates, FileCommit commit, CancellationToken cancellation);
}
