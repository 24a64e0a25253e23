using FileDrop.Api.Catalog;

namespace FileDrop.Api.Contents;

/// <summary>Files and folders as a file system sees them: moves that replace, copies of whole trees, locks, and the loose files in a folder of their own.</summary>
internal sealed class DriveStore(FileStore files, FolderStore folders, FolderLists lists, FolderWalk walk, FileWrites writes, IDavCatalog catalog)
{
    /// <summary>The most files and folders that one copy makes.</summary>
    public const int MaxCopied = 10_000;

    private const int PageSize = 250;

    /// <summary>The catalog's clock, by which locks expire.</summary>
    public Task<DateTimeOffset> NowAsync(CancellationToken cancellation) => catalog.NowAsync(cancellation);

    /// <summary>The loose file with a name that <see cref="LooseNames"/> made, or null.</summary>
    public async Task<CatalogFile?> FindLooseAsync(string owner, string name, CancellationToken cancellation) =>
        LooseNames.TryRead(name, out var id) && await files.FindAsync(owner, id, cancellation) is { Place.Folder: null } file
        && string.Equals(LooseNames.Of(file), name, StringComparison.Ordinal) ? file : null;

    /// <summary>One page of the entries of a folder, or of the loose files.</summary>
    /// <param name="owner">The owner.</param>
    /// <param name="folder">The folder; null for the loose files.</param>
    /// <param name="from">The place at which the page begins.</param>
    /// <param name="cancellation">Ends the reading.</param>
    public async Task<EntryPage> ListAsync(string owner, Guid? folder, EntryPosition from, CancellationToken cancellation)
    {
        var query = new ListQuery(owner, InTrash: false, FileSort.FileName, Descending: false, PageSize, After: null, new ListFilter()) { Folder = folder };
        if (folder is not null)
            return await lists.ListAsync(query, from, cancellation);
        var page = await files.ListAsync(
            query with { Sort = FileSort.CreatedAt, After = from.After, Filter = new ListFilter { IsLoose = true } }, cancellation);
        return new EntryPage(
            [.. page.Files.Select(file => new FolderEntry(Folder: null, file))], page.Next is { } next ? new EntryPosition(EntryKind.File, next) : null);
    }

    /// <summary>Deletes an entry: into the trash, unless a program made it for a moment, as its name says.</summary>
    public async Task<ChangeOutcome> DeleteAsync(string owner, FolderEntry entry, long? ifVersion, LockTokens held, CancellationToken cancellation) => entry switch
    {
        { File: { } file } => (await files.DeleteAsync(owner, file.Id, ifVersion, DavState.IsMomentary(file.Name) && !file.Dav.IsAside, held, cancellation)).Outcome,
        { Folder: { } folder } => (await folders.DeleteAsync(owner, folder.Id, ifVersion, permanent: false, held, cancellation)).Outcome,
        _ => ChangeOutcome.NotFound,
    };

    /// <summary>Moves an entry. A file that is moved over another becomes its new version, so that the other keeps its id, its versions and its shares.</summary>
    /// <param name="owner">The owner.</param>
    /// <param name="source">The entry.</param>
    /// <param name="target">The new place.</param>
    /// <param name="replaced">The entry that is there now, and is to be replaced; null if the name is to be free.</param>
    /// <param name="cancellation">The client's patience.</param>
    public async Task<ChangeOutcome> MoveAsync(string owner, FolderEntry source, Target target, FolderEntry? replaced, CancellationToken cancellation)
    {
        if (source.File is { } file && replaced?.File is { } other)
            return await MoveOverAsync(file, other, target.Held, cancellation);
        if (replaced is not null && (replaced.File is null) != (source.File is null)
            && await DeleteAsync(owner, replaced, ifVersion: null, target.Held, cancellation) is not ChangeOutcome.Done and var refusal)
            return refusal;
        var onConflict = replaced?.Folder is not null && source.Folder is not null ? OnConflict.Replace : OnConflict.Fail;
        return source switch
        {
            { File: { } moved } => (await files.ChangeAsync(
                owner, moved.Id, new MetadataChange(target.Name, Tags: null) { Folder = target.Folder, OnConflict = onConflict, Held = target.Held },
                cancellation)).Outcome,
            { Folder: { } moved } => (await folders.ChangeAsync(
                owner, moved.Id, new FolderChange(target.Name, target.Folder, onConflict) { Held = target.Held }, cancellation)).Outcome,
            _ => ChangeOutcome.NotFound,
        };
    }

