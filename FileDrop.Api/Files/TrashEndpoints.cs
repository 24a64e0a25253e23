using System.Text.Json;
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
            .Answers(200, "A page of files.", ApiBody.List(FileDescription.TrashedFile, ListRequest.MaxLimit), CommonHeaders.List)
            .Answers(304, "The client has this page already.", CommonHeaders.List);

        trash.MapPost("/{file_id}/restore", RestoreAsync)
            .WithName("RestoreFile").WithSummary("Restore a file")
            .WithDescription("""
                Takes a file out of the trash unchanged, with its name, tags, versions and ETag. A file that was in a folder returns there or, if that folder
                is gone, to the root. With `folder_id` it goes to that folder.

                A file that went to the trash with its folder needs a `folder_id`, unless the folder has been restored.
                """)
            .Takes(FileWords.FileId).TakesJson(FileDescription.Restoration, required: false).Needs(Scope.Write)
            .Answers(200, "The file is live again.", ApiBody.Json(FileDescription.FileRestored), CommonHeaders.Validators)
            .Fails(FolderWords.OfPlace).Fails(ApiProblem.ParentInTrash);

        trash.MapDelete("/{file_id}", PurgeAsync)
            .WithName("PurgeFile").WithSummary("Delete a file for good").WithDescription("Deletes a file in the trash for good.")
            .Takes(FileWords.FileId).Needs(Scope.Delete)
            .Answers(200, "The file is gone.", ApiBody.Json(FileDescription.FileDeleted));

        trash.MapDelete("/", EmptyAsync)
            .WithName("EmptyTrash").WithSummary("Empty the trash")
            .WithDescription("Deletes every file and folder in the trash for good. What went to the trash with a folder goes with it, and is not counted.")
            .Needs(Scope.Delete)
            .Answers(200, "The trash is empty.", ApiBody.Json(FileDescription.TrashEmptied));
    }

    private static async Task<IResult> RestoreAsync(HttpContext context, FileStore files, FileDropOptions options, string file_id)
    {
        if (!Preconditions.TryRead(context.Request, out _, out var problem))
            return problem;
        var target = await FileRequest.ReadJsonIfAnyAsync(context.Request, options, RestoreTarget.Read, new RestoreTarget());
        if (!Parameters.TryReadId(file_id, out var id))
            return ApiProblem.FileNotFound;
        var result = await files.RestoreAsync(Caller.Owner(context), id, target.Folder, target.OnConflict, context.RequestAborted);
        return result is { Outcome: ChangeOutcome.Done, File: { } file }
            ? FileAnswers.Updated(context, file, $"'{file.Name}' was restored.")
            : Problems.Of(result.Outcome);
    }

    private static async Task<IResult> PurgeAsync(HttpContext context, FileStore files, string file_id)
    {
        if (!Preconditions.TryRead(context.Request, out _, out var problem))
            return problem;
        return Parameters.TryReadId(file_id, out var id) && await files.PurgeAsync(Caller.Owner(context), id, context.RequestAborted)
            ? new JsonAnswer<FileDeletedJson>(new FileDeletedJson("The file was deleted for good.", id), ApiJson.Instance.FileDeletedJson)
            : ApiProblem.FileNotFound;
    }

    private static async Task<IResult> EmptyAsync(HttpContext context, FileStore files, FolderStore folders)
    {
        var owner = Caller.Owner(context);
        // Folders first: what went to the trash with them can no longer be restored.
        var ofFolders = await folders.EmptyTrashAsync(owner, Batch, context.RequestAborted);
        var ofFiles = await files.EmptyTrashAsync(owner, Batch, context.RequestAborted);
        var what = Count(ofFiles, "file") + (ofFolders == 0 ? "" : $" and {Count(ofFolders, "folder")}");
        var message = $"{what} {(ofFiles == 1 && ofFolders == 0 ? "was" : "were")} deleted for good.";
        return new JsonAnswer<TrashEmptiedJson>(new TrashEmptiedJson(message, ofFiles, ofFolders), ApiJson.Instance.TrashEmptiedJson);
    }

    private static string Count(long number, string what) => number == 1 ? $"1 {what}" : $"{number} {what}s";
}

/// <summary>Where a file is to be restored to.</summary>
/// <param name="Folder">The folder; null if not given.</param>
/// <param name="OnConflict">The choice if the name is taken there.</param>
internal sealed record RestoreTarget(Guid? Folder = null, OnConflict OnConflict = OnConflict.Fail)
{
    /// <summary>Reads a request's body.</summary>
    /// <exception cref="ProblemException">The body is refused.</exception>
    public static RestoreTarget Read(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object)
            throw new ProblemException(ApiProblem.InvalidRequest("The body is a JSON object."));
        var target = new RestoreTarget();
        foreach (var member in json.EnumerateObject())
        {
            target = member switch
            {
                { Name: "folder_id", Value.ValueKind: JsonValueKind.String } => target with { Folder = PlaceJson.ReadFolder(member.Value) },
                { Name: "on_conflict" } when PlaceJson.ReadOnConflict(member.Value) is { } choice => target with { OnConflict = choice },
                _ => throw new ProblemException(ApiProblem.InvalidRequest(
                    "The members are folder_id, a folder's id or root, and on_conflict, which is fail, rename or replace; there are no others.")),
            };
        }
        return target;
    }
}
