namespace FileDrop.Api.Tests.Folders.Model;

/// <content>A document turns when it goes to the trash, comes back or is purged. For a folder this is one change; the sweeper does the rest.</content>
internal sealed partial class Protocol
{
    /// <summary>Moves a file or folder to the trash. For a folder, this one change ends access by path to all that is in it.</summary>
    public async Task TrashAsync(string id)
    {
        if (await store.ReadAsync(id) is not { IsLive: true } before)
            return;
        var isTrashed = await store.ChangeAsync(
            id, document => document.Place == before.Place, document => Turned(document) with { State = State.Trash, Claim = "" });
        if (isTrashed)
            await ReleaseAsync(before.Location, before.Claim);
    }

    /// <summary>Restores what is in the trash: to the folder that the user names, or to its own folder if that is live, or to the root.</summary>
    public async Task RestoreAsync(string id, string name, string? elsewhere = null)
    {
        if (await store.ReadAsync(id) is not { State: State.Trash } document)
            return;
        var own = document.Location.Parent;
        var target = new Location(elsewhere ?? (await IsLiveAsync(own) ? own : Root), name);
        if (!document.IsCarried || target != document.Location)
            await PlaceAsync(document, target, Guard.RestoringElsewhereTakesTheSlot);
        // Its folder came back, and its name is kept there. It only goes ahead of the sweeper, by the sweeper's rules.
        else if (await IsLiveAsync(target.Parent))
            await ReturnAsync(document);
    }

    /// <summary>Purges what is in the trash, for a user or after its time. For a folder, this one change decides for all that it carried.</summary>
    public async Task PurgeAsync(string id)
    {
        if (await store.ReadAsync(id) is not { State: State.Trash } document)
            return;
        // Until the sweep has ended, something below may be live, and may have been created just now.
        if (document.Sweep != Sweep.None && Has(Guard.PurgeWaitsForTheSweep))
            return;
        if (document.IsFolder && !Has(Guard.PurgeDecidesAtTheTop))
            await PurgeBottomUpAsync(document);
        await BuryAsync(document, withFolder: false);
    }

    /// <summary>Removes a purged document. Nothing can arrive in it later: the sweeper closed its door, and later comers read no live folder.</summary>
    public Task RemoveTombstoneAsync(string id) => store.RemoveAsync(id, document => document.State == State.Deleted
        && (!document.Unsaid || !Has(Guard.TombstoneIsSaidFirst))
        && (document.Sweep == Sweep.None || !Has(Guard.TombstoneOutlastsItsChildren)));

    /// <summary>
    /// The document after a turn. A folder's children must follow. If the last sweep has not ended, the next one also raises the places of the children that
    /// are right already, since a sweeper of the last turn may be about to change them.
    /// </summary>
    private Document Turned(Document document)
    {
        // The version would not do for the feed. It is the ETag, and a file comes out of the trash with the ETag that it had.
        var changed = document.Changed() with { Revision = document.Revision + (Has(Guard.TrashRaisesTheRevision) ? 1 : 0) };
        var sweep = document.Sweep == Sweep.None || !Has(Guard.TurningAgainFencesTheChildren) ? Sweep.Due : Sweep.DueWithFence;
        return document.IsFolder ? changed with { Turn = document.Turn + 1, Sweep = sweep } : changed;
    }

    /// <summary>The document after its return from the trash.</summary>
    private Document Returned(Document document)
    {
        var changed = Has(Guard.RestoringMarksTheFolder) || !document.IsFolder ? Turned(document) : document.Changed();
        return changed with { State = State.Live, Via = null };
    }

    private Task<bool> ReturnAsync(Document child) => store.ChangeAsync(child.Id, document => document.Place == child.Place, Returned);

    /// <summary>Moves a child into the trash after its folder.</summary>
    private Task<bool> CarryAsync(Document child) => store.ChangeAsync(
        child.Id,
        document => document.Place == child.Place || (document.IsLive && !Has(Guard.CarryAsksForTheFence)),
        document => Turned(document) with { State = State.Trash, Via = child.Location.Parent });

    /// <summary>Makes a document a tombstone, and frees its name if it kept one.</summary>
    private async Task BuryAsync(Document seen, bool withFolder)
    {
        var isBuried = await store.ChangeAsync(
            seen.Id,
            document => document.Place == seen.Place || !Has(Guard.PurgeAsksForTheFence),
            document =>
            {
                if (withFolder)
                    witness.IsPurgedWith(document.Id, document.Location.Parent);
                return Turned(document) with { State = State.Deleted, Claim = "", Via = null };
            });
        if (isBuried && seen.Claim != "")
            await ReleaseAsync(seen.Location, seen.Claim);
    }

    /// <summary>The wrong way to purge a folder: its children first.</summary>
    private async Task PurgeBottomUpAsync(Document folder)
    {
        foreach (var id in await store.FindAsync(document => document.Via == folder.Id))
        {
            if (await store.ReadAsync(id) is not { } child || child.Via != folder.Id)
                continue;
            if (child.IsFolder)
                await PurgeBottomUpAsync(child);
            await BuryAsync(child, withFolder: true);
        }
    }
}
