using FileDrop.Api.Blobs;
using FileDrop.Api.Catalog;

namespace FileDrop.Api.Contents;

/// <summary>Folders: finds, creates, changes, deletes and restores them. <see cref="FolderLists"/> lists what is in them.</summary>
internal sealed class FolderStore(IFolderCatalog catalog, IReserve reserve, TimeProvider time)
{
    /// <summary>Tries to find or create a folder of a path, while others create and delete the same one.</summary>
    private const int MaxTries = 10;

    /// <summary>The live folder, or null.</summary>
    public Task<CatalogFolder?> FindAsync(string owner, Guid id, CancellationToken cancellation) => catalog.FindFolderAsync(owner, id, cancellation);

    /// <summary>The folders from below the root down to a folder, itself included; null if one of them is not live.</summary>
    public async Task<IReadOnlyList<CatalogFolder>?> FindPathAsync(string owner, Guid id, CancellationToken cancellation) =>
        await catalog.FindPathAsync(owner, id, cancellation) is { } path ? [.. path.Where(folder => folder.Id != Place.Root)] : null;

    /// <summary>The live folder or file with this name in a folder, or null.</summary>
    public Task<FolderEntry?> FindAsync(string owner, Guid folder, string name, CancellationToken cancellation) =>
        catalog.FindEntryAsync(owner, folder, name, cancellation);

    /// <summary>The entry at a path, or null. Every folder on the way is live when it is read.</summary>
    /// <param name="owner">The owner.</param>
    /// <param name="names">The names from below the root down to the entry; none for the root.</param>
    /// <param name="cancellation">Ends the reading.</param>
    public Task<FolderEntry?> FindAsync(string owner, IReadOnlyList<string> names, CancellationToken cancellation) =>
        FindBelowAsync(owner, new FolderEntry(CatalogFolder.RootOf(owner), File: null), names, cancellation);

    /// <summary>The entry at a path below another one, or null. Every folder on the way is live when it is read.</summary>
    /// <param name="owner">The owner.</param>
    /// <param name="top">The entry at which the path begins.</param>
    /// <param name="names">The names from below it down to the entry; none for itself.</param>
    /// <param name="cancellation">Ends the reading.</param>
    public async Task<FolderEntry?> FindBelowAsync(string owner, FolderEntry top, IEnumerable<string> names, CancellationToken cancellation)
    {
        var found = top;
        foreach (var name in names)
        {
            if (found.Folder is not { } folder || await catalog.FindEntryAsync(owner, folder.Id, name, cancellation) is not { } next)
                return null;
            found = next;
        }
        return found;
    }

    /// <summary>The folders at the beginning of a path, from the root on, as far as they exist, and the entry at its end.</summary>
    /// <param name="owner">The owner.</param>
    /// <param name="names">The names from below the root down to the entry; none for the root.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <returns>The folders above the entry, and the entry; null if there is none.</returns>
    public async Task<(IReadOnlyList<CatalogFolder> Above, FolderEntry? Entry)> WalkAsync(
        string owner, IReadOnlyList<string> names, CancellationToken cancellation)
    {
        var (above, at) = (new List<CatalogFolder>(), new FolderEntry(CatalogFolder.RootOf(owner), File: null));
        foreach (var name in names)
        {
            if (at.Folder is not { } folder)
                return (above, null);
            above.Add(folder);
            if (await catalog.FindEntryAsync(owner, folder.Id, name, cancellation) is not { } next)
                return (above, null);
            at = next;
        }
        return (above, at);
    }

    /// <summary>Creates a folder.</summary>
    public Task<FolderResult> CreateAsync(string owner, Target target, CancellationToken cancellation) =>
        catalog.CreateFolderAsync(owner, Guid.CreateVersion7(time.GetUtcNow()), target, cancellation);

    /// <summary>The folder at a path. Creates it, and those on the way to it, if they are missing.</summary>
    /// <param name="owner">The owner.</param>
    /// <param name="names">The names from below the root down to the folder; none for the root.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <returns><see cref="ChangeOutcome.NameTaken"/> if a file has one of the names. Folders that were created before stay.</returns>
    public Task<FolderResult> FindOrCreateAsync(string owner, IReadOnlyList<string> names, CancellationToken cancellation) =>
        FindOrCreateBelowAsync(owner, CatalogFolder.RootOf(owner), names, OnConflict.Fail, cancellation);

