using FileDrop.Api.Native;
using FileDrop.Api.Storage;
using Microsoft.Win32.SafeHandles;

namespace FileDrop.Api.Blobs.Disk;

// Copies of blobs. If the file system can (XFS, Btrfs), both files share their blocks. Otherwise the kernel copies the bytes, and if that fails,
// this process does; its failure is the one to report.
internal sealed partial class DiskBlobStore
{
    /// <summary>
    /// Bytes that the kernel copies in one call. Between two calls a copy can be cancelled, and meets other writers at the volume's room.
    /// </summary>
    private const int CopiedAtOnce = 32 << 20;

    public async Task<bool> CopyAsync(BlobKey source, BlobKey target, string owner, long size, CancellationToken cancellation)
    {
        await using var opened = await OpenAsync(source, 0, size, cancellation);
        if (opened is not BlobSlice content)
            return false;
        DiskFailure.Guard(() =>
        {
            if (RandomAccess.GetLength(content.Handle) is var length && length != size)
                throw new StorageException(StorageFailure.Unavailable, $"The file of blob {source} has {length} bytes instead of {size}.");
        });
        // A file that shares its blocks needs no room, so none is reserved yet.
        await WriteAsync(target, length: null, exact: false, file => FillAsync(file, content, size, cancellation), cancellation);
        return true;
    }

    private async Task FillAsync(SafeFileHandle file, BlobSlice source, long size, CancellationToken cancellation)
    {
        if (OperatingSystem.IsLinux()
            && (LibC.ioctl(file, LibC.Clone, source.Handle) == 0 || await TryCopyAsync(file, source.Handle, size, cancellation)))
        {
            DiskFailure.Guard(() => RandomAccess.FlushToDisk(file));
            return;
        }
        Room.Expect(size);
        // The length is not called exact, because nothing is reserved; the slice itself fails if it is short.
        await BlobWriter.WriteAsync(file, source, size, exact: false, Room, _buffers, cancellation);
    }

    /// <summary>Lets the kernel copy. Returns false if it cannot; then the file has some of the bytes, at their places.</summary>
    private async Task<bool> TryCopyAsync(SafeFileHandle file, SafeFileHandle source, long size, CancellationToken cancellation)
    {
        Room.Expect(size);
        for (var copied = 0L; copied < size;)
        {
            cancellation.ThrowIfCancellationRequested();
            var (at, count) = (copied, Math.Min(CopiedAtOnce, size - copied));
            Room.Take(count);
            var done = await Task.Run(() => Copy(file, source, at, count), CancellationToken.None);
            if (done <= 0)
                return false;
            copied += done;
        }
        return true;
    }

    private static long Copy(SafeFileHandle file, SafeFileHandle source, long at, long count)
    {
        var (from, to) = (at, at);
        var done = LibC.copy_file_range(source, ref from, file, ref to, (nuint)count, flags: 0);
        // A hint, as in DiskOutput, so that the sync at the end finds little left to do.
        if (done > 0)
            _ = LibC.sync_file_range(file, at, done, LibC.StartWrite);
        return done;
    }
}
