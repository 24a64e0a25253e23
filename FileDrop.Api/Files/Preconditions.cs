using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.IO.Hashing;
using System.Text;
using FileDrop.Api.Catalog;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace FileDrop.Api.Files;

/// <summary>How the preconditions of a request stand (RFC 9110, section 13.2.2).</summary>
internal enum PreconditionState
{
    /// <summary>Go on.</summary>
    Met,

    /// <summary>The client has it already: 304.</summary>
    NotModified,

    /// <summary>412.</summary>
    Failed,
}

/// <summary>A request's preconditions, read once; they can be held against a file any number of times.</summary>
internal sealed class Preconditions
{
    private readonly IList<EntityTagHeaderValue>? _ifMatch;
    private readonly IList<EntityTagHeaderValue>? _ifNoneMatch;
    private readonly DateTimeOffset? _ifUnmodifiedSince;
    private readonly DateTimeOffset? _ifModifiedSince;
    private readonly StringValues _ifRange;
    private readonly bool _reads;

    private Preconditions(HttpRequest request, IList<EntityTagHeaderValue>? ifMatch, IList<EntityTagHeaderValue>? ifNoneMatch)
    {
        (_ifMatch, _ifNoneMatch) = (ifMatch, ifNoneMatch);
        _reads = HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method);
        _ifUnmodifiedSince = Date(request.Headers.IfUnmodifiedSince);
        _ifModifiedSince = Date(request.Headers.IfModifiedSince);
        _ifRange = request.Headers.IfRange;
    }

    /// <summary>
    /// The version that a change must find when it is committed: set when a precondition was met by the very version that was
    /// checked, so that a change in between is noticed. <c>If-Match: *</c> asks only that the file is there, which every commit does.
    /// </summary>
    public long? CommitVersion(CatalogFile seen)
    {
        var named = _ifMatch is null ? _ifUnmodifiedSince is not null : !_ifMatch.Any(sent => sent.Tag == "*");
        return named || _ifNoneMatch is not null ? seen.Version : null;
    }

    /// <summary>
    /// Reads the fields. False: If-Match or If-Unmodified-Since is malformed. A client that sends one wants no change if the file is not as expected,
    /// so neither is ever ignored, although the RFC ignores a malformed date. If-None-Match and If-Modified-Since save a client work: a value that
    /// cannot match is passed over.
    /// </summary>
    public static bool TryRead(
        HttpRequest request, [NotNullWhen(true)] out Preconditions? preconditions, [NotNullWhen(false)] out ApiProblem? problem)
    {
        (preconditions, problem) = (null, null);
        var ifMatch = default(IList<EntityTagHeaderValue>);
        if (request.Headers.IfMatch is { Count: > 0 } sent && !EntityTagHeaderValue.TryParseStrictList(sent, out ifMatch))
            problem = ApiProblem.InvalidRequest("If-Match is '*' or a list of entity tags, each in double quotes.");
        else if (request.Headers.IfUnmodifiedSince is { Count: > 0 } since && Date(since) is null)
            problem = ApiProblem.InvalidRequest("If-Unmodified-Since is one date of HTTP, for example Mon, 23 Nov 2026 08:25:25 GMT.");
        else
            preconditions = new Preconditions(request, ifMatch, TagsOf(request.Headers.IfNoneMatch));
        return preconditions is not null;
    }

    /// <summary>Holds them against a file, in the RFC's order.</summary>
    public PreconditionState Check(CatalogFile file)
    {
        var tag = EntityTag(file);
        if (_ifMatch is not null)
        {
            if (!_ifMatch.Any(sent => sent.Tag == "*" || sent.Compare(tag, useStrongComparison: true)))
                return PreconditionState.Failed;
        }
        else if (_ifUnmodifiedSince < LastModified(file))
        {
            return PreconditionState.Failed;
        }
        if (_ifNoneMatch is not null)
        {
            if (_ifNoneMatch.Any(sent => sent.Tag == "*" || sent.Compare(tag, useStrongComparison: false)))
                return _reads ? PreconditionState.NotModified : PreconditionState.Failed;
        }
        else if (_reads && LastModified(file) <= _ifModifiedSince)
        {
            return PreconditionState.NotModified;
        }
        return PreconditionState.Met;
    }

    /// <summary>Whether a Range field may be honoured: If-Range is absent, or names this very content (section 13.1.5).</summary>
    public bool RangeAllowed(CatalogFile file, DateTimeOffset now)
    {
        if (_ifRange.Count == 0)
            return true;
        if (_ifRange.Count == 1 && EntityTagHeaderValue.TryParse(_ifRange[0], out var sent))
            return sent.Compare(EntityTag(file), useStrongComparison: true);
        // A date tells contents apart only once its second is over.
        return Date(_ifRange) == LastModified(file) && now - LastModified(file) >= TimeSpan.FromSeconds(1);
    }

    /// <summary>
    /// Strong, and other with every version. The hash makes it differ as well between a catalog and an older backup of it.
    /// </summary>
    public static EntityTagHeaderValue EntityTag(CatalogFile file) =>
        new($"\"{file.Version.ToString(System.Globalization.CultureInfo.InvariantCulture)}-{file.Content.Sha256[..16]}\"");

    /// <summary>Of a page of a list: another one as soon as a file in it has another version, or another one comes after it.</summary>
    public static EntityTagHeaderValue EntityTag(CatalogPage page, string link)
    {
        var hash = new XxHash128();
        Span<byte> entry = stackalloc byte[32];
        foreach (var file in page.Files)
        {
            file.Id.TryWriteBytes(entry);
            BinaryPrimitives.WriteInt64LittleEndian(entry[16..], file.Version);
            BinaryPrimitives.WriteInt64LittleEndian(entry[24..], file.DeletedAt?.ToUnixTimeMilliseconds() ?? 0);
            hash.Append(entry);
        }
        hash.Append(Encoding.UTF8.GetBytes(link));
        return new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(hash.GetCurrentHash())}\"", isWeak: true);
    }

    /// <summary>Whether the client has what this tag names (If-None-Match).</summary>
    public static bool IsKnown(HttpRequest request, EntityTagHeaderValue tag) =>
        TagsOf(request.Headers.IfNoneMatch)?.Any(each => each.Tag == "*" || each.Compare(tag, useStrongComparison: false)) is true;

    /// <summary>In whole seconds, as HTTP's dates are.</summary>
    public static DateTimeOffset LastModified(CatalogFile file) =>
        DateTimeOffset.FromUnixTimeSeconds(file.UpdatedAt.ToUnixTimeSeconds());

    /// <summary>The tags of a field, without what is none among them; null: it has no tag.</summary>
    private static IList<EntityTagHeaderValue>? TagsOf(StringValues field) =>
        field.Count > 0 && EntityTagHeaderValue.TryParseList(field, out var tags) && tags.Count > 0 ? tags : null;

    private static DateTimeOffset? Date(StringValues field) =>
        field.Count == 1 && HeaderUtilities.TryParseDate(field[0], out var date) ? date : null;
}
