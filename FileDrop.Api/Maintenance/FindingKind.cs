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

    /// <summary>A file or folder is in a folder that does not exist or was purged.</summary>
    ParentMissing,

    /// <summary>A folder lies in itself.</summary>
    FolderCircle,

    /// <summary>Only one of a folder and its entry is in the trash, and no sweep is due that lets the entry follow.</summary>
    HalfCarried,

    /// <summary>A folder's entries should have followed it, but no sweeper has come.</summary>
    SweepOverdue,

    /// <summary>A file or folder does not hold the claim of its name, so that another entry could take the name.</summary>
    NameUnclaimed,

    /// <summary>Two files or folders in a folder have the same name.</summary>
    NameTwice,

    /// <summary>No file or folder holds a claim of a name: the process that made it has died.</summary>
    DeadClaim,

    /// <summary>The key that makes a share's link is missing or another one, so the link cannot be shown.</summary>
    ShareUnreadable,
}
