namespace FileDrop.Api.Maintenance;

/// <summary>The kinds of findings of a check.</summary>
internal enum FindingKind
{
    /// <summary>A document names a content whose blob is missing in the store.</summary>
    FileWithoutBlob,

    /// <summary>The blob has another size than its content.</summary>
    SizeDiffers,

    /// <summary>The blob has another SHA-256 than its content.</summary>
    HashDiffers,

    /// <summary>The store answers but cannot return the blob.</summary>
    Unreadable,

    /// <summary>No document names the blob.</summary>
    BlobWithoutFile,

    /// <summary>A writer has ended, but no sweeper has claimed its intent.</summary>
    ExpiredIntent,

    /// <summary>A blob should have been deleted, but no sweeper has come.</summary>
    GarbageOverdue,

    /// <summary>An owner's recorded usage, which quotas use, differs from the sum over the owner's files.</summary>
    UsageDiffers,
}
