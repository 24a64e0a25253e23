namespace FileDrop.Api.Tests.Folders.Model;

/// <summary>The state of a file or folder.</summary>
internal enum State
{
    /// <summary>It is being created, and has no name yet.</summary>
    Pending,

    Live,

    /// <summary>It can be restored, unless a folder above it is purged.</summary>
    Trash,

    /// <summary>It is purged for good. Its document, a tombstone, goes once the feed has said so and its children have followed.</summary>
    Deleted,
}

/// <summary>Tells whether a folder's children may be in another state than it.</summary>
internal enum Sweep
{
    /// <summary>All children have followed.</summary>
    None,

    /// <summary>The folder has turned, and its children must follow.</summary>
    Due,

    /// <summary>As <see cref="Due"/>, but the folder turned before the last sweep had ended. A sweeper of an earlier turn may still be at work.</summary>
    DueWithFence,
}

/// <summary>A name in a folder.</summary>
/// <param name="Parent">The folder's id.</param>
/// <param name="Name">The name, which is unique in the folder.</param>
internal readonly record struct Location(string Parent, string Name)
{
    public override string ToString() => $"{Parent}/{Name}";
}

/// <summary>A claim of a name, in a document of its own. The holder's document decides whether it counts.</summary>
/// <param name="Holder">The id of the file or folder that the name is for.</param>
/// <param name="Operation">The operation that made the claim.</param>
/// <param name="Fence">The holder's place before the operation. The operation can commit only while the holder's place is still this one.</param>
internal sealed record Claim(string Holder, string Operation, long Fence);

/// <summary>The owner's one folder move that may close a circle.</summary>
/// <param name="Folder">The id of the folder that moves.</param>
/// <param name="Operation">The operation that took the slot.</param>
/// <param name="Fence">The folder's place before the operation.</param>
internal sealed record Slot(string Folder, string Operation, long Fence);

/// <summary>A document's state, as the change feed says it.</summary>
internal sealed record FeedEntry(string Id, long Revision, State State);

/// <summary>A stored file or folder.</summary>
internal sealed record Document(string Id, bool IsFolder)
{
    public State State { get; init; }

    /// <summary>The document's name, or its last one.</summary>
    public Location Location { get; init; }

    /// <summary>The operation whose claim holds the name; empty if the document holds no name. A carried document keeps its name.</summary>
    public string Claim { get; init; } = "";

    /// <summary>The folder that carried the document into the trash: always its parent. Null if the document was trashed on its own.</summary>
    public string? Via { get; init; }

    /// <summary>The fence. Every change of state or location raises it, and so does ending an unfinished operation.</summary>
    public long Place { get; init; }

    /// <summary>Counts the changes that the feed must say. It is not the ETag, which trash and restoration leave as it is.</summary>
    public long Revision { get; init; }

    /// <summary>Whether the feed has yet to say the last change.</summary>
    public bool Unsaid { get; init; }

    /// <summary>Counts how often a folder went to the trash, came back or was purged.</summary>
    public long Turn { get; init; }

    public Sweep Sweep { get; init; }

    public bool IsLive => State == State.Live;

    public bool IsCarried => State == State.Trash && Via != null;

    /// <summary>The document after a change that the feed must say.</summary>
    public Document Changed() => this with { Place = Place + 1, Revision = Revision + 1, Unsaid = true };
}
