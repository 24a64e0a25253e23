namespace FileDrop.Api.Tests.Folders.Model;

/// <content>Sweepers make the children of a folder follow it. Any number of them may do so at once.</content>
internal sealed partial class Protocol
{
    /// <summary>Makes a folder's children follow it: into the trash, back, or away.</summary>
    public async Task SweepAsync(string id)
    {
        if (await store.ReadAsync(id) is not { } folder || folder.Sweep == Sweep.None)
            return;
        if (!folder.IsLive && Has(Guard.SweeperClosesTheDoor))
            await CloseDoorAsync(id);
        for (var last = ""; await FindChildrenAsync(id, last) is { Count: > 0 } ids; last = ids[^1])
        {
            var children = new List<Document>();
            foreach (var child in ids)
            {
                if (await store.ReadAsync(child) is { } read && read.Location.Parent == id)
                    children.Add(read);
            }
            // After its children. So a sweeper that acts on an old turn read them before the next turn, whose sweep raises their places.
            if (Has(Guard.FolderIsReadAfterTheChildren) && (await store.ReadAsync(id))?.Turn != folder.Turn)
                return;
            foreach (var child in children)
                await AlignAsync(child, folder);
        }
        // Compare the turn: if the folder has turned meanwhile, its children must follow again.
        if (await IsSweptAsync(folder))
        {
            await store.ChangeAsync(
                id,
                document => document.Turn == folder.Turn || !Has(Guard.SweepEndsOnlyIfNothingTurned),
                document => document with { Sweep = Sweep.None });
        }
    }

    private Task<List<string>> FindChildrenAsync(string folder, string after) =>
        store.FindAsync(document => document.Location.Parent == folder && document.State is State.Live or State.Trash, after);

    /// <summary>Ends the operations that claimed a name in a folder while it was live and have not committed. Later ones see that it is not live.</summary>
    private async Task CloseDoorAsync(string folder)
    {
        for (var last = ""; await store.FindClaimedAsync(folder, last) is { Count: > 0 } claimed; last = claimed[^1].Name)
        {
            foreach (var location in claimed)
            {
                if (await store.ReadClaimAsync(location) is { } claim && !await IsHeldAsync(claim))
                    await ReleaseAsync(location, claim.Operation);
            }
        }
    }

    /// <summary>Makes one child follow its folder.</summary>
    private async Task AlignAsync(Document child, Document folder)
    {
        var follows = folder.IsLive ? child.IsLive : folder.State == State.Trash && child.IsCarried;
        if (follows)
        {
            if (folder.Sweep == Sweep.DueWithFence)
                await RaiseFenceAsync(child);
        }
        else if (folder.State == State.Trash && child.IsLive)
        {
            await CarryAsync(child);
        }
        // A child that was trashed on its own stays in the trash, and is not purged with the folder either.
        else if (folder.IsLive && (child.IsCarried || !Has(Guard.OnlyCarriedChildrenComeBack)))
        {
            await ReturnAsync(child);
        }
        else if (folder.State == State.Deleted && child.IsCarried)
        {
            await BuryAsync(child, withFolder: true);
        }
    }

    /// <summary>Returns whether all children have followed.</summary>
    private async Task<bool> IsSweptAsync(Document folder)
    {
        if (folder.State != State.Trash)
            return !await store.AnyAsync(document => document.Via == folder.Id);
        // In this order: a live subfolder that another sweeper carries in between is due, so the second question meets it.
        if (await store.AnyAsync(document => document.IsLive && document.Location.Parent == folder.Id))
            return false;
        return !Has(Guard.SweepWaitsForSubfolders)
            || !await store.AnyAsync(document => document.Via == folder.Id && document.Sweep != Sweep.None);
    }
}
