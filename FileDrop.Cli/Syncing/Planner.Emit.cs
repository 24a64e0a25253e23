using FileDrop.Client;

namespace FileDrop.Cli.Syncing;

// The steps.
internal sealed partial class Planner
{
    private readonly Dictionary<(Unit Parent, string Key), Unit> _locals = [];
    private readonly Dictionary<(Unit Parent, string Key), Unit> _remotes = [];
    private readonly HashSet<(Unit Unit, bool IsLocal)> _gone = [];
    private readonly HashSet<(Unit Unit, bool IsLocal)> _made = [];

    private bool MayChangeLocal => _input.Mode != SyncMode.Push;

    private bool MayChangeRemote => _input.Mode != SyncMode.Pull;

    private void Emit()
    {
        foreach (var synced in _forgotten)
            _actions.Add(new SyncAction(Step.Forget, new Unit(synced.Kind) { Synced = synced, LocalParent = _root, LocalName = synced.Name }, Parent: null, synced.Name));
        foreach (var unit in _units)
        {
            if (unit.LocalParent is { } here)
                _locals.TryAdd((here, _names.Key(unit.LocalName)), unit);
            if (unit.RemoteParent is { } there)
                _remotes.TryAdd((there, _names.Key(unit.RemoteName)), unit);
        }
        // The simulated places; the steps themselves move the real ones when they are taken.
        var places = _units.ConvertAll(unit => (unit.LocalParent, unit.LocalName, unit.RemoteParent, unit.RemoteName));

        // A copy leaves its name before anything else takes it.
        foreach (var unit in _units.Where(unit => unit is { IsConflict: true, Frozen: null, IsDoomed: false } && unit.Parent == unit.LocalParent))
            MoveLocal(unit);
        var below = _units.Where(unit => IsThere(unit) && !unit.IsDoomed && unit.Parent is not null).ToLookup(unit => unit.Parent);
        var next = new Queue<Unit>([_root]);
        while (next.TryDequeue(out var folder))
        {
            foreach (var unit in below[folder])
            {
                if (unit.Frozen is not null)
                    continue;
                EmitPlace(unit);
                next.Enqueue(unit);
            }
        }
        EmitDeletions();
        for (var i = 0; i < places.Count; i++)
            (_units[i].LocalParent, _units[i].LocalName, _units[i].RemoteParent, _units[i].RemoteName) = places[i];
    }

    private bool IsHere(Unit unit) => (unit.Local is not null || _made.Contains((unit, true))) && !_gone.Contains((unit, true));

    private bool IsThereRemotely(Unit unit) => (unit.Remote is not null || _made.Contains((unit, false))) && !_gone.Contains((unit, false));

    /// <summary>Brings both sides of an entry to its place, with its content.</summary>
    private void EmitPlace(Unit unit)
    {
        if (unit.Parent is not { } parent)
            return;
        var before = _actions.Count;
        var agrees = AgreesLocally(unit);
        if (IsHere(parent))
        {
            if (unit.Local is not null)
                MoveLocal(unit);
            else if (MayChangeLocal)
                Make(unit, parent, isLocal: true, unit.Kind == EntryKind.Folder ? Step.MakeLocalFolder : Step.Download);
        }
        // Without its local half, a renaming after a conflict would make the sides differ more.
        if (unit.IsConflict && !agrees && !MayChangeLocal)
            return;
        if (IsThereRemotely(parent) && MayChangeRemote)
        {
            if (unit.Remote is null)
                Make(unit, parent, isLocal: false, unit.Kind == EntryKind.Folder ? Step.MakeRemoteFolder : Step.Upload);
            else if (!unit.StaysRemote && (unit.RemoteParent != parent || !SyncNames.AreSame(unit.RemoteName, unit.Name)))
                Move(unit, parent, isLocal: false, Step.MoveRemote, unit.Name);
        }
        if (unit is { Kind: EntryKind.File, Local: { } local, Remote: { } remote, Synced: { } synced } && !Digest.AreSame(local.Sha256, remote.Sha256))
        {
            if (Digest.AreSame(local.Sha256, synced.Sha256) && MayChangeLocal)
                _actions.Add(new SyncAction(Step.ReplaceLocal, unit, Parent: null, unit.Name));
            else if (!Digest.AreSame(local.Sha256, synced.Sha256) && MayChangeRemote)
                _actions.Add(new SyncAction(Step.ReplaceRemote, unit, Parent: null, unit.Name));
        }
        if (_actions.Count == before && IsNews(unit))
            _actions.Add(new SyncAction(Step.Record, unit, Parent: null, unit.Name));
    }

