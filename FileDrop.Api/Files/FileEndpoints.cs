using FileDrop.Api.Access;
using FileDrop.Api.Catalog;
using FileDrop.Api.Contents;
using FileDrop.Api.Http;
using FileDrop.Api.OpenApi;
using FileDrop.Api.Settings;

namespace FileDrop.Api.Files;

/// <summary>The five APIs: their routes, and the handlers that need no class of their own.</summary>
internal static class FileEndpoints
{
    /// <returns>The ordinary upload, which other protocols may extend.</returns>
    public static RouteHandlerBuilder MapFiles(this IEndpointRouteBuilder app)
    {
        var files = app.MapGroup("/files").WithTags("Files");
        var ordinary = files.MapPost("/upload", (FileUpload upload, HttpContext context) => upload.CreateAsync(context))
            .WithName("UploadFile").WithSummary("Upload a file").WithDescription("""
                A form carries exactly one file: the part with a filename, under any field name. Text parts `file_name` and `tags` may come before or
                after it. Any other body is the file itself.

                The service streams the content. The file exists once the service answers `201`. `Content-Range` is refused with `400`, and a
                `Content-Encoding` other than `identity` with `415`.

                With `Upload-Complete: ?0` the body begins an upload that continues at the answer's `Location`.
                """)
            .Takes([.. FileDescription.RawName, FileDescription.IdempotencyKey, .. FileWords.Digests])
            .TakesForm(FileDescription.UploadForm).TakesContent()
            .Needs(Scope.Write)
            .Answers(201, "The file is stored. After `Upload-Complete: ?0` the upload has begun, and the answer has only header fields.",
                ApiBody.Json(FileWords.File), [.. CommonHeaders.Validators, CommonHeaders.Location])
            .Leads(201, "file_id", "$response.body#/file_id", "ReadFile", "ReadMetadata", "UpdateFile", "DeleteFile")
            .Fails(ApiProblem.FileMissing("A form carries one part with a filename."));

        files.MapGet("/", (HttpContext context, FileStore store) => ListAsync(context, store, inTrash: false)).Compressed()
            .WithName("ListFiles").WithSummary("List files").WithDescription("""
                Returns the newest files first, one page at a time. `Link` with `rel="next"` leads to the next page; the last page has none.

                A walk by `created_at` never repeats a file, and never misses one that existed throughout. With filters, a page may be short or empty
                and still have a next one.

                Parameters by which other services count pages (`offset`, `page` …) are `400`. So are names that differ from one of these parameters by
                at most two letters, or from `tag` by one. Other parameters are ignored.
                """)
            .Takes(ListDescription.OfFiles).Needs(Scope.Read)
            .Answers(200, "A page of files.", ApiBody.List(FileWords.File, ListRequest.MaxLimit), CommonHeaders.List)
            .Answers(304, "The client has this page already.", CommonHeaders.List);

        files.MapGet("/{file_id}", (FileDownload download, HttpContext context, string file_id) => download.SendAsync(context, file_id))
            .WithName("ReadFile").WithSummary("Read a file")
            .WithDescription("Returns all bytes of the file, or one range. HEAD returns the fields that GET would return without Range.")
            .Takes([FileWords.FileId, FileDescription.OldVersion, FileWords.Inline, .. FileWords.Ranges, .. FileWords.ReadPreconditions])
            .Needs(Scope.Read).AnswersBytes("The client has this version already.");

        files.MapGet("/{file_id}/metadata", ReadMetadataAsync)
            .WithName("ReadMetadata").WithSummary("Read a file's metadata").WithDescription("Returns the file object, with the same ETag as the file.")
            .Takes([FileWords.FileId, .. FileWords.ReadPreconditions]).Needs(Scope.Read)
            .Answers(200, "The file object.", ApiBody.Json(FileWords.File), FileWords.CachedHeaders)
            .Answers(304, "The client has this version already.", FileWords.CachedHeaders);

        files.MapPut("/{file_id}", (FileUpload upload, HttpContext context, string file_id) => upload.UpdateAsync(context, file_id, contentAlone: false))
            .WithName("UpdateFile").WithSummary("Update a file's content, name or tags").WithDescription("""
                A form changes what it carries: content, `file_name`, `tags`. JSON changes only metadata. `tags` replaces all tags. Any other body is the
                new content. Without a `file_name` the name stays.

                `application/x-www-form-urlencoded` is `415`, because curl sends it by default, even with JSON. To store JSON or such a form as content,
                use `/content`.
                """)
            .Takes([FileWords.FileId, .. FileWords.Preconditions, .. FileWords.Digests])
            .TakesForm(FileDescription.UpdateForm).TakesJson(FileDescription.Change).TakesContent()
            .Needs(Scope.Write)
            .Answers(200, "The file after the update.", ApiBody.Json(FileDescription.FileUpdated), CommonHeaders.Validators)
            .Fails(ApiProblem.UploadIsElsewhere with { Header = ("Allow", "OPTIONS, POST") }, FileUpload.NotWithCurlsDefault);

        files.MapPut("/{file_id}/content", (FileUpload upload, HttpContext context, string file_id) =>
                upload.UpdateAsync(context, file_id, contentAlone: true))
            .WithName("UpdateContent").WithSummary("Replace a file's content")
            .WithDescription("The body becomes the new content, whatever its type, including JSON and forms. Name and tags stay.")
            .Takes([FileWords.FileId, .. FileWords.Preconditions, .. FileWords.Digests]).TakesContent()
            .Needs(Scope.Write)
            .Answers(200, "The file after the update.", ApiBody.Json(FileDescription.FileUpdated), CommonHeaders.Validators);

        files.MapPatch("/{file_id}", PatchAsync)
            .WithName("MoveFile").WithSummary("Move, rename or tag a file").WithDescription("""
                Changes the members that are there. `tags` replaces all tags. A file in a folder has a name that nothing else there has; loose files may share
                names. The file keeps its id, its content and its versions.
                """)
            .Takes([FileWords.FileId, .. FileWords.Preconditions]).TakesJson(FileDescription.Move)
            .Needs(Scope.Write)
            .Answers(200, "The file after the change.", ApiBody.Json(FileDescription.FileUpdated), CommonHeaders.Validators)
            .Fails([CommonErrors.InvalidName, CommonErrors.InvalidTags, .. FolderWords.OfPlace]);

        files.MapDelete("/{file_id}", DeleteAsync)
            .WithName("DeleteFile").WithSummary("Delete a file")
            .WithDescription("Moves the file to the trash. It disappears from every other read at once, and can be restored until its time in the trash ends.")
            .Takes([FileWords.FileId, FileDescription.Permanent, .. FileWords.Preconditions]).Needs(Scope.Delete)
            .Answers(200, "The file is deleted.", ApiBody.Json(FileDescription.FileDeleted));
        return ordinary;
    }

