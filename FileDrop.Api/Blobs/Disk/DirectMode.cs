using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace FileDrop.Api.Blobs.Disk;

/// <summary>Linux's O_DIRECT, switched on and off for a file that is open: what is written goes from the caller's memory to the disk.</summary>
internal static partial class DirectMode
{
    /// <summary>A write whose place, length or memory the file system cannot take directly.</summary>
    public const int InvalidArgument = 22;

    private const int SetFlags = 4;

    /// <summary>Whether this system has it at all. Whether a file system has it, <see cref="TrySet"/> tells.</summary>
    public static bool IsKnown { get; } = OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.Arm64;

    /// <summary>Each architecture has its own number for it: asm-generic/fcntl.h, and arm's.</summary>
    private static nint Flag => RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x10000 : 0x4000;

    /// <returns>False: the file system refuses.</returns>
    public static bool TrySet(SafeFileHandle file, bool isDirect) => Native.fcntl(file, SetFlags, isDirect ? Flag : 0) == 0;

    private static partial class Native
    {
        [LibraryImport("libc", SetLastError = false)]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        public static partial int fcntl(SafeFileHandle file, int command, nint argument);
    }
}
