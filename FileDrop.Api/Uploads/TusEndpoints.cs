using FileDrop.Api.Access;
using FileDrop.Api.Catalog;
using FileDrop.Api.Contents;
using FileDrop.Api.Http;
using FileDrop.Api.OpenApi;
using FileDrop.Api.Settings;
using Microsoft.AspNetCore.Http.Features;

namespace FileDrop.Api.Uploads;

/// <summary>tus 1.0.0 with its extensions, at <c>/uploads</c>.</summary>
internal static class TusEndpoints
{
    private const string Path = PartialContent.TusPath;
    private const string Extensions =
        "creation,creation-with-upload,creation-defer-length,expiration,checksum,checksum-trailer,termination,concatenation";

    /// <summary>Methods that some clients cannot send.</summary>
    private static readonly string[] Overrides = [HttpMethods.Patch, HttpMethods.Delete, HttpMethods.Head];

    private static ApiProblem UnknownOverride { get; } = ApiProblem.InvalidRequest("X-HTTP-Method-Override is PATCH, DELETE or HEAD.");

    /// <summary>Adds tus's version to every answer below the path, also of other parts of the service, and applies X-HTTP-Method-Override.</summary>
    public static void UseTus(this IApplicationBuilder app) => app.Use((context, next) =>
    {
        var (request, response) = (context.Request, context.Response);
        if (!request.Path.StartsWithSegments(Path, StringComparison.OrdinalIgnoreCase))
            return next(context);
        response.OnStarting(() =>
        {
            response.Headers[TusFields.Resumable] = TusFields.Version;
            return Task.CompletedTask;
        });
        if (request.Headers["X-HTTP-Method-Override"].ToString() is not { Length: > 0 } method || method.Equals(request.Method, StringComparison.OrdinalIgnoreCase))
            return next(context);
        // Otherwise a client could write any text where a method is expected, such as in the log.
        if (Overrides.FirstOrDefault(each => each.Equals(method, StringComparison.OrdinalIgnoreCase)) is not { } meant)
            return UnknownOverride.ExecuteAsync(context);
        request.Method = meant;
        return next(context);
    });

    public static void MapTus(this IEndpointRouteBuilder app)
    {
        var uploads = app.MapGroup(Path).WithTags("Uploads").Carries(TusDescription.VersionHeader);
        uploads.MapMethods("/", [HttpMethods.Options], Describe).AllowAnonymous()
            .WithName("DescribeUploads").WithSummary("Describe the tus server")
            .WithDescription("Returns the version of tus, its extensions, the largest upload and the checksum algorithms.")
            .Answers(204, "The abilities of this server.", TusDescription.Server);
        uploads.MapMethods("/{upload_id}", [HttpMethods.Options], Describe).AllowAnonymous()
            .WithName("DescribeUpload").WithSummary("Describe the tus server of an upload")
            .WithDescription("Returns the version of tus, its extensions, the largest upload and the checksum algorithms. The upload need not exist.")
            .Takes(UploadDescription.Id with { Failures = [] })
            .Answers(204, "The abilities of this server.", TusDescription.Server);

        var spoken = uploads.MapGroup("").AddEndpointFilter(async (invocation, next) =>
            invocation.HttpContext.Request.Headers[TusFields.Resumable] == TusFields.Version ? await next(invocation) : ApiProblem.UnsupportedTusVersion);
        spoken.MapPost("/", CreateAsync)
            .WithName("CreateUpload").WithSummary("Begin a resumable upload").WithDescription("""
                Begins an upload by tus 1.0.0. A body brings all bytes or the first ones. `Upload-Concat: final;…` makes a file of partial uploads.

                The upload's id becomes the `file_id`, unless it replaces a file. `Content-Location` names the file once it exists.
                """)
            .Takes(TusDescription.Creation).TakesPiece(PartialContent.TusType, required: false).Needs(Scope.Write)
            .Answers(201, "The upload has begun, or is complete.", [.. TusDescription.Progress, CommonHeaders.Location]);

        spoken.MapMethods("/{upload_id}", [HttpMethods.Head], ReadAsync)
            .WithName("ReadUpload").WithSummary("Read an upload's progress")
            .WithDescription("Returns the offset at which to continue. A request that is appending to the upload is asked to end first.")
            .Takes(UploadDescription.Id, TusDescription.Version).Needs(Scope.Write)
            .Answers(200, "The upload.", TusDescription.State);

        spoken.MapPatch("/{upload_id}", AppendAsync)
            .WithName("AppendToUpload").WithSummary("Append to an upload").WithDescription("""
                Appends bytes at the upload's offset. The bytes that arrive are kept even if the connection breaks, unless the request has a checksum.
                """)
            .Takes(UploadDescription.Id, TusDescription.Version, UploadDescription.Offset, UploadDescription.Length, TusDescription.Checksum)
            .TakesPiece(PartialContent.TusType).Needs(Scope.Write)
            .Answers(204, "The bytes are stored.", TusDescription.Progress)
            .Fails(UploadDescription.ChangedLength);

        spoken.MapDelete("/{upload_id}", EndAsync)
            .WithName("EndUpload").WithSummary("End an incomplete upload")
            .WithDescription("Ends the upload and deletes its bytes. An upload that has become a file stays: `410`.")
            .Takes(UploadDescription.Id, TusDescription.Version).Needs(Scope.Write)
            .Answers(204, "The upload is gone.")
            .Fails(ApiProblem.UploadComplete);
    }

