using FileDrop.Api.Access;
using FileDrop.Api.Catalog;

namespace FileDrop.Api.Files;

/// <summary>Requests that bring a file's bytes: a new file, or new content, name and tags of one.</summary>
internal sealed class FileUpload(FileStore files, IdempotencyKeys keys, FileDropOptions options, FileMetrics metrics)
{
    /// <summary>Below <c>/files</c>, what stands in the place of an id where files are uploaded.</summary>
    private const string UploadSegment = "upload";

    /// <summary><c>POST /files/upload</c>.</summary>
    public async Task<IResult> CreateAsync(HttpContext context)
    {
        var (request, owner) = (context.Request, Caller.Owner(context));
        var form = FileRequest.IsForm(request);
        if (FileRequest.CheckHeaders(request, form, options.MaxFileSize) is { } refused)
            return refused;
        if (!IdempotencyKeys.TryRead(request, out var key, out var problem))
            return problem;
        string? rawName = null;
        if (!form && !FileRequest.TryReadRawName(request, out rawName, out problem))
            return problem;

        var upload = default(KeyedUpload);
        using var transfer = metrics.Begin(upload: true);
        try
        {
            var received = form
                ? await FileForm.ReadAsync(request, useFileName: true, options, StoreAsync)
                : await FileRequest.ReadRawAsync(request, rawName, options, StoreAsync);
            if (received.Content is null)
                return ApiProblem.FileMissing("A form carries one part with a filename.");
            if (!form && received is { Content.Size: 0, Name: null })
                return ApiProblem.FileMissing("The body is empty and has no name. Send the file as the body, or name an empty file: ?file_name=empty.txt.");
            var name = received.Name ?? FileName.Untitled;
            var sent = Commit(received.Content, received.Type ?? FileType.OfName(name), name, received.Tags ?? FileTags.None) with
            {
                RememberFor = key is null ? null : options.IdempotencyKeyLife,
            };
            if (upload.First is { } first)
                return Repeated(context, first, sent);
            if (upload.Write is not { } write)
                throw new InvalidOperationException("Content was received, but its sink was not asked.");
            return (await write.CommitAsync(sent)).File is { } file
                ? Created(context, file)
                : throw new InvalidOperationException("A commit without a condition is done, or throws.");
        }
        finally
        {
            if (upload.Write is not null)
                await upload.Write.DisposeAsync();
        }

        async Task StoreAsync(IncomingContent content, long? length, bool exact)
        {
            upload = key is null
                ? new KeyedUpload(await files.BeginCreateAsync(owner, length, exact, stands: false, context.RequestAborted), null)
                : await keys.BeginAsync(owner, key, length, exact, context.RequestAborted);
            if (upload.Write is not null)
                await upload.Write.StoreAsync(content, length, exact, context.RequestAborted);
            else if (content.Promised is null || !content.Promised.Equals(upload.First?.Content.Sha256, StringComparison.Ordinal))
                await content.CopyToAsync(Stream.Null, context.RequestAborted);
            transfer.Moved(content.Count);
        }
    }

