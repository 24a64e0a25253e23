using FileDrop.Api.Storage;

namespace FileDrop.Api.Catalog;

/// <summary>
/// Claims names, and moves files and folders of one owner, although many processes do so at once and any may end between two steps.
/// </summary>
/// <remarks>
/// <para>A name is claimed by a document of its own, because only its key can be unique. The entry's document decides: a claim holds if the entry is live or
/// carried and names the claim's operation. A change therefore claims the new name, commits by one change of the entry, and releases the old name. Whoever
/// meets a claim that does not hold may take it over. First it raises the fence of the claim's entry, so that the operation can no longer commit.</para>
/// <para>No clock decides about safety. A young claim is waited for only so that two living processes do not end each other's operations.</para>
/// </remarks>
/// <param name="steps">The steps on the owner's documents.</param>
/// <param name="rules">The protocol's times and counts.</param>
internal sealed partial class FolderProtocol(IFolderSteps steps, CatalogRules rules)
{
    /// <summary>An operation that is younger than this is waited for.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    /// <summary>Tries after which the service gives up, because others always come first.</summary>
    private const int MaxTries = 100;

    /// <summary>Puts an entry into a folder under a name: claims the name, looks at the folder, commits, releases the old name.</summary>
    /// <param name="before">The entry as read before; its fence must not be read after the claim.</param>
    /// <param name="target">The place.</param>
    /// <param name="commit">Commits the claimed place by one change of the entry, conditional on the placement's fence.</param>
    /// <param name="tryOut">Returns the outcome that such a commit would have now, and changes nothing.</param>
    /// <returns>The commit's outcome, or <see cref="ChangeOutcome.NameTaken"/> or <see cref="ChangeOutcome.FolderNotFound"/>.</returns>
    public async ValueTask<ChangeOutcome> PlaceAsync(
        IEntry before, Target target, Func<Placement, ValueTask<ChangeOutcome>> commit, Func<Placement, ValueTask<ChangeOutcome>> tryOut)
    {
        var former = EntryKey.OfClaim(before);
        var name = target.Name;
        if (await IsGuardedAsync(target.Folder, isMembership: true, target.Held)
            || (before is { State: FileState.Live, Place.Folder: { } left } && left != target.Folder && await IsGuardedAsync(left, isMembership: true, target.Held)))
            return ChangeOutcome.Locked;
        for (var number = 2; ; number++)
        {
            var key = EntryKey.Of(target.Folder, name);
            if (former == key)
            {
                // The name is its own already.
                return await IsLiveAsync(target.Folder)
                    ? await commit(new Placement(target.Folder, name, before.Place.Claim, before.Place.Fence, target.Name))
                    : ChangeOutcome.FolderNotFound;
            }
            var claim = new NameClaim(key, before.Kind, before.Id, Guid.NewGuid(), before.Place.Fence, await steps.NowAsync());
            if (await TakeAsync(claim) is { } holder)
            {
                switch (target.OnConflict)
                {
                    case OnConflict.Rename when number <= FreeName.MaxNumber:
                        name = FreeName.Numbered(target.Name, number, before.Kind);
                        continue;
                    case OnConflict.Replace when holder.Kind == before.Kind && holder.State == FileState.Live && number < MaxTries:
                        // A request that is refused must not leave the other entry in the trash. Only a change that comes between can still cause this.
                        if (!await IsLiveAsync(target.Folder))
                            return ChangeOutcome.FolderNotFound;
                        if (await tryOut(PlacementOf(claim)) is var refusal and not ChangeOutcome.Done)
                            return refusal;
                        if (!await TryTrashAsync(holder, target.Held))
                            return ChangeOutcome.Locked;
                        continue;
                    default:
                        return ChangeOutcome.NameTaken;
                }
            }
            // After the claim. Either this read sees the folder's deletion, or its sweeper, which reads the names afterwards, sees the claim.
            if (!await IsLiveAsync(target.Folder))
            {
                await steps.DeleteNameAsync(key, claim.Operation);
                return ChangeOutcome.FolderNotFound;
            }
            var outcome = await commit(PlacementOf(claim));
            if (outcome != ChangeOutcome.Done)
                await steps.DeleteNameAsync(key, claim.Operation);
            else
                await ReleaseAsync(before);
            return outcome;
        }

        Placement PlacementOf(NameClaim claim) => new(target.Folder, name, claim.Operation, claim.Fence, target.Name);
    }

