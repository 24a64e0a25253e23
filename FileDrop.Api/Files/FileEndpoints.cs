using FileDrop.Api.Access;
using FileDrop.Api.Catalog;
using FileDrop.Api.Contents;
using FileDrop.Api.Http;
using FileDrop.Api.Uploads;

namespace FileDrop.Api.Files;

/// <summary>The five APIs: their routes, and the handlers that need no class of their own.</summary>
internal static class FileEndpoints
{
    public static void MapFiles(this IEndpointRouteBuilder app)
    {
        var files = app.MapGroup("/files").WithTags("Files");
        files.MapPost("/upload", (FileUpload upload, HttpContext context) => upload.CreateAsync(context))
            .AddEndpointFilter(DraftEndpoints.Offer).Needs(Scope.Write).WithName("UploadFile").WithSummary("Upload a file");
        files.MapGet("/", (HttpContext context, FileStore store) => ListAsync(context, store, inTrash: false))
            .Compressed().Needs(Scope.Read).WithName("ListFiles").WithSummary("List files");
        files.MapGet("/{file_id}",
            (FileDownload download, HttpContext context, string file_id) => download.SendAsync(context, file_id))
            .Needs(Scope.Read).WithName("ReadFile").WithSummary("Read a file");
        files.MapGet("/{file_id}/metadata", ReadMetadataAsync)
            .Needs(Scope.Read).WithName("ReadMetadata").WithSummary("Read a file's metadata");
        files.MapPut("/{file_id}", (FileUpload upload, HttpContext context, string file_id) =>
            upload.UpdateAsync(context, file_id, contentAlone: false))
            .Needs(Scope.Write).WithName("UpdateFile").WithSummary("Update a file's content, name or tags");
        files.MapPut("/{file_id}/content", (FileUpload upload, HttpContext context, string file_id) =>
            upload.UpdateAsync(context, file_id, contentAlone: true))
            .Needs(Scope.Write).WithName("UpdateContent").WithSummary("Replace a file's content");
        files.MapDelete("/{file_id}", DeleteAsync).Needs(Scope.Delete).WithName("DeleteFile").WithSummary("Delete a file");
    }

    /// <summary>Answers with a page of live files, or of files in the trash.</summary>
    public static async Task<IResult> ListAsync(HttpContext context, FileStore store, bool inTrash)
    {
        if (!ListRequest.TryRead(context.Request.Query, Caller.Owner(context), inTrash, out var list, out var problem))
            return problem;
        var page = await store.ListAsync(list, context.RequestAborted);
        if (page.Next is not null)
            context.Response.Headers.Link = ListRequest.NextLink(context.Request.Query, list, page.Next);
        context.Response.Headers.CacheControl = "private, no-cache";
        var tag = Preconditions.EntityTag(page, context.Response.Headers.Link.ToString());
        context.Response.GetTypedHeaders().ETag = tag;
        if (Preconditions.IsKnown(context.Request, tag))
            return TypedResults.StatusCode(StatusCodes.Status304NotModified);
        return new JsonAnswer<FileJson[]>([.. page.Files.Select(FileJson.Of)], ApiJson.Instance.FileJsonArray);
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
