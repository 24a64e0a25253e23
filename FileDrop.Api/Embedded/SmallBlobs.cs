using FileDrop.Api.Blobs;
using FileDrop.Api.Catalog.Sqlite;

namespace FileDrop.Api.Embedded;

/// <summary>Small blobs, as rows of the catalog's database beside the documents.</summary>
/// <param name="catalog">Has the database.</param>
internal sealed class SmallBlobs(SqliteEngine catalog)
{
    /// <summary>The largest content that may become a row, in bytes. SQLite writes a row twice, to the log and from there.</summary>
    public const int MaxNewSize = 64 * 1024;

    /// <summary>The largest row, in bytes. Earlier releases made rows of this size.</summary>
    public const int MaxSize = 64 * 1024;

    /// <summary>Adds a blob in a change of the catalog's.</summary>
    public static void Insert(SqliteSession session, BlobKey key, byte[] bytes) =>
        session.Execute("INSERT INTO small_blobs (key, bytes) VALUES (?1, ?2)", Bytes(key), bytes);

    /// <summary>A blob's bytes, or null if the blob does not exist.</summary>
    public Task<byte[]?> FindAsync(BlobKey key, CancellationToken cancellation) => catalog.ReadAsync(
        session =>
        {
            using var row = session.Query("SELECT bytes FROM small_blobs WHERE key = ?1", Bytes(key));
            return row.Read() ? row.GetFieldValue<byte[]>(0) : null;
        },
        cancellation);

    /// <summary>A blob's size in bytes, or null if the blob does not exist.</summary>
    public Task<long?> FindSizeAsync(BlobKey key, CancellationToken cancellation) => catalog.ReadAsync<long?>(
        session =>
        {
            using var row = session.Query("SELECT length(bytes) FROM small_blobs WHERE key = ?1", Bytes(key));
            return row.Read() ? row.GetInt64(0) : null;
        },
        cancellation);

    /// <summary>Deletes a blob. It needs no sync of its own: the end of its deletion, in the same log, is not durable before it.</summary>
    /// <returns>Whether there was one.</returns>
    public async Task<bool> DeleteAsync(BlobKey key, CancellationToken cancellation) =>
        await FindSizeAsync(key, cancellation) is not null
        && await catalog.ChangeAsync(session => session.Execute("DELETE FROM small_blobs WHERE key = ?1", Bytes(key)), cancellation, isPassing: true) > 0;

    /// <summary>Blobs behind a key, in the order of the keys.</summary>
    public Task<IReadOnlyList<StoredBlob>> ListAsync(BlobKey? after, int limit, CancellationToken cancellation) =>
        catalog.ReadAsync<IReadOnlyList<StoredBlob>>(
            session =>
            {
                var page = new List<StoredBlob>();
                using var rows = session.Query(
                    "SELECT key, length(bytes) FROM small_blobs WHERE key > ?1 ORDER BY key LIMIT ?2",
                    after is { } last ? Bytes(last) : Array.Empty<byte>(), (long)limit);
                while (rows.Read())
                {
                    var key = rows.GetFieldValue<byte[]>(0);
                    page.Add(new StoredBlob(
                        new BlobKey(new Guid(key.AsSpan(0, 16), bigEndian: true), new Guid(key.AsSpan(16), bigEndian: true)), rows.GetInt64(1)));
                }
                return page;
            },
            cancellation);

    /// <summary>Sorts as the key's text.</summary>
    private static byte[] Bytes(BlobKey key) => [.. SqliteRows.Bytes(key.BlobId), .. SqliteRows.Bytes(key.FileId)];
}