    /// <summary><c>PUT /files/{file_id}</c>, and <c>/content</c> of it, where the body is the content whatever its type.</summary>
    public async Task<IResult> UpdateAsync(HttpContext context, string file_id, bool contentAlone)
    {
        var (request, owner) = (context.Request, Caller.Owner(context));
        var form = !contentAlone && FileRequest.IsForm(request);
        if (!contentAlone && FileRequest.IsCurlsDefault(request))
            return NotWithCurlsDefault;
        var isId = FileEndpoints.TryReadId(file_id, out var id);
        if (!isId && !contentAlone && (file_id is UploadSegment || FileRequest.BringsContent(request)))
            return ApiProblem.UploadIsElsewhere with { Header = ("Allow", file_id is UploadSegment ? "OPTIONS, POST" : "DELETE, GET, HEAD") };
        if (FileRequest.CheckHeaders(request, form, options.MaxFileSize) is { } refused)
            return refused;
        if (!Preconditions.TryRead(request, out var preconditions, out var problem))
            return problem;
        if (!isId || await files.FindForChangeAsync(owner, id, context.RequestAborted) is not { } file)
            return ApiProblem.FileNotFound;
        if (preconditions.Check(file) != PreconditionState.Met)
            return ApiProblem.PreconditionFailed;
        var ifVersion = preconditions.CommitVersion(file);

        if (!contentAlone && FileRequest.IsJson(request))
            return Changed(context, await ChangeAsync(await FileRequest.ReadJsonAsync(request, options)));

        PendingWrite? write = null;
        using var transfer = metrics.Begin(upload: true);
        try
        {
            var received = form
                ? await FileForm.ReadAsync(request, useFileName: false, options, StoreAsync)
                : await FileRequest.ReadRawAsync(request, null, options, StoreAsync);
            if (received is { Content: null, Name: null, Tags: null })
                return ApiProblem.InvalidRequest("There is nothing to change: send a file, file_name, tags, or several of them.");
            if (received.Content is not { } content || write is null)
                return Changed(context, await ChangeAsync(received));
            var type = received.Type ?? FileType.OfName(received.Name ?? file.Name);
            return Changed(context, await write.CommitAsync(Commit(content, type, received.Name, received.Tags) with { IfVersion = ifVersion }));
        }
        finally
        {
            if (write is not null)
                await write.DisposeAsync();
        }

        Task<ChangeResult> ChangeAsync(Received received) =>
            files.ChangeAsync(owner, id, new MetadataChange(received.Name, received.Tags, ifVersion), context.RequestAborted);

        async Task StoreAsync(IncomingContent content, long? length, bool exact)
        {
            write = await files.BeginReplaceAsync(owner, id, length, exact, context.RequestAborted)
                ?? throw new ContentRejectedException(ApiProblem.FileNotFound);
            await write.StoreAsync(content, length, exact, context.RequestAborted);
            transfer.Moved(content.Count);
        }
    }

    /// <summary>curl sends <c>-d</c> as a form of a page: its sender wanted to change the name, and must not lose the content.</summary>
    private static ApiProblem NotWithCurlsDefault { get; } = ApiProblem.UnsupportedMediaType(
        "A PUT takes no application/x-www-form-urlencoded, the type that curl sends with -d; nothing was changed. "
        + "To change name or tags, add -H 'Content-Type: application/json' to -d '{\"file_name\":\"new.txt\"}'. "
        + "To send a form with a file, use -F file=@new.txt. To replace the content, send raw bytes: -T new.txt.") with
    {
        Header = ("Accept", "application/json, multipart/form-data, application/octet-stream, */*;q=0.1"),
    };

    private static FileCommit Commit(ContentFacts content, string type, string? name, IReadOnlyDictionary<string, string>? tags) =>
        new(content.Size, type, content.Sha256, content.XxHash3, name, tags);

    private static IResult Repeated(HttpContext context, CatalogFile first, FileCommit sent)
    {
        var difference = !string.Equals(first.Name, sent.Name, StringComparison.Ordinal) ? "name"
            : !string.Equals(first.Content.Type, sent.Type, StringComparison.Ordinal) ? "type"
            : !FileTags.Same(first.Tags, sent.Tags ?? FileTags.None) ? "tags"
            : !string.Equals(first.Content.Sha256, sent.Sha256, StringComparison.Ordinal) ? "content"
            : null;
        return difference is null
            ? Created(context, first)
            : ApiProblem.IdempotencyKeyReused($"This Idempotency-Key was used for an upload with another {difference}; take a new key.");
    }

    /// <summary>Answers with a file that was just created.</summary>
    public static IResult Created(HttpContext context, CatalogFile file)
    {
        FileEndpoints.WriteValidators(context.Response, file);
        context.Response.Headers.Location = Caller.Follow(context.Request, $"/files/{file.Id}");
        return new JsonAnswer<FileJson>(FileJson.Of(file), ApiJson.Instance.FileJson, StatusCodes.Status201Created);
    }

    private static IResult Changed(HttpContext context, ChangeResult result) => result switch
    {
        { Outcome: ChangeOutcome.Done, File: { } file } => FileEndpoints.Updated(context, file, $"'{file.Name}' was updated."),
        { Outcome: ChangeOutcome.VersionMismatch } => ApiProblem.PreconditionFailed,
        _ => ApiProblem.FileNotFound,
    };
}
