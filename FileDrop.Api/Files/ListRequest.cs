using System.Buffers.Binary;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.IO.Hashing;
using System.Text;
using System.Text.RegularExpressions;
using FileDrop.Api.Catalog;
using FileDrop.Api.Contents;
using FileDrop.Api.Http;
using FileDrop.Api.Text;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.Extensions.Primitives;

namespace FileDrop.Api.Files;

/// <summary>The query of lists of files, and the cursor that leads to the next page.</summary>
internal static partial class ListRequest
{
    /// <summary>Files on a page, at most.</summary>
    public const int MaxLimit = 1000;

    /// <summary>Reads the query of a request. Unknown parameters are ignored, except those that <see cref="ListParameters"/> refuses.</summary>
    public static bool TryRead(
        IQueryCollection query, string owner, bool inTrash, [NotNullWhen(true)] out ListQuery? list, [NotNullWhen(false)] out ApiProblem? problem)
    {
        list = null;
        if (!ListParameters.AreUnderstood(query, out problem))
            return false;
        try
        {
            var sort = One(query, "sort") switch
            {
                null => inTrash ? FileSort.DeletedAt : FileSort.CreatedAt,
                "created_at" => FileSort.CreatedAt,
                "updated_at" => FileSort.UpdatedAt,
                "file_name" => FileSort.FileName,
                "file_size" => FileSort.FileSize,
                "deleted_at" when inTrash => FileSort.DeletedAt,
                _ => throw Malformed($"sort is created_at, updated_at, file_name{(inTrash ? ", file_size or deleted_at" : " or file_size")}."),
            };
            var descending = One(query, "order") switch
            {
                null or "desc" => true,
                "asc" => false,
                _ => throw Malformed("order is desc or asc."),
            };
            var limit = Number(query, "limit", 1, MaxLimit) ?? MaxLimit;
            var filter = new ListFilter(
                NameKeyParts: Names(query["name"]),
                Words: Words(One(query, "search")),
                Type: Type(One(query, "type")),
                Tags: Tags(query["tag"]),
                CreatedAfter: Time(query, "created_after", roundUp: false),
                CreatedBefore: Time(query, "created_before", roundUp: true),
                MinSize: Number(query, "min_size", 0, long.MaxValue),
                MaxSize: Number(query, "max_size", 0, long.MaxValue));
            var unplaced = new ListQuery(owner, inTrash, sort, descending, (int)limit, After: null, filter);
            list = One(query, "cursor") is { } cursor ? unplaced with { After = ReadCursor(cursor, unplaced) } : unplaced;
            problem = null;
            return true;
        }
        catch (ProblemException rejected)
        {
            problem = rejected.Problem;
            return false;
        }
    }

    /// <summary>The Link field that leads to the next page: the same query with another cursor.</summary>
    public static string NextLink(IQueryCollection query, ListQuery list, ListPosition next)
    {
        var builder = new QueryBuilder(query
            .Where(parameter => !string.Equals(parameter.Key, "cursor", StringComparison.OrdinalIgnoreCase))
            .SelectMany(parameter => parameter.Value.Select(value => KeyValuePair.Create(parameter.Key, value ?? ""))))
        {
            { "cursor", WriteCursor(list, next) },
        };
        return $"<{(list.InTrash ? "/trash" : "/files")}{builder.ToQueryString().ToUriComponent()}>; rel=\"next\"";
    }

