using System.Globalization;
using System.Text;
using Microsoft.Data.Sqlite;

namespace FileDrop.Api.Catalog.Sqlite;

/// <summary>Reads pages of a list.</summary>
/// <remarks>
/// A page is a walk along the index of its sort key between two edges. An edge is a key and an id, compared as one value. Neither the
/// catalog's size nor a million equal keys cost anything. SQL names the index, because the planner knows nothing of the data. A filtered
/// page first finds, in the index only, the end of its <see cref="ListQuery.Examined"/> entries, and walks at most to there.
/// </remarks>
internal static class SqliteListing
{
    // Neither value is an id: the first sorts before all ids, the second after them.
    private static readonly byte[] BeforeIds = [];
    private static readonly byte[] BehindIds = Enumerable.Repeat(byte.MaxValue, 17).ToArray();

    /// <summary>A table whose rows are listed.</summary>
    /// <param name="Table">The table.</param>
    /// <param name="Columns">The columns of an entry.</param>
    /// <param name="Live">The first part of the names of the indexes of live entries, of one folder or all.</param>
    /// <param name="Trash">The first part of the names of the indexes of entries in the trash.</param>
    /// <param name="Word">The condition that an entry has a word.</param>
    private sealed record Source(string Table, string Columns, Func<ListQuery, string> Live, string Trash, string Word);

    private static readonly Source s_files = new(
        "files", SqliteRows.FileColumns, query => query.Folder is null ? "files" : "placed", "trash",
        "(instr(folded(f.name), ?) > 0 OR EXISTS (SELECT 1 FROM json_each(f.tags) t WHERE instr(folded(t.key || ':' || t.value), ?) > 0))");

    private static readonly Source s_folders = new(
        "folders", SqliteFolders.Columns, _ => "folders", "trashed_folders", "instr(folded(f.name), ?) > 0");

    public static CatalogPage Read(SqliteSession session, ListQuery query)
    {
        var (files, next) = Read(session, query, s_files, SqliteRows.ReadFile, file => PositionOf(file, query.Sort), ListQuery.WeightOf);
        return new CatalogPage(files, next);
    }

    public static FolderPage ReadFolders(SqliteSession session, ListQuery query)
    {
        var (folders, next) = Read(
            session, query, s_folders, row => SqliteFolders.Read(row).ToFolder(), folder => PositionOf(folder, query.Sort), ListQuery.WeightOf);
        return new FolderPage(folders, next);
    }

    private static (List<T> Entries, ListPosition? Next) Read<T>(
        SqliteSession session, ListQuery query, Source source, Func<SqliteDataReader, T> read, Func<T, ListPosition> position, Func<T, long> weigh)
    {
        var (low, high) = Edges(query);
        if (query.After is { } after)
        {
            var edge = new Edge(query.Sort == FileSort.FileName ? after.Name ?? "" : after.Number, SqliteRows.Bytes(after.Id));
            (low, high) = query.Descending ? (low, Lesser(high, edge)) : (Greater(low, edge), high);
        }

        ListPosition? end = null;
        if (NeedsWindow(query))
        {
            end = FindWindowEnd(session, query, source, low, high);
            if (end is not null)
            {
                var edge = new Edge(query.Sort == FileSort.FileName ? end.Name ?? "" : end.Number, SqliteRows.Bytes(end.Id));
                (low, high) = query.Descending ? (edge, high) : (low, edge);
            }
        }

        var (conditions, values) = Conditions(query, source, low, high);
        var sql = $"SELECT {source.Columns} {Walk(query, source)}{conditions} {Order(query)} LIMIT ?6";
        var (entries, weight) = (new List<T>(), 0L);
        using var rows = session.Query(sql, [.. values]);
        while (rows.Read())
        {
            // The query returns one entry more than the page holds; it shows that there is another page.
            if (entries.Count == query.Limit || weight > ListQuery.MaxWeight)
                return (entries, position(entries[^1]));
            entries.Add(read(rows));
            weight += weigh(entries[^1]);
        }

        return (entries, end);
    }

    private static ListPosition? FindWindowEnd(SqliteSession session, ListQuery query, Source source, Edge low, Edge high)
    {
        var sql = $"SELECT {Key(query.Sort)}, f.id {Walk(query, source)} {Order(query)} LIMIT 1 OFFSET ?6";
        using var rows = session.Query(sql, [.. Values(query, low, high, query.Examined - 1L)]);
        if (!rows.Read())
            return null;
        return query.Sort == FileSort.FileName
            ? new ListPosition(0, rows.GetString(0), SqliteRows.Id(rows, 1))
            : new ListPosition(rows.GetInt64(0), null, SqliteRows.Id(rows, 1));
    }

    private static string Walk(ListQuery query, Source source)
    {
        if (query is { Sort: FileSort.DeletedAt, InTrash: false })
            throw new ArgumentException("Sort by the time of deletion only in the trash.", nameof(query));
        var key = Key(query.Sort);
        var edges = query.Descending
            ? $"({key}, f.id) >= (?2, ?3) AND ({key}, f.id) < (?4, ?5)"
            : $"({key}, f.id) > (?2, ?3) AND ({key}, f.id) <= (?4, ?5)";
        // The state is a literal, because each state has its own indexes.
        var (index, state) = query.InTrash ? (source.Trash, 3) : (source.Live(query), 1);
        var place = query.Folder is null ? "" : " AND f.parent = ?7";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"FROM {source.Table} f INDEXED BY {index}_by_{key.AsSpan(2)} WHERE f.owner = ?1 AND f.state = {state}{place} AND {edges}");
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

    private static ListPosition PositionOf(CatalogFolder folder, FileSort sort) => sort switch
    {
        FileSort.CreatedAt => new ListPosition(folder.CreatedAt.ToUnixTimeMilliseconds(), null, folder.Id),
        FileSort.UpdatedAt => new ListPosition(folder.UpdatedAt.ToUnixTimeMilliseconds(), null, folder.Id),
        FileSort.DeletedAt => new ListPosition(folder.DeletedAt?.ToUnixTimeMilliseconds() ?? 0, null, folder.Id),
        _ => new ListPosition(0, NameKey.Of(folder.Name), folder.Id),
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
    private static (string Sql, List<object?> Values) Conditions(ListQuery query, Source source, Edge low, Edge high)
    {
        // The file's media type in lower case, without parameters; media types are ASCII.
        const string Type = "lower(trim(substr(f.type, 1, instr(f.type || ';', ';') - 1)))";
        var values = Values(query, low, high, query.Limit + 1L);
        var sql = new StringBuilder();
        var filter = query.Filter;

        foreach (var part in filter.NameKeyParts ?? [])
            Add("instr(f.name_key, ?) > 0", part);
        foreach (var word in filter.Words ?? [])
            Add(source.Word, word);
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
        if (filter.IsLoose)
            sql.Append(" AND f.parent IS NULL");
        return (sql.ToString(), values);

        void Add(string condition, object value)
        {
            values.Add(value);
            var parameter = string.Create(CultureInfo.InvariantCulture, $"?{values.Count}");
            sql.Append(" AND ").Append(condition.Replace("?", parameter, StringComparison.Ordinal));
        }
    }

    /// <summary>The values of the parameters 1 to 6 or, in a folder, 7.</summary>
    private static List<object?> Values(ListQuery query, Edge low, Edge high, long count)
    {
        List<object?> values = [query.Owner, low.Key, low.Id, high.Key, high.Id, count];
        if (query.Folder is { } folder)
            values.Add(SqliteRows.Bytes(folder));
        return values;
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