    /// <summary>Copies an entry. A folder's copy appears under its name when it is complete, or not at all.</summary>
    /// <param name="owner">The owner.</param>
    /// <param name="source">The entry.</param>
    /// <param name="target">The place of the copy.</param>
    /// <param name="replaced">The entry that is there now, and is to be replaced; null if the name is to be free.</param>
    /// <param name="isDeep">Whether everything in a folder is copied, too.</param>
    /// <param name="cancellation">The client's patience.</param>
    /// <exception cref="RefusedException">A folder has more than <see cref="MaxCopied"/> entries.</exception>
    public async Task<ChangeOutcome> CopyAsync(
        string owner, FolderEntry source, Target target, FolderEntry? replaced, bool isDeep, CancellationToken cancellation)
    {
        if (source.File is { } file && replaced?.File is { } other)
            return (await writes.CopyOverAsync(file, other, target.Held, cancellation)).Outcome;
        if (source.Folder is { } folder)
            return await CopyFolderAsync(folder, target, replaced, isDeep, cancellation);
        if (replaced is not null && await DeleteAsync(owner, replaced, ifVersion: null, target.Held, cancellation) is not ChangeOutcome.Done and var refusal)
            return refusal;
        return source.File is { } copied ? await CopyFileAsync(copied, target, cancellation) : ChangeOutcome.NotFound;
    }

    /// <summary>Locks an entry.</summary>
    public Task<LockResult> LockAsync(string owner, FolderEntry entry, LockRequest request, CancellationToken cancellation) =>
        catalog.LockAsync(owner, KindOf(entry), IdOf(entry), request, cancellation);

    /// <summary>Renews a lock.</summary>
    public Task<LockResult> RefreshLockAsync(
        string owner, FolderEntry entry, Guid token, string holder, TimeSpan life, CancellationToken cancellation) =>
        catalog.RefreshLockAsync(owner, KindOf(entry), IdOf(entry), token, holder, life, cancellation);

    /// <summary>Ends a lock; of any caller, if no holder is named.</summary>
    public Task<ChangeOutcome> UnlockAsync(string owner, FolderEntry entry, Guid token, string? holder, CancellationToken cancellation) =>
        catalog.UnlockAsync(owner, KindOf(entry), IdOf(entry), token, holder, cancellation);

    /// <summary>Changes properties that clients made up, and the client's time of a file.</summary>
    public async Task<ChangeOutcome> ChangePropertiesAsync(
        string owner, FolderEntry entry, IReadOnlyList<PropertyChange> changes, DateTimeOffset? modifiedAt, LockTokens held,
        CancellationToken cancellation) => entry.File is { } file
        ? (await catalog.ChangePropertiesAsync(owner, file.Id, changes, modifiedAt, held, cancellation)).Outcome
        : (await catalog.ChangeFolderPropertiesAsync(owner, IdOf(entry), changes, held, cancellation)).Outcome;

    private static EntryKind KindOf(FolderEntry entry) => entry.File is null ? EntryKind.Folder : EntryKind.File;

    private static Guid IdOf(FolderEntry entry) => entry.File?.Id ?? entry.Folder?.Id ?? default;

    /// <summary>
    /// Copies the content over, then deletes the source. If this ends in between, both have the content, and the same request does the rest. A source without
    /// earlier versions leaves nothing that the target has not, so it passes the trash by.
    /// </summary>
    private async Task<ChangeOutcome> MoveOverAsync(CatalogFile source, CatalogFile target, LockTokens held, CancellationToken cancellation)
    {
        var copied = await writes.CopyOverAsync(source, target, held, cancellation);
        if (copied.Outcome != ChangeOutcome.Done)
            return copied.Outcome;
        var history = await files.FindHistoryAsync(source.Owner, source.Id, CancellationToken.None);
        // Only the state that was copied may go.
        var deleted = await files.DeleteAsync(
            source.Owner, source.Id, source.Version, permanent: history is { Contents.Count: 1 }, held, CancellationToken.None);
        return deleted.Outcome == ChangeOutcome.NotFound ? ChangeOutcome.Done : deleted.Outcome;
    }

