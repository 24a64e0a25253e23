using static FileDrop.Api.Catalog.Sqlite.SqliteRows;

namespace FileDrop.Api.Catalog.Sqlite;

/// <summary>The look-ups. Each is one statement, and so sees one moment.</summary>
internal static class SqliteReads
{
    private const int AfterFileColumns = 14;

    public static CatalogFile? Find(SqliteSession session, string owner, Guid id)
    {
        using var row = session.Query(
            $"SELECT {FileColumns} FROM files f WHERE f.id = ?2 AND f.owner = ?1 AND f.state = 1", owner, Bytes(id));
        return row.Read() ? ReadFile(row) : null;
    }

    public static (WriteFate Fate, CatalogFile? File) FindFate(SqliteSession session, string owner, Guid id, WriteIntent intent)
    {
        using var row = session.Query(
            $"""
            SELECT {FileColumns}, f.state, b.role, b.fence, b.version FROM files f JOIN blobs b ON b.file = f.n AND b.blob = ?3
            WHERE f.id = ?2 AND f.owner = ?1
            """,
            owner, Bytes(id), Bytes(intent.BlobId));
        if (!row.Read())
            return (WriteFate.Lost, null);
        if ((BlobRole)row.GetInt64(AfterFileColumns + 1) == BlobRole.Intent)
            return (row.GetInt64(AfterFileColumns + 2) == intent.Fence ? WriteFate.Open : WriteFate.Lost, null);
        // Only a commit gives a blob a version, and it keeps that in garbage: the file was deleted or replaced since.
        if (row.IsDBNull(AfterFileColumns + 3))
            return (WriteFate.Lost, null);
        return (WriteFate.Committed, (FileState)row.GetInt64(AfterFileColumns) == FileState.Live ? ReadFile(row) : null);
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

        var first = row.IsDBNull(AfterFileColumns + 2) ? null : FileOf(row.GetString(AfterFileColumns + 2));
        var state = (FileState)row.GetInt64(AfterFileColumns);
        return (state, row.GetInt64(AfterFileColumns + 1), NumberOrNull(row, AfterFileColumns + 3)) switch
        {
            (FileState.Live, 1, _) => new UploadRecord(UploadState.Committed, ReadFile(row)),
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
        // Both halves come out of their index in order; a file may stand in it with several blobs.
        using var rows = session.Query(
            """
            SELECT f.owner, f.id, b.due FROM blobs b JOIN files f ON f.n = b.file WHERE b.due <= ?1
            UNION ALL SELECT owner, id, due FROM files WHERE due <= ?1
            ORDER BY 3
            """,
            now);
        var due = new List<(string Owner, Guid Id)>();
        var seen = new HashSet<Guid>();
        while (due.Count < limit && rows.Read())
        {
            var id = Id(rows, 1);
            if (seen.Add(id))
                due.Add((rows.GetString(0), id));
        }

        return due;
    }
}
