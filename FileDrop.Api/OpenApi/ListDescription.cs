using FileDrop.Api.Catalog;
using FileDrop.Api.Contents;
using FileDrop.Api.Http;

namespace FileDrop.Api.OpenApi;

/// <summary>The parameters of lists, as the OpenAPI document shows them.</summary>
internal static class ListDescription
{
    /// <summary>The parameters of the list of a folder's entries.</summary>
    public static readonly ApiParameter[] OfEntries = All(Sort("created_at", "updated_at", "file_name", "file_size"));

    /// <summary>The parameters of the list of live files.</summary>
    public static readonly ApiParameter[] OfFiles = [.. OfEntries, Loose];

    /// <summary>The parameters of the list of the trash.</summary>
    public static readonly ApiParameter[] OfTrash =
        [.. All(Sort("deleted_at", "created_at", "updated_at", "file_name", "file_size") with { Key = "trash_sort" }), Loose];

    private static ApiParameter Loose => ApiParameter.Query("loose", "`true` leaves out files that are in a folder.", Shape.Flag());

    private static ApiParameter[] All(ApiParameter sort) =>
    [
        ApiParameter.Limit(ListRequest.MaxLimit, ListRequest.MaxLimit),
        ApiParameter.Query("cursor", "The position from the previous page's `Link`. It works only with the same sort, order and filters.", Shape.Text()) with
        {
            Failures = [ApiProblem.InvalidCursor("A cursor goes on with the sort, order and filters that it was given for.")],
        },
        sort,
        ApiParameter.Query("order", "Descending or ascending.", Shape.Choice("desc", "asc")),
        ApiParameter.Query("name", "Text that the name contains, ignoring case. The parameter may repeat: the name must contain all values.",
            Shape.List(Shape.Text(), SearchText.MaxWords), "report") with { Repeats = true },
        ApiParameter.Query("search",
            "Words in any order, separated by spaces. The name or a tag, written `key:value`, must contain each word, ignoring case and accents.",
            Shape.Text(), "zolc apollo"),
        ApiParameter.Query("type", "The file's media type, or all types of a kind, such as `image/*`.", Shape.Text(pattern: "^[^/]+/[^/]+$"), "image/*"),
        ApiParameter.Query("tag", "`key:value`, split at the first colon. The parameter may repeat: the file must have all tags.",
            Shape.List(Shape.Text(pattern: "^[^:]+:"), FileTags.MaxCount), "project:apollo") with { Repeats = true },
        ApiParameter.Query("created_after", "The file was created after this time, exclusive.", Shape.Time("RFC 3339."), ApiExamples.Time),
        ApiParameter.Query("created_before", "The file was created before this time, exclusive.", Shape.Time("RFC 3339."), ApiExamples.Time),
        ApiParameter.Query("min_size", "The file has at least this size.", Shape.Integer("In bytes.", 0), "1"),
        ApiParameter.Query("max_size", "The file has at most this size.", Shape.Integer("In bytes.", 0), "1048576"),
        FileWords.IfNoneMatch,
    ];

    private static ApiParameter Sort(params ReadOnlySpan<string> keys) =>
        ApiParameter.Query("sort", "The sort key. Files with the same key are sorted by `file_id`.", Shape.Choice(keys));
}
