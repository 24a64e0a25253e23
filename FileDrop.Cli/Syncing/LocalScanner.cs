using System.Security.Cryptography;
using FileDrop.Client;

namespace FileDrop.Cli.Syncing;

/// <summary>The local tree, as a scan found it.</summary>
/// <param name="Nodes">The top, and below it every entry that is not ignored; each folder before its entries.</param>
/// <param name="LeftOvers">The full paths of downloads that an earlier run left.</param>
internal sealed record LocalScan(IReadOnlyList<LocalNode> Nodes, IReadOnlyList<string> LeftOvers);

/// <summary>Scans a local folder. Only files whose marks have changed are read.</summary>
/// <param name="top">The full path of the folder.</param>
internal sealed class LocalScanner(string top)
{
    /// <summary>A file that changed within this time is read again next time: its clock may be too coarse for another change.</summary>
    private static readonly TimeSpan s_fresh = TimeSpan.FromSeconds(2);

    private static readonly EnumerationOptions s_all = new() { AttributesToSkip = FileAttributes.None, IgnoreInaccessible = false, ReturnSpecialDirectories = false };

    /// <summary>The number of the top's file system.</summary>
    public long Device { get; private set; }

    /// <summary>Scans everything.</summary>
    /// <param name="synced">The agreed state, whose marks spare the reading.</param>
    /// <param name="ignores">The entries to leave out.</param>
    /// <param name="cancellation">Ends the scan.</param>
    public LocalScan Scan(IReadOnlyDictionary<Guid, SyncedNode> synced, IgnoreRules ignores, CancellationToken cancellation)
    {
        FileMarks.Read(top, out var stamp, out var device);
        Device = device;
        var walk = new Walk(this, synced, ignores, cancellation);
        walk.Nodes.Add(new LocalNode(-1, EntryKind.Folder, "", stamp));
        walk.Into(top, "", 0);
        walk.ReadContents();
        return new LocalScan(walk.Nodes, walk.LeftOvers);
    }

    /// <summary>Computes a file's digest.</summary>
    public static string DigestOf(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 1 << 16, FileOptions.SequentialScan);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }

    /// <summary>Whether a file's time is so near that its marks cannot be trusted.</summary>
    public static bool IsFresh(Stamp stamp) =>
        Math.Abs(((DateTime.UtcNow - DateTime.UnixEpoch).Ticks * 100) - stamp.Modified) < s_fresh.Ticks * 100;

    private sealed class Walk(LocalScanner scanner, IReadOnlyDictionary<Guid, SyncedNode> synced, IgnoreRules ignores, CancellationToken cancellation)
    {
        private readonly Dictionary<long, SyncedNode> _known = Known(synced);
        private readonly List<(int Index, string Path)> _unread = [];

        public List<LocalNode> Nodes { get; } = [];

        public List<string> LeftOvers { get; } = [];

        public void Into(string folder, string below, int index)
        {
            cancellation.ThrowIfCancellationRequested();
            List<string> names;
            try
            {
                names = [.. new System.IO.Enumeration.FileSystemEnumerable<string>(folder, (ref entry) => entry.FileName.ToString(), s_all)];
            }
            catch (Exception failure) when (failure is UnauthorizedAccessException or IOException)
            {
                // An unreadable folder must not look like an empty one.
                Nodes[index] = Nodes[index] with { Skip = $"It cannot be read: {failure.Message}" };
                return;
            }
            names.Sort(StringComparer.Ordinal);
            foreach (var name in names)
                Take(Path.Join(folder, name), name, below.Length == 0 ? name : $"{below}/{name}", index);
        }

        /// <summary>Reads the files whose marks have changed, several at once.</summary>
        public void ReadContents() => Parallel.ForEach(
            _unread, new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = cancellation }, each =>
            {
                var node = Nodes[each.Index];
                try
                {
                    var digest = DigestOf(each.Path);
                    Nodes[each.Index] = FileMarks.IsStill(each.Path, EntryKind.File, node.Stamp, scanner.Device)
                        ? node with { Sha256 = digest, IsFresh = IsFresh(node.Stamp) }
                        : node with { Skip = "It is being written." };
                }
                catch (Exception failure) when (failure is UnauthorizedAccessException or IOException)
                {
                    Nodes[each.Index] = node with { Skip = $"It cannot be read: {failure.Message}" };
                }
            });

        private void Take(string path, string name, string below, int parent)
        {
            if (SyncNames.IsPart(name) || SyncNames.IsWhole(name, out _))
            {
                LeftOvers.Add(path);
                return;
            }
            var kind = FileMarks.Read(path, out var stamp, out var device);
            var isFolder = kind == LocalKind.Folder;
            if (ignores.IsIgnored(below, isFolder))
                return;
            stamp = stamp with { Inode = FileMarks.Number(stamp.Inode, device, scanner.Device) };
            var skip = IgnoreRules.RefuseAtService(name) ?? kind switch
            {
                LocalKind.Link => "It is a symbolic link.",
                LocalKind.Other => "It is not an ordinary file.",
                LocalKind.None => "It cannot be seen.",
                _ => null,
            };
            var node = new LocalNode(parent, isFolder ? EntryKind.Folder : EntryKind.File, name, stamp, Skip: skip);
            if (skip is null && !isFolder)
            {
                if (_known.TryGetValue(stamp.Inode, out var known) && known.Stamp == stamp)
                    node = node with { Sha256 = known.Sha256 };
                else
                    _unread.Add((Nodes.Count, path));
            }
            Nodes.Add(node);
            if (skip is null && isFolder)
                Into(path, below, Nodes.Count - 1);
        }

        private static Dictionary<long, SyncedNode> Known(IReadOnlyDictionary<Guid, SyncedNode> synced)
        {
            var known = new Dictionary<long, SyncedNode>(synced.Count);
            foreach (var node in synced.Values.Where(node => node.Kind == EntryKind.File))
                known[node.Stamp.Inode] = node;
            return known;
        }
    }
}