    private static IResult Describe(HttpContext context, UploadStore uploads)
    {
        var headers = context.Response.Headers;
        headers["Tus-Version"] = TusFields.Version;
        headers["Tus-Extension"] = Extensions;
        headers["Tus-Max-Size"] = TusFields.Number(uploads.MaxSize);
        headers["Tus-Checksum-Algorithm"] = RequestChecksum.Algorithms;
        return TypedResults.NoContent();
    }

    private static async Task<IResult> CreateAsync(HttpContext context, UploadStore uploads, FileDropOptions options, FileMetrics metrics)
    {
        var (request, owner) = (context.Request, Caller.Owner(context));
        if (!TusFields.TryReadNumber(request, "Upload-Length", out var length, out var problem)
            || !TusRequest.TryReadPlan(request, out var plan, out var destination, out problem)
            || !RequestChecksum.TryReadTus(request, out var check, out problem))
            return problem;
        using var disposal = check;
        plan = await uploads.PlaceAsync(owner, plan, destination, context.RequestAborted);
        var deferred = request.Headers["Upload-Defer-Length"].ToString();
        if (plan.Concat is not null && !plan.IsPartial)
            return length is not null || deferred.Length > 0
                ? ApiProblem.InvalidRequest("The length of a final upload is that of its parts: send no Upload-Length.")
                : await ConcatenateAsync(context, uploads, owner, plan);
        if (length is null ? deferred is not "1" : deferred.Length > 0)
            return ApiProblem.InvalidRequest("An upload has either an Upload-Length or an Upload-Defer-Length, which is 1.");
        if (length > uploads.MaxSize)
            return ApiProblem.FileTooLarge($"An upload has at most {uploads.MaxSize} bytes.");
        var hasBody = HasBody(request);
        if (hasBody && !PartialContent.IsTus(request))
            return TusFields.NotBytes;
        if (request.ContentLength > (length ?? uploads.MaxSize))
            return ApiProblem.FileTooLarge($"The body has {request.ContentLength} bytes, and the upload {length ?? uploads.MaxSize}.");

        if (!hasBody && length != 0)
        {
            var upload = await uploads.CreateAsync(owner, plan, length, context.RequestAborted);
            WriteState(context, upload.Plan, offset: 0, upload.ExpiresAt, isComplete: false, upload.Id);
            return Created(context, upload.Id);
        }
        using var transfer = metrics.Begin(upload: true);
        using var body = new RequestBytes(request.BodyReader, options.UploadPatience);
        var append = new IncomingAppend(body, request.ContentLength, IsLast: null, check);
        var result = await uploads.CreateAsync(owner, plan, length, append, context.RequestAborted);
        transfer.Moved(result.Offset);
        WriteState(context, plan, result.Offset, result.ExpiresAt, result.IsComplete, result.File?.Id ?? result.Upload.Id);
        return Created(context, result.Upload.Id);
    }

    private static async Task<IResult> ConcatenateAsync(HttpContext context, UploadStore uploads, string owner, ResumablePlan plan)
    {
        if (TusRequest.ReadFinal(plan.Concat ?? "") is not { } partials)
            return ApiProblem.InvalidRequest("Upload-Concat is 'partial', or 'final;' and the URLs of partial uploads, separated by spaces, each at most twice.");
        var (parts, unfit) = await uploads.FindPartsAsync(owner, partials, context.RequestAborted);
        if (unfit is { } id)
            return ApiProblem.InvalidRequest($"Upload-Concat: {id} is not a partial upload of yours with all its bytes. Nothing was made.");
        var file = await uploads.ConcatenateAsync(owner, plan, parts, context.RequestAborted);
        WriteState(context, plan, file.Content.Size, default, isComplete: true, file.Id);
        return Created(context, file.Id);
    }

    private static async Task<IResult> ReadAsync(HttpContext context, UploadStore uploads, string upload_id)
    {
        if (!Parameters.TryReadId(upload_id, out var id)
            || await uploads.FindSettledAsync(Caller.Owner(context), id, atLength: true, context.RequestAborted) is not { } upload)
            return ApiProblem.UploadNotFound;
        var headers = context.Response.Headers;
        WriteState(context, upload.Plan, upload.Progress.Offset, upload.ExpiresAt, upload.Stage == ResumableStage.Complete, id);
        if (upload.Length is { } length)
            headers["Upload-Length"] = TusFields.Number(length);
        else
            headers["Upload-Defer-Length"] = "1";
        // Earlier releases accepted fields that an answer cannot have; such uploads live for a day.
        if (upload.Plan.Metadata is { } metadata && TusRequest.IsPrintable(metadata))
            headers["Upload-Metadata"] = metadata;
        if (upload.Plan.Concat is { } concat && TusRequest.IsPrintable(concat))
            headers["Upload-Concat"] = concat;
        headers.CacheControl = "no-store";
        return TypedResults.Ok();
    }

