using FileDrop.Cli.Syncing;
using FileDrop.Client;

namespace FileDrop.Api.Tests.Sync.Model;

/// <summary>How a sync is killed.</summary>
internal enum Kill
{
    /// <summary>It is not.</summary>
    None,

    /// <summary>After the step was intended, before its effect.</summary>
    Before,

    /// <summary>After the effect of a step, before its note.</summary>
    After,

    /// <summary>While a request is on its way, which has its effect later. Otherwise before the effect.</summary>
    Late,
}

/// <summary>A local copy: its disk, and the state that its sync keeps.</summary>
internal sealed class ModelCopy(ModelService service, string host)
{
    private readonly List<Intent> _intents = [];
    private (Dictionary<Guid, SyncedNode> Synced, List<Intent> Intents) _durable = ([], []);

    public ModelDisk Disk { get; } = new();

    public AgreedTree Synced { get; private set; } = new();

    public Plan Plan()
    {
        _intents.RemoveAll(intent => intent.IsOpen(service.Nodes) && service.Touch(intent.Id, intent.Version));
        var scan = Disk.Scan();
        foreach (var (id, state) in Agreement.Complete(_intents, Synced.Nodes, service.Nodes, scan))
            Note(id, state);
        _intents.Clear();
        Flush();
        Disk.Parts.Clear();
        return Planner.Make(new PlanInput
        {
            Root = ModelService.Root,
            Synced = new Dictionary<Guid, SyncedNode>(Synced.Nodes),
            Remote = new Dictionary<Guid, RemoteNode>(service.Nodes),
            Local = scan,
            Names = new SyncNames(host, new DateOnly(2026, 11, 30), $"token{host}"),
        });
    }

    /// <summary>
    /// Takes steps as the executor does: contents last. Each step is conditional, intended before, and noted afterwards. The notes since the last intent are lost when
    /// the sync is killed.
    /// </summary>
    /// <param name="plan">The plan.</param>
    /// <param name="before">Happens before each step. It returns how the sync is killed there, which also ends the contents that go beside.</param>
    public void Run(Plan plan, Func<SyncAction, Kill>? before = null)
    {
        var (isKilled, wasTransfer, beside) = (false, false, Executor.Transfers - 1);
        foreach (var action in plan.Actions.Where(action => !action.IsTransfer).Concat(plan.Actions.Where(action => action.IsTransfer)))
        {
            if (isKilled && (!wasTransfer || beside-- == 0))
                break;
            var kill = before?.Invoke(action) ?? Kill.None;
            (isKilled, wasTransfer) = (isKilled || kill != Kill.None, action.IsTransfer);
            var part = Entry(action.Unit) is null && action.Step != Step.Download ? null : action switch
            {
                { Step: Step.Download or Step.ReplaceLocal, Unit: { Kind: EntryKind.File, Remote: { Sha256: { } content } wanted } }
                    when service.Nodes.GetValueOrDefault(wanted.Id)?.Sha256 == content => Disk.MakePart(content),
                _ => null,
            };
            var intent = Intent.Of(action, part is null ? null : new LocalNode(0, EntryKind.File, action.Name, ModelDisk.StampOf(part), part.Content));
            if (intent is not null)
            {
                _intents.Add(intent);
                Flush();
            }
            if (kill == Kill.Late && action.IsRemote)
                Late(action);
            if (kill is Kill.Before or Kill.Late || !Take(action, part) || isKilled)
                continue;
            Agreement.Note(action.Unit, node => Note(node.Id, node), id => Note(id, null));
            if (intent is not null)
                _intents.Remove(intent);
        }
        if (!isKilled)
        {
            Flush();
            return;
        }
        Synced = new AgreedTree();
        foreach (var node in _durable.Synced.Values)
            Synced.Keep(node);
        _intents.Clear();
        _intents.AddRange(_durable.Intents);
    }

    private void Flush() => _durable = (new Dictionary<Guid, SyncedNode>(Synced.Nodes), [.. _intents]);

    private void Note(Guid id, SyncedNode? state)
    {
        if (state is null)
            Synced.Drop(id);
        else
            Synced.Keep(state);
    }

    private ModelEntry? Entry(Unit unit) =>
        unit.Local is { } local && Disk.Entries.TryGetValue(local.Stamp.Inode, out var found) && ModelDisk.StampOf(found) == local.Stamp
            && Disk.PathOf(found.Inode).TrimStart('/') == unit.LocalPath ? found : null;

    private bool Take(SyncAction action, ModelEntry? part)
    {
        var unit = action.Unit;
        var entry = Entry(unit);
        var here = action.Parent is not { } folder ? -1 : folder.LocalParent is null ? ModelDisk.Root : Entry(folder)?.Inode ?? -1;
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
            case Step.MakeLocalFolder:
                return here >= 0 && unit.Remote is not null && Disk.Create(EntryKind.Folder, here, action.Name, null) is { } made && Made(unit, action, made);
            case Step.Download:
                return here >= 0 && part is not null && Disk.Place(part, here, action.Name) && Made(unit, action, part);
            case Step.ReplaceLocal:
                if (entry is null || part is null)
                    return false;
                Disk.Replace(entry, part);
                unit.Local = new LocalNode(0, unit.Kind, unit.LocalName, ModelDisk.StampOf(part), part.Content);
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
                return entry?.Content is { } newer && unit.Remote is { } replaced && Took(unit, null, service.Replace(replaced.Id, replaced.Version, newer));
            default:
                if (unit.Remote is not { } doomed || !service.DeleteIf(doomed.Id, doomed.Version))
                    return false;
                unit.Remote = null;
                return true;
        }
    }

    /// <summary>Leaves a request on its way to the service.</summary>
    private void Late(SyncAction action)
    {
        var (parent, content) = (action.Parent?.Remote?.Id ?? Guid.Empty, Entry(action.Unit)?.Content);
        switch (action)
        {
            case { Step: Step.MoveRemote, Unit.Remote: { } remote }:
                service.Late.Enqueue(() => service.Move(remote.Id, remote.Version, parent, action.Name));
                break;
            case { Step: Step.Upload } when content is not null:
                service.Late.Enqueue(() => service.Create(EntryKind.File, parent, action.Name, content));
                break;
            case { Step: Step.ReplaceRemote, Unit.Remote: { } remote } when content is not null:
                service.Late.Enqueue(() => service.Replace(remote.Id, remote.Version, content));
                break;
            case { Step: Step.DeleteRemote, Unit.Remote: { } remote }:
                service.Late.Enqueue(() => service.DeleteIf(remote.Id, remote.Version));
                break;
            default:
                break;
        }
    }

    private static bool Made(Unit unit, SyncAction action, ModelEntry made)
    {
        (unit.Local, unit.LocalParent, unit.LocalName) = (new LocalNode(0, unit.Kind, action.Name, ModelDisk.StampOf(made), made.Content), action.Parent, action.Name);
        return true;
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
