using System.Buffers;
using FileDrop.Api.Blobs;
using FileDrop.Api.Blobs.Disk;
using FileDrop.Api.Catalog;
using FileDrop.Api.Catalog.Sqlite;
using FileDrop.Api.Storage;

namespace FileDrop.Api.Embedded;

/// <summary>Small contents in segments. One change of the catalog begins, places and commits the write, once the segment is synced.</summary>
/// <param name="catalog">Has the document and the place.</param>
/// <param name="segments">Have the bytes.</param>
/// <param name="room">The volume's room.</param>
internal sealed class InlineContents(SqliteEngine catalog, Segments segments, DiskReserve room) : IInlineContents
{
    /// <summary>A content up to this size is received whole before it gets its place, so that a request that is cut off leaves nothing.</summary>
    private const int BufferSize = 256 * 1024;

    private const int PageSize = 4096;

    /// <summary>
    /// The most that the log holds while the database has no room for it: the pages before a checkpoint, and a row. Without that much room a content goes to a
    /// segment, so that the database can grow and deletions can be written down.
    /// </summary>
    private const long LogSize = (PageSize * SqliteSession.PagesInLog) + SmallBlobs.MaxSize;

    /// <summary>Room for a document and its index entries.</summary>
    private const int SpareSize = 64 * PageSize;

    public int MaxSize => Segments.MaxContent;

    public Task ExpectAsync(string owner, long bytes, bool creates, CancellationToken cancellation)
    {
        // A smaller content has arrived by the time it could be refused.
        if (bytes <= SmallBlobs.MaxSize)
            return Task.CompletedTask;
        room.Expect(bytes);
        return catalog.ExpectAsync(owner, new Reservation(bytes, creates), cancellation);
    }

    public async Task<IInlineBytes> StoreAsync(Stream content, int length, bool exact, CancellationToken cancellation)
    {
        // Room for one byte more, so that the last read meets the end of the content.
        var (count, limit) = (0, Math.Min(length + 1, BufferSize));
        var buffer = ArrayPool<byte>.Shared.Rent(limit);
        SegmentSlot? slot = null;
        try
        {
            while (true)
            {
                var read = await content.ReadAtLeastAsync(buffer.AsMemory(0, limit), limit, throwOnEndOfStream: false, cancellation);
                var isLast = read < limit;
                if (isLast && (count + read > length || (exact && count + read != length)))
                    throw new InvalidOperationException($"The content has {count + read} bytes where {length} were announced.");
                if (isLast && count == 0 && read <= SmallBlobs.MaxNewSize)
                    return new InlineBytes(buffer[..read]);
                slot ??= segments.Take(isLast ? read : length);
                slot.Write(buffer.AsSpan(0, read), count);
                count += read;
                if (!isLast)
                    continue;
                slot.Shorten(count);
                return new InlineBytes(slot);
            }
        }
        catch
        {
            slot?.Dispose();
            throw;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    public Task<ChangeResult> CommitAsync(
        string owner, Guid id, WriteIntent blob, IInlineBytes bytes, bool creates, FileCommit commit, CancellationToken cancellation)
    {
        var content = (InlineBytes)bytes;
        // Write here, since others wait for the writer's thread.
        if (catalog.IsBusy)
            content.WriteTo(segments);
        return catalog.ChangeAsync(
            session =>
            {
                var made = catalog.CommitInline(session, owner, id, blob, creates, commit);
                if (made.Outcome == ChangeOutcome.Done)
                    content.Place(session, owner, new BlobKey(blob.BlobId, id));
                return made;
            },
            cancellation, prepare: (session, isAlone) => content.Prepare(session, isAlone, segments, room));
    }

    /// <summary>A content on its way to its commit.</summary>
    private sealed class InlineBytes : IInlineBytes
    {
        private readonly byte[] _bytes;
        private SegmentSlot? _slot;

        /// <param name="bytes">The content, which gets its place by the commit.</param>
        public InlineBytes(byte[] bytes) => _bytes = bytes;

        /// <param name="slot">Its place in a segment, with its bytes.</param>
        public InlineBytes(SegmentSlot slot) => (_slot, _bytes) = (slot, []);

        /// <summary>Writes a small content to a segment if other changes share the sync. Otherwise a second sync would cost more than a row, whose bytes are
        /// written twice.</summary>
        /// <returns>The segment to sync before the commit.</returns>
        /// <exception cref="StorageException">The volume has no room.</exception>
        public IEnumerable<IUnsynced> Prepare(SqliteSession session, bool isAlone, Segments segments, DiskReserve room)
        {
            // Deletions have freed pages within the database, which only the database can use.
            var free = session.Number("PRAGMA freelist_count") * PageSize;
            if (free < SpareSize)
                room.Expect(SpareSize);
            var fits = free >= SpareSize + _bytes.Length;
            if (!isAlone || !(fits || room.Has(LogSize)))
                WriteTo(segments);
            if (_slot is not null)
                return [_slot.File];
            if (!fits)
                room.Take(_bytes.Length);
            return [];
        }

        /// <summary>Writes a small content to a segment, if it is not there yet.</summary>
        public void WriteTo(Segments segments)
        {
            if (_slot is not null)
                return;
            _slot = segments.Take(_bytes.Length);
            _slot.Write(_bytes, 0);
        }

        /// <summary>Gives the blob its place.</summary>
        public void Place(SqliteSession session, string owner, BlobKey key)
        {
            if (_slot is null)
            {
                SmallBlobs.Insert(session, key, _bytes);
                return;
            }
            _slot.MayBeNamed = true;
            SegmentPlaces.Set(session, owner, key, _slot);
        }

        public void Dispose() => _slot?.Dispose();
    }
}
