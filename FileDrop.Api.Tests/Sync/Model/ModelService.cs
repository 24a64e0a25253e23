using FileDrop.Cli.Syncing;
using FileDrop.Client;

namespace FileDrop.Api.Tests.Sync.Model;

/// <summary>The service's rules about folders, in memory: unique names, no circles, versions.</summary>
internal sealed class ModelService
{
    public static readonly Guid Root = DropFolder.Root;

    private int _ids;

    public Dictionary<Guid, RemoteNode> Nodes { get; } = [];

    /// <summary>Requests on their way, whose sender was killed.</summary>
    public Queue<Action> Late { get; } = [];

    public IEnumerable<RemoteNode> In(Guid folder) => Nodes.Values.Where(node => node.Parent == folder);

    public RemoteNode? Create(EntryKind kind, Guid parent, string name, string? content)
    {
        if (!IsFree(parent, name))
            return null;
        var id = new Guid(++_ids, 0, 0, new byte[8]);
        return Nodes[id] = new RemoteNode(id, kind, parent, name, 1, content, content?.Length ?? 0);
    }

    public RemoteNode? Move(Guid id, long? ifVersion, Guid parent, string name)
    {
        if (!Nodes.TryGetValue(id, out var node) || (ifVersion is { } version && node.Version != version) || !IsFree(parent, name, id) || IsIn(parent, id))
            return null;
        return Nodes[id] = node with { Parent = parent, Name = name, Version = node.Version + 1 };
    }

    /// <summary>Raises a version, and changes nothing else.</summary>
    public bool Touch(Guid id, long ifVersion) => Nodes.TryGetValue(id, out var node) && Move(id, ifVersion, node.Parent, node.Name) is not null;

    public RemoteNode? Replace(Guid id, long? ifVersion, string content)
    {
        if (!Nodes.TryGetValue(id, out var node) || (ifVersion is { } version && node.Version != version))
            return null;
        return Nodes[id] = node with { Sha256 = content, Version = node.Version + 1 };
    }

    /// <summary>Deletes a file, or a folder with everything in it.</summary>
    public void Delete(Guid id)
    {
        foreach (var below in In(id).ToList())
            Delete(below.Id);
        Nodes.Remove(id);
    }

    /// <summary>Deletes a file, or a folder without entries, if it has a version.</summary>
    public bool DeleteIf(Guid id, long version)
    {
        if (Nodes.GetValueOrDefault(id)?.Version != version || In(id).Any())
            return false;
        Delete(id);
        return true;
    }

    public string PathOf(Guid id) => id == Root ? "" : $"{PathOf(Nodes[id].Parent)}/{Nodes[id].Name}";

    public IEnumerable<RemoteNode> Below(Guid id) => In(id).SelectMany(node => Below(node.Id).Append(node));

    private bool IsFree(Guid parent, string name, Guid? except = null) =>
        (parent == Root || Nodes.TryGetValue(parent, out var folder) && folder.Kind == EntryKind.Folder)
        && !In(parent).Any(node => node.Id != except && node.Name == name);

    private bool IsIn(Guid folder, Guid above) => folder == above || (folder != Root && IsIn(Nodes[folder].Parent, above));
}
