namespace FileDrop.Api.Catalog;

// Locks. An entry's own locks are tested by the rule that changes it. Those of the folders above, and of the entries below, are read here.
internal sealed partial class FolderProtocol
{
    /// <summary>The most folders that a walk up may meet. It meets some twice if others are moved meanwhile.</summary>
    private const int MaxWalk = 16 * Place.MaxDepth;

    /// <summary>The owner's locked folders; null until they are read. An operation reads them once.</summary>
    private IReadOnlyList<IEntry>? _lockedFolders;

    /// <summary>Changes a live file by a rule that leaves it where it is or deletes it, unless a lock above forbids it.</summary>
    /// <param name="id">The file.</param>
    /// <param name="rule">The rule, which tests the file's own locks.</param>
    /// <param name="held">The locks that the request names.</param>
    /// <param name="isMembership">Whether the file leaves its folder, so that a lock of the folder itself counts.</param>
    /// <param name="folder">The folder that the file is in, as far as it is known; null reads it.</param>
    public async ValueTask<ChangeResult> ChangeFileAsync(
        Guid id, Func<FileDocument, DateTimeOffset, Decision<ChangeResult>> rule, LockTokens held, bool isMembership, Guid? folder = null)
    {
        for (var tries = 0; tries < MaxTries; tries++)
        {
            if (folder is { } parent && await IsGuardedAsync(parent, isMembership, held))
                return new ChangeResult(ChangeOutcome.Locked);
            Guid? unknown = null;
            var result = await steps.ChangeFileAsync(id, (file, now) =>
            {
                unknown = null;
                return file is null ? new(new ChangeResult(ChangeOutcome.NotFound)) : Guarded(file, rule(file, now), folder, out unknown);
            });
            if (unknown is null)
                return result;
            folder = unknown;
        }
        throw new Storage.StorageException(Storage.StorageFailure.Unavailable, $"File {id} moves again and again.");
    }

    /// <summary>Holds a decision back until the locks of the file's folder are known. A refusal needs no locks, and nobody locks the root.</summary>
    /// <param name="file">The file.</param>
    /// <param name="decision">The decision about it.</param>
    /// <param name="known">The folder whose locks allow the change; null if there is none.</param>
    /// <param name="unknown">The folder whose locks must be read first; null if the decision stands.</param>
    public static Decision<ChangeResult> Guarded(FileDocument file, Decision<ChangeResult> decision, Guid? known, out Guid? unknown)
    {
        unknown = decision.Next is not null && file.Place.Folder is { } folder && folder != Place.Root && folder != known ? folder : null;
        return unknown is null ? decision : new(new ChangeResult(ChangeOutcome.Stale));
    }

    /// <summary>Whether a lock forbids a change in a folder: a deep lock of it or of a folder above, or for a change of its members any lock of it.</summary>
    public ValueTask<bool> IsGuardedAsync(Guid folder, bool isMembership, LockTokens held) =>
        AnyAboveAsync(folder, isMembership, locks => !held.Allow(locks));

    /// <summary>Whether a lock of an entry below a folder forbids that the folder is moved or deleted.</summary>
    public async ValueTask<bool> IsGuardedBelowAsync(Guid folder, LockTokens held) => await AnyBelowAsync(folder, locks => !held.Allow(locks));

    /// <summary>Whether a lock forbids that a folder is deleted: one of the folder that it is in, of a folder above, or of an entry below it.</summary>
    public async ValueTask<bool> IsLockedAsync(Guid folder, LockTokens held) =>
        await IsGuardedBelowAsync(folder, held)
        || (await FindLockedAsync(EntryKind.Folder) is { Count: > 0 } && await steps.LoadFolderAsync(folder) is { Place.Folder: { } parent }
            && await IsGuardedAsync(parent, isMembership: true, held));

