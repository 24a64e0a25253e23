using System.Runtime.InteropServices;
using FileDrop.Client;

namespace FileDrop.Cli.Syncing;

/// <summary>The kinds of local entries.</summary>
internal enum LocalKind
{
    /// <summary>Nothing is there, or it cannot be seen.</summary>
    None,

    /// <summary>An ordinary file.</summary>
    File,

    /// <summary>A folder.</summary>
    Folder,

    /// <summary>A symbolic link.</summary>
    Link,

    /// <summary>A device, a pipe or a socket.</summary>
    Other,
}

/// <summary>Reads the marks of local entries, and renames them without replacing anything.</summary>
/// <remarks>Linux has calls for both. Elsewhere the path stands for the inode, and moves are recognized by their content.</remarks>
internal static partial class FileMarks
{
    private const int CurrentFolder = -100;
    private const int NoFollow = 0x100;
    private const uint BasicMarks = 0x7ff;
    private const uint NoReplace = 1;
    private const uint Exchange = 2;

    /// <summary>Reads the marks of an entry itself, even if it is a link.</summary>
    /// <param name="path">The full path.</param>
    /// <param name="stamp">The marks.</param>
    /// <param name="device">The file system's number; 0 where it is not known.</param>
    public static LocalKind Read(string path, out Stamp stamp, out long device)
    {
        (stamp, device) = (default, 0);
        if (!OperatingSystem.IsLinux())
            return ReadPortably(path, out stamp);
        if (Native.statx(CurrentFolder, path, NoFollow, BasicMarks, out var found) != 0)
            return LocalKind.None;
        device = ((long)found.DeviceMajor << 32) | found.DeviceMinor;
        var kind = (found.Mode & 0xf000) switch
        {
            0x8000 => LocalKind.File,
            0x4000 => LocalKind.Folder,
            0xa000 => LocalKind.Link,
            _ => LocalKind.Other,
        };
        // Hard links are files of their own here: each gets a number by its path.
        var inode = kind == LocalKind.File && found.Links > 1 ? unchecked(((long)found.Inode * 31) ^ NumberOf(path)) : (long)found.Inode;
        stamp = kind == LocalKind.File
            ? new Stamp(inode, (long)found.Size, (found.ModifiedSeconds * 1_000_000_000) + found.ModifiedNanoseconds)
            : new Stamp((long)found.Inode, 0, 0);
        return kind;
    }

    /// <inheritdoc cref="Read(string, out Stamp, out long)"/>
    public static LocalKind Read(string path, out Stamp stamp) => Read(path, out stamp, out _);

    /// <summary>Whether an entry still has its marks. A number that was mixed with a device's is compared without it.</summary>
    public static bool IsStill(string path, EntryKind kind, Stamp stamp, long topDevice)
    {
        var now = Read(path, out var found, out var device);
        return now == (kind == EntryKind.File ? LocalKind.File : LocalKind.Folder) && (found with { Inode = Number(found.Inode, device, topDevice) }) == stamp;
    }

    /// <summary>The inode, made unique below a top that has other file systems mounted in it.</summary>
    public static long Number(long inode, long device, long topDevice) => device == topDevice ? inode : unchecked((inode * 31) ^ (device << 20));

    /// <summary>The marks of an entry after it has got another path.</summary>
    public static Stamp Moved(Stamp stamp, string to) => OperatingSystem.IsLinux() ? stamp : stamp with { Inode = NumberOf(to) };

    /// <summary>Renames a file or folder, if the new name is free.</summary>
    /// <exception cref="IOException">The name is taken, or the system refuses.</exception>
    public static void Rename(string from, string to, bool isFolder)
    {
        if (OperatingSystem.IsLinux() && TryRename(from, to, NoReplace) is { } done)
        {
            if (!done)
                throw new IOException($"{Path.GetFileName(to)} cannot get its name: {Marshal.GetLastPInvokeErrorMessage()}.");
        }
        else if (isFolder)
        {
            Directory.Move(from, to);
        }
        else
        {
            File.Move(from, to, overwrite: false);
        }
    }

    /// <summary>Swaps two files at once, so that the name is never without one. False if the system cannot.</summary>
    public static bool TrySwap(string one, string other) => OperatingSystem.IsLinux() && TryRename(one, other, Exchange) is true;

    /// <summary>Null if the system has no such call.</summary>
    private static bool? TryRename(string from, string to, uint flags)
    {
        const int NoSuchCall = 38, Invalid = 22, Unsupported = 95, OtherDevice = 18;
        try
        {
            if (Native.renameat2(CurrentFolder, from, CurrentFolder, to, flags) == 0)
                return true;
        }
        catch (EntryPointNotFoundException)
        {
            return null;
        }
        return Marshal.GetLastPInvokeError() is NoSuchCall or Invalid or Unsupported or OtherDevice ? null : false;
    }

    private static LocalKind ReadPortably(string path, out Stamp stamp)
    {
        stamp = default;
        FileSystemInfo entry = Directory.Exists(path) ? new DirectoryInfo(path) : new FileInfo(path);
        if (entry.LinkTarget is not null)
            return LocalKind.Link;
        if (!entry.Exists)
            return LocalKind.None;
        stamp = entry is FileInfo file
            ? new Stamp(NumberOf(path), file.Length, (file.LastWriteTimeUtc - DateTime.UnixEpoch).Ticks * 100)
            : new Stamp(NumberOf(path), 0, 0);
        return entry is FileInfo ? LocalKind.File : LocalKind.Folder;
    }

    /// <summary>The number of a path, where inodes are not known.</summary>
    private static long NumberOf(string path)
    {
        var number = 14_695_981_039_346_656_037UL;
        foreach (var each in path)
            number = unchecked((number ^ each) * 1_099_511_628_211UL);
        return (long)number;
    }

    /// <summary>The layout of <c>struct statx</c>; see its manual page.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Statx
    {
        [FieldOffset(16)]
        public uint Links;

        [FieldOffset(28)]
        public ushort Mode;

        [FieldOffset(32)]
        public ulong Inode;

        [FieldOffset(40)]
        public ulong Size;

        [FieldOffset(112)]
        public long ModifiedSeconds;

        [FieldOffset(120)]
        public uint ModifiedNanoseconds;

        [FieldOffset(136)]
        public uint DeviceMajor;

        [FieldOffset(140)]
        public uint DeviceMinor;
    }

    private static partial class Native
    {
        [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        public static partial int statx(int folder, string path, int flags, uint mask, out Statx found);

        [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        public static partial int renameat2(int fromFolder, string from, int toFolder, string to, uint flags);
    }
}
