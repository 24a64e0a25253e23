using System.Globalization;
using System.Text;

namespace FileDrop.Api.Catalog.Sqlite;

/// <summary>Reads pages of a list.</summary>
/// <remarks>
/// A page is a walk along the index of its sort key between two edges. An edge is a key and an id, compared as one value, so neither the catalog's size nor a
/// million files with the same key cost anything. SQL names the index, because the planner knows nothing of the data. A filtered page first finds, in the index
/// only, the end of its <see cref="ListQuery.Examined"/> entries, and walks at most to there.
/// </remarks>
internal static class SqliteListing
{
    // Neither value is an id: the first sorts before all ids, the second after them.
    private static readonly byte[] BeforeIds = [];
    private static readonly byte[] BehindIds = Enumerable.Repeat(byte.MaxValue, 17).ToArray();

    public static CatalogPage Read(SqliteSession session, ListQuery query)
    {
        var (low, high) = Edges(query);
        if (query.After is { } after)
        {
            var position = new Edge(query.Sort == FileSort.FileName ? after.Name ?? "" : after.Number, SqliteRows.Bytes(after.Id));
            (low, high) = query.Descending ? (low, Lesser(high, position)) : (Greater(low, position), high);
        }

        ListPosition? end = null;
        if (NeedsWindow(query))
        {
            end = FindWindowEnd(session, query, low, high);
            if (end is not null)
            {
                var edge = new Edge(query.Sort == FileSort.FileName ? end.Name ?? "" : end.Number, SqliteRows.Bytes(end.Id));
                (low, high) = query.Descending ? (edge, high) : (low, edge);
            }
        }

        var (conditions, values) = Conditions(query, low, high);
        var sql = $"SELECT {SqliteRows.FileColumns} {Walk(query)}{conditions} {Order(query)} LIMIT ?6";
        var (files, weight) = (new List<CatalogFile>(), 0L);
        using var rows = session.Query(sql, [.. values]);
        while (rows.Read())
        {
            // The query returns one file more than the page holds; it shows that there is another page.
            if (files.Count == query.Limit || weight > ListQuery.MaxWeight)
                return new CatalogPage(files, PositionOf(files[^1], query.Sort));
            files.Add(SqliteRows.ReadFile(rows));
            weight += ListQuery.WeightOf(files[^1]);
        }

        return new CatalogPage(files, end);
    }

    private static ListPosition? FindWindowEnd(SqliteSession session, ListQuery query, Edge low, Edge high)
    {
        var sql = $"SELECT {Key(query.Sort)}, f.id {Walk(query)} {Order(query)} LIMIT 1 OFFSET ?6";
        using var rows = session.Query(sql, query.Owner, low.Key, low.Id, high.Key, high.Id, query.Examined - 1L);
        if (!rows.Read())
            return null;
        return query.Sort == FileSort.FileName
            ? new ListPosition(0, rows.GetString(0), SqliteRows.Id(rows, 1))
            : new ListPosition(rows.GetInt64(0), null, SqliteRows.Id(rows, 1));
    }

