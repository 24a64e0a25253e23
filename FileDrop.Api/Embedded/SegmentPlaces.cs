using FileDrop.Api.Blobs;
using FileDrop.Api.Catalog.Sqlite;

namespace FileDrop.Api.Embedded;

/// <summary>The place of a content in a segment.</summary>
/// <param name="Segment">The segment's number.</param>
/// <param name="Offset">The first byte.</param>
/// <param name="Size">In bytes.</param>
internal readonly record struct SegmentPlace(long Segment, long Offset, long Size);

/// <summary>The places of contents in segments, as columns of their blobs' rows.</summary>
/// <param name="catalog">Has the rows.</param>
internal sealed class SegmentPlaces(SqliteEngine catalog)
{
    /// <summary>Gives a blob its place, in the change that commits it.</summary>
    public static void Set(SqliteSession session, string owner, BlobKey key, SegmentSlot slot) => session.Execute(
        "UPDATE blobs SET segment = ?3, segment_offset = ?4 WHERE file = (SELECT n FROM files WHERE id = ?2 AND owner = ?5) AND blob = ?1",
        SqliteRows.Bytes(key.BlobId), SqliteRows.Bytes(key.FileId), slot.File.Number, slot.Offset, owner);

    /// <summary>A blob's place; null if it is in no segment.</summary>
    public Task<SegmentPlace?> FindAsync(BlobKey key, CancellationToken cancellation) => catalog.ReadAsync<SegmentPlace?>(
        session =>
        {
            using var row = session.Query(
                """
                SELECT b.segment, b.segment_offset, b.size FROM files f JOIN blobs b ON b.file = f.n
                WHERE f.id = ?2 AND b.blob = ?1 AND b.segment IS NOT NULL
                """,
                SqliteRows.Bytes(key.BlobId), SqliteRows.Bytes(key.FileId));
            return row.Read() ? new SegmentPlace(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2)) : null;
        },
        cancellation);

    /// <summary>Takes a blob's place away. It needs no sync of its own: the end of its deletion, in the same log, is not durable before it.</summary>
    /// <returns>Whether it had one.</returns>
    public async Task<bool> ClearAsync(BlobKey key, CancellationToken cancellation) =>
        await FindAsync(key, cancellation) is not null
        && await catalog.ChangeAsync(
            session => session.Execute(
                "UPDATE blobs SET segment = NULL, segment_offset = NULL WHERE file IN (SELECT n FROM files WHERE id = ?2) AND blob = ?1 AND segment IS NOT NULL",
                SqliteRows.Bytes(key.BlobId), SqliteRows.Bytes(key.FileId)),
            cancellation, isPassing: true) > 0;

    /// <summary>The bytes that the catalog names in a segment.</summary>
    public Task<long> CountBytesAsync(long segment, CancellationToken cancellation) => catalog.ReadAsync(
        session => session.Number("SELECT sum(size) FROM blobs WHERE segment = ?1", segment), cancellation);

    /// <summary>Whether the catalog names a content in a segment.</summary>
    public Task<bool> IsNamedAsync(long segment, CancellationToken cancellation) => catalog.ReadAsync(
        session => session.Number("SELECT EXISTS (SELECT 1 FROM blobs WHERE segment = ?1)", segment) > 0, cancellation);

    /// <summary>The first contents of a segment.</summary>
    /// <param name="segment">The segment's number.</param>
    /// <param name="most">The most contents.</param>
    /// <param name="cancellation">Ends the reading.</param>
    public Task<IReadOnlyList<(NamedBytes Bytes, SegmentPlace Place)>> ListAsync(long segment, int most, CancellationToken cancellation) =>
        catalog.ReadAsync<IReadOnlyList<(NamedBytes, SegmentPlace)>>(
            session =>
            {
                List<(NamedBytes, SegmentPlace)> found = [];
                using var rows = session.Query(
                    "SELECT file, blob, segment_offset, size FROM blobs WHERE segment = ?1 ORDER BY segment_offset LIMIT ?2", segment, (long)most);
                while (rows.Read())
                    found.Add((new NamedBytes(rows.GetInt64(0), rows.GetFieldValue<byte[]>(1)), new SegmentPlace(segment, rows.GetInt64(2), rows.GetInt64(3))));
                return found;
            },
            cancellation);

    /// <summary>Moves contents to other places, in one change. Those that were deleted meanwhile stay deleted.</summary>
    public Task MoveAsync(IReadOnlyList<(NamedBytes Bytes, SegmentPlace From, SegmentSlot Copy)> moves, CancellationToken cancellation) => catalog.ChangeAsync(
        session =>
        {
            foreach (var (bytes, from, copy) in moves)
                session.Execute(
                    "UPDATE blobs SET segment = ?5, segment_offset = ?6 WHERE file = ?1 AND blob = ?2 AND segment = ?3 AND segment_offset = ?4",
                    bytes.File, bytes.Blob, from.Segment, from.Offset, copy.File.Number, copy.Offset);
            return true;
        },
        cancellation, prepare: (_, _) => moves.Select(move => move.Copy.File));
}

/// <summary>The row of a blob.</summary>
/// <param name="File">The number of the file's row.</param>
/// <param name="Blob">The blob's id.</param>
internal readonly record struct NamedBytes(long File, byte[] Blob);
