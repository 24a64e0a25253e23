namespace FileDrop.Api.Tests.Folders.Model;

/// <content>Creating, moving and renaming; restoring uses the same steps.</content>
internal sealed partial class Protocol
{
    /// <summary>Gives a new document its name.</summary>
    public async Task CreateAsync(string id, Location target)
    {
        if (await store.ReadAsync(id) is { State: State.Pending } document)
            await PlaceAtAsync(document, target);
    }

    /// <summary>Moves or renames a live file or folder.</summary>
    public async Task MoveAsync(string id, Location target)
    {
        if (await store.ReadAsync(id) is { IsLive: true } document && document.Location != target)
            await PlaceAsync(document, target, Guard.MoveTakesTheSlot);
    }

    /// <summary>Changes a file's content.</summary>
    public Task ReplaceAsync(string id) => store.ChangeAsync(
        id, document => document.IsLive, document => document with { Revision = document.Revision + 1, Unsaid = true });

    /// <summary>Finds a document by path. Every folder on the way must be live when it is read.</summary>
    public async Task ResolveAsync(params string[] names)
    {
        var (started, at) = (store.Now, Root);
        foreach (var name in names)
        {
            var location = new Location(at, name);
            if ((await store.FindAsync(document => document.Location == location && document.IsLive)).FirstOrDefault() is not { } next)
                return;
            witness.Passed(at = next, started);
        }
    }

    /// <summary>Places a document: with the slot if it is a folder that could close a circle.</summary>
    /// <param name="document">The document as read before any claim.</param>
    /// <param name="target">The new name and folder.</param>
    /// <param name="slot">The guard that wants the slot here.</param>
    private async Task PlaceAsync(Document document, Location target, Guard slot)
    {
        if (!CanCloseACircle(document, target))
            await PlaceAtAsync(document, target);
        else if (Has(slot))
            await PlaceWithSlotAsync(document, target);
        else if (await IsOutsideAsync(document.Id, target.Parent))
            await PlaceAtAsync(document, target);
    }

    /// <summary>Only a new parent below the root can close a circle. A rename or a return changes no ancestors, and the root has none.</summary>
    private static bool CanCloseACircle(Document document, Location target) =>
        document.IsFolder && target.Parent != Root && target.Parent != document.Location.Parent;

    /// <summary>Claims the name, reads the folder, commits, and releases the former name.</summary>
    /// <param name="before">The document as read before the claim. Its place is the fence; read later, it could be that of a takeover.</param>
    /// <param name="target">The new name and folder.</param>
    private async Task PlaceAtAsync(Document before, Location target)
    {
        var operation = NewOperation();
        var isParentLive = !Has(Guard.ParentIsReadAfterTheClaim) && await IsLiveAsync(target.Parent);
        if (!await TakeAsync(target, new Claim(before.Id, operation, before.Place)))
            return;
        var fence = Has(Guard.FenceIsReadBeforeTheClaim) ? before.Place : (await store.ReadAsync(before.Id))?.Place;
        // After the claim: either this read sees the folder's deletion, or the sweeper, which reads the claims after it, sees this one.
        if (Has(Guard.ParentIsReadAfterTheClaim))
            isParentLive = await IsLiveAsync(target.Parent);
        var isCommitted = isParentLive && await store.ChangeAsync(
            before.Id,
            document => document.Place == fence || !Has(Guard.CommitAsksForTheFence),
            document => (document.State == State.Trash ? Returned(document) : document.Changed()) with
            {
                State = State.Live,
                Location = target,
                Claim = operation,
            });
        if (!isCommitted)
            await ReleaseAsync(target, operation);
        else if (before.Claim != "")
            await ReleaseAsync(before.Location, before.Claim);
    }

    /// <summary>Places a folder below another one while no other folder does so. Two such moves could close a circle together.</summary>
    private async Task PlaceWithSlotAsync(Document before, Location target)
    {
        var mine = new Slot(before.Id, NewOperation(), before.Place);
        for (var tries = 0; !await store.ReplaceSlotAsync(now => now is null, mine); tries++)
        {
            if (tries > MaxTries)
                return;
            if (await store.ReadSlotAsync() is not { } other)
                continue;
            // A stalled mover must not commit once the slot is another's.
            if (Has(Guard.SlotTakeoverRaisesTheFence) && await store.ReadAsync(other.Folder) is { } moved && moved.Place == other.Fence)
                await RaiseFenceAsync(moved);
            await store.ReplaceSlotAsync(now => now?.Operation == other.Operation, null);
        }
        if (await IsOutsideAsync(before.Id, target.Parent))
            await PlaceAtAsync(before, target);
        await store.ReplaceSlotAsync(now => now?.Operation == mine.Operation, null);
    }

    /// <summary>Walks up from a folder to the root. False: the walk meets the moved folder, or one that is not live.</summary>
    private async Task<bool> IsOutsideAsync(string moved, string folder)
    {
        for (var at = folder; at != Root;)
        {
            if (at == moved)
            {
                CirclesRefused++;
                return false;
            }
            if (await store.ReadAsync(at) is not { IsLive: true } parent)
                return false;
            at = parent.Location.Parent;
        }
        return true;
    }

    private async Task<bool> IsLiveAsync(string folder) => folder == Root || await store.ReadAsync(folder) is { IsLive: true };
}
