using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using FileDrop.Api.Native;
using Microsoft.Win32.SafeHandles;

namespace FileDrop.Api.Catalog.Sqlite;

/// <summary>
/// Keeps a data directory for one service, for as long as the process lives: two would judge leases by two clocks, and
/// each would sweep what the other is writing.
/// </summary>
/// <remarks>
/// The lock is the operating system's, on the open file; it ends with the process however that ends, and a file that was
/// left behind says nothing. What is written into the file only names the holder to people. The file is never deleted: who
/// had opened it just before would then hold a lock on a file that has no name.
/// </remarks>
internal sealed class DataDirectoryLock : IDisposable
{
    private const string FileName = "filedrop.lock";
    private const int WouldBlockLinux = 11, WouldBlockMac = 35, SharingViolationWindows = unchecked((int)0x80070020);

    /// <summary>One that is just ending keeps its lock for a moment, and so does a child that it was starting.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(20);

    private readonly SafeFileHandle _file;

    private DataDirectoryLock(SafeFileHandle file) => _file = file;

    /// <summary>Takes the lock; makes the directory if need be, for this user alone.</summary>
    /// <exception cref="InvalidOperationException">
    /// Another process holds it, or it lies on a network; the message names what is in the way and says what to do.
    /// </exception>
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
            // In the former holder's place: on a full disk there is no other.
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
                // None is an advisory lock on Unix. On Windows Read lets others see who holds the file.
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

    /// <summary>Makes a directory that is not there, readable by this user alone; one that is there is left as it is.</summary>
    public static void MakeDirectory(string directory)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(directory);
        else if (!Directory.Exists(directory))
            Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    public void Dispose() => _file.Dispose();

    /// <summary>
    /// .NET goes on without a lock where the file system has none or a setting switches locks off; here the lock is the
    /// point. To ask for one that is held already does nothing.
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
                + "It has to lie on a local disk, or on a file system that has locks.");
    }

    private static InvalidOperationException InUse(string directory, string holder, Exception? inner) => new(
        $"The data directory {Path.GetFullPath(directory)} is in use by {holder}. Only one FileDrop at a time can serve it: "
        + "stop that one, or give this one a data directory of its own.",
        inner);

    /// <summary>What the holder wrote about itself.</summary>
    private static string Holder(string path)
    {
        const string Unknown = "another process";
        try
        {
            // .NET would ask for a lock to read, and not get it.
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
