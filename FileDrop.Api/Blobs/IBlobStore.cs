using FileDrop.Api.Storage;

namespace FileDrop.Api.Blobs;

/// <summary>
/// The key of one blob. It is used once and never again for other bytes. It contains no name that a user gave. It contains the file's
/// id, so that a blob leads to its document.
/// </summary>
/// <param name="BlobId">Random. It comes first in the text, so that keys spread over folders and over S3's partitions.</param>
/// <param name="FileId">The file whose document names the blob.</param>
public readonly record struct BlobKey(Guid BlobId, Guid FileId)
{
    /// <summary>65 characters of <c>[0-9a-f-]</c>: valid as an object key and as a file name.</summary>
    public override string ToString() => $"{BlobId:N}-{FileId:N}";

    /// <summary>Reads a text of <see cref="ToString"/>.</summary>
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

/// <summary>The content is longer than the store can take in this form. The client is the cause, not the store.</summary>
/// <param name="message">Names the limit, and is sent to the client.</param>
public sealed class BlobTooLargeException(string message) : Exception(message);

/// <summary>Stores blobs. A blob is written once, read any number of times, and deleted.</summary>
/// <remarks>Any method may throw <see cref="StorageException"/>. <see cref="StartAsync"/> may be called again after it failed.</remarks>
public interface IBlobStore
{
    /// <summary>The kind of store and the place of its data, for the line at start. It contains no credentials.</summary>
    string Description { get; }

    /// <summary>
    /// The hard timeout of every call: this long after a call began, its effect may still appear in the store. Zero for a store whose calls
    /// end with the process.
    /// </summary>
    TimeSpan CallTimeout { get; }

    /// <summary>Makes the bucket or the folders. Idempotent, and safe beside other replicas.</summary>
    Task StartAsync(CancellationToken cancellation);

    /// <summary>Asks the store for a sign of life.</summary>
    Task PingAsync(CancellationToken cancellation);

    /// <summary>Writes one blob under a new key. The blob is complete and durable when this returns, and invisible before.</summary>
    /// <param name="key">A key never used before.</param>
    /// <param name="owner">The file's owner. Owners get equal shares of a scarce resource.</param>
    /// <param name="content">
    /// Read once, to its end, and never buffered whole. Its exceptions come out unchanged. A read into an empty buffer waits until there is
    /// something to read.
    /// </param>
    /// <param name="length">
    /// Bytes in <paramref name="content"/>, or an upper bound if <paramref name="exact"/> is false; null if nothing is known. It decides
    /// between one request and a multipart upload, and the size of the parts.
    /// </param>
    /// <param name="exact">Whether the content has exactly <paramref name="length"/> bytes, or throws.</param>
    /// <param name="cancellation">Stops the write, which then deletes what it left as far as that is possible.</param>
    /// <exception cref="BlobTooLargeException">The content is longer than the store can take.</exception>
    /// <exception cref="StorageException">
    /// The store failed. It left nothing readable, or a deletion by the key finds what it left.
    /// </exception>
    Task WriteAsync(BlobKey key, string owner, Stream content, long? length, bool exact, CancellationToken cancellation);

    /// <summary>
    /// Copies a whole blob under a new key, without reading its bytes into this process if possible. The copy is complete and durable when this
    /// returns, and invisible before.
    /// </summary>
    /// <param name="source">The blob to copy; it stays as it is.</param>
    /// <param name="target">A key never used before.</param>
    /// <param name="owner">The owner of the copy's file, as for <see cref="WriteAsync"/>.</param>
    /// <param name="size">Bytes in the blob.</param>
    /// <param name="cancellation">Stops the copy, which then deletes what it left as far as that is possible.</param>
    /// <returns>False if the blob <paramref name="source"/> does not exist. Nothing was written in this case.</returns>
    /// <exception cref="StorageException">
    /// The store failed, or the blob has another size. It left nothing readable, or a deletion by the key finds what it left.
    /// </exception>
    /// <remarks>Damage within the blob is copied too. The checksum that the catalog has for both finds it.</remarks>
    Task<bool> CopyAsync(BlobKey source, BlobKey target, string owner, long size, CancellationToken cancellation);

    /// <summary>The largest blob that can be appended to, in bytes.</summary>
    long MaxAppendedSize { get; }

    /// <summary>
    /// Continues a blob that one caller after another writes bit by bit. Bytes that a former caller wrote behind <paramref name="from"/> do
    /// not count, even if they arrive later.
    /// </summary>
    /// <param name="key">A key never used for anything but this blob.</param>
    /// <param name="from">The last recorded point.</param>
    /// <param name="extent">The sizes that are known.</param>
    /// <param name="journal">The caller's side; called until the appender is disposed of.</param>
    /// <param name="cancellation">Ends the opening.</param>
    /// <exception cref="StorageException">The store failed, or a former caller in this process has not ended yet.</exception>
    Task<IBlobAppender> AppendAsync(BlobKey key, AppendPoint from, AppendExtent extent, IAppendJournal journal, CancellationToken cancellation);

    /// <summary>Opens a slice of a blob. The stream reads from the store as its caller reads.</summary>
    /// <param name="key">The blob.</param>
    /// <param name="offset">The first byte.</param>
    /// <param name="count">Bytes in the slice, which lies within the blob. Zero: an empty slice of a blob that exists.</param>
    /// <param name="cancellation">Ends the opening and the reading.</param>
    /// <returns>A stream that ends after <paramref name="count"/> bytes, or throws. Null if the blob does not exist.</returns>
    Task<Stream?> OpenAsync(BlobKey key, long offset, long count, CancellationToken cancellation);

    /// <summary>
    /// Lists blobs in the order of their keys' text, for the check. It lists only complete blobs with a blob's name, and need not list
    /// those that cannot be there without a document. A blob that is written
    /// or deleted meanwhile may be in the list or not.
    /// </summary>
    /// <param name="after">The key to begin behind, or null to begin at the first.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <returns>At most 1,000 blobs; none at the end.</returns>
    Task<IReadOnlyList<StoredBlob>> ListAsync(BlobKey? after, CancellationToken cancellation);

    /// <summary>The size of a blob in bytes, or null if the blob does not exist.</summary>
    Task<long?> FindSizeAsync(BlobKey key, CancellationToken cancellation);

    /// <summary>
    /// Moves a blob to the same key under <c>quarantine/</c>, where FileDrop does not read it. Does nothing if the blob does not exist.
    /// </summary>
    Task QuarantineAsync(BlobKey key, CancellationToken cancellation);

    /// <summary>
    /// Deletes a blob and everything that an unfinished write of it left. It needs only the key, and succeeds if nothing is there.
    /// </summary>
    Task DeleteAsync(BlobKey key, CancellationToken cancellation);
}
