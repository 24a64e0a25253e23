using FileDrop.Api.Text;

namespace FileDrop.Api.Catalog;

/// <summary>A folder as readers see it.</summary>
/// <param name="Id">A UUIDv7, or <see cref="Place.Root"/>.</param>
/// <param name="Owner">The folder's owner.</param>
/// <param name="Name">1 to 255 bytes of UTF-8 in NFC; empty for the root.</param>
/// <param name="Parent">The folder that it is in; null for the root.</param>
/// <param name="Version">1 at its creation; a rename or a move adds one. 0 for the root.</param>
/// <param name="CreatedAt">The time of its creation, in whole milliseconds.</param>
/// <param name="UpdatedAt">The time of its last rename or move.</param>
/// <param name="DeletedAt">The time of its move to the trash; null while it is live.</param>
/// <param name="PurgeAt">The time from which the sweeper may purge it; null while it is live.</param>
public sealed record CatalogFolder(
    Guid Id, string Owner, string Name, Guid? Parent, long Version, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt,
    DateTimeOffset? DeletedAt = null, DateTimeOffset? PurgeAt = null)
{
    /// <summary>Locks, and properties that clients made up.</summary>
    public DavState Dav { get; init; } = DavState.None;

    /// <summary>An owner's root.</summary>
    public static CatalogFolder RootOf(string owner) =>
        new(Place.Root, owner, "", Parent: null, Version: 0, DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch);
}

/// <summary>Whether the entries of a folder must still follow it into the trash, back, or away.</summary>
internal enum FolderSweep
{
    /// <summary>All of them have followed.</summary>
    None = 0,

    /// <summary>Some may differ from the folder.</summary>
    Due = 1,

    /// <summary>
    /// As <see cref="Due"/>, and the folder turned before an earlier sweep had ended. A sweeper of that turn may still be about to act, so this sweep also
    /// raises the fences of the entries that are right already.
    /// </summary>
    DueWithFence = 2,
}

/// <summary>The decision of a rule about a folder.</summary>
/// <param name="Answer">The answer to the caller, given once <paramref name="Next"/> is durable.</param>
/// <param name="Next">The next document; null if nothing changes.</param>
/// <param name="Removes">Whether to remove the document.</param>
internal readonly record struct FolderDecision<T>(T Answer, FolderDocument? Next = null, bool Removes = false);

/// <summary>One folder's document, and every rule of a folder as a pure function from a document to the next one.</summary>
/// <remarks>
/// A change of the folder alone decides for everything below it. The entries follow later: a sweep carries them into the trash, returns them, or purges
/// them. See <see cref="FolderProtocol"/>.
/// </remarks>
internal sealed partial record FolderDocument : IEntry
{
    public required string Owner { get; init; }

    public required Guid Id { get; init; }

    public FileState State { get; init; }

    /// <summary>The name; null in a tombstone.</summary>
    public string? Name { get; init; }

    public Place Place { get; init; } = Place.Loose;

