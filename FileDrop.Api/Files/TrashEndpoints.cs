using FileDrop.Api.Access;
using FileDrop.Api.Contents;
using FileDrop.Api.Http;

namespace FileDrop.Api.Files;

/// <summary>Deleted files, as long as they can be restored.</summary>
internal static class TrashEndpoints
{
    /// <summary>Files that one round of emptying purges.</summary>
    private const int Batch = 200;

    public static void MapTrash(this IEndpointRouteBuilder app)
    {
        var trash = app.MapGroup("/trash").WithTags("Trash");
        trash.MapGet("/", (HttpContext context, FileStore files) => FileEndpoints.ListAsync(context, files, inTrash: true))
            .Compressed().Needs(Scope.Read).WithName("ListTrash").WithSummary("List the trash");
        trash.MapPost("/{file_id}/restore", RestoreAsync).Needs(Scope.Write).WithName("RestoreFile").WithSummary("Restore a file");
        trash.MapDelete("/{file_id}", PurgeAsync).Needs(Scope.Delete).WithName("PurgeFile").WithSummary("Delete a file for good");
        trash.MapDelete("/", EmptyAsync).Needs(Scope.Delete).WithName("EmptyTrash").WithSummary("Empty the trash");
    }

    private static async Task<IResult> RestoreAsync(HttpContext context, FileStore files, string file_id) =>
        Parameters.TryReadId(file_id, out var id)
        && await files.RestoreAsync(Caller.Owner(context), id, context.RequestAborted) is { File: { } file }
            ? FileAnswers.Updated(context, file, $"'{file.Name}' was restored.")
            : ApiProblem.FileNotFound;

    private static async Task<IResult> PurgeAsync(HttpContext context, FileStore files, string file_id) =>
        Parameters.TryReadId(file_id, out var id) && await files.PurgeAsync(Caller.Owner(context), id, context.RequestAborted)
            ? new JsonAnswer<FileDeletedJson>(new FileDeletedJson("The file was deleted for good.", id), ApiJson.Instance.FileDeletedJson)
            : ApiProblem.FileNotFound;

    private static async Task<IResult> EmptyAsync(HttpContext context, FileStore files)
    {
        var deleted = await files.EmptyTrashAsync(Caller.Owner(context), Batch, context.RequestAborted);
        var message = deleted == 1 ? "1 file was deleted for good." : $"{deleted} files were deleted for good.";
        return new JsonAnswer<TrashEmptiedJson>(new TrashEmptiedJson(message, deleted), ApiJson.Instance.TrashEmptiedJson);
    }
}
