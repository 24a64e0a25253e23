using FileDrop.Api.Access;
using FileDrop.Api.Catalog;
using FileDrop.Api.Contents;
using FileDrop.Api.Http;
using FileDrop.Api.OpenApi;
using FileDrop.Api.Settings;

namespace FileDrop.Api.Folders;

/// <summary>Paths: from an id to its path, and from a path to the entry or its bytes.</summary>
internal static class PathEndpoints
{
    private const string Route = "paths";

    public static void MapPaths(this IEndpointRouteBuilder app)
    {
        var paths = app.MapGroup("").WithTags("Folders");
        paths.MapGet("/folders/{folder_id}/path", ReadFolderPathAsync).Compressed()
            .WithName("ReadFolderPath").WithSummary("Read a folder's path")
            .WithDescription("Returns the names and the folders from the root down to this one. It changes with any of them, so it has no ETag.")
            .Takes(FolderWords.FolderId).Needs(Scope.Read)
            .Answers(200, "The path.", ApiBody.Json(FolderDescription.FolderPath), CommonHeaders.CacheControl);

        paths.MapGet("/files/{file_id}/path", ReadFilePathAsync).Compressed()
            .WithName("ReadFilePath").WithSummary("Read a file's path")
            .WithDescription("Returns the names and the folders from the root down to the file. It changes with any of them, so it has no ETag.")
            .Takes(FileWords.FileId).Needs(Scope.Read)
            .Answers(200, "The path.", ApiBody.Json(FolderDescription.FilePath), CommonHeaders.CacheControl);

        // Not compressed, because the answer may be the bytes of a file.
        paths.MapGet($"/{Route}/{{**path}}", ReadAsync)
            .WithName("ReadPath").WithSummary("Read what is at a path").WithDescription("""
                Returns the folder or file at a path, with its `kind` and the ETag that it has under its id. With `content`, the answer has the bytes of the
                file as `GET /files/{file_id}` returns them, with ranges and preconditions.

                Names are compared in NFC; upper and lower case differ. A name is percent-encoded as UTF-8; `.`, `..` and empty names are `400`.
                """)
            .Takes([FolderDescription.Path, FolderDescription.Content, FileWords.Inline, .. FileWords.Ranges, .. FileWords.ReadPreconditions])
            .Needs(Scope.Read)
            .Answers(200, "The folder or the file; with `content`, the whole content.",
                ApiBody.Json(FolderDescription.Entry) with { Other = ApiBody.Bytes }, FolderDescription.PathHeaders)
            .Answers(206, "With `content`: the requested range.", ApiBody.Bytes, FileWords.RangeHeaders)
            .Answers(304, "The client has this version already.", FileWords.CachedHeaders);
    }

    private static ApiProblem NoSuchFile { get; } = ApiProblem.FileNotFound with
    {
        Detail = "Nothing has this path: it never existed, was moved or deleted, or is not yours.",
    };

    private static ApiProblem NoContent { get; } = ApiProblem.FileNotFound with { Detail = "This is the path of a folder, which has no content." };

    private static async Task<IResult> ReadFolderPathAsync(HttpContext context, FolderStore folders, string folder_id) =>
        Parameters.TryReadFolder(folder_id, out var id) && await folders.FindPathAsync(Caller.Owner(context), id, context.RequestAborted) is { } way
            ? Answer(context, way, Join(way))
            : ApiProblem.FolderNotFound;

    private static async Task<IResult> ReadFilePathAsync(HttpContext context, FolderStore folders, FileStore files, string file_id)
    {
        var (owner, cancellation) = (Caller.Owner(context), context.RequestAborted);
        if (!Parameters.TryReadId(file_id, out var id) || await files.FindAsync(owner, id, cancellation) is not { } file)
            return ApiProblem.FileNotFound;
        if (file.Place.Folder is not { } folder)
            return Answer(context, [], path: null);
        // A file in a deleted folder is about to follow it.
        return await folders.FindPathAsync(owner, folder, cancellation) is { } way
            ? Answer(context, way, $"{Join(way).TrimEnd('/')}/{file.Name}")
            : ApiProblem.FileNotFound;
    }

    private static string Join(IReadOnlyList<CatalogFolder> way) => $"/{string.Join('/', way.Select(folder => folder.Name))}";

    private static JsonAnswer<PathJson> Answer(HttpContext context, IReadOnlyList<CatalogFolder> way, string? path)
    {
        context.Response.Headers.CacheControl = "private, no-cache";
        return new JsonAnswer<PathJson>(new PathJson(path, [.. way.Select(FolderJson.Of)]), ApiJson.Instance.PathJson);
    }

    private static async Task<IResult> ReadAsync(HttpContext context, FolderStore folders, FileDownload download)
    {
        if (!TryReadContent(context.Request.Query, out var content))
            return ApiProblem.InvalidRequest("content is true or false; without a value it is true.");
        if (!Preconditions.TryRead(context.Request, out var preconditions, out var problem))
            return problem;
        var target = PathTarget.Read(context, Route);
        return await folders.FindAsync(Caller.Owner(context), target.Names, context.RequestAborted) switch
        {
            null or { Folder: null } when target.IsFolder => ApiProblem.FolderNotFound,
            null => NoSuchFile,
            { File: { } file } when content => await download.SendAsync(context, $"{file.Id}"),
            { File: { } file } entry => Answer(context, entry, preconditions.Check(file), () => FileAnswers.WriteValidators(context.Response, file)),
            _ when content => NoContent,
            { Folder: { } folder } entry =>
                Answer(context, entry, preconditions.Check(folder), () => FolderEndpoints.WriteValidators(context.Response, folder)),
            _ => NoSuchFile,
        };
    }

    private static IResult Answer(HttpContext context, FolderEntry entry, PreconditionState state, Action writeValidators)
    {
        if (state == PreconditionState.Failed)
            return ApiProblem.PreconditionFailed;
        writeValidators();
        context.Response.Headers.CacheControl = "private, no-cache";
        return state == PreconditionState.NotModified
            ? TypedResults.StatusCode(StatusCodes.Status304NotModified)
            : new JsonAnswer<EntryJson>(EntryJson.Of(entry), ApiJson.Instance.EntryJson);
    }

    private static bool TryReadContent(IQueryCollection query, out bool content)
    {
        content = query.TryGetValue("content", out var sent) && sent is [""] or [null];
        return content || Parameters.TryReadFlag(query, "content", out content);
    }
}
