using FileDrop.Api.Blobs;
using FileDrop.Api.Blobs.Disk;
using FileDrop.Api.Storage;

namespace FileDrop.Api.Embedded;

/// <summary>Blobs of the embedded pair: small ones in segments or as rows of the catalog, and files for all others.</summary>
/// <remarks>
/// A file costs a dozen system calls, two syncs and a commit of the file system's journal, however small it is. In a segment a small content shares one sync with
/// all that arrive with it, and as a row it shares the commit's own. A key leads to one of the places, never to two.
/// </remarks>
/// <param name="disk">Has the files.</param>
/// <param name="segments">Have small blobs.</param>
/// <param name="places">Tells where in the segments they are.</param>
/// <param name="rows">Has the other small ones.</param>
internal sealed class EmbeddedBlobStore(DiskBlobStore disk, Segments segments, SegmentPlaces places, SmallBlobs rows) : IBlobStore
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
        if (size > Segments.MaxContent || await FindSmallAsync(source, cancellation) is not { } found)
            return await disk.CopyAsync(source, target, owner, size, cancellation);
        if (found != size)
            throw new StorageException(StorageFailure.Unavailable, $"Blob {source} has {found} bytes instead of {size}.");
        // The copy becomes a file, because only a commit gives it a place in a segment.
        await WriteFileAsync(source, target, owner, size, cancellation);
        return true;
    }

    public Task<IBlobAppender> AppendAsync(BlobKey key, AppendPoint from, AppendExtent extent, IAppendJournal journal, CancellationToken cancellation) =>
        disk.AppendAsync(key, from, extent, journal, cancellation);

    public async Task<Stream?> OpenAsync(BlobKey key, long offset, long count, CancellationToken cancellation)
    {
        // A slice that ends behind the largest small blob cannot be of one.
        if (offset + count <= Segments.MaxContent)
        {
            if (await OpenInSegmentAsync(key, offset, count, cancellation) is { } content)
                return content;
            if (offset + count <= SmallBlobs.MaxSize && await rows.FindAsync(key, cancellation) is { } bytes)
                return offset + count <= bytes.Length ? new MemoryStream(bytes, (int)offset, (int)count, writable: false) : throw TooShort();
        }
        return await disk.OpenAsync(key, offset, count, cancellation);
    }

    /// <remarks>
    /// It does not list blobs in segments, since the documents that name them tell where they are: none can be there without its document. Use
    /// <see cref="FindSizeAsync"/> to see whether the segment has one.
    /// </remarks>
    public async Task<IReadOnlyList<StoredBlob>> ListAsync(BlobKey? after, CancellationToken cancellation)
    {
        var (files, small) = (await disk.ListAsync(after, cancellation), await rows.ListAsync(after, PageSize, cancellation));
        return [.. files.Concat(small).OrderBy(blob => blob.Key.ToString(), StringComparer.Ordinal).Take(PageSize)];
    }

    public async Task<long?> FindSizeAsync(BlobKey key, CancellationToken cancellation) =>
        await FindSmallAsync(key, cancellation) ?? await disk.FindSizeAsync(key, cancellation);

    public async Task QuarantineAsync(BlobKey key, CancellationToken cancellation)
    {
        if (await FindSmallAsync(key, cancellation) is { } size)
        {
            // Write the file first. If this ends in between, both copies are the same, and the next try ends the other one.
            await disk.DeleteAsync(key, cancellation);
            await WriteFileAsync(key, key, owner: "", size, cancellation);
            await DeleteSmallAsync(key, cancellation);
        }
        await disk.QuarantineAsync(key, cancellation);
    }

    public async Task DeleteAsync(BlobKey key, CancellationToken cancellation)
    {
        if (!await DeleteSmallAsync(key, cancellation))
            await disk.DeleteAsync(key, cancellation);
    }

    private async Task<Stream?> OpenInSegmentAsync(BlobKey key, long offset, long count, CancellationToken cancellation)
    {
        SegmentPlace? tried = null;
        while (await places.FindAsync(key, cancellation) is { } place && place != tried)
        {
            if (offset + count > place.Size)
                throw TooShort();
            if (segments.Open(place.Segment, place.Offset + offset, count) is { } content)
                return content;
            // Compaction may have moved it in between.
            tried = place;
        }
        return null;
    }

    /// <summary>The size of a blob that is not a file; null if it is none, or not there.</summary>
    private async Task<long?> FindSmallAsync(BlobKey key, CancellationToken cancellation) =>
        await places.FindAsync(key, cancellation) is { } place
            ? segments.FindLength(place.Segment) is { } length ? Math.Clamp(length - place.Offset, 0, place.Size) : null
            : await rows.FindSizeAsync(key, cancellation);

    private async Task<bool> DeleteSmallAsync(BlobKey key, CancellationToken cancellation)
    {
        if (!await places.ClearAsync(key, cancellation))
            return await rows.DeleteAsync(key, cancellation);
        segments.HasWaste = true;
        return true;
    }

    /// <summary>Makes a file of a blob that is none.</summary>
    private async Task WriteFileAsync(BlobKey source, BlobKey target, string owner, long size, CancellationToken cancellation)
    {
        await using var content = await OpenAsync(source, 0, size, cancellation)
            ?? throw new StorageException(StorageFailure.Unavailable, $"Blob {source} is missing.");
        await disk.WriteAsync(target, owner, content, size, exact: true, cancellation);
    }

    private static StorageException TooShort() => new(StorageFailure.Unavailable, "A blob is shorter than its content.");
}
