using System.Globalization;
using FileDrop.Api.Access;
using FileDrop.Api.Catalog;
using FileDrop.Api.Contents;
using FileDrop.Api.Hashing;
using FileDrop.Api.Http;
using FileDrop.Api.OpenApi;
using FileDrop.Api.Settings;

namespace FileDrop.Api.Uploads;

/// <summary>
/// Resumable Uploads for HTTP (draft-ietf-httpbis-resumable-upload, the text after version 11, interop version 8), on <c>POST /files/upload</c> and on the
/// upload resource that it creates.
/// </summary>
/// <remarks>
/// The server cannot send the interim response 104. A client learns the resource's address from the answer to a creation with <c>?0</c>.
/// </remarks>
internal static class DraftEndpoints
{
    private const string Path = "/files/upload";
    private const string Complete = "Upload-Complete";

    /// <param name="app">The routes.</param>
    /// <param name="ordinary">The ordinary upload, which creates upload resources too.</param>
    public static void MapDraft(this IEndpointRouteBuilder app, RouteHandlerBuilder ordinary)
    {
        ordinary.AddEndpointFilter(Offer)
            .Takes(DraftDescription.Complete, UploadDescription.Length).Carries(DraftDescription.MaybeProgress).Fails(UploadDescription.OtherLength);

        var uploads = app.MapGroup(Path).WithTags("Uploads");
        uploads.MapMethods("/", [HttpMethods.Options], Describe).AllowAnonymous()
            .WithName("DescribeUploadLimits").WithSummary("Read the limits of resumable uploads").WithDescription("""
                Announces that `POST /files/upload` can be resumed, and returns the limits (draft-ietf-httpbis-resumable-upload, section "Limits").
                """)
            .Answers(204, "The limits.", DraftDescription.Limit);

        uploads.MapGet("/{upload_id}", ReadAsync)
            .WithName("ReadUploadResource").WithSummary("Read an upload resource's progress")
            .WithDescription("Returns the offset at which to continue, and whether the upload is complete.")
            .Takes(UploadDescription.Id).Needs(Scope.Write)
            .Answers(204, "The upload.", [.. DraftDescription.Progress, UploadDescription.LengthHeader, CommonHeaders.CacheControl]);

        uploads.MapPatch("/{upload_id}", AppendAsync)
            .WithName("AppendToUploadResource").WithSummary("Append to an upload resource").WithDescription("""
                Appends bytes at the upload's offset. With `Upload-Complete: ?1` they are the last ones, and the answer is that of an ordinary upload.
                """)
            .Takes(UploadDescription.Id, UploadDescription.Offset, DraftDescription.Complete, UploadDescription.Length, FileWords.ContentDigest)
            .TakesPiece(DraftFields.ContentType).Needs(Scope.Write)
            .Answers(201, "The file is stored.", ApiBody.Json(FileWords.File),
                [.. DraftDescription.Progress, .. CommonHeaders.Validators, CommonHeaders.Location])
            .Answers(204, "The bytes are stored.", DraftDescription.Progress).Carries(DraftDescription.MaybeProgress)
            .Fails(UploadDescription.ChangedLength, ApiProblem.FileNotFound);

        uploads.MapDelete("/{upload_id}", EndAsync)
            .WithName("EndUploadResource").WithSummary("Cancel an upload resource")
            .WithDescription("Cancels the upload and deletes its bytes. An upload that has become a file stays: `410`.")
            .Takes(UploadDescription.Id).Needs(Scope.Write)
            .Answers(204, "The upload is gone.")
            .Fails(ApiProblem.UploadComplete);
    }

    /// <summary>
    /// Filters the ordinary upload. With <c>Upload-Complete: ?0</c> the request creates an upload resource instead. With <c>?1</c> it stays
    /// an ordinary upload, and the answer repeats the field.
    /// </summary>
    private static async ValueTask<object?> Offer(EndpointFilterInvocationContext invocation, EndpointFilterDelegate next)
    {
        var context = invocation.HttpContext;
        if (DraftFields.ReadBoolean(context.Request, Complete) is not { } isComplete)
            return await next(invocation);
        var length = DraftFields.ReadNumber(context.Request, "Upload-Length");
        if (!isComplete)
            return await CreateAsync(context, length);
        context.Response.OnStarting(() =>
        {
            context.Response.Headers[Complete] = "?1";
            return Task.CompletedTask;
        });
        return length is not null && context.Request.ContentLength is { } body && body != length
            ? ApiProblem.InconsistentLength($"Upload-Length says {length} bytes, and Content-Length {body}.")
            : await next(invocation);
    }

