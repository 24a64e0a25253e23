namespace FileDrop.Api.Catalog;

/// <summary>A file, live or in the trash: what every read of the catalog gives.</summary>
/// <param name="Id">A UUIDv7; with <paramref name="Owner"/> it names the file.</param>
/// <param name="Owner">Whose it is; anonymous callers are the owner <c>local</c>.</param>
/// <param name="Name">1 to 255 bytes of UTF-8 in NFC, as the user sent it otherwise.</param>
/// <param name="Tags">At most 32, in the order in which they were sent.</param>
/// <param name="Version">1 at the first commit; one more with every change of content or metadata.</param>
/// <param name="CreatedAt">The first commit's time, by the catalog's clock, in whole milliseconds; never changes.</param>
/// <param name="UpdatedAt">The last change's time; never before <paramref name="CreatedAt"/>.</param>
/// <param name="Content">The live content; of a file in the trash, what it was.</param>
/// <param name="DeletedAt">When it was moved to the trash; null while it is live.</param>
/// <param name="PurgeAt">From when on the sweeper may delete it for good; null while it is live.</param>
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
    DateTimeOffset? PurgeAt = null);

/// <summary>A live file with all contents that it keeps.</summary>
/// <param name="File">The file.</param>
/// <param name="Contents">The live content and the earlier ones, newest first. Two of them name one blob where one was restored.</param>
public sealed record FileHistory(CatalogFile File, IReadOnlyList<FileContent> Contents);

/// <summary>One content of a file, live or earlier, and the blob that holds it.</summary>
/// <param name="BlobId">Names the blob; random, used once.</param>
/// <param name="Size">In bytes.</param>
/// <param name="Type">The media type it was stored with.</param>
/// <param name="Sha256">64 lower-case hexadecimal digits.</param>
/// <param name="XxHash3">The fast checksum (XXH3, 64 bits) that a read can be checked against as it streams.</param>
/// <param name="Version">The file's version at which this content was committed.</param>
/// <param name="CreatedAt">When it was committed.</param>
public sealed record FileContent(
    Guid BlobId,
    long Size,
    string Type,
    string Sha256,
    long XxHash3,
    long Version,
    DateTimeOffset CreatedAt);

/// <summary>
/// A blob being written, as its document records it. Whoever holds it may renew, commit or abandon it for as long as
/// the document names it with this fence.
/// </summary>
/// <param name="BlobId">The blob that is written.</param>
/// <param name="Fence">Grows when another writer takes over; the former holder's changes are refused from then on.</param>
public sealed record WriteIntent(Guid BlobId, long Fence);

/// <summary>What a commit makes of a written blob.</summary>
/// <param name="Size">Bytes in the blob.</param>
/// <param name="Type">The content's media type; null keeps the file's (only for a file that has one).</param>
/// <param name="Sha256">64 lower-case hexadecimal digits.</param>
/// <param name="XxHash3">The fast checksum of the same bytes.</param>
/// <param name="Name">The file's name from now on; null keeps it (only for a file that has one).</param>
/// <param name="Tags">The file's tags from now on; null keeps them.</param>
/// <param name="IfVersion">Commit only if this is the file's version still.</param>
/// <param name="RememberFor">
/// How long the file's document must be able to tell how it was created, even after a deletion: the life of the
/// Idempotency-Key of its upload. Null where there is none.
/// </param>
/// <param name="Upload">
/// The resumable upload that ends with this commit; its document can tell so for <see cref="CatalogRules.ResumableExpiry"/>. Its other
/// intents become garbage. Null for an ordinary write.
/// </param>
public sealed record FileCommit(
    long Size,
    string? Type,
    string Sha256,
    long XxHash3,
    string? Name,
    IReadOnlyDictionary<string, string>? Tags,
    long? IfVersion = null,
    TimeSpan? RememberFor = null,
    ResumablePlan? Upload = null);

/// <summary>A change of metadata alone.</summary>
/// <param name="Name">The new name; null keeps it.</param>
/// <param name="Tags">The new tags, all of them; null keeps them.</param>
/// <param name="IfVersion">Change only if this is the file's version still.</param>
public sealed record MetadataChange(string? Name, IReadOnlyDictionary<string, string>? Tags, long? IfVersion = null);

/// <summary>How a change ended.</summary>
public enum ChangeOutcome
{
    /// <summary>Done, and durable.</summary>
    Done,

    /// <summary>There is no such live file for this owner, or the write's intent is not in its document any more.</summary>
    NotFound,

    /// <summary>The file has another version than the change asked for; nothing was changed.</summary>
    VersionMismatch,

    /// <summary>The file keeps no content of that number; nothing was changed.</summary>
    ContentNotFound,

    /// <summary>The content of that number is the live one, which the change must leave; nothing was changed.</summary>
    ContentIsLive,
}

/// <summary>How a change ended, and the file as that change left it.</summary>
/// <param name="Outcome">How it ended.</param>
/// <param name="File">After <see cref="ChangeOutcome.Done"/> of a change that leaves a live file: the file as the change made it.</param>
public readonly record struct ChangeResult(ChangeOutcome Outcome, CatalogFile? File = null);

/// <summary>What has become of a write whose commit was sent and whose answer was lost.</summary>
public enum WriteFate
{
    /// <summary>The intent is there: the commit did not happen, and may be sent again.</summary>
    Open,

