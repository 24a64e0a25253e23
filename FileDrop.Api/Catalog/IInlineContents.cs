namespace FileDrop.Api.Catalog;

/// <summary>
/// A pair of stores that stores small contents in the catalog's own change. Such a write happens completely or not at all, and it leaves no intent. Afterwards
/// its blob is like any other.
/// </summary>
public interface IInlineContents
{
    /// <summary>The largest content that <see cref="CommitAsync"/> takes, in bytes.</summary>
    int MaxSize { get; }

    /// <summary>Stores and commits a content in one change.</summary>
    /// <param name="owner">The file's owner.</param>
    /// <param name="id">The file's id.</param>
    /// <param name="blob">The id of the content's blob.</param>
    /// <param name="bytes">The content.</param>
    /// <param name="creates">Whether the write creates a file; otherwise it replaces the content of a live one.</param>
    /// <param name="commit">The parameters of the commit.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="QuotaExceededException">The owner's quota has no room for the content.</exception>
    /// <exception cref="StorageException">The change may have happened or not; with <see cref="StorageFailure.Full"/> it has not.</exception>
    Task<ChangeResult> CommitAsync(
        string owner, Guid id, WriteIntent blob, byte[] bytes, bool creates, FileCommit commit, CancellationToken cancellation);
}
