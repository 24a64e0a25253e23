using FileDrop.Api.Blobs;
using FileDrop.Api.Blobs.Disk;
using FileDrop.Api.Catalog;
using FileDrop.Api.Catalog.Sqlite;

namespace FileDrop.Api.Embedded;

/// <summary>Small contents in the catalog's database. The write begins, stores its bytes and commits in one change.</summary>
/// <param name="catalog">Has the document and the bytes.</param>
/// <param name="room">The volume's room.</param>
internal sealed class InlineContents(SqliteEngine catalog, DiskReserve room) : IInlineContents
{
    private const int PageSize = 4096;

    /// <summary>
    /// The most that the log holds while the database has no room for it. It is a thousand pages, and a group of contents with four extra
    /// pages each. As long as the volume has that much free, the database can grow and deletions can be written down.
    /// </summary>
    private const long LogSize = (1024L * PageSize) + (SqliteWriter.GroupSize * (SmallBlobs.MaxSize + (4L * PageSize)));

    /// <summary>Room for a document and its index entries beside its content.</summary>
    private const int SpareSize = 64 * PageSize;

    public int MaxSize => SmallBlobs.MaxSize;

    public Task<ChangeResult> CommitAsync(
        string owner, Guid id, WriteIntent blob, byte[] bytes, bool creates, FileCommit commit, CancellationToken cancellation) => catalog.ChangeAsync(
            session =>
            {
                // Deletions have freed pages within the database, which only the database can use.
                if (session.Number("PRAGMA freelist_count") * PageSize < bytes.Length + SpareSize)
                {
                    room.Take(bytes.Length);
                    room.Expect(LogSize);
                }
                var result = catalog.CommitInline(session, owner, id, blob, creates, commit);
                if (result.Outcome == ChangeOutcome.Done)
                    SmallBlobs.Insert(session, new BlobKey(blob.BlobId, id), bytes);
                return result;
            },
            cancellation);
}
