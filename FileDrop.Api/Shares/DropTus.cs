using System.Diagnostics.CodeAnalysis;
using FileDrop.Api.Access;
using FileDrop.Api.Catalog;
using FileDrop.Api.Contents;
using FileDrop.Api.Hashing;
using FileDrop.Api.Http;
using FileDrop.Api.OpenApi;
using FileDrop.Api.Settings;

namespace FileDrop.Api.Shares;

/// <summary>Resumable uploads with a link, by the core of tus 1.0.0 with creation and termination.</summary>
internal sealed class DropTus(ShareGate gate, ShareDrops drops, Audit audit, FileDropOptions options, FileMetrics metrics)
{
    private const string Route = $"{LoggedPath.Shares}/{{token}}/uploads", One = $"{Route}/{{upload_id}}";

    private const int MaxMetadata = 4 * 1024;

    private static readonly ApiParameter Resumable = ApiParameter.Header(TusFields.Resumable, "The version of tus.", TusFields.Version) with
    {
        Key = "drop_tus",
        IsRequired = true,
        Failures = [ApiProblem.UnsupportedTusVersion],
    };

    public static void Map(IEndpointRouteBuilder app)
    {
        var uploads = app.MapLinks(DropDescription.OfTus);
        uploads.MapPost(Route, (DropTus tus, SharedEndpoints links, HttpContext context) => SpeaksTus(context) ? tus.CreateAsync(context) : links.PostAsync(context))
            .AllowAnonymous()
            .WithName("CreateDrop").WithSummary("Begin a resumable upload with a link").WithDescription("""
                Begins an upload by tus 1.0.0 into the folder of a link with the mode `upload`. `Upload-Length` is required. `Upload-Metadata` has `filename`,
                and may have `relativePath`, `uploader` and `message`. An empty file is complete at once.

                Without `Tus-Resumable` it is the request of a form about a shared folder with this name.
                """)
            .Takes(ShareDescription.Token, Resumable,
                ApiParameter.Header("Upload-Length", "The file's size in bytes.", "48213") with { Key = "drop_length" },
                ApiParameter.Header("Upload-Metadata", "Pairs of a key and a value in base64, separated by commas.", "filename cmVwb3J0LnBkZg==") with { Key = "drop_metadata" })
            .Answers(201, "The upload has begun.", [.. DropDescription.Progress, CommonHeaders.Location])
            .Fails(ApiProblem.SharePasswordRequired, CommonErrors.InvalidName, ApiProblem.FileTooLarge("A file has at most 1000000 bytes.")).Fails(DropDescription.Failures);

        uploads.MapMethods(One, [HttpMethods.Head], (DropTus tus, SharedEndpoints links, HttpContext context, string upload_id) =>
                SpeaksTus(context) ? tus.ReadAsync(context, upload_id) : links.ReadAsync(context)).AllowAnonymous()
            .WithName("ReadDrop").WithSummary("Read the progress of an upload with a link").WithDescription("Returns the offset at which to continue.")
            .Takes(ShareDescription.Token, DropDescription.Handle, Resumable)
            .Answers(200, "The upload.", DropDescription.Progress)
            .Fails(ApiProblem.SharePasswordRequired, ApiProblem.NotADrop);

        uploads.MapPatch(One, (DropTus tus, HttpContext context, string upload_id) => tus.AppendAsync(context, upload_id)).AllowAnonymous()
            .WithName("AppendToDrop").WithSummary("Append to an upload with a link")
            .WithDescription("Appends bytes at the upload's offset. With the last byte the file is stored; the answer then has its name and its digest.")
            .Takes(ShareDescription.Token, DropDescription.Handle, Resumable,
                ApiParameter.Header("Upload-Offset", "Where the bytes belong.", "0") with { Key = "drop_offset" })
            .TakesPiece(PartialContent.TusType)
            .Answers(204, "The bytes are stored.", DropDescription.Progress)
            .Fails(ApiProblem.SharePasswordRequired, ApiProblem.OffsetMismatch(4096, 0), ApiProblem.UploadLocked).Fails(DropDescription.Failures);

        uploads.MapDelete(One, (DropTus tus, HttpContext context, string upload_id) => tus.EndAsync(context, upload_id)).AllowAnonymous()
            .WithName("EndDrop").WithSummary("End an incomplete upload with a link").WithDescription("Ends the upload and deletes its bytes.")
            .Takes(ShareDescription.Token, DropDescription.Handle, Resumable)
            .Answers(204, "The upload is gone.")
            .Fails(ApiProblem.SharePasswordRequired, ApiProblem.UploadComplete, ApiProblem.NotADrop);
    }

    private async Task<IResult> CreateAsync(HttpContext context)
    {
        var (visit, refused) = await EnterAsync(context);
        if (visit is null)
            return refused;
        var request = context.Request;
        if (!TusFields.TryReadNumber(request, "Upload-Length", out var length, out var problem))
            return problem;
        if (length is not { } size)
            return ApiProblem.InvalidRequest("Upload-Length is missing: the file's size in bytes.");
        var field = request.Headers["Upload-Metadata"].ToString();
        if (field.Length > MaxMetadata)
            return ApiProblem.InvalidRequest($"Upload-Metadata has at most {MaxMetadata} bytes.");
        if (!TusFields.TryReadMetadata(field.Length == 0 ? null : field, out var values, out problem))
            return problem;
        if (!FileName.TryMake(values.GetValueOrDefault("filename") is { Length: > 0 } sent ? sent : FileName.Untitled, out var name, out var wrong))
            return ApiProblem.InvalidName(wrong);
        if (!TryReadWay(values.GetValueOrDefault("relativePath"), out var way, out problem))
            return problem;
        try
        {
            var share = visit.Share;
            if (size > drops.MostBytes(share))
                return share.Drop?.MaxFileSize is { } most && size > most ? ApiProblem.FileTooLarge($"A file has at most {most} bytes.") : ApiProblem.DropFull;
            Drops.DemandType(share, name);
            var sender = Drops.Sender(share, values.GetValueOrDefault("uploader"), values.GetValueOrDefault("message"));
            var (handle, done, expiresAt) = await drops.BeginAsync(share, name, size, way, sender, context.RequestAborted);
            context.Response.Headers.Location = $"{request.PathBase}{visit.Path}/uploads/{handle}";
            TusFields.WriteProgress(context.Response, done?.Offset ?? 0, done is null ? expiresAt : null);
            if (done?.File is { } file)
                WriteReceipt(context, visit, file);
            return TypedResults.StatusCode(StatusCodes.Status201Created);
        }
        catch (Exception failure) when (Drops.Explain(failure) is { } reason)
        {
            return reason;
        }
    }

