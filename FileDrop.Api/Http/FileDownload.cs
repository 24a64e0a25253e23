using FileDrop.Api.Catalog;
using FileDrop.Api.Contents;
using FileDrop.Api.Hashing;

namespace FileDrop.Api.Http;

/// <summary>Answers with content, for <c>GET</c> and <c>HEAD</c> of files and of links.</summary>
/// <remarks>
/// Ranges and preconditions are FileDrop's own. The framework's file results answer HEAD with 206; and if the client's clock is ahead, they answer
/// If-Modified-Since with 200.
/// </remarks>
internal sealed class FileDownload(FileStore files, Integrity integrity, FileMetrics metrics, TimeProvider time)
{
    /// <summary>Sends a content of the caller's.</summary>
    /// <param name="context">The request.</param>
    /// <param name="file_id">The file's id, as it was sent.</param>
    public Task<IResult> SendAsync(HttpContext context, string file_id)
    {
        // ?version=N asks for the content that was committed at N. No content has the number 0.
        long? version = !context.Request.Query.TryGetValue("version", out var asked) ? null
            : Parameters.TryReadVersion(asked.ToString(), out var number) ? number : 0;
        return SendAsync(context, Caller.Owner(context), Parameters.TryReadId(file_id, out var id) ? id : null, version);
    }

    /// <summary>Sends a content, without asking who may read it.</summary>
    /// <param name="context">The request, with its method, range, preconditions and ?inline=.</param>
    /// <param name="owner">The file's owner.</param>
    /// <param name="file_id">The file's id, or null if no file can have the id that was sent.</param>
    /// <param name="version">The version at which the content was committed, or null for the live one.</param>
    public Task<IResult> SendAsync(HttpContext context, string owner, Guid? file_id, long? version)
    {
        if (!Parameters.TryReadFlag(context.Request.Query, "inline", out var inline))
            return Task.FromResult<IResult>(ApiProblem.InvalidRequest("inline is true or false."));
        return file_id is not { } id ? Task.FromResult<IResult>(ApiProblem.FileNotFound) : SendAsync(context, owner, id, version, known: null, inline, terms: null);
    }

    /// <summary>Sends a file of a share.</summary>
    /// <param name="context">The request, with its method, range and preconditions.</param>
    /// <param name="file">The file with the content to send, as it was just found.</param>
    /// <param name="version">The version to which the share is pinned, or null for the live content.</param>
    /// <param name="terms">The share's terms.</param>
    public Task<IResult> SendAsync(HttpContext context, CatalogFile file, long? version, DownloadTerms terms) =>
        SendAsync(context, file.Owner, file.Id, version, file, terms.Inline, terms);

    /// <summary>Sends the live content of a file, which its reader sees in another form, such as with another time.</summary>
    /// <param name="context">The request, with its method, range and preconditions.</param>
    /// <param name="file">The file, as it was just found.</param>
    /// <param name="show">Makes the form in which the reader sees it.</param>
    public Task<IResult> SendAsync(HttpContext context, CatalogFile file, Func<CatalogFile, CatalogFile> show) =>
        SendAsync(context, file.Owner, file.Id, version: null, show(file), inline: false, terms: null, show);

    private async Task<IResult> SendAsync(
        HttpContext context, string owner, Guid id, long? version, CatalogFile? known, bool inline, DownloadTerms? terms,
        Func<CatalogFile, CatalogFile>? show = null)
    {
        var (request, response) = (context.Request, context.Response);
        if (!Preconditions.TryRead(request, out var preconditions, out var problem))
            return problem;
        if ((known ?? await FindAsync()) is not { } file)
            return version is not null && await files.FindAsync(owner, id, context.RequestAborted) is not null
                ? ApiProblem.VersionNotFound
                : ApiProblem.FileNotFound;
        switch (preconditions.Check(file))
        {
            case PreconditionState.Failed:
                return ApiProblem.PreconditionFailed;
            case PreconditionState.NotModified:
                FileAnswers.WriteValidators(response, file);
                response.Headers.CacheControl = "private, no-cache";
                return TypedResults.StatusCode(StatusCodes.Status304NotModified);
            default:
                break;
        }
        if (HttpMethods.IsHead(request.Method))
        {
            WriteHeaders(response, file, inline);
            response.ContentLength = file.Content.Size;
            return Results.Empty;
        }
        if (Slice(file).Kind == RangeKind.Unsatisfiable)
            return ApiProblem.RangeNotSatisfiable(file.Content.Size);

        using var transfer = metrics.Begin(upload: false);
        // If the content is replaced before it is opened, the new one is sent, and all of it if the range lies outside.
        var open = await files.OpenAsync(file, FindAsync, now => Slice(now) is { Kind: RangeKind.Slice } slice
            ? new ContentSlice(slice.Offset, slice.Count, IsPart: true)
            : ContentSlice.All(now.Content.Size), context.RequestAborted);
        if (open is null)
            return ApiProblem.FileNotFound;
        await using var content = open.Content;
        await using var shared = terms is null
            ? null
            : await terms.BeginAsync(open.File.Content.BlobId, open.File.Content.Size, open.Slice.Offset, open.Slice.Count, context.RequestAborted);
        if (terms is not null && shared is null)
            return ApiProblem.ShareNotFound;
        WriteHeaders(response, open.File, inline);
        response.ContentLength = open.Slice.Count;
        if (open.Slice.IsPart)
        {
            response.StatusCode = StatusCodes.Status206PartialContent;
            response.Headers.ContentRange =
                $"bytes {open.Slice.Offset}-{open.Slice.Offset + open.Slice.Count - 1}/{open.File.Content.Size}";
        }
        await SharedCopy.RunAsync(context, shared, (destination, cancellation) => open.Slice.Count == open.File.Content.Size
            ? integrity.CopyAsync(open.File, content, destination, cancellation)
            : integrity.CopySliceAsync(id, open.File.Content, content, destination, cancellation));
        transfer.Moved(open.Slice.Count);
        return Results.Empty;

        async Task<CatalogFile?> FindAsync()
        {
            var found = version is { } old
                ? await files.FindVersionAsync(owner, id, old, context.RequestAborted)
                : await files.FindAsync(owner, id, context.RequestAborted);
            return found is null || show is null ? found : show(found);
        }

        ByteRange Slice(CatalogFile now) => ByteRange.Of(
            request.Headers.Range is [var range] && preconditions.RangeAllowed(now, time.GetUtcNow()) ? range : null, now.Content.Size);
    }

    private static void WriteHeaders(HttpResponse response, CatalogFile file, bool inline)
    {
        var type = file.Content.Type;
        inline = inline && FileType.MayBeInline(type);
        FileAnswers.WriteValidators(response, file);
        response.ContentType = type;
        var headers = response.Headers;
        headers.AcceptRanges = "bytes";
        headers["Repr-Digest"] = ContentDigest.Format(file.Content.Sha256);
        headers.ContentDisposition = ContentDisposition.Format(inline, file.Name);
        headers.XContentTypeOptions = "nosniff";
        headers.CacheControl = "private, no-cache";
        // In a sandboxed document, browsers do not run their PDF viewer.
        headers.ContentSecurityPolicy = inline && FileType.IsPdf(type)
            ? "default-src 'none'; frame-ancestors 'self'"
            : "sandbox; default-src 'none'";
    }
}
