using FileDrop.Api.Hashing;
using Microsoft.Data.Sqlite;
using static FileDrop.Api.Catalog.Sqlite.SqliteRows;

namespace FileDrop.Api.Catalog.Sqlite;

/// <summary>A document, with the number that joins its rows.</summary>
internal readonly record struct SqliteDocument(long N, FileDocument Document);

/// <summary>Reads documents from their rows.</summary>
/// <remarks>
/// Several statements read a whole document, so readers run them in one transaction. Otherwise a concurrent commit could make a blob appear
/// twice or not at all. The row of <c>files</c> tells which other tables have rows, because most documents are only this row.
/// </remarks>
internal static class SqliteDocuments
{
    private const string Columns =
        $"{FileColumns}, f.n, f.state, f.remember_until, f.first, "
        + "EXISTS (SELECT 1 FROM contents WHERE file = f.n AND version < f.content_version), "
        + "EXISTS (SELECT 1 FROM blobs WHERE file = f.n AND role <> 1), EXISTS (SELECT 1 FROM uploads WHERE file = f.n)";

    /// <summary>A key that sorts after all ids.</summary>
    private static readonly byte[] BehindIds = Enumerable.Repeat(byte.MaxValue, 17).ToArray();

    /// <summary>Reads only the file, without earlier versions, intents, garbage and upload. Returns null if the document does not exist.</summary>
    public static FileDocument? FindFile(SqliteSession session, string owner, Guid id)
    {
        using var row = session.Query(
            $"SELECT {FileColumns}, f.n, f.state FROM files f WHERE f.id = ?2 AND f.owner = ?1", owner, Bytes(id));
        return row.Read() ? ReadRow(row) : null;
    }

    /// <summary>Reads a whole document, within a transaction; null if there is none.</summary>
    public static SqliteDocument? Find(SqliteSession session, string owner, Guid id, bool withGarbage = true)
    {
        using var row = session.Query($"SELECT {Columns} FROM files f WHERE f.id = ?2 AND f.owner = ?1", owner, Bytes(id));
        return row.Read() ? ReadWhole(session, row, withGarbage) : null;
    }

    public static IReadOnlyList<FileDocument> Scan(SqliteSession session, Guid? after, int limit)
    {
        // Read all documents up to the id at the limit: catalogs of earlier releases may have an id twice, for two owners.
        using var rows = session.Query(
            $"""
            SELECT {Columns} FROM files f
            WHERE f.id > ?1 AND f.id <= coalesce((SELECT id FROM files WHERE id > ?1 ORDER BY id LIMIT 1 OFFSET ?2), ?3)
            ORDER BY f.id, f.owner
            """,
            after is { } id ? Bytes(id) : Array.Empty<byte>(), limit - 1L, BehindIds);
        var documents = new List<FileDocument>(limit);
        while (rows.Read())
            documents.Add(ReadWhole(session, rows).Document);
        return documents;
    }

    public static IReadOnlyList<FileDocument> FindMany(SqliteSession session, IReadOnlyCollection<Guid> ids)
    {
        var documents = new List<FileDocument>(ids.Count);
        foreach (var id in ids.Distinct())
        {
            using var rows = session.Query($"SELECT {Columns} FROM files f WHERE f.id = ?1 ORDER BY f.owner", Bytes(id));
            while (rows.Read())
                documents.Add(ReadWhole(session, rows).Document);
        }

        return documents;
    }

    /// <summary>Reads the whole documents of the files in a folder, after an id and in the order of the ids, within a transaction.</summary>
    public static IReadOnlyList<FileDocument> FindChildren(
        SqliteSession session, string owner, Guid folder, FileState state, Guid? after, int limit)
    {
        using var rows = session.Query(
            $"""
            SELECT {Columns} FROM files f INDEXED BY files_by_parent
            WHERE f.owner = ?1 AND f.parent = ?2 AND f.state = ?3 AND f.id > ?4 ORDER BY f.id LIMIT ?5
            """,
            owner, Bytes(folder), (long)state, after is { } id ? Bytes(id) : Array.Empty<byte>(), (long)limit);
        var documents = new List<FileDocument>();
        while (rows.Read())
            documents.Add(ReadWhole(session, rows).Document);
        return documents;
    }

    /// <summary>Reads the live file with this name in a folder, without earlier versions, intents, garbage and upload.</summary>
    public static FileDocument? FindByName(SqliteSession session, string owner, EntryKey key)
    {
        using var rows = session.Query(
            $"""
            SELECT {FileColumns}, f.n, f.state FROM files f INDEXED BY placed_by_name_key
            WHERE f.owner = ?1 AND f.parent = ?2 AND f.name_key = ?3 AND f.state = 1
            """,
            owner, Bytes(key.Folder), NameKey.Of(key.Name));
        while (rows.Read())
        {
            var file = ReadRow(rows);
            if (EntryKey.OfClaim(file) == key)
                return file;
        }
        return null;
    }

    /// <summary>Reads the live files with a lock that has not expired, without earlier versions, intents, garbage and upload.</summary>
    public static IReadOnlyList<FileDocument> FindLocked(SqliteSession session, string owner, long now)
    {
        using var rows = session.Query(
            $"""
            SELECT {FileColumns}, f.n, f.state FROM files f INDEXED BY files_by_locked_until
            WHERE f.owner = ?1 AND f.locked_until > ?2 AND f.state = 1
            """,
            owner, now);
        var files = new List<FileDocument>();
        while (rows.Read())
            files.Add(ReadRow(rows));
        return files;
    }

