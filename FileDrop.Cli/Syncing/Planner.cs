using FileDrop.Client;

namespace FileDrop.Cli.Syncing;

/// <summary>
/// Makes a plan from three trees, as a pure function. First it decides on one merged tree: an edit or a move beats a deletion of the same entry, the service's
/// place beats the local one, and a content or a name that both sides claim is kept twice. The steps are the differences of both sides from the merged tree.
/// </summary>
/// <remarks>
/// Every step is safe alone: it may be the last one before a kill, and the other side may change between any two. The next plan then begins with the trees as
/// they are.
/// </remarks>
internal sealed partial class Planner
{
    private readonly PlanInput _input;
    private readonly SyncNames _names;
    private readonly List<Unit> _units = [];
    private readonly Dictionary<Guid, Unit> _byId = [];
    private readonly Unit?[] _ofLocal;
    private readonly List<SyncAction> _actions = [];
    private readonly List<SyncedNode> _forgotten = [];
    private readonly Unit _root;

    private Planner(PlanInput input)
    {
        (_input, _names, _ofLocal) = (input, input.Names, new Unit?[input.Local.Count]);
        _root = Add(new Unit(EntryKind.Folder) { Remote = new RemoteNode(input.Root, EntryKind.Folder, Guid.Empty, "", 0), Local = input.Local[0] });
        (_byId[input.Root], _ofLocal[0]) = (_root, _root);
    }

    /// <summary>Makes the plan.</summary>
    public static Plan Make(PlanInput input)
    {
        var planner = new Planner(input);
        planner.Join();
        planner.Freeze();
        planner.Decide();
        planner.Adopt();
        planner.Place();
        planner.Revive();
        planner.BreakCircles();
        planner.ResolveNames();
        planner.Emit();
        return new Plan(
            planner._actions,
            [.. planner._units.Where(unit => unit.Frozen is { Length: > 0 }).Select(unit => (unit.Path, unit.Frozen ?? "")).OrderBy(each => each.Path, StringComparer.Ordinal)]);
    }

    private Unit Add(Unit unit)
    {
        unit.Number = _units.Count;
        _units.Add(unit);
        return unit;
    }

    /// <summary>Puts the three trees together: one unit for each file or folder.</summary>
    private void Join()
    {
        foreach (var node in _input.Remote.Values)
            _byId[node.Id] = Add(new Unit(node.Kind) { Remote = node, Frozen = _input.RemoteSkips.GetValueOrDefault(node.Id) });
        foreach (var node in _input.Synced.Values)
        {
            if (!_byId.TryGetValue(node.Id, out var unit))
                _byId[node.Id] = unit = Add(new Unit(node.Kind));
            unit.Synced = node;
        }
        var matches = Matcher.Match(_input);
        for (var i = 1; i < _ofLocal.Length; i++)
        {
            var local = _input.Local[i];
            var unit = matches[i] is { } synced ? _byId[synced.Id] : Add(new Unit(local.Kind));
            (unit.Local, unit.LocalParent, unit.LocalName, _ofLocal[i]) = (local, _ofLocal[local.Parent], local.Name, unit);
            unit.Frozen ??= local.Skip;
        }
        foreach (var unit in _units)
        {
            if (unit.Remote is { } remote && unit != _root)
                (unit.RemoteParent, unit.RemoteName) = (_byId.GetValueOrDefault(remote.Parent), remote.Name);
        }
    }

    /// <summary>Leaves alone everything in a folder that is left alone, on any side, and entries that another copy is moving before this one knows them.</summary>
    private void Freeze()
    {
        foreach (var unit in _units)
        {
            if (unit.Remote is { } remote && SyncNames.IsParked(remote.Name) && !_names.IsParkedHere(remote.Name))
            {
                unit.StaysRemote = unit.Synced is not null && unit.Local is not null;
                if (unit.Synced is null)
                    unit.Frozen ??= "";
            }
        }
        if (_units.TrueForAll(unit => unit.Frozen is null))
            return;
        for (var goesOn = true; goesOn;)
        {
            goesOn = false;
            foreach (var unit in _units)
            {
                if (unit.Frozen is null && (unit.LocalParent?.Frozen ?? unit.RemoteParent?.Frozen ?? SyncedParent(unit)?.Frozen) is not null)
                    (unit.Frozen, goesOn) = ("", true);
            }
        }
    }

    private Unit? SyncedParent(Unit unit) => unit.Synced is { } synced ? _byId.GetValueOrDefault(synced.Parent) : null;

