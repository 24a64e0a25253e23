namespace FileDrop.Api.Catalog;

/// <summary>The place of a file or a folder.</summary>
/// <param name="Folder">The folder that it is in, or <see cref="Root"/>; null for a loose file, which is in no folder.</param>
/// <param name="Fence">
/// A number that every change of state or place raises, and so does whoever ends an operation under way. An operation reads it before it claims a name, and
/// its commit tests it.
/// </param>
/// <param name="Claim">The operation under which the name is claimed; null if no name is.</param>
public sealed record Place(Guid? Folder, long Fence, Guid? Claim)
{
    /// <summary>The id of each owner's root, which has no document. It is a UUIDv7 of 1970, so no entry can have it.</summary>
    public static readonly Guid Root = new("00000000-0000-7000-8000-000000000000");

    /// <summary>The most folders from the root down to a folder, itself included.</summary>
    public const int MaxDepth = 64;

    /// <summary>The place of a new document that is in no folder.</summary>
    public static readonly Place Loose = new(null, 0, null);

    /// <summary>The same place under the next fence.</summary>
    public Place Raised() => this with { Fence = Fence + 1 };

    /// <summary>The place of an entry that goes to the trash on its own or is purged: no name is claimed any more.</summary>
    public Place Left() => Folder is null ? this : Raised() with { Claim = null };
}

/// <summary>The kinds of entries of a folder. Folders come first in lists.</summary>
public enum EntryKind
{
    Folder = 0,
    File = 1,
}

/// <summary>The choices if a name in a folder is taken.</summary>
public enum OnConflict
{
    /// <summary>Refuse.</summary>
    Fail = 0,

    /// <summary>Take a free name instead: <c>report (2).pdf</c>.</summary>
    Rename = 1,

    /// <summary>
    /// An upload or a copy becomes a new version of the file that has the name. On a move or a restoration, the entry that has the name goes to the trash. A
    /// file never replaces a folder, nor a folder a file.
    /// </summary>
    Replace = 2,
}

/// <summary>The wish to be in a folder under a name.</summary>
/// <param name="Folder">The folder.</param>
/// <param name="Name">The name.</param>
/// <param name="OnConflict">The choice if the name is taken.</param>
public sealed record Target(Guid Folder, string Name, OnConflict OnConflict = OnConflict.Fail)
{
    /// <summary>The locks that the request names.</summary>
    public LockTokens Held { get; init; } = LockTokens.None;
}

/// <summary>A claimed place, on the way into a document by one conditional change.</summary>
/// <param name="Folder">The folder; null takes the file out of its folder.</param>
/// <param name="Name">The name.</param>
/// <param name="Claim">The operation that claimed the name; null without a folder.</param>
/// <param name="Fence">The fence that the document must still have.</param>
/// <param name="Wanted">The name that the operation wanted. <paramref name="Name"/> differs if that was taken.</param>
internal sealed record Placement(Guid? Folder, string Name, Guid? Claim, long Fence, string Wanted)
{
    /// <summary>Whether the change leaves an entry where it is, under its name.</summary>
    public bool IsOf(IEntry entry) => entry.Place.Folder == Folder && string.Equals(entry.Name, Name, StringComparison.Ordinal);

    /// <summary>Whether the place is in a folder other than the root, which can be in the trash.</summary>
    public bool IsInFolder => Folder is { } folder && folder != Place.Root;

    /// <summary>The place after the change.</summary>
    public Place ToPlace() => new(Folder, Fence + 1, Claim);
}

/// <summary>A file's or a folder's document, as far as names and places are concerned.</summary>
internal interface IEntry
{
    string Owner { get; }

    Guid Id { get; }

    EntryKind Kind { get; }

    FileState State { get; }

    string? Name { get; }

    Place Place { get; }

    DavState Dav { get; }

    /// <summary>0 until the entry exists for clients.</summary>
    long Version { get; }
}

/// <summary>A name in a folder, as it must be unique: its NFC form. Upper and lower case differ.</summary>
/// <param name="Folder">The folder.</param>
/// <param name="Name">The name in NFC.</param>
internal readonly record struct EntryKey(Guid Folder, string Name)
{
    public static EntryKey Of(Guid folder, string name) => new(folder, NameKey.Normalize(name));

    /// <summary>The key under which an entry's claim stands; null if it has none.</summary>
    public static EntryKey? OfClaim(IEntry entry) =>
        entry is { Name: { } name, Place: { Folder: { } folder, Claim: not null } } ? Of(folder, name) : null;
}

/// <summary>The claim of a name in a folder. Its entry's document decides whether the claim holds.</summary>
/// <param name="Key">The name.</param>
/// <param name="Kind">The kind of the entry.</param>
/// <param name="Id">The entry.</param>
/// <param name="Operation">The operation that made the claim; random.</param>
/// <param name="Fence">The entry's fence before the operation.</param>
/// <param name="At">The time of the claim.</param>
internal sealed record NameClaim(EntryKey Key, EntryKind Kind, Guid Id, Guid Operation, long Fence, DateTimeOffset At);

/// <summary>An owner's one move of a folder under way that could close a circle together with another.</summary>
/// <param name="Id">The folder.</param>
/// <param name="Operation">The operation; random.</param>
/// <param name="Fence">The folder's fence before the operation.</param>
/// <param name="At">The time at which the slot was taken.</param>
internal sealed record FolderSlot(Guid Id, Guid Operation, long Fence, DateTimeOffset At);
