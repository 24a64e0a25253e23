using System.Xml.Linq;
using FileDrop.Api.Catalog;
using FileDrop.Api.Contents;
using FileDrop.Api.Http;
using FileDrop.Api.Settings;

namespace FileDrop.Api.Dav;

/// <summary>PROPFIND and PROPPATCH.</summary>
internal sealed class FindDoor(DavRequests requests, DriveStore drive, FileStore files, FileDropOptions options)
{
    private const int MaxAsked = 500;

    /// <summary>The properties that a request asks for.</summary>
    /// <param name="Names">The names; null asks for all.</param>
    /// <param name="NamesOnly">Whether it asks only for the names of all.</param>
    /// <param name="Include">Properties in addition to all.</param>
    private sealed record Asked(IReadOnlyList<XName>? Names, bool NamesOnly, IReadOnlyList<XName> Include);

    public async Task<IResult> FindAsync(HttpContext context)
    {
        var depth = DavFields.Depth(context.Request);
        var request = await requests.OpenAsync(context);
        var resource = request.Resource;
        if (!resource.Exists)
            return DavRequest.Missing;
        var asked = Read(await DavXml.ReadAsync(context.Request, options.UploadPatience));
        if (depth == DavDepth.Infinity && resource.IsFolder)
            return new DavError(
                ApiProblem.Forbidden("A list of everything below a folder would have no end. Send Depth: 1, and ask for each folder."), "propfind-finite-depth");
        var properties = new DavProperties(request.Now, await MeasureAsync(request.Owner, asked, context.RequestAborted));
        await using var answer = new Multistatus(context);
        var own = resource.Locks(request.Now).ToList();
        var item = new DavItem(resource.Href, resource.Name, resource.Folder, resource.File, own);
        await WriteAsync(answer, properties, item, asked);
        if (depth == DavDepth.One && resource.IsFolder)
            await WriteMembersAsync(answer, properties, request, [.. own.Where(each => each.Lock.IsDeep)], asked);
        await answer.CompleteAsync();
        return Results.Empty;
    }

    public async Task<IResult> ChangeAsync(HttpContext context)
    {
        var request = await requests.OpenAsync(context);
        var root = await DavXml.ReadAsync(context.Request, options.UploadPatience);
        if (root is null || root.Name != DavXml.Dav + "propertyupdate")
            return ApiProblem.InvalidRequest("The body of PROPPATCH is a propertyupdate.");
        if (!request.Resource.Exists)
            return DavRequest.Missing;
        var (changes, modified) = (new List<PropertyChange>(), (DateTimeOffset?)null);
        var (names, wrong) = (new List<XName>(), new List<XName>());
        foreach (var part in root.Elements().Where(each => each.Name == DavXml.Dav + "set" || each.Name == DavXml.Dav + "remove"))
        {
            var sets = part.Name == DavXml.Dav + "set";
            foreach (var element in part.Elements(DavXml.Dav + "prop").Elements())
            {
                names.Add(element.Name);
                if (DavProperties.IsProtected(element.Name) || !TryReadTime(element, sets, request.Resource, ref modified))
                    wrong.Add(element.Name);
                else if (element.Name != DavProperties.LastModified)
                    changes.Add(new PropertyChange(element.Name.NamespaceName, element.Name.LocalName, sets ? DavXml.Keep(element) : null));
            }
        }
        // The root and the folder of loose files have no document that could keep anything.
        if (request.Resource.Entry is not { } entry || request.Resource.IsRoot)
            return await AnswerAsync(request, names, names, StatusCodes.Status403Forbidden, condition: null);
        if (wrong.Count > 0)
            return await AnswerAsync(request, names, wrong, StatusCodes.Status403Forbidden, "cannot-modify-protected-property");
        var outcome = await drive.ChangePropertiesAsync(request.Owner, entry, changes, modified, request.Held, context.RequestAborted);
        return outcome switch
        {
            ChangeOutcome.Done => await AnswerAsync(request, names, [], StatusCodes.Status200OK, condition: null),
            ChangeOutcome.TooMuch => await AnswerAsync(request, names, names, StatusCodes.Status507InsufficientStorage, condition: null),
            _ => request.Refuse(outcome),
        };
    }

    /// <summary>Reads a time that Windows or another client sets as a property. False if it is one and cannot be read.</summary>
    private static bool TryReadTime(XElement element, bool sets, DavResource resource, ref DateTimeOffset? modified)
    {
        if (element.Name != DavProperties.LastModified && element.Name != DavProperties.WindowsModified)
            return true;
        if (!sets || resource.File is null)
            return element.Name != DavProperties.LastModified;
        var isTime = Microsoft.Net.Http.Headers.HeaderUtilities.TryParseDate(element.Value.Trim(), out var time);
        if (isTime)
            modified = time;
        return isTime || element.Name != DavProperties.LastModified;
    }

