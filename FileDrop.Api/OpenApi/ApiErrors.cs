namespace FileDrop.Api.OpenApi;

/// <summary>The errors of the contract, and which operation can answer which.</summary>
internal static class ApiErrors
{
    private static readonly ApiProblem InvalidRequest =
        ApiProblem.InvalidRequest("If-Match is '*' or a list of entity tags, each in double quotes.");

    private static readonly ApiProblem DigestMismatch =
        ApiProblem.DigestMismatch($"The bytes that arrived have {ApiExamples.Digest}.");

    /// <summary>What any operation can answer.</summary>
    private static readonly ApiProblem[] Always =
    [
        InvalidRequest, ApiProblem.Unauthenticated, ApiProblem.Forbidden("This needs the scope delete."), ApiProblem.MisdirectedRequest,
        ApiProblem.TooManyRequests(6, "caller"), ApiProblem.InternalError, ApiProblem.StorageUnavailable, ApiProblem.ProviderUnavailable,
    ];

    /// <summary>What a change can answer besides.</summary>
    private static readonly ApiProblem[] Changing = [.. Always, ApiProblem.InsufficientStorage, ApiProblem.UnknownTransferCoding];

    /// <summary>What a request that brings content can answer besides.</summary>
    private static readonly ApiProblem[] Storing =
    [
        .. Changing,
        ApiProblem.QuotaExceeded,
        DigestMismatch,
        ApiProblem.InvalidRequest("No byte came for 120 seconds.") with { Status = 408 },
        ApiProblem.FileTooLarge("The limit is 5497558138880 bytes."),
        ApiProblem.UnsupportedMediaType("Content is stored as it is: send it without Content-Encoding.") with { Header = ("Accept-Encoding", "identity") },
    ];

    private static readonly ApiProblem[] Naming =
    [
        ApiProblem.TooManyFiles,
        ApiProblem.InvalidName("A name has no control characters; this one has U+0007."),
        ApiProblem.InvalidTags("A tag's key has no colon: it ends the key in ?tag=key:value."),
    ];

    public static ApiProblem[] OfUpload { get; } =
    [
        .. Storing, .. Naming, ApiProblem.FileMissing("A form carries one part with a filename."), ApiProblem.RequestInProgress,
        ApiProblem.IdempotencyKeyReused("This Idempotency-Key was used for an upload with another content; take a new key."),
        ApiProblem.InconsistentLength("Upload-Length says 5 bytes, and Content-Length 6."),
    ];

    public static ApiProblem[] OfUpdate { get; } =
        [.. Storing, .. Naming, ApiProblem.FileNotFound, ApiProblem.PreconditionFailed, ApiProblem.UploadIsElsewhere with { Header = ("Allow", "OPTIONS, POST") }];

    public static ApiProblem[] OfContent { get; } = [.. Storing, ApiProblem.FileNotFound, ApiProblem.PreconditionFailed];

    public static ApiProblem[] OfDelete { get; } = [.. Changing, ApiProblem.FileNotFound, ApiProblem.PreconditionFailed];

    public static ApiProblem[] OfMetadata { get; } = [.. Always, ApiProblem.FileNotFound, ApiProblem.PreconditionFailed];

    public static ApiProblem[] OfRead { get; } = [.. OfMetadata, ApiProblem.VersionNotFound, ApiProblem.RangeNotSatisfiable(48213)];

    public static ApiProblem[] OfVersions { get; } = [.. Always, ApiProblem.FileNotFound];

    public static ApiProblem[] OfRestoreVersion { get; } = [.. OfDelete, ApiProblem.VersionNotFound];

    public static ApiProblem[] OfDeleteVersion { get; } = [.. OfRestoreVersion, ApiProblem.VersionIsLive];

    public static ApiProblem[] OfTrashed { get; } = [.. Changing, ApiProblem.FileNotFound];

    public static ApiProblem[] OfEmptyTrash { get; } = Changing;

