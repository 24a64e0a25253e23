using FileDrop.Api.Access;
using FileDrop.Api.Catalog;
using FileDrop.Api.Contents;
using FileDrop.Api.Http;
using FileDrop.Api.OpenApi;
using FileDrop.Api.Settings;

namespace FileDrop.Api.Folders;

/// <summary>Deleted folders, as long as they can be restored.</summary>
internal static class FolderTrashEndpoints
{
    /// <summary>Folders on a page, at most. Each one's entries are counted.</summary>
    private const int MaxLimit = 100;

    private const string Path = "/trash/folders";

    private static readonly ApiParameter[] s_page =
    [
        ApiParameter.Limit(MaxLimit, MaxLimit) with { Key = "trashed_folders_limit" },
        ApiParameter.Query("cursor", "The position from the previous page's `Link`.", Shape.Text()) with
        {
            Key = "trashed_folders_cursor",
            Failures = [ApiProblem.InvalidCursor("This cursor was not issued by this list.")],
        },
        FileWords.IfNoneMatch,
    ];

    public static void MapFolderTrash(this IEndpointRouteBuilder app)
    {
        var trash = app.MapGroup(Path).WithTags("Trash");
        trash.MapGet("/", ListAsync).Compressed()
            .WithName("ListTrashedFolders").WithSummary("List the folders in the trash").WithDescription($"""
                Returns the folders that were deleted themselves, the latest deletion first. `files` and `folders` count what was directly in the folder and
                is in the trash with it, up to {FolderLists.MaxCounted} each. They grow for some seconds after the deletion.
                """)
            .Takes(s_page).Needs(Scope.Read)
            .Answers(200, "A page of folders.", ApiBody.List(FolderDescription.Trashed, MaxLimit), CommonHeaders.List)
            .Answers(304, "The client has this page already.", CommonHeaders.List);

        trash.MapPost("/{folder_id}/restore", RestoreAsync)
            .WithName("RestoreFolder").WithSummary("Restore a folder").WithDescription("""
                Takes a folder out of the trash, with everything that went there with it. It returns to `parent_id` or, without one, to its own parent. If
                that is in the trash or gone, it returns to the root. What is in the folder reappears within seconds.
                """)
            .Takes(FolderWords.FolderId).TakesJson(FolderDescription.Restoration, required: false).Needs(Scope.Write)
            .Answers(200, "The folder is live again.", ApiBody.Json(FolderDescription.Restored), CommonHeaders.Validators)
            .Fails(ApiProblem.NameTaken, ApiProblem.Circle, ApiProblem.TooDeep);

        trash.MapDelete("/{folder_id}", PurgeAsync)
            .WithName("PurgeFolder").WithSummary("Delete a folder for good")
            .WithDescription("Deletes a folder in the trash for good, with everything that went there with it.")
            .Takes(FolderWords.FolderId).Needs(Scope.Delete)
            .Answers(200, "The folder is gone.", ApiBody.Json(FolderDescription.Deleted));
    }

    private static async Task<IResult> ListAsync(HttpContext context, FolderLists lists)
    {
        var (query, owner) = (context.Request.Query, Caller.Owner(context));
        if (!ListParameters.AreUnderstoodByFolderTrash(query, out var problem))
            return problem;
        var list = ListCursor.Fingerprint(FolderLists.Trash(owner, MaxLimit, after: null), "folders");
        var after = ListRequest.Cursor(query) is { } text ? ReadPlace(ListCursor.Read(text), list) : null;
        var (folders, next) = await lists.ListTrashAsync(owner, ListRequest.Limit(query, MaxLimit), after, context.RequestAborted);
        if (next is not null)
            context.Response.Headers.Link = ListRequest.NextLink(Path, query, ListCursor.Write(list, ListCursor.WritePosition(next)));
        // A folder that was deleted, restored and deleted again has the same version, but not the same time.
        return ListAnswers.Page(
            context,
            [
                .. folders.Select(each => (each.Folder.Id, each.Folder.Version, each.Folder.DeletedAt?.ToUnixTimeMilliseconds() ?? 0)),
                .. folders.Select(each => (each.Folder.Id, each.Files, each.Folders)),
            ],
            () => new JsonAnswer<TrashedFolderJson[]>(
                [.. folders.Select(each => TrashedFolderJson.Of(each.Folder, each.Files, each.Folders))], ApiJson.Instance.TrashedFolderJsonArray));
    }

    private static ListPosition ReadPlace(ListCursor cursor, ulong list) => cursor.List == list
        ? ListCursor.ReadPosition(cursor.Place.Span, byName: false)
        : throw ListCursor.NotIssued();

    private static async Task<IResult> RestoreAsync(HttpContext context, FolderStore folders, FileDropOptions options, string folder_id)
    {
        if (!Preconditions.TryRead(context.Request, out _, out var problem))
            return problem;
        var body = await FileRequest.ReadJsonIfAnyAsync(context.Request, options, FolderBody.ReadRestoration, new FolderBody());
        if (!Parameters.TryReadFolder(folder_id, out var id))
            return ApiProblem.FolderNotFound;
        var result = await folders.RestoreAsync(Caller.Owner(context), id, body.Parent, body.OnConflict, context.RequestAborted);
        return result is { Outcome: ChangeOutcome.Done, Folder: { } folder }
            ? FolderEndpoints.Updated(context, folder, $"'{folder.Name}' was restored.")
            : Problems.Of(result.Outcome);
    }

    private static async Task<IResult> PurgeAsync(HttpContext context, FolderStore folders, string folder_id)
    {
        if (!Preconditions.TryRead(context.Request, out _, out var problem))
            return problem;
        return Parameters.TryReadFolder(folder_id, out var id) && await folders.PurgeAsync(Caller.Owner(context), id, context.RequestAborted)
            ? new JsonAnswer<FolderDeletedJson>(new FolderDeletedJson("The folder was deleted for good.", id), ApiJson.Instance.FolderDeletedJson)
            : ApiProblem.FolderNotFound;
    }
}
