using static FileDrop.Api.Catalog.Sqlite.SqliteRows;

namespace FileDrop.Api.Catalog.Sqlite;

/// <summary>The look-ups. Each is one statement, and so sees one moment.</summary>
internal static class SqliteReads
{
    public static CatalogFile? Find(SqliteSession session, string owner, Guid id)
    {
        using var row = session.Query(
            $"SELECT {FileColumns} FROM files f WHERE f.id = ?2 AND f.owner = ?1 AND f.state = 1", owner, Bytes(id));
        return row.Read() ? ReadFile(row) : null;
    }

    public static FileHistory? FindHistory(SqliteSession session, string owner, Guid id)
    {
        using var rows = session.Query(
            $"""
            SELECT {FileColumns}, {ContentColumns} FROM files f JOIN contents c ON c.file = f.n
            WHERE f.id = ?2 AND f.owner = ?1 AND f.state = 1 ORDER BY c.version DESC
            """,
            owner, Bytes(id));
        CatalogFile? file = null;
        var contents = new List<FileContent>();
        while (rows.Read())
        {
            file ??= ReadFile(rows);
            contents.Add(ReadContent(rows, FileColumnCount));
        }

        return file is null ? null : new FileHistory(file, contents);
    }

    public static WriteFate FindFate(SqliteSession session, string owner, Guid id, WriteIntent intent)
    {
        using var row = session.Query(
            """
            SELECT b.role, b.fence, b.committed FROM files f JOIN blobs b ON b.file = f.n AND b.blob = ?3 WHERE f.id = ?2 AND f.owner = ?1
            """,
            owner, Bytes(id), Bytes(intent.BlobId));
        if (!row.Read())
            return WriteFate.Lost;
        if ((BlobRole)row.GetInt64(0) == BlobRole.Intent)
            return row.GetInt64(1) == intent.Fence ? WriteFate.Open : WriteFate.Lost;
        // What was committed tells so as garbage too: its content was pruned, dropped or purged since.
        return row.GetInt64(2) == 0 ? WriteFate.Lost : WriteFate.Committed;
    }

    public static UploadRecord FindUpload(SqliteSession session, string owner, Guid id, long now)
    {
        using var row = session.Query(
            $"""
            SELECT {FileColumns}, f.state, f.version, f.first, (SELECT max(due) FROM blobs WHERE file = f.n AND role = 0)
            FROM files f WHERE f.id = ?2 AND f.owner = ?1
            """,
            owner, Bytes(id));
        if (!row.Read())
            return new UploadRecord(UploadState.Failed);

        var first = row.IsDBNull(FileColumnCount + 2) ? null : FileOf(row.GetString(FileColumnCount + 2));
        var state = (FileState)row.GetInt64(FileColumnCount);
        return (state, row.GetInt64(FileColumnCount + 1), NumberOrNull(row, FileColumnCount + 3)) switch
        {
            // The trash leaves all of it as it was, but for what is asked: how it was created.
            (FileState.Live or FileState.Trash, 1, _) =>
                new UploadRecord(UploadState.Committed, ReadFile(row) with { DeletedAt = null, PurgeAt = null }),
            (_, > 0, _) => new UploadRecord(UploadState.Committed, first),
            (FileState.Pending, _, { } lease) => new UploadRecord(lease > now ? UploadState.Running : UploadState.Expired),
            _ => new UploadRecord(UploadState.Failed),
        };
    }

    public static Guid? FindKey(SqliteSession session, string owner, string key, long now)
    {
        using var row = session.Query(
            "SELECT file FROM idempotency_keys WHERE owner = ?1 AND key = ?2 AND expires_at > ?3", owner, key, now);
        return row.Read() ? Id(row, 0) : null;
    }

    public static IReadOnlyList<(string Owner, Guid Id)> FindDue(SqliteSession session, int limit, long now)
    {
        // Each part comes out of its index in order; a file may stand in it with several blobs.
        using var rows = session.Query(
            """
            SELECT f.owner, f.id, b.due FROM blobs b JOIN files f ON f.n = b.file WHERE b.due <= ?1
            UNION ALL SELECT owner, id, due FROM files WHERE due <= ?1
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
                    UNION ALL SELECT min(due) FROM files WHERE due IS NOT NULL))
            FROM blobs WHERE due IS NOT NULL
            """);
        return row.Read()
            ? new CatalogBacklog(row.GetInt64(0), row.GetInt64(1), Behind(NumberOrNull(row, 2), now))
            : new CatalogBacklog(0, 0, TimeSpan.Zero);
    }

    private static TimeSpan Behind(long? due, long now) => TimeSpan.FromMilliseconds(Math.Max(0, now - (due ?? now)));
}
