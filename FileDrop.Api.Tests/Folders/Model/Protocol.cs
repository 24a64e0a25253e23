namespace FileDrop.Api.Tests.Folders.Model;

/// <summary>
/// The protocol of names, folders, the trash and the change feed, as users, sweepers and sequencers carry it out. This file holds the names.
/// </summary>
/// <remarks>
/// Each await of the store reads or changes one document. Before it, any other actor may run for any time, and the actor may die. No clock decides anything.
/// <list type="bullet">
/// <item>A claim holds a name. It counts if its holder's document names the claim's operation.</item>
/// <item>A document's place is its fence. A change of state or location asks for the place as it was read, and raises it. To end an unfinished operation,
/// raise its document's place: the operation can then no longer commit.</item>
/// <item>Deleting, restoring or purging a folder changes that folder only: it turns. Sweepers then make its children follow, one level at a time.</item>
/// <item>A change that clients must learn of marks its document as unsaid. Sequencers say it in the feed, and a <see cref="Reader"/> follows.</item>
/// </list>
/// <c>Has(guard)</c> is true for every guard except the one that the run leaves out.
/// </remarks>
/// <param name="store">The documents.</param>
/// <param name="witness">Is told what the documents do not show.</param>
/// <param name="without">The guard that is left out.</param>
internal sealed partial class Protocol(Store store, Witness witness, Guard without)
{
    /// <summary>The id of the root folder, which has no document and is always live.</summary>
    public const string Root = "root";

    /// <summary>The attempts at a claim or a slot that others take and release.</summary>
    private const int MaxTries = 12;

    private int _operations;

    /// <summary>The number of claims that were taken over.</summary>
    public long Takeovers { get; private set; }

    /// <summary>The number of moves and restorations that were refused because a folder would be below itself.</summary>
    public long CirclesRefused { get; private set; }

    /// <summary>The number of places that were raised to end an unfinished operation, or to stop a late sweeper.</summary>
    public long FencesRaised { get; private set; }

    private bool Has(Guard guard) => without != guard;

    private string NewOperation() => $"op{_operations++}";

    /// <summary>Claims a name. False: another document has it.</summary>
    private async Task<bool> TakeAsync(Location location, Claim claim)
    {
        for (var tries = 0; tries < MaxTries; tries++)
        {
            if (await store.InsertClaimAsync(location, claim))
                return true;
            if (await store.ReadClaimAsync(location) is not { } found)
                continue;
            if (await IsHeldAsync(found))
                return false;
            // Compare the operation: another one may have taken over the stale claim, and may hold the name by now.
            if (await store.ReplaceClaimAsync(location, now => now.Operation == found.Operation || !Has(Guard.TakeoverAsksForTheOp), claim))
            {
                Takeovers++;
                return true;
            }
        }
        return false;
    }

    /// <summary>Returns whether a claim counts. If its operation is unfinished, this ends the operation: it can no longer commit.</summary>
    private async Task<bool> IsHeldAsync(Claim claim)
    {
        while (true)
        {
            var holder = await store.ReadAsync(claim.Holder);
            // A carried child keeps its name: its folder may come back, and the child must find its name free.
            if (holder?.Claim == claim.Operation && (holder.IsLive || Has(Guard.CarriedKeepTheirNames)))
                return true;
            // The holder's place has moved on without this claim, so no commit that asks for the claim's fence can follow.
            if (holder is null || holder.Place != claim.Fence || !Has(Guard.TakeoverRaisesTheFence))
                return false;
            await RaiseFenceAsync(holder);
        }
    }

    private async Task RaiseFenceAsync(Document seen)
    {
        var isRaised = await store.ChangeAsync(
            seen.Id, document => document.Place == seen.Place, document => document with { Place = document.Place + 1 });
        if (isRaised)
            FencesRaised++;
    }

    /// <summary>Releases a name, if the operation still has it: it may be another's by now.</summary>
    private Task<bool> ReleaseAsync(Location location, string operation) =>
        store.DeleteClaimAsync(location, now => now.Operation == operation || !Has(Guard.ReleaseAsksForTheOp));
}
