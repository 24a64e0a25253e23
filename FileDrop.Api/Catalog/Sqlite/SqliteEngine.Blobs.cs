using FileDrop.Api.Blobs;

namespace FileDrop.Api.Catalog.Sqlite;

// Small blobs, stored as rows.
internal sealed partial class SqliteEngine
{
    /// <summary>Returns a blob's bytes; null if there is none.</summary>
    public Task<byte[]?> FindBlobAsync(BlobKey key, CancellationToken cancellation) => ReadAsync(
        session =>
        {
            using var row = session.Query("SELECT bytes FROM small_blobs WHERE key = ?1", SqliteRows.Bytes(key));
            return row.Read() ? row.GetFieldValue<byte[]>(0) : null;
        },
        cancellation);

    /// <summary>Returns a blob's size in bytes; null if there is none.</summary>
    public Task<long?> FindBlobSizeAsync(BlobKey key, CancellationToken cancellation) => ReadAsync<long?>(
        session =>
        {
            using var row = session.Query("SELECT length(bytes) FROM small_blobs WHERE key = ?1", SqliteRows.Bytes(key));
            return row.Read() ? row.GetInt64(0) : null;
        },
        cancellation);

    /// <summary>
    /// Deletes a blob, without a sync of its own. The record that the deletion is done follows in the same log, so it cannot be durable before the deletion.
    /// </summary>
    /// <returns>Whether the blob existed.</returns>
    public async Task<bool> DeleteBlobAsync(BlobKey key, CancellationToken cancellation) =>
        await FindBlobSizeAsync(key, cancellation) is not null
        && await ChangeAsync(
            session => session.Execute("DELETE FROM small_blobs WHERE key = ?1", SqliteRows.Bytes(key)), cancellation, isPassing: true) > 0;

    /// <summary>Lists blobs after a key, in the order of their keys.</summary>
    public Task<IReadOnlyList<StoredBlob>> ListBlobsAsync(BlobKey? after, int limit, CancellationToken cancellation) =>
        ReadAsync<IReadOnlyList<StoredBlob>>(
            session =>
            {
                var page = new List<StoredBlob>();
                using var rows = session.Query(
                    "SELECT key, length(bytes) FROM small_blobs WHERE key > ?1 ORDER BY key LIMIT ?2",
                    after is { } last ? SqliteRows.Bytes(last) : Array.Empty<byte>(), (long)limit);
                while (rows.Read())
                {
                    var key = rows.GetFieldValue<byte[]>(0);
                    page.Add(new StoredBlob(
                        new BlobKey(new Guid(key.AsSpan(0, 16), bigEndian: true), new Guid(key.AsSpan(16), bigEndian: true)), rows.GetInt64(1)));
                }
                return page;
            },
            cancellation);
}
