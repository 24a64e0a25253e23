using System.Buffers;
using FileDrop.Api.Memory;
using FileDrop.Api.Storage;
using Microsoft.Win32.SafeHandles;

namespace FileDrop.Api.Blobs.Disk;

/// <summary>A slice of a blob's file, read forward once.</summary>
/// <remarks>It reads straight into its caller's buffer, because a buffer of its own would cost one more copy.</remarks>
internal sealed class BlobSlice : ForwardStream
{
    private const int CopyBufferSize = 256 * 1024;

    /// <summary>The system reads ahead for a slice of this size or more; one read fetches a smaller one.</summary>
    private const long SequentialFrom = 128 * 1024;

    /// <summary>A smaller slice is read on its caller's thread: another thread costs more than the read of a cached page.</summary>
    private const int SmallSize = 64 * 1024;

    private readonly SafeFileHandle _file;
    private readonly IDisposable _owner;
    private long _offset;
    private long _left;

    /// <param name="file">The file.</param>
    /// <param name="offset">The first byte.</param>
    /// <param name="count">Bytes in the slice.</param>
    /// <param name="owner">What to dispose of with the slice.</param>
    public BlobSlice(SafeFileHandle file, long offset, long count, IDisposable owner)
    {
        _file = file;
        _owner = owner;
        _offset = offset;
        _left = count;
    }

    /// <summary>The blob's file, open for reading until the slice is disposed of.</summary>
    public SafeFileHandle Handle => _file;

    /// <exception cref="IOException">As <see cref="File.OpenHandle"/>; the file may not exist.</exception>
    public static BlobSlice Open(string path, long offset, long count)
    {
        // FileShare.Delete: a blob can be deleted while it is read, on Windows too.
        var options = count >= SequentialFrom ? FileOptions.SequentialScan : FileOptions.None;
        var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, options);
        return new BlobSlice(file, offset, count, owner: file);
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var wanted = Wanted(buffer.Length);
        if (wanted == 0)
            return 0;
        try
        {
            return Advance(wanted <= SmallSize
                ? RandomAccess.Read(_file, buffer.Span[..wanted], _offset)
                : await RandomAccess.ReadAsync(_file, buffer[..wanted], _offset, cancellationToken));
        }
        catch (Exception e) when (DiskFailure.KindOf(e) is { } kind)
        {
            throw DiskFailure.From(e, kind);
        }
    }

    public override async Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(destination);
        if (_left == 0)
            return;

        var buffer = ArrayPool<byte>.Shared.Rent((int)Math.Min(CopyBufferSize, _left));
        try
        {
            while (await ReadAsync(buffer, cancellationToken) is > 0 and var read)
                await destination.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _owner.Dispose();
        base.Dispose(disposing);
    }

    private int Wanted(int room) => (int)Math.Min(room, _left);

    private int Advance(int read)
    {
        // A blob is complete or absent. A blob that is shorter than the catalog says was damaged from outside.
        if (read == 0)
            throw new StorageException(StorageFailure.Unavailable, "A blob's file is shorter than its content.");
        _offset += read;
        _left -= read;
        return read;
    }
}
