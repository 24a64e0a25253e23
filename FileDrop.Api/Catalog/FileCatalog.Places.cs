namespace FileDrop.Api.Catalog;

// Changes that can move a file, rename it, or give its name free.
internal sealed partial class FileCatalog
{
    public async Task<ChangeResult> CommitAsync(string owner, Guid id, WriteIntent intent, FileCommit commit, CancellationToken cancellation)
    {
        if (commit.Folder is { } folder)
        {
            // A new document has the first fence, so it need not be read.
            var begun = new FileDocument { Owner = owner, Id = id };
            return await PlaceAsync(
                owner, id, begun, (_, _) => new(new FolderProtocol.Choice(FolderProtocol.TargetOfNew(folder, commit))),
                (file, placement, now) => file.Commit(intent, commit, rules, now, placement), cancellation);
        }
        var result = await GuardedAsync(owner, id, (file, now) => file.Commit(intent, commit, rules, now), commit.Held, isMembership: false, cancellation);
        return result.Outcome != ChangeOutcome.Stale
            ? result
            : await PlaceAsync(
                owner, id, known: null, (_, file) => new(FolderProtocol.TargetOf(file, commit.Folder, commit.Name, commit.OnConflict, commit.Held)),
                (file, placement, now) => file.Commit(intent, commit, rules, now, placement), cancellation);
    }

    public async Task<ChangeResult> ChangeAsync(string owner, Guid id, MetadataChange change, CancellationToken cancellation)
    {
        FileDocument? known = null;
        if (change.Folder is null)
        {
            var result = await GuardedAsync(
                owner, id, (file, now) => (known = file).Change(change, now), change.Held, isMembership: false, cancellation);
            if (result.Outcome != ChangeOutcome.Stale)
                return result;
        }
        return await PlaceAsync(
            owner, id, known, (_, file) => new(FolderProtocol.TargetOf(file, change.Folder, change.Name, change.OnConflict, change.Held)),
            (file, placement, now) => file.Change(change, now, placement), cancellation);
    }

    public Task<ChangeResult> DeleteAsync(string owner, Guid id, long? ifVersion, bool permanent, CancellationToken cancellation) =>
        DeleteAsync(owner, id, ifVersion, permanent, LockTokens.None, cancellation);

    public async Task<ChangeResult> DeleteAsync(
        string owner, Guid id, long? ifVersion, bool permanent, LockTokens held, CancellationToken cancellation)
    {
        FileDocument? before = null;
        var result = await GuardedAsync(
            owner, id, (file, now) => (before = file).Delete(ifVersion, permanent, rules, now, held), held, isMembership: true, cancellation);
        if (result.Outcome == ChangeOutcome.Done)
            await ReleaseAsync(owner, before, cancellation);
        return result;
    }

    public async Task<ChangeResult> RestoreAsync(string owner, Guid id, Guid? folder, OnConflict onConflict, CancellationToken cancellation)
    {
        FileDocument? known = null;
        if (folder is null)
        {
            var result = await ChangeAsync(owner, id, (file, now) => (known = file).Restore(now), cancellation);
            if (result.Outcome != ChangeOutcome.Stale)
                return result;
        }
        return await PlaceAsync(
            owner, id, known, ChooseAsync, (file, placement, now) => placement is null ? file.Restore(now) : file.RestoreTo(placement, now), cancellation);

        // To the folder that the user names, else to its own folder if that is live. What was deleted on its own otherwise goes to the root.
        async ValueTask<FolderProtocol.Choice> ChooseAsync(FolderProtocol protocol, FileDocument file)
        {
            if (file.State is not (FileState.Trash or FileState.Carried) || (folder ?? file.Place.Folder) is not { } own)
                return default;
            if (folder is null && !await protocol.IsLiveAsync(own))
                return file.State == FileState.Carried ? new(null, ChangeOutcome.ParentInTrash) : new(new Target(Place.Root, file.Name ?? "", onConflict));
            return new(new Target(own, file.Name ?? "", onConflict));
        }
    }

    public async Task<bool> PurgeAsync(string owner, Guid id, CancellationToken cancellation)
    {
        FileDocument? before = null;
        var isPurged = await DecideAsync(owner, id, (file, now) => (before = file).Purge(rules, now), false, cancellation);
        if (isPurged)
            await ReleaseAsync(owner, before, cancellation);
        return isPurged;
    }

    /// <summary>
    /// Changes a file by a rule that leaves it where it is or deletes it, unless a lock of a folder above forbids it. A file in the root or in no folder
    /// costs nothing more.
    /// </summary>
    private async Task<ChangeResult> GuardedAsync(
        string owner, Guid id, Func<FileDocument, DateTimeOffset, Decision<ChangeResult>> rule, LockTokens held, bool isMembership,
        CancellationToken cancellation)
    {
        Guid? folder = null;
        var result = await ChangeAsync(
            owner, id, (file, now) => FolderProtocol.Guarded(file, rule(file, now), known: null, out folder), cancellation);
        return folder is { } parent
            ? await folders.RunAsync(
                owner, steps => new FolderProtocol(steps, rules).ChangeFileAsync(id, rule, held, isMembership, parent), cancellation)
            : result;
    }

    private Task<ChangeResult> PlaceAsync(
        string owner, Guid id, FileDocument? known, Func<FolderProtocol, FileDocument, ValueTask<FolderProtocol.Choice>> choose,
        Func<FileDocument, Placement?, DateTimeOffset, Decision<ChangeResult>> rule, CancellationToken cancellation) =>
        folders.RunAsync(owner, steps => new FolderProtocol(steps, rules).PlaceFileAsync(id, known, choose, rule), cancellation);

    private async Task ReleaseAsync(string owner, FileDocument? before, CancellationToken cancellation)
    {
        if (before is null || EntryKey.OfClaim(before) is null)
            return;
        await folders.RunAsync(
            owner,
            async steps =>
            {
                await new FolderProtocol(steps, rules).ReleaseAsync(before);
                return true;
            },
            cancellation);
    }
}
