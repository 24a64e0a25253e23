namespace FileDrop.Api.Catalog;

/// <summary>A file, live or in the trash, as every read of the catalog returns it.</summary>
/// <param name="Id">A UUIDv7; with <paramref name="Owner"/> it names the file.</param>
/// <param name="Owner">The file's owner; anonymous callers are the owner <c>local</c>.</param>
/// <param name="Name">1 to 255 bytes of UTF-8, as the user sent it except for normalization to NFC.</param>
/// <param name="Tags">At most 32, in the order in which they were sent.</param>
/// <param name="Version">1 at the first commit; every change of content or metadata adds one.</param>
/// <param name="CreatedAt">The first commit's time, by the catalog's clock, in whole milliseconds; never changes.</param>
/// <param name="UpdatedAt">The last change's time; never before <paramref name="CreatedAt"/>.</param>
/// <param name="Content">The live content; for a file in the trash, its last live content.</param>
/// <param name="DeletedAt">The time of its move to the trash; null while it is live.</param>
/// <param name="PurgeAt">The time from which the sweeper may purge it; null while it is live.</param>
public sealed record CatalogFile(
    Guid Id,
    string Owner,
    string Name,
    IReadOnlyDictionary<string, string> Tags,
    long Version,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt,
    FileContent Content,
    DateTimeOffset? DeletedAt = null,
    DateTimeOffset? PurgeAt = null)
{
    /// <summary>The folder that the file is in. Files that earlier releases wrote as JSON have no place, and are loose.</summary>
    public Place Place { get; init => field = value ?? Place.Loose; } = Place.Loose;

    /// <summary>The time of the content's last change as the client knows it, in whole milliseconds; null if it never told.</summary>
    public DateTimeOffset? ModifiedAt { get; init; }

    /// <summary>The time at which the file goes to the trash by itself, in whole milliseconds; null for never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Locks, and properties that clients made up.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public DavState Dav { get; init; } = DavState.None;
}

/// <summary>A live file with its content and all earlier versions.</summary>
/// <param name="File">The file.</param>
/// <param name="Contents">The live content and the earlier versions, newest first. A restored version and its source name the same blob.</param>
public sealed record FileHistory(CatalogFile File, IReadOnlyList<FileContent> Contents);

/// <summary>One version of a file, live or earlier, and the blob that holds its content.</summary>
/// <param name="BlobId">Names the blob; random, used once.</param>
/// <param name="Size">In bytes.</param>
/// <param name="Type">The media type of the content.</param>
/// <param name="Sha256">64 lower-case hexadecimal digits.</param>
/// <param name="XxHash3">The fast checksum (XXH3, 64 bits), which verifies a read while it streams.</param>
/// <param name="Version">The file's version number when this content was committed.</param>
/// <param name="CreatedAt">The time of the commit.</param>
/// <param name="Crc32">The CRC-32 (ISO-HDLC) that a zip archive needs; null if an earlier release stored the content and no whole read has filled it.</param>
public sealed record FileContent(
    Guid BlobId,
    long Size,
    string Type,
    string Sha256,
    long XxHash3,
    long Version,
    DateTimeOffset CreatedAt,
    uint? Crc32 = null);

/// <summary>A blob being written, as its document records it. Its holder may renew, commit or abandon it while the document names it with this fence.</summary>
/// <param name="BlobId">The blob that is written.</param>
/// <param name="Fence">A number that grows when another writer takes over; the former holder's changes are then refused.</param>
public sealed record WriteIntent(Guid BlobId, long Fence);

/// <summary>The parameters of a commit, which turns a written blob into a file's content.</summary>
/// <param name="Size">Bytes in the blob.</param>
/// <param name="Type">The content's media type; null keeps the file's, so the first commit must give one.</param>
/// <param name="Sha256">64 lower-case hexadecimal digits.</param>
/// <param name="XxHash3">The fast checksum of the same bytes.</param>
/// <param name="Name">The file's new name; null keeps the name, so the first commit must give one.</param>
/// <param name="Tags">The file's new tags; null keeps them.</param>
/// <param name="IfVersion">The condition: commit only if the file still has this version.</param>
/// <param name="RememberFor"> The time for which the document must remember the file's creation, even after a deletion: the lifetime of the upload's
/// idempotency key. Null without one. </param>
/// <param name="Upload"> The resumable upload that this commit completes; the document remembers that for <see cref="CatalogRules.ResumableExpiry"/>. The
/// upload's other intents become garbage. Null for an ordinary write. </param>
/// <param name="Crc32">The CRC-32 of the same bytes; null if an earlier release hashed some of them.</param>
public sealed record FileCommit(
    long Size,
    string? Type,
    string Sha256,
    long XxHash3,
    string? Name,
    IReadOnlyDictionary<string, string>? Tags,
    long? IfVersion = null,
    TimeSpan? RememberFor = null,
    ResumablePlan? Upload = null,
    uint? Crc32 = null)
{
    /// <summary>The folder of a new file; null makes a loose file. Replacing a file's content leaves it where it is.</summary>
    public Guid? Folder { get; init; }

    /// <summary>The choice if the name is taken in the folder.</summary>
    public OnConflict OnConflict { get; init; }

    /// <summary>The client's time of the content's last change; null keeps the file's.</summary>
    public DateTimeOffset? ModifiedAt { get; init; }

    /// <summary>The time at which the file goes to the trash by itself; null keeps the file's.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>The locks that the request names.</summary>
    public LockTokens Held { get; init; } = LockTokens.None;

    /// <summary>
    /// The caller, for a write of the kind that a file system makes: one caller's writes within ten minutes leave only one earlier version. Null keeps each.
    /// </summary>
    public string? Writer { get; init; }

    /// <summary>The lock of a file that is created by being locked; null for any other commit.</summary>
    public LockRequest? Lock { get; init; }

    /// <summary>The properties that come with the content from another file; null keeps the file's.</summary>
    public IReadOnlyList<DeadProperty>? Properties { get; init; }
}

