using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using FileDrop.Api.Catalog;
using FileDrop.Api.Contents;
using FileDrop.Api.Text;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.Extensions.Primitives;

namespace FileDrop.Api.Http;

/// <summary>The query of lists of files, and the link that leads to the next page.</summary>
internal static partial class ListRequest
{
    /// <summary>Files on a page, at most.</summary>
    public const int MaxLimit = 1000;

    /// <summary>The filters that take text.</summary>
    private static readonly string[] s_textFilters = ["name", "search", "tag", "type"];

    /// <summary>Reads the query of a request. Unknown parameters are ignored, except those that <see cref="ListParameters"/> refuses.</summary>
    public static bool TryRead(
        IQueryCollection query, string owner, bool inTrash, [NotNullWhen(true)] out ListQuery? list, [NotNullWhen(false)] out ApiProblem? problem)
    {
        list = null;
        if (!ListParameters.AreUnderstood(query, out problem))
            return false;
        try
        {
            if (!Parameters.TryReadFlag(query, "loose", out var loose))
                throw Malformed("loose is true or false.");
            var all = Read(query, owner, inTrash);
            var unplaced = all with { Filter = all.Filter with { IsLoose = loose } };
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

    /// <summary>Reads sort, order, limit and filters, but no cursor.</summary>
    /// <exception cref="ProblemException">A parameter is malformed.</exception>
    public static ListQuery Read(IQueryCollection query, string owner, bool inTrash)
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
        var filter = new ListFilter(
            NameKeyParts: Names(query["name"]),
            Words: Words(One(query, "search")),
            Type: Type(One(query, "type")),
            Tags: Tags(query["tag"]),
            CreatedAfter: Time(query, "created_after", roundUp: false),
            CreatedBefore: Time(query, "created_before", roundUp: true),
            MinSize: Number(query, "min_size", 0, long.MaxValue),
            MaxSize: Number(query, "max_size", 0, long.MaxValue));
        return new ListQuery(owner, inTrash, sort, descending, Limit(query, MaxLimit), After: null, filter);
    }

    /// <summary>The refusal of a filter whose text is not UTF-8, which the framework would change; null if there is none.</summary>
    public static ApiProblem? RefuseMalformedText(HttpRequest request) =>
        s_textFilters.FirstOrDefault(filter => !Parameters.IsUtf8(request.QueryString, filter)) is { } malformed
            ? ApiProblem.InvalidRequest($"{malformed} is not valid UTF-8.")
            : null;

    /// <summary>The most entries on a page.</summary>
    /// <param name="query">The request's query.</param>
    /// <param name="most">The largest limit, which is the default too.</param>
    /// <exception cref="ProblemException">The parameter is malformed.</exception>
    public static int Limit(IQueryCollection query, int most) => (int)(Number(query, "limit", 1, most) ?? most);

    /// <summary>The cursor of a request; null if it has none.</summary>
    /// <exception cref="ProblemException">The parameter is repeated.</exception>
    public static string? Cursor(IQueryCollection query) => One(query, "cursor");

    /// <summary>The Link field that leads to the next page of a list of files.</summary>
    public static string NextLink(IQueryCollection query, ListQuery list, ListPosition next) =>
        NextLink(list.InTrash ? "/trash" : "/files", query, WriteCursor(list, next));

    /// <summary>The Link field that leads to the next page: the same query with another cursor.</summary>
    /// <param name="path">The list's path.</param>
    /// <param name="query">The request's query.</param>
    /// <param name="cursor">The cursor.</param>
    /// <param name="parameter">The name of the list's cursor in its query.</param>
    public static string NextLink(string path, IQueryCollection query, string cursor, string parameter = "cursor")
    {
        var builder = new QueryBuilder(query
            .Where(sent => !string.Equals(sent.Key, parameter, StringComparison.OrdinalIgnoreCase))
            .SelectMany(sent => sent.Value.Select(value => KeyValuePair.Create(sent.Key, value ?? ""))))
        {
            { parameter, cursor },
        };
        return $"<{path}{builder.ToQueryString().ToUriComponent()}>; rel=\"next\"";
    }

    /// <summary>The cursor that goes on behind a position.</summary>
    public static string WriteCursor(ListQuery list, ListPosition position) =>
        ListCursor.Write(ListCursor.Fingerprint(list), ListCursor.WritePosition(position));

    /// <summary>Reads a cursor.</summary>
    /// <exception cref="ProblemException">The cursor was not issued by this list, or for another sort, order or filter.</exception>
    public static ListPosition ReadCursor(string text, ListQuery list)
    {
        var cursor = ListCursor.Read(text);
        var position = ListCursor.ReadPosition(cursor.Place.Span, list.Sort == FileSort.FileName);
        return cursor.List == ListCursor.Fingerprint(list) ? position : throw ListCursor.OfAnotherList();
    }

    private static string? One(IQueryCollection query, string name) => !query.TryGetValue(name, out var values) ? null
        : values is [var value] ? value ?? ""
        : throw Malformed($"{name} stands in the query more than once.");

    private static long? Number(IQueryCollection query, string name, long min, long max) => One(query, name) is not { } text ? null
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max ? value
        : throw Malformed(string.Create(CultureInfo.InvariantCulture, $"{name} is a whole number from {min} to {max}."));

    private static DateTimeOffset? Time(IQueryCollection query, string name, bool roundUp) =>
        One(query, name) is { } text ? Rfc3339.Read(name, text, roundUp) : null;

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
