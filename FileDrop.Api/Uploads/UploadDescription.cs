using FileDrop.Api.Http;
using FileDrop.Api.OpenApi;

namespace FileDrop.Api.Uploads;

/// <summary>Parameters, fields and errors that both protocols of resumable uploads share, as the OpenAPI document shows them.</summary>
internal static class UploadDescription
{
    public static readonly ApiParameter Id = ApiParameter.Path("upload_id", "The upload's id. A malformed id names no upload: `404`.", Shape.Id()) with
    {
        Failures = [ApiProblem.UploadNotFound, ApiProblem.UploadLocked],
    };

    public static readonly ApiParameter Length = ApiParameter.Header("Upload-Length",
        "The length of the whole upload, in bytes. It cannot change once it is set. A new tus upload has this field or Upload-Defer-Length.", "5242880");

    public static readonly ApiParameter Offset = ApiParameter.Header("Upload-Offset",
        "The position of these bytes. It must be the upload's offset; otherwise `409`.", "0") with
    {
        Failures = [ApiProblem.OffsetMismatch(5, 3)],
    };

    public static readonly ApiHeader OffsetHeader = new("Upload-Offset", "The number of stored bytes.", "1048576");

    public static readonly ApiHeader LengthHeader =
        new("Upload-Length", "The length of the whole upload in bytes, once it is known.", "5242880") { IsOptional = true };

    /// <summary>A new upload with two lengths.</summary>
    public static readonly ApiProblem OtherLength = ApiProblem.InconsistentLength("Upload-Length says 5 bytes, and Content-Length 6.");

    /// <summary>An append that contradicts the upload's length.</summary>
    public static readonly ApiProblem ChangedLength = ApiProblem.InconsistentLength("The upload was to have 5 bytes; this request makes it 6.");
}

/// <summary>The words of tus.</summary>
internal static class TusDescription
{
    public static readonly ApiParameter Version = ApiParameter.Header("Tus-Resumable", "The version of tus. Any other version, or none, is `412`.", "1.0.0") with
    {
        IsRequired = true,
        Failures = [ApiProblem.UnsupportedTusVersion],
    };

    public static readonly ApiParameter Checksum = ApiParameter.Header("Upload-Checksum",
        "The `sha1` or `sha256` of this request's bytes, in base64. It may also be a trailer.", "sha1 qvTGHdzF6KLavt4PO0gs2a6pQ00=") with
    {
        Failures = [ApiProblem.ChecksumMismatch("The bytes that arrived have qvTGHdzF6KLavt4PO0gs2a6pQ00=; none of them were kept.")],
    };

    /// <summary>Parameters of a creation.</summary>
    public static readonly ApiParameter[] Creation =
    [
        Version,
        UploadDescription.Length,
        ApiParameter.Header("Upload-Defer-Length", "`1`: the length follows later.", "1"),
        ApiParameter.Header("Upload-Metadata", "`filename`, `filetype` and `tags` (a JSON object of strings), each value in base64.", "filename cmVwb3J0LnBkZg==")
            with { Failures = [CommonErrors.InvalidName, CommonErrors.InvalidTags] },
        ApiParameter.Header("Upload-Concat", "`partial`, or `final;` and the URLs of partial uploads, separated by spaces.", "partial")
            with { Failures = [ApiProblem.UploadLocked] },
        Checksum,
    ];

    public static readonly ApiHeader VersionHeader = new("Tus-Resumable", "The version of tus.", "1.0.0");

    /// <summary>Fields that describe the server.</summary>
    public static readonly ApiHeader[] Server =
    [
        new("Tus-Version", "The supported versions of tus.", "1.0.0"),
        new("Tus-Extension", "The supported extensions of tus.", "creation,expiration,checksum,termination,concatenation"),
        new("Tus-Max-Size", "The largest upload, in bytes.", "5497558138880"),
        new("Tus-Checksum-Algorithm", "The algorithms for Upload-Checksum.", "sha1,sha256"),
    ];

    /// <summary>Fields that tell an upload's progress.</summary>
    public static readonly ApiHeader[] Progress =
    [
        UploadDescription.OffsetHeader,
        new("Upload-Expires", "The time at which an incomplete upload expires.", ApiExamples.LastModified) { IsOptional = true },
        new("Content-Location", "The file that the upload has become.", $"/files/{ApiExamples.FileId}") { IsOptional = true },
    ];

    /// <summary>Fields that tell an upload's progress and its settings.</summary>
    public static readonly ApiHeader[] State =
    [
        .. Progress,
        UploadDescription.LengthHeader,
        new("Upload-Defer-Length", "The length is not known yet.", "1") { IsOptional = true },
        new("Upload-Metadata", "The value from the creation.", "filename cmVwb3J0LnBkZg==") { IsOptional = true },
        new("Upload-Concat", "The value from the creation.", "partial") { IsOptional = true },
        CommonHeaders.CacheControl,
    ];
}

/// <summary>The words of the IETF's draft.</summary>
internal static class DraftDescription
{
    public static readonly ApiParameter Complete = ApiParameter.Header("Upload-Complete",
        "`?1`: these are the last bytes. `?0`: more follow; `POST /files/upload` then makes an upload resource (draft-ietf-httpbis-resumable-upload).", "?0");

    public static readonly ApiHeader Limit = new("Upload-Limit", "The largest upload in bytes, and the seconds that an upload waits for its next byte.",
        "max-size=5497558138880, max-age=86399");

    private static readonly ApiHeader IsComplete = new("Upload-Complete", "`?1` if the upload has become a file, otherwise `?0`.", "?0");

    /// <summary>Fields that tell an upload's progress.</summary>
    public static readonly ApiHeader[] Progress = [UploadDescription.OffsetHeader, IsComplete, Limit];

    /// <summary>The same fields in answers that may lack them: errors, and answers to an upload without Upload-Complete.</summary>
    public static readonly ApiHeader[] MaybeProgress =
        [.. Progress.Select(header => header with { Key = header.Name + "_optional", IsOptional = true })];
}
