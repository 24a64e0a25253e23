using System.Net;
using FileDrop.Client;

namespace FileDrop.Cli.Syncing;

/// <summary>Keeps the service's tree below one folder true: by a list once, then by the feed of changes.</summary>
/// <param name="client">The service.</param>
/// <param name="store">Keeps the tree and the cursor.</param>
/// <param name="root">The folder.</param>
internal sealed class RemoteTree(FileDropClient client, SyncStore store, Guid root)
{
    /// <summary>Whether the whole tree was listed, and not only its changes: it may be another owner's, or of a service that was set up again.</summary>
    public bool IsListed { get; private set; }

    /// <summary>Applies everything that has changed since the last time.</summary>
    /// <exception cref="ToolException">The folder itself is gone.</exception>
    public async Task RefreshAsync(CancellationToken cancellation)
    {
        if (store.Cursor is null)
            await ListAsync(cancellation);
        for (var hasMore = true; hasMore;)
        {
            try
            {
                var page = await client.ReadChangesAsync(store.Cursor, cancellation: cancellation);
                await ApplyAsync(page, cancellation);
                hasMore = page.HasMore;
            }
            catch (FileDropException expired) when (expired.Code is "cursor_expired")
            {
                await ListAsync(cancellation);
            }
        }
    }

    /// <summary>Waits until something has changed behind the cursor, up to a time.</summary>
    /// <returns>Whether something has changed.</returns>
    public async Task<bool> WaitAsync(TimeSpan patience, CancellationToken cancellation)
    {
        try
        {
            return store.Cursor is not { } cursor || (await client.WaitForChangesAsync(cursor, patience, cancellation)).Changes.Count > 0;
        }
        catch (FileDropException expired) when (expired.Code is "cursor_expired")
        {
            return true;
        }
    }

    /// <summary>Lists everything. The cursor is taken first, so that a change meanwhile comes again.</summary>
    private async Task ListAsync(CancellationToken cancellation)
    {
        var cursor = await client.GetCursorAsync(cancellation);
        var listed = new List<RemoteNode>();
        await foreach (var entry in client.ListEntriesAsync(root, deep: true, cancellation: cancellation))
        {
            if (RemoteNode.Of(entry) is { } node)
                listed.Add(node);
        }
        IsListed = true;
        store.ClearRemote();
        foreach (var node in listed)
            store.Save(node);
        DropOrphans();
        store.Advance(cursor);
    }

    private async Task ApplyAsync(ChangePage page, CancellationToken cancellation)
    {
        var (arrived, hasLeft) = (new List<Guid>(), false);
        foreach (var change in page.Changes)
        {
            // A run was killed while it deleted this. If it is back, somebody has restored it, with the version that it had.
            if (store.Intents.ContainsKey((change.Id, Step.DeleteRemote)))
            {
                store.Forget(change.Id);
                store.Settle(change.Id, Step.DeleteRemote);
            }
            if (change.Id == root)
            {
                if (change.IsGone)
                    throw new ToolException(ExitCode.NotFound, "The folder at the service was deleted. Nothing was changed here.");
            }
            else if (change.Entry is { } entry && RemoteNode.Of(entry) is { } node && IsInside(node.Parent))
            {
                if (node.Kind == EntryKind.Folder && !store.Remote.ContainsKey(node.Id))
                    arrived.Add(node.Id);
                if (store.Remote.GetValueOrDefault(node.Id) != node)
                    store.Save(node);
            }
            else if (store.Remote.ContainsKey(change.Id))
            {
                store.DropRemote(change.Id);
                hasLeft |= change.Kind == EntryKind.Folder;
            }
        }
        // The feed tells of a folder that arrived, and not of its entries.
        foreach (var folder in arrived.Where(store.Remote.ContainsKey))
            await ListBelowAsync(folder, cancellation);
        if (hasLeft || arrived.Count > 0)
            DropOrphans();
        store.Advance(page.Cursor);
    }

    private async Task ListBelowAsync(Guid folder, CancellationToken cancellation)
    {
        try
        {
            await foreach (var entry in client.ListEntriesAsync(folder, deep: true, cancellation: cancellation))
            {
                if (RemoteNode.Of(entry) is { } node)
                    store.Save(node);
            }
        }
        catch (FileDropException gone) when (gone.Status == HttpStatusCode.NotFound)
        {
            // Its own change follows.
            store.DropRemote(folder);
        }
    }

    private bool IsInside(Guid folder) => folder == root || store.Remote.ContainsKey(folder);

    /// <summary>Drops everything whose folder has left.</summary>
    private void DropOrphans()
    {
        while (true)
        {
            var orphans = store.Remote.Values.Where(node => !IsInside(node.Parent)).Select(node => node.Id).ToList();
            if (orphans.Count == 0)
                return;
            foreach (var orphan in orphans)
                store.DropRemote(orphan);
        }
    }
}