    /// <summary>Binds a cursor to everything that decides which files a walk visits and in which order, but not to the limit or the owner.</summary>
    private static ulong Fingerprint(ListQuery list)
    {
        var (filter, text) = (list.Filter, new StringBuilder());
        text.Append(CultureInfo.InvariantCulture, $"{list.InTrash} {list.Sort} {list.Descending} {filter.MinSize} {filter.MaxSize} ");
        text.Append(CultureInfo.InvariantCulture, $"{filter.CreatedAfter?.ToUnixTimeMilliseconds()} {filter.CreatedBefore?.ToUnixTimeMilliseconds()} ");
        text.AppendJoin('\0', filter.NameKeyParts ?? []).Append('\0').Append(filter.Type).Append('\0');
        foreach (var tag in filter.Tags ?? [])
            text.Append(tag.Key).Append(':').Append(tag.Value).Append('\0');
        foreach (var word in filter.Words ?? [])
            text.Append(' ').Append(word).Append('\0');
        return XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(text.ToString()));
    }

    /// <summary>The cursor that goes on behind a position.</summary>
    public static string WriteCursor(ListQuery list, ListPosition position)
    {
        var name = Encoding.UTF8.GetBytes(position.Name ?? "");
        var cursor = new byte[32 + name.Length];
        BinaryPrimitives.WriteUInt64BigEndian(cursor, Fingerprint(list));
        BinaryPrimitives.WriteInt64BigEndian(cursor.AsSpan(8), position.Number);
        position.Id.TryWriteBytes(cursor.AsSpan(16), bigEndian: true, out _);
        name.CopyTo(cursor.AsSpan(32));
        return Base64Url.EncodeToString(cursor);
    }

    /// <summary>Reads a cursor.</summary>
    /// <exception cref="ProblemException">The cursor was not issued by this list, or for another sort, order or filter.</exception>
    public static ListPosition ReadCursor(string text, ListQuery list)
    {
        if (!Base64UrlText.TryDecode(text, out var cursor) || cursor.Length < 32 || (list.Sort != FileSort.FileName && cursor.Length > 32)
            || !UnicodeText.TryDecode(cursor.AsSpan(32), out var name))
            throw new ProblemException(ApiProblem.InvalidCursor("This cursor was not issued by this list."));
        if (BinaryPrimitives.ReadUInt64BigEndian(cursor) != Fingerprint(list))
            throw new ProblemException(ApiProblem.InvalidCursor("A cursor goes on with the sort, order and filters that it was given for."));
        return new ListPosition(
            BinaryPrimitives.ReadInt64BigEndian(cursor.AsSpan(8)),
            list.Sort == FileSort.FileName ? name : null,
            new Guid(cursor.AsSpan(16, 16), bigEndian: true));
    }

    private static string? One(IQueryCollection query, string name) => !query.TryGetValue(name, out var values) ? null
        : values is [var value] ? value ?? ""
        : throw Malformed($"{name} stands in the query more than once.");

    private static long? Number(IQueryCollection query, string name, long min, long max) => One(query, name) is not { } text ? null
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max ? value
        : throw Malformed(string.Create(CultureInfo.InvariantCulture, $"{name} is a whole number from {min} to {max}."));

    /// <summary>Reads a time. The catalog keeps whole milliseconds, so a bound between two of them is rounded to mean the same.</summary>
    private static DateTimeOffset? Time(IQueryCollection query, string name, bool roundUp)
    {
        if (One(query, name) is not { } text)
            return null;
        // A + in a time's offset that was not escaped arrives as a space.
        var parts = Rfc3339().Match(text.Replace(' ', '+').ToUpperInvariant());
        if (!parts.Success || !DateTimeOffset.TryParseExact(parts.Groups["second"].Value + parts.Groups["offset"].Value,
                "yyyy-MM-ddTHH:mm:ssK", CultureInfo.InvariantCulture, DateTimeStyles.None, out var time))
            throw Malformed($"{name} is a time of RFC 3339, for example 2026-11-23T08:25:25.123Z.");
        var fraction = parts.Groups["fraction"].Value;
        // In UTC, because adding to a local time could exceed the last year.
        time = time.ToUniversalTime().AddMilliseconds(int.Parse(fraction.PadRight(3, '0')[..3], CultureInfo.InvariantCulture));
        var isBetween = fraction.AsSpan(Math.Min(3, fraction.Length)).ContainsAnyExcept('0');
        return roundUp && isBetween ? WholeMilliseconds.After(time, TimeSpan.FromMilliseconds(1)) : time;
    }

    /// <summary>A time of section 5.6 in upper case, with any number of digits of a second.</summary>
    [GeneratedRegex(@"^(?<second>[0-9-]{10}T[0-9:]{8})(\.(?<fraction>[0-9]+))?(?<offset>Z|[+-][0-9]{2}:[0-9]{2})\z",
        RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Rfc3339();

    private static string NameKeyOf(string name) => UnicodeText.IsWellFormed(name) ? NameKey.Of(name) : throw Malformed("Write name and search in valid Unicode.");

    private static List<string>? Names(StringValues sent)
    {
        if (sent.Count > SearchText.MaxWords)
            throw Malformed($"Ask for at most {SearchText.MaxWords} names.");
        // Every name contains the empty one.
        var parts = sent.OfType<string>().Where(name => name.Length > 0).Select(NameKeyOf).ToList();
        return parts.Count > 0 ? parts : null;
    }

    private static IReadOnlyList<string>? Words(string? search)
    {
        if (search is null)
            return null;
        var words = SearchText.Words(NameKeyOf(search));
        return words.Count switch
        {
            0 => null,
            <= SearchText.MaxWords => words,
            _ => throw Malformed($"Search for at most {SearchText.MaxWords} words."),
        };
    }

    /// <summary>Reads a type. Types are matched without parameters, so those of a type that a client took from a file are dropped.</summary>
    private static string? Type(string? type) => type is null ? null
        : type.Split(';', 2)[0].Trim() is var bare && bare.Split('/') is [{ Length: > 0 }, { Length: > 0 }] ? bare.ToLowerInvariant()
        : throw Malformed("type is a media type, or the first half of one followed by /*.");

    private static List<KeyValuePair<string, string>>? Tags(StringValues sent)
    {
        if (sent.Count == 0)
            return null;
        if (sent.Count > FileTags.MaxCount)
            throw Malformed($"At most {FileTags.MaxCount} tags can be asked for.");
        return [.. sent.Select(tag => (tag ?? "").Split(':', 2) is [{ Length: > 0 } key, var value]
            ? KeyValuePair.Create(key, value)
            : throw Malformed("tag is key:value."))];
    }

    private static ProblemException Malformed(string detail) => new(ApiProblem.InvalidRequest(detail));
}
