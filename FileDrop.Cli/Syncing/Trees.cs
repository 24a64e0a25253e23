using FileDrop.Client;

namespace FileDrop.Cli.Syncing;

/// <summary>SHA-256 of contents: 64 lower-case hexadecimal digits.</summary>
internal static class Digest
{
    /// <summary>Whether two contents are the same. Folders have none.</summary>
    public static bool AreSame(string? one, string? other) => string.Equals(one, other, StringComparison.Ordinal);
}

/// <summary>The marks by which a local entry is known without reading it.</summary>
/// <param name="Inode">The file system's number of the entry; 0 if it has none that lasts.</param>
/// <param name="Size">In bytes; 0 for a folder.</param>
/// <param name="Modified">When the content last changed, in nanoseconds since 1970; 0 for a folder, and for a file that must be read again.</param>
internal readonly record struct Stamp(long Inode, long Size, long Modified);

/// <summary>The last state of a file or folder on which both sides agreed.</summary>
/// <param name="Id">The service's id.</param>
/// <param name="Kind">File or folder.</param>
/// <param name="Parent">The id of its folder.</param>
/// <param name="Name">Its name.</param>
/// <param name="Version">The service's version.</param>
/// <param name="Sha256">The content's digest; null for a folder.</param>
/// <param name="Stamp">The local entry's marks.</param>
internal sealed record SyncedNode(Guid Id, EntryKind Kind, Guid Parent, string Name, long Version, string? Sha256, Stamp Stamp);

/// <summary>A file or folder of the service, below the folder that is kept in sync.</summary>
/// <param name="Id">The service's id.</param>
/// <param name="Kind">File or folder.</param>
/// <param name="Parent">The id of its folder.</param>
/// <param name="Name">Its name.</param>
/// <param name="Version">The version, which every change raises.</param>
/// <param name="Sha256">The content's digest; null for a folder.</param>
/// <param name="Size">In bytes.</param>
/// <param name="ModifiedAt">When the content last changed.</param>
internal sealed record RemoteNode(
    Guid Id, EntryKind Kind, Guid Parent, string Name, long Version, string? Sha256 = null, long Size = 0, DateTimeOffset? ModifiedAt = null)
{
    /// <summary>The node of an entry that the service shows; null for a loose file.</summary>
    public static RemoteNode? Of(DropEntry entry) => entry switch
    {
        { File: { FolderId: { } parent } file } => new RemoteNode(
            file.FileId, EntryKind.File, parent, file.FileName, file.Version, file.Sha256, file.FileSize, file.ModifiedAt ?? file.UpdatedAt),
        { Folder: { ParentId: { } parent } folder } => new RemoteNode(folder.FolderId, EntryKind.Folder, parent, folder.Name, folder.Version),
        _ => null,
    };
}

/// <summary>A local file or folder, as a scan found it.</summary>
/// <param name="Parent">The index of its folder in the scan, which is lower than its own; -1 for the top.</param>
/// <param name="Kind">File or folder.</param>
/// <param name="Name">Its name; empty for the top.</param>
/// <param name="Stamp">Its marks.</param>
/// <param name="Sha256">The content's digest; null for a folder.</param>
/// <param name="Skip">The reason why it is left alone; null if it is kept in sync.</param>
/// <param name="IsFresh">Whether it changed so lately that another change might leave its marks as they are.</param>
internal sealed record LocalNode(int Parent, EntryKind Kind, string Name, Stamp Stamp, string? Sha256 = null, string? Skip = null, bool IsFresh = false)
{
    /// <summary>The marks to remember. Those of a fresh file fit nothing, so that it is read again.</summary>
    public Stamp Mark => IsFresh ? Stamp with { Modified = 0 } : Stamp;
}

/// <summary>The direction of a sync.</summary>
internal enum SyncMode
{
    /// <summary>Both sides get the other's changes.</summary>
    Both,

    /// <summary>The service's changes come; nothing is sent.</summary>
    Pull,

    /// <summary>Local changes are sent; nothing local is changed.</summary>
    Push,
}

/// <summary>The three trees from which a plan is made, and the rules for it.</summary>
internal sealed record PlanInput
{
    /// <summary>The id of the service's folder.</summary>
    public required Guid Root { get; init; }

    /// <summary>The last agreed state, by id, without the top.</summary>
    public required IReadOnlyDictionary<Guid, SyncedNode> Synced { get; init; }

    /// <summary>The service's tree, by id, without the top and without ignored entries.</summary>
    public required IReadOnlyDictionary<Guid, RemoteNode> Remote { get; init; }

    /// <summary>The local tree. The first is the top, and each folder comes before its entries. Ignored entries are left out.</summary>
    public required IReadOnlyList<LocalNode> Local { get; init; }

    /// <summary>The reasons why entries of the service are left alone, by id.</summary>
    public IReadOnlyDictionary<Guid, string> RemoteSkips { get; init; } = new Dictionary<Guid, string>();

    /// <summary>Both ways, or one.</summary>
    public SyncMode Mode { get; init; }

    /// <summary>The names that this copy makes.</summary>
    public required SyncNames Names { get; init; }
}
