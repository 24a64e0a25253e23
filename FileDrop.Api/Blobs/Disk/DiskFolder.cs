using System.Runtime.InteropServices;
using FileDrop.Api.Native;

namespace FileDrop.Api.Blobs.Disk;

/// <summary>Makes folders and names in them durable. A file's own sync does not write the folder that names it.</summary>
internal static class DiskFolder
{
    /// <summary>Writes a folder's names to the disk. Windows opens no folder for that; its file system logs names by itself.</summary>
    public static void Sync(string folder)
    {
        if (OperatingSystem.IsWindows())
            return;

        var descriptor = LibC.open(folder, LibC.ReadOnly);
        if (descriptor < 0)
            throw Failure(folder);
        var failure = LibC.fsync(descriptor) == 0 ? null : Failure(folder);
        _ = LibC.close(descriptor);
        if (failure is not null)
            throw failure;
    }

    private static IOException Failure(string folder)
    {
        var error = Marshal.GetLastPInvokeError();
        return new IOException($"The folder {folder} could not be synced: {Marshal.GetPInvokeErrorMessage(error)}", error);
    }
}
