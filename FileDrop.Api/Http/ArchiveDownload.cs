using FileDrop.Api.Contents;
using Microsoft.Net.Http.Headers;

namespace FileDrop.Api.Http;

/// <summary>Answers with a zip archive, for <c>GET</c> and <c>HEAD</c>: with its exact length, and with ranges, so that a download can go on.</summary>
internal sealed class ArchiveDownload(Archives archives, FileMetrics metrics, TimeProvider time)
{
    /// <summary>The media type of an archive.</summary>
    public const string MediaType = "application/zip";

    /// <summary>Sends an archive, or one range of it.</summary>
    /// <param name="context">The request, with its method, range and preconditions.</param>
    /// <param name="archive">The archive.</param>
    /// <param name="name">The name of the file that a browser makes of it, without its extension.</param>
    /// <param name="terms">The terms of the share that it belongs to; null if it belongs to none.</param>
    public async Task<IResult> SendAsync(HttpContext context, Archive archive, string name, DownloadTerms? terms = null)
    {
        var (request, response, length) = (context.Request, context.Response, archive.Layout.Length);
        var tag = new EntityTagHeaderValue($"\"{archive.Layout.Tag}\"");
        if (!Preconditions.TryRead(request, out var preconditions, out var problem))
            return problem;
        var state = preconditions.Check(tag, modified: null);
        if (state == PreconditionState.Failed)
            return ApiProblem.PreconditionFailed;
        response.GetTypedHeaders().ETag = tag;
        response.Headers.CacheControl = "private, no-cache";
        if (state == PreconditionState.NotModified)
            return TypedResults.StatusCode(StatusCodes.Status304NotModified);
        response.ContentType = MediaType;
        response.Headers.AcceptRanges = "bytes";
        response.Headers.ContentDisposition = ContentDisposition.Format(inline: false, $"{name}.zip");
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers.ContentSecurityPolicy = "sandbox; default-src 'none'";
        if (HttpMethods.IsHead(request.Method))
        {
            response.ContentLength = length;
            return Results.Empty;
        }
        // A range of another archive starts over: If-Range names the tag of the one that the client has begun.
        var range = ByteRange.Of(
            request.Headers.Range is [var text] && preconditions.RangeAllowed(tag, modified: null, time.GetUtcNow()) ? text : null, length);
        if (range.Kind == RangeKind.Unsatisfiable)
            return ApiProblem.RangeNotSatisfiable(length);
        await using var shared = terms is null
            ? null
            : await terms.BeginAsync(DownloadTerms.SubjectOf(archive.Layout.Tag), length, range.Offset, range.Count, context.RequestAborted);
        if (terms is not null && shared is null)
            return ApiProblem.ShareNotFound;
        if (range.Kind == RangeKind.Slice)
        {
            response.StatusCode = StatusCodes.Status206PartialContent;
            response.Headers.ContentRange = $"bytes {range.Offset}-{range.Offset + range.Count - 1}/{length}";
        }
        response.ContentLength = range.Count;
        using var transfer = metrics.Begin(upload: false);
        await SharedCopy.RunAsync(context, shared, (destination, cancellation) =>
            archives.CopyAsync(archive, range.Offset, range.Offset + range.Count, destination, cancellation));
        transfer.Moved(range.Count);
        return Results.Empty;
    }
}