    /// <summary>Puts a folder into another. Two such moves at once could close a circle, so they take turns.</summary>
    /// <inheritdoc cref="PlaceAsync"/>
    /// <returns>As <see cref="PlaceAsync"/>, or <see cref="ChangeOutcome.Circle"/> or <see cref="ChangeOutcome.TooDeep"/>.</returns>
    public async ValueTask<ChangeOutcome> PlaceFolderAsync(
        FolderDocument before, Target target, Func<Placement, ValueTask<ChangeOutcome>> commit, Func<Placement, ValueTask<ChangeOutcome>> tryOut)
    {
        // The root has no ancestors, a return to the same folder changes none, and a new folder has no entries.
        if (target.Folder == Place.Root || (target.Folder == before.Place.Folder && before.State != FileState.Pending))
            return await PlaceAsync(before, target, commit, tryOut);
        if (before.State == FileState.Pending)
            return await WalkUpAsync(before.Id, target.Folder) is { } reason ? reason : await PlaceAsync(before, target, commit, tryOut);
        var slot = new FolderSlot(before.Id, Guid.NewGuid(), before.Place.Fence, await steps.NowAsync());
        await TakeSlotAsync(slot);
        var outcome = await WalkUpAsync(before.Id, target.Folder) is { } refused ? refused : await PlaceAsync(before, target, commit, tryOut);
        // After a commit without an answer the slot stays: that commit may still arrive, and whoever clears the slot raises the folder's fence first.
        await steps.ClearSlotAsync(slot.Operation);
        return outcome;
    }

    /// <summary>Releases the claim that an entry held before a change. If the process ends here, the claim does not hold, and is taken over.</summary>
    /// <param name="before">The entry before the change.</param>
    public async ValueTask ReleaseAsync(IEntry before)
    {
        if (EntryKey.OfClaim(before) is { } key && before.Place.Claim is { } operation)
            await steps.DeleteNameAsync(key, operation);
    }

    /// <summary>Whether a folder is live; the root always is.</summary>
    public async ValueTask<bool> IsLiveAsync(Guid folder) => folder == Place.Root || await steps.LoadFolderAsync(folder) is { State: FileState.Live };

    /// <summary>Claims a name.</summary>
    /// <returns>The entry that has the name; null if the claim is made.</returns>
    private async ValueTask<IEntry?> TakeAsync(NameClaim claim)
    {
        for (var tries = 0; tries < MaxTries; tries++)
        {
            if (await steps.InsertNameAsync(claim))
                return null;
            if (await steps.FindNameAsync(claim.Key) is not { } found)
                continue;
            if (await FindHolderAsync(found) is { } holder)
            {
                if (!await ExpireAsync(holder))
                    return holder;
                continue;
            }
            // Compare the operation: another one may have taken over the claim, and may hold the name now.
            if (await steps.ReplaceNameAsync(found, claim))
                return null;
        }
        throw new StorageException(StorageFailure.Unavailable, $"The name of {claim.Id} is claimed again and again.");
    }

    /// <summary>Returns the entry that stands by a claim. If its operation is still under way, this ends it: it can no longer commit.</summary>
    /// <param name="claim">The claim.</param>
    /// <param name="waits">Whether to wait for a young operation first.</param>
    private async ValueTask<IEntry?> FindHolderAsync(NameClaim claim, bool waits = true)
    {
        while (true)
        {
            var holder = await LoadAsync(claim.Kind, claim.Id);
            // A carried entry counts: its folder may come back, and must find the entry's name free.
            if (holder?.Place.Claim == claim.Operation && holder.State is FileState.Live or FileState.Carried)
                return holder;
            // If the fence moved on without this claim, no commit that tests it can follow.
            if (holder is null || holder.Place.Fence != claim.Fence)
                return null;
            if (waits && await steps.NowAsync() - claim.At < s_patience)
            {
                await steps.PauseAsync();
                if ((await steps.FindNameAsync(claim.Key))?.Operation != claim.Operation)
                    return null;
            }
            else
            {
                await RaiseAsync(holder);
            }
        }
    }