    /// <summary>0 before the creation is committed.</summary>
    public long Version { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset UpdatedAt { get; init; }

    /// <summary>Set only in the trash, like <see cref="PurgeAt"/>.</summary>
    public DateTimeOffset? DeletedAt { get; init; }

    public DateTimeOffset? PurgeAt { get; init; }

    /// <summary>The number of times that the folder went to the trash, came back, or was purged.</summary>
    public long Turn { get; init; }

    public FolderSweep Sweep { get; init; }

    /// <summary>The time at which the sweeper must look at it; null if never.</summary>
    public DateTimeOffset? SweepAt { get; init; }

    /// <inheritdoc cref="FileDocument.Unsaid"/>
    public long? Unsaid { get; init; }

    public EntryKind Kind => EntryKind.Folder;

    /// <summary>Whether the document has a folder, live, in the trash or carried there.</summary>
    public bool IsFolder => State is FileState.Live or FileState.Trash or FileState.Carried;

    /// <summary>The folder as readers see it.</summary>
    /// <exception cref="InvalidOperationException">The document is pending or a tombstone.</exception>
    public CatalogFolder ToFolder() => IsFolder && Name is { } name
        ? new CatalogFolder(Id, Owner, name, Place.Folder, Version, CreatedAt, UpdatedAt, DeletedAt, PurgeAt) { Dav = Dav }
        : throw new InvalidOperationException($"Document {Id} is {State} and has no folder.");

    /// <summary>Makes the document of a folder whose name is not claimed yet. It is forgotten after a lease.</summary>
    public static FolderDocument Begin(string owner, Guid id, Guid parent, CatalogRules rules, DateTimeOffset now) => new()
    {
        Owner = owner,
        Id = id,
        Place = new Place(parent, 0, null),
        CreatedAt = now,
        UpdatedAt = now,
        SweepAt = WholeMilliseconds.After(now, rules.Lease),
    };

    /// <summary>Makes the document of a folder that another catalog had. Its name is not claimed yet; a sweep lets entries follow it that differ.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="isCarried">Whether it went to the trash with its folder.</param>
    /// <param name="now">The catalog's clock.</param>
    public static FolderDocument Imported(CatalogFolder folder, bool isCarried, DateTimeOffset now) => new()
    {
        Owner = folder.Owner,
        Id = folder.Id,
        State = isCarried ? FileState.Carried : folder.DeletedAt is null ? FileState.Live : FileState.Trash,
        Name = folder.Name,
        Place = new Place(folder.Parent, 0, null),
        Version = folder.Version,
        CreatedAt = folder.CreatedAt,
        UpdatedAt = folder.UpdatedAt,
        DeletedAt = folder.DeletedAt,
        PurgeAt = folder.PurgeAt,
        Dav = folder.Dav.Unlocked(),
        Sweep = FolderSweep.Due,
        SweepAt = now,
    };

    /// <summary>Takes a place that was claimed for a folder without a claim. A folder in the root is live. The version stays.</summary>
    public FolderDocument? Settle(Placement placement) => State is FileState.Live or FileState.Carried && Place.Fence == placement.Fence
        ? this with { State = placement.IsInFolder ? State : FileState.Live, Name = placement.Name, Place = placement.ToPlace() }
        : null;

    /// <summary>Creates, renames, moves or restores the folder: makes it live in a claimed place.</summary>
    /// <param name="placement">The place.</param>
    /// <param name="ifVersion">The condition: change only a folder that still has this version.</param>
    /// <param name="from">The state that the operation begins with.</param>
    /// <param name="now">The catalog's clock.</param>
    /// <param name="held">The locks that the request names; null for none.</param>
    public FolderDecision<FolderResult> PlaceAt(Placement placement, long? ifVersion, FileState from, DateTimeOffset now, LockTokens? held = null)
    {
        if (State != from)
            return new(new FolderResult(ChangeOutcome.FolderNotFound));
        if (ifVersion is { } wanted && wanted != Version)
            return new(new FolderResult(ChangeOutcome.VersionMismatch));
        if (Dav.Forbids(held ?? LockTokens.None, now))
            return new(new FolderResult(ChangeOutcome.Locked));
        if (Place.Fence != placement.Fence)
            return new(new FolderResult(ChangeOutcome.Stale));
        var returns = State is FileState.Trash or FileState.Carried;
        // A lock belongs to a path.
        var moved = this with { Name = placement.Name, Place = placement.ToPlace(), Dav = placement.IsOf(this) ? Dav : Dav.Unlocked() };
        // A folder that returns to its place keeps its version, as a file does.
        if (!returns || !placement.IsOf(this))
            moved = moved with { Version = Version + 1, UpdatedAt = State == FileState.Pending || now > UpdatedAt ? now : UpdatedAt };
        var next = returns
            ? moved.Turned(now) with { State = FileState.Live, DeletedAt = null, PurgeAt = null }
            : moved with
            {
                State = FileState.Live,
                CreatedAt = State == FileState.Pending ? now : CreatedAt,
                SweepAt = State == FileState.Pending ? null : SweepAt,
            };
        return new(new FolderResult(ChangeOutcome.Done, next.ToFolder()), next);
    }

    /// <summary>Moves a live folder to the trash. With no retention, or if <paramref name="permanent"/> is set, it is purged as soon as all entries have followed.</summary>
    public FolderDecision<FolderResult> Delete(long? ifVersion, bool permanent, CatalogRules rules, DateTimeOffset now, LockTokens? held = null)
    {
        if (State != FileState.Live)
            return new(new FolderResult(ChangeOutcome.FolderNotFound));
        if (ifVersion is { } wanted && wanted != Version)
            return new(new FolderResult(ChangeOutcome.VersionMismatch));
        if (Dav.Forbids(held ?? LockTokens.None, now))
            return new(new FolderResult(ChangeOutcome.Locked));
        var next = Turned(now) with
        {
            State = FileState.Trash,
            Dav = Dav.Unlocked(),
            Place = Place.Left(),
            DeletedAt = now,
            PurgeAt = permanent ? now : WholeMilliseconds.After(now, rules.TrashRetention),
        };
        return new(new FolderResult(ChangeOutcome.Done, ToFolder()), next);
    }

    /// <summary>Follows its folder into the trash. The name stays claimed, so that it is free when the folder comes back.</summary>
    public FolderDocument? Carry(long fence, DateTimeOffset now) => State == FileState.Live && Place.Fence == fence
        ? Turned(now) with { State = FileState.Carried, Place = Place.Raised(), Dav = Dav.Unlocked() }
        : null;

    /// <summary>Follows its folder out of the trash.</summary>
    public FolderDocument? Return(long fence, DateTimeOffset now) => State == FileState.Carried && Place.Fence == fence
        ? Turned(now) with { State = FileState.Live, Place = Place.Raised() }
        : null;

    /// <summary>Raises the fence, which ends an operation under way.</summary>
    public FolderDocument? Raise(long fence) => Place.Fence == fence ? this with { Place = Place.Raised() } : null;

    /// <summary>
    /// Purges a folder in the trash; this one change decides for all entries that went with it. While a sweep is due, something below may be live, so the
    /// folder is marked instead, and the sweeper purges it when the sweep has ended.
    /// </summary>
    /// <returns>Whether the folder is in the trash and will be gone.</returns>
    public FolderDecision<bool> Purge(DateTimeOffset now) => State switch
    {
        FileState.Trash when Sweep == FolderSweep.None => new(true, Buried(now)),
        FileState.Trash => new(true, PurgeAt <= now ? null : this with { PurgeAt = now }),
        _ => new(false),
    };

    /// <summary>Follows its purged folder.</summary>
    public FolderDocument? Bury(long fence, DateTimeOffset now) =>
        State == FileState.Carried && Place.Fence == fence ? Buried(now) : null;

    /// <summary>Ends a sweep, unless the folder has turned since.</summary>
    public FolderDocument? EndSweep(long turn, DateTimeOffset now)
    {
        if (Turn != turn || Sweep == FolderSweep.None)
            return null;
        return this with { Sweep = FolderSweep.None, SweepAt = State is FileState.Trash ? PurgeAt : State is FileState.Deleted ? now : null };
    }

    /// <summary>Puts a folder whose sweep cannot end yet behind the others, so that the subfolders that it waits for come first.</summary>
    public FolderDocument? Requeue(long turn, DateTimeOffset now) => Turn == turn && Sweep != FolderSweep.None ? this with { SweepAt = now } : null;

    /// <summary>Asks for a sweep, which changes nothing in a folder that is in order. Null if one is due already.</summary>
    public FolderDocument? MarkDue(DateTimeOffset now) => Sweep == FolderSweep.None ? this with { Sweep = FolderSweep.Due, SweepAt = now } : null;

    /// <summary>Forgets a creation that was never committed: it ends the operation, then the tombstone goes like any other.</summary>
    public FolderDocument? Forget(DateTimeOffset now) => State == FileState.Pending && SweepAt <= now
        ? this with { State = FileState.Deleted, Place = Place.Raised(), SweepAt = now }
        : null;

    /// <summary>Whether the tombstone may go: all entries have followed, and the feed has its deletion.</summary>
    public bool IsRemovable => this is { State: FileState.Deleted, Sweep: FolderSweep.None, Unsaid: null };

    /// <summary>Keeps a tombstone until the feed has its deletion.</summary>
    public FolderDocument? Keep(DateTimeOffset now) =>
        this is { State: FileState.Deleted, Sweep: FolderSweep.None, Unsaid: not null } ? this with { SweepAt = now + Feed.Patience } : null;

    /// <summary>The folder turns: its entries must follow.</summary>
    private FolderDocument Turned(DateTimeOffset now) => this with
    {
        Turn = Turn + 1,
        Sweep = Sweep == FolderSweep.None ? FolderSweep.Due : FolderSweep.DueWithFence,
        SweepAt = now,
    };

    private FolderDocument Buried(DateTimeOffset now) => Turned(now) with
    {
        State = FileState.Deleted,
        Name = null,
        Dav = DavState.None,
        Place = Place.Left(),
        DeletedAt = null,
        PurgeAt = null,
    };
}

/// <summary>The outcome of a change of a folder, and the folder after it (after a deletion: before it).</summary>
/// <param name="Outcome">The outcome.</param>
/// <param name="Folder">The folder, if the outcome is <see cref="ChangeOutcome.Done"/>.</param>
public readonly record struct FolderResult(ChangeOutcome Outcome, CatalogFolder? Folder = null);
