namespace FileDrop.Api.Catalog;

/// <summary>How far a resumable upload has come.</summary>
public enum ResumableStage
{
    /// <summary>Bytes can be appended.</summary>
    Open = 0,

    /// <summary>All bytes are stored and nothing can be appended any more; the blob is being finished, by whoever comes.</summary>
    Sealed = 1,

    /// <summary>The blob is finished: the upload has become a file or, of a partial one, can become a part of one.</summary>
    Complete = 2,
}

/// <summary>What a resumable upload was created for.</summary>
/// <param name="Name">The file's name; 1 to 255 bytes of UTF-8.</param>
/// <param name="Type">The file's media type.</param>
/// <param name="Tags">The file's tags, at most 32.</param>
/// <param name="Sha256">What the whole content must have, in lower-case hexadecimal; null: any.</param>
/// <param name="Metadata">tus's <c>Upload-Metadata</c> as it was sent; null if it was not.</param>
/// <param name="Concat">tus's <c>Upload-Concat</c> as it was sent: <c>partial</c>, or <c>final;</c> and what it was made of; null: neither.</param>
public sealed record ResumablePlan(
    string Name, string Type, IReadOnlyDictionary<string, string> Tags, string? Sha256 = null, string? Metadata = null, string? Concat = null)
{
    /// <summary>Whether it will be a part of a concatenation, and never a file of its own.</summary>
    public bool IsPartial => Concat is "partial";

    /// <summary>Whether it was made by concatenating others.</summary>
    public bool IsFinal => Concat is not null && !IsPartial;
}

/// <summary>What a resumable upload has stored, durably.</summary>
/// <param name="Offset">Bytes acknowledged; never more than are stored, and never less than before.</param>
/// <param name="Hashes">The state of the content's hashes at <paramref name="Offset"/>; opaque to the catalog.</param>
/// <param name="Store">What the blob store has to know to go on; opaque to the catalog.</param>
/// <param name="Pieces">Blobs beside the upload's own that hold bytes of it, or are about to.</param>
public sealed record ResumableProgress(long Offset, ReadOnlyMemory<byte> Hashes, string? Store, IReadOnlyList<Guid> Pieces);

/// <summary>A resumable upload as its document tells it.</summary>
/// <param name="Id">The upload's id, and the later file's.</param>
/// <param name="Owner">Whose it is.</param>
/// <param name="Plan">What it was created for.</param>
/// <param name="Length">Bytes in the whole; null while that is deferred.</param>
/// <param name="Intent">Its own blob, with the fencing number of its last holder.</param>
/// <param name="Progress">What is stored.</param>
/// <param name="Step">The number of the last recorded step; the holder's next one is greater.</param>
/// <param name="Stage">How far it has come.</param>
/// <param name="BlobId">With <see cref="ResumableStage.Complete"/>: the blob that holds the content.</param>
/// <param name="ExpiresAt">When it is given up, or forgotten if it is complete; by the catalog's clock.</param>
/// <param name="Holder">Who may append at the moment, as <see cref="IUploadCatalog.TakeResumableAsync"/> named it; null: nobody.</param>
/// <param name="IsAlive">Whether the holder has recorded a step within <see cref="CatalogRules.ResumableTerm"/>.</param>
/// <param name="IsWanted">Whether somebody else has asked the holder to let go.</param>
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

/// <summary>What a holder has done: one step of a resumable upload.</summary>
/// <param name="Step">Greater than that of every step before it; a repetition has the same number and content.</param>
/// <param name="Progress">What is stored from now on.</param>
/// <param name="Length">Bytes in the whole; null while that is deferred.</param>
/// <param name="Stage">How far the upload has come.</param>
/// <param name="BlobId">With <see cref="ResumableStage.Complete"/>, of a partial upload: the blob that holds the content.</param>
/// <param name="Release">Whether the holder lets go.</param>
public sealed record ResumableStep(
    long Step, ResumableProgress Progress, long? Length, ResumableStage Stage = ResumableStage.Open, Guid? BlobId = null, bool Release = false);
