using FileDrop.Api.Blobs.Disk;
using FileDrop.Api.Catalog;
using FileDrop.Api.Catalog.Sqlite;

namespace FileDrop.Api.Blobs;

/// <summary>Blobs of the embedded store: as files, but for those that a commit has put whole into the catalog's database.</summary>
/// <remarks>
/// A file of its own costs a dozen system calls, two syncs and a journal's commit, however little is in it. In the database a small
/// content shares one sync with the commit that names it, and with all that are committed beside it. A key leads to one of the two
/// places and never to both.
/// </remarks>
/// <param name="disk">Has the files.</param>
/// <param name="catalog">Has the others: see <see cref="IInlineContents"/>.</param>
internal sealed class EmbeddedBlobStore(DiskBlobStore disk, SqliteEngine catalog) : IBlobStore
{
    private const int PageSize = 1_000;

    public string Description => disk.Description;

    public TimeSpan CallTimeout => disk.CallTimeout;

    public long MaxAppendedSize => disk.MaxAppendedSize;

    public Task StartAsync(CancellationToken cancellation) => disk.StartAsync(cancellation);

    public Task PingAsync(CancellationToken cancellation) => disk.PingAsync(cancellation);

    public Task WriteAsync(BlobKey key, string owner, Stream content, long? length, bool exact, CancellationToken cancellation) =>
        disk.WriteAsync(key, owner, content, length, exact, cancellation);

    public Task<IBlobAppender> AppendAsync(BlobKey key, AppendPoint from, AppendExtent extent, IAppendJournal journal, CancellationToken cancellation) =>
        disk.AppendAsync(key, from, extent, journal, cancellation);

    public async Task<Stream?> OpenAsync(BlobKey key, long offset, long count, CancellationToken cancellation)
    {
        // What ends behind the size of a small blob is no such one.
        if (offset + count > SqliteEngine.MaxRowSize || await catalog.FindBlobAsync(key, cancellation) is not { } bytes)
            return await disk.OpenAsync(key, offset, count, cancellation);
        return offset + count <= bytes.Length
            ? new MemoryStream(bytes, (int)offset, (int)count, writable: false)
            : throw new StorageException(StorageFailure.Unavailable, "A blob in the catalog is shorter than its content.");
    }

    public async Task<IReadOnlyList<StoredBlob>> ListAsync(BlobKey? after, CancellationToken cancellation)
    {
        var (files, rows) = (await disk.ListAsync(after, cancellation), await catalog.ListBlobsAsync(after, PageSize, cancellation));
        return [.. files.Concat(rows).OrderBy(blob => blob.Key.ToString(), StringComparer.Ordinal).Take(PageSize)];
    }

    public async Task<long?> FindSizeAsync(BlobKey key, CancellationToken cancellation) =>
        await catalog.FindBlobSizeAsync(key, cancellation) ?? await disk.FindSizeAsync(key, cancellation);

    public async Task QuarantineAsync(BlobKey key, CancellationToken cancellation)
    {
        if (await catalog.FindBlobAsync(key, cancellation) is { } bytes)
        {
            // As a file first. Should this end in between, both are the same, and the row is deleted with what follows.
            await disk.DeleteAsync(key, cancellation);
            using var content = new MemoryStream(bytes, writable: false);
            await disk.WriteAsync(key, owner: "", content, bytes.Length, exact: true, cancellation);
            await catalog.DeleteBlobAsync(key, cancellation);
        }
        await disk.QuarantineAsync(key, cancellation);
    }

    public async Task DeleteAsync(BlobKey key, CancellationToken cancellation)
    {
        if (!await catalog.DeleteBlobAsync(key, cancellation))
            await disk.DeleteAsync(key, cancellation);
    }
}