    private static string Walk(ListQuery query)
    {
        if (query is { Sort: FileSort.DeletedAt, InTrash: false })
            throw new ArgumentException("Sort by the time of deletion only in the trash.", nameof(query));
        var key = Key(query.Sort);
        var edges = query.Descending
            ? $"({key}, f.id) >= (?2, ?3) AND ({key}, f.id) < (?4, ?5)"
            : $"({key}, f.id) > (?2, ?3) AND ({key}, f.id) <= (?4, ?5)";
        // The state is a literal, because each state has its own indexes.
        var (index, state) = query.InTrash ? ("trash", 3) : ("files", 1);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"FROM files f INDEXED BY {index}_by_{key.AsSpan(2)} WHERE f.owner = ?1 AND f.state = {state} AND {edges}");
    }

    private static string Order(ListQuery query) =>
        query.Descending ? $"ORDER BY {Key(query.Sort)} DESC, f.id DESC" : $"ORDER BY {Key(query.Sort)}, f.id";

    private static string Key(FileSort sort) => sort switch
    {
        FileSort.CreatedAt => "f.created_at",
        FileSort.UpdatedAt => "f.updated_at",
        FileSort.FileName => "f.name_key",
        FileSort.FileSize => "f.size",
        FileSort.DeletedAt => "f.deleted_at",
        _ => throw new ArgumentOutOfRangeException(nameof(sort), sort, message: null),
    };

    private static ListPosition PositionOf(CatalogFile file, FileSort sort) => sort switch
    {
        FileSort.CreatedAt => new ListPosition(file.CreatedAt.ToUnixTimeMilliseconds(), null, file.Id),
        FileSort.UpdatedAt => new ListPosition(file.UpdatedAt.ToUnixTimeMilliseconds(), null, file.Id),
        FileSort.FileName => new ListPosition(0, NameKey.Of(file.Name), file.Id),
        FileSort.DeletedAt => new ListPosition(file.DeletedAt?.ToUnixTimeMilliseconds() ?? 0, null, file.Id),
        _ => new ListPosition(file.Content.Size, null, file.Id),
    };

    /// <summary>The edges of the walk. A bound on the sort key itself is an edge, not a filter.</summary>
    private static (Edge Low, Edge High) Edges(ListQuery query) => (query.Sort, query.Filter) switch
    {
        (FileSort.FileName, _) => (new Edge("", BeforeIds), new Edge(BeforeIds, BeforeIds)), // SQLite sorts any blob after every text.
        (FileSort.CreatedAt, { } filter) => (
            filter.CreatedAfter is { } after ? new Edge(after.ToUnixTimeMilliseconds(), BehindIds) : Edge.First,
            filter.CreatedBefore is { } before ? new Edge(before.ToUnixTimeMilliseconds(), BeforeIds) : Edge.Last),
        (FileSort.FileSize, { } filter) => (
            filter.MinSize is { } min ? new Edge(min, BeforeIds) : Edge.First,
            filter.MaxSize is { } max ? new Edge(max, BehindIds) : Edge.Last),
        _ => (Edge.First, Edge.Last),
    };

    /// <summary>Whether the query has a filter that is not an edge.</summary>
    private static bool NeedsWindow(ListQuery query) => !(query.Sort switch
    {
        FileSort.CreatedAt => query.Filter with { CreatedAfter = null, CreatedBefore = null },
        FileSort.FileSize => query.Filter with { MinSize = null, MaxSize = null },
        _ => query.Filter,
    }).IsEmpty;

    /// <summary>Builds the SQL that follows the walk's own conditions, and the values of all parameters.</summary>
    private static (string Sql, List<object?> Values) Conditions(ListQuery query, Edge low, Edge high)
    {
        // The file's media type in lower case, without parameters; media types are ASCII.
        const string Type = "lower(trim(substr(f.type, 1, instr(f.type || ';', ';') - 1)))";
        var values = new List<object?> { query.Owner, low.Key, low.Id, high.Key, high.Id, query.Limit + 1L };
        var sql = new StringBuilder();
        var filter = query.Filter;

        foreach (var part in filter.NameKeyParts ?? [])
            Add("instr(f.name_key, ?) > 0", part);
        foreach (var word in filter.Words ?? [])
            Add("(instr(folded(f.name), ?) > 0 OR EXISTS (SELECT 1 FROM json_each(f.tags) t WHERE instr(folded(t.key || ':' || t.value), ?) > 0))", word);
        if (filter.Type is { } type && type.EndsWith("/*", StringComparison.Ordinal))
            Add($"substr({Type}, 1, length(?)) = ?", type[..^1]);
        else if (filter.Type is { } exact)
            Add($"{Type} = ?", exact);
        foreach (var (key, value) in filter.DistinctTags)
        {
            Add("EXISTS (SELECT 1 FROM json_each(f.tags) t WHERE t.key = ?", key);
            Add("t.value = ?)", value);
        }

        // If these bounds are edges, they cost nothing here. Otherwise the plus keeps them from choosing an index.
        if (filter.CreatedAfter is { } after)
            Add("+f.created_at > ?", after.ToUnixTimeMilliseconds());
        if (filter.CreatedBefore is { } before)
            Add("+f.created_at < ?", before.ToUnixTimeMilliseconds());
        if (filter.MinSize is { } min)
            Add("+f.size >= ?", min);
        if (filter.MaxSize is { } max)
            Add("+f.size <= ?", max);
        return (sql.ToString(), values);

        void Add(string condition, object value)
        {
            values.Add(value);
            var parameter = string.Create(CultureInfo.InvariantCulture, $"?{values.Count}");
            sql.Append(" AND ").Append(condition.Replace("?", parameter, StringComparison.Ordinal));
        }
    }

    private static Edge Greater(Edge one, Edge other) => Compare(one, other) > 0 ? one : other;

    private static Edge Lesser(Edge one, Edge other) => Compare(one, other) < 0 ? one : other;

    private static int Compare(Edge one, Edge other)
    {
        // A list by name has no bounds, so a position always lies between its edges.
        if (one.Key is not long first || other.Key is not long second)
            return one.Key is byte[]? 1 : -1;
        return first != second ? first.CompareTo(second) : one.Id.AsSpan().SequenceCompareTo(other.Id);
    }

    /// <summary>A place between entries: a sort key, and an id for entries with the same key.</summary>
    private readonly record struct Edge(object Key, byte[] Id)
    {
        public static readonly Edge First = new(long.MinValue, BeforeIds);
        public static readonly Edge Last = new(long.MaxValue, BehindIds);
    }
}
