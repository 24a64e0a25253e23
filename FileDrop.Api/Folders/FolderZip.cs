using FileDrop.Api.Access;
using FileDrop.Api.Contents;
using FileDrop.Api.Http;
using FileDrop.Api.OpenApi;
using FileDrop.Api.Settings;

namespace FileDrop.Api.Folders;

/// <summary><c>GET /folders/{folder_id}/zip</c>.</summary>
internal static class FolderZip
{
    public static void MapFolderZip(this IEndpointRouteBuilder app) => app.MapGet("/folders/{folder_id}/zip", SendAsync).WithTags("Folders")
        .WithName("ReadFolderZip").WithSummary("Download a folder as a zip archive").WithDescription($"""
            Returns everything in the folder as one zip archive, uncompressed, with its exact length and with ranges. It has at most {Archives.MaxEntries}
            files and folders.

            The archive is made while it is sent. The same files give the same bytes and ETag, so a download goes on with `If-Range`; if one of them has
            changed, it starts over. If a content disappears while it is sent, the connection is cut.
            """)
        .Takes([FolderWords.FolderId, .. FileWords.Ranges, .. FileWords.TagPreconditions]).Needs(Scope.Read)
        .AnswersBytes("The client has this archive already.")
        .Fails(ApiProblem.TooManyEntries);

    private static async Task<IResult> SendAsync(HttpContext context, Archives archives, FolderStore folders, ArchiveDownload download, string folder_id)
    {
        var owner = Caller.Owner(context);
        if (!Parameters.TryReadFolder(folder_id, out var id)
            || await folders.FindAsync(owner, id, context.RequestAborted) is not { } folder
            || await archives.OfFolderAsync(owner, id, context.RequestAborted) is not { } archive)
            return ApiProblem.FolderNotFound;
        return await download.SendAsync(context, archive, folder.Name.Length == 0 ? "FileDrop" : folder.Name);
    }
}
