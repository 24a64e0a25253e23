namespace FileDrop.Api.Contents;

/// <summary>Why a use case refuses a request; each has the name of the contract's code.</summary>
internal enum RefusalCode
{
    /// <summary>The file does not exist, or was deleted while its new content arrived.</summary>
    FileNotFound,

    /// <summary>The resumable upload does not exist any more.</summary>
    UploadNotFound,

    /// <summary>The resumable upload has become a file, so it can no longer be ended.</summary>
    UploadComplete,

    /// <summary>Another request writes the resumable upload.</summary>
    UploadLocked,

    /// <summary>The content has more bytes than it may have.</summary>
    FileTooLarge,

    /// <summary>The content has another SHA-256 than its sender announced.</summary>
    DigestMismatch,

    /// <summary>The content has another length than its sender announced.</summary>
    InconsistentLength,

    /// <summary>The first request with this idempotency key is still running.</summary>
    RequestInProgress,

    /// <summary>The owner has used up a limit; <see cref="Refusal.Limit"/> names it.</summary>
    TooManyRequests,

    /// <summary>The owner's quota has no room.</summary>
    QuotaExceeded,

    /// <summary>An archive would have too many entries.</summary>
    TooManyEntries,

    /// <summary>Another entry of the folder has the name.</summary>
    NameTaken,

    /// <summary>The folder does not exist, or is in the trash.</summary>
    FolderNotFound,

    /// <summary>A walk through folders leads down too many levels.</summary>
    TooDeep,

    /// <summary>The file keeps no content of this version.</summary>
    VersionNotFound,

    /// <summary>The settings of a share do not fit each other, or its files.</summary>
    InvalidRequest,

    /// <summary>A folder to drop files into takes no more, or not this one.</summary>
    DropFull,

    /// <summary>A lock forbids the change.</summary>
    Locked,
}

/// <summary>The answer of a use case that does not do its task.</summary>
/// <param name="Code">The contract's code.</param>
/// <param name="Detail">Tells a person what was wrong this time; empty where the code says it all.</param>
internal sealed record Refusal(RefusalCode Code, string Detail = "")
{
    /// <summary>With <see cref="RefusalCode.TooManyRequests"/>: the limit's name.</summary>
    public string Limit { get; init; } = "";

    /// <summary>With <see cref="RefusalCode.TooManyRequests"/>: when another attempt makes sense.</summary>
    public TimeSpan Wait { get; init; }
}

/// <summary>Carries a refusal out of work in progress, such as the copying of a content into the store.</summary>
/// <param name="refusal">The refusal.</param>
/// <param name="inner">The cause.</param>
internal sealed class RefusedException(Refusal refusal, Exception? inner = null) : Exception($"{refusal.Code}. {refusal.Detail}", inner)
{
    /// <summary>Makes an exception of a refusal that its code describes in full.</summary>
    public RefusedException(RefusalCode code, Exception? inner = null)
        : this(new Refusal(code), inner)
    {
    }

    public Refusal Refusal { get; } = refusal;
}
