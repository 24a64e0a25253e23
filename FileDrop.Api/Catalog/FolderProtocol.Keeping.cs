using FileDrop.Api.Storage;

namespace FileDrop.Api.Catalog;

// Repairs, and entries that come from a backup.
internal sealed partial class FolderProtocol
{
    /// <summary>Claims the name of a live or carried entry that has no claim, without a new version of the entry.</summary>
    /// <param name="kind">The kind of the entry.</param>
    /// <param name="id">The entry.</param>
    /// <param name="how">The allowed outcomes if the entry's name is taken or its folder is not there.</param>
    public async ValueTask<Settlement> SettleAsync(EntryKind kind, Guid id, Settling how)
    {
        for (var tries = 0; tries < MaxTries; tries++)
        {
            // Before the claim, as in every operation.
            if (await LoadAsync(kind, id) is not { State: FileState.Live or FileState.Carried, Name: { } name, Place.Folder: { } folder } before)
                return new Settlement(ChangeOutcome.NotFound);
            if (await IsHeldAsync(before))
                return new Settlement(ChangeOutcome.Done, name, name);
            var fault = how == Settling.InPlace ? null : await FindFaultAsync(before, folder);
            if (fault is { } reason && how == Settling.Early)
                return new Settlement(reason, name);
            var placement = fault is null ? await ClaimAsync(before, folder, name, how)
                : kind == EntryKind.Folder ? await ClaimAsync(before, Place.Root, name, how)
                : null;
            if (placement is null && kind == EntryKind.File && how == Settling.Final)
                (placement, fault) = (new Placement(null, name, null, before.Place.Fence, name), fault ?? ChangeOutcome.NameTaken);
            if (placement is null)
                return new Settlement(ChangeOutcome.NameTaken, name);
            if (await ChangeAsync(before, (file, _) => file.Settle(placement), (subfolder, _) => subfolder.Settle(placement)))
            {
                if (placement.IsInFolder && await steps.LoadFolderAsync(folder) is { } parent
                    && (parent.State == FileState.Live) != (before.State == FileState.Live))
                    await MarkDueAsync(folder);
                return new Settlement(ChangeOutcome.Done, name, placement.Name, fault);
            }
            // It has moved, or its own dead predecessor's claim was taken over, which raises its fence.
            if (placement is { Folder: { } claimed, Claim: { } operation })
                await steps.DeleteNameAsync(EntryKey.Of(claimed, placement.Name), operation);
        }
        throw new StorageException(StorageFailure.Unavailable, $"{kind} {id} moves again and again.");
    }

    /// <summary>Asks for a sweep of a folder that is live or in the trash. False if it is neither.</summary>
    public ValueTask<bool> MarkDueAsync(Guid id) => steps.ChangeFolderAsync(
        id,
        (folder, now) => folder is { IsFolder: true } known ? new FolderDecision<bool>(true, known.MarkDue(now)) : new FolderDecision<bool>(false));

    /// <summary>Deletes a claim, and ends the operation that has made it. False if an entry stands by the claim.</summary>
    public async ValueTask<bool> DropAsync(NameClaim claim)
    {
        if (await FindHolderAsync(claim, waits: false) is not null)
            return false;
        await steps.DeleteNameAsync(claim.Key, claim.Operation);
        return true;
    }

    /// <summary>Whether an entry's name has the entry's own claim.</summary>
    private async ValueTask<bool> IsHeldAsync(IEntry entry) =>
        EntryKey.OfClaim(entry) is { } key && await steps.FindNameAsync(key) is { } claim
        && claim.Id == entry.Id && claim.Operation == entry.Place.Claim;

    private async ValueTask<Placement?> ClaimAsync(IEntry before, Guid folder, string wanted, Settling how)
    {
        var name = wanted;
        for (var number = 2; ; number++)
        {
            var claim = new NameClaim(
                EntryKey.Of(folder, name), before.Kind, before.Id, Guid.NewGuid(), before.Place.Fence, await steps.NowAsync());
            if (await TakeAsync(claim) is null)
                return new Placement(folder, name, claim.Operation, claim.Fence, wanted);
            if (how == Settling.InPlace || number > FreeName.MaxNumber)
                return null;
            name = FreeName.Numbered(wanted, number, before.Kind);
        }
    }

    /// <summary>Returns the reason why an entry cannot be in a folder; null if there is none. Files may lie at any depth.</summary>
    private async ValueTask<ChangeOutcome?> FindFaultAsync(IEntry entry, Guid folder)
    {
        var depth = 1;
        for (var at = folder; at != Place.Root;)
        {
            if (at == entry.Id)
                return ChangeOutcome.Circle;
            if (await steps.LoadFolderAsync(at) is not { IsFolder: true, Place.Folder: { } next } found)
                return ChangeOutcome.FolderNotFound;
            if (entry.Kind == EntryKind.File)
                return null;
            if (++depth > Place.MaxDepth)
                return ChangeOutcome.TooDeep;
            // A folder that was deleted itself may have lost its parent.
            if (found.State == FileState.Trash)
                return null;
            at = next;
        }
        return null;
    }
}