    /// <summary>The blob is a content of the file, or was one before it became garbage: the commit happened.</summary>
    Committed,

    /// <summary>Neither: the intent was claimed by the sweeper, or dropped when the file was deleted.</summary>
    Lost,
}

/// <summary>What has become of an upload that an Idempotency-Key names.</summary>
public enum CreationState
{
    /// <summary>It will never be committed: its document is gone, or has lost its intent before any commit.</summary>
    Failed,

    /// <summary>Its intent is there, under a live lease.</summary>
    Running,

    /// <summary>Its intent is there, but its lease has run out: <see cref="ISweepCatalog.ClaimExpiredAsync"/> decides.</summary>
    Expired,

    /// <summary>It was committed.</summary>
    Committed,
}

/// <summary>An upload as its document tells it, whatever has happened to the file since.</summary>
/// <param name="State">What has become of it.</param>
/// <param name="Created">With <see cref="CreationState.Committed"/>: the file as it was at version 1 (its blob may be gone).</param>
public sealed record CreationRecord(CreationState State, CatalogFile? Created = null);

/// <summary>What one sweep of one document found to delete from the blob store.</summary>
/// <param name="Owner">The document's owner.</param>
/// <param name="FileId">The document's id.</param>
/// <param name="Deletions">Blobs to delete now; may be empty when only the document itself is due.</param>
public sealed record SweepWork(string Owner, Guid FileId, IReadOnlyList<BlobDeletion> Deletions);

/// <summary>The deletion of one garbage blob, as a claim hands it out.</summary>
/// <param name="BlobId">The blob.</param>
/// <param name="Last">
/// Whether nothing of its write could still arrive when it was handed out. Otherwise it is deleted once more after that time.
/// </param>
public readonly record struct BlobDeletion(Guid BlobId, bool Last);

/// <summary>The times and counts that the write protocol lives by, the same for every catalog.</summary>
/// <param name="Lease">How long an intent lives without a renewal.</param>
/// <param name="LateWrites">
/// How long after its lease's end a store call of an abandoned write may still arrive: the blob store's hard timeout
/// and a margin. Garbage of an unfinished write is deleted at once and once more after this time.
/// </param>
/// <param name="ReadersGrace">How long content that was pruned or deleted stays readable for those who are reading it.</param>
/// <param name="VersionsKept">How many earlier contents a file keeps.</param>
/// <param name="VersionsMaxAge">
/// Earlier contents that were replaced longer ago than this go with the next change of content; null keeps them at any age.
/// </param>
/// <param name="TrashRetention">How long a deleted file can be restored; zero: a deletion is for good.</param>
/// <param name="ResumableExpiry">How long a resumable upload waits for its next byte, and is remembered once it is complete.</param>
public sealed record CatalogRules(
    TimeSpan Lease, TimeSpan LateWrites, TimeSpan ReadersGrace, int VersionsKept, TimeSpan? VersionsMaxAge, TimeSpan TrashRetention,
    TimeSpan ResumableExpiry)
{
    /// <summary>How much each owner may store.</summary>
    public Quotas Quotas { get; init; } = Quotas.None;

    /// <summary>
    /// How many resumable uploads an owner may have that are not complete, or partial: no quota counts these. Uploads that begin at the
    /// same moment may exceed it by their number.
    /// </summary>
    public int OpenUploadsPerOwner { get; init; } = int.MaxValue;

    /// <summary>A holder of a resumable upload that has recorded nothing for so long is replaced by the next who comes.</summary>
    public static readonly TimeSpan ResumableTerm = TimeSpan.FromSeconds(3);

    /// <summary>
    /// From when on nothing can arrive any more of a resumable upload's store calls: their holder stops when it could record nothing
    /// for the time of a lease.
    /// </summary>
    public TimeSpan ResumableLateWrites => Lease + LateWrites;
}

/// <summary>Everything that one document names: what the check, a backup and the scrub go through.</summary>
/// <param name="Owner">The document's owner.</param>
/// <param name="FileId">The document's id.</param>
/// <param name="File">The file, live or in the trash; null for a pending document and a tombstone.</param>
/// <param name="Contents">The contents that it keeps, newest first; empty without a file.</param>
/// <param name="Intents">Blobs being written.</param>
/// <param name="Garbage">Blobs to be deleted.</param>
public sealed record CatalogDocument(
    string Owner, Guid FileId, CatalogFile? File, IReadOnlyList<FileContent> Contents, IReadOnlyList<DueBlob> Intents, IReadOnlyList<DueBlob> Garbage);

/// <summary>A blob that the sweeper will come for.</summary>
/// <param name="BlobId">The blob.</param>
/// <param name="Overdue">How long ago its lease ran out, or its deletion was due, by the catalog's clock; negative: not yet.</param>
public sealed record DueBlob(Guid BlobId, TimeSpan Overdue);

/// <summary>What is under way and what is left to do, over all owners.</summary>
/// <param name="Intents">Blobs being written.</param>
/// <param name="Garbage">Blobs to be deleted.</param>
/// <param name="OldestOverdue">How long the sweeper is behind with the one that is due the longest; zero: with none.</param>
public sealed record CatalogBacklog(long Intents, long Garbage, TimeSpan OldestOverdue);
