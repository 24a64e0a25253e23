using System.Xml;
using System.Xml.Linq;
using FileDrop.Api.Access;
using FileDrop.Api.Catalog;
using FileDrop.Api.Contents;
using FileDrop.Api.Http;
using FileDrop.Api.Settings;

namespace FileDrop.Api.Dav;

/// <summary>LOCK and UNLOCK.</summary>
internal sealed class LockDoor(DavRequests requests, DavResources resources, DriveStore drive, FileWrites writes, FileDropOptions options)
{
    private const int MaxContact = 4096;

    public async Task<IResult> LockAsync(HttpContext context)
    {
        var depth = DavFields.Depth(context.Request);
        if (depth == DavDepth.One)
            return ApiProblem.InvalidRequest("A lock has Depth 0 or infinity.");
        var life = DavFields.Life(context.Request);
        var request = await requests.OpenAsync(context);
        var body = await DavXml.ReadAsync(context.Request, options.UploadPatience);
        if (body is null)
            return await RefreshAsync(request, life);
        var wish = Read(body, depth == DavDepth.Infinity, request.Held.Holder, life);
        if (request.Resource.Exists)
            return await TakeAsync(request, wish);
        return await CreateAsync(request, wish);
    }

    public async Task<IResult> UnlockAsync(HttpContext context)
    {
        var request = await requests.OpenAsync(context);
        if (!request.Resource.Exists)
            return DavRequest.Missing;
        if (!IfHeader.TryReadToken(context.Request.Headers["Lock-Token"].ToString(), out var token))
            return ApiProblem.InvalidRequest("UNLOCK names the lock in Lock-Token: <urn:uuid:…>.");
        // An admin may end anybody's lock.
        var holder = Caller.Has(context, Scope.Admin) ? null : request.Held.Holder;
        var outcome = Locked(request, token) is { } entry
            ? await drive.UnlockAsync(request.Owner, entry, token, holder, request.Cancellation)
            : ChangeOutcome.NotFound;
        return outcome switch
        {
            ChangeOutcome.Done => TypedResults.NoContent(),
            ChangeOutcome.Locked => ApiProblem.Forbidden("The lock is another caller's. Only its holder or an admin can end it."),
            _ => new DavError(
                ApiProblem.InvalidRequest("The lock does not exist or does not cover this path.") with { Status = StatusCodes.Status409Conflict },
                "lock-token-matches-request-uri"),
        };
    }

    private async Task<IResult> TakeAsync(DavRequest request, LockRequest wish)
    {
        if (request.Resource is not { Entry: { } entry, IsRoot: false })
            return ApiProblem.Forbidden("This folder cannot be locked. Lock the files or folders in it.");
        var result = await drive.LockAsync(request.Owner, entry, wish, request.Cancellation);
        if (result.Lock is { } taken)
            return await AnswerAsync(request, taken, request.Resource.Href, StatusCodes.Status200OK);
        return result.Outcome == ChangeOutcome.Locked
            ? new DavError(ApiProblem.Locked, "no-conflicting-lock", request.Resource.Href)
            : request.Refuse(result.Outcome);
    }

    /// <summary>Locks a path at which nothing is: an empty file is created there, and is locked from its first moment (RFC 4918, section 7.3).</summary>
    private async Task<IResult> CreateAsync(DavRequest request, LockRequest wish)
    {
        var resource = request.Resource;
        if (resource.IsLoose)
            return ContentDoor.LooseIsFixed;
        if (resource.Parent is not { } parent)
            return DavRequest.NoParent;
        if (options.Dav.Refuses(resource.Name))
            return ContentDoor.Junk(resource.Name);
        if (request.IsLocked)
            return request.Locked;
        using var content = new IncomingContent(Stream.Null, first: null, options.MaxFileSize, digest: null) { Announced = ContentLength.Exactly(0) };
        var properties = new FileProperties(resource.Name, FileType.OfName(resource.Name), Tags: null)
        {
            Destination = new Destination(parent.Id, OnConflict: OnConflict.Fail),
            Held = request.Held,
            Writer = request.Held.Holder,
            Lock = wish,
        };
        var file = await writes.CreateAsync(request.Owner, new KnownFile(content, properties), upload: null, request.Cancellation);
        Audit.Concerns(request.Context, $"{file.Id}");
        return await AnswerAsync(request, file.Dav.Locks.First(each => each.Token == wish.Token), resource.Href, StatusCodes.Status201Created);
    }

