using FileDrop.Cli.Syncing;
using FileDrop.Client;

namespace FileDrop.Api.Tests.Sync.Model;

/// <summary>A local copy: its disk, and the state that its sync keeps.</summary>
internal sealed class ModelCopy(ModelService service, string host)
{
    private readonly Dictionary<Guid, string> _intents = [];

    public ModelDisk Disk { get; } = new();

    public Dictionary<Guid, SyncedNode> Synced { get; } = [];

    public Plan Plan()
    {
        foreach (var node in Agreement.Complete(_intents, Synced, service.Nodes))
            Save(node);
        _intents.Clear();
        return Planner.Make(new PlanInput
        {
            Root = ModelService.Root,
            Synced = new Dictionary<Guid, SyncedNode>(Synced),
            Remote = new Dictionary<Guid, RemoteNode>(service.Nodes),
            Local = Disk.Scan(),
            Names = new SyncNames(host, new DateOnly(2026, 11, 30), $"token{host}"),
        });
    }

    /// <summary>Takes steps as the executor does: each is conditional, and noted afterwards.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="between">Happens before each step. It returns false to kill the sync there.</param>
    /// <param name="notes">Whether the step is noted after its effect. If not, the sync is killed in between.</param>
    /// <returns>The number of steps that had an effect.</returns>
    public int Run(Plan plan, Func<bool>? between = null, Func<bool>? notes = null)
    {
        var done = 0;
        foreach (var action in plan.Actions)
        {
            if (between?.Invoke() is false)
                return done;
            if (!Take(action))
                continue;
            done++;
            if (notes?.Invoke() is false)
                return done;
            Agreement.Note(action.Unit, Save, id => Synced.Remove(id));
        }
        return done;
    }

    private void Save(SyncedNode node) => Synced[node.Id] = node;

    private bool Take(SyncAction action)
    {
        var unit = action.Unit;
        var entry = unit.Local is { } local && Disk.Entries.TryGetValue(local.Stamp.Inode, out var found) && ModelDisk.StampOf(found) == local.Stamp
            && Disk.PathOf(found.Inode).TrimStart('/') == unit.LocalPath ? found : null;
        var here = action.Parent?.Local?.Stamp.Inode ?? -1;
        var there = action.Parent?.Remote?.Id ?? Guid.Empty;
        switch (action.Step)
        {
            case Step.Record:
                return true;
            case Step.Forget:
                return true;
            case Step.MoveLocal:
                if (entry is null || here < 0 || !Disk.Move(entry, here, action.Name))
                    return false;
                (unit.LocalParent, unit.LocalName) = (action.Parent, action.Name);
                return true;
            case Step.MakeLocalFolder or Step.Download:
                if (here < 0 || unit.Remote is not { } wanted || (unit.Kind == EntryKind.File && service.Nodes.GetValueOrDefault(wanted.Id)?.Sha256 != wanted.Sha256))
                    return false;
                if (Disk.Create(unit.Kind, here, action.Name, wanted.Sha256) is not { } made)
                    return false;
                (unit.Local, unit.LocalParent, unit.LocalName) = (new LocalNode(0, unit.Kind, action.Name, ModelDisk.StampOf(made), made.Content), action.Parent, action.Name);
                return true;
            case Step.ReplaceLocal:
                if (entry is null || unit.Remote is not { Sha256: { } newer } || service.Nodes.GetValueOrDefault(unit.Remote.Id)?.Sha256 != newer)
                    return false;
                Disk.Write(entry, newer);
                unit.Local = unit.Local is { } old ? old with { Sha256 = newer, Stamp = ModelDisk.StampOf(entry) } : null;
                return true;
            case Step.DeleteLocal:
                if (entry is null || Disk.In(entry.Inode).Any())
                    return false;
                Disk.Delete(entry.Inode);
                unit.Local = null;
                return true;
            case Step.MoveRemote:
                return unit.Remote is { } moving && there != Guid.Empty && Took(unit, action, service.Move(moving.Id, moving.Version, there, action.Name));
            case Step.MakeRemoteFolder or Step.Upload:
                return entry is not null && there != Guid.Empty && Took(unit, action, service.Create(unit.Kind, there, action.Name, entry.Content));
            case Step.ReplaceRemote:
                if (entry?.Content is not { } content || unit.Remote is not { } replaced)
                    return false;
                _intents[replaced.Id] = content;
                return Took(unit, null, service.Replace(replaced.Id, replaced.Version, content));
            default:
                if (unit.Remote is not { } doomed || service.Nodes.GetValueOrDefault(doomed.Id)?.Version != doomed.Version || service.In(doomed.Id).Any())
                    return false;
                service.Delete(doomed.Id);
                unit.Remote = null;
                return true;
        }
    }

    private static bool Took(Unit unit, SyncAction? placed, RemoteNode? node)
    {
        if (node is null)
            return false;
        unit.Remote = node;
        if (placed is not null)
            (unit.RemoteParent, unit.RemoteName) = (placed.Parent, placed.Name);
        return true;
    }
}
