using FileDrop.Client;

namespace FileDrop.Cli.Syncing;

// The merged tree.
internal sealed partial class Planner
{
    private readonly HashSet<(Unit Parent, string Key)> _taken = [];

    /// <summary>Whether the entry is, or may come, into the merged tree.</summary>
    private bool IsThere(Unit unit) => unit != _root && (unit.Local is not null || unit.Remote is not null);

    /// <summary>Gives each entry its place.</summary>
    private void Place()
    {
        foreach (var unit in _units.Where(IsThere))
        {
            if (unit is { Local: not null, Remote: not null, Synced: { } synced })
            {
                if (IsMovedRemotely(unit))
                    PlaceAsRemote(unit);
                else if (IsMovedLocally(unit))
                    (unit.Parent, unit.Name, unit.IsPlacedByLocal, unit.StaysRemote) = (unit.LocalParent, unit.LocalName, true, false);
                else
                    (unit.Parent, unit.Name) = (SyncedParent(unit) ?? unit.RemoteParent, synced.Name);
            }
            else if (unit.Remote is not null)
            {
                var former = unit.Name;
                PlaceAsRemote(unit);
                // Its swap was killed, and its own name may be in use.
                if (SyncNames.IsParked(unit.RemoteName))
                    (unit.Name, unit.IsConflict) = (former.Length > 0 ? former : unit.RemoteName, true);
            }
            else
            {
                (unit.Parent, unit.Name) = (unit.LocalParent, unit.LocalName);
                unit.IsConflict |= SyncNames.IsParked(unit.LocalName);
            }
        }
    }

    private static void PlaceAsRemote(Unit unit) => (unit.Parent, unit.Name, unit.IsPlacedByLocal) = (unit.RemoteParent, unit.RemoteName, false);

    /// <summary>Keeps the deleted folders in which something stays.</summary>
    private void Revive()
    {
        foreach (var unit in _units.Where(unit => IsThere(unit) && !unit.IsDoomed))
            Revive(unit);
    }

    private void Revive(Unit unit)
    {
        if (unit.Frozen is null)
        {
            ReviveAbove(unit.Parent);
            return;
        }
        // A new entry that is left alone keeps no folder: it goes to the local trash with it.
        if (unit is { Remote: null, Synced: null })
            return;
        ReviveAbove(unit.LocalParent);
        ReviveAbove(unit.RemoteParent);
        ReviveAbove(SyncedParent(unit));
    }

    private static void ReviveAbove(Unit? folder)
    {
        for (; folder is { IsDoomed: true }; folder = folder.Parent)
            folder.IsDoomed = false;
    }

    /// <summary>Moves of both sides together can put a folder into itself. Then the service's places count.</summary>
    private void BreakCircles()
    {
        if (!_units.Exists(unit => unit is { IsPlacedByLocal: true, Kind: EntryKind.Folder }))
            return;
        for (var goesOn = true; goesOn;)
        {
            goesOn = false;
            foreach (var unit in _units.Where(unit => IsThere(unit) && unit is { IsPlacedByLocal: true, Kind: EntryKind.Folder } && IsInItself(unit)).ToList())
            {
                PlaceAsRemote(unit);
                ReviveAbove(unit.Parent);
                goesOn = true;
            }
        }
    }

    private bool IsInItself(Unit unit)
    {
        var above = unit.Parent;
        for (var steps = 0; above is not null && above != unit && steps <= _units.Count; steps++)
            above = above.Parent;
        return above == unit;
    }

    /// <summary>Gives each name in a folder to one entry; local ones make way.</summary>
    private void ResolveNames()
    {
        var groups = new Dictionary<(Unit Parent, string Key), Unit>();
        var losers = new List<Unit>();
        foreach (var unit in _units.Where(unit => IsThere(unit) && !unit.IsDoomed))
        {
            // Names that are in use now are no good for a copy.
            if (unit.LocalParent is { } here)
                _taken.Add((here, _names.Key(unit.LocalName)));
            if (unit.RemoteParent is { } there)
                _taken.Add((there, _names.Key(unit.RemoteName)));
            if (unit.Parent is not { } parent || unit.IsConflict)
                continue;
            var key = (parent, _names.Key(unit.Name));
            _taken.Add(key);
            if (groups.TryAdd(key, unit))
                continue;
            var (owner, loser) = Rank(unit) < Rank(groups[key]) ? (unit, groups[key]) : (groups[key], unit);
            groups[key] = owner;
            losers.Add(loser);
        }
        foreach (var loser in losers.Where(loser => loser.Frozen is null))
        {
            if (loser.Local is null || HasItsPlace(loser))
                loser.Frozen = "Its name is taken here by another entry.";
            else if (loser.StaysRemote)
                (loser.Parent, loser.Name) = (loser.LocalParent, SyncNames.IsParked(loser.LocalName) ? loser.LocalName : _names.Parked(loser.Number));
            else
                loser.IsConflict = true;
        }
        foreach (var unit in _units.Where(unit => unit is { IsConflict: true, Frozen: null, Parent: not null } && IsThere(unit) && !unit.IsDoomed))
        {
            unit.Name = _names.Conflict(unit.Name, name => unit.Parent is { } parent && _taken.Contains((parent, _names.Key(name))));
            if (unit.Parent is { } folder)
                _taken.Add((folder, _names.Key(unit.Name)));
        }
    }

    /// <summary>The right to a name: the lower, the better.</summary>
    private static int Rank(Unit unit) => unit.Frozen is not null ? 0
        : !HasItsPlace(unit) ? 3
        : unit.Local is not null ? 1
        : 2;

    /// <summary>Whether the service has the entry where it shall be.</summary>
    private static bool HasItsPlace(Unit unit) =>
        unit.Remote is not null && unit.RemoteParent == unit.Parent && SyncNames.AreSame(unit.RemoteName, unit.Name);
}
