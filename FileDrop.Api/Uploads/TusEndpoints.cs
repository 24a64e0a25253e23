using System.Globalization;
using FileDrop.Api.Access;
using FileDrop.Api.Catalog;
using FileDrop.Api.Files;
using FileDrop.Api.OpenApi;
using Microsoft.AspNetCore.Http.Features;

namespace FileDrop.Api.Uploads;

/// <summary>tus 1.0.0 with its extensions, at <c>/uploads</c>.</summary>
internal static class TusEndpoints
{
    public const string Path = "/uploads";

    private const string Version = "1.0.0";
    private const string Extensions =
        "creation,creation-with-upload,creation-defer-length,expiration,checksum,checksum-trailer,termination,concatenation";

    /// <summary>The methods that a client may lack.</summary>
    private static readonly string[] Overrides = [HttpMethods.Patch, HttpMethods.Delete, HttpMethods.Head];

    private static ApiProblem UnknownOverride { get; } = ApiProblem.InvalidRequest("X-HTTP-Method-Override is PATCH, DELETE or HEAD.");

    /// <summary>What every answer here has, also one that another part of the service makes; and the method that the client means.</summary>
    public static void UseTus(this IApplicationBuilder app) => app.Use((context, next) =>
    {
        var (request, response) = (context.Request, context.Response);
        if (!request.Path.StartsWithSegments(Path, StringComparison.OrdinalIgnoreCase))
            return next(context);
        response.OnStarting(() =>
        {
            response.Headers["Tus-Resumable"] = Version;
            return Task.CompletedTask;
        });
        if (request.Headers["X-HTTP-Method-Override"].ToString() is not { Length: > 0 } method || method.Equals(request.Method, StringComparison.OrdinalIgnoreCase))
            return next(context);
        // A client that can name any method can write anything where a method is expected, such as the log.
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
            invocation.HttpContext.Request.Headers["Tus-Resumable"] == Version ? await next(invocation) : ApiProblem.UnsupportedTusVersion);
        spoken.MapPost("/", CreateAsync)
            .WithName("CreateUpload").WithSummary("Begin a resumable upload").WithDescription("""
                Begins an upload by tus 1.0.0. A body brings all bytes or the first ones. `Upload-Concat: final;…` makes a file of partial uploads.

                The upload's id becomes the `file_id`. `Content-Location` names the file once it exists.
                """)
            .Takes(TusDescription.Creation).TakesPiece(TusRequest.ContentType, required: false).Needs(Scope.Write)
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
            .TakesPiece(TusRequest.ContentType).Needs(Scope.Write)
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
        headers["Tus-Version"] = Version;
        headers["Tus-Extension"] = Extensions;
        headers["Tus-Max-Size"] = Number(uploads.MaxSize);
        headers["Tus-Checksum-Algorithm"] = UploadChecksum.Algorithms;
        return TypedResults.NoContent();
    }

    private static async Task<IResult> CreateAsync(HttpContext context, UploadStore uploads, FileDropOptions options, FileMetrics metrics)
    {
        var (request, owner) = (context.Request, Caller.Owner(context));
        if (!TusRequest.TryReadNumber(request, "Upload-Length", out var length, out var problem)
            || !TusRequest.TryReadPlan(request, out var plan, out problem)
            || !UploadChecksum.TryReadTus(request, out var check, out problem))
            return problem;
        using var disposal = check;
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
        if (hasBody && !TusRequest.HasContentType(request))
            return ApiProblem.UnsupportedMediaType($"The bytes of an upload come as {TusRequest.ContentType}.");
        if (request.ContentLength > (length ?? uploads.MaxSize))
            return ApiProblem.FileTooLarge($"The body has {request.ContentLength} bytes, and the upload {length ?? uploads.MaxSize}.");

        if (!hasBody && length != 0)
        {
            var upload = await uploads.CreateAsync(owner, plan, length, context.RequestAborted);
            WriteState(context, upload.Plan, offset: 0, upload.ExpiresAt, isComplete: false, upload.Id);
            return Created(context, upload.Id);
        }
        using var transfer = metrics.Begin(upload: true);
        using var body = new UploadBody(request.BodyReader, options.UploadPatience);
        var result = await uploads.CreateAsync(owner, plan, length, body, request.ContentLength, isLast: null, check, context.RequestAborted);
        transfer.Moved(result.Offset);
        WriteState(context, plan, result.Offset, result.ExpiresAt, result.IsComplete, result.Upload.Id);
        return Created(context, result.Upload.Id);
    }

