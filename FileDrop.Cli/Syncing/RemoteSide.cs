using FileDrop.Client;

namespace FileDrop.Cli.Syncing;

/// <summary>The effects on the service. Each is conditional on the version that the plan saw, and never takes a name that is in use.</summary>
/// <param name="client">The service.</param>
/// <param name="store">Keeps the results.</param>
internal sealed class RemoteSide(FileDropClient client, SyncStore store)
{
    /// <summary>The most deletions in one request.</summary>
    public const int MaxDeletions = 200;

    /// <summary>After this time, the entries that went to the trash with a folder are counted.</summary>
    private static readonly TimeSpan s_counted = TimeSpan.FromSeconds(5);

    /// <summary>The service's time. This machine's clock may be wrong, and may jump between two syncs; it counts only if a proxy hides the other.</summary>
    public DateTimeOffset Now => client.ServiceTime ?? DateTimeOffset.UtcNow;

    /// <summary>Renames or moves an entry.</summary>
    public async Task MoveAsync(Unit unit, Unit parent, string name, CancellationToken cancellation)
    {
        var (remote, folder) = (Known(unit.Remote), Known(parent.Remote));
        var operation = new BatchOperation(BatchVerb.Move, remote.Id, unit.Kind) { Folder = folder.Id, Name = name, IfVersion = remote.Version };
        var result = (await client.BatchAsync([operation], cancellation))[0];
        Demand(result);
        Take(unit, parent, result.File is { } file ? RemoteNode.Of(new DropEntry(null, file)) : RemoteNode.Of(new DropEntry(result.Folder, null)));
    }

    /// <summary>Creates a folder.</summary>
    public async Task MakeFolderAsync(Unit unit, Unit parent, string name, CancellationToken cancellation) =>
        Take(unit, parent, RemoteNode.Of(new DropEntry(await client.CreateFolderAsync(name, Known(parent.Remote).Id, cancellation: cancellation), null)));

    /// <summary>Uploads a new file.</summary>
    public async Task UploadAsync(Unit unit, Unit parent, string name, string path, CancellationToken cancellation)
    {
        await using var content = Open(path);
        var target = new UploadTarget(name) { Folder = Known(parent.Remote).Id, ModifiedAt = ModifiedAt(unit) };
        Take(unit, parent, RemoteNode.Of(new DropEntry(null, await client.UploadAsync(content, target, cancellation: cancellation))));
    }

    /// <summary>Uploads a newer content.</summary>
    public async Task ReplaceAsync(Unit unit, string path, CancellationToken cancellation)
    {
        var remote = Known(unit.Remote);
        await using var content = Open(path);
        var file = await client.ReplaceContentAsync(remote.Id, remote.Version, content, ModifiedAt(unit), cancellation: cancellation);
        Take(unit, unit.RemoteParent, RemoteNode.Of(new DropEntry(null, file)));
    }

    /// <summary>Moves entries to the trash, each if it has not changed. A folder goes only if it has no entry that is known.</summary>
    /// <param name="doomed">The entries, each with the number of ignored ones in it, which go with it.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <returns>For each whether it is gone, in their order.</returns>
    public async Task<IReadOnlyList<BatchResult>> DeleteAsync(IReadOnlyList<(Unit Unit, int Hidden)> doomed, CancellationToken cancellation)
    {
        List<Unit> units = [.. doomed.Select(each => each.Unit)];
        foreach (var (folder, hidden) in doomed.Where(each => each.Unit.Kind == EntryKind.Folder))
            store.Remove(Known(folder.Remote).Id, hidden, Now);
        var results = await client.BatchAsync(
            units.Select(unit => new BatchOperation(BatchVerb.Delete, Known(unit.Remote).Id, unit.Kind) { IfVersion = Known(unit.Remote).Version }), cancellation);
        for (var i = 0; i < results.Count; i++)
        {
            if (!results[i].IsDone)
                continue;
            store.DropRemote(Known(units[i].Remote).Id);
            units[i].Remote = null;
        }
        return results;
    }

    /// <summary>
    /// Makes requests fail that a run has left on their way, when it was killed or lost its connection: each is conditional on a version, which is raised here. Otherwise
    /// one that comes late would look like somebody's work, and could replace a content that has come back meanwhile.
    /// </summary>
    /// <returns>Whether the service has changed meanwhile.</returns>
    public async Task<bool> FenceAsync(CancellationToken cancellation)
    {
        var hasChanged = false;
        foreach (var intents in store.OpenIntents().Chunk(MaxDeletions))
        {
            List<RemoteNode> nodes = [.. intents.Select(intent => store.Remote[intent.Id])];
            var results = await client.BatchAsync(
                nodes.Select(node => new BatchOperation(BatchVerb.Move, node.Id, node.Kind) { Folder = node.Parent, Name = node.Name, IfVersion = node.Version }), cancellation);
            for (var i = 0; i < results.Count; i++)
            {
                hasChanged |= !results[i].IsDone;
                if (!results[i].IsDone || RemoteNode.Of(new DropEntry(results[i].Folder, results[i].File)) is not { } raised)
                    continue;
                store.Save(raised);
                store.Settle(intents[i].Id, intents[i].Step);
            }
        }
        return hasChanged;
    }

    /// <summary>
    /// Restores folders that were deleted while somebody else put something into them. The service cannot make a deletion depend on that, and counts the entries
    /// some seconds later.
    /// </summary>
    /// <returns>The names of the folders that are back.</returns>
    public async Task<IReadOnlyList<string>> RestoreWronglyDeletedAsync(CancellationToken cancellation)
    {
        var restored = new List<string>();
        if (store.Removed.Count == 0)
            return restored;
        var trashed = await client.ListTrashedFoldersAsync(cancellation).Take(1_000).ToListAsync(cancellation);
        // The answer has brought the service's time.
        var due = store.Removed.Where(each => Now - each.Value.At > s_counted).Select(each => each.Key).ToHashSet();
        foreach (var folder in trashed)
        {
            if (due.Contains(folder.FolderId) && folder.Files + folder.Folders > store.Removed[folder.FolderId].Hidden)
                restored.Add((await client.RestoreFolderAsync(folder.FolderId, onConflict: OnConflict.Rename, cancellation: cancellation)).Name);
        }
        foreach (var id in due)
            store.ForgetRemoved(id);
        return restored;
    }

    private void Take(Unit unit, Unit? parent, RemoteNode? node)
    {
        unit.Remote = node ?? throw new OutdatedException();
        (unit.RemoteParent, unit.RemoteName) = (parent, node.Name);
        store.Save(node);
    }

    private static void Demand(BatchResult result)
    {
        if (!result.IsDone)
            throw new FileDropException((System.Net.HttpStatusCode)result.Status, result.Code ?? FileDropException.UnknownAnswer, "");
    }

    private static FileStream Open(string path) =>
        new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1 << 16, FileOptions.Asynchronous | FileOptions.SequentialScan);

    private static DateTimeOffset ModifiedAt(Unit unit) =>
        DateTimeOffset.UnixEpoch.AddTicks((unit.Local ?? throw new OutdatedException()).Stamp.Modified / 100);

    private static RemoteNode Known(RemoteNode? node) => node ?? throw new OutdatedException();
}