    /// <summary>Locks an entry. It looks for other locks before and after: two who lock at the same time may both be refused, and never both succeed.</summary>
    public async ValueTask<LockResult> LockAsync(EntryKind kind, Guid id, LockRequest request)
    {
        if (await LoadAsync(kind, id) is not { State: FileState.Live } entry)
            return new LockResult(ChangeOutcome.NotFound);
        if (await IsExcludedAsync(entry, request))
            return new LockResult(ChangeOutcome.Locked);
        if ((await FindLockedAsync(kind)).Count >= DavState.MaxLocked)
            return new LockResult(ChangeOutcome.TooMuch);
        var result = kind == EntryKind.File
            ? await steps.ChangeFileAsync(id, (file, now) => file?.Lock(request, now) ?? new(new LockResult(ChangeOutcome.NotFound)))
            : await steps.ChangeFolderAsync(id, (folder, now) => folder?.Lock(request, now) ?? new(new LockResult(ChangeOutcome.NotFound)));
        _lockedFolders = null;
        if (result.Outcome != ChangeOutcome.Done || !await IsExcludedAsync(entry, request))
            return result;
        await UnlockAsync(kind, id, request.Token, holder: null);
        return new LockResult(ChangeOutcome.Locked);
    }

    /// <summary>Ends a lock.</summary>
    public ValueTask<ChangeOutcome> UnlockAsync(EntryKind kind, Guid id, Guid token, string? holder) => kind == EntryKind.File
        ? steps.ChangeFileAsync(id, (file, now) => file?.Unlock(token, holder, now) ?? new(ChangeOutcome.NotFound))
        : steps.ChangeFolderAsync(id, (folder, now) => folder?.Unlock(token, holder, now) ?? new(ChangeOutcome.NotFound));

    /// <summary>Whether a lock above an entry, or below one that is to be locked deeply, excludes a lock.</summary>
    private async ValueTask<bool> IsExcludedAsync(IEntry entry, LockRequest request) =>
        (entry.Place.Folder is { } folder && await AnyAboveAsync(folder, isMembership: false, locks => locks.Any(request.Meets)))
        || (entry.Kind == EntryKind.Folder && request.IsDeep && await AnyBelowAsync(entry.Id, locks => locks.Any(request.Meets)));

    private async ValueTask<bool> AnyAboveAsync(Guid folder, bool isMembership, Func<IReadOnlyList<EntryLock>, bool> forbids)
    {
        if (folder == Place.Root)
            return false;
        // One query, which usually finds nothing.
        var locked = (await FindLockedAsync(EntryKind.Folder)).ToDictionary(each => each.Id);
        if (locked.Count == 0)
            return false;
        var now = await steps.NowAsync();
        Guid? at = folder;
        for (var count = 0; at is { } id && id != Place.Root && count < MaxWalk; count++)
        {
            var found = locked.GetValueOrDefault(id) ?? await steps.LoadFolderAsync(id);
            var locks = found?.Dav.Active(now) ?? [];
            if (forbids(isMembership && id == folder ? locks : [.. locks.Where(each => each.IsDeep)]))
                return true;
            at = found?.Place.Folder;
        }
        return false;
    }

    private async ValueTask<IReadOnlyList<IEntry>> FindLockedAsync(EntryKind kind) =>
        kind == EntryKind.Folder ? _lockedFolders ??= await steps.FindLockedAsync(kind) : await steps.FindLockedAsync(kind);

    private async ValueTask<bool> AnyBelowAsync(Guid folder, Func<IReadOnlyList<EntryLock>, bool> forbids)
    {
        var parents = new Dictionary<Guid, Guid?>();
        foreach (var kind in new[] { EntryKind.Folder, EntryKind.File })
        {
            var locked = await FindLockedAsync(kind);
            var now = locked.Count == 0 ? default : await steps.NowAsync();
            foreach (var entry in locked)
            {
                if (forbids(entry.Dav.Active(now)) && await IsBelowAsync(entry.Place.Folder, folder, parents))
                    return true;
            }
        }
        return false;
    }

    /// <param name="at">The folder where the walk up begins.</param>
    /// <param name="folder">The folder to meet.</param>
    /// <param name="parents">The parents that were read already.</param>
    private async ValueTask<bool> IsBelowAsync(Guid? at, Guid folder, Dictionary<Guid, Guid?> parents)
    {
        for (var count = 0; at is { } id && id != Place.Root && count < MaxWalk; count++)
        {
            if (id == folder)
                return true;
            if (!parents.TryGetValue(id, out at))
                parents[id] = at = (await steps.LoadFolderAsync(id))?.Place.Folder;
        }
        return false;
    }
}
