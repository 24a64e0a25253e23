using Microsoft.Data.Sqlite;
using static FileDrop.Api.Catalog.Sqlite.SqliteRows;

namespace FileDrop.Api.Catalog.Sqlite;

/// <summary>Whole documents, of all owners: what the check, a backup and the scrub go through.</summary>
/// <remarks>
/// A document is read by several statements, so they run within one transaction: a document seen between the two halves
/// of a commit would name a blob twice, or not at all, and the check would take that for a loss.
/// </remarks>
internal static class SqliteDocuments
{
    /// <summary>Behind all ids.</summary>
    private static readonly byte[] BehindIds = Enumerable.Repeat(byte.MaxValue, 17).ToArray();

    public static IReadOnlyList<CatalogDocument> Scan(SqliteSession session, Guid? after, int limit, long now) =>
        AtOneMoment(session, () =>
        {
            // To the id at the limit, whole: of owners who share one, which only an import could bring about, none is left out.
            using var rows = session.Query(
                $"""
                SELECT {FileColumns}, f.n, f.state FROM files f
                WHERE f.id > ?1 AND f.id <= coalesce((SELECT id FROM files WHERE id > ?1 ORDER BY id LIMIT 1 OFFSET ?2), ?3)
                ORDER BY f.id, f.owner
                """,
                after is { } id ? Bytes(id) : Array.Empty<byte>(), limit - 1L, BehindIds);
            var documents = new List<CatalogDocument>(limit);
            while (rows.Read())
                documents.Add(Read(session, rows, now));
            return documents;
        });

    public static IReadOnlyList<CatalogDocument> Find(SqliteSession session, IReadOnlyCollection<Guid> ids, long now) =>
        AtOneMoment(session, () =>
        {
            var documents = new List<CatalogDocument>(ids.Count);
            foreach (var id in ids.Distinct())
            {
                using var rows = session.Query(
                    $"SELECT {FileColumns}, f.n, f.state FROM files f WHERE f.id = ?1 ORDER BY f.owner", Bytes(id));
                while (rows.Read())
                    documents.Add(Read(session, rows, now));
            }

            return documents;
        });

    /// <summary>Inserts a file as another catalog had it; false if there is such a document already.</summary>
    public static bool Import(SqliteSession session, CatalogDocument document)
    {
        if (document.File is not { } file)
            throw new ArgumentException("A document without a file is not imported.", nameof(document));

        var content = file.Content;
        var inserted = session.Execute(
            """
            INSERT INTO files (owner, id, state, version, created_at, updated_at, name, name_key, tags, blob, size, type, sha256, xxh3,
                content_version, content_at, deleted_at, due)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)
            ON CONFLICT (id, owner) DO NOTHING
            """,
            document.Owner, Bytes(document.FileId), (long)(file.DeletedAt is null ? FileState.Live : FileState.Trash), file.Version,
            Milliseconds(file.CreatedAt), Milliseconds(file.UpdatedAt), file.Name, NameKey.Of(file.Name), Json(file.Tags),
            Bytes(content.BlobId), content.Size, content.Type, Convert.FromHexString(content.Sha256), content.XxHash3, content.Version,
            Milliseconds(content.CreatedAt), MillisecondsOrNull(file.DeletedAt), MillisecondsOrNull(file.PurgeAt));
        if (inserted == 0)
            return false;

        var n = session.Number("SELECT n FROM files WHERE id = ?2 AND owner = ?1", document.Owner, Bytes(document.FileId));
        foreach (var each in document.Contents.Append(content).DistinctBy(each => each.Version))
        {
            session.Execute(
                "INSERT INTO blobs (file, blob, role, fence, committed, size) VALUES (?1, ?2, 1, 0, 1, ?3) ON CONFLICT DO NOTHING",
                n, Bytes(each.BlobId), each.Size);
            session.Execute(
                """
                INSERT INTO contents (file, version, blob, size, type, sha256, xxh3, created_at)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
                """,
                n, each.Version, Bytes(each.BlobId), each.Size, each.Type, Convert.FromHexString(each.Sha256), each.XxHash3,
                Milliseconds(each.CreatedAt));
        }

        return true;
    }

    private static CatalogDocument Read(SqliteSession session, SqliteDataReader row, long now)
    {
        var n = row.GetInt64(FileColumnCount);
        var file = (FileState)row.GetInt64(FileColumnCount + 1) is FileState.Live or FileState.Trash ? ReadFile(row) : null;
        return new CatalogDocument(
            row.GetString(1), Id(row, 0), file, Contents(session, n), Due(session, n, BlobRole.Intent, now),
            Due(session, n, BlobRole.Garbage, now));
    }

    private static List<FileContent> Contents(SqliteSession session, long file)
    {
        using var rows = session.Query($"SELECT {ContentColumns} FROM contents c WHERE c.file = ?1 ORDER BY c.version DESC", file);
        var contents = new List<FileContent>();
        while (rows.Read())
            contents.Add(ReadContent(rows, 0));
        return contents;
    }

    private static List<DueBlob> Due(SqliteSession session, long file, BlobRole role, long now)
    {
        using var rows = session.Query("SELECT blob, due FROM blobs WHERE file = ?1 AND role = ?2 ORDER BY due", file, (long)role);
        var blobs = new List<DueBlob>();
        while (rows.Read())
            blobs.Add(new DueBlob(Id(rows, 0), TimeSpan.FromMilliseconds(now - rows.GetInt64(1))));
        return blobs;
    }

    private static T AtOneMoment<T>(SqliteSession session, Func<T> read)
    {
        session.Execute("BEGIN");
        try
        {
            return read();
        }
        finally
        {
            session.RollBack();
        }
    }

    private static long Milliseconds(DateTimeOffset time) => time.ToUnixTimeMilliseconds();

    private static long? MillisecondsOrNull(DateTimeOffset? time) => time?.ToUnixTimeMilliseconds();
}