    private static async Task<IResult> AnswerAsync(
        DavRequest request, IReadOnlyList<XName> names, IReadOnlyList<XName> refused, int status, string? condition)
    {
        await using var answer = new Multistatus(request.Context);
        answer.Begin(request.Resource.Href);
        if (refused.Count > 0)
        {
            answer.BeginProperties();
            foreach (var name in refused.Distinct())
                DavProperties.WriteName(answer.Writer, name);
            answer.EndProperties(status, condition);
        }
        if (names.Except(refused).ToList() is { Count: > 0 } others)
        {
            answer.BeginProperties();
            foreach (var name in others)
                DavProperties.WriteName(answer.Writer, name);
            // All or nothing (RFC 4918, section 9.2).
            answer.EndProperties(refused.Count > 0 ? StatusCodes.Status424FailedDependency : StatusCodes.Status200OK);
        }
        await answer.EndAsync();
        await answer.CompleteAsync();
        return Results.Empty;
    }

    private async Task WriteMembersAsync(
        Multistatus answer, DavProperties properties, DavRequest request, IReadOnlyList<(EntryLock Lock, string Href)> inherited, Asked asked)
    {
        var (resource, now) = (request.Resource, request.Now);
        // A folder that somebody has made with this name is in the list already.
        var hasLoose = resource.IsRoot;
        for (var at = EntryPosition.Start; at is not null;)
        {
            var page = await drive.ListAsync(request.Owner, resource.Folder?.Id, at, request.Cancellation);
            foreach (var entry in page.Entries)
            {
                var name = entry.Folder?.Name ?? (resource.IsLooseFolder && entry.File is { } loose ? LooseNames.Of(loose) : entry.File?.Name) ?? "";
                hasLoose &= !string.Equals(name, DavResource.LooseName, StringComparison.Ordinal);
                if (options.Dav.Hides(name))
                    continue;
                var href = DavResource.HrefOf([.. resource.Names, name], isFolder: entry.Folder is not null);
                var state = entry.File?.Dav ?? entry.Folder?.Dav ?? DavState.None;
                IReadOnlyList<(EntryLock, string)> locks =
                    state.Locks.Count == 0 ? inherited : [.. inherited, .. state.Active(now).Select(each => (each, href))];
                await WriteAsync(answer, properties, new DavItem(href, name, entry.Folder, entry.File, locks), asked);
            }
            at = page.Next;
        }
        if (hasLoose)
            await WriteAsync(
                answer, properties, new DavItem(DavResource.HrefOf([DavResource.LooseName], isFolder: true), DavResource.LooseName, null, null, []), asked);
    }

    private static async ValueTask WriteAsync(Multistatus answer, DavProperties properties, DavItem item, Asked asked)
    {
        answer.Begin(item.Href);
        answer.BeginProperties();
        List<XName> missing = [];
        foreach (var name in asked.Names ?? [])
        {
            if (!properties.Write(answer.Writer, item, name))
                missing.Add(name);
        }
        if (asked.Names is null)
        {
            properties.WriteAll(answer.Writer, item, asked.NamesOnly);
            foreach (var name in asked.Include)
                properties.Write(answer.Writer, item, name);
        }
        answer.EndProperties(StatusCodes.Status200OK);
        if (missing.Count > 0)
        {
            answer.BeginProperties();
            foreach (var name in missing)
                DavProperties.WriteName(answer.Writer, name);
            answer.EndProperties(StatusCodes.Status404NotFound);
        }
        await answer.EndAsync();
    }

    private async Task<(long Used, long? Free)?> MeasureAsync(string owner, Asked asked, CancellationToken cancellation)
    {
        if (!(asked.Names ?? asked.Include).Any(each => each == DavProperties.QuotaUsed || each == DavProperties.QuotaFree))
            return null;
        var used = await files.FindUsageAsync(owner, cancellation);
        return (used.Bytes, options.Quotas.Of(owner).Bytes is { } most ? Math.Max(0, most - used.Bytes - used.BytesReserved) : null);
    }

    private static Asked Read(XElement? root)
    {
        if (root is null)
            return new Asked(null, NamesOnly: false, []);
        if (root.Name == DavXml.Dav + "propfind")
        {
            if (root.Element(DavXml.Dav + "prop") is { } prop)
                return new Asked(Names(prop), NamesOnly: false, []);
            if (root.Element(DavXml.Dav + "propname") is not null)
                return new Asked(null, NamesOnly: true, []);
            if (root.Element(DavXml.Dav + "allprop") is not null)
                return new Asked(null, NamesOnly: false, root.Element(DavXml.Dav + "include") is { } include ? Names(include) : []);
        }
        throw new ProblemException(ApiProblem.InvalidRequest("The body of PROPFIND is a propfind with prop, propname or allprop; or there is no body."));
    }

    private static List<XName> Names(XElement list)
    {
        var names = list.Elements().Select(each => each.Name).Distinct().ToList();
        return names.Count <= MaxAsked
            ? names
            : throw new ProblemException(ApiProblem.InvalidRequest($"A request asks for at most {MaxAsked} properties."));
    }
}
