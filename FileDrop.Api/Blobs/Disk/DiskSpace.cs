using FileDrop.Api.Native;
using FileDrop.Api.Storage;
using Microsoft.Win32.SafeHandles;

namespace FileDrop.Api.Blobs.Disk;

/// <summary>Gives a file blocks of the volume before its bytes are written.</summary>
internal static class DiskSpace
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const int ChunkSize = 1 << 20;

    /// <summary>Makes a file longer, with blocks behind every byte.</summary>
    /// <param name="path">The file; made if it does not exist, for this user only.</param>
    /// <param name="length">Its length.</param>
    /// <param name="more">Bytes to add, at least one.</param>
    /// <returns>False if the disk has no room; the file is then unchanged.</returns>
    /// <exception cref="IOException">The disk failed in another way.</exception>
    public static bool TryAllocate(string path, long length, long more)
    {
        using var file = Open(path);
        try
        {
            if (OperatingSystem.IsLinux())
            {
                // .NET's own reservation is a hint that a file system may ignore, and it leaves the length as it is.
                if (LibC.posix_fallocate(file, length, more) == 0)
                    return true;
            }
            else
            {
                Write(file, length, more);
                return true;
            }
        }
        catch (IOException e) when (DiskFailure.KindOf(e) is StorageFailure.Full)
        {
        }
        RandomAccess.SetLength(file, length);
        return false;
    }

    private static SafeFileHandle Open(string path)
    {
        if (!OperatingSystem.IsWindows() && !File.Exists(path))
        {
            using var made = new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.Write,
                Share = FileShare.ReadWrite,
                UnixCreateMode = OwnerOnly,
            });
        }
        return File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite);
    }

    private static void Write(SafeFileHandle file, long length, long more)
    {
        var zeros = new byte[Math.Min(ChunkSize, more)];
        for (var end = length + more; length < end; length += zeros.Length)
            RandomAccess.Write(file, zeros.AsSpan(0, (int)Math.Min(zeros.Length, end - length)), length);
    }
}
