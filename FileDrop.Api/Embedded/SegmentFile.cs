using FileDrop.Api.Blobs.Disk;
using FileDrop.Api.Catalog.Sqlite;
using FileDrop.Api.Storage;
using Microsoft.Win32.SafeHandles;

namespace FileDrop.Api.Embedded;

/// <summary>A segment that this process has open.</summary>
/// <param name="number">Its number.</param>
/// <param name="handle">Its file.</param>
internal sealed class SegmentFile(long number, SafeFileHandle handle) : IUnsynced
{
    private volatile bool _hasFailed;

    public long Number => number;

    public SafeFileHandle Handle => handle;

    /// <summary>Bytes that were given away, if this process appends to it.</summary>
    public long End { get; set; }

    /// <summary>The slots and readers that use it.</summary>
    public int Users { get; set; }

    /// <summary>Whether a sync of it has failed. Then it gets no more contents.</summary>
    public bool HasFailed => _hasFailed;

    /// <inheritdoc/>
    public void Sync()
    {
        // After a failed sync the system may forget what it could not write, and call the next sync a success.
        if (_hasFailed)
            throw new StorageException(StorageFailure.Unavailable, $"A sync of segment {number} has failed.");
        try
        {
            RandomAccess.FlushToDisk(handle);
        }
        catch (Exception e) when (DiskFailure.KindOf(e) is { } kind)
        {
            _hasFailed = true;
            throw DiskFailure.From(e, kind);
        }
    }
}

/// <summary>Bytes of a segment that belong to one content.</summary>
/// <param name="segments">The segment's set.</param>
/// <param name="file">The segment.</param>
/// <param name="offset">The position of the first byte in the segment.</param>
/// <param name="length">In bytes.</param>
internal sealed class SegmentSlot(Segments segments, SegmentFile file, long offset, int length) : IInlineBytes
{
    private int _isReleased;

    public SegmentFile File => file;

    public long Offset => offset;

    public int Length { get; set; } = length;

    /// <summary>Whether the catalog may name these bytes. Then nobody gets them again.</summary>
    public bool MayBeNamed { get; set; }

    /// <summary>Writes bytes, which are durable after a sync.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="at">Their position in the slot.</param>
    /// <exception cref="StorageException">The disk is full, or failed.</exception>
    public void Write(ReadOnlySpan<byte> bytes, int at)
    {
        if (at + bytes.Length > Length)
            throw new InvalidOperationException($"The content has more than the {Length} bytes that were announced.");
        try
        {
            RandomAccess.Write(file.Handle, bytes, offset + at);
        }
        catch (Exception e) when (DiskFailure.KindOf(e) is { } kind)
        {
            throw DiskFailure.From(e, kind);
        }
    }

    /// <summary>Gives back what the content did not need, since it turned out shorter than announced.</summary>
    public void Shorten(int length) => segments.Shorten(this, length);

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isReleased, 1) == 0)
            segments.Release(this);
    }
}

/// <summary>A reader's use of a segment.</summary>
internal sealed class SegmentUse(Segments segments, SegmentFile file) : IDisposable
{
    private int _isReleased;

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isReleased, 1) == 0)
            segments.Release(file);
    }
}
