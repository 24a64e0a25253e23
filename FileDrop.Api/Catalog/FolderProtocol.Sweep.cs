namespace FileDrop.Api.Catalog;

// The sweep of a folder: its entries follow it into the trash, back, or away. Any number of sweepers may sweep a folder at once.
internal sealed partial class FolderProtocol
{
    /// <summary>The entries to align in turn.</summary>
    private static readonly (EntryKind Kind, FileState State)[] s_parts =
    [
        (EntryKind.Folder, FileState.Live), (EntryKind.Folder, FileState.Carried), (EntryKind.File, FileState.Live), (EntryKind.File, FileState.Carried),
    ];

    /// <summary>Where a sweep continues.</summary>
    /// <param name="Part">The entries that the next step aligns.</param>
    /// <param name="After">The last entry that was looked at.</param>
    public readonly record struct SweepStep(int Part, Guid? After)
    {
        /// <summary>Whether there is no next step: all entries were looked at, or the folder has turned.</summary>
        public bool IsDone => Part == s_parts.Length;
    }

    /// <summary>Ends the operations that claimed a name in a folder while it was live and have not committed. Later ones see that it is not live.</summary>
    /// <returns>The last claim that was looked at; null if there are no more.</returns>
    public async ValueTask<EntryKey?> CloseDoorAsync(Guid folder, EntryKey? after, int limit)
    {
        var claims = await steps.FindNamesAsync(folder, after, limit);
        foreach (var claim in claims)
            await DropAsync(claim);
        return claims.Count < limit ? null : claims[^1].Key;
    }

    /// <summary>Lets a batch of entries follow their folder.</summary>
    /// <param name="folder">The folder as read when the sweep began.</param>
    /// <param name="step">Where to begin.</param>
    /// <param name="limit">The most entries.</param>
    public async ValueTask<SweepStep> AlignAsync(FolderDocument folder, SweepStep step, int limit)
    {
        var (kind, state) = s_parts[step.Part];
        var children = await steps.FindChildrenAsync(folder.Id, kind, state, step.After, limit);
        // After its entries. So whoever acts on an old turn has read them before the next one, whose sweep raises their fences.
        if (children.Count > 0 && (await steps.LoadFolderAsync(folder.Id))?.Turn != folder.Turn)
            return new SweepStep(s_parts.Length, null);
        foreach (var child in children)
            await AlignAsync(folder, child);
        return children.Count == limit ? step with { After = children[^1].Id } : new SweepStep(step.Part + 1, null);
    }

    /// <summary>Ends a sweep if all entries have followed and the folder has not turned meanwhile.</summary>
    /// <returns>Whether all entries have followed.</returns>
    public async ValueTask<bool> EndSweepAsync(FolderDocument folder)
    {
        var isSwept = await IsSweptAsync(folder);
        return await steps.ChangeFolderAsync(
            folder.Id,
            (current, now) => new FolderDecision<bool>(isSwept, isSwept ? current?.EndSweep(folder.Turn, now) : current?.Requeue(folder.Turn, now)));
    }

    private async ValueTask AlignAsync(FolderDocument folder, IEntry child)
    {
        var fence = child.Place.Fence;
        switch (folder.State, child.State)
        {
            case (FileState.Live, FileState.Live):
            case (FileState.Trash or FileState.Carried, FileState.Carried):
                if (folder.Sweep == FolderSweep.DueWithFence)
                    await RaiseAsync(child);
                break;
            case (FileState.Trash or FileState.Carried, FileState.Live):
                await ChangeAsync(child, (file, now) => file.Carry(fence, rules, now), (subfolder, now) => subfolder.Carry(fence, now));
                break;
            case (FileState.Live, FileState.Carried):
                await ChangeAsync(child, (file, _) => file.Return(fence), (subfolder, now) => subfolder.Return(fence, now));
                break;
            case (FileState.Deleted, FileState.Carried):
                // An entry that was deleted on its own stays in the trash, and is not purged with the folder either.
                if (await ChangeAsync(child, (file, now) => file.Bury(fence, rules, now), (subfolder, now) => subfolder.Bury(fence, now)))
                    await ReleaseAsync(child);
                break;
            default:
                break;
        }
    }

    private async ValueTask<bool> IsSweptAsync(FolderDocument folder)
    {
        if (folder.State is FileState.Live or FileState.Deleted)
            return !await steps.HasChildAsync(folder.Id, FileState.Carried);
        // In this order: a live subfolder that another sweeper carries in between is due, and the second question meets it.
        return !await steps.HasChildAsync(folder.Id, FileState.Live) && !await steps.HasUnsweptChildAsync(folder.Id);
    }
}
