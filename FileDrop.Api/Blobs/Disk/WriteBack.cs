using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace FileDrop.Api.Blobs.Disk;

/// <summary>Has the system begin to write what lies in its cache to the disk, so that a later sync finds little left to do.</summary>
/// <remarks>A hint, on Linux only: what is durable and what failed, the sync tells.</remarks>
internal static partial class WriteBack
{
    public static void Begin(SafeFileHandle file, long offset, long count)
    {
        if (OperatingSystem.IsLinux())
            _ = Native.sync_file_range(file, offset, count, Native.Write);
    }

    private static partial class Native
    {
        public const uint Write = 2;

        [LibraryImport("libc", SetLastError = false)]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        public static partial int sync_file_range(SafeFileHandle file, long offset, long count, uint flags);
    }
}
