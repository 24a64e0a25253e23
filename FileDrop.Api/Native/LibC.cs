using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace FileDrop.Api.Native;

/// <summary>The calls of the C library that .NET does not offer, under their own names; see their manual pages.</summary>
internal static unsafe partial class LibC
{
    /// <summary><c>open</c>: for reading, and closed in child processes. The flag's value differs between systems.</summary>
    public static readonly int ReadOnly = OperatingSystem.IsMacOS() ? 0x1000000 : 0x80000;

    /// <summary><c>flock</c>: one holder, and no waiting.</summary>
    public const int LockExclusive = 2, LockWithoutWaiting = 4;

    /// <summary><c>madvise</c> on Linux: take the pages back, and use pages of 2 MiB.</summary>
    public const int DontNeed = 4, HugePages = 14;

    /// <summary><c>sync_file_range</c>: begin to write, and do not wait.</summary>
    public const uint StartWrite = 2;

    /// <summary><c>ioctl</c> on Linux: make a file share all blocks of another one (<c>FICLONE</c>).</summary>
    public const uint Clone = 0x40049409;

    private const string Name = "libc";

    /// <summary>Returns a descriptor, or -1 and an error number.</summary>
    [LibraryImport(Name, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int open(string path, int flags);

    [LibraryImport(Name, SetLastError = true)]
    public static partial int close(int descriptor);

    /// <summary>Returns 0, or -1 and an error number.</summary>
    [LibraryImport(Name, SetLastError = true)]
    public static partial int fsync(int descriptor);

    /// <summary>Returns 0, or -1 and an error number.</summary>
    [LibraryImport(Name, SetLastError = true)]
    public static partial int flock(SafeFileHandle file, int operation);

    /// <summary>Returns 0 or an error number, and sets no other (POSIX). Linux.</summary>
    [LibraryImport(Name)]
    public static partial int posix_fallocate(SafeFileHandle file, long offset, long count);

    /// <summary>A hint: its result does not matter. Linux.</summary>
    [LibraryImport(Name)]
    public static partial int sync_file_range(SafeFileHandle file, long offset, long count, uint flags);

    /// <summary>Returns 0, or -1. Linux, whose variadic functions are called like others.</summary>
    [LibraryImport(Name)]
    public static partial int ioctl(SafeFileHandle file, nuint operation, SafeFileHandle argument);

    /// <summary>Returns the number of bytes that the kernel copied, 0 at the end of the source, or -1. Advances both offsets. Linux.</summary>
    [LibraryImport(Name)]
    public static partial nint copy_file_range(
        SafeFileHandle from, ref long fromOffset, SafeFileHandle to, ref long toOffset, nuint count, uint flags);

    /// <summary>Advice: its result does not matter. Linux.</summary>
    [LibraryImport(Name)]
    public static partial int madvise(nint address, nuint length, int advice);

    /// <summary>The number of the file system that a path lies on (<c>linux/magic.h</c>), links followed. Linux.</summary>
    /// <returns>Null if the path does not exist, or if its file system does not answer.</returns>
    public static uint? FileSystemOf(string path)
    {
        // The structure has 120 bytes on 64-bit systems, and begins with the number.
        const int Room = 512;
        var structure = stackalloc byte[Room];
        if (statfs(path, structure) != 0)
            return null;
        // A number of 32 bits in a word of 64 on most systems; s390x, which has the high half first, has 32 here.
        return *(uint*)structure;
    }

    [LibraryImport(Name, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statfs(string path, byte* structure);
}
