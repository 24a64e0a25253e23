namespace FileDrop.Api.Tests.Folders.Model;

/// <summary>A condition that the protocol stands on. A run leaves out at most one. Each comment says what goes wrong without it.</summary>
public enum Guard
{
    /// <summary>Nothing is left out: the whole protocol.</summary>
    None,

    /// <summary>A commit asks for the fence. Otherwise an ended operation still commits: two documents have one name, or a purged one is live.</summary>
    CommitAsksForTheFence,

    /// <summary>A takeover of an unfinished operation's claim raises its document's place first. Otherwise both commit under one name.</summary>
    TakeoverRaisesTheFence,

    /// <summary>A takeover replaces only the claim that it examined. Otherwise it takes the name from a document that holds it by now.</summary>
    TakeoverAsksForTheOp,

    /// <summary>A release deletes only its own operation's claim. Otherwise it frees a name that another document holds by now.</summary>
    ReleaseAsksForTheOp,

    /// <summary>The fence is read before the claim. Read later, it may be the place that a takeover of this very claim has just set.</summary>
    FenceIsReadBeforeTheClaim,

    /// <summary>A folder that moves below another takes the owner's slot. Otherwise two such moves close a circle together.</summary>
    MoveTakesTheSlot,

    /// <summary>A takeover of the slot first raises the place of the folder that had it. Otherwise the former mover still commits after the new one.</summary>
    SlotTakeoverRaisesTheFence,

    /// <summary>
    /// The parent is read after the claim. Otherwise its deletion may fall between the two: the operation does not see it, the sweeper does not see the claim,
    /// and a live document stays in a deleted folder.
    /// </summary>
    ParentIsReadAfterTheClaim,

    /// <summary>A sweeper ends the unfinished operations that claimed a name in a deleted folder. Otherwise one commits after the sweep.</summary>
    SweeperClosesTheDoor,

    /// <summary>Carrying a child asks for its place as it was read. Otherwise a child that has moved out is torn back.</summary>
    CarryAsksForTheFence,

    /// <summary>A carried child keeps its name. Otherwise another document takes the name before the child comes back.</summary>
    CarriedKeepTheirNames,

    /// <summary>A sweeper reads the folder's turn after its children. Otherwise a sweeper that slept through a restoration trashes what was restored.</summary>
    FolderIsReadAfterTheChildren,

    /// <summary>
    /// If a folder turns before its sweep has ended, the next sweep raises the places of the children that are right already, too. Otherwise a sweeper of the
    /// former turn still changes them.
    /// </summary>
    TurningAgainFencesTheChildren,

    /// <summary>A sweep ends only if the folder has not turned since it began. Otherwise a restored folder keeps half of its children in the trash.</summary>
    SweepEndsOnlyIfNothingTurned,

    /// <summary>The sweep of a deleted folder ends after those of its subfolders. Otherwise a purge goes ahead while something below is live.</summary>
    SweepWaitsForSubfolders,

    /// <summary>A folder that is restored to another parent takes the slot, as a move does. Otherwise a restoration and a move close a circle.</summary>
    RestoringElsewhereTakesTheSlot,

    /// <summary>Only carried children come back with their folder. Otherwise a child that was trashed on its own comes back, too.</summary>
    OnlyCarriedChildrenComeBack,

    /// <summary>A restored folder is due for a sweep. Otherwise its children stay in the trash.</summary>
    RestoringMarksTheFolder,

    /// <summary>A purge asks for the place as it was read. Otherwise a document that was restored meanwhile is purged.</summary>
    PurgeAsksForTheFence,

    /// <summary>A folder is purged only after its sweep has ended. Otherwise children that were never in the trash are purged with it.</summary>
    PurgeWaitsForTheSweep,

    /// <summary>One change of the folder decides that all it carried is purged. Bottom-up, a restoration half-way brings half a tree back.</summary>
    PurgeDecidesAtTheTop,

    /// <summary>A purged folder's document stays until its sweep has ended. Otherwise children are in a folder that does not exist.</summary>
    TombstoneOutlastsItsChildren,

    /// <summary>A sequencer reads the last number before the documents. Otherwise the feed goes back to an earlier state.</summary>
    SequenceIsReadFirst,

    /// <summary>A document counts as said only at the revision that was said. Otherwise a change made meanwhile is never said.</summary>
    SaidAsksForTheRevision,

    /// <summary>Trash and restoration raise the revision, though not the ETag. Otherwise the feed takes them for what it has said already.</summary>
    TrashRaisesTheRevision,

    /// <summary>A purged document stays until the feed has said so. Otherwise its deletion is never said.</summary>
    TombstoneIsSaidFirst,

    /// <summary>A client takes its cursor before it lists everything. Otherwise it never learns what changed behind its back.</summary>
    CursorIsTakenBeforeTheList,
}
