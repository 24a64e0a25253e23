using FileDrop.Api.Hashing;

namespace FileDrop.Api.Catalog;

/// <summary>The stage of a resumable upload.</summary>
public enum ResumableStage
{
    /// <summary>Bytes can be appended.</summary>
    Open = 0,

    /// <summary>All bytes are stored and nothing more can be appended; the next holder finishes the blob.</summary>
    Sealed = 1,

    /// <summary>The blob is finished: the upload has become a file, or a partial upload can become part of one.</summary>
    Complete = 2,
}

/// <summary>The file that a resumable upload will create.</summary>
/// <param name="Name">The file's name; 1 to 255 bytes of UTF-8.</param>
/// <param name="Type">The file's media type.</param>
/// <param name="Tags">The file's tags, at most 32.</param>
/// <param name="Sha256">The SHA-256 that the whole content must have, in lower-case hexadecimal; null accepts any.</param>
/// <param name="Metadata">tus's <c>Upload-Metadata</c> as the client sent it; null if it was not sent.</param>
/// <param name="Concat">tus's <c>Upload-Concat</c> as the client sent it (<c>partial</c>, or <c>final;</c> and its parts); null if it was not sent.</param>
public sealed record ResumablePlan(
    string Name, string Type, IReadOnlyDictionary<string, string> Tags, string? Sha256 = null, string? Metadata = null, string? Concat = null)
{
    /// <summary>The folder of the file; null makes a loose file.</summary>
    public Guid? Folder { get; init; }

    /// <summary>The choice if the name is taken in the folder.</summary>
    public OnConflict OnConflict { get; init; }

    /// <summary>The client's time of the content's last change; null if it did not tell.</summary>
    public DateTimeOffset? ModifiedAt { get; init; }

    /// <summary>The time at which the file goes to the trash by itself; null for never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Whether the upload is a part for a concatenation, which never becomes a file of its own.</summary>
    public bool IsPartial => Concat is "partial";

    /// <summary>Whether the upload concatenates others.</summary>
    public bool IsFinal => Concat is not null && !IsPartial;
}

/// <summary>The durable progress of a resumable upload.</summary>
/// <param name="Offset">Acknowledged bytes; never more than are stored, and never fewer than before.</param>
/// <param name="Hashes">The content's hashes at <paramref name="Offset"/>; opaque to the catalog.</param>
/// <param name="Store">The blob store's state for going on; opaque to the catalog.</param>
/// <param name="Pieces">Other blobs that hold bytes of the upload, or soon will.</param>
public sealed record ResumableProgress(long Offset, HashMark Hashes, string? Store, IReadOnlyList<Guid> Pieces);

/// <summary>A resumable upload as its document records it.</summary>
/// <param name="Id">The id of the upload and of its later file.</param>
/// <param name="Owner">The upload's owner.</param>
/// <param name="Plan">The file that it will create.</param>
/// <param name="Length">The total length in bytes; null while it is deferred.</param>
/// <param name="Intent">The upload's own blob, with the fencing number of its last holder.</param>
/// <param name="Progress">The durable progress.</param>
/// <param name="Step">The number of the last recorded step; the next step's is greater.</param>
/// <param name="Stage">The upload's stage.</param>
/// <param name="BlobId">The blob with the content, once the upload is complete.</param>
/// <param name="ExpiresAt">The time at which it is given up or, once complete, forgotten; by the catalog's clock.</param>
/// <param name="Holder">The current holder, as <see cref="IUploadCatalog.TakeResumableAsync"/> named it; null if there is none.</param>
/// <param name="IsAlive">Whether the holder has recorded a step within <see cref="CatalogRules.ResumableTerm"/>.</param>
/// <param name="IsWanted">Whether another client has asked the holder to let go.</param>
public sealed record ResumableUpload(
    Guid Id,
    string Owner,
    ResumablePlan Plan,
    long? Length,
    WriteIntent Intent,
    ResumableProgress Progress,
    long Step,
    ResumableStage Stage,
    Guid? BlobId,
    DateTimeOffset ExpiresAt,
    Guid? Holder,
    bool IsAlive,
    bool IsWanted);

/// <summary>One step of a resumable upload, as its holder records it.</summary>
/// <param name="Step">A number greater than that of every earlier step; a repetition has the same number and content.</param>
/// <param name="Progress">The durable progress after this step.</param>
/// <param name="Length">The total length in bytes; null while it is deferred.</param>
/// <param name="Stage">The upload's stage after this step.</param>
/// <param name="BlobId">The blob with the content, if this step completes a partial upload.</param>
/// <param name="Release">Whether the holder lets go.</param>
public sealed record ResumableStep(
    long Step, ResumableProgress Progress, long? Length, ResumableStage Stage = ResumableStage.Open, Guid? BlobId = null, bool Release = false);
