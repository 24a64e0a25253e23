using System.Diagnostics;
using System.Text.Json.Serialization;

namespace FileDrop.Api.Http;

/// <summary>An error for a client: RFC 9457 problem details with a stable code. It is also the answer itself.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Code">The stable code, for programs; the contract's table lists all codes.</param>
/// <param name="Title">The title, which is the same for every occurrence of the code.</param>
/// <param name="Detail">The cause in this case and the remedy; never an internal address.</param>
public sealed record ApiProblem(int Status, string Code, string Title, string Detail) : IResult
{
    /// <summary>The media type of every error that the application answers.</summary>
    public const string MediaType = "application/problem+json";

    /// <summary>Seconds to wait before the next try; sent as Retry-After.</summary>
    public int? RetryAfterSeconds { get; init; }

    /// <summary>The registered type of the problem; null makes the type from the code.</summary>
    public string? Type { get; init; }

    /// <summary>For an append at the wrong offset: the upload's offset and the request's, in bytes.</summary>
    public (long Expected, long Provided)? Offsets { get; init; }

    /// <summary>For a request beyond a limit: the limits, named as in RateLimit-Policy.</summary>
    public IReadOnlyList<string>? ViolatedPolicies { get; init; }

    /// <summary>A header that belongs to the error: Content-Range, Accept, Accept-Encoding.</summary>
    public (string Name, string Value)? Header { get; init; }

    public static ApiProblem InvalidRequest(string detail) => new(400, "invalid_request", "The request is malformed", detail);

    public static ApiProblem FileMissing(string detail) => new(400, "file_missing", "The request has no file", detail);

    public static ApiProblem TooManyFiles { get; } = new(400, "too_many_files", "The form has more than one file",
        "Send each file in its own request: a form must have exactly one part with a filename.");

    public static ApiProblem InvalidName(string detail) => new(400, "invalid_name", "The name is not allowed", detail);

    public static ApiProblem InvalidTags(string detail) => new(400, "invalid_tags", "The tags are not allowed", detail);

    public static ApiProblem InvalidCursor(string detail) => new(400, "invalid_cursor", "The cursor does not fit", detail);

    public static ApiProblem DigestMismatch(string detail) => new(400, "digest_mismatch", "The bytes do not match the digest", detail);

    public static ApiProblem InconsistentLength(string detail) => new(400, "inconsistent_length", "The lengths contradict each other", detail)
    {
        Type = "https://iana.org/assignments/http-problem-types#inconsistent-upload-length",
    };

    public static ApiProblem Unauthenticated { get; } = new(401, "unauthenticated", "Say who you are",
        "Send a valid API key or access token as Authorization: Bearer …, or use HTTP Basic with the key as the password.")
    {
        // Never offer Basic: a browser would prompt for a password, keep it, and send it with requests of any page.
        Header = ("WWW-Authenticate", "Bearer"),
    };

    public static ApiProblem Forbidden(string detail) => new(403, "forbidden", "Not allowed", detail);

    public static ApiProblem FileNotFound { get; } = new(404, "file_not_found", "There is no such file",
        "No file has this id: it never existed, was deleted, or is not yours.");

    public static ApiProblem FolderNotFound { get; } = new(404, "folder_not_found", "There is no such folder",
        "No folder has this id or path: it never existed, was deleted, or is not yours.");

    public static ApiProblem VersionNotFound { get; } = new(404, "version_not_found", "There is no such version",
        "The file keeps no content with this number: it was pruned or deleted, or the number belongs to a change of only name or tags.");

    public static ApiProblem UploadNotFound { get; } = new(404, "upload_not_found", "There is no such upload",
        "No upload has this id: it never existed, was ended, has expired, or is not yours. Begin a new one.");

    public static ApiProblem KeyNotFound { get; } = new(404, "key_not_found", "There is no such key",
        "No API key has this id, or it is already revoked.");

    public static ApiProblem LinkNotFound { get; } = new(404, "link_not_found", "There is no such link",
        "The link has expired, is incomplete, or its content is gone. Request a new link.");

    public static ApiProblem ShareNotFound { get; } = new(404, "share_not_found", "There is no such share",
        "The link is wrong, or it does not work any more. Ask its sender for a new one.");

