using FileDrop.Api.Access;
using FileDrop.Api.Catalog;
using FileDrop.Api.Contents;
using FileDrop.Api.Http;
using FileDrop.Api.OpenApi;
using FileDrop.Api.Text;
using Microsoft.AspNetCore.WebUtilities;

namespace FileDrop.Api.Shares;

/// <summary>The links themselves: a page for people, bytes for programs.</summary>
internal sealed class SharedEndpoints(
    ShareGate gate, SharedEntries entries, ShareDownloads downloads, FileDownload files, ArchiveDownload archives, SharePage pages, Audit audit, Drops drops)
{
    private const string Route = $"{LoggedPath.Shares}/{{token}}/{{**path}}";

    private const int MaxFormBytes = 8 * 1024;

    public static void Map(IEndpointRouteBuilder app)
    {
        var shared = app.MapLinks(DropDescription.OfLink);
        shared.MapGet(Route, (SharedEndpoints links, HttpContext context) => links.ReadAsync(context)).AllowAnonymous()
            .WithName("ReadShared").WithSummary("Read what a link shares").WithDescription("""
                A browser (`Accept: text/html`) and programs that make previews of links get a page. All others get bytes: of the file, or of a zip archive of
                the folder; with `Accept: application/json` a folder is a list. Names behind the token lead down into a shared folder.

                A link that is unknown, expired, ended or used up is `404`, always with the same answer. A password is sent by HTTP Basic, with any user name,
                or by the page's form.

                With a limit, a request that begins a download counts before its first byte. It gives a cookie, with which ranges of the same content continue
                for a day, up to twice its size. HEAD does not count.
                """)
            .Takes([
                ShareDescription.Token, ShareDescription.Path,
                ApiParameter.Query("download", "Send bytes, also to a browser.", Shape.Flag()),
                FileWords.Inline with { Key = "inlineShared" },
                ApiParameter.Query("zip", "Send a folder as a zip archive, also to a browser.", Shape.Flag()),
                ApiParameter.Query("after", "Begin the list of a folder behind this place. The page and the field `Link` name it.", Shape.Text()),
                .. FileWords.Ranges, .. FileWords.ReadPreconditions,
            ])
            .AnswersBytes("The client has this content already.")
            .Fails(ApiProblem.SharePasswordRequired, ApiProblem.SharePasswordWrong, ApiProblem.ViewOnly, ApiProblem.TooManyEntries,
                ApiProblem.InvalidCursor("This cursor was not issued by this list."));

        shared.MapPost(Route, (SharedEndpoints links, HttpContext context) => links.PostAsync(context)).AllowAnonymous()
            .WithName("PostShared").WithSummary("Send a password or a file to a link").WithDescription("""
                The page's forms. `application/x-www-form-urlencoded` with `password` opens a link that has one, by a cookie. `multipart/form-data` drops one
                file into the folder of a link with the mode `upload`; text parts `uploader` and `message` come before the file.
                """)
            .Takes(ShareDescription.Token, ShareDescription.Path).TakesForm(DropDescription.Form)
            .Answers(201, "The file is stored.", ApiBody.Json(ShareDescription.Receipt), CommonHeaders.CacheControl)
            .Answers(303, "The password is right: read the link again.", CommonHeaders.Location)
            .Fails(ApiProblem.SharePasswordRequired, ApiProblem.SharePasswordWrong, ApiProblem.FileMissing("The form has no file."))
            .Fails(DropDescription.Failures);

        shared.MapPut(Route, (SharedEndpoints links, HttpContext context) => links.PutAsync(context)).AllowAnonymous()
            .WithName("DropFile").WithSummary("Drop a file by a link").WithDescription("""
                Stores the body as a new file in the folder of a link with the mode `upload`: `curl -T report.pdf https://…/s/TOKEN/`. The names behind the
                token are folders, which are created, and the file's name. A taken name gets a number. Nothing that is there can be seen or overwritten.
                """)
            .Takes([ShareDescription.Token, ShareDescription.Path, DropDescription.Uploader, DropDescription.Message, .. FileWords.Digests]).TakesContent()
            .Answers(201, "The file is stored.", ApiBody.Json(ShareDescription.Receipt), CommonHeaders.CacheControl)
            .Fails(ApiProblem.SharePasswordRequired, ApiProblem.SharePasswordWrong, CommonErrors.InvalidName)
            .Fails(DropDescription.Failures);
    }

    /// <summary>Answers GET and HEAD of a link.</summary>
    public async Task<IResult> ReadAsync(HttpContext context)
    {
        var request = context.Request;
        if (!Parameters.TryReadFlag(request.Query, "download", out var download) || !Parameters.TryReadFlag(request.Query, "inline", out var inline)
            || !Parameters.TryReadFlag(request.Query, "zip", out var zip) || !Parameters.TryReadFlag(request.Query, "card", out var card))
            return ApiProblem.InvalidRequest("download, inline and zip are true or false.");
        var isAgent = SharedAnswers.IsPreviewAgent(request);
        // An agent gets the page whatever it asks for.
        var wantsPage = SharedAnswers.WantsPage(request) && (isAgent || !(download || inline || zip || card));
        var (visit, problem) = await gate.EnterAsync(context);
        if (visit is null)
            return Refuse(context, problem ?? ApiProblem.ShareNotFound);
        if (card)
            return ShareCard.Answer(context);
        var here = Here(context, visit);
        if (problem is not null)
            return wantsPage ? pages.OfDoor(visit, here, problem) : Challenge(context, problem);
        var share = visit.Share;
        if (share.Mode == ShareMode.Upload)
            return visit.Names.Count > 0 ? Refuse(context, gate.NotFound(context)) : drops.Show(context, visit, wantsPage);
        if (await entries.FindAsync(share, visit.Names, context.RequestAborted) is not { } entry)
            return Refuse(context, gate.NotFound(context));
        var wantsList = entry.File is null && (wantsPage || (!zip && SharedAnswers.WantsJson(request)));
        if (share.IsExhausted && (wantsPage || wantsList))
            return Refuse(context, gate.NotFound(context));
        return wantsList ? await ListAsync(context, visit, entry, here, wantsPage)
            : wantsPage ? pages.OfFile(visit, entry, here, mayPreview: !isAgent)
            : await SendAsync(context, visit, entry, inline);
    }

    /// <summary>Sends bytes: the content of a file, or an archive.</summary>
    private async Task<IResult> SendAsync(HttpContext context, ShareVisit visit, SharedEntry entry, bool inline)
    {
        var share = visit.Share;
        if (share.Mode == ShareMode.View && !FileType.MayBeInline(entry.File?.Content.Type ?? FileType.Unknown))
            return ApiProblem.ViewOnly;
        // A share with a limit has no preview: each reading is a download, and counts.
        var isShown = share.Mode == ShareMode.View || (inline && share.MaxDownloads is null);
        if (entry.File is { } file)
            return await UnderTermsAsync(file.Content.BlobId, terms => files.SendAsync(context, file, share.Version, terms));
        return await entries.ArchiveAsync(share, entry, context.RequestAborted) is { } archive
            ? await UnderTermsAsync(
                DownloadTerms.SubjectOf(archive.Layout.Tag), terms => archives.SendAsync(context, archive, entry.Name.Length > 0 ? entry.Name : "Files", terms))
            : gate.NotFound(context);

        async Task<IResult> UnderTermsAsync(Guid subject, Func<DownloadTerms, Task<IResult>> send)
        {
            if (share.IsExhausted && !await MayContinueAsync(context, share, subject))
                return gate.NotFound(context);
            var visitor = share.MaxDownloads is null || !HttpMethods.IsGet(context.Request.Method) ? Guid.Empty : ShareGate.Visitor(context, visit);
            var answer = await send(new DownloadTerms(downloads, share, visitor, isShown));
            if (answer is ApiProblem { Status: StatusCodes.Status404NotFound })
                return gate.NotFound(context);
            if (HttpMethods.IsGet(context.Request.Method) && !isShown && IsBeginning(context))
                audit.Record(context, "DownloadShared", $"{share.Id}", context.Response.StatusCode, context.RequestAborted.IsCancellationRequested ? "cut_off" : "done");
            return answer;
        }
    }

    private async Task<bool> MayContinueAsync(HttpContext context, Share share, Guid subject) =>
        ShareGate.KnownVisitor(context) is { } visitor
        && await downloads.MayContinueAsync(new ShareGrant(share.Digest, visitor, subject), context.RequestAborted);

    private static bool IsBeginning(HttpContext context) => context.Response.StatusCode == StatusCodes.Status200OK
        || (context.Response.StatusCode == StatusCodes.Status206PartialContent
            && context.Response.Headers.ContentRange.ToString().StartsWith("bytes 0-", StringComparison.Ordinal));

    private async Task<IResult> ListAsync(HttpContext context, ShareVisit visit, SharedEntry entry, string here, bool isPage)
    {
        var from = EntryPosition.Start;
        if (context.Request.Query["after"] is [{ Length: > 0 } after])
            from = SharedCursor.Read(after);
        var page = await entries.ListAsync(visit.Share, entry, from, context.RequestAborted);
        var next = page.Next is { } more ? $"{here}?after={SharedCursor.Write(more)}" : null;
        if (isPage)
            return pages.OfFolder(visit, entry, page, here, next);
        context.Response.Headers.CacheControl = "private, no-cache";
        if (next is not null)
            context.Response.Headers.Link = $"<{next}>; rel=\"next\"";
        return new JsonAnswer<SharedEntryJson[]>([.. page.Entries.Select(one => Shown(one, here))], ApiJson.Instance.SharedEntryJsonArray);
    }

    private static SharedEntryJson Shown(SharedEntry one, string here) => one.File is { } file
        ? new SharedEntryJson("file", one.Name, $"{here}/{Uri.EscapeDataString(one.Name)}", file.Content.Size, file.Content.Type, file.ModifiedAt ?? file.Content.CreatedAt)
        : new SharedEntryJson("folder", one.Name, $"{here}/{Uri.EscapeDataString(one.Name)}", null, null, one.Folder?.UpdatedAt ?? DateTimeOffset.UnixEpoch);

    /// <summary>Answers POST of a link: a form with a file, or with the password.</summary>
    public async Task<IResult> PostAsync(HttpContext context)
    {
        if (FileRequest.IsForm(context.Request))
            return await DropAsync(context, visit => drops.TakeFormAsync(context, visit), isForm: true);
        if (await ReadPasswordAsync(context.Request) is not { } password)
            return ApiProblem.UnsupportedMediaType("Send the password as a form of application/x-www-form-urlencoded, or a file as multipart/form-data.");
        var (visit, problem) = await gate.UnlockAsync(context, password);
        if (visit is null)
            return Refuse(context, problem ?? ApiProblem.ShareNotFound);
        var here = Here(context, visit);
        if (problem is not null)
            return SharedAnswers.WantsPage(context.Request) ? pages.OfDoor(visit, here, problem) : Challenge(context, problem);
        context.Response.Headers.Location = here;
        context.Response.Headers.CacheControl = "no-store";
        return TypedResults.StatusCode(StatusCodes.Status303SeeOther);
    }

    private Task<IResult> PutAsync(HttpContext context) => DropAsync(context, visit => drops.TakeBodyAsync(context, visit), isForm: false);

    /// <summary>Takes a file into the folder of a link, and answers with its receipt.</summary>
    private async Task<IResult> DropAsync(HttpContext context, Func<ShareVisit, Task<CatalogFile>> take, bool isForm)
    {
        var (visit, problem) = await gate.EnterAsync(context);
        if (visit is null)
            return Refuse(context, problem ?? ApiProblem.ShareNotFound);
        var isPage = isForm && SharedAnswers.WantsPage(context.Request);
        var here = $"{context.Request.PathBase}{visit.Path}";
        if (problem is not null)
            return isPage ? pages.OfDoor(visit, here, problem) : Challenge(context, problem);
        if (visit.Share.Mode != ShareMode.Upload)
            return Refuse(context, ApiProblem.NotADrop);
        try
        {
            var file = await take(visit);
            context.Response.Headers.CacheControl = "no-store";
            return isPage
                ? pages.OfDrop(visit, here, [file], problem: null)
                : new JsonAnswer<ReceiptJson>(Drops.Receipt(file), ApiJson.Instance.ReceiptJson, StatusCodes.Status201Created);
        }
        catch (Exception refused) when (Drops.Explain(refused) is { } reason)
        {
            return isPage ? pages.OfDrop(visit, here, [], reason) : reason;
        }
    }

    private IResult Refuse(HttpContext context, ApiProblem problem) => SharedAnswers.WantsPage(context.Request) ? pages.OfProblem(problem) : problem;

    /// <summary>Asks a program for the password. A browser would show a prompt of its own, and keep the password.</summary>
    private static ApiProblem Challenge(HttpContext context, ApiProblem problem) =>
        problem.Status != StatusCodes.Status401Unauthorized || SharedAnswers.IsBrowser(context.Request)
            ? problem
            : problem with { Header = ("WWW-Authenticate", "Basic realm=\"FileDrop share\", charset=\"UTF-8\"") };

    private static string Here(HttpContext context, ShareVisit visit) =>
        $"{context.Request.PathBase}{visit.Path}{string.Concat(visit.Names.Select(name => $"/{Uri.EscapeDataString(name)}"))}";

    private static async Task<string?> ReadPasswordAsync(HttpRequest request)
    {
        if (!FileRequest.IsCurlsDefault(request) || request.ContentLength > MaxFormBytes)
            return null;
        using var text = new MemoryStream();
        var buffer = new byte[1024];
        while (await request.Body.ReadAsync(buffer, request.HttpContext.RequestAborted) is var read and > 0)
        {
            if (text.Length + read > MaxFormBytes)
                return null;
            text.Write(buffer, 0, read);
        }
        return UnicodeText.TryDecode(text.GetBuffer().AsSpan(0, (int)text.Length), out var form)
            ? QueryHelpers.ParseQuery(form).TryGetValue("password", out var password) ? password.ToString() : ""
            : null;
    }
}
