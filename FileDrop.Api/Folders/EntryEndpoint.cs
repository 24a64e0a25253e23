using FileDrop.Api.Access;
using FileDrop.Api.Catalog;
using FileDrop.Api.Contents;
using FileDrop.Api.Http;
using FileDrop.Api.OpenApi;
using FileDrop.Api.Settings;

namespace FileDrop.Api.Folders;

/// <summary>Lists the entries of a folder.</summary>
internal static class EntryEndpoint
{
    public static void MapEntries(this IEndpointRouteBuilder app) => app.MapGroup("/folders").WithTags("Folders")
        .MapGet("/{folder_id}/entries", ListAsync).Compressed()
        .WithName("ListEntries").WithSummary("List what is in a folder").WithDescription("""
            Returns folders first, then files, one page at a time, with sorts, filters and `Link` as in `GET /files`. A list by size sorts folders by
            name. A filter that only files can match (`type`, `tag`, `min_size`, `max_size`) leaves out folders. A page may be short or empty and still
            have a next one.

            `deep=true` lists everything below the folder: each folder before what is in it, in the order of creation. A page ends early after 200 folders.
            The walk meets each entry that stays where it is once. It may miss an entry that moves meanwhile, or meet it twice.
            """)
        .Takes([FolderWords.FolderId, .. FolderDescription.EntryList]).Needs(Scope.Read)
        .Answers(200, "A page of entries.", ApiBody.List(FolderDescription.Entry, ListRequest.MaxLimit), CommonHeaders.List)
        .Answers(304, "The client has this page already.", CommonHeaders.List)
        .Fails(ApiProblem.TooDeep);

    private static async Task<IResult> ListAsync(HttpContext context, FolderStore folders, FolderLists lists, FolderWalk walk, string folder_id)
    {
        var (owner, cancellation) = (Caller.Owner(context), context.RequestAborted);
        if (!Parameters.TryReadFolder(folder_id, out var id))
            return ApiProblem.FolderNotFound;
        var request = EntryRequest.Read(context.Request, owner, id);
        if (await folders.FindAsync(owner, id, cancellation) is null)
            return ApiProblem.FolderNotFound;
        if (request.IsDeep)
        {
            var walked = await walk.ListAsync(request.Query, id, request.ReadWalk(), cancellation);
            return Answer(context, id, walked.Entries, walked.Next is { } step ? request.Write(step) : null);
        }
        var page = await lists.ListAsync(request.Query, request.ReadPlace(), cancellation);
        return Answer(context, id, page.Entries, page.Next is { } next ? request.Write(next) : null);
    }

    private static IResult Answer(HttpContext context, Guid folder, IReadOnlyList<FolderEntry> entries, string? next)
    {
        if (next is not null)
            context.Response.Headers.Link = ListRequest.NextLink($"/folders/{(folder == Place.Root ? "root" : folder)}/entries", context.Request.Query, next);
        return ListAnswers.Page(
            context,
            entries.Select(entry => entry.Folder is { } one ? (one.Id, one.Version, 0L) : entry.File is { } file ? (file.Id, file.Version, 0L) : default),
            () => new JsonAnswer<EntryJson[]>([.. entries.Select(EntryJson.Of)], ApiJson.Instance.EntryJsonArray));
    }
}
