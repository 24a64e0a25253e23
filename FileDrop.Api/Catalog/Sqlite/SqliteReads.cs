using static FileDrop.Api.Catalog.Sqlite.SqliteRows;

namespace FileDrop.Api.Catalog.Sqlite;

/// <summary>Look-ups of one statement each, which therefore see one moment.</summary>
internal static class SqliteReads
{
    public static Guid? FindKey(SqliteSession session, string owner, string key, long now)
    {
        using var row = session.Query(
            "SELECT file FROM idempotency_keys WHERE owner = ?1 AND key = ?2 AND expires_at > ?3", owner, key, now);
        return row.Read() ? Id(row, 0) : null;
    }

    public static IReadOnlyList<(string Owner, Guid Id)> FindDue(SqliteSession session, int limit, long now)
    {
        // Each part comes from its index in order; a file with several blobs appears several times.
        using var rows = session.Query(
            """
            SELECT f.owner, f.id, b.due FROM blobs b JOIN files f ON f.n = b.file WHERE b.due <= ?1
            UNION ALL SELECT owner, id, due FROM files WHERE due <= ?1
            UNION ALL SELECT owner, id, expires_at FROM files WHERE state = 1 AND expires_at <= ?1
            UNION ALL SELECT f.owner, f.id, u.until FROM uploads u JOIN files f ON f.n = u.file WHERE u.stage = 2 AND u.until <= ?1
            ORDER BY 3
            """,
            now);
        var due = new List<(string Owner, Guid Id)>();
        var seen = new HashSet<(string Owner, Guid Id)>();
        while (due.Count < limit && rows.Read())
        {
            var document = (rows.GetString(0), Id(rows, 1));
            if (seen.Add(document))
                due.Add(document);
        }

        return due;
    }

    public static CatalogBacklog Measure(SqliteSession session, long now)
    {
        using var row = session.Query(
            """
            SELECT count(*) FILTER (WHERE role = 0), count(*) FILTER (WHERE role = 2),
                (SELECT min(due) FROM (SELECT min(due) AS due FROM blobs WHERE due IS NOT NULL
                    UNION ALL SELECT min(due) FROM files WHERE due IS NOT NULL)),
                (SELECT count(*) FROM folders WHERE sweep_at <= ?1)
            FROM blobs WHERE due IS NOT NULL
            """,
            now);
        return row.Read()
            ? new CatalogBacklog(row.GetInt64(0), row.GetInt64(1), Behind(NumberOrNull(row, 2), now)) { Folders = row.GetInt64(3) }
            : new CatalogBacklog(0, 0, TimeSpan.Zero);
    }

    private static TimeSpan Behind(long? due, long now) => TimeSpan.FromMilliseconds(Math.Max(0, now - (due ?? now)));
}
