using FileDrop.Api.Storage;

namespace FileDrop.Api.Catalog;

/// <summary>The catalog's folders: the rules of <see cref="FolderDocument"/> and <see cref="FolderProtocol"/> over an engine.</summary>
/// <param name="engine">The store of folders and of the claims of names.</param>
/// <param name="rules">The protocol's times and counts.</param>
internal sealed partial class FolderCatalog(IFolderEngine engine, CatalogRules rules) : IFolderCatalog, IFolderSweepCatalog, IFolderDocumentCatalog,
    IDavCatalog
{
    /// <summary>Entries that follow their folder, or claims that are looked at, in one step of a sweep.</summary>
    private const int Batch = 200;

    /// <summary>Tries after which the service gives up, because the folder moves again and again.</summary>
    private const int MaxTries = 10;

    public async Task<CatalogFolder?> FindFolderAsync(string owner, Guid id, CancellationToken cancellation)
    {
        if (id == Place.Root)
            return CatalogFolder.RootOf(owner);
        return await engine.FindFolderAsync(owner, id, cancellation) is { State: FileState.Live } folder ? folder.ToFolder() : null;
    }

    public async Task<IReadOnlyList<CatalogFolder>?> FindPathAsync(string owner, Guid id, CancellationToken cancellation)
    {
        var path = new List<CatalogFolder>();
        for (Guid? at = id; at is { } folder; at = path[^1].Parent)
        {
            // A walk that meets moves may see one folder twice. It never ends up in a circle, because the documents have none.
            if (path.Count > 16 * Place.MaxDepth || await FindFolderAsync(owner, folder, cancellation) is not { } found)
                return null;
            path.Add(found);
        }
        path.Reverse();
        return path;
    }

    public async Task<FolderEntry?> FindEntryAsync(string owner, Guid folder, string name, CancellationToken cancellation) =>
        await engine.FindEntryAsync(owner, EntryKey.Of(folder, name), cancellation) switch
        {
            FolderDocument found => new FolderEntry(found.ToFolder(), File: null),
            FileDocument found when found.ExpiresAt is null || found.IsLiveAt(await NowAsync(cancellation)) => new FolderEntry(Folder: null, found.ToFile()),
            _ => null,
        };

    public Task<FolderPage> ListFoldersAsync(ListQuery query, CancellationToken cancellation) => engine.ListFoldersAsync(
        query with
        {
            Sort = query.InTrash ? FileSort.DeletedAt : query.Sort == FileSort.FileSize ? FileSort.FileName : query.Sort,
            Filter = query.Filter with { Type = null, Tags = null, MinSize = null, MaxSize = null },
        },
        cancellation);

    public Task<FolderResult> CreateFolderAsync(string owner, Guid id, Target target, CancellationToken cancellation) => engine.RunAsync(
        owner,
        async steps =>
        {
            var begun = default(FolderDocument);
            // Refuse before anything is written, in the usual case.
            if (!await new FolderProtocol(steps, rules).IsLiveAsync(target.Folder))
                return new FolderResult(ChangeOutcome.FolderNotFound);
            if (!await steps.InsertFolderAsync(now => begun = FolderDocument.Begin(owner, id, target.Folder, rules, now)) || begun is null)
                throw FileDocument.KnownAlready(id);
            var result = await PlaceAsync(steps, begun, (_, _) => new(target), ifVersion: null, FileState.Pending);
            if (result.Outcome != ChangeOutcome.Done)
                await steps.ChangeFolderAsync(id, (folder, _) => new FolderDecision<bool>(true, folder, Removes: folder is { State: FileState.Pending }));
            return result;
        },
        cancellation);

    public Task<FolderResult> ChangeFolderAsync(string owner, Guid id, FolderChange change, CancellationToken cancellation) => PlaceAsync(
        owner, id,
        (_, folder) => new(new Target(change.Parent ?? folder.Place.Folder ?? Place.Root, change.Name ?? folder.Name ?? "", change.OnConflict)
        {
            Held = change.Held,
        }),
        change.IfVersion, FileState.Live, cancellation);

    public Task<FolderResult> DeleteFolderAsync(string owner, Guid id, long? ifVersion, bool permanent, CancellationToken cancellation) =>
        DeleteFolderAsync(owner, id, ifVersion, permanent, LockTokens.None, cancellation);

    public async Task<FolderResult> DeleteFolderAsync(
        string owner, Guid id, long? ifVersion, bool permanent, LockTokens held, CancellationToken cancellation) =>
        await engine.RunAsync(
            owner,
            async steps =>
            {
                var protocol = new FolderProtocol(steps, rules);
                if (await protocol.IsLockedAsync(id, held))
                    return new FolderResult(ChangeOutcome.Locked);
                FolderDocument? before = null;
                var result = await steps.ChangeFolderAsync(
                    id, (folder, now) => (before = folder)?.Delete(ifVersion, permanent, rules, now, held) ?? new(new FolderResult(ChangeOutcome.FolderNotFound)));
                if (result.Outcome == ChangeOutcome.Done && before is not null)
                    await protocol.ReleaseAsync(before);
                return result;
            },
            cancellation);

    public Task<FolderResult> RestoreFolderAsync(string owner, Guid id, Guid? parent, OnConflict onConflict, CancellationToken cancellation) =>
        PlaceAsync(
            owner, id,
            async (protocol, folder) =>
            {
                var own = folder.Place.Folder ?? Place.Root;
                var target = parent ?? (await protocol.IsLiveAsync(own) ? own : Place.Root);
                return new Target(target, folder.Name ?? "", onConflict);
            },
            ifVersion: null, FileState.Trash, cancellation);

    public Task<bool> PurgeFolderAsync(string owner, Guid id, CancellationToken cancellation) => engine.RunAsync(
        owner, steps => steps.ChangeFolderAsync(id, (folder, now) => folder?.Purge(now) ?? default), cancellation);

    public Task<(long Files, long Folders)> CountCarriedAsync(string owner, Guid id, int limit, CancellationToken cancellation) =>
        engine.CountCarriedAsync(owner, id, limit, cancellation);

    public Task<IReadOnlyList<(string Owner, Guid Id)>> FindDueFoldersAsync(int limit, CancellationToken cancellation) =>
        engine.FindDueFoldersAsync(limit, cancellation);

    public async Task SweepFolderAsync(string owner, Guid id, CancellationToken cancellation)
    {
        if (await RunAsync(steps => PrepareAsync(steps, id)) is not { } folder)
            return;
        if (folder.State != FileState.Live)
        {
            EntryKey? claim = null;
            do
                claim = await RunAsync(steps => new FolderProtocol(steps, rules).CloseDoorAsync(id, claim, Batch));
            while (claim is not null);
        }
        var step = default(FolderProtocol.SweepStep);
        while (!step.IsDone)
            step = await RunAsync(steps => new FolderProtocol(steps, rules).AlignAsync(folder, step, Batch));
        await RunAsync(steps => new FolderProtocol(steps, rules).EndSweepAsync(folder));

        Task<T> RunAsync<T>(Func<IFolderSteps, ValueTask<T>> protocol) => engine.RunAsync(owner, protocol, cancellation);
    }

    /// <summary>Forgets, purges or removes a folder if it is time.</summary>
    /// <returns>The folder, if its entries must follow it; otherwise null.</returns>
    private static async ValueTask<FolderDocument?> PrepareAsync(IFolderSteps steps, Guid id)
    {
        // A remembered folder may still have a mark that the sequencer has cleared. Its tombstone would stay.
        await steps.LoadFolderAsync(id);
        return await steps.ChangeFolderAsync(
            id,
            (folder, now) => folder switch
            {
                null => new FolderDecision<FolderDocument?>(null),
                { IsRemovable: true } => new(null, folder, Removes: true),
                { State: FileState.Pending } => new(null, folder.Forget(now)),
                { Sweep: FolderSweep.None, State: FileState.Trash } when folder.PurgeAt <= now =>
                    folder.Purge(now) is { Next: { } next } ? new(next, next) : default,
                { Sweep: FolderSweep.None } => new(null, folder.Keep(now)),
                _ => new(folder),
            });
    }

    private Task<FolderResult> PlaceAsync(
        string owner, Guid id, Func<FolderProtocol, FolderDocument, ValueTask<Target>> choose, long? ifVersion, FileState from,
        CancellationToken cancellation) => engine.RunAsync(
            owner,
            async steps =>
            {
                var folder = await steps.RecallFolderAsync(id);
                // Only the current state is a reason to refuse.
                if (folder?.State != from)
                    folder = await steps.LoadFolderAsync(id);
                return folder?.State == from ? await PlaceAsync(steps, folder, choose, ifVersion, from) : new FolderResult(ChangeOutcome.FolderNotFound);
            },
            cancellation);

    /// <summary>Puts a folder into a claimed place. A folder that has moved meanwhile is looked at again.</summary>
    private async ValueTask<FolderResult> PlaceAsync(
        IFolderSteps steps, FolderDocument folder, Func<FolderProtocol, FolderDocument, ValueTask<Target>> choose, long? ifVersion, FileState from)
    {
        var protocol = new FolderProtocol(steps, rules);
        FolderDocument? before = folder;
        for (var tries = 0; before is not null && tries < MaxTries; tries++)
        {
            var result = default(FolderResult);
            var target = await choose(protocol, before);
            if (from == FileState.Live && await protocol.IsGuardedBelowAsync(before.Id, target.Held))
                return new FolderResult(ChangeOutcome.Locked);
            var outcome = await protocol.PlaceFolderAsync(
                before, target,
                async placement => (result = await steps.ChangeFolderAsync(folder.Id, (now, at) => Decide(now, placement, at, target.Held))).Outcome,
                async placement => (await steps.ChangeFolderAsync(
                    folder.Id, (now, at) => new FolderDecision<FolderResult>(Decide(now, placement, at, target.Held).Answer))).Outcome);
            if (outcome != ChangeOutcome.Stale)
                return outcome == ChangeOutcome.Done ? result : new FolderResult(outcome);
            before = await steps.LoadFolderAsync(folder.Id);
        }
        return before is null
            ? new FolderResult(ChangeOutcome.FolderNotFound)
            : throw new StorageException(StorageFailure.Unavailable, $"Folder {folder.Id} moves again and again.");

        FolderDecision<FolderResult> Decide(FolderDocument? now, Placement placement, DateTimeOffset at, LockTokens held) =>
            now?.PlaceAt(placement, ifVersion, from, at, held) ?? new(new FolderResult(ChangeOutcome.FolderNotFound));
    }
}
