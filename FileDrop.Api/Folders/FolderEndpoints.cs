using FileDrop.Api.Access;
using FileDrop.Api.Catalog;
using FileDrop.Api.Contents;
using FileDrop.Api.Http;
using FileDrop.Api.OpenApi;
using FileDrop.Api.Settings;

namespace FileDrop.Api.Folders;

/// <summary>Folders: creates, reads, renames, moves and deletes them.</summary>
internal static class FolderEndpoints
{
    public static void MapFolders(this IEndpointRouteBuilder app)
    {
        var folders = app.MapGroup("/folders").WithTags("Folders");
        folders.MapPost("/", CreateAsync)
            .WithName("CreateFolder").WithSummary("Create a folder").WithDescription("""
                Creates a folder in another one or, without `parent_id`, in the root. Names in a folder are unique, across files and folders. They are
                compared in NFC; upper and lower case differ.

                A folder has at most 64 levels from the root down to itself.
                """)
            .TakesJson(FolderDescription.NewFolder).Needs(Scope.Write)
            .Answers(201, "The folder.", ApiBody.Json(FolderWords.Folder), [.. CommonHeaders.Validators, CommonHeaders.Location])
            .Leads(201, "folder_id", "$response.body#/folder_id", "ReadFolder", "ListEntries", "UpdateFolder", "DeleteFolder")
            .Fails(FolderWords.OfPlace).Fails(CommonErrors.InvalidName, ApiProblem.TooDeep);

        folders.MapGet("/{folder_id}", ReadAsync)
            .WithName("ReadFolder").WithSummary("Read a folder")
            .WithDescription("Returns the folder object. Its ETag changes when the folder is renamed or moved, and not with the files and folders in it.")
            .Takes([FolderWords.FolderId, .. FileWords.ReadPreconditions]).Needs(Scope.Read)
            .Answers(200, "The folder object.", ApiBody.Json(FolderWords.Folder), FileWords.CachedHeaders)
            .Answers(304, "The client has this version already.", FileWords.CachedHeaders);

        folders.MapPatch("/{folder_id}", UpdateAsync)
            .WithName("UpdateFolder").WithSummary("Rename or move a folder").WithDescription("""
                One change, whatever is in the folder. `parent_id` moves the folder; null or `root` moves it to the root. The root itself cannot be
                changed.
                """)
            .Takes([FolderWords.FolderId, .. FileWords.Preconditions]).TakesJson(FolderDescription.Change).Needs(Scope.Write)
            .Answers(200, "The folder after the change.", ApiBody.Json(FolderDescription.Updated), CommonHeaders.Validators)
            .Fails(FolderWords.OfPlace).Fails(CommonErrors.InvalidName, ApiProblem.Circle, ApiProblem.TooDeep, RootIsFixed);

        folders.MapDelete("/{folder_id}", DeleteAsync)
            .WithName("DeleteFolder").WithSummary("Delete a folder").WithDescription("""
                Moves the folder to the trash, with everything in it. Access by path ends at once. By its id, and in the list of all files, a file below may
                be seen for some seconds more. A restoration brings back what went with the folder.
                """)
            .Takes([FolderWords.FolderId, FolderDescription.Permanent, .. FileWords.Preconditions]).Needs(Scope.Delete)
            .Answers(200, "The folder is deleted.", ApiBody.Json(FolderDescription.Deleted))
            .Fails(RootIsFixed);
    }

    /// <summary>Writes the fields that tell a client which state of the folder it sees.</summary>
    public static void WriteValidators(HttpResponse response, CatalogFolder folder)
    {
        var headers = response.GetTypedHeaders();
        headers.ETag = Preconditions.EntityTag(folder);
        headers.LastModified = Preconditions.LastModified(folder);
    }

    /// <summary>Answers with the folder as a change left it.</summary>
    public static IResult Updated(HttpContext context, CatalogFolder folder, string message)
    {
        WriteValidators(context.Response, folder);
        return new JsonAnswer<FolderUpdatedJson>(new FolderUpdatedJson(message, FolderJson.Of(folder)), ApiJson.Instance.FolderUpdatedJson);
    }

    private static ApiProblem RootIsFixed { get; } = ApiProblem.InvalidRequest("The root cannot be renamed, moved or deleted. Change the folders in it.");

