using FileDrop.Api.Access;
using FileDrop.Api.Catalog;
using FileDrop.Api.Contents;
using FileDrop.Api.Http;
using FileDrop.Api.OpenApi;
using FileDrop.Api.Settings;

namespace FileDrop.Api.Files;

/// <summary>Deleted files, as long as they can be restored.</summary>
internal static class TrashEndpoints
{
    /// <summary>Files that one round of emptying purges.</summary>
    private const int Batch = 200;

    public static void MapTrash(this IEndpointRouteBuilder app)
    {
        var trash = app.MapGroup("/trash").WithTags("Trash");
        trash.MapGet("/", (HttpContext context, FileStore files) => FileEndpoints.ListAsync(context, files, inTrash: true)).Compressed()
            .WithName("ListTrash").WithSummary("List the trash")
            .WithDescription("Returns the deleted files that can be restored, the latest deletion first. Pages and filters work as in `GET /files`.")
            .Takes(ListDescription.OfTrash).Needs(Scope.Read)
            .Answers(200, "A page of files.", ApiBody.List(FileDescription.TrashedFile, ListRequest.MaxLimit), FileDescription.ListHeaders)
            .Answers(304, "The client has this page already.", FileDescription.ListHeaders);

        trash.MapPost("/{file_id}/restore", RestoreAsync)
            .WithName("RestoreFile").WithSummary("Restore a file")
            .WithDescription("Takes a file out of the trash unchanged, with its name, tags, versions and ETag.")
            .Takes(FileWords.FileId).Needs(Scope.Write)
            .Answers(200, "The file is live again.", ApiBody.Json(FileDescription.FileRestored), CommonHeaders.Validators);

        trash.MapDelete("/{file_id}", PurgeAsync)
            .WithName("PurgeFile").WithSummary("Delete a file for good").WithDescription("Deletes a file in the trash for good.")
            .Takes(FileWords.FileId).Needs(Scope.Delete)
            .Answers(200, "The file is gone.", ApiBody.Json(FileDescription.FileDeleted));

        trash.MapDelete("/", EmptyAsync)
            .WithName("EmptyTrash").WithSummary("Empty the trash").WithDescription("Deletes every file in the trash for good.")
            .Needs(Scope.Delete)
            .Answers(200, "The trash is empty.", ApiBody.Json(FileDescription.TrashEmptied));
    }

    private static async Task<IResult> RestoreAsync(HttpContext context, FileStore files, string file_id)
    {
        if (!Preconditions.TryRead(context.Request, out _, out var problem))
            return problem;
        return Parameters.TryReadId(file_id, out var id)
            && await files.RestoreAsync(Caller.Owner(context), id, folder: null, OnConflict.Fail, context.RequestAborted) is { File: { } file }
                ? FileAnswers.Updated(context, file, $"'{file.Name}' was restored.")
                : ApiProblem.FileNotFound;
    }

    private static async Task<IResult> PurgeAsync(HttpContext context, FileStore files, string file_id)
    {
        if (!Preconditions.TryRead(context.Request, out _, out var problem))
            return problem;
        return Parameters.TryReadId(file_id, out var id) && await files.PurgeAsync(Caller.Owner(context), id, context.RequestAborted)
            ? new JsonAnswer<FileDeletedJson>(new FileDeletedJson("The file was deleted for good.", id), ApiJson.Instance.FileDeletedJson)
            : ApiProblem.FileNotFound;
    }

    private static async Task<IResult> EmptyAsync(HttpContext context, FileStore files)
    {
        var deleted = await files.EmptyTrashAsync(Caller.Owner(context), Batch, context.RequestAborted);
        var message = deleted == 1 ? "1 file was deleted for good." : $"{deleted} files were deleted for good.";
        return new JsonAnswer<TrashEmptiedJson>(new TrashEmptiedJson(message, deleted), ApiJson.Instance.TrashEmptiedJson);
    }
}
