namespace FileDrop.Cli.Syncing;

/// <summary>The state on which both sides agree, after a step.</summary>
internal static class Agreement
{
    /// <summary>
    /// Notes uploads that have happened, although the sync was killed before it could note them. Otherwise the service's content would look like somebody else's
    /// edit, and could replace a local one. If the file has another content or is gone meanwhile, nobody knows whether that came before the upload or after it.
    /// Then both sides count as changed.
    /// </summary>
    /// <param name="intents">The digest of each content that was about to be uploaded, by the file's id.</param>
    /// <param name="synced">The agreed tree.</param>
    /// <param name="remote">The service's tree.</param>
    /// <returns>The states to keep. Their marks fit no local file, so that it is read.</returns>
    public static List<SyncedNode> Complete(
        IReadOnlyDictionary<Guid, string> intents, IReadOnlyDictionary<Guid, SyncedNode> synced, IReadOnlyDictionary<Guid, RemoteNode> remote) =>
    [
        .. from intent in intents
           where synced.ContainsKey(intent.Key)
           let before = synced[intent.Key]
           let now = remote.GetValueOrDefault(intent.Key)
           where now?.Version != before.Version
           select before with { Sha256 = Digest.AreSame(now?.Sha256, intent.Value) ? intent.Value : null, Version = now?.Version ?? before.Version, Stamp = default },
    ];

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