    private static IResult Describe(HttpContext context, UploadStore uploads)
    {
        context.Response.Headers["Upload-Limit"] = $"max-size={Number(uploads.MaxSize)}";
        return TypedResults.NoContent();
    }

    private static async Task<IResult> CreateAsync(HttpContext context, long? length)
    {
        var services = context.RequestServices;
        var (uploads, options) = (services.GetRequiredService<UploadStore>(), services.GetRequiredService<FileDropOptions>());
        var (request, owner) = (context.Request, Caller.Owner(context));
        if (FileRequest.IsForm(request))
            return ApiProblem.UnsupportedMediaType("A resumable upload is the file itself: send it as it is, and its name in ?file_name= or Content-Disposition.");
        if (FileRequest.CheckHeaders(request, isForm: false, length ?? uploads.MaxSize) is { } refused)
            return refused;
        if (length > uploads.MaxSize)
            return ApiProblem.FileTooLarge($"An upload has at most {uploads.MaxSize} bytes.") with { Header = ("Upload-Limit", $"max-size={Number(uploads.MaxSize)}") };
        if (!FileRequest.TryReadRawName(request, out var name, out var problem))
            return problem;
        if (!FileType.TryRead(request.ContentType, raw: true, out var type, out var wrong)
            || !ContentDigest.TryRead(request.Headers["Repr-Digest"], out var sha256, out wrong))
            return ApiProblem.InvalidRequest(wrong);
        if (!RequestChecksum.TryReadDigest(request, out var check, out problem))
            return problem;
        using var disposal = check;
        var fields = PlaceFields.OfQuery(request);
        (var destination, name) = fields.ReadFor(name);
        name ??= FileName.Untitled;
        var plan = await uploads.PlaceAsync(
            owner, new ResumablePlan(name, type ?? FileType.OfName(name), FileTags.None, sha256) { ModifiedAt = fields.ModifiedAt, ExpiresAt = fields.ExpiresAt }, destination,
            context.RequestAborted);
        using var transfer = services.GetRequiredService<FileMetrics>().Begin(upload: true);
        using var body = new RequestBytes(request.BodyReader, options.UploadPatience);
        var append = new IncomingAppend(body, request.ContentLength, IsLast: false, check);
        var result = await uploads.CreateAsync(owner, plan, length, append, context.RequestAborted);
        transfer.Moved(result.Offset);
        context.Response.Headers.Location = UploadLocation.Of(request, $"{Path}/{result.Upload.Id}");
        WriteState(context, uploads, result.Offset, isComplete: false, result.ExpiresAt);
        return TypedResults.StatusCode(StatusCodes.Status201Created);
    }

    private static async Task<IResult> ReadAsync(HttpContext context, UploadStore uploads, string upload_id)
    {
        if (!Parameters.TryReadId(upload_id, out var id)
            || await uploads.FindSettledAsync(Caller.Owner(context), id, atLength: false, context.RequestAborted) is not { } upload)
            return ApiProblem.UploadNotFound;
        WriteState(context, uploads, upload.Progress.Offset, upload.Stage == ResumableStage.Complete, upload.ExpiresAt);
        if (upload.Length is { } length)
            context.Response.Headers["Upload-Length"] = Number(length);
        context.Response.Headers.CacheControl = "no-store";
        return TypedResults.NoContent();
    }

