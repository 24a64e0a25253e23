using FileDrop.Client;

namespace FileDrop.Cli.Syncing;

/// <summary>
/// Finds the agreed state of each local entry: by its path first, as editors replace a file by a new one of the same name; then by its inode; then, for files,
/// by the content. A file that was moved over another one's name stays itself: a swap of two names must not look like two edits, of which one could be undone.
/// A move counts only while the service still has the entry with its content. Otherwise the local one is new, and nothing takes it away: the newer content
/// may come from a step before a kill, and have nothing to do with the file that was moved.
/// </summary>
internal sealed class Matcher
{
    private readonly PlanInput _input;
    private readonly SyncedNode?[] _found;
    private readonly List<int>?[] _children;
    private readonly HashSet<Guid> _used = [];
    private readonly Dictionary<(Guid Parent, string Key), SyncedNode> _byPath = [];
    private readonly Dictionary<long, SyncedNode> _byInode = [];

    private Matcher(PlanInput input)
    {
        (_input, _found, _children) = (input, new SyncedNode?[input.Local.Count], new List<int>?[input.Local.Count]);
        foreach (var node in input.Synced.Values)
        {
            // If a path has two states, one is dead: a kill came before it was forgotten.
            var path = (node.Parent, input.Names.Key(node.Name));
            if (input.Remote.ContainsKey(node.Id) || !_byPath.ContainsKey(path))
                _byPath[path] = node;
            if (node.Kind == EntryKind.File && node.Stamp.Inode != 0)
                _byInode[node.Stamp.Inode] = node;
        }
        for (var i = 1; i < input.Local.Count; i++)
            (_children[input.Local[i].Parent] ??= []).Add(i);
    }

    /// <summary>Matches all local entries.</summary>
    /// <returns>The agreed state of each entry by its index; null for new ones and for the top.</returns>
    public static SyncedNode?[] Match(PlanInput input)
    {
        var matcher = new Matcher(input);
        matcher.MatchChildren(0, input.Root);
        matcher.MatchMovedFolders();
        matcher.MatchMovedFiles();
        return matcher._found;
    }

    private void MatchChildren(int folder, Guid id)
    {
        foreach (var child in _children[folder] ?? [])
        {
            var local = _input.Local[child];
            if (_found[child] is null && _byPath.TryGetValue((id, _input.Names.Key(local.Name)), out var synced)
                && (synced.Kind == local.Kind || local.Skip is not null) && !IsAnother(local, synced) && _used.Add(synced.Id))
                Take(child, synced);
        }
    }

    /// <summary>Whether a file has come from another path, with its content.</summary>
    private bool IsAnother(LocalNode local, SyncedNode synced) => local is { Kind: EntryKind.File, Skip: null } && local.Stamp.Inode != synced.Stamp.Inode
        && _byInode.TryGetValue(local.Stamp.Inode, out var other) && Digest.AreSame(other.Sha256, local.Sha256) && MayMove(other);

    private void Take(int index, SyncedNode synced)
    {
        _found[index] = synced;
        if (synced.Kind == EntryKind.Folder)
            MatchChildren(index, synced.Id);
    }

    private void MatchMovedFolders()
    {
        var missing = Missing(EntryKind.Folder).Where(node => node.Stamp.Inode != 0).GroupBy(node => node.Stamp.Inode).ToDictionary(group => group.Key, group => group.First());
        for (var i = 1; missing.Count > 0 && i < _found.Length; i++)
        {
            var local = _input.Local[i];
            if (_found[i] is null && local is { Kind: EntryKind.Folder, Skip: null } && missing.TryGetValue(local.Stamp.Inode, out var synced) && _used.Add(synced.Id))
                Take(i, synced);
        }
    }

    private void MatchMovedFiles()
    {
        var missing = Missing(EntryKind.File).GroupBy(node => node.Sha256 ?? "", StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => group.OrderBy(node => node.Id).ToList(), StringComparer.Ordinal);
        // An inode is the surer sign, so it goes first for all files.
        foreach (var byInode in new[] { true, false })
        {
            for (var i = 1; missing.Count > 0 && i < _found.Length; i++)
            {
                if (_found[i] is not null || _input.Local[i] is not { Kind: EntryKind.File, Skip: null, Sha256: { } digest } local
                    || !missing.TryGetValue(digest, out var same))
                    continue;
                // Empty files are alike by accident.
                var synced = byInode ? same.Find(node => node.Stamp.Inode == local.Stamp.Inode && node.Stamp.Inode != 0 && !_used.Contains(node.Id))
                    : local.Stamp.Size == 0 ? null
                    : same.Find(node => !_used.Contains(node.Id) && string.Equals(node.Name, local.Name, StringComparison.Ordinal)) ?? same.Find(node => !_used.Contains(node.Id));
                if (synced is not null && _used.Add(synced.Id))
                    _found[i] = synced;
            }
        }
    }

    /// <summary>The agreed entries that no local one has matched, and that may have moved.</summary>
    private IEnumerable<SyncedNode> Missing(EntryKind kind) => _input.Synced.Values.Where(node => node.Kind == kind && !_used.Contains(node.Id) && MayMove(node));

    private bool MayMove(SyncedNode node) => _input.Remote.TryGetValue(node.Id, out var remote) && Digest.AreSame(remote.Sha256, node.Sha256);
}