    private async Task<ChangeOutcome> CopyFileAsync(CatalogFile source, Target target, CancellationToken cancellation)
    {
        var properties = new CopyProperties(target.Name, Tags: null)
        {
            Folder = target.Folder,
            Held = target.Held,
            Writer = target.Held.Holder,
        };
        return (await writes.CopyAsync(source, properties, _ => true, cancellation)).Outcome;
    }

    /// <summary>Copies a folder under another name first. Only the whole copy gets its name.</summary>
    private async Task<ChangeOutcome> CopyFolderAsync(
        CatalogFolder source, Target target, FolderEntry? replaced, bool isDeep, CancellationToken cancellation)
    {
        if (isDeep)
            await DemandFewAsync(source, cancellation);
        var made = await folders.CreateAsync(source.Owner, target with { Name = $".copy-{Guid.NewGuid():N}", OnConflict = OnConflict.Fail }, cancellation);
        if (made.Folder is not { } draft)
            return made.Outcome;
        ChangeOutcome? outcome = ChangeOutcome.Stale;
        try
        {
            outcome = await FillAsync(source, draft, isDeep, target.Held, cancellation);
            if (outcome == ChangeOutcome.Done && replaced?.File is not null)
                outcome = await DeleteAsync(source.Owner, replaced, ifVersion: null, target.Held, cancellation);
            if (outcome is { } refused and not ChangeOutcome.Done)
                return refused;
            // If the answer is lost, the copy may have its name already, and must stay.
            outcome = null;
            var named = await folders.ChangeAsync(
                source.Owner, draft.Id,
                new FolderChange(target.Name, Parent: null, replaced?.Folder is null ? OnConflict.Fail : OnConflict.Replace) { Held = target.Held },
                CancellationToken.None);
            outcome = named.Outcome;
            return named.Outcome;
        }
        finally
        {
            if (outcome is not (null or ChangeOutcome.Done))
                await folders.DeleteAsync(source.Owner, draft.Id, ifVersion: null, permanent: true, target.Held, CancellationToken.None);
        }
    }

    private async Task<ChangeOutcome> FillAsync(
        CatalogFolder source, CatalogFolder target, bool isDeep, LockTokens held, CancellationToken cancellation)
    {
        var open = new Queue<(CatalogFolder Source, Guid Target)>([(source, target.Id)]);
        while (open.TryDequeue(out var next))
        {
            if (next.Source.Dav.Properties.Count > 0)
                await catalog.ChangeFolderPropertiesAsync(
                    source.Owner, next.Target, [.. next.Source.Dav.Properties.Select(each => new PropertyChange(each.Space, each.Name, each.Xml))], held,
                    cancellation);
            for (var at = EntryPosition.Start; isDeep && at is not null;)
            {
                var page = await ListAsync(source.Owner, next.Source.Id, at, cancellation);
                foreach (var entry in page.Entries)
                {
                    var outcome = ChangeOutcome.Done;
                    if (entry.Folder is { } folder)
                    {
                        var made = await folders.CreateAsync(source.Owner, new Target(next.Target, folder.Name) { Held = held }, cancellation);
                        outcome = made.Outcome;
                        if (made.Folder is { } copy)
                            open.Enqueue((folder, copy.Id));
                    }
                    else if (entry.File is { } file)
                    {
                        outcome = await CopyFileAsync(file, new Target(next.Target, file.Name) { Held = held }, cancellation);
                    }
                    // A file that was deleted meanwhile is not copied.
                    if (outcome is not (ChangeOutcome.Done or ChangeOutcome.NotFound))
                        return outcome;
                }
                at = page.Next;
            }
        }
        return ChangeOutcome.Done;
    }

    private async Task DemandFewAsync(CatalogFolder folder, CancellationToken cancellation)
    {
        var query = new ListQuery(folder.Owner, InTrash: false, FileSort.CreatedAt, Descending: false, 1000, After: null, new ListFilter());
        WalkPosition? at = null;
        var count = 0;
        do
        {
            var page = await walk.ListAsync(query, folder.Id, at, cancellation);
            count += page.Entries.Count;
            if (count > MaxCopied)
                throw new RefusedException(RefusalCode.TooManyEntries);
            at = page.Next;
        }
        while (at is not null);
    }
}
