namespace FileDrop.Api.Blobs;

/// <summary>
/// The key of one blob. It is written once and never again for other bytes; no name that a user gave is in it. The
/// file's id is in it so that a blob leads to its document.
/// </summary>
/// <param name="BlobId">Random; first in the text, so that keys spread over folders and over S3's partitions.</param>
/// <param name="FileId">The file whose document names the blob.</param>
public readonly record struct BlobKey(Guid BlobId, Guid FileId)
{
    /// <summary>65 characters of <c>[0-9a-f-]</c>: an object key and a file name alike.</summary>
    public override string ToString() => $"{BlobId:N}-{FileId:N}";

    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out BlobKey key)
    {
        key = default;
        if (text.Length != 65 || text[32] != '-'
            || !Guid.TryParseExact(text[..32], "N", out var blob) || !Guid.TryParseExact(text[33..], "N", out var file))
            return false;
        key = new BlobKey(blob, file);
        return true;
    }
}

/// <summary>A blob as the store has it.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Size">In bytes.</param>
public readonly record struct StoredBlob(BlobKey Key, long Size);

/// <summary>The content is longer than the store can take in this form: the client's doing, not the store's.</summary>
/// <param name="message">Says the limit, and is sent to the client.</param>
public sealed class BlobTooLargeException(string message) : Exception(message);

/// <summary>Where bytes live. A blob is written once, read any number of times, and deleted.</summary>
/// <remarks>Any method may throw <see cref="StorageException"/>. <see cref="StartAsync"/> may be called again after it failed.</remarks>
public interface IBlobStore
{
    /// <summary>What it is and where its data lies, for the line at start: no credentials.</summary>
    string Description { get; }

    /// <summary>
    /// How long after a call was begun its effect may still appear in the store: every call's hard timeout. Zero for a store
    /// whose calls end with the process.
    /// </summary>
    TimeSpan CallTimeout { get; }

    /// <summary>Makes the bucket or the folders. Idempotent, safe beside other replicas.</summary>
    Task StartAsync(CancellationToken cancellation);

    /// <summary>Asks the store for a sign of life.</summary>
    Task PingAsync(CancellationToken cancellation);

    /// <summary>Writes one blob under a new key; complete and durable when it returns, invisible before.</summary>
    /// <param name="key">A key never used before.</param>
    /// <param name="owner">For whom: where writers share something scarce, owners get equal shares of it.</param>
    /// <param name="content">
    /// Read once, to its end, never buffered whole. What it throws comes out unchanged. A read into no room waits until there is
    /// something to read.
    /// </param>
    /// <param name="length">
    /// Bytes that <paramref name="content"/> will give, or at least an upper bound where <paramref name="exact"/> is false;
    /// null if nothing is known. Decides on one request or a multipart upload, and on the size of the parts.
    /// </param>
    /// <param name="exact">Whether the content has exactly <paramref name="length"/> bytes, or else throws.</param>
    /// <param name="cancellation">When cancelled the write stops; what it left is deleted as far as that is possible now.</param>
    /// <exception cref="BlobTooLargeException">The content is longer than the store can take.</exception>
    /// <exception cref="StorageException">The store failed. Nothing readable was left, or what was left is found by its key.</exception>
    Task WriteAsync(BlobKey key, string owner, Stream content, long? length, bool exact, CancellationToken cancellation);

    /// <summary>The largest blob that can be appended to, in bytes.</summary>
    long MaxAppendedSize { get; }

    /// <summary>
    /// Goes on with a blob that is written bit by bit, by one caller after the other. Whatever a former one may have written behind
    /// <paramref name="from"/> does not count, even if it arrives later.
    /// </summary>
    /// <param name="key">A key never used for anything but this blob.</param>
    /// <param name="from">The last recorded point.</param>
    /// <param name="extent">What is known of the bytes to come.</param>
    /// <param name="journal">The caller's side; called until the appender is disposed of.</param>
    /// <param name="cancellation">Ends the opening.</param>
    /// <exception cref="StorageException">The store failed, or a former caller in this process has not ended yet.</exception>
    Task<IBlobAppender> AppendAsync(BlobKey key, AppendPoint from, AppendExtent extent, IAppendJournal journal, CancellationToken cancellation);

    /// <summary>Opens a slice of a blob for reading; it is read from the store as the caller reads.</summary>
    /// <param name="key">The blob.</param>
    /// <param name="offset">The first byte.</param>
    /// <param name="count">How many bytes; the slice lies within the blob. Zero is an empty slice of a blob that is there.</param>
    /// <param name="cancellation">Ends the opening, and the reading.</param>
    /// <returns>A stream that ends after <paramref name="count"/> bytes, or throws; null: there is no such blob.</returns>
    Task<Stream?> OpenAsync(BlobKey key, long offset, long count, CancellationToken cancellation);

    /// <summary>
    /// A page of what lies in the store, in the order of the keys' text: complete blobs alone, and nothing that is not named as a
    /// blob. For the check; what is written or deleted meanwhile may be in it or not.
    /// </summary>
    /// <param name="after">Begin behind this key; null begins at the first.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <returns>At most 1,000; none: the end.</returns>
    Task<IReadOnlyList<StoredBlob>> ListAsync(BlobKey? after, CancellationToken cancellation);

    /// <summary>The size of a blob in bytes; null: there is no such blob.</summary>
    Task<long?> FindSizeAsync(BlobKey key, CancellationToken cancellation);

    /// <summary>
    /// Takes a blob out of the way without deleting it: to the same key under <c>quarantine/</c>, where nothing of FileDrop's reads
    /// it. A blob that is not there is left alone.
    /// </summary>
    Task QuarantineAsync(BlobKey key, CancellationToken cancellation);

    /// <summary>Deletes a blob and whatever an unfinished write of it left, found by the key alone. A blob that is not there is deleted.</summary>
    Task DeleteAsync(BlobKey key, CancellationToken cancellation);
}
