namespace FileDrop.Cli.Syncing;

/// <summary>The state on which both sides agree, after a step.</summary>
internal static class Agreement
{
    /// <summary>
    /// Finds the steps that have happened, although the sync was killed before it could note them: the effect of each can be seen on the side that it changes. If a content
    /// was to be uploaded, and the service has another one two versions later or is rid of the file, nobody knows which came first. Then both sides count as changed.
    /// </summary>
    /// <param name="intents">The steps that were about to be taken, in their order.</param>
    /// <param name="synced">The agreed tree.</param>
    /// <param name="remote">The service's tree.</param>
    /// <param name="local">The local tree. The first is the top.</param>
    /// <returns>The ids with the states to keep; null for those to forget.</returns>
    public static IEnumerable<(Guid Id, SyncedNode? State)> Complete(
        IReadOnlyCollection<Intent> intents, IReadOnlyDictionary<Guid, SyncedNode> synced, IReadOnlyDictionary<Guid, RemoteNode> remote, IReadOnlyList<LocalNode> local)
    {
        if (intents.Count == 0)
            yield break;
        // Hard links have the same marks.
        var marks = local.ToLookup(node => node.Stamp);
        foreach (var intent in intents)
        {
            var now = remote.GetValueOrDefault(intent.Id);
            switch (intent.Step)
            {
                case Step.Download or Step.ReplaceLocal when marks[intent.Made].Any():
                case Step.MoveLocal when marks[intent.Made].Any(node => IsIn(node, intent)):
                case Step.DeleteLocal when !marks[intent.Before].Any(node => IsIn(node, intent)):
                case Step.MoveRemote when now?.Version > intent.Version && now.Parent == intent.After?.Parent && SyncNames.AreSame(now.Name, intent.After.Name):
                case Step.ReplaceRemote when now?.Version > intent.Version && Digest.AreSame(now.Sha256, intent.After?.Sha256):
                case Step.DeleteRemote when now?.Version != intent.Version:
                    yield return (intent.Id, intent.After);
                    break;
                case Step.ReplaceLocal when !marks[intent.Before].Any():
                case Step.ReplaceRemote when now is null || now.Version > intent.Version + 1:
                    if (synced.TryGetValue(intent.Id, out var known))
                        yield return (intent.Id, known with { Sha256 = null, Stamp = default, Version = now?.Version ?? known.Version });
                    break;
                default:
                    break;
            }
        }

        bool IsIn(LocalNode node, Intent intent) => node.Parent >= 0 && local[node.Parent].Stamp.Inode == intent.Folder && SyncNames.AreSame(node.Name, intent.Name);
    }

    /// <summary>Notes the halves, place and content, in which both sides agree now.</summary>
    /// <param name="unit">The entry, as the step left it.</param>
    /// <param name="save">Keeps a state.</param>
    /// <param name="forget">Drops the state of an id.</param>
    public static void Note(Unit unit, Action<SyncedNode> save, Action<Guid> forget)
    {
        if (unit is { Local: { } local, Remote: { } remote })
        {
            var isPlaced = unit.LocalParent == unit.RemoteParent && SyncNames.AreSame(unit.LocalName, unit.RemoteName) && !SyncNames.IsParked(unit.RemoteName);
            var isSame = Digest.AreSame(local.Sha256, remote.Sha256);
            if (unit.Synced is null && !(isPlaced && isSame))
                return;
            // A folder that was deleted at the service, and is needed again, has another id there.
            if (unit.Synced is { } former && former.Id != remote.Id)
                forget(former.Id);
            var synced = unit.Synced is { } known && known.Id == remote.Id ? known
                : new SyncedNode(remote.Id, unit.Kind, remote.Parent, remote.Name, remote.Version, remote.Sha256, local.Mark);
            if (isPlaced)
                synced = synced with { Parent = unit.RemoteParent?.Remote?.Id ?? remote.Parent, Name = remote.Name };
            if (isSame)
                synced = synced with { Sha256 = remote.Sha256, Stamp = local.Mark };
            unit.Synced = synced with { Version = remote.Version };
            save(unit.Synced);
        }
        else if (unit is { Local: null, Remote: null, Synced: { } gone })
        {
            unit.Synced = null;
            forget(gone.Id);
        }
    }
}