    private static async Task<IResult> AppendAsync(
        HttpContext context, UploadStore uploads, FileStore files, FileDropOptions options, FileMetrics metrics, string upload_id)
    {
        var (request, owner) = (context.Request, Caller.Owner(context));
        if (!DraftFields.IsPartialUpload(request))
            return ApiProblem.UnsupportedMediaType($"Bytes are appended as {DraftFields.ContentType}.") with { Header = ("Accept-Patch", DraftFields.ContentType) };
        if (DraftFields.ReadBoolean(request, Complete) is not { } isLast || DraftFields.ReadNumber(request, "Upload-Offset") is not { } offset)
            return ApiProblem.InvalidRequest("An append has Upload-Offset, a number, and Upload-Complete, ?0 or ?1.");
        if (!RequestChecksum.TryReadDigest(request, out var check, out var malformed))
            return malformed;
        using var disposal = check;
        if (!Parameters.TryReadId(upload_id, out var id))
            return ApiProblem.UploadNotFound;
        var (upload, writer) = await uploads.TakeAsync(owner, id, context.RequestAborted);
        if (upload is null)
            return ApiProblem.UploadNotFound;
        if (writer is null)
            return await RepeatedAsync(context, files, upload, offset, isLast);

        await using (writer)
        {
            if (Refuse(context, writer, offset, isLast, uploads.MaxSize) is { } problem)
            {
                await writer.ReleaseAsync(keeps: true);
                if (problem.Status == StatusCodes.Status413PayloadTooLarge)
                    await uploads.EndAsync(owner, id, context.RequestAborted);
                return problem;
            }
            try
            {
                using var transfer = metrics.Begin(upload: true);
                using var body = new RequestBytes(request.BodyReader, options.UploadPatience);
                var append = new IncomingAppend(body, request.ContentLength, isLast, check);
                var result = await uploads.AppendAsync(writer, append, context.RequestAborted);
                transfer.Moved(result.Offset - offset);
                WriteState(context, uploads, result.Offset, result.IsComplete, result.ExpiresAt);
                return result.File is { } file ? FileAnswers.Created(context, file) : TypedResults.NoContent();
            }
            catch (Exception failure) when (Problems.Of(failure) is { } answer)
            {
                // An upload that exceeds its length becomes invalid (section "Upload Append").
                if (answer.Status == StatusCodes.Status413PayloadTooLarge)
                    await uploads.EndAsync(owner, id, CancellationToken.None);
                var isGone = await uploads.FindAsync(owner, id, CancellationToken.None) is null;
                context.Response.Headers[Complete] = isGone ? "?1" : "?0";
                return answer;
            }
        }
    }

    private static ApiProblem? Refuse(HttpContext context, UploadWriter writer, long offset, bool isLast, long maxSize)
    {
        var (request, headers) = (context.Request, context.Response.Headers);
        headers[Complete] = "?0";
        if (offset != writer.Offset)
            return ApiProblem.OffsetMismatch(writer.Offset, offset);
        var ends = isLast ? offset + request.ContentLength : null;
        var announced = DraftFields.ReadNumber(request, "Upload-Length") ?? ends;
        if ((ends is not null && announced != ends) || (announced is not null && writer.Length is not null && announced != writer.Length))
            return ApiProblem.InconsistentLength($"The upload was to have {writer.Length ?? announced} bytes; this request makes it {ends ?? announced}.");
        if (announced < offset)
            return ApiProblem.InconsistentLength($"The upload has {offset} bytes already.");
        var limit = announced ?? writer.Length ?? maxSize;
        if (limit > maxSize || request.ContentLength > limit - offset)
            return ApiProblem.FileTooLarge($"The upload has at most {Math.Min(limit, maxSize)} bytes. It is gone; begin a new one.");
        if (announced is { } length)
            writer.SetLength(length);
        return null;
    }

    /// <summary>Answers an append to a complete upload: it repeats one whose answer was lost, or brings too many bytes.</summary>
    private static async Task<IResult> RepeatedAsync(HttpContext context, FileStore files, ResumableUpload upload, long offset, bool isLast)
    {
        context.Response.Headers[Complete] = "?0";
        if (offset != upload.Progress.Offset)
            return ApiProblem.OffsetMismatch(upload.Progress.Offset, offset);
        if (!isLast || context.Request.ContentLength is null or > 0)
            return ApiProblem.InvalidRequest("The upload is complete; nothing can be appended to it.");
        if (await files.FindAsync(upload.Owner, upload.Id, context.RequestAborted) is not { } file)
            return ApiProblem.FileNotFound;
        context.Response.Headers[Complete] = "?1";
        return FileAnswers.Created(context, file);
    }

    private static async Task<IResult> EndAsync(HttpContext context, UploadStore uploads, string upload_id) =>
        !Parameters.TryReadId(upload_id, out var id) ? ApiProblem.UploadNotFound
        : await uploads.EndAsync(Caller.Owner(context), id, context.RequestAborted) is { } refusal ? Problems.Of(refusal)
        : TypedResults.NoContent();

    private static void WriteState(HttpContext context, UploadStore uploads, long offset, bool isComplete, DateTimeOffset expiresAt)
    {
        var headers = context.Response.Headers;
        headers["Upload-Offset"] = Number(offset);
        headers[Complete] = isComplete ? "?1" : "?0";
        headers["Upload-Limit"] = isComplete ? $"max-size={Number(uploads.MaxSize)}"
            : $"max-size={Number(uploads.MaxSize)}, max-age={Number(uploads.SecondsUntil(expiresAt))}";
    }

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