    private static bool AgreesLocally(Unit unit) => unit.LocalParent == unit.Parent && SyncNames.AreSame(unit.LocalName, unit.Name);

    /// <summary>Whether both sides agree on something that the agreed state does not say yet.</summary>
    private static bool IsNews(Unit unit) => unit is { Local: { } local, Remote: { } remote, StaysRemote: false } && Digest.AreSame(local.Sha256, remote.Sha256)
        && unit.LocalParent == unit.RemoteParent && SyncNames.AreSame(unit.LocalName, unit.RemoteName)
        && (unit.Synced is not { } synced || !Digest.AreSame(synced.Sha256, remote.Sha256) || synced.Version != remote.Version || synced.Stamp != local.Mark
            || synced.Parent != remote.Parent || !SyncNames.AreSame(synced.Name, remote.Name));

    private void MoveLocal(Unit unit)
    {
        if (MayChangeLocal && unit.Parent is { } parent && !AgreesLocally(unit))
            Move(unit, parent, isLocal: true, Step.MoveLocal, unit.Name);
    }

    private void Move(Unit unit, Unit parent, bool isLocal, Step step, string name)
    {
        Clear(unit, parent, isLocal, name);
        var places = isLocal ? _locals : _remotes;
        var from = isLocal ? (unit.LocalParent, unit.LocalName) : (unit.RemoteParent, unit.RemoteName);
        if (from.Item1 is { } old && places.TryGetValue((old, _names.Key(from.Item2)), out var holder) && holder == unit)
            places.Remove((old, _names.Key(from.Item2)));
        places[(parent, _names.Key(name))] = unit;
        _actions.Add(new SyncAction(step, unit, parent, name, unit.IsConflict && isLocal));
        if (isLocal)
            (unit.LocalParent, unit.LocalName) = (parent, name);
        else
            (unit.RemoteParent, unit.RemoteName) = (parent, name);
    }

    private void Make(Unit unit, Unit parent, bool isLocal, Step step)
    {
        Clear(unit, parent, isLocal, unit.Name);
        (isLocal ? _locals : _remotes)[(parent, _names.Key(unit.Name))] = unit;
        _made.Add((unit, isLocal));
        _actions.Add(new SyncAction(step, unit, parent, unit.Name));
        if (isLocal)
            (unit.LocalParent, unit.LocalName) = (parent, unit.Name);
        else
            (unit.RemoteParent, unit.RemoteName) = (parent, unit.Name);
    }

    /// <summary>Frees a name on one side: a deleted file goes, and anything else waits under another name for its own turn.</summary>
    private void Clear(Unit unit, Unit parent, bool isLocal, string name)
    {
        if (!(isLocal ? _locals : _remotes).TryGetValue((parent, _names.Key(name)), out var holder) || holder == unit || holder.Frozen is not null)
            return;
        if (holder is { IsDoomed: true, Kind: EntryKind.File })
            Delete(holder, isLocal);
        else
            Move(holder, parent, isLocal, isLocal ? Step.MoveLocal : Step.MoveRemote, _names.Parked(_actions.Count));
    }

    private void EmitDeletions()
    {
        foreach (var unit in _units.Where(unit => unit is { IsDoomed: true, Frozen: null }).OrderByDescending(Depth).ToList())
        {
            if (unit.Remote is not null && MayChangeRemote)
                Delete(unit, isLocal: false);
            else if (unit.Local is not null && MayChangeLocal)
                Delete(unit, isLocal: true);
        }
    }

    private void Delete(Unit unit, bool isLocal)
    {
        if (!_gone.Add((unit, isLocal)))
            return;
        var (places, parent, name) = isLocal ? (_locals, unit.LocalParent, unit.LocalName) : (_remotes, unit.RemoteParent, unit.RemoteName);
        if (parent is not null && places.TryGetValue((parent, _names.Key(name)), out var holder) && holder == unit)
            places.Remove((parent, _names.Key(name)));
        _actions.Add(new SyncAction(isLocal ? Step.DeleteLocal : Step.DeleteRemote, unit, Parent: null, name));
    }

    private static int Depth(Unit unit)
    {
        var depth = 0;
        for (var above = unit.Remote is not null ? unit.RemoteParent : unit.LocalParent; above is not null; depth++)
            above = unit.Remote is not null ? above.RemoteParent : above.LocalParent;
        return depth;
    }
}
