using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace FileDrop.Bench;

/// <summary>System calls that .NET lacks.</summary>
internal static class LibC
{
    private const int SigTerm = 15;
    private const int DoNotNeed = 4;

    /// <summary>Asks a process to end, as an operator does.</summary>
    public static void Terminate(int process) => _ = kill(process, SigTerm);

    /// <summary>Has the system write back all delayed writes, of all programs.</summary>
    public static void SyncAll() => sync();

    /// <summary>Drops a file's pages from the system's cache, so that it is read from the disk.</summary>
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
