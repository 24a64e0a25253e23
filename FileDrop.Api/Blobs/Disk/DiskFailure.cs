namespace FileDrop.Api.Blobs.Disk;

/// <summary>What an error of the disk means to a client.</summary>
internal static class DiskFailure
{
    private const int NoSpace = 28, QuotaLinux = 122, QuotaMac = 69;
    private const int WindowsHandleDiskFull = unchecked((int)0x80070027), WindowsDiskFull = unchecked((int)0x80070070);

    /// <summary>Runs system calls; an error of the disk comes out as <see cref="StorageException"/>.</summary>
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

    /// <summary>What kind of failure an exception of a system call tells of; null for a bug of ours.</summary>
    public static StorageFailure? KindOf(Exception exception) => exception switch
    {
        // .NET hands an error number that it has no exception for through as the HResult.
        IOException { HResult: NoSpace or WindowsHandleDiskFull or WindowsDiskFull } => StorageFailure.Full,
        IOException { HResult: QuotaLinux } when OperatingSystem.IsLinux() => StorageFailure.Full,
        IOException { HResult: QuotaMac } when OperatingSystem.IsMacOS() => StorageFailure.Full,
        IOException or UnauthorizedAccessException => StorageFailure.Unavailable,
        _ => null,
    };

    public static StorageException From(Exception exception, StorageFailure kind) =>
        new(kind, $"The disk failed: {exception.Message}", exception);
}
