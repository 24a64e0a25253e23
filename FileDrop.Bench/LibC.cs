using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace FileDrop.Bench;

/// <summary>What .NET has no call for.</summary>
internal static class LibC
{
    private const int SigTerm = 15;
    private const int DoNotNeed = 4;

    /// <summary>Asks a process to end, as an operator does.</summary>
    public static void Terminate(int process) => _ = kill(process, SigTerm);

    /// <summary>Has the system write all that it still holds back, of whomever.</summary>
    public static void SyncAll() => sync();

    /// <summary>Has the system forget the pages of a file that are on the disk, so that they are read from there.</summary>
    public static void Forget(SafeFileHandle file) => _ = posix_fadvise(file, 0, 0, DoNotNeed);

    [DllImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int kill(int process, int signal);

    [DllImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern void sync();

    [DllImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int posix_fadvise(SafeFileHandle file, long offset, long length, int advice);
}