    public static ApiProblem[] OfList { get; } =
        [.. Always, ApiProblem.InvalidCursor("A cursor goes on with the sort, order and filters that it was given for.")];

    public static ApiProblem[] OfUsage { get; } = Always;

    public static ApiProblem[] OfProbe { get; } = [ApiProblem.MisdirectedRequest];

    public static ApiProblem[] OfCreateKey { get; } =
    [
        .. Changing, ApiProblem.FileTooLarge("A JSON body has at most 262144 bytes."),
        ApiProblem.InvalidRequest("No byte came for 120 seconds.") with { Status = 408 }, DigestMismatch,
        ApiProblem.UnsupportedMediaType("What the key is to be comes as application/json.") with { Header = ("Accept", "application/json") },
    ];

    public static ApiProblem[] OfListKeys { get; } = Always;

    public static ApiProblem[] OfListAudit { get; } = [.. Always, ApiProblem.InvalidCursor("This is no cursor that the list gave.")];

    public static ApiProblem[] OfCreateLink { get; } =
    [
        .. OfCreateKey.Select(problem => problem.Status == 415
            ? ApiProblem.UnsupportedMediaType("What the link is to open comes as application/json.") with { Header = ("Accept", "application/json") } : problem),
        ApiProblem.FileNotFound, ApiProblem.VersionNotFound,
    ];

    /// <summary>Nobody is asked who they are: the link says what it opens.</summary>
    public static ApiProblem[] OfReadLink { get; } =
    [
        .. OfRead.Where(problem => problem.Status is not (401 or 403 or 404)), ApiProblem.LinkNotFound,
    ];

    public static ApiProblem[] OfRevokeKey { get; } = [.. Changing, ApiProblem.KeyNotFound];

    private static readonly ApiProblem[] Tus = [ApiProblem.UnsupportedTusVersion];

    private static readonly ApiProblem[] Taking = [ApiProblem.UploadNotFound, ApiProblem.UploadLocked];

    private static readonly ApiProblem Checksum = ApiProblem.ChecksumMismatch("The bytes that arrived have qvTGHdzF6KLavt4PO0gs2a6pQ00=; none of them were kept.");

    private static readonly ApiProblem Inconsistent = ApiProblem.InconsistentLength("The upload was to have 5 bytes; this request makes it 6.");

    public static ApiProblem[] OfCreateUpload { get; } = [.. Storing.Where(problem => problem != DigestMismatch), .. Naming.Skip(1), .. Tus, Checksum, ApiProblem.UploadLocked];

    public static ApiProblem[] OfReadUpload { get; } = [.. Always, .. Tus, .. Taking];

    public static ApiProblem[] OfEndUpload { get; } = [.. Changing, .. Tus, .. Taking, ApiProblem.UploadComplete];

    public static ApiProblem[] OfAppend { get; } =
        [.. OfCreateUpload.Except(Naming), ApiProblem.UploadNotFound, ApiProblem.OffsetMismatch(5, 3), Inconsistent];

    public static ApiProblem[] OfReadDraft { get; } = [.. Always, .. Taking];

    public static ApiProblem[] OfEndDraft { get; } = [.. Changing, .. Taking, ApiProblem.UploadComplete];

    public static ApiProblem[] OfAppendDraft { get; } = [.. Storing, .. Taking, ApiProblem.OffsetMismatch(5, 3), Inconsistent, ApiProblem.FileNotFound];

    /// <summary>Every code that the service can answer, once.</summary>
    public static IEnumerable<string> Codes { get; } =
    [
        .. OfUpload.Concat(OfUpdate).Concat(OfRead).Concat(OfDeleteVersion).Concat(OfList).Concat(OfAppend).Concat(OfEndUpload).Concat(OfRevokeKey).Concat(OfReadLink)
            .Append(ApiProblem.NotFound).Append(ApiProblem.MethodNotAllowed)
            .OrderBy(problem => problem.Status).Select(problem => problem.Code).Distinct(StringComparer.Ordinal),
    ];
}