    public static ApiProblem SharePasswordRequired { get; } = new(401, "share_password_required", "This link has a password",
        "Send the password of the link by HTTP Basic, with any user name: curl -u :PASSWORD.")
    {
        Header = ("WWW-Authenticate", "Bearer"),
    };

    public static ApiProblem SharePasswordWrong { get; } = SharePasswordRequired with
    {
        Code = "share_password_wrong",
        Title = "The password is wrong",
        Detail = "This is not the password of the link. Ask its sender.",
    };

    public static ApiProblem ViewOnly { get; } = new(403, "share_view_only", "This link only shows files",
        "The link shows pictures, audio, video, PDF and plain text in a browser. It does not download files or archives.");

    public static ApiProblem NotADrop { get; } = new(403, "share_takes_no_files", "This link takes no files",
        "Nothing can be uploaded with this link. Ask its sender for a link to upload with.");

    public static ApiProblem DropFull { get; } = new(507, "drop_full", "No more files fit here",
        "The folder behind this link takes no more files, or not as large ones. Nothing was stored. Ask the sender of the link.");

    public static ApiProblem NotFound { get; } = new(404, "not_found", "There is nothing here",
        "No operation has this path; /scalar lists all of them.");

    public static ApiProblem MethodNotAllowed { get; } = new(405, "method_not_allowed", "The method is not allowed here",
        "The Allow field lists the methods of this path.");

    /// <summary>The answer to a new file that was sent to a path that accepts none.</summary>
    internal static ApiProblem UploadIsElsewhere { get; } = MethodNotAllowed with { Detail = UploadHint };

    /// <summary>The advice where to send a new file.</summary>
    private const string UploadHint = "Upload with POST /files/upload: -F file=@report.pdf, or the bytes as the body and the name in ?file_name=report.pdf.";

    public static ApiProblem RequestInProgress { get; } = new(409, "request_in_progress", "The first request is still running",
        "Another upload with this Idempotency-Key is in progress. Try again when it has ended.")
    {
        RetryAfterSeconds = 1,
    };

    public static ApiProblem VersionIsLive { get; } = new(409, "version_is_live", "This version is the live one",
        "The live version cannot be deleted. Restore another version first, or delete the file.");

    public static ApiProblem NameTaken { get; } = new(409, "name_taken", "The name is taken",
        "Another file or folder has this name in the folder. Choose another name, or another on_conflict: rename or replace. "
        + "A file never replaces a folder, nor a folder a file.");

    public static ApiProblem TooManyEntries { get; } = new(422, "too_many_entries", "There are too many entries",
        $"An archive has at most {Contents.Archives.MaxEntries} files and folders, and one copy makes at most {Contents.DriveStore.MaxCopied}.");

    public static ApiProblem Circle { get; } = new(409, "circle", "A folder cannot be moved into itself",
        "The folder would be in itself, or in a folder below it. Choose another parent.");

    public static ApiProblem TooDeep { get; } = new(409, "too_deep", "The folder would be too deep",
        $"A folder has at most {Catalog.Place.MaxDepth} levels from the root down to itself. Choose a parent that is nearer to the root.");

    public static ApiProblem ParentInTrash { get; } = new(409, "parent_in_trash", "The file's folder is in the trash",
        "The file went to the trash with its folder. Restore the folder, or name another folder to restore the file to.");

    public static ApiProblem OffsetMismatch(long expected, long provided) =>
        new(409, "offset_mismatch", "The upload is at another offset",
            $"The upload has {expected} bytes, but the request continues at {provided}. Continue at the upload's offset.")
        {
            Type = "https://iana.org/assignments/http-problem-types#mismatching-upload-offset",
            Offsets = (expected, provided),
            Header = ("Upload-Offset", expected.ToString(System.Globalization.CultureInfo.InvariantCulture)),
        };

    public static ApiProblem UploadComplete { get; } = new(410, "upload_complete", "The upload has become a file",
        "Ending an upload does not delete its file. Use DELETE /files/{file_id} with the same id.");

    public static ApiProblem CursorExpired { get; } = new(410, "cursor_expired", "The cursor has expired",
        "The changes behind this cursor are no longer kept, or it comes from another catalog or owner. Take the cursor \"latest\", then list everything again.");