    /// <summary>Decides on each entry whose agreed state is known: is it deleted, and where does its content go?</summary>
    private void Decide()
    {
        var kept = new HashSet<Unit>();
        foreach (var unit in _units.Where(unit => unit.Frozen is null && unit.Synced is not null).ToList())
        {
            switch (unit)
            {
                case { Remote: null, Local: null }:
                    Forget(unit);
                    break;
                case { Remote: null, Local: { } local }:
                    if (unit.Kind == EntryKind.File && !Digest.AreSame(local.Sha256, unit.Synced?.Sha256))
                        Forget(unit);
                    else
                        unit.IsDoomed = true;
                    break;
                case { Local: null, Remote: { } remote }:
                    if (IsMovedRemotely(unit) || (unit.Kind == EntryKind.File && !Digest.AreSame(remote.Sha256, unit.Synced?.Sha256)))
                        kept.Add(unit);
                    else
                        unit.IsDoomed = true;
                    break;
                case { Kind: EntryKind.File, Local: { } local, Remote: { } remote } when IsDisputed(unit, local, remote):
                    Split(unit, local);
                    break;
                default:
                    break;
            }
        }
        Keep(kept);
    }

    private static bool IsDisputed(Unit unit, LocalNode local, RemoteNode remote) => !Digest.AreSame(local.Sha256, remote.Sha256)
        // A lower version is another history, as after the service's return to a backup.
        && ((!Digest.AreSame(local.Sha256, unit.Synced?.Sha256) && !Digest.AreSame(remote.Sha256, unit.Synced?.Sha256)) || remote.Version < unit.Synced?.Version);

    /// <summary>The local content becomes a file of its own, and the service's is downloaded.</summary>
    private void Split(Unit unit, LocalNode local)
    {
        var copy = Add(new Unit(EntryKind.File) { Local = local, LocalParent = unit.LocalParent, LocalName = unit.LocalName, IsConflict = true });
        for (var i = 1; i < _ofLocal.Length; i++)
        {
            if (_ofLocal[i] == unit)
                _ofLocal[i] = copy;
        }
        (unit.Local, unit.LocalParent, unit.LocalName, unit.Name) = (null, null, "", unit.Synced?.Name ?? "");
        Forget(unit);
    }

    /// <summary>Entries that the service has moved or changed come back, with everything in them.</summary>
    private void Keep(HashSet<Unit> kept)
    {
        if (kept.Count == 0)
            return;
        foreach (var unit in _units.Where(unit => unit is { Frozen: null, Local: null, Remote: not null, Synced: not null }))
        {
            for (var above = unit; above is not null; above = above.RemoteParent)
            {
                if (!kept.Contains(above))
                    continue;
                unit.IsDoomed = false;
                break;
            }
        }
        foreach (var unit in _units.Where(unit => unit is { Frozen: null, Local: null, Remote: not null, IsDoomed: false }))
        {
            unit.Name = unit.Synced?.Name ?? "";
            Forget(unit);
        }
    }

    private static bool IsMovedRemotely(Unit unit) => unit is { Synced: { } synced, Remote: { } remote } && !SyncNames.IsParked(remote.Name)
        && (synced.Parent != remote.Parent || !SyncNames.AreSame(synced.Name, remote.Name));

    private bool IsMovedLocally(Unit unit) => unit is { Synced: { } synced, Local: { } local } && !SyncNames.IsParked(local.Name)
        && (SyncedParent(unit) != unit.LocalParent || !SyncNames.AreSame(synced.Name, local.Name));

    private void Forget(Unit unit)
    {
        if (unit.Synced is { } synced)
            _forgotten.Add(synced);
        unit.Synced = null;
    }

    /// <summary>Takes a local and a remote entry at the same place for the same, if both are folders or have the same content.</summary>
    private void Adopt()
    {
        var lonely = new Dictionary<(Unit Parent, string Key), Unit>();
        foreach (var unit in _units)
        {
            if (unit is { Frozen: null, Local: null, IsDoomed: false, Remote: not null, RemoteParent: { } parent } && !_names.IsParkedHere(unit.RemoteName))
                lonely.TryAdd((parent, _names.Key(unit.RemoteName)), unit);
        }
        if (lonely.Count == 0)
            return;
        for (var i = 1; i < _ofLocal.Length; i++)
        {
            if (_ofLocal[i] is not { Local: { } local } unit)
                continue;
            // Its folder may have been adopted just now.
            unit.LocalParent = _ofLocal[local.Parent];
            if (unit is not { Frozen: null, Remote: null, IsConflict: false, LocalParent: { } parent }
                || !lonely.TryGetValue((parent, _names.Key(unit.LocalName)), out var other) || other.Kind != unit.Kind || !Digest.AreSame(other.Remote?.Sha256, local.Sha256))
                continue;
            lonely.Remove((parent, _names.Key(unit.LocalName)));
            if (unit.Synced is { } synced)
                _byId[synced.Id] = other;
            Forget(unit);
            (other.Local, other.LocalParent, other.LocalName, _ofLocal[i]) = (local, parent, unit.LocalName, other);
            (unit.Local, unit.LocalParent, unit.IsDoomed) = (null, null, false);
        }
    }
}
