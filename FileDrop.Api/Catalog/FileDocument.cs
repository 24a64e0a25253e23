using System.Collections.ObjectModel;

namespace FileDrop.Api.Catalog;

/// <summary>The state of a file's or a folder's document.</summary>
internal enum FileState
{
    /// <summary>The first content is being written, or a folder's name is being claimed; readers do not see it.</summary>
    Pending = 0,

    /// <summary>Readers see the file.</summary>
    Live = 1,

    /// <summary>A tombstone: the file was purged or never committed. It is removed once its garbage is gone and nothing must be remembered.</summary>
    Deleted = 2,

    /// <summary>The owner has deleted the file, and can restore it.</summary>
    Trash = 3,

    /// <summary>The file went to the trash with its folder, and comes back or is purged with it.</summary>
    Carried = 4,
}

/// <summary>A blob being written for a file.</summary>
/// <param name="BlobId">The blob.</param>
/// <param name="Fence">The fencing number under which its writer may change the document.</param>
/// <param name="LeaseUntil">The time from which the sweeper may claim it.</param>
/// <param name="Reserved">The write's reservation of its owner's quota; null if it will never reserve anything.</param>
internal sealed record BlobIntent(Guid BlobId, long Fence, DateTimeOffset LeaseUntil, Reservation? Reserved = null);

/// <summary>A write's reservation of its owner's quota, until the write ends.</summary>
/// <param name="Bytes">The bytes reserved when the intent was made.</param>
/// <param name="Creates">Whether the write creates a file.</param>
internal readonly record struct Reservation(long Bytes, bool Creates);

/// <summary>A blob to be deleted.</summary>
/// <param name="BlobId">The blob.</param>
/// <param name="Due">The time of its next deletion.</param>
/// <param name="Until">A deletion from this time on is the last, since no store call of the blob's write can arrive any more.</param>
/// <param name="Committed">Whether it was ever a content, for a writer whose commit's answer was lost.</param>
internal sealed record GarbageBlob(Guid BlobId, DateTimeOffset Due, DateTimeOffset Until, bool Committed);

/// <summary>
/// One file's document, and every rule of a file as a function from a document to the next one. The functions are pure: they do no I/O and get the time as
/// <c>now</c>, in whole milliseconds.
/// </summary>
/// <remarks>
/// Engines store documents and decide nothing. A list that a rule does not change stays the same object, so that an engine sees at once which lists changed.
/// </remarks>
internal sealed partial record FileDocument : IEntry
{
    public static readonly IReadOnlyDictionary<string, string> NoTags = ReadOnlyDictionary<string, string>.Empty;

    public required string Owner { get; init; }

    public required Guid Id { get; init; }

    public FileState State { get; init; }

    /// <summary>The file's name; null before the first commit and in a tombstone.</summary>
    public string? Name { get; init; }

    public IReadOnlyDictionary<string, string> Tags { get; init; } = NoTags;

    /// <summary>The folder that the file is in, and the claim of its name there.</summary>
    public Place Place { get; init; } = Place.Loose;

    public EntryKind Kind => EntryKind.File;

    /// <summary>0 before the first commit.</summary>
    public long Version { get; init; }

    public DateTimeOffset? CreatedAt { get; init; }

    public DateTimeOffset? UpdatedAt { get; init; }

    /// <summary>The time of the content's last change as the client knows it; null if it never told.</summary>
    public DateTimeOffset? ModifiedAt { get; init; }

    /// <summary>The time at which a live file goes to the trash by itself; null for never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Set only in the trash, like <see cref="PurgeAt"/>.</summary>
    public DateTimeOffset? DeletedAt { get; init; }

    public DateTimeOffset? PurgeAt { get; init; }

    /// <summary>The live content; null before the first commit and in a tombstone.</summary>
    public FileContent? Content { get; init; }

    /// <summary>The earlier versions, newest first. A restored version and its source name the same blob.</summary>
    public IReadOnlyList<FileContent> Versions { get; init; } = [];

    public IReadOnlyList<BlobIntent> Intents { get; init; } = [];

    public IReadOnlyList<GarbageBlob> Garbage { get; init; } = [];

    /// <summary>The resumable upload that creates the file or recently did.</summary>
    public StoredUpload? Upload { get; init; }

    /// <summary>The time until which the document must remember the file's creation.</summary>
    public DateTimeOffset? RememberUntil { get; init; }

    /// <summary>The file as created; kept from its first change on, while its creation must be remembered.</summary>
    public CatalogFile? First { get; init; }

