using FileDrop.Api.Storage;

namespace FileDrop.Api.Catalog;

// Changes that can move a file, rename it, or give its name free.
internal sealed partial class FileCatalog
{
    /// <summary>Tries after which the service gives up, because the file moves again and again.</summary>
    private const int MaxTries = 10;

    public async Task<ChangeResult> CommitAsync(string owner, Guid id, WriteIntent intent, FileCommit commit, CancellationToken cancellation)
    {
        if (commit.Folder is { } folder)
        {
            // A new document has the first fence, so it need not be read. A new file never replaces another: its content becomes the other's new version.
            var begun = new FileDocument { Owner = owner, Id = id };
            var onConflict = commit.OnConflict == OnConflict.Rename ? OnConflict.Rename : OnConflict.Fail;
            return await PlaceAsync(
                owner, id, begun, (_, file) => new(new Target(folder, commit.Name ?? file.Name ?? "", onConflict)),
                (file, placement, now) => file.Commit(intent, commit, placement, rules, now), cancellation);
        }
        var result = await ChangeAsync(owner, id, (file, now) => file.Commit(intent, commit, placement: null, rules, now), cancellation);
        return result.Outcome != ChangeOutcome.Stale
            ? result
            : await PlaceAsync(
                owner, id, known: null, (_, file) => new(TargetOf(file, commit.Folder, commit.Name, commit.OnConflict)),
                (file, placement, now) => file.Commit(intent, commit, placement, rules, now), cancellation);
    }

    public async Task<ChangeResult> ChangeAsync(string owner, Guid id, MetadataChange change, CancellationToken cancellation)
    {
        if (change.Folder is null)
        {
            var result = await ChangeAsync(owner, id, (file, now) => file.Change(change, placement: null, now), cancellation);
            if (result.Outcome != ChangeOutcome.Stale)
                return result;
        }
        return await PlaceAsync(
            owner, id, known: null, (_, file) => new(TargetOf(file, change.Folder, change.Name, change.OnConflict)),
            (file, placement, now) => file.Change(change, placement, now), cancellation);
    }

    public async Task<ChangeResult> DeleteAsync(string owner, Guid id, long? ifVersion, bool permanent, CancellationToken cancellation)
    {
        FileDocument? before = null;
        var result = await ChangeAsync(owner, id, (file, now) => (before = file).Delete(ifVersion, permanent, rules, now), cancellation);
        if (result.Outcome == ChangeOutcome.Done)
            await ReleaseAsync(owner, before, cancellation);
        return result;
    }

    public async Task<ChangeResult> RestoreAsync(string owner, Guid id, Guid? folder, OnConflict onConflict, CancellationToken cancellation)
    {
        if (folder is null)
        {
            var result = await ChangeAsync(owner, id, (file, _) => file.Restore(placement: null), cancellation);
            if (result.Outcome != ChangeOutcome.Stale)
                return result;
        }
        var isParentGone = false;
        var restored = await PlaceAsync(owner, id, known: null, ChooseAsync, (file, placement, _) => file.Restore(placement), cancellation);
        return isParentGone ? new ChangeResult(ChangeOutcome.ParentInTrash) : restored;

        // To the folder that the user names, else to its own folder if that is live. What was deleted on its own otherwise goes to the root.
        async ValueTask<Target?> ChooseAsync(FolderProtocol protocol, FileDocument file)
        {
            if (file.State is not (FileState.Trash or FileState.Carried) || (folder ?? file.Place.Folder) is not { } own)
                return null;
            if (folder is null && !await protocol.IsLiveAsync(own))
            {
                isParentGone = file.State == FileState.Carried;
                return isParentGone ? null : new Target(Place.Root, file.Name ?? "", onConflict);
            }
            return new Target(own, file.Name ?? "", onConflict);
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

    /// <summary>The place that a change asks for; null if the file stays loose.</summary>
    private static Target? TargetOf(FileDocument file, Guid? folder, string? name, OnConflict onConflict) =>
        (folder ?? file.Place.Folder) is { } target ? new Target(target, name ?? file.Name ?? "", onConflict) : null;

    /// <summary>Changes a file by a rule that needs a claimed place. A file that has moved meanwhile is looked at again.</summary>
    /// <param name="owner">The file's owner.</param>
    /// <param name="id">The file's id.</param>
    /// <param name="known">The file as it certainly is or was; null if it must be read.</param>
    /// <param name="choose">Chooses the place; null if the file stays loose.</param>
    /// <param name="rule">The rule.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    private Task<ChangeResult> PlaceAsync(
        string owner, Guid id, FileDocument? known, Func<FolderProtocol, FileDocument, ValueTask<Target?>> choose,
        Func<FileDocument, Placement?, DateTimeOffset, Decision<ChangeResult>> rule, CancellationToken cancellation) => folders.RunAsync(
            owner,
            async steps =>
            {
                var protocol = new FolderProtocol(steps, rules);
                var before = known ?? await steps.LoadFileAsync(id);
                for (var tries = 0; before is not null && tries < MaxTries; tries++)
                {
                    var result = await TryPlaceAsync(steps, protocol, before, await choose(protocol, before), rule);
                    if (result.Outcome != ChangeOutcome.Stale)
                        return result;
                    // It may have met its own dead predecessor's claim.
                    before = await steps.LoadFileAsync(id);
                }
                return before is null
                    ? new ChangeResult(ChangeOutcome.NotFound)
                    : throw new StorageException(StorageFailure.Unavailable, $"File {id} moves again and again.");
            },
            cancellation);

    private static async ValueTask<ChangeResult> TryPlaceAsync(
        IFolderSteps steps, FolderProtocol protocol, FileDocument before, Target? target,
        Func<FileDocument, Placement?, DateTimeOffset, Decision<ChangeResult>> rule)
    {
        if (target is null)
            return await SaveAsync(null);
        var result = default(ChangeResult);
        var outcome = await protocol.PlaceAsync(before, target, async placement => (result = await SaveAsync(placement)).Outcome);
        return outcome == ChangeOutcome.Done ? result : new ChangeResult(outcome);

        ValueTask<ChangeResult> SaveAsync(Placement? placement) => steps.ChangeFileAsync(
            before.Id, (file, now) => file is null ? new(new ChangeResult(ChangeOutcome.NotFound)) : rule(file, placement, now));
    }

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
