using FileDrop.Api.Native;

namespace FileDrop.Api.Catalog.Sqlite;

/// <summary>
/// Refuses a network file system for the catalog, because SQLite's log needs shared memory and reliable locks. Over a network both seem to work until two
/// machines, or one after a lost connection, have damaged the catalog.
/// </summary>
/// <remarks>
/// Only known network file systems are refused, because there are many local ones. File systems that a machine shares only with its own virtual machines
/// (virtiofs, the folders of Docker Desktop) are allowed, since one kernel locks and maps. 9p is refused, since it cannot map shared memory.
/// </remarks>
internal static class LocalDisk
{
    /// <summary>Linux has this number for every program behind FUSE.</summary>
    private const uint Fuse = 0x65735546;

    /// <summary>
    /// The network file systems of Linux by their numbers (<c>linux/magic.h</c>, and the sources of those outside the kernel).
    /// </summary>
    private static readonly Dictionary<uint, string> Numbers = new()
    {
        [0x6969] = "nfs",
        [0x517B] = "smbfs",
        [0xFF534D42] = "cifs",
        [0xFE534D42] = "smb3",
        [0x564C] = "ncpfs",
        [0x5346414F] = "afs",
        [0x6B414653] = "afs",
        [0x73757245] = "coda",
        [0x01021997] = "9p",
        [0x00C36400] = "ceph",
        [0x0BD00BD0] = "lustre",
        [0x47504653] = "gpfs",
        [0x19830326] = "beegfs",
        [0x20030528] = "orangefs",
        [0xAAD7AAEA] = "panfs",
        [0x786F4256] = "vboxsf",
        [0xBACBACBC] = "vmhgfs",
        [0x7C7C6673] = "prl_fs",
    };

    /// <summary>The names of macOS and Windows, and of programs behind FUSE.</summary>
    private static readonly HashSet<string> Names = new(StringComparer.OrdinalIgnoreCase)
    {
        "nfs", "nfs4", "cifs", "smb2", "smb3", "smbfs", "smbfuse", "afpfs", "webdav", "davfs", "ncpfs", "coda", "afs", "openafs",
        "9p", "ceph", "lustre", "gpfs", "beegfs", "pvfs2", "orangefs", "panfs", "vboxsf", "vmhgfs", "prl_fs",
        "sshfs", "s3fs", "glusterfs", "rclone", "gcsfuse", "mount.davfs", "davfs2", "curlftpfs", "goofys", "geesefs", "juicefs",
        "mfs", "mfsmaster", "lizardfs", "seaweedfs", "mountpoint-s3", "blobfuse", "blobfuse2", "cephfs", "ceph-fuse", "smbnetfs",
        "vmhgfs-fuse", "gvfsd-fuse", "ossfs", "cosfs", "hdfs", "fuse_dfs",
    };

    /// <summary>Requires that a directory, existing or not, lies on a disk of this machine.</summary>
    /// <exception cref="InvalidOperationException">The directory lies on a network file system; the message names both and the fix.</exception>
    public static void Demand(string directory)
    {
        var path = Path.GetFullPath(directory);
        if (FileSystemOf(path) is { } type && IsNetwork(type))
            throw new InvalidOperationException(
                $"The data directory {path} lies on a network file system ({type}), where SQLite's log and locks fail, and the "
                + "catalog would be damaged sooner or later. Set FileDrop:DataDirectory to a folder on a local disk, or keep files "
                + "in MongoDB and S3 (ConnectionStrings:filedrop and ConnectionStrings:storage).");
    }

    /// <summary>Whether a type names a network file system. FUSE appends the program's name after a dot.</summary>
    public static bool IsNetwork(string type) =>
        Names.Contains(type.StartsWith("fuse.", StringComparison.OrdinalIgnoreCase) ? type["fuse.".Length..] : type);

    /// <summary>The name of a network file system of Linux, or null for a number of another kind.</summary>
    public static string? NameOf(uint number) => Numbers.GetValueOrDefault(number);

    /// <summary>The type of the file system around a path, or null if it is unknown, which is allowed.</summary>
    private static string? FileSystemOf(string path)
    {
        if (OperatingSystem.IsWindows() && path.StartsWith(@"\\", StringComparison.Ordinal))
            return "smb3";
        for (string? folder = path; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            try
            {
                // The framework reads the table of mounts, where it misses names with blanks. Only that table has the program behind FUSE,
                // and the type of a file system that does not answer.
                if (OperatingSystem.IsLinux() && LibC.FileSystemOf(folder) is { } number and not Fuse)
                    return NameOf(number);
                var volume = new DriveInfo(OperatingSystem.IsWindows() ? Path.GetPathRoot(folder) ?? folder : folder);
                return volume.DriveType == DriveType.Network && !IsNetwork(volume.DriveFormat) ? "smb3" : volume.DriveFormat;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
            {
                // It does not exist or does not answer: ask the folder around it.
            }
        }
        return null;
    }
}