    /// <summary>The mark of a change that the feed does not have yet. Null if it has all of them; see <see cref="IMarkedChanges"/>.</summary>
    public long? Unsaid { get; init; }

    /// <summary>Whether the document has a file, live, in the trash or carried there.</summary>
    public bool IsFile => State is FileState.Live or FileState.Trash or FileState.Carried;

    /// <summary>Whether readers see the file. One that has expired is on its way to the trash.</summary>
    public bool IsLiveAt(DateTimeOffset now) => State == FileState.Live && !(ExpiresAt <= now);

    /// <summary>The live content and the earlier versions, newest first.</summary>
    public IEnumerable<FileContent> Contents => Content is { } live ? Versions.Prepend(live) : [];

    /// <summary>The file as readers see it.</summary>
    /// <exception cref="InvalidOperationException">The document is pending or a tombstone.</exception>
    public CatalogFile ToFile() =>
        this is { Name: { } name, CreatedAt: { } created, UpdatedAt: { } updated, Content: { } content }
            ? new CatalogFile(Id, Owner, name, Tags, Version, created, updated, content, DeletedAt, PurgeAt)
            {
                Place = Place,
                ModifiedAt = ModifiedAt,
                ExpiresAt = ExpiresAt,
                Dav = Dav,
            }
            : throw new InvalidOperationException($"Document {Id} is {State} and has no file.");

    /// <summary>Everything that the document names, for the check, a backup and the scrub.</summary>
    public CatalogDocument ToCatalogDocument(DateTimeOffset now) => new(
        Owner, Id, IsFile ? ToFile() : null, IsFile ? [.. Contents] : [],
        [.. Intents.OrderBy(intent => intent.LeaseUntil).Select(intent => new DueBlob(intent.BlobId, now - intent.LeaseUntil))],
        [.. Garbage.OrderBy(blob => blob.Due).Select(blob => new DueBlob(blob.BlobId, now - blob.Due))])
    {
        IsCarried = State == FileState.Carried,
    };

    /// <summary>The document's share of its owner's usage: the bytes of its distinct blobs, and 1 if it is a file.</summary>
    public (long Bytes, long Files) Usage() =>
        IsFile ? (Contents.DistinctBy(content => content.BlobId).Sum(content => content.Size), 1) : (0, 0);

    /// <summary>Makes the document of a file that another catalog had. Its name in its folder is not claimed yet.</summary>
    /// <exception cref="ArgumentException">The document has no file, has a file in the trash without its times, or one that no folder can have carried.</exception>
    public static FileDocument Imported(CatalogDocument document)
    {
        if (document.File is not { } file)
            throw new ArgumentException("Only a document with a file can be imported.", nameof(document));
        if (file.DeletedAt is null != file.PurgeAt is null)
            throw new ArgumentException("A file in the trash must have both a deletion time and a purge time.", nameof(document));
        if (document.IsCarried && (file.DeletedAt is not null || file.Place.Folder is null))
            throw new ArgumentException("A file that went to the trash with its folder must be in one, and has no times of its own.", nameof(document));
        return new FileDocument
        {
            Owner = document.Owner,
            Id = document.FileId,
            State = document.State,
            Name = file.Name,
            Place = file.Place.Folder is { } folder ? new Place(folder, 0, null) : Place.Loose,
            Tags = file.Tags,
            Version = file.Version,
            CreatedAt = file.CreatedAt,
            UpdatedAt = file.UpdatedAt,
            ModifiedAt = file.ModifiedAt,
            ExpiresAt = file.ExpiresAt,
            Dav = file.Dav.Unlocked(),
            DeletedAt = file.DeletedAt,
            PurgeAt = file.PurgeAt,
            Content = file.Content,
            Versions = [.. document.Contents.Where(content => content.Version != file.Content.Version)],
        };
    }

    /// <summary>The time of a change, which is never earlier than the previous change's, whatever the clock says.</summary>
    private DateTimeOffset At(DateTimeOffset now) => UpdatedAt is { } updated && updated > now ? updated : now;
}

/// <summary>The decision of a rule about a document.</summary>
/// <param name="Answer">The answer to the caller, given once <paramref name="Next"/> is durable.</param>
/// <param name="Next">The next document; null if nothing changes.</param>
/// <param name="Removes">Whether to remove the document.</param>
internal readonly record struct Decision<T>(T Answer, FileDocument? Next = null, bool Removes = false);