    private static async Task<IResult> AppendAsync(
        HttpContext context, UploadStore uploads, FileDropOptions options, FileMetrics metrics, string upload_id)
    {
        var (request, owner) = (context.Request, Caller.Owner(context));
        if (!PartialContent.IsTus(request))
            return TusFields.NotAppend;
        if (!TusFields.TryReadNumber(request, "Upload-Offset", out var offset, out var problem)
            || !TusFields.TryReadNumber(request, "Upload-Length", out var length, out problem)
            || !RequestChecksum.TryReadTus(request, out var check, out problem))
            return problem;
        using var disposal = check;
        if (offset is not { } at)
            return TusFields.OffsetMissing;
        if (!Parameters.TryReadId(upload_id, out var id))
            return ApiProblem.UploadNotFound;
        var (upload, writer) = await uploads.TakeAsync(owner, id, context.RequestAborted);
        if (upload is null)
            return ApiProblem.UploadNotFound;
        if (upload.Plan.IsFinal)
            return ApiProblem.Forbidden("A final upload is made of partial ones; nothing can be appended to it.");
        if (writer is null)
            return Repeated(context, upload, at);

        await using (writer)
        {
            if (Refuse(writer, at, length, request.ContentLength, uploads.MaxSize) is { } refused)
            {
                await writer.ReleaseAsync(keeps: true);
                return refused;
            }
            using var transfer = metrics.Begin(upload: true);
            using var body = new RequestBytes(request.BodyReader, options.UploadPatience);
            var append = new IncomingAppend(body, request.ContentLength, IsLast: null, check);
            var result = await uploads.AppendAsync(writer, append, context.RequestAborted);
            transfer.Moved(result.Offset - at);
            WriteState(context, upload.Plan, result.Offset, result.ExpiresAt, result.IsComplete, result.File?.Id ?? id);
            return TypedResults.NoContent();
        }
    }

    /// <summary>The reason to refuse bytes. If null, they are accepted, and the length is set if the request gives it.</summary>
    private static ApiProblem? Refuse(UploadWriter writer, long offset, long? length, long? body, long maxSize)
    {
        if (offset != writer.Offset)
            return ApiProblem.OffsetMismatch(writer.Offset, offset);
        if (length is not null && writer.Length is not null && length != writer.Length)
            return ApiProblem.InconsistentLength($"The upload has {writer.Length} bytes; a length that was said stays.");
        if (length < offset)
            return ApiProblem.InconsistentLength($"The upload has {offset} bytes already.");
        if (length > maxSize)
            return ApiProblem.FileTooLarge($"An upload has at most {maxSize} bytes.");
        var limit = length ?? writer.Length ?? maxSize;
        if (body > limit - offset)
            return ApiProblem.FileTooLarge($"The upload has {limit} bytes, and the body goes on after them.");
        if (length is { } known)
            writer.SetLength(known);
        return null;
    }

    /// <summary>Answers an append to a complete upload: it repeats one whose answer was lost, or brings too many bytes.</summary>
    private static IResult Repeated(HttpContext context, ResumableUpload upload, long offset)
    {
        if (offset != upload.Progress.Offset)
            return ApiProblem.OffsetMismatch(upload.Progress.Offset, offset);
        if (HasBody(context.Request))
            return ApiProblem.FileTooLarge($"The upload has all its {upload.Length} bytes.");
        WriteState(context, upload.Plan, upload.Progress.Offset, default, isComplete: true, upload.Id);
        return TypedResults.NoContent();
    }

    private static async Task<IResult> EndAsync(HttpContext context, UploadStore uploads, string upload_id) =>
        !Parameters.TryReadId(upload_id, out var id) ? ApiProblem.UploadNotFound
        : await uploads.EndAsync(Caller.Owner(context), id, context.RequestAborted) is { } refusal ? Problems.Of(refusal)
        : TypedResults.NoContent();

    private static void WriteState(HttpContext context, ResumablePlan plan, long offset, DateTimeOffset expiresAt, bool isComplete, Guid id)
    {
        TusFields.WriteProgress(context.Response, offset, isComplete ? null : expiresAt);
        if (isComplete && !plan.IsPartial)
            context.Response.Headers["Content-Location"] = Caller.Follow(context.Request, $"/files/{id}");
    }

    private static IResult Created(HttpContext context, Guid id)
    {
        context.Response.Headers.Location = UploadLocation.Of(context.Request, $"{Path}/{id}");
        return TypedResults.StatusCode(StatusCodes.Status201Created);
    }

    /// <summary>Whether the request has a body, as far as its fields tell.</summary>
    private static bool HasBody(HttpRequest request) => request.ContentLength > 0 || (request.ContentLength is null
        && request.HttpContext.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: true });
}
