using FileDrop.Api.Access;
using FileDrop.Api.Catalog;
using FileDrop.Api.Uploads;

namespace FileDrop.Api.Files;

/// <summary>The five APIs: where they are, and those that are a question to the catalog and no more.</summary>
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

    /// <summary>An id in its canonical form, in either case; whatever else was sent names no file.</summary>
    public static bool TryReadId(string text, out Guid id) =>
        // The parser alone would take white space around it, and a plus sign or 0x before each of its numbers.
        Guid.TryParseExact(text, "D", out id) && text.Equals(id.ToString("D"), StringComparison.OrdinalIgnoreCase);

    /// <summary>A flag of the query, off where it is absent; false: it is neither true nor false.</summary>
    public static bool TryReadFlag(IQueryCollection query, string name, out bool flag)
    {
        flag = false;
        return !query.TryGetValue(name, out var asked) || (asked is [var text] && bool.TryParse(text, out flag));
    }

    /// <summary>The fields that tell a client which state of the file it sees.</summary>
    public static void WriteValidators(HttpResponse response, CatalogFile file)
    {
        var headers = response.GetTypedHeaders();
        headers.ETag = Preconditions.EntityTag(file);
        headers.LastModified = Preconditions.LastModified(file);
    }

    /// <summary>Answers with the file as a change left it.</summary>
    public static IResult Updated(HttpContext context, CatalogFile file, string message)
    {
        WriteValidators(context.Response, file);
        return new JsonAnswer<FileUpdatedJson>(new FileUpdatedJson(message, FileJson.Of(file)), ApiJson.Instance.FileUpdatedJson);
    }

    /// <summary>Answers with a page of live files, or of those in the trash.</summary>
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
        if (!TryReadId(file_id, out var id) || await store.FindAsync(Caller.Owner(context), id, context.RequestAborted) is not { } file)
            return ApiProblem.FileNotFound;
        var state = preconditions.Check(file);
        if (state == PreconditionState.Failed)
            return ApiProblem.PreconditionFailed;
        WriteValidators(context.Response, file);
        context.Response.Headers.CacheControl = "private, no-cache";
        return state == PreconditionState.NotModified
            ? TypedResults.StatusCode(StatusCodes.Status304NotModified)
            : new JsonAnswer<FileJson>(FileJson.Of(file), ApiJson.Instance.FileJson);
    }

    private static async Task<IResult> DeleteAsync(HttpContext context, FileStore store, string file_id)
    {
        if (!TryReadFlag(context.Request.Query, "permanent", out var permanent))
            return ApiProblem.InvalidRequest("permanent is true or false.");
        if (!Preconditions.TryRead(context.Request, out var preconditions, out var problem))
            return problem;
        var owner = Caller.Owner(context);
        if (!TryReadId(file_id, out var id) || await store.FindForChangeAsync(owner, id, context.RequestAborted) is not { } file)
            return ApiProblem.FileNotFound;
        if (preconditions.Check(file) != PreconditionState.Met)
            return ApiProblem.PreconditionFailed;
        var result = await store.DeleteAsync(owner, id, preconditions.CommitVersion(file), permanent, context.RequestAborted);
        return result.Outcome switch
        {
            ChangeOutcome.Done => new JsonAnswer<FileDeletedJson>(
                new FileDeletedJson($"'{file.Name}' was deleted.", id), ApiJson.Instance.FileDeletedJson),
            ChangeOutcome.VersionMismatch => ApiProblem.PreconditionFailed,
            _ => ApiProblem.FileNotFound,
        };
    }
}
