using FileDrop.Api.Access;
using FileDrop.Api.Catalog;
using FileDrop.Api.Contents;
using FileDrop.Api.Http;
using FileDrop.Api.Settings;

namespace FileDrop.Api.Dav;

/// <summary>GET, HEAD and PUT.</summary>
internal sealed class ContentDoor(
    DavRequests requests, FileDownload download, FileWrites writes, FileMetrics metrics, FileDropOptions options)
{
    private const string FolderText = "This is a folder. Open it with a WebDAV client: a file manager, rclone, davfs2.\n";

    public async Task<IResult> ReadAsync(HttpContext context)
    {
        var request = await requests.OpenAsync(context);
        if (request.Resource.IsFolder)
            return Results.Text(FolderText, "text/plain; charset=utf-8");
        if (request.Resource.File is not { } file)
            return DavRequest.Missing;
        // The times are those that PROPFIND shows, because clients compare them.
        return await download.SendAsync(context, file, now => now with { UpdatedAt = DavProperties.Modified(now) });
    }

    public async Task<IResult> WriteAsync(HttpContext context)
    {
        if (FileRequest.CheckHeaders(context.Request, isForm: false, options.MaxFileSize) is { } refused)
            return refused;
        var modified = DavFields.Modified(context.Request);
        var request = await requests.OpenAsync(context);
        var resource = request.Resource;
        if (resource.IsFolder)
            return ApiProblem.MethodNotAllowed with { Detail = "This is the path of a folder, which has no content." };
        if (resource.IsLoose)
            return LooseIsFixed;
        if (resource.Parent is not { } parent)
            return DavRequest.NoParent;
        if (options.Dav.Refuses(resource.Name))
            return Junk(resource.Name);
        if (request.IsLocked)
            return request.Locked;
        using var transfer = metrics.Begin(upload: true);
        using var body = new RawBody(context.Request, name: null, resource.Name, mayBeNothing: true, options);
        var incoming = new DavFile(body, resource.File is null ? resource.Name : null, parent.Id, modified, request.Held);
        CatalogFile written;
        if (resource.File is { } known)
        {
            var result = await writes.ReplaceAsync(request.Owner, known.Id, incoming, request.IfVersion, context.RequestAborted);
            if (result.File is not { } replaced)
                return request.Refuse(result.Outcome);
            written = replaced;
        }
        else
        {
            written = await writes.CreateAsync(request.Owner, incoming, upload: null, context.RequestAborted);
        }
        transfer.Moved(written.Content.Size);
        Audit.Concerns(context, $"{written.Id}");
        FileAnswers.WriteValidators(context.Response, written with { UpdatedAt = DavProperties.Modified(written) });
        if (modified is not null)
            context.Response.Headers["X-OC-MTime"] = "accepted";
        return TypedResults.StatusCode(resource.File is null ? StatusCodes.Status201Created : StatusCodes.Status204NoContent);
    }

    /// <summary>The answer to a change of a loose file that only a placed one allows.</summary>
    public static ApiProblem LooseIsFixed { get; } = ApiProblem.Forbidden(
        $"The folder {DavResource.LooseName} shows files that are in no folder. Read, delete or copy them, or move them to a folder; nothing can be created here.");

    /// <summary>The answer to a file that a system makes for itself.</summary>
    public static ApiProblem Junk(string name) =>
        ApiProblem.Forbidden($"'{name}' is a name of files that a system makes for itself, and FileDrop:Dav:Junk refuses them.");

    /// <summary>A body that becomes a file at a path.</summary>
    private sealed class DavFile(RawBody body, string? newName, Guid folder, DateTimeOffset? modified, LockTokens held) : IIncomingFile
    {
        public IncomingContent Content => body.Content;

        public async ValueTask<FileProperties> ReadPropertiesAsync(CancellationToken cancellation) =>
            await body.ReadPropertiesAsync(cancellation) with
            {
                Name = newName,
                // Somebody else may create the file first; then this is its next version.
                Destination = newName is null ? Destination.Loose : new Destination(folder, OnConflict: OnConflict.Replace),
                ModifiedAt = modified,
                Held = held,
                Writer = held.Holder,
            };
    }
}