    public static ApiProblem UnsupportedTusVersion { get; } = new(412, "unsupported_tus_version", "This is not tus 1.0.0",
        "Send the field Tus-Resumable with the value 1.0.0.")
    {
        Header = ("Tus-Version", "1.0.0"),
    };

    public static ApiProblem PreconditionFailed { get; } = new(412, "precondition_failed", "The file or folder is not as expected",
        "It has changed, or does not match a precondition of the request. Nothing was changed. Read it again and decide.");

    public static ApiProblem FileTooLarge(string detail) => new(413, "file_too_large", "The file is too large", detail);

    public static ApiProblem UnsupportedMediaType(string detail) =>
        new(415, "unsupported_media_type", "The content cannot be taken in this form", detail);

    public static ApiProblem RangeNotSatisfiable(long size) =>
        new(416, "range_not_satisfiable", "The range lies outside the file", $"The file has {size} bytes.")
        {
            Header = ("Content-Range", $"bytes */{size}"),
        };

    public static ApiProblem MisdirectedRequest { get; } = new(421, "misdirected_request", "This is not the host you asked for",
        "The service answers only to its own names. Use http://localhost, or add the name to FileDrop:AllowedHosts.");

    public static ApiProblem UploadLocked { get; } = new(423, "upload_locked", "Another request writes this upload",
        "Only one request at a time can append to an upload, and a newer one takes precedence. Request the offset and continue from there.")
    {
        RetryAfterSeconds = 1,
    };

    public static ApiProblem Locked { get; } = new(423, "locked", "It is locked",
        "A WebDAV client has locked the file or folder, a folder above it, or something below it. Try again when the lock has ended; an hour without a sign of "
        + "life ends it, too. An admin can end it by UNLOCK.");

    public static ApiProblem ChecksumMismatch(string detail) => new(460, "checksum_mismatch", "The bytes do not match the checksum", detail);

    public static ApiProblem IdempotencyKeyReused(string detail) =>
        new(422, "idempotency_key_reused", "The Idempotency-Key belongs to another upload", detail);

    /// <param name="seconds">Seconds to wait before the next try.</param>
    /// <param name="policy">The limit, as RateLimit-Policy names it.</param>
    public static ApiProblem TooManyRequests(long seconds, string policy) =>
        new(429, "too_many_requests", "There were too many requests", $"The limit \"{policy}\" is used up. Wait as long as Retry-After says.")
        {
            Type = "https://iana.org/assignments/http-problem-types#quota-exceeded",
            RetryAfterSeconds = (int)seconds,
            ViolatedPolicies = [policy],
        };

    public static ApiProblem InternalError { get; } = new(500, "internal_error", "Something went wrong on our side",
        "This is a bug in FileDrop. Search the log for the trace id.");

    public static ApiProblem UnknownTransferCoding { get; } = new(501, "unknown_transfer_coding", "The transfer coding is not known here",
        "Send the content unencoded, with a Content-Length or as \"Transfer-Encoding: chunked\". The service decodes no other coding.");

    public static ApiProblem StorageUnavailable { get; } = new(503, "storage_unavailable", "The storage does not answer",
        "The metadata or content store cannot be reached. The request happened completely or not at all. Try again.")
    {
        RetryAfterSeconds = 5,
    };

    public static ApiProblem ProviderUnavailable { get; } = new(503, "provider_unavailable", "The identity provider does not answer",
        "The access token cannot be verified now. Nothing was changed. Try again.")
    {
        RetryAfterSeconds = 5,
    };

    public static ApiProblem InsufficientStorage { get; } = new(507, "insufficient_storage", "There is no room left",
        "The store is full. Nothing was stored. Delete files or add storage.");

    public static ApiProblem QuotaExceeded { get; } = new(507, "quota_exceeded", "Your quota is used up",
        "The content exceeds your quota. GET /usage shows your usage. Files in the trash and earlier versions count, "
        + "and can be deleted permanently.");

    public static ApiProblem TooMuchKept { get; } = new(507, "insufficient_storage", "There is no room left",
        $"A file or folder has at most {Catalog.DavState.MaxLocks} locks, and properties of {Catalog.DavState.MaxProperties} names and "
        + $"{Catalog.DavState.MaxPropertyLength} characters. An owner has at most {Catalog.DavState.MaxLocked} locked files and {Catalog.DavState.MaxLocked} locked folders.");

