using FileDrop.Api.Access;
using FileDrop.Api.Catalog;
using FileDrop.Api.Contents;
using FileDrop.Api.Http;

namespace FileDrop.Api.Dav;

/// <summary>A request below <c>/dav/</c> whose conditions are met.</summary>
/// <param name="Context">The request.</param>
/// <param name="Owner">The owner of the files.</param>
/// <param name="Resource">What is at its path.</param>
/// <param name="Held">The locks that it names, and its caller.</param>
/// <param name="Conditions">The preconditions of HTTP.</param>
/// <param name="Now">The catalog's clock.</param>
internal sealed record DavRequest(
    HttpContext Context, string Owner, DavResource Resource, LockTokens Held, Preconditions Conditions, DateTimeOffset Now)
{
    public HttpRequest Request => Context.Request;

    public CancellationToken Cancellation => Context.RequestAborted;

    /// <summary>The version that the file must still have when a change is committed; null for any.</summary>
    public long? IfVersion => Resource.File is { } file ? Conditions.CommitVersion(file) : null;

    /// <summary>Whether a lock already forbids to write the file, so that its bytes need not be sent.</summary>
    public bool IsLocked => Resource.MayBeLocked && (Resource.State.Forbids(Held, Now)
        || Resource.Above.Any(each => !Held.Allow([.. each.Dav.Active(Now).Where(one => one.IsDeep || (!Resource.Exists && each == Resource.Parent))])));

    /// <summary>The answer to a change that a lock forbids.</summary>
    public DavError Locked => new(ApiProblem.Locked, "lock-token-submitted", Resource.Href);

    /// <summary>The answer to a change that was not done.</summary>
    public IResult Refuse(ChangeOutcome outcome) => outcome switch
    {
        ChangeOutcome.Locked => Locked,
        // RFC 4918 answers 409 if the parent is missing.
        ChangeOutcome.FolderNotFound => NoParent,
        _ => Problems.Of(outcome),
    };

    /// <summary>The answer to a request that would create something where no folder is.</summary>
    public static ApiProblem NoParent { get; } = ApiProblem.FolderNotFound with
    {
        Status = StatusCodes.Status409Conflict,
        Detail = "The folder above does not exist, or it is the folder of loose files, in which nothing can be created.",
    };

    /// <summary>The answer if nothing is at the path.</summary>
    public static ApiProblem Missing { get; } = ApiProblem.FileNotFound with
    {
        Detail = "Nothing has this path: it never existed, was moved or deleted, or is not yours.",
    };
}

/// <summary>Opens requests: finds what is at their path, and checks their conditions.</summary>
internal sealed class DavRequests(DavResources resources, DriveStore drive)
{
    /// <exception cref="ProblemException">The path or a field is malformed, or a condition is not met.</exception>
    public async Task<DavRequest> OpenAsync(HttpContext context)
    {
        var owner = Caller.Owner(context);
        var resource = await resources.FindAsync(owner, PathTarget.Read(context, DavAddress.Route).Names, context.RequestAborted);
        if (resource.Entry is { } entry)
            Audit.Concerns(context, $"{entry.File?.Id ?? entry.Folder?.Id}");
        var header = IfHeader.Read(context.Request);
        if (!Preconditions.TryRead(context.Request, out var conditions, out var malformed))
            throw new ProblemException(malformed);
        var now = await drive.NowAsync(context.RequestAborted);
        var others = new Dictionary<string, DavResource>(StringComparer.Ordinal);
        foreach (var address in header.Resources)
        {
            if (DavFields.Names(address, context.Request) is { } names)
                others[address] = await resources.FindAsync(owner, names, context.RequestAborted);
        }
        if (!header.IsMet(address => address is null ? StateOf(resource, now) : others.TryGetValue(address, out var other) ? StateOf(other, now) : (null, [])))
            throw new ProblemException(ApiProblem.PreconditionFailed);
        CheckChange(context.Request, resource, conditions);
        return new DavRequest(context, owner, resource, new LockTokens(Caller.Partition(context), header.Tokens), conditions, now);
    }

    private static (string? Tag, IReadOnlyCollection<Guid> Tokens) StateOf(DavResource resource, DateTimeOffset now) => (
        resource.File is { } file ? Preconditions.EntityTag(file).ToString() : null, [.. resource.Locks(now).Select(each => each.Lock.Token)]);

    /// <summary>Checks HTTP's preconditions of a change; those of a read are checked where the content is sent.</summary>
    private static void CheckChange(HttpRequest request, DavResource resource, Preconditions conditions)
    {
        if (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method) || HttpMethods.IsOptions(request.Method) || DavAddress.IsSearch(request.Method))
            return;
        var isMet = resource.File is { } file ? conditions.Check(file) == PreconditionState.Met
            : resource.Exists ? request.Headers.IfNoneMatch.Count == 0
            : request.Headers.IfMatch.Count == 0;
        if (!isMet)
            throw new ProblemException(ApiProblem.PreconditionFailed);
    }
}
