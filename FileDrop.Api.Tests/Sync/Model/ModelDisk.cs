using FileDrop.Cli.Syncing;
using FileDrop.Client;

namespace FileDrop.Api.Tests.Sync.Model;

/// <summary>An entry of <see cref="ModelDisk"/>.</summary>
internal sealed class ModelEntry
{
    public required long Inode { get; init; }

    public required EntryKind Kind { get; init; }

    public required long Parent { get; set; }

    public required string Name { get; set; }

    public string? Content { get; set; }

    public long Modified { get; set; }
}

/// <summary>A local file system in memory, which gives free inodes to new entries at once.</summary>
internal sealed class ModelDisk
{
    public const long Root = 1;

    private long _clock;

    public Dictionary<long, ModelEntry> Entries { get; } = [];

    /// <summary>Downloads that have no name yet.</summary>
    public Dictionary<long, ModelEntry> Parts { get; } = [];

    public IEnumerable<ModelEntry> In(long folder) => Entries.Values.Where(entry => entry.Parent == folder);

    public bool IsFree(long parent, string name) =>
        (parent == Root || Entries.TryGetValue(parent, out var folder) && folder.Kind == EntryKind.Folder) && !In(parent).Any(entry => entry.Name == name);

    public ModelEntry? Create(EntryKind kind, long parent, string name, string? content)
    {
        if (!IsFree(parent, name))
            return null;
        var made = Make(kind, content);
        (made.Parent, made.Name) = (parent, name);
        return Entries[made.Inode] = made;
    }

    /// <summary>A whole download, whose inode is in use.</summary>
    public ModelEntry MakePart(string content)
    {
        var part = Make(EntryKind.File, content);
        return Parts[part.Inode] = part;
    }

    /// <summary>Gives a download its name, if that is free.</summary>
    public bool Place(ModelEntry part, long parent, string name)
    {
        if (!IsFree(parent, name))
            return false;
        Parts.Remove(part.Inode);
        (part.Parent, part.Name) = (parent, name);
        Entries[part.Inode] = part;
        return true;
    }

    /// <summary>Puts a download in the place of a file.</summary>
    public void Replace(ModelEntry entry, ModelEntry part)
    {
        Entries.Remove(entry.Inode);
        Place(part, entry.Parent, entry.Name);
    }

    public bool Move(ModelEntry entry, long parent, string name)
    {
        if (entry.Parent == parent && entry.Name == name)
            return true;
        if (!IsFree(parent, name) || IsIn(parent, entry.Inode))
            return false;
        (entry.Parent, entry.Name) = (parent, name);
        return true;
    }

    public void Write(ModelEntry entry, string content) => (entry.Content, entry.Modified) = (content, ++_clock);

    public void Delete(long inode)
    {
        foreach (var below in In(inode).ToList())
            Delete(below.Inode);
        Entries.Remove(inode);
    }

    public IEnumerable<ModelEntry> Below(long inode) => In(inode).SelectMany(entry => Below(entry.Inode).Append(entry));

    public string PathOf(long inode) => inode == Root ? "" : $"{PathOf(Entries[inode].Parent)}/{Entries[inode].Name}";

    /// <summary>A scan, as the planner wants it.</summary>
    public List<LocalNode> Scan()
    {
        var found = new List<LocalNode> { new(-1, EntryKind.Folder, "", new Stamp(Root, 0, 0)) };
        Walk(Root, 0);
        return found;

        void Walk(long folder, int index)
        {
            foreach (var entry in In(folder).OrderBy(entry => entry.Name, StringComparer.Ordinal).ToList())
            {
                found.Add(new LocalNode(index, entry.Kind, entry.Name, StampOf(entry), entry.Content));
                if (entry.Kind == EntryKind.Folder)
                    Walk(entry.Inode, found.Count - 1);
            }
        }
    }

    public static Stamp StampOf(ModelEntry entry) =>
        entry.Kind == EntryKind.File ? new Stamp(entry.Inode, entry.Content?.Length ?? 0, entry.Modified) : new Stamp(entry.Inode, 0, 0);

    private ModelEntry Make(EntryKind kind, string? content)
    {
        var inode = Root + 1;
        while (Entries.ContainsKey(inode) || Parts.ContainsKey(inode))
            inode++;
        return new ModelEntry { Inode = inode, Kind = kind, Parent = 0, Name = "", Content = content, Modified = ++_clock };
    }

    private bool IsIn(long folder, long above) => folder == above || (folder != Root && IsIn(Entries[folder].Parent, above));
}