    /// <summary>Runs a read of several statements in one transaction, so that all see the same moment.</summary>
    public static T AtOneMoment<T>(SqliteSession session, Func<T> read)
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

    private static SqliteDocument ReadWhole(SqliteSession session, SqliteDataReader row, bool withGarbage = true)
    {
        var n = row.GetInt64(FileColumnCount);
        var document = ReadRow(row) with
        {
            RememberUntil = TimeOrNull(row, FileColumnCount + 2),
            First = TextOrNull(row, FileColumnCount + 3) is { } first ? FileOf(first) : null,
        };
        if (row.GetInt64(FileColumnCount + 4) != 0)
            document = document with { Versions = ReadVersions(session, n, document.Content?.Version) };
        if (row.GetInt64(FileColumnCount + 5) != 0)
            document = ReadBlobs(session, n, document, withGarbage);
        if (row.GetInt64(FileColumnCount + 6) != 0)
            document = document with { Upload = ReadUpload(session, n) };
        return new SqliteDocument(n, document);
    }

    private static FileDocument ReadRow(SqliteDataReader row)
    {
        var state = (FileState)row.GetInt64(FileColumnCount + 1);
        return new FileDocument
        {
            Id = Id(row, 0),
            Owner = row.GetString(1),
            State = state,
            Name = TextOrNull(row, 2),
            Tags = TextOrNull(row, 3) is { } tags ? Tags(tags) : FileDocument.NoTags,
            Version = row.GetInt64(4),
            CreatedAt = TimeOrNull(row, 5),
            UpdatedAt = TimeOrNull(row, 6),
            Content = row.IsDBNull(7) ? null : ReadContent(row, 7),
            DeletedAt = TimeOrNull(row, 15),
            PurgeAt = state == FileState.Trash ? TimeOrNull(row, 16) : null,
            Place = ReadPlace(row, 17),
            ModifiedAt = TimeOrNull(row, 20),
            ExpiresAt = TimeOrNull(row, 21),
            Dav = DavState.OfJson(TextOrNull(row, 22)),
        };
    }

    private static List<FileContent> ReadVersions(SqliteSession session, long file, long? live)
    {
        using var rows = session.Query(
            $"SELECT {ContentColumns} FROM contents c WHERE c.file = ?1 AND c.version < ?2 ORDER BY c.version DESC", file, live ?? 0);
        var versions = new List<FileContent>();
        while (rows.Read())
            versions.Add(ReadContent(rows, 0));
        return versions;
    }

    private static FileDocument ReadBlobs(SqliteSession session, long file, FileDocument document, bool withGarbage)
    {
        var intents = new List<BlobIntent>();
        var garbage = new List<GarbageBlob>();
        using var rows = session.Query(
            withGarbage
                ? "SELECT blob, role, fence, committed, due, until, size, creates FROM blobs WHERE file = ?1 AND role <> 1"
                : "SELECT blob, role, fence, committed, due, until, size, creates FROM blobs WHERE file = ?1 AND role = 0",
            file);
        while (rows.Read())
        {
            if ((BlobRole)rows.GetInt64(1) == BlobRole.Intent)
                intents.Add(new BlobIntent(
                    Id(rows, 0), rows.GetInt64(2), Time(rows.GetInt64(4)), new Reservation(rows.GetInt64(6), rows.GetInt64(7) != 0)));
            else
                garbage.Add(new GarbageBlob(Id(rows, 0), Time(rows.GetInt64(4)), Time(rows.GetInt64(5)), rows.GetInt64(3) != 0));
        }

        return document with { Intents = intents, Garbage = garbage };
    }

    private static StoredUpload? ReadUpload(SqliteSession session, long file)
    {
        using var row = session.Query(
            """
            SELECT name, type, tags, sha256, metadata, concat, length, main, fence, "offset", hashes, store, step, stage, blob, until, holder,
                seen_at, wanted, crc32, folder, on_conflict, modified_at, expires_at
            FROM uploads WHERE file = ?1
            """,
            file);
        return !row.Read() ? null : new StoredUpload
        {
            Plan = new ResumablePlan(
                row.GetString(0), row.GetString(1), Tags(row.GetString(2)), TextOrNull(row, 3), TextOrNull(row, 4), TextOrNull(row, 5))
            {
                Folder = IdOrNull(row, 20),
                OnConflict = (OnConflict)row.GetInt64(21),
                ModifiedAt = TimeOrNull(row, 22),
                ExpiresAt = TimeOrNull(row, 23),
            },
            Length = NumberOrNull(row, 6),
            Main = Id(row, 7),
            Fence = row.GetInt64(8),
            Offset = row.GetInt64(9),
            Hashes = row.IsDBNull(10) ? default : new HashMark(row.GetFieldValue<byte[]>(10), (uint?)NumberOrNull(row, 19)),
            Store = TextOrNull(row, 11),
            Step = row.GetInt64(12),
            Stage = (ResumableStage)row.GetInt64(13),
            Blob = row.IsDBNull(14) ? null : Id(row, 14),
            Until = Time(row.GetInt64(15)),
            Holder = row.IsDBNull(16) ? null : Id(row, 16),
            SeenAt = Time(row.GetInt64(17)),
            IsWanted = row.GetInt64(18) != 0,
        };
    }
}
