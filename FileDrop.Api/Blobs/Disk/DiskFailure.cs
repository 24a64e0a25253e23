using FileDrop.Api.Storage;

namespace FileDrop.Api.Blobs.Disk;

/// <summary>Translates errors of the disk into failures of the store.</summary>
internal static class DiskFailure
{
    private const int NoSpace = 28, QuotaLinux = 122, QuotaMac = 69;
    private const int WouldBlockLinux = 11, WouldBlockMac = 35, WindowsSharing = unchecked((int)0x80070020);
    private const int WindowsHandleDiskFull = unchecked((int)0x80070027), WindowsDiskFull = unchecked((int)0x80070070);

    /// <summary>Runs system calls. An error of the disk comes out as a <see cref="StorageException"/>.</summary>
    public static void Guard(Action calls)
    {
        try
        {
            calls();
        }
        catch (Exception e) when (KindOf(e) is { } kind)
        {
            throw From(e, kind);
        }
    }

    /// <summary>The kind of failure behind an exception of a system call; null for a bug in FileDrop.</summary>
    public static StorageFailure? KindOf(Exception exception) => exception switch
    {
        // .NET passes an error number for which it has no exception on as the HResult.
        IOException { HResult: NoSpace or WindowsHandleDiskFull or WindowsDiskFull } => StorageFailure.Full,
        IOException { HResult: QuotaLinux } when OperatingSystem.IsLinux() => StorageFailure.Full,
        IOException { HResult: QuotaMac } when OperatingSystem.IsMacOS() => StorageFailure.Full,
        IOException or UnauthorizedAccessException => StorageFailure.Unavailable,
        _ => null,
    };

    /// <summary>Whether a file could not be opened because somebody has it for himself.</summary>
    public static bool IsLocked(IOException exception) =>
        exception.HResult == (OperatingSystem.IsWindows() ? WindowsSharing : OperatingSystem.IsMacOS() ? WouldBlockMac : WouldBlockLinux);

    public static StorageException From(Exception exception, StorageFailure kind) =>
        new(kind, $"The disk failed: {exception.Message}", exception);
}
