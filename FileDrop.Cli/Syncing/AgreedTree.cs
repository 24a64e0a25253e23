using FileDrop.Client;

namespace FileDrop.Cli.Syncing;

/// <summary>
/// The agreed tree. An inode belongs to one file at most: the last that was noted with it. Another file that was noted with it before has moved away or is gone, even
/// if a step that failed left its state as it was; with the inode, it would claim the same local file. Hard links are left out.
/// </summary>
internal sealed class AgreedTree
{
    private readonly Dictionary<Guid, SyncedNode> _nodes = [];
    private readonly Dictionary<long, Guid> _owners = [];

    /// <summary>The states, by id.</summary>
    public IReadOnlyDictionary<Guid, SyncedNode> Nodes => _nodes;

    /// <summary>The inodes that several local files have now.</summary>
    public IReadOnlySet<long> Shared { get; set; } = new HashSet<long>();

    /// <summary>Takes a state as it was kept.</summary>
    public void Load(SyncedNode node)
    {
        _nodes[node.Id] = node;
        if (HasInode(node))
            _owners[node.Stamp.Inode] = node.Id;
    }

    /// <summary>Keeps a state.</summary>
    /// <returns>The state of another file that has lost its inode by that; null if there is none.</returns>
    public SyncedNode? Keep(SyncedNode node)
    {
        SyncedNode? other = null;
        if (HasInode(node) && !Shared.Contains(node.Stamp.Inode) && _owners.TryGetValue(node.Stamp.Inode, out var owner) && owner != node.Id
            && _nodes.TryGetValue(owner, out var former) && former.Stamp.Inode == node.Stamp.Inode)
            _nodes[owner] = other = former with { Stamp = default };
        Load(node);
        return other;
    }

    /// <summary>Drops a state.</summary>
    public void Drop(Guid id)
    {
        if (_nodes.Remove(id, out var node) && _owners.GetValueOrDefault(node.Stamp.Inode) == id)
            _owners.Remove(node.Stamp.Inode);
    }

    private static bool HasInode(SyncedNode node) => node is { Kind: EntryKind.File, Stamp.Inode: not 0 };
}