    /// <summary>Whether a request speaks tus. Others are about a shared folder with the name of the route: a form, or HEAD of a file in it.</summary>
    private static bool SpeaksTus(HttpContext context) => context.Request.Headers.ContainsKey(TusFields.Resumable);

    private async Task<IResult> ReadAsync(HttpContext context, string handle)
    {
        var (visit, refused) = await EnterAsync(context);
        if (visit is null)
            return refused;
        if (await drops.FindAsync(visit.Share, handle, context.RequestAborted) is not { } upload)
            return ApiProblem.UploadNotFound;
        TusFields.WriteProgress(context.Response, upload.Progress.Offset, upload.Stage == ResumableStage.Complete ? null : upload.ExpiresAt);
        context.Response.Headers["Upload-Length"] = TusFields.Number(upload.Length ?? 0);
        context.Response.Headers.CacheControl = "no-store";
        return TypedResults.Ok();
    }

    private async Task<IResult> AppendAsync(HttpContext context, string handle)
    {
        var (visit, refused) = await EnterAsync(context);
        if (visit is null)
            return refused;
        var request = context.Request;
        if (!PartialContent.IsTus(request))
            return TusFields.NotAppend;
        if (!TusFields.TryReadNumber(request, "Upload-Offset", out var offset, out var problem))
            return problem;
        if (offset is not { } at)
            return TusFields.OffsetMissing;
        try
        {
            using var transfer = metrics.Begin(upload: true);
            using var body = new RequestBytes(request.BodyReader, options.UploadPatience);
            var append = new IncomingAppend(body, request.ContentLength, IsLast: null, Check: null);
            var (upload, result) = await drops.AppendAsync(visit.Share, handle, at, append, context.RequestAborted);
            if (upload is null)
                return ApiProblem.UploadNotFound;
            if (result is null)
                return upload.Progress.Offset != at ? ApiProblem.OffsetMismatch(upload.Progress.Offset, at)
                    : request.ContentLength > 0 ? ApiProblem.FileTooLarge($"The upload has {upload.Length} bytes.")
                    : Progress(context, at, expiresAt: null);
            transfer.Moved(result.Offset - at);
            if (result.File is { } file)
                WriteReceipt(context, visit, file);
            return Progress(context, result.Offset, result.IsComplete ? null : result.ExpiresAt);
        }
        catch (Exception failure) when (failure is not ProblemException && Drops.Explain(failure) is { } reason)
        {
            return reason;
        }
    }

    private async Task<IResult> EndAsync(HttpContext context, string handle)
    {
        var (visit, refused) = await EnterAsync(context);
        if (visit is null)
            return refused;
        return await drops.EndAsync(visit.Share, handle, context.RequestAborted) is { } refusal ? Problems.Of(refusal) : TypedResults.NoContent();
    }

    /// <summary>Lets a request in that speaks tus with a link of the mode upload.</summary>
    private async Task<(ShareVisit? Visit, IResult Refused)> EnterAsync(HttpContext context)
    {
        context.Response.Headers[TusFields.Resumable] = TusFields.Version;
        if (context.Request.Headers[TusFields.Resumable] != TusFields.Version)
            return (null, ApiProblem.UnsupportedTusVersion);
        var (visit, problem) = await gate.EnterAsync(context);
        if (problem is not null)
            return (null, problem);
        return visit is { Share.Mode: ShareMode.Upload } ? (visit, TypedResults.NoContent()) : (null, ApiProblem.NotADrop);
    }

    /// <summary>Writes the receipt into the fields of an answer that has no body.</summary>
    private void WriteReceipt(HttpContext context, ShareVisit visit, CatalogFile file)
    {
        context.Response.Headers["Repr-Digest"] = ContentDigest.Format(file.Content.Sha256);
        context.Response.Headers.ContentDisposition = ContentDisposition.Format(inline: false, file.Name);
        audit.Record(context, "DropFile", $"{visit.Share.Id}", StatusCodes.Status201Created, "done");
    }

    private static bool TryReadWay(string? path, out IReadOnlyList<string> way, [NotNullWhen(false)] out ApiProblem? problem)
    {
        (way, problem) = ([], null);
        if (path is null)
            return true;
        var names = new List<string>();
        foreach (var segment in path.Split('/', StringSplitOptions.RemoveEmptyEntries).SkipLast(1))
        {
            if (!FileName.TryMakeSegment(segment, out var name, out var wrong))
            {
                problem = ApiProblem.InvalidName(wrong);
                return false;
            }
            names.Add(name);
        }
        way = names;
        return true;
    }

    private static IResult Progress(HttpContext context, long offset, DateTimeOffset? expiresAt)
    {
        TusFields.WriteProgress(context.Response, offset, expiresAt);
        return TypedResults.NoContent();
    }
}