    public static ApiProblem TooManyUploads(int most) => QuotaExceeded with
    {
        Detail = $"You have {most} incomplete or partial resumable uploads. Complete some, end some with DELETE, or wait until they expire.",
    };

    /// <summary>Makes the problem for a bare status of the framework. If the request seems to bring a new file, it says where to send it.</summary>
    public static ApiProblem? OfStatus(int status, HttpRequest request) => OfStatus(status) is { Status: 404 or 405 } problem && BringsNewFile(request)
        ? problem with { Detail = problem.Status == 404 ? $"{problem.Detail} {UploadHint}" : UploadHint }
        : OfStatus(status);

    /// <summary>Whether the request is a POST or PUT at a top-level path. Below a file, an upload or a key, another operation was meant.</summary>
    private static bool BringsNewFile(HttpRequest request) =>
        (HttpMethods.IsPost(request.Method) || HttpMethods.IsPut(request.Method)) && request.Path.Value?.Trim('/').Contains('/', StringComparison.Ordinal) is false;

    /// <summary>Makes the problem for a bare status of the framework.</summary>
    public static ApiProblem? OfStatus(int status) => status switch
    {
        404 => NotFound,
        405 => MethodNotAllowed,
        413 => FileTooLarge("The request is larger than the server accepts."),
        >= 500 => InternalError with { Status = status },
        >= 400 => InvalidRequest("The request could not be read.") with { Status = status },
        _ => null,
    };

    /// <summary>Sends the problem as the response.</summary>
    public Task ExecuteAsync(HttpContext httpContext)
    {
        ArgumentNullException.ThrowIfNull(httpContext);
        WriteFields(httpContext);
        return new JsonAnswer<ProblemJson>(ToJson(httpContext), ApiJson.Instance.ProblemJson, Status, MediaType).ExecuteAsync(httpContext);
    }

    /// <summary>Writes the fields of an answer that tells the problem, in whatever form, and leaves its code to the log.</summary>
    internal void WriteFields(HttpContext context)
    {
        var headers = context.Response.Headers;
        if (RetryAfterSeconds is { } seconds)
            headers.RetryAfter = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        if (Header is { } header)
            headers[header.Name] = header.Value;
        headers.CacheControl = "no-store";
        context.Items[typeof(ApiProblem)] = Code;
    }

    private ProblemJson ToJson(HttpContext context) => new(
        Type ?? $"urn:filedrop:problem:{Code}", Title, Status, Detail, context.Request.Path is { HasValue: true } path ? path.ToUriComponent() : "*", Code,
        Activity.Current?.TraceId.ToHexString() ?? context.TraceIdentifier, Offsets?.Expected, Offsets?.Provided, ViolatedPolicies);
}

/// <summary>The body of every error (RFC 9457, section 3).</summary>
/// <param name="Type">The type of the problem, which ends with the code.</param>
/// <param name="Title">The title, which is the same for every occurrence of the code.</param>
/// <param name="Status">The HTTP status.</param>
/// <param name="Detail">The cause in this case and the remedy.</param>
/// <param name="Instance">The requested path; <c>*</c> if the request has none (OPTIONS).</param>
/// <param name="Code">The stable code, for programs.</param>
/// <param name="TraceId">The id of the request in log and traces.</param>
/// <param name="ExpectedOffset">For an append at the wrong offset: the upload's offset, in bytes.</param>
/// <param name="ProvidedOffset">For an append at the wrong offset: the request's offset, in bytes.</param>
/// <param name="ViolatedPolicies">For a request beyond a limit: the limits.</param>
public sealed record ProblemJson(
    string Type,
    string Title,
    int Status,
    string Detail,
    string Instance,
    string Code,
    string TraceId,
    [property: JsonPropertyName("expected-offset"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? ExpectedOffset = null,
    [property: JsonPropertyName("provided-offset"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? ProvidedOffset = null,
    [property: JsonPropertyName("violated-policies"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    IReadOnlyList<string>? ViolatedPolicies = null);
