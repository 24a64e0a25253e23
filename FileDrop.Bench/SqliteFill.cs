using FileDrop.Api.Catalog;
using FileDrop.Api.Catalog.Sqlite;

namespace FileDrop.Bench;

/// <summary>Fills the embedded catalog: rows of the real schema, in large transactions.</summary>
internal static class SqliteFill
{
    private const int FilesAtOnce = 50_000;

    public static void Run(string path, SampleCatalog sample, CancellationToken cancellation)
    {
        DataDirectoryLock.MakeDirectory(Path.GetDirectoryName(path) ?? "/");
        using var session = new SqliteSession(path, readOnly: false);
        // What is filled here is thrown away: it need not survive a power cut, and may use memory.
        session.ExecuteScript("PRAGMA synchronous = OFF; PRAGMA cache_size = -524288; PRAGMA wal_autocheckpoint = 20000;");
        SqliteSchema.Migrate(session);
        foreach (var files in sample.Files.Chunk(FilesAtOnce))
        {
            cancellation.ThrowIfCancellationRequested();
            session.Execute("BEGIN IMMEDIATE");
            foreach (var file in files)
                Insert(session, file);
            session.Execute("COMMIT");
        }
    }

    private static void Insert(SqliteSession session, CatalogFile file)
    {
        var content = file.Content;
        var (created, updated) = (file.CreatedAt.ToUnixTimeMilliseconds(), file.UpdatedAt.ToUnixTimeMilliseconds());
        var (blob, sha256) = (SqliteRows.Bytes(content.BlobId), Convert.FromHexString(content.Sha256));
        session.Execute(
            """
            INSERT INTO files (owner, id, state, version, created_at, updated_at, name, name_key, tags,
                blob, size, type, sha256, xxh3, content_version, content_at)
            VALUES (?1, ?2, 1, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, 1, ?4)
            """,
            file.Owner, SqliteRows.Bytes(file.Id), file.Version, created, updated, file.Name, NameKey.Of(file.Name), SqliteRows.Json(file.Tags),
            blob, content.Size, content.Type, sha256, content.XxHash3);
        session.Execute(
            """
            INSERT INTO blobs (file, blob, role, fence, size, type, sha256, xxh3, version, created_at)
            VALUES (last_insert_rowid(), ?1, 1, 1, ?2, ?3, ?4, ?5, 1, ?6)
            """,
            blob, content.Size, content.Type, sha256, content.XxHash3, created);
    }
}