/// <summary>A change of only the metadata.</summary>
/// <param name="Name">The new name; null keeps it.</param>
/// <param name="Tags">The complete new tags; null keeps the tags.</param>
/// <param name="IfVersion">The condition: change only if the file still has this version.</param>
public sealed record MetadataChange(string? Name, IReadOnlyDictionary<string, string>? Tags, long? IfVersion = null)
{
    /// <summary>The folder to move to; null leaves the file where it is.</summary>
    public Guid? Folder { get; init; }

    /// <summary>The choice if the name is taken in the folder.</summary>
    public OnConflict OnConflict { get; init; }

    /// <summary>The client's time of the content's last change; null keeps it.</summary>
    public DateTimeOffset? ModifiedAt { get; init; }

    /// <summary>The time at which the file goes to the trash by itself, and whether to change it; null for never.</summary>
    public (bool IsChanged, DateTimeOffset? To) ExpiresAt { get; init; }

    /// <summary>The locks that the request names.</summary>
    public LockTokens Held { get; init; } = LockTokens.None;
}

/// <summary>The outcome of a change.</summary>
public enum ChangeOutcome
{
    /// <summary>The change is done and durable.</summary>
    Done,

    /// <summary>The owner has no such live file, or its document no longer names the write's intent.</summary>
    NotFound,

    /// <summary>The file does not have the version in the condition; nothing was changed.</summary>
    VersionMismatch,

    /// <summary>The file keeps no version of that number; nothing was changed.</summary>
    ContentNotFound,

    /// <summary>That version is the live one, which this change must not touch; nothing was changed.</summary>
    ContentIsLive,

    /// <summary>Another entry has the name in the folder; nothing was changed.</summary>
    NameTaken,

    /// <summary>The folder does not exist or is in the trash; nothing was changed.</summary>
    FolderNotFound,

    /// <summary>A folder would come to lie in itself; nothing was changed.</summary>
    Circle,

    /// <summary>A folder would lie more than <see cref="Place.MaxDepth"/> levels deep; nothing was changed.</summary>
    TooDeep,

    /// <summary>The file's folder is in the trash, and with it the file; nothing was changed.</summary>
    ParentInTrash,

    /// <summary>The time at which the file would expire lies in the past; nothing was changed.</summary>
    ExpiryPassed,

    /// <summary>The entry has moved since it was read, or its name must be claimed first; nothing was changed. The catalog tries again.</summary>
    Stale,

    /// <summary>A lock of the entry, of a folder above it, or of an entry below it forbids the change; nothing was changed.</summary>
    Locked,

    /// <summary>The entry would have too many locks or properties, or its owner too many locked entries; nothing was changed.</summary>
    TooMuch,
}

/// <summary>The outcome of a change, and the file after it.</summary>
/// <param name="Outcome">The outcome.</param>
/// <param name="File">The changed file, if the outcome is <see cref="ChangeOutcome.Done"/> and the file is live afterwards.</param>
public readonly record struct ChangeResult(ChangeOutcome Outcome, CatalogFile? File = null);

/// <summary>The fate of a write whose commit was sent but whose answer was lost.</summary>
public enum WriteFate
{
    /// <summary>The document still names the intent: the commit did not happen and may be sent again.</summary>
    Open,

    /// <summary>The commit happened: the blob is a content of the file, or was one before it became garbage.</summary>
    Committed,

    /// <summary>The commit can never happen: the sweeper claimed the intent, or a deletion of the file dropped it.</summary>
    Lost,
}

/// <summary>The state of a creation that an idempotency key names.</summary>
public enum CreationState
{
    /// <summary>It can never be committed: its document is gone, or lost the intent before any commit.</summary>
    Failed,

    /// <summary>Its intent exists, and its lease runs.</summary>
    Running,

    /// <summary>Its intent exists, but its lease has run out: <see cref="ISweepCatalog.ClaimExpiredAsync"/> decides.</summary>
    Expired,

    /// <summary>It was committed.</summary>
    Committed,
}

