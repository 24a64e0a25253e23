using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.IO.Hashing;
using System.Text;
using FileDrop.Api.Catalog;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace FileDrop.Api.Http;

/// <summary>The outcome of a request's preconditions (RFC 9110, section 13.2.2).</summary>
internal enum PreconditionState
{
    /// <summary>Go on.</summary>
    Met,

    /// <summary>The client has it already: 304.</summary>
    NotModified,

    /// <summary>412.</summary>
    Failed,
}

/// <summary>A request's preconditions. They are read once and can be checked against a file or a folder any number of times.</summary>
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
    /// The version that the file must still have when a change is committed. It is set if a precondition was met by the checked version, so that a
    /// change in between is noticed. <c>If-Match: *</c> only asks for the file to be there, as every commit does.
    /// </summary>
    public long? CommitVersion(CatalogFile seen) => CommitVersion(seen.Version);

    /// <summary>The same for a folder.</summary>
    public long? CommitVersion(CatalogFolder seen) => CommitVersion(seen.Version);

    /// <summary>
    /// Reads the fields. Returns false if If-Match or If-Unmodified-Since is malformed. A client sends these to prevent a change, so they
    /// are never ignored, although RFC 9110 ignores a malformed date. If-None-Match and If-Modified-Since only save work, so a malformed
    /// value is ignored.
    /// </summary>
    public static bool TryRead(
        HttpRequest request, [NotNullWhen(true)] out Preconditions? preconditions, [NotNullWhen(false)] out ApiProblem? problem)
    {
        (preconditions, problem) = (null, null);
        var ifMatch = default(IList<EntityTagHeaderValue>);
        if (request.Headers.IfMatch is { Count: > 0 } sent && !EntityTagHeaderValue.TryParseStrictList(Trimmed(sent), out ifMatch))
            problem = ApiProblem.InvalidRequest("If-Match is '*' or a list of entity tags, each in double quotes.");
        else if (request.Headers.IfUnmodifiedSince is { Count: > 0 } since && Date(since) is null)
            problem = ApiProblem.InvalidRequest("If-Unmodified-Since is one date of HTTP, for example Mon, 23 Nov 2026 08:25:25 GMT.");
        else
            preconditions = new Preconditions(request, ifMatch, TagsOf(request.Headers.IfNoneMatch));
        return preconditions is not null;
    }

    /// <summary>Checks them against a file.</summary>
    public PreconditionState Check(CatalogFile file) => Check(EntityTag(file), LastModified(file));

    /// <summary>Checks them against a folder.</summary>
    public PreconditionState Check(CatalogFolder folder) => Check(EntityTag(folder), LastModified(folder));

    /// <summary>Checks them in the RFC's order.</summary>
    /// <param name="tag">The current entity tag.</param>
    /// <param name="modified">The time of the last change in whole seconds; null if it has none, so that dates are ignored.</param>
    public PreconditionState Check(EntityTagHeaderValue tag, DateTimeOffset? modified)
    {
        if (_ifMatch is not null)
        {
            if (!_ifMatch.Any(sent => sent.Tag == "*" || sent.Compare(tag, useStrongComparison: true)))
                return PreconditionState.Failed;
        }
        else if (_ifUnmodifiedSince < modified)
        {
            return PreconditionState.Failed;
        }
        if (_ifNoneMatch is not null)
        {
            if (_ifNoneMatch.Any(sent => sent.Tag == "*" || sent.Compare(tag, useStrongComparison: false)))
                return _reads ? PreconditionState.NotModified : PreconditionState.Failed;
        }
        else if (_reads && modified <= _ifModifiedSince)
        {
            return PreconditionState.NotModified;
        }
        return PreconditionState.Met;
    }

    /// <summary>Whether a Range field may be honoured: If-Range is absent or empty, or names this content (section 13.1.5).</summary>
    public bool RangeAllowed(CatalogFile file, DateTimeOffset now) => RangeAllowed(EntityTag(file), LastModified(file), now);

    /// <inheritdoc cref="RangeAllowed(CatalogFile, DateTimeOffset)"/>
    public bool RangeAllowed(EntityTagHeaderValue tag, DateTimeOffset? modified, DateTimeOffset now)
    {
        if (_ifRange.All(string.IsNullOrWhiteSpace))
            return true;
        if (_ifRange.Count == 1 && EntityTagHeaderValue.TryParse(Trimmed(_ifRange)[0], out var sent))
            return sent.Compare(tag, useStrongComparison: true);
        // A date identifies a content only once its second is over.
        return Date(_ifRange) == modified && now - modified >= TimeSpan.FromSeconds(1);
    }

    /// <summary>
    /// A file's tag: strong, and different for each version. Because of the hash it also differs between a catalog and an older backup of it.
    /// </summary>
    public static EntityTagHeaderValue EntityTag(CatalogFile file) =>
        new($"\"{file.Version.ToString(CultureInfo.InvariantCulture)}-{file.Content.Sha256[..16]}\"");

    /// <summary>A folder's tag: strong, and different for each version of the folder itself, whatever is in it.</summary>
    public static EntityTagHeaderValue EntityTag(CatalogFolder folder)
    {
        var state = string.Create(CultureInfo.InvariantCulture, $"{folder.Id} {folder.Parent} {folder.UpdatedAt.ToUnixTimeMilliseconds()} {folder.Name}");
        return new(string.Create(CultureInfo.InvariantCulture, $"\"{folder.Version}-{XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(state)):x16}\""));
    }

    /// <summary>The tag of a page of a list. It changes if an entry on the page has another version, or if the next page begins elsewhere.</summary>
    /// <param name="entries">The entries in order: id, version, and the time of deletion or another number that changes without the version.</param>
    /// <param name="link">The link to the next page.</param>
    public static EntityTagHeaderValue EntityTag(IEnumerable<(Guid Id, long Version, long More)> entries, string link)
    {
        var hash = new XxHash128();
        Span<byte> bytes = stackalloc byte[32];
        foreach (var (id, version, more) in entries)
        {
            id.TryWriteBytes(bytes);
            BinaryPrimitives.WriteInt64LittleEndian(bytes[16..], version);
            BinaryPrimitives.WriteInt64LittleEndian(bytes[24..], more);
            hash.Append(bytes);
        }
        hash.Append(Encoding.UTF8.GetBytes(link));
        return new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(hash.GetCurrentHash())}\"", isWeak: true);
    }

    /// <summary>Whether the client already has the representation with this tag (If-None-Match).</summary>
    public static bool IsKnown(HttpRequest request, EntityTagHeaderValue tag) =>
        TagsOf(request.Headers.IfNoneMatch)?.Any(each => each.Tag == "*" || each.Compare(tag, useStrongComparison: false)) is true;

    /// <summary>The time of a file's last change, in whole seconds like HTTP's dates.</summary>
    public static DateTimeOffset LastModified(CatalogFile file) =>
        DateTimeOffset.FromUnixTimeSeconds(file.UpdatedAt.ToUnixTimeSeconds());

    /// <summary>The time of a folder's last change.</summary>
    public static DateTimeOffset LastModified(CatalogFolder folder) =>
        DateTimeOffset.FromUnixTimeSeconds(folder.UpdatedAt.ToUnixTimeSeconds());

    private long? CommitVersion(long version)
    {
        var named = _ifMatch is null ? _ifUnmodifiedSince is not null : !_ifMatch.Any(sent => sent.Tag == "*");
        return named || _ifNoneMatch is not null ? version : null;
    }

    /// <summary>The tags of a field, without malformed ones, or null if it has no tag.</summary>
    private static IList<EntityTagHeaderValue>? TagsOf(StringValues field) =>
        field.Count > 0 && EntityTagHeaderValue.TryParseList(Trimmed(field), out var tags) && tags.Count > 0 ? tags : null;

    /// <summary>Trims the values, because the framework's parser fails on white space behind a weak tag.</summary>
    private static string[] Trimmed(StringValues field) => [.. field.Select(value => (value ?? "").Trim())];

    private static DateTimeOffset? Date(StringValues field) =>
        field.Count == 1 && HeaderUtilities.TryParseDate(field[0], out var date) ? date : null;
}