    /// <summary>Raises an entry's fence, unless it has moved since the entry was read.</summary>
    private ValueTask<bool> RaiseAsync(IEntry seen) =>
        ChangeAsync(seen, (file, _) => file.Raise(seen.Place.Fence), (folder, _) => folder.Raise(seen.Place.Fence));

    /// <summary>Changes an entry, unless the rule finds that it has changed since.</summary>
    private async ValueTask<bool> ChangeAsync(
        IEntry seen, Func<FileDocument, DateTimeOffset, FileDocument?> ofFile, Func<FolderDocument, DateTimeOffset, FolderDocument?> ofFolder) =>
        seen.Kind == EntryKind.File
            ? await steps.ChangeFileAsync(seen.Id, (file, now) => file is null ? default : ofFile(file, now) is { } next ? new Decision<bool>(true, next) : default)
            : await steps.ChangeFolderAsync(
                seen.Id, (folder, now) => folder is null ? default : ofFolder(folder, now) is { } next ? new FolderDecision<bool>(true, next) : default);

    private async ValueTask<IEntry?> LoadAsync(EntryKind kind, Guid id) =>
        kind == EntryKind.File ? await steps.LoadFileAsync(id) : await steps.LoadFolderAsync(id);

    private async ValueTask TakeSlotAsync(FolderSlot mine)
    {
        for (var tries = 0; tries < MaxTries; tries++)
        {
            if (await steps.TakeSlotAsync(mine))
                return;
            if (await steps.FindSlotAsync() is not { } other)
                continue;
            if (await steps.NowAsync() - other.At < s_patience)
            {
                await steps.PauseAsync();
                continue;
            }
            // A mover that has stopped must not commit once its slot is another's.
            if (await steps.LoadFolderAsync(other.Id) is { } moved && moved.Place.Fence == other.Fence)
                await RaiseAsync(moved);
            await steps.ClearSlotAsync(other.Operation);
        }
        throw new StorageException(StorageFailure.Unavailable, "The owner's folders are moved again and again.");
    }

    /// <summary>Walks from a folder up to the root.</summary>
    /// <param name="moved">The folder that is to move there.</param>
    /// <param name="folder">The folder where the walk begins.</param>
    /// <returns>The reason to refuse the move; null if there is none.</returns>
    private async ValueTask<ChangeOutcome?> WalkUpAsync(Guid moved, Guid folder)
    {
        var depth = 1;
        for (var at = folder; at != Place.Root; depth++)
        {
            if (at == moved)
                return ChangeOutcome.Circle;
            // Folders below one that was moved may lie deeper than allowed, but no circle can make this endless.
            if (await steps.LoadFolderAsync(at) is not { State: FileState.Live, Place.Folder: { } parent })
                return ChangeOutcome.FolderNotFound;
            at = parent;
        }
        return depth > Place.MaxDepth ? ChangeOutcome.TooDeep : null;
    }

    /// <summary>Moves a file that has expired to the trash before the sweeper does, so that its name is free. False if it has not expired.</summary>
    private async ValueTask<bool> ExpireAsync(IEntry holder)
    {
        if (holder is not FileDocument { State: FileState.Live, ExpiresAt: { } expires } file || expires > await steps.NowAsync())
            return false;
        if (await ChangeAsync(file, (now, at) => now.Expire(file.Place.Fence, rules, at), (_, _) => null))
            await ReleaseAsync(file);
        return true;
    }

    /// <summary>Moves the entry that has a name to the trash, if it still has it. False if a lock forbids it.</summary>
    private async ValueTask<bool> TryTrashAsync(IEntry holder, LockTokens held)
    {
        if (holder.Dav.Forbids(held, await steps.NowAsync()) || (holder.Kind == EntryKind.Folder && await IsGuardedBelowAsync(holder.Id, held)))
            return false;
        var fence = holder.Place.Fence;
        if (await ChangeAsync(
            holder,
            (file, now) => file.Place.Fence == fence ? file.Delete(ifVersion: null, permanent: false, rules, now, held).Next : null,
            (folder, now) => folder.Place.Fence == fence ? folder.Delete(ifVersion: null, permanent: false, rules, now, held).Next : null))
            await ReleaseAsync(holder);
        return true;
    }
}
