using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using FileDrop.Api.Native;
using Microsoft.Win32.SafeHandles;

namespace FileDrop.Api.Catalog.Sqlite;

/// <summary>
/// Reserves a data directory for one service while its process lives. Two services would judge leases by two clocks, and each would sweep the other's writes in
/// progress.
/// </summary>
/// <remarks>
/// The operating system holds the lock on the open file and releases it when the process ends, however it ends. So a file left behind means nothing, and its
/// text only names the holder to people. The file is never deleted: a process that had just opened it would then hold a lock on a file without a name.
/// </remarks>
internal sealed class DataDirectoryLock : IDisposable
{
    private const string FileName = "filedrop.lock";
    private const int WouldBlockLinux = 11, WouldBlockMac = 35, SharingViolationWindows = unchecked((int)0x80070020);

    /// <summary>The time to wait for a lock. A process that is ending, or a child that it was starting, keeps its lock for a moment.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(20);

    private readonly SafeFileHandle _file;

    private DataDirectoryLock(SafeFileHandle file) => _file = file;

    /// <summary>Takes the lock. Creates a missing directory, readable by this user only.</summary>
    /// <exception cref="InvalidOperationException"> Another process holds the lock, or the directory lies on a network file system; the message names the cause
    /// and the fix. </exception>
    public static DataDirectoryLock Take(string directory, TimeProvider time)
    {
        LocalDisk.Demand(directory);
        MakeDirectory(directory);
        var path = Path.Combine(Path.GetFullPath(directory), FileName);
        var file = Open(path, directory, time);
        try
        {
            Insist(file, path, directory);
            var holder = Encoding.UTF8.GetBytes(string.Create(
                CultureInfo.InvariantCulture,
                $"process {Environment.ProcessId} on {Environment.MachineName} since {time.GetUtcNow():yyyy-MM-dd HH:mm:ss} UTC\n"));
            // Overwrite the former holder's text, because a full disk has no room for more.
            RandomAccess.Write(file, holder, 0);
            RandomAccess.SetLength(file, holder.Length);
            return new DataDirectoryLock(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static SafeFileHandle Open(string path, string directory, TimeProvider time)
    {
        for (var asked = time.GetTimestamp(); ;)
        {
            try
            {
                // On Unix, None is an advisory lock. On Windows, Read lets others see who holds the file.
                return File.OpenHandle(
                    path, FileMode.OpenOrCreate, FileAccess.ReadWrite, OperatingSystem.IsWindows() ? FileShare.Read : FileShare.None);
            }
            catch (IOException e) when (e.HResult is WouldBlockLinux or WouldBlockMac or SharingViolationWindows)
            {
                if (time.GetElapsedTime(asked) > s_patience)
                    throw InUse(directory, Holder(path), e);
                Thread.Sleep(s_pause);
            }
        }
    }

    /// <summary>Creates a missing directory, readable by this user only; leaves an existing one unchanged.</summary>
    public static void MakeDirectory(string directory)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(directory);
        else if (!Directory.Exists(directory))
            Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    public void Dispose() => _file.Dispose();

    /// <summary>
    /// Requires the lock. .NET continues without one if the file system has no locks or a setting disables them. Locking again a file that we have locked has
    /// no effect.
    /// </summary>
    private static void Insist(SafeFileHandle file, string path, string directory)
    {
        if (OperatingSystem.IsWindows() || LibC.flock(file, LibC.LockExclusive | LibC.LockWithoutWaiting) == 0)
            return;

        var error = Marshal.GetLastPInvokeError();
        throw error is WouldBlockLinux or WouldBlockMac
            ? InUse(directory, Holder(path), inner: null)
            : new InvalidOperationException(
                $"The data directory {directory} cannot be locked ({Marshal.GetPInvokeErrorMessage(error)}). "
                + "Put it on a local disk, or on a file system that supports locks.");
    }

    private static InvalidOperationException InUse(string directory, string holder, Exception? inner) => new(
        $"The data directory {Path.GetFullPath(directory)} is in use by {holder}. Only one FileDrop at a time can serve it: "
        + "stop that one, or give this one its own data directory.",
        inner);

    /// <summary>Reads what the holder wrote about itself.</summary>
    private static string Holder(string path)
    {
        const string Unknown = "another process";
        try
        {
            // Call open directly, because .NET would request a lock for reading and not get it.
            using var file = OperatingSystem.IsWindows()
                ? File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite)
                : new SafeFileHandle(LibC.open(path, LibC.ReadOnly), ownsHandle: true);
            if (file.IsInvalid)
                return Unknown;
            var text = new byte[512];
            var length = RandomAccess.Read(file, text, 0);
            var holder = Encoding.UTF8.GetString(text, 0, length).TrimEnd();
            return holder.Length > 0 ? holder : Unknown;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Unknown;
        }
    }
}
