using System.Globalization;
using FileDrop.Api.Catalog;
using FileDrop.Api.Contents;
using FileDrop.Api.Http;
using FileDrop.Api.Settings;

namespace FileDrop.Api.Shares;

/// <summary>Files that arrive with a link: as a form, as a body, or in pieces.</summary>
internal sealed class Drops(ShareDrops drops, SharePage pages, FileDropOptions options, FileMetrics metrics)
{
    private const string UploaderPart = "uploader", MessagePart = "message";

    /// <summary>Answers a reading of the link: with the page, or with a line for a terminal. It shows nothing of the folder.</summary>
    public IResult Show(HttpContext context, ShareVisit visit, bool wantsPage)
    {
        var request = context.Request;
        if (wantsPage)
            return pages.OfDrop(visit, $"{request.PathBase}{visit.Path}", [], problem: null);
        context.Response.Headers.CacheControl = "no-store";
        return TypedResults.Text($"Upload a file with: curl -T FILE {request.Scheme}://{request.Host}{request.PathBase}{visit.Path}/\n", "text/plain", System.Text.Encoding.UTF8);
    }

    /// <summary>Takes the file of a form.</summary>
    /// <exception cref="ProblemException">The form or the file is refused.</exception>
    public async Task<CatalogFile> TakeFormAsync(HttpContext context, ShareVisit visit)
    {
        var limits = Limits(visit.Share);
        if (FileRequest.CheckHeaders(context.Request, isForm: true, limits.MaxFileSize) is { } refused)
            throw new ProblemException(refused);
        using var form = new FileForm(context.Request, FileName.Untitled, useFileName: true, limits, [UploaderPart, MessagePart]);
        if (!await form.OpenAsync(context.RequestAborted))
            throw new ProblemException(ApiProblem.FileMissing("Choose a file to send."));
        return await TakeAsync(context, visit, form, [], () => Sender(visit.Share, form.Texts.GetValueOrDefault(UploaderPart), form.Texts.GetValueOrDefault(MessagePart)));
    }

    /// <summary>Takes a body that is the file.</summary>
    /// <exception cref="ProblemException">The request or the file is refused.</exception>
    public async Task<CatalogFile> TakeBodyAsync(HttpContext context, ShareVisit visit)
    {
        var (request, limits) = (context.Request, Limits(visit.Share));
        if (FileRequest.CheckHeaders(request, isForm: false, limits.MaxFileSize) is { } refused)
            throw new ProblemException(refused);
        var sender = SenderOfQuery(context, visit.Share);
        string? name = null;
        if ((visit.IsFolder || visit.Names.Count == 0) && !FileRequest.TryReadRawName(request, out name, out var problem))
            throw new ProblemException(problem);
        var way = visit.Names;
        if (name is null && !visit.IsFolder && visit.Names.Count > 0)
            (name, way) = (visit.Names[^1], [.. visit.Names.SkipLast(1)]);
        DemandType(visit.Share, name ?? FileName.Untitled);
        using var body = new RawBody(request, name, FileName.Untitled, mayBeNothing: name is not null, limits);
        return await TakeAsync(context, visit, body, way, () => sender);
    }

    /// <summary>The sender that a query tells.</summary>
    /// <exception cref="ProblemException">The share requires a name, and there is none.</exception>
    public static DropSender SenderOfQuery(HttpContext context, Share share) =>
        Sender(share, context.Request.Query[UploaderPart] is [{ Length: > 0 } uploader] ? uploader : null, context.Request.Query[MessagePart] is [{ Length: > 0 } message] ? message : null);

    /// <summary>The sender in a share's words.</summary>
    /// <exception cref="ProblemException">The share requires a name, and there is none.</exception>
    public static DropSender Sender(Share share, string? uploader, string? message) =>
        share.Drop?.AsksName == true && string.IsNullOrWhiteSpace(uploader)
            ? throw new ProblemException(DropDescription.NameMissing)
            : new DropSender(uploader, message);

    /// <summary>Refuses a file whose name has none of the types that the share takes.</summary>
    /// <exception cref="ProblemException">It has none.</exception>
    public static void DemandType(Share share, string name)
    {
        if (share.Drop?.Types is not { Count: > 0 } types)
            return;
        var type = FileType.OfName(name);
        if (!types.Any(one => one[0] == '.' ? name.EndsWith(one, StringComparison.OrdinalIgnoreCase)
            : one.EndsWith("/*", StringComparison.Ordinal) ? type.StartsWith(one[..^1], StringComparison.OrdinalIgnoreCase)
            : type.Equals(one, StringComparison.OrdinalIgnoreCase)))
            throw new ProblemException(DropDescription.TypeNotTaken with
            {
                Detail = string.Create(CultureInfo.InvariantCulture, $"Files of this type are not taken here, but these are: {string.Join(", ", types)}."),
            });
    }

    /// <summary>The receipt for a file.</summary>
    public static ReceiptJson Receipt(CatalogFile file) => new(file.Name, file.Content.Size, file.Content.Sha256, file.CreatedAt);

    /// <summary>The answer to a refused file; null if the failure is none that its sender must know. It tells nothing about the owner or the folder.</summary>
    public static ApiProblem? Explain(Exception failure) => failure switch
    {
        QuotaExceededException or TooManyUploadsException => ApiProblem.DropFull,
        RefusedException { Refusal.Code: RefusalCode.QuotaExceeded or RefusalCode.NameTaken } => ApiProblem.DropFull,
        RefusedException { Refusal.Code: RefusalCode.FolderNotFound } => ApiProblem.ShareNotFound,
        _ => Problems.Of(failure),
    };

    private FileDropOptions Limits(Share share) => options with { MaxFileSize = Math.Max(0, drops.MostBytes(share)) };

    private async Task<CatalogFile> TakeAsync(
        HttpContext context, ShareVisit visit, FileBody body, IReadOnlyList<string> way, Func<DropSender> sender)
    {
        using var transfer = metrics.Begin(upload: true);
        var file = await drops.TakeAsync(visit.Share, new CheckedFile(visit.Share, body), way, sender, context.RequestAborted);
        transfer.Moved(file.Content.Size);
        return file;
    }

    /// <summary>A file whose name is checked once it is known.</summary>
    private sealed class CheckedFile(Share share, IIncomingFile file) : IIncomingFile
    {
        public IncomingContent Content => file.Content;

        public async ValueTask<FileProperties> ReadPropertiesAsync(CancellationToken cancellation)
        {
            var properties = await file.ReadPropertiesAsync(cancellation);
            DemandType(share, properties.Name ?? FileName.Untitled);
            return properties;
        }
    }
}