/// <summary>A creation as its document remembers it, independent of later changes of the file.</summary>
/// <param name="State">The creation's state.</param>
/// <param name="Created">The file as it was at version 1, if committed and still known; its blob may be gone.</param>
public sealed record CreationRecord(CreationState State, CatalogFile? Created = null);

/// <summary>The blobs that one sweep of one document must delete from the blob store.</summary>
/// <param name="Owner">The document's owner.</param>
/// <param name="FileId">The document's id.</param>
/// <param name="Deletions">Blobs to delete now; empty if only the document itself is due.</param>
public sealed record SweepWork(string Owner, Guid FileId, IReadOnlyList<BlobDeletion> Deletions);

/// <summary>The deletion of one garbage blob, as a claim returns it.</summary>
/// <param name="BlobId">The blob.</param>
/// <param name="Last"> Whether this deletion is the last one. If not, a store call of the blob's write may still arrive, so the blob is deleted again later.
/// </param>
public readonly record struct BlobDeletion(Guid BlobId, bool Last);

/// <summary>The times and counts of the write protocol, the same for every catalog.</summary>
/// <param name="Lease">The time for which an intent lives without a renewal.</param>
/// <param name="LateWrites"> The time after the end of its lease in which an abandoned write's store call may still arrive: the blob store's timeout and a
/// margin. Garbage of an unfinished write is deleted at once, and again after this time. </param>
/// <param name="ReadersGrace">The time for which pruned or deleted content stays readable for downloads in progress.</param>
/// <param name="VersionsKept">The number of earlier versions that a file keeps.</param>
/// <param name="VersionsMaxAge"> The next change of content prunes earlier versions that were replaced longer ago than this; null keeps them at any age.
/// </param>
/// <param name="TrashRetention">The time for which a deleted file can be restored; zero makes deletions permanent.</param>
/// <param name="ResumableExpiry">The time for which a resumable upload waits for its next byte, and for which it is remembered once complete.</param>
public sealed record CatalogRules(
    TimeSpan Lease, TimeSpan LateWrites, TimeSpan ReadersGrace, int VersionsKept, TimeSpan? VersionsMaxAge, TimeSpan TrashRetention,
    TimeSpan ResumableExpiry)
{
    /// <summary>The quotas of all owners.</summary>
    public Quotas Quotas { get; init; } = Quotas.None;

    /// <summary>
    /// The number of incomplete or partial resumable uploads that an owner may have, because no quota counts these. Uploads that begin at the same moment can
    /// exceed it by their number.
    /// </summary>
    public int OpenUploadsPerOwner { get; init; } = int.MaxValue;

    /// <summary>A holder of a resumable upload that has recorded nothing for this long is replaced by the next one.</summary>
    public static readonly TimeSpan ResumableTerm = TimeSpan.FromSeconds(3);

    /// <summary>
    /// The time after which no store call of a resumable upload can arrive. A holder stops when it has recorded nothing for a lease.
    /// </summary>
    public TimeSpan ResumableLateWrites => Lease + LateWrites;
}

/// <summary>Everything that one document names, for the check, a backup and the scrub.</summary>
/// <param name="Owner">The document's owner.</param>
/// <param name="FileId">The document's id.</param>
/// <param name="File">The file, live, in the trash or carried there; null for a pending document and a tombstone.</param>
/// <param name="Contents">The versions that it keeps, newest first; empty without a file.</param>
/// <param name="Intents">Blobs being written.</param>
/// <param name="Garbage">Blobs to be deleted.</param>
public sealed record CatalogDocument(
    string Owner, Guid FileId, CatalogFile? File, IReadOnlyList<FileContent> Contents, IReadOnlyList<DueBlob> Intents, IReadOnlyList<DueBlob> Garbage)
{
    /// <summary>Whether the file went to the trash with its folder. Such a file has no times of the trash itself.</summary>
    public bool IsCarried { get; init; }

    /// <summary>The state of the file; <see cref="FileState.Deleted"/> without one.</summary>
    internal FileState State => this switch
    {
        { File: null } => FileState.Deleted,
        { IsCarried: true } => FileState.Carried,
        { File.DeletedAt: null } => FileState.Live,
        _ => FileState.Trash,
    };
}

/// <summary>A blob that the sweeper will handle.</summary>
/// <param name="BlobId">The blob.</param>
/// <param name="Overdue">The time since its lease ran out or its deletion was due, by the catalog's clock; negative if that lies ahead.</param>
public sealed record DueBlob(Guid BlobId, TimeSpan Overdue);

/// <summary>Writes in progress and outstanding deletions, over all owners.</summary>
/// <param name="Intents">Blobs being written.</param>
/// <param name="Garbage">Blobs to be deleted.</param>
/// <param name="OldestOverdue">The delay of the blob or file that has been due the longest; zero if none is due.</param>
public sealed record CatalogBacklog(long Intents, long Garbage, TimeSpan OldestOverdue)
{
    /// <summary>Folders whose entries must still follow them, or that are to be purged or forgotten.</summary>
    public long Folders { get; init; }
}
