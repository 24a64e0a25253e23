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
        using var session = new SqliteSession(path, readOnly: false, isMapped: false);
        // The catalog is thrown away afterwards: it need not survive a power cut, and may use memory.
        session.ExecuteScript("PRAGMA synchronous = OFF; PRAGMA cache_size = -524288; PRAGMA wal_autocheckpoint = 20000;");
        SqliteSchema.Migrate(session);
        if (sample is { Folder: { } folder, Claim: { } claim })
        {
            SqliteFolders.Insert(session, folder, folder.CreatedAt);
            SqliteFolders.InsertName(session, folder.Owner, claim);
        }
        foreach (var files in sample.Files.Chunk(FilesAtOnce))
        {
            cancellation.ThrowIfCancellationRequested();
            session.Execute("BEGIN IMMEDIATE");
            foreach (var file in files)
                SqliteSaves.Insert(session, FileDocument.Imported(new CatalogDocument(file.Owner, file.Id, file, [file.Content], [], [])), file.UpdatedAt);
            session.Execute("COMMIT");
        }
    }
}