    private async Task<IResult> RefreshAsync(DavRequest request, TimeSpan life)
    {
        if (!request.Resource.Exists)
            return DavRequest.Missing;
        foreach (var token in request.Held.Tokens)
        {
            if (Locked(request, token) is not { } entry)
                continue;
            var result = await drive.RefreshLockAsync(request.Owner, entry, token, request.Held.Holder, life, request.Cancellation);
            if (result.Lock is { } renewed)
                return await AnswerAsync(
                    request, renewed, request.Resource.Locks(request.Now).First(each => each.Lock.Token == token).Href, StatusCodes.Status200OK);
        }
        return new DavError(
            ApiProblem.PreconditionFailed with { Detail = "LOCK without a body renews a lock, which If names: If: (<urn:uuid:…>). There is no such lock of yours here." },
            "lock-token-matches-request-uri");
    }

    /// <summary>The entry that has a lock which covers the request's resource.</summary>
    private static FolderEntry? Locked(DavRequest request, Guid token)
    {
        if (request.Resource.State.Active(request.Now).Any(each => each.Token == token))
            return request.Resource.Entry;
        var above = request.Resource.Above.FirstOrDefault(each => each.Dav.Active(request.Now).Any(one => one.Token == token && one.IsDeep));
        return above is null ? null : new FolderEntry(above, File: null);
    }

    private async Task<IResult> AnswerAsync(DavRequest request, EntryLock taken, string href, int status)
    {
        var (response, now) = (request.Context.Response, await drive.NowAsync(request.Cancellation));
        // Those that covered the resource before are shown, too.
        var covering = (await resources.FindAsync(request.Owner, request.Resource.Names, request.Cancellation)).Locks(now).ToList();
        response.StatusCode = status;
        response.ContentType = DavXml.MediaType;
        response.Headers["Lock-Token"] = $"<{IfHeader.Write(taken.Token)}>";
        using var body = new MemoryStream();
        using (var writer = XmlWriter.Create(body, Multistatus.Settings))
        {
            writer.WriteStartElement("D", "prop", "DAV:");
            new DavProperties(now, usage: null).WriteLocks(writer, covering.Any(each => each.Lock.Token == taken.Token) ? covering : [.. covering, (taken, href)]);
            writer.WriteEndElement();
        }
        response.ContentLength = body.Length;
        await response.Body.WriteAsync(body.GetBuffer().AsMemory(0, (int)body.Length), request.Cancellation);
        return Results.Empty;
    }

    private static LockRequest Read(XElement body, bool isDeep, string holder, TimeSpan life)
    {
        var scope = body.Element(DavXml.Dav + "lockscope");
        var isShared = scope?.Element(DavXml.Dav + "shared") is not null;
        if (body.Name != DavXml.Dav + "lockinfo" || body.Element(DavXml.Dav + "locktype")?.Element(DavXml.Dav + "write") is null
            || (!isShared && scope?.Element(DavXml.Dav + "exclusive") is null))
            throw new ProblemException(ApiProblem.InvalidRequest("The body of LOCK is a lockinfo with a lockscope, exclusive or shared, and the locktype write."));
        var contact = body.Element(DavXml.Dav + "owner") is { } owner ? DavXml.Keep(owner) : null;
        return contact?.Length > MaxContact
            ? throw new ProblemException(ApiProblem.InvalidRequest($"The owner of a lock has at most {MaxContact} characters."))
            : new LockRequest(Guid.NewGuid(), isShared, isDeep, holder, contact, life);
    }
}
