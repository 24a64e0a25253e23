using FileDrop.Api.Blobs;
using FileDrop.Api.Blobs.Disk;
using FileDrop.Api.Storage;

namespace FileDrop.Api.Embedded;

/// <summary>Blobs of the embedded pair: small ones that a commit stored in the catalog's database, and files for all others.</summary>
/// <remarks>
/// A file costs a dozen system calls, two syncs and a commit of the file system's journal, however small it is. In the database a small
/// content shares one sync with the commit that names it and with other commits of the moment. A key leads to one of the two places,
/// never to both.
/// </remarks>
/// <param name="disk">Has the files.</param>
/// <param name="small">Has the small blobs.</param>
internal sealed class EmbeddedBlobStore(DiskBlobStore disk, SmallBlobs small) : IBlobStore
{
    private const int PageSize = 1_000;

    public string Description => disk.Description;

    public TimeSpan CallTimeout => disk.CallTimeout;

    public long MaxAppendedSize => disk.MaxAppendedSize;

    public Task StartAsync(CancellationToken cancellation) => disk.StartAsync(cancellation);

    public Task PingAsync(CancellationToken cancellation) => disk.PingAsync(cancellation);

    public Task WriteAsync(BlobKey key, string owner, Stream content, long? length, bool exact, CancellationToken cancellation) =>
        disk.WriteAsync(key, owner, content, length, exact, cancellation);

    public async Task<bool> CopyAsync(BlobKey source, BlobKey target, string owner, long size, CancellationToken cancellation)
    {
        if (size > SmallBlobs.MaxSize || await small.FindAsync(source, cancellation) is not { } bytes)
            return await disk.CopyAsync(source, target, owner, size, cancellation);
        if (bytes.Length != size)
            throw new StorageException(StorageFailure.Unavailable, $"Blob {source} has {bytes.Length} bytes instead of {size} in the catalog.");
        // The copy becomes a file, because only a commit stores rows.
        using var content = new MemoryStream(bytes, writable: false);
        await disk.WriteAsync(target, owner, content, size, exact: true, cancellation);
        return true;
    }

    public Task<IBlobAppender> AppendAsync(BlobKey key, AppendPoint from, AppendExtent extent, IAppendJournal journal, CancellationToken cancellation) =>
        disk.AppendAsync(key, from, extent, journal, cancellation);

    public async Task<Stream?> OpenAsync(BlobKey key, long offset, long count, CancellationToken cancellation)
    {
        // A slice that ends behind the largest small blob cannot be of one.
        if (offset + count > SmallBlobs.MaxSize || await small.FindAsync(key, cancellation) is not { } bytes)
            return await disk.OpenAsync(key, offset, count, cancellation);
        return offset + count <= bytes.Length
            ? new MemoryStream(bytes, (int)offset, (int)count, writable: false)
            : throw new StorageException(StorageFailure.Unavailable, "A blob in the catalog is shorter than its content.");
    }

    public async Task<IReadOnlyList<StoredBlob>> ListAsync(BlobKey? after, CancellationToken cancellation)
    {
        var (files, rows) = (await disk.ListAsync(after, cancellation), await small.ListAsync(after, PageSize, cancellation));
        return [.. files.Concat(rows).OrderBy(blob => blob.Key.ToString(), StringComparer.Ordinal).Take(PageSize)];
    }

    public async Task<long?> FindSizeAsync(BlobKey key, CancellationToken cancellation) =>
        await small.FindSizeAsync(key, cancellation) ?? await disk.FindSizeAsync(key, cancellation);

    public async Task QuarantineAsync(BlobKey key, CancellationToken cancellation)
    {
        if (await small.FindAsync(key, cancellation) is { } bytes)
        {
            // Write the file first. If this ends in between, both copies are the same, and the next try deletes the row.
            await disk.DeleteAsync(key, cancellation);
            using var content = new MemoryStream(bytes, writable: false);
            await disk.WriteAsync(key, owner: "", content, bytes.Length, exact: true, cancellation);
            await small.DeleteAsync(key, cancellation);
        }
        await disk.QuarantineAsync(key, cancellation);
    }

    public async Task DeleteAsync(BlobKey key, CancellationToken cancellation)
    {
        if (!await small.DeleteAsync(key, cancellation))
            await disk.DeleteAsync(key, cancellation);
    }
}