    private static async Task<IResult> CreateAsync(HttpContext context, FolderStore folders, FileDropOptions options)
    {
        if (!FileRequest.IsJson(context.Request))
            return FileRequest.NotJson;
        var body = await FileRequest.ReadJsonAsync(context.Request, options, FolderBody.ReadNew);
        var target = new Target(body.Parent ?? Place.Root, body.Name ?? "", body.OnConflict);
        var result = await folders.CreateAsync(Caller.Owner(context), target, context.RequestAborted);
        if (result is not { Outcome: ChangeOutcome.Done, Folder: { } folder })
            return Problems.Of(result.Outcome);
        WriteValidators(context.Response, folder);
        context.Response.Headers.Location = Caller.Follow(context.Request, $"/folders/{folder.Id}");
        return new JsonAnswer<FolderJson>(FolderJson.Of(folder), ApiJson.Instance.FolderJson, StatusCodes.Status201Created);
    }

    private static async Task<IResult> ReadAsync(HttpContext context, FolderStore folders, string folder_id)
    {
        if (!Preconditions.TryRead(context.Request, out var preconditions, out var problem))
            return problem;
        if (!Parameters.TryReadFolder(folder_id, out var id) || await folders.FindAsync(Caller.Owner(context), id, context.RequestAborted) is not { } folder)
            return ApiProblem.FolderNotFound;
        var state = preconditions.Check(folder);
        if (state == PreconditionState.Failed)
            return ApiProblem.PreconditionFailed;
        WriteValidators(context.Response, folder);
        context.Response.Headers.CacheControl = "private, no-cache";
        return state == PreconditionState.NotModified
            ? TypedResults.StatusCode(StatusCodes.Status304NotModified)
            : new JsonAnswer<FolderJson>(FolderJson.Of(folder), ApiJson.Instance.FolderJson);
    }

    private static async Task<IResult> UpdateAsync(HttpContext context, FolderStore folders, FileDropOptions options, string folder_id)
    {
        var owner = Caller.Owner(context);
        if (!FileRequest.IsJson(context.Request))
            return FileRequest.NotJson;
        if (!Preconditions.TryRead(context.Request, out var preconditions, out var problem))
            return problem;
        if (!Parameters.TryReadFolder(folder_id, out var id) || await folders.FindAsync(owner, id, context.RequestAborted) is not { } folder)
            return ApiProblem.FolderNotFound;
        if (id == Place.Root)
            return RootIsFixed;
        if (preconditions.Check(folder) != PreconditionState.Met)
            return ApiProblem.PreconditionFailed;
        var body = await FileRequest.ReadJsonAsync(context.Request, options, FolderBody.ReadChange);
        var change = new FolderChange(body.Name, body.Parent, body.OnConflict, preconditions.CommitVersion(folder));
        var result = await folders.ChangeAsync(owner, id, change, context.RequestAborted);
        return result is { Outcome: ChangeOutcome.Done, Folder: { } changed }
            ? Updated(context, changed, $"'{changed.Name}' was updated.")
            : Problems.Of(result.Outcome);
    }

    private static async Task<IResult> DeleteAsync(HttpContext context, FolderStore folders, string folder_id)
    {
        if (!Parameters.TryReadFlag(context.Request.Query, "permanent", out var permanent))
            return ApiProblem.InvalidRequest("permanent is true or false.");
        if (!Preconditions.TryRead(context.Request, out var preconditions, out var problem))
            return problem;
        var owner = Caller.Owner(context);
        if (!Parameters.TryReadFolder(folder_id, out var id) || await folders.FindAsync(owner, id, context.RequestAborted) is not { } folder)
            return ApiProblem.FolderNotFound;
        if (id == Place.Root)
            return RootIsFixed;
        if (preconditions.Check(folder) != PreconditionState.Met)
            return ApiProblem.PreconditionFailed;
        var result = await folders.DeleteAsync(owner, id, preconditions.CommitVersion(folder), permanent, context.RequestAborted);
        return result.Outcome == ChangeOutcome.Done
            ? new JsonAnswer<FolderDeletedJson>(new FolderDeletedJson($"'{folder.Name}' was deleted.", id), ApiJson.Instance.FolderDeletedJson)
            : Problems.Of(result.Outcome);
    }
}
