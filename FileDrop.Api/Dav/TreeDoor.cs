using FileDrop.Api.Access;
using FileDrop.Api.Catalog;
using FileDrop.Api.Contents;
using FileDrop.Api.Http;
using FileDrop.Api.Settings;
using Microsoft.AspNetCore.Http.Features;

namespace FileDrop.Api.Dav;

/// <summary>MKCOL, DELETE, COPY and MOVE.</summary>
internal sealed class TreeDoor(DavRequests requests, DavResources resources, DriveStore drive, FolderStore folders, FileDropOptions options)
{
    public async Task<IResult> MakeFolderAsync(HttpContext context)
    {
        var request = await requests.OpenAsync(context);
        var resource = request.Resource;
        if (context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: true } && context.Request.ContentLength != 0)
            return ApiProblem.UnsupportedMediaType("MKCOL makes an empty folder, and takes no body.");
        if (resource.Exists)
            return ApiProblem.MethodNotAllowed with { Detail = "Something has this path already." };
        if (resource.Parent is not { } parent)
            return DavRequest.NoParent;
        if (options.Dav.Refuses(resource.Name))
            return ContentDoor.Junk(resource.Name);
        var made = await folders.CreateAsync(request.Owner, new Target(parent.Id, resource.Name) { Held = request.Held }, request.Cancellation);
        if (made.Folder is not { } folder)
            return request.Refuse(made.Outcome);
        Audit.Concerns(context, $"{folder.Id}");
        return TypedResults.StatusCode(StatusCodes.Status201Created);
    }

    public async Task<IResult> DeleteAsync(HttpContext context)
    {
        var depth = DavFields.Depth(context.Request);
        var request = await requests.OpenAsync(context);
        if (!request.Resource.Exists)
            return DavRequest.Missing;
        if (request.Resource is not { Entry: { } entry, IsRoot: false })
            return ApiProblem.Forbidden("This folder is always there.");
        if (request.Resource.IsFolder && depth != DavDepth.Infinity)
            return ApiProblem.InvalidRequest("A folder is deleted with everything in it: leave out Depth, or send infinity.");
        var outcome = await drive.DeleteAsync(request.Owner, entry, request.IfVersion, request.Held, request.Cancellation);
        return outcome == ChangeOutcome.Done ? TypedResults.NoContent() : request.Refuse(outcome);
    }

    public Task<IResult> CopyAsync(HttpContext context) => RelocateAsync(context, isCopy: true);

    public Task<IResult> MoveAsync(HttpContext context) => RelocateAsync(context, isCopy: false);

    private async Task<IResult> RelocateAsync(HttpContext context, bool isCopy)
    {
        var (depth, overwrites) = (DavFields.Depth(context.Request), DavFields.Overwrite(context.Request));
        var names = DavFields.Destination(context.Request);
        var request = await requests.OpenAsync(context);
        var source = request.Resource;
        if (!source.Exists)
            return DavRequest.Missing;
        if (source is not { Entry: { } entry, IsRoot: false })
            return ApiProblem.Forbidden("This folder is always there: it cannot be moved or copied.");
        if (source.IsFolder && (depth == DavDepth.One || (depth == DavDepth.Zero && !isCopy)))
            return ApiProblem.InvalidRequest("A folder is moved with everything in it, and copied alone (Depth: 0) or with everything in it.");
        var target = await resources.FindAsync(request.Owner, names, request.Cancellation);
        if (target.IsRoot || target.IsLooseFolder || IsAtOrBelow(source.Names, names) || IsAtOrBelow(names, source.Names))
            return ApiProblem.Forbidden("The destination is the source, lies in it or contains it, or is always there.");
        if (target.IsLoose)
            return ContentDoor.LooseIsFixed;
        if (target.Parent is not { } parent)
            return DavRequest.NoParent;
        if (target.Exists && !overwrites)
            return ApiProblem.PreconditionFailed;
        if (options.Dav.Refuses(target.Name))
            return ContentDoor.Junk(target.Name);
        var place = new Target(parent.Id, target.Name) { Held = request.Held };
        var outcome = isCopy
            ? await drive.CopyAsync(request.Owner, entry, place, target.Entry, depth == DavDepth.Infinity, request.Cancellation)
            : await drive.MoveAsync(request.Owner, entry, place, target.Entry, request.Cancellation);
        if (outcome != ChangeOutcome.Done)
            return outcome == ChangeOutcome.Locked ? new DavError(ApiProblem.Locked, "lock-token-submitted", target.Href) : request.Refuse(outcome);
        return TypedResults.StatusCode(target.Exists ? StatusCodes.Status204NoContent : StatusCodes.Status201Created);
    }

    private static bool IsAtOrBelow(IReadOnlyList<string> above, IReadOnlyList<string> names) =>
        names.Count >= above.Count && above.SequenceEqual(names.Take(above.Count), StringComparer.Ordinal);
}