    private static async Task<IResult> ConcatenateAsync(HttpContext context, UploadStore uploads, string owner, ResumablePlan plan)
    {
        if (TusRequest.ReadFinal(plan.Concat ?? "") is not { } partials)
            return ApiProblem.InvalidRequest("Upload-Concat is 'partial', or 'final;' and the URLs of partial uploads, separated by spaces, each at most twice.");
        var file = await uploads.ConcatenateAsync(owner, plan, partials, context.RequestAborted);
        WriteState(context, plan, file.Content.Size, default, isComplete: true, file.Id);
        return Created(context, file.Id);
    }

    private static async Task<IResult> ReadAsync(HttpContext context, UploadStore uploads, string upload_id)
    {
        if (!FileEndpoints.TryReadId(upload_id, out var id)
            || await uploads.FindSettledAsync(Caller.Owner(context), id, atLength: true, context.RequestAborted) is not { } upload)
            return ApiProblem.UploadNotFound;
        var headers = context.Response.Headers;
        WriteState(context, upload.Plan, upload.Progress.Offset, upload.ExpiresAt, upload.Stage == ResumableStage.Complete, id);
        if (upload.Length is { } length)
            headers["Upload-Length"] = Number(length);
        else
            headers["Upload-Defer-Length"] = "1";
        // Releases before took fields that no answer can have; such uploads live for a day.
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
        if (!TusRequest.HasContentType(request))
            return ApiProblem.UnsupportedMediaType($"The bytes of an upload come as {TusRequest.ContentType}.") with { Header = ("Accept-Patch", TusRequest.ContentType) };
        if (!TusRequest.TryReadNumber(request, "Upload-Offset", out var offset, out var problem)
            || !TusRequest.TryReadNumber(request, "Upload-Length", out var length, out problem)
            || !UploadChecksum.TryReadTus(request, out var check, out problem))
            return problem;
        using var disposal = check;
        if (offset is not { } at)
            return ApiProblem.InvalidRequest("Upload-Offset is missing: it says where the bytes belong.");
        if (!FileEndpoints.TryReadId(upload_id, out var id))
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
            using var body = new UploadBody(request.BodyReader, options.UploadPatience);
            var result = await uploads.AppendAsync(writer, body, request.ContentLength, isLast: null, check, context.RequestAborted);
            transfer.Moved(result.Offset - at);
            WriteState(context, upload.Plan, result.Offset, result.ExpiresAt, result.IsComplete, id);
            return TypedResults.NoContent();
        }
    }

    /// <summary>Why bytes are not taken; null: they are, and the upload's length is known if it was said.</summary>
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

    /// <summary>An append to an upload that is complete: the repetition of one whose answer was lost, or too much.</summary>
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
        !FileEndpoints.TryReadId(upload_id, out var id) ? ApiProblem.UploadNotFound
        : await uploads.EndAsync(Caller.Owner(context), id, context.RequestAborted) is { } problem ? problem
        : TypedResults.NoContent();

    private static void WriteState(HttpContext context, ResumablePlan plan, long offset, DateTimeOffset expiresAt, bool isComplete, Guid id)
    {
        var headers = context.Response.Headers;
        headers["Upload-Offset"] = Number(offset);
        if (!isComplete)
            headers["Upload-Expires"] = expiresAt.ToString("R", CultureInfo.InvariantCulture);
        else if (!plan.IsPartial)
            headers["Content-Location"] = Caller.Follow(context.Request, $"/files/{id}");
    }

    private static IResult Created(HttpContext context, Guid id)
    {
        context.Response.Headers.Location = UploadLocation.Of(context.Request, $"{Path}/{id}");
        return TypedResults.StatusCode(StatusCodes.Status201Created);
    }

    /// <summary>Whether bytes come, as far as the request's fields tell.</summary>
    private static bool HasBody(HttpRequest request) => request.ContentLength > 0 || (request.ContentLength is null
        && request.HttpContext.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: true });

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
