using System.Collections.ObjectModel;

namespace FileDrop.Api.Catalog;

/// <summary>Where a file is in its life.</summary>
internal enum FileState
{
    /// <summary>Being written; no reader sees it before its first commit.</summary>
    Pending = 0,

    /// <summary>Readers see it.</summary>
    Live = 1,

    /// <summary>A tombstone: purged, or never committed. It goes once its garbage is gone and nothing has to be remembered.</summary>
    Deleted = 2,

    /// <summary>Deleted by its owner, and restorable.</summary>
    Trash = 3,
}

/// <summary>A blob being written for a file.</summary>
/// <param name="BlobId">The blob.</param>
/// <param name="Fence">The fencing number under which its writer may change the document.</param>
/// <param name="LeaseUntil">From then on the sweeper may claim it.</param>
/// <param name="Reserved">What the write reserves of its owner's quota; null: nothing, now or later.</param>
internal sealed record BlobIntent(Guid BlobId, long Fence, DateTimeOffset LeaseUntil, Reservation? Reserved = null);

/// <summary>What a write reserves of its owner's quota until it ends.</summary>
/// <param name="Bytes">Bytes, at the moment that the intent was made.</param>
/// <param name="Creates">Whether the write makes a new file.</param>
internal readonly record struct Reservation(long Bytes, bool Creates);

/// <summary>A blob to be deleted.</summary>
/// <param name="BlobId">The blob.</param>
/// <param name="Due">When to delete it next.</param>
/// <param name="Until">A deletion from this time on is the last: nothing of its write can still arrive.</param>
/// <param name="Committed">Whether it was a content once; a writer whose answer was lost asks for it.</param>
internal sealed record GarbageBlob(Guid BlobId, DateTimeOffset Due, DateTimeOffset Until, bool Committed);

/// <summary>
/// One file's document and every rule of a file, as functions from a document to the next one. Pure: no I/O, and no clock;
/// <c>now</c> is given, in whole milliseconds.
/// </summary>
/// <remarks>
/// Engines store documents and decide nothing. A list that a rule leaves alone stays the same object, so that an engine sees at
/// once what has changed.
/// </remarks>
internal sealed partial record FileDocument
{
    public static readonly IReadOnlyDictionary<string, string> NoTags = ReadOnlyDictionary<string, string>.Empty;

    public required string Owner { get; init; }

    public required Guid Id { get; init; }

    public FileState State { get; init; }

    /// <summary>The user's; null before the first commit and in a tombstone.</summary>
    public string? Name { get; init; }

    public IReadOnlyDictionary<string, string> Tags { get; init; } = NoTags;

    /// <summary>0 before the first commit.</summary>
    public long Version { get; init; }

    public DateTimeOffset? CreatedAt { get; init; }

    public DateTimeOffset? UpdatedAt { get; init; }

    /// <summary>In the trash only, like <see cref="PurgeAt"/>.</summary>
    public DateTimeOffset? DeletedAt { get; init; }

    public DateTimeOffset? PurgeAt { get; init; }

    /// <summary>The live content; null before the first commit and in a tombstone.</summary>
    public FileContent? Content { get; init; }

    /// <summary>The earlier contents, newest first. Two contents name one blob where one was restored.</summary>
    public IReadOnlyList<FileContent> Versions { get; init; } = [];

    public IReadOnlyList<BlobIntent> Intents { get; init; } = [];

    public IReadOnlyList<GarbageBlob> Garbage { get; init; } = [];

    /// <summary>The resumable upload that the file is, or lately was.</summary>
    public StoredUpload? Upload { get; init; }

    /// <summary>Until then the document must be able to tell how the file was created.</summary>
    public DateTimeOffset? RememberUntil { get; init; }

    /// <summary>The file as it was created, kept from its first change on if that must be remembered.</summary>
    public CatalogFile? First { get; init; }

    /// <summary>Whether readers or the trash have a file here.</summary>
    public bool IsFile => State is FileState.Live or FileState.Trash;

    /// <summary>The live content and the earlier ones, newest first.</summary>
    public IEnumerable<FileContent> Contents => Content is { } live ? Versions.Prepend(live) : [];

    /// <summary>The file as readers see it.</summary>
    /// <exception cref="InvalidOperationException">There is none: the document is pending or a tombstone.</exception>
    public CatalogFile ToFile() =>
        this is { Name: { } name, CreatedAt: { } created, UpdatedAt: { } updated, Content: { } content }
            ? new CatalogFile(Id, Owner, name, Tags, Version, created, updated, content, DeletedAt, PurgeAt)
            : throw new InvalidOperationException($"Document {Id} is {State} and has no file.");

    /// <summary>All that the document names, for the check, a backup and the scrub.</summary>
    public CatalogDocument ToCatalogDocument(DateTimeOffset now) => new(
        Owner, Id, IsFile ? ToFile() : null, IsFile ? [.. Contents] : [],
        [.. Intents.OrderBy(intent => intent.LeaseUntil).Select(intent => new DueBlob(intent.BlobId, now - intent.LeaseUntil))],
        [.. Garbage.OrderBy(blob => blob.Due).Select(blob => new DueBlob(blob.BlobId, now - blob.Due))]);

    /// <summary>What the document counts for in its owner's usage: the bytes of its distinct blobs, and itself if it is a file.</summary>
    public (long Bytes, long Files) Usage() =>
        IsFile ? (Contents.DistinctBy(content => content.BlobId).Sum(content => content.Size), 1) : (0, 0);

    /// <summary>A file as another catalog had it.</summary>
    /// <exception cref="ArgumentException">The document has no file, or one in the trash without its times.</exception>
    public static FileDocument Imported(CatalogDocument document)
    {
        if (document.File is not { } file)
            throw new ArgumentException("Only a document with a file can be imported.", nameof(document));
        if (file.DeletedAt is null != file.PurgeAt is null)
            throw new ArgumentException("A file in the trash has a time of deletion and one of its purge.", nameof(document));
        return new FileDocument
        {
            Owner = document.Owner,
            Id = document.FileId,
            State = file.DeletedAt is null ? FileState.Live : FileState.Trash,
            Name = file.Name,
            Tags = file.Tags,
            Version = file.Version,
            CreatedAt = file.CreatedAt,
            UpdatedAt = file.UpdatedAt,
            DeletedAt = file.DeletedAt,
            PurgeAt = file.PurgeAt,
            Content = file.Content,
            Versions = [.. document.Contents.Where(content => content.Version != file.Content.Version)],
        };
    }

    /// <summary>A time this much later: durations are rounded up to milliseconds, and no time lies beyond the last one that can be told.</summary>
    public static DateTimeOffset After(DateTimeOffset time, TimeSpan span)
    {
        var milliseconds = Math.Ceiling(span.TotalMilliseconds);
        return milliseconds >= (DateTimeOffset.MaxValue - time).TotalMilliseconds
            ? DateTimeOffset.FromUnixTimeMilliseconds(DateTimeOffset.MaxValue.ToUnixTimeMilliseconds())
            : time.AddMilliseconds(milliseconds);
    }

    /// <summary>The time of a change: no change is earlier than the one before it, whatever the clock says.</summary>
    private DateTimeOffset At(DateTimeOffset now) => UpdatedAt is { } updated && updated > now ? updated : now;
}

/// <summary>What a rule makes of a document.</summary>
/// <param name="Answer">What the caller is told, once <paramref name="Next"/> is durable.</param>
/// <param name="Next">The document from now on; null: it stays as it is.</param>
/// <param name="Removes">The document goes.</param>
internal readonly record struct Decision<T>(T Answer, FileDocument? Next = null, bool Removes = false);