    /// <summary>Answers with a page of live files, or of files in the trash.</summary>
    public static async Task<IResult> ListAsync(HttpContext context, FileStore store, bool inTrash)
    {
        if (ListRequest.RefuseMalformedText(context.Request) is { } malformed)
            return malformed;
        if (!ListRequest.TryRead(context.Request.Query, Caller.Owner(context), inTrash, out var list, out var problem))
            return problem;
        var page = await store.ListAsync(list, context.RequestAborted);
        if (page.Next is not null)
            context.Response.Headers.Link = ListRequest.NextLink(context.Request.Query, list, page.Next);
        return ListAnswers.Page(
            context, page.Files.Select(file => (file.Id, file.Version, file.DeletedAt?.ToUnixTimeMilliseconds() ?? 0)),
            () => new JsonAnswer<FileJson[]>([.. page.Files.Select(FileJson.Of)], ApiJson.Instance.FileJsonArray));
    }

    private static async Task<IResult> ReadMetadataAsync(HttpContext context, FileStore store, string file_id)
    {
        if (!Preconditions.TryRead(context.Request, out var preconditions, out var problem))
            return problem;
        if (!Parameters.TryReadId(file_id, out var id) || await store.FindAsync(Caller.Owner(context), id, context.RequestAborted) is not { } file)
            return ApiProblem.FileNotFound;
        var state = preconditions.Check(file);
        if (state == PreconditionState.Failed)
            return ApiProblem.PreconditionFailed;
        FileAnswers.WriteValidators(context.Response, file);
        context.Response.Headers.CacheControl = "private, no-cache";
        return state == PreconditionState.NotModified
            ? TypedResults.StatusCode(StatusCodes.Status304NotModified)
            : new JsonAnswer<FileJson>(FileJson.Of(file), ApiJson.Instance.FileJson);
    }

    private static async Task<IResult> PatchAsync(HttpContext context, FileStore store, FileDropOptions options, string file_id)
    {
        if (!Preconditions.TryRead(context.Request, out var preconditions, out var problem))
            return problem;
        var owner = Caller.Owner(context);
        if (!Parameters.TryReadId(file_id, out var id) || await store.FindForChangeAsync(owner, id, context.RequestAborted) is not { } file)
            return ApiProblem.FileNotFound;
        if (preconditions.Check(file) != PreconditionState.Met)
            return ApiProblem.PreconditionFailed;
        if (!FileRequest.IsJson(context.Request))
            return ApiProblem.UnsupportedMediaType("A PATCH takes JSON: {\"folder_id\": …, \"file_name\": …}.") with { Header = ("Accept-Patch", "application/json") };
        var change = (await FileRequest.ReadJsonAsync(context.Request, options, FileBodyJson.ReadChange)).ToChange(preconditions.CommitVersion(file));
        var result = await store.ChangeAsync(owner, id, change, context.RequestAborted);
        return result.File is { } changed ? FileAnswers.Updated(context, changed, $"'{changed.Name}' was updated.") : Problems.Of(result.Outcome);
    }

    private static async Task<IResult> DeleteAsync(HttpContext context, FileStore store, string file_id)
    {
        if (!Parameters.TryReadFlag(context.Request.Query, "permanent", out var permanent))
            return ApiProblem.InvalidRequest("permanent is true or false.");
        if (!Preconditions.TryRead(context.Request, out var preconditions, out var problem))
            return problem;
        var owner = Caller.Owner(context);
        if (!Parameters.TryReadId(file_id, out var id) || await store.FindForChangeAsync(owner, id, context.RequestAborted) is not { } file)
            return ApiProblem.FileNotFound;
        if (preconditions.Check(file) != PreconditionState.Met)
            return ApiProblem.PreconditionFailed;
        var result = await store.DeleteAsync(owner, id, preconditions.CommitVersion(file), permanent, context.RequestAborted);
        return result.Outcome == ChangeOutcome.Done
            ? new JsonAnswer<FileDeletedJson>(new FileDeletedJson($"'{file.Name}' was deleted.", id), ApiJson.Instance.FileDeletedJson)
            : Problems.Of(result.Outcome);
    }
}
