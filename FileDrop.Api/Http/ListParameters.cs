using System.Diagnostics.CodeAnalysis;
using FileDrop.Api.Text;

namespace FileDrop.Api.Http;

/// <summary>The names of query parameters of lists that go on by cursor.</summary>
internal static class ListParameters
{
    /// <summary>Names by which other services count pages. A client that counts would always get the first page.</summary>
    private static readonly string[] Counting = ["offset", "page", "per_page", "skip", "start", "marker"];

    private static readonly string[] Entries =
    [
        "limit", "cursor", "order", "sort", "name", "search", "type", "tag", "created_after", "created_before", "min_size", "max_size", "deep", Caller.OwnerParameter,
    ];

    private static readonly string[] Files = [.. Entries.Where(name => name is not "deep"), "loose"];

    private static readonly string[] Pages = ["limit", "cursor", Caller.OwnerParameter];

    /// <summary>Refuses names that a client would wrongly believe to be honoured, in a list of files.</summary>
    public static bool AreUnderstood(IQueryCollection query, [NotNullWhen(false)] out ApiProblem? problem) => AreUnderstood(query, Files, out problem);

    /// <summary>Refuses names that a client would wrongly believe to be honoured, in the list of a folder's entries.</summary>
    public static bool AreUnderstoodByEntries(IQueryCollection query, [NotNullWhen(false)] out ApiProblem? problem) =>
        AreUnderstood(query, Entries, out problem);

    /// <summary>Refuses names that a client would wrongly believe to be honoured, in the list of folders in the trash.</summary>
    public static bool AreUnderstoodByFolderTrash(IQueryCollection query, [NotNullWhen(false)] out ApiProblem? problem) =>
        AreUnderstood(query, Pages, out problem);

    /// <summary>Refuses names that a client would wrongly believe to be honoured, in the audit log.</summary>
    public static bool AreUnderstoodByAudit(IQueryCollection query, [NotNullWhen(false)] out ApiProblem? problem) => AreUnderstood(query, Pages, out problem);

    private static bool AreUnderstood(IQueryCollection query, string[] known, [NotNullWhen(false)] out ApiProblem? problem)
    {
        problem = query.Keys.Select(name => Check(name, known)).FirstOrDefault(found => found is not null);
        return problem is null;
    }

    private static ApiProblem? Check(string name, string[] known)
    {
        if (known.Contains(name, StringComparer.OrdinalIgnoreCase))
            return null;
        if (Counting.Contains(name, StringComparer.OrdinalIgnoreCase))
            return ApiProblem.InvalidRequest(
                $"This list has no parameter {name}. It goes on by cursor: follow the Link field with rel=\"next\", which has the cursor, until there is none; "
                + "limit says how many entries a page has.");
        var nearest = Spelling.Nearest(name, known);
        // In a name of three letters, two other letters make another word: lang and ts do not mean tag.
        return Spelling.Distance(name, nearest) <= (nearest.Length > 3 ? 2 : 1)
            ? ApiProblem.InvalidRequest(
                $"This list has no parameter {name}; {nearest} is meant, perhaps. The parameters are {string.Join(", ", known)}. "
                + "The next page is the one that the Link field with rel=\"next\" leads to, by its cursor.")
            : null;
    }
}
