using FileDrop.Api.Catalog;
using FileDrop.Api.Contents;
using FileDrop.Api.Http;
using FileDrop.Api.Settings;

namespace FileDrop.Api.Files;

/// <summary>Requests that bring a file's bytes: a new file, or new content, name and tags.</summary>
internal sealed class FileUpload(FileWrites writes, FileStore files, FolderStore folders, FileDropOptions options, FileMetrics metrics)
{
    /// <summary>Below <c>/files</c>, the segment for uploads, which stands in the place of an id.</summary>
    private const string UploadSegment = "upload";

    /// <summary><c>POST /files/upload</c>.</summary>
    public async Task<IResult> CreateAsync(HttpContext context)
    {
        var request = context.Request;
        var isForm = FileRequest.IsForm(request);
        if (FileRequest.CheckHeaders(request, isForm, options.MaxFileSize) is { } refused)
            return refused;
        if (!FileRequest.TryReadIdempotencyKey(request, out var key, out var problem))
            return problem;
        string? rawName = null;
        if (!isForm && !FileRequest.TryReadRawName(request, out rawName, out problem))
            return problem;
        var (destination, place) = (Destination.Loose, PlaceFields.OfQuery(request));
        if (!isForm)
        {
            (destination, rawName) = place.ReadFor(rawName);
            // Before the content arrives, so that a long upload is not refused at its end.
            destination = await folders.ResolveAsync(Caller.Owner(context), destination, context.RequestAborted);
        }

        using var transfer = metrics.Begin(upload: true);
        using FileBody body = isForm
            ? new FileForm(request, FileName.Untitled, useFileName: true, options)
            : new RawBody(request, rawName, FileName.Untitled, mayBeNothing: false, options, destination, place.ModifiedAt, place.ExpiresAt);
        if (!await body.OpenAsync(context.RequestAborted))
            return ApiProblem.FileMissing("A form carries one part with a filename.");
        var (file, difference) = await writes.CreateOnceAsync(Caller.Owner(context), body, key, context.RequestAborted);
        transfer.Moved(body.Content.Count);
        return difference is null
            ? FileAnswers.Created(context, file)
            : ApiProblem.IdempotencyKeyReused($"This Idempotency-Key was used for an upload with another {difference}; take a new key.");
    }

    /// <summary><c>PUT /files/{file_id}</c>, and <c>/content</c> of it, where a body of any type is the content.</summary>
    public async Task<IResult> UpdateAsync(HttpContext context, string file_id, bool contentAlone)
    {
        var (request, owner) = (context.Request, Caller.Owner(context));
        var isForm = !contentAlone && FileRequest.IsForm(request);
        if (!contentAlone && FileRequest.IsCurlsDefault(request))
            return NotWithCurlsDefault;
        var isId = Parameters.TryReadId(file_id, out var id);
        if (!isId && !contentAlone && (file_id is UploadSegment || FileRequest.BringsContent(request)))
            return ApiProblem.UploadIsElsewhere with { Header = ("Allow", file_id is UploadSegment ? "OPTIONS, POST" : "DELETE, GET, HEAD") };
        if (FileRequest.CheckHeaders(request, isForm, options.MaxFileSize) is { } refused)
            return refused;
        if (!Preconditions.TryRead(request, out var preconditions, out var problem))
            return problem;
        if (!isId || await files.FindForChangeAsync(owner, id, context.RequestAborted) is not { } file)
            return ApiProblem.FileNotFound;
        if (preconditions.Check(file) != PreconditionState.Met)
            return ApiProblem.PreconditionFailed;
        var ifVersion = preconditions.CommitVersion(file);

        if (!contentAlone && FileRequest.IsJson(request))
            return await ChangeAsync(context, file, await FileRequest.ReadChangeAsync(request, options) with { IfVersion = ifVersion });
        using var transfer = metrics.Begin(upload: true);
        if (!isForm)
        {
            using var raw = new RawBody(request, name: null, file.Name, mayBeNothing: true, options);
            return await ReplaceAsync(context, file, raw, ifVersion, transfer);
        }
        using var form = new FileForm(request, file.Name, useFileName: false, options);
        return await form.OpenAsync(context.RequestAborted) ? await ReplaceAsync(context, file, form, ifVersion, transfer)
            : form is { Name: null, Tags: null }
                ? ApiProblem.InvalidRequest("There is nothing to change: send a file, file_name, tags, or several of them.")
            : await ChangeAsync(context, file, new MetadataChange(form.Name, form.Tags, ifVersion));
    }

    /// <summary>
    /// curl sends <c>-d</c> as a web page's form by default. Its user probably wanted to change the name, and must not lose the content.
    /// </summary>
    public static ApiProblem NotWithCurlsDefault { get; } = ApiProblem.UnsupportedMediaType(
        "A PUT takes no application/x-www-form-urlencoded, the type that curl sends with -d; nothing was changed. "
        + "To change name or tags, add -H 'Content-Type: application/json' to -d '{\"file_name\":\"new.txt\"}'. "
        + "To send a form with a file, use -F file=@new.txt. To replace the content, send raw bytes: -T new.txt.") with
    {
        Header = ("Accept", "application/json, multipart/form-data, application/octet-stream, */*;q=0.1"),
    };

    private async Task<IResult> ReplaceAsync(HttpContext context, CatalogFile file, FileBody body, long? ifVersion, FileMetrics.Transfer transfer)
    {
        var result = await writes.ReplaceAsync(file.Owner, file.Id, body, ifVersion, context.RequestAborted);
        transfer.Moved(body.Content.Count);
        return Changed(context, result);
    }

    private async Task<IResult> ChangeAsync(HttpContext context, CatalogFile file, MetadataChange change) =>
        Changed(context, await files.ChangeAsync(file.Owner, file.Id, change, context.RequestAborted));

    private static IResult Changed(HttpContext context, ChangeResult result) => result is { Outcome: ChangeOutcome.Done, File: { } file }
        ? FileAnswers.Updated(context, file, $"'{file.Name}' was updated.")
        : Problems.Of(result.Outcome);
}