    /// <summary>The folder at a path below another one. Creates what is missing.</summary>
    /// <param name="owner">The owner.</param>
    /// <param name="top">The folder at which the path begins.</param>
    /// <param name="names">The names from below it down to the folder; none for itself.</param>
    /// <param name="onConflict">Whether a folder gets a free name beside a file that has its name. A file is not replaced.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <returns>Done with the folder, or the reason why it could not be created. Folders that were created before stay.</returns>
    public async Task<FolderResult> FindOrCreateBelowAsync(
        string owner, CatalogFolder top, IReadOnlyList<string> names, OnConflict onConflict, CancellationToken cancellation)
    {
        var result = new FolderResult(ChangeOutcome.Done, top);
        foreach (var name in names)
        {
            if (result is not { Outcome: ChangeOutcome.Done, Folder: { } parent })
                return result;
            result = await FindOrCreateAsync(owner, parent.Id, name, cancellation);
            if (result.Outcome == ChangeOutcome.NameTaken && onConflict == OnConflict.Rename)
                result = await CreateAsync(owner, new Target(parent.Id, name, OnConflict.Rename), cancellation);
        }
        return result;
    }

    /// <summary>Finds the folder of a new file before its content arrives, and creates missing ones if the sender wishes so.</summary>
    /// <returns>The destination with the folder's id instead of its path.</returns>
    /// <exception cref="RefusedException">There is no such folder, or a file has the name of one.</exception>
    public async Task<Destination> ResolveAsync(string owner, Destination destination, CancellationToken cancellation)
    {
        if (destination == Destination.Loose)
            return destination;
        var folder = destination.Path is not { } path ? await FindAsync(owner, destination.Folder ?? Place.Root, cancellation)
            : destination.CreatesFolders ? Created(await FindOrCreateAsync(owner, path, cancellation))
            : (await FindAsync(owner, path, cancellation))?.Folder;
        return folder is null ? throw new RefusedException(RefusalCode.FolderNotFound) : new Destination(folder.Id, OnConflict: destination.OnConflict);
    }

    /// <summary>Renames or moves a folder.</summary>
    public Task<FolderResult> ChangeAsync(string owner, Guid id, FolderChange change, CancellationToken cancellation) =>
        catalog.ChangeFolderAsync(owner, id, change, cancellation);

    /// <summary>Deletes a folder with everything in it: into the trash, or for good.</summary>
    public Task<FolderResult> DeleteAsync(string owner, Guid id, long? ifVersion, bool permanent, CancellationToken cancellation) =>
        DeleteAsync(owner, id, ifVersion, permanent, LockTokens.None, cancellation);

    /// <summary>Deletes a folder with everything in it: into the trash, or for good. The request names locks.</summary>
    public Task<FolderResult> DeleteAsync(
        string owner, Guid id, long? ifVersion, bool permanent, LockTokens held, CancellationToken cancellation) =>
        reserve.FreeAsync(() => catalog.DeleteFolderAsync(owner, id, ifVersion, permanent, held, cancellation));

    /// <summary>Takes a folder out of the trash with everything that went there with it.</summary>
    public Task<FolderResult> RestoreAsync(string owner, Guid id, Guid? parent, OnConflict onConflict, CancellationToken cancellation) =>
        catalog.RestoreFolderAsync(owner, id, parent, onConflict, cancellation);

    /// <summary>Deletes a folder in the trash for good, with everything that went there with it.</summary>
    public Task<bool> PurgeAsync(string owner, Guid id, CancellationToken cancellation) =>
        reserve.FreeAsync(() => catalog.PurgeFolderAsync(owner, id, cancellation));

    /// <summary>Purges the folders that are in the trash now, in batches. Folders that are deleted meanwhile stay.</summary>
    /// <returns>How many folders are gone.</returns>
    public async Task<long> EmptyTrashAsync(string owner, int batch, CancellationToken cancellation)
    {
        var purged = 0L;
        ListPosition? after = null;
        do
        {
            var page = await catalog.ListFoldersAsync(FolderLists.Trash(owner, batch, after), cancellation);
            foreach (var folder in page.Folders)
                purged += await PurgeAsync(owner, folder.Id, cancellation) ? 1 : 0;
            after = page.Next;
        }
        while (after is not null);
        return purged;
    }

    private static CatalogFolder? Created(FolderResult result) => result.Outcome switch
    {
        ChangeOutcome.NameTaken => throw new RefusedException(new Refusal(RefusalCode.NameTaken, "A file has the name of one of the path's folders.")),
        ChangeOutcome.TooDeep => throw new RefusedException(RefusalCode.TooDeep),
        ChangeOutcome.Locked => throw new RefusedException(RefusalCode.Locked),
        _ => result.Folder,
    };

    private async Task<FolderResult> FindOrCreateAsync(string owner, Guid parent, string name, CancellationToken cancellation)
    {
        var result = new FolderResult(ChangeOutcome.NameTaken);
        for (var tries = 0; tries < MaxTries && result.Outcome == ChangeOutcome.NameTaken; tries++)
        {
            if (await catalog.FindEntryAsync(owner, parent, name, cancellation) is { } found)
                return found.Folder is null ? result : new FolderResult(ChangeOutcome.Done, found.Folder);
            // Somebody else may create it first.
            result = await CreateAsync(owner, new Target(parent, name), cancellation);
        }
        return result;
    }
}
