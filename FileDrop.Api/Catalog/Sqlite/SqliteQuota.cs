using static FileDrop.Api.Catalog.Sqlite.SqliteRows;

namespace FileDrop.Api.Catalog.Sqlite;

/// <summary>
/// Checks quotas against the table <c>usage</c>, within the change that would store more. Triggers on <c>files</c> and <c>blobs</c> maintain the table, so that
/// no change can forget it.
/// </summary>
internal sealed class SqliteQuota(Quotas quotas)
{
    private const string Actual =
        """
        WITH stored (owner, bytes, files) AS (
            SELECT owner, 0, 1 FROM files WHERE state IN (1, 3, 4)
            UNION ALL
            SELECT f.owner, c.size, 0 FROM (SELECT file, max(size) AS size FROM contents GROUP BY file, blob) c JOIN files f ON f.n = c.file
        ), reserved (owner, bytes, files) AS (
            SELECT f.owner, b.size, b.creates FROM blobs b JOIN files f ON f.n = b.file WHERE b.role = 0
        ), actual (owner, bytes, files, bytes_reserved, files_reserved) AS (
            SELECT owner, sum(bytes), sum(files), sum(reserving), sum(creating) FROM (
                SELECT owner, bytes, files, 0 AS reserving, 0 AS creating FROM stored
                UNION ALL SELECT owner, 0, 0, bytes, files FROM reserved
                UNION ALL SELECT owner, 0, 0, 0, 0 FROM usage)
            GROUP BY owner
        )
        """;

    /// <summary>Whether an owner has a quota.</summary>
    public bool Limits(string owner) => !quotas.Of(owner).IsNone;

    /// <summary>Returns the reservation that a new write records; it is zero for an owner without a quota.</summary>
    /// <exception cref="QuotaExceededException">The quota has no room for it.</exception>
    public Reservation Admit(SqliteSession session, string owner, Reservation wanted)
    {
        var quota = quotas.Of(owner);
        if (quota.IsNone)
            return default;
        Demand(session, owner, quota, wanted.Bytes, wanted.Creates ? 1 : 0, own: 0);
        return wanted;
    }

    /// <inheritdoc cref="IWriteCatalog.ReserveAsync"/>
    public long Reserve(SqliteSession session, string owner, Guid id, WriteIntent intent, long needed, long wanted)
    {
        var own = session.Number(
            """
            SELECT size FROM blobs WHERE file = (SELECT n FROM files WHERE id = ?2 AND owner = ?1) AND blob = ?3 AND role = 0
            """,
            owner, Bytes(id), Bytes(intent.BlobId));
        var granted = Math.Max(needed, Math.Min(wanted, Demand(session, owner, quotas.Of(owner), needed, files: 0, own)));
        session.Execute(
            """
            UPDATE blobs SET size = ?4 WHERE file = (SELECT n FROM files WHERE id = ?2 AND owner = ?1) AND blob = ?3 AND role = 0
            """,
            owner, Bytes(id), Bytes(intent.BlobId), granted);
        return granted;
    }

    public static OwnerUsage Find(SqliteSession session, string owner)
    {
        using var row = session.Query("SELECT bytes, files, bytes_reserved FROM usage WHERE owner = ?1", owner);
        return row.Read() ? new OwnerUsage(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2)) : new OwnerUsage(0, 0, 0);
    }

    /// <summary>Finds owners whose row in the table differs from their documents, by one statement, which sees one moment.</summary>
    public static IReadOnlyList<UsageDifference> Compare(SqliteSession session)
    {
        using var rows = session.Query(
            $"""
            {Actual}
            SELECT a.owner, coalesce(u.bytes, 0), coalesce(u.files, 0), coalesce(u.bytes_reserved, 0), a.bytes, a.files, a.bytes_reserved
            FROM actual a LEFT JOIN usage u ON u.owner = a.owner
            WHERE (u.bytes, u.files, u.bytes_reserved, u.files_reserved) IS NOT (a.bytes, a.files, a.bytes_reserved, a.files_reserved)
            """);
        var found = new List<UsageDifference>();
        while (rows.Read())
            found.Add(new UsageDifference(
                rows.GetString(0), new OwnerUsage(rows.GetInt64(1), rows.GetInt64(2), rows.GetInt64(3)),
                new OwnerUsage(rows.GetInt64(4), rows.GetInt64(5), rows.GetInt64(6)), Repaired: false));
        return found;
    }

    public static IReadOnlyList<UsageDifference> Repair(SqliteSession session)
    {
        session.Execute(
            """
            UPDATE blobs SET size = c.size FROM (SELECT file, blob, max(size) AS size FROM contents GROUP BY file, blob) c
            WHERE blobs.file = c.file AND blobs.blob = c.blob AND blobs.role = 1 AND blobs.size <> c.size
            """);
        var found = Compare(session);
        if (found.Count > 0)
            session.Execute(
                $"""
                {Actual}
                INSERT OR REPLACE INTO usage (owner, bytes, files, bytes_reserved, files_reserved)
                SELECT owner, bytes, files, bytes_reserved, files_reserved FROM actual
                """);
        return [.. found.Select(difference => difference with { Repaired = true })];
    }

    /// <summary>Returns the bytes that the owner's quota leaves. The caller's reservation <paramref name="own"/> does not count as used.</summary>
    private static long Demand(SqliteSession session, string owner, Quota quota, long bytes, long files, long own)
    {
        using var row = session.Query(
            "SELECT bytes + bytes_reserved, files + files_reserved FROM usage WHERE owner = ?1", owner);
        var (storedBytes, storedFiles) = row.Read() ? (row.GetInt64(0) - own, row.GetInt64(1)) : (0, 0);
        var room = quota.Bytes is { } limit ? limit - storedBytes : long.MaxValue;
        return (bytes > 0 && bytes > room) || (files > 0 && storedFiles + files > quota.Files) ? throw new QuotaExceededException() : room;
    }
}
