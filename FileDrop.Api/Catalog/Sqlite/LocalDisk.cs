using System.Text;

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
    private const int MostLinks = 40;

    /// <summary>The names in <c>/proc/self/mountinfo</c> on Linux, and in <c>statfs</c> on macOS.</summary>
    private static readonly HashSet<string> Network = new(StringComparer.OrdinalIgnoreCase)
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
        Network.Contains(type.StartsWith("fuse.", StringComparison.OrdinalIgnoreCase) ? type["fuse.".Length..] : type);

    /// <summary>Finds the type of a path's file system in Linux's table of mounts; null if the table has none.</summary>
    /// <param name="path">Absolute, without links.</param>
    /// <param name="mounts">The lines of <c>/proc/self/mountinfo</c>. The later of two mounts on the same folder hides the other.</param>
    public static string? FileSystemOf(string path, IEnumerable<string> mounts)
    {
        var (longest, type) = (0, (string?)null);
        foreach (var line in mounts)
        {
            var words = line.Split(' ');
            var dash = Array.IndexOf(words, "-");
            if (dash < 6 || dash + 1 >= words.Length)
                continue;
            var point = Unescape(words[4]);
            if (point.Length >= longest && Contains(point, path))
                (longest, type) = (point.Length, words[dash + 1]);
        }
        return type;
    }

    private static string? FileSystemOf(string path)
    {
        try
        {
            if (OperatingSystem.IsLinux())
                return FileSystemOf(WithoutLinks(path), File.ReadLines("/proc/self/mountinfo"));
            if (OperatingSystem.IsWindows() && path.StartsWith(@"\\", StringComparison.Ordinal))
                return "smb3";
            var volume = new DriveInfo(OperatingSystem.IsWindows() ? Path.GetPathRoot(path) ?? path : NearestThere(path));
            return volume.DriveType == DriveType.Network && !IsNetwork(volume.DriveFormat) ? "smb3" : volume.DriveFormat;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // Unknown file system type: allow it.
            return null;
        }
    }

    private static bool Contains(string point, string path) =>
        point is "/" || (path.StartsWith(point, StringComparison.Ordinal) && (path.Length == point.Length || path[point.Length] == '/'));

    /// <summary>Resolves all links in a path. A part that does not exist or cannot be read counts as not a link.</summary>
    private static string WithoutLinks(string path)
    {
        var (real, links) = ("/", 0);
        var left = new Stack<string>(path.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse());
        while (left.TryPop(out var name))
        {
            var next = Path.Combine(real, name);
            if (links < MostLinks && LinkOf(next) is { } target)
            {
                links++;
                (real, var from) = ("/", Path.GetFullPath(target, real));
                foreach (var part in from.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse())
                    left.Push(part);
            }
            else
            {
                real = next;
            }
        }
        return real;
    }

    private static string? LinkOf(string path)
    {
        try
        {
            return new FileInfo(path).LinkTarget;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string NearestThere(string path)
    {
        while (!Directory.Exists(path) && Path.GetDirectoryName(path) is { } parent)
            path = parent;
        return path;
    }

    /// <summary>Decodes spaces, tabs, line ends and backslashes, which the table writes as <c>\</c> and three octal digits.</summary>
    private static string Unescape(string text)
    {
        if (!text.Contains('\\', StringComparison.Ordinal))
            return text;
        var result = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\' && i + 3 < text.Length)
            {
                result.Append((char)Convert.ToInt32(text.Substring(i + 1, 3), 8));
                i += 3;
            }
            else
            {
                result.Append(text[i]);
            }
        }
        return result.ToString();
    }
}
