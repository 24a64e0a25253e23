using System.Runtime.InteropServices;

namespace FileDrop.Api.Blobs.Disk;

/// <summary>Makes folders and names in them durable. A file's own sync does not write the folder that names it.</summary>
internal static partial class DiskFolder
{
    // O_RDONLY | O_DIRECTORY | O_CLOEXEC; the second differs between processors and is not needed, as a folder is asked for.
    private const int LinuxReadOnlyCloseOnExec = 0x80000;
    private const int MacReadOnlyCloseOnExec = 0x1000000;

    /// <summary>Writes a folder's names to disk. Windows opens no folder for that; its file system logs names by itself.</summary>
    public static void Sync(string folder)
    {
        if (OperatingSystem.IsWindows())
            return;

        var descriptor = Open(folder, OperatingSystem.IsMacOS() ? MacReadOnlyCloseOnExec : LinuxReadOnlyCloseOnExec);
        if (descriptor < 0)
            throw Failure(folder);
        var synced = Fsync(descriptor) == 0;
        var failure = synced ? null : Failure(folder);
        _ = Close(descriptor);
        if (failure is not null)
            throw failure;
    }

    private static IOException Failure(string folder)
    {
        var error = Marshal.GetLastPInvokeError();
        return new IOException($"The folder {folder} could not be synced: {Marshal.GetPInvokeErrorMessage(error)}", error);
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Fsync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);
}
