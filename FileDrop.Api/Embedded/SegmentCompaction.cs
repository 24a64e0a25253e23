using System.Buffers;
using FileDrop.Api.Blobs;
using FileDrop.Api.Storage;

namespace FileDrop.Api.Embedded;

/// <summary>Takes back the room of deleted contents in segments: it copies what is left of a segment to another one, and deletes the file.</summary>
/// <remarks>
/// A copy is durable before the catalog names it, and a file is deleted only while the catalog names nothing in it. So a process may end anywhere: the copies
/// that nobody names are waste like any other, and the next compaction goes on.
/// </remarks>
/// <param name="segments">The files.</param>
/// <param name="places">The catalog's places.</param>
/// <param name="reserve">Has room for the copies on a full volume.</param>
/// <param name="time">For pauses.</param>
internal sealed class SegmentCompaction(Segments segments, SegmentPlaces places, IReserve reserve, TimeProvider time) : ICompaction
{
    /// <summary>The most contents that are moved in one change.</summary>
    private const int ContentsAtOnce = 256;

    /// <summary>The most bytes that are moved in one change, unless one content has more.</summary>
    private const long BytesAtOnce = 1 << 20;

    /// <summary>The most short segments that stay, though nothing in them was deleted. Each start of a service begins one.</summary>
    private const int MostShort = 8;

    /// <summary>The share of waste from which a segment is emptied.</summary>
    private const double LeastWaste = 0.25;

    /// <summary>The share of waste from which a segment is emptied if the volume has little room.</summary>
    private const double LeastWasteIfShort = 0.05;

    /// <summary>The pause after a change. With <see cref="BytesAtOnce"/> it holds compaction to about 20 MiB/s.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>Segments that could not be read. They stay as they are; the scrub tells which contents are damaged.</summary>
    private readonly HashSet<long> _unreadable = [];

    public async Task<long> RunAsync(CancellationToken cancellation)
    {
        if (!segments.HasWaste)
            return 0;
        // The next call takes care of contents that are deleted from now on.
        segments.HasWaste = false;
        try
        {
            var freed = 0L;
            List<(long Number, long Length, long Named)> sparse = [], small = [];
            var share = segments.IsRoomShort ? LeastWasteIfShort : LeastWaste;
            foreach (var (number, length) in segments.List().Where(segment => !_unreadable.Contains(segment.Number)))
            {
                // Bytes on their way are no waste.
                if (segments.IsFilling(number))
                {
                    segments.HasWaste = true;
                    continue;
                }
                var named = await places.CountBytesAsync(number, cancellation);
                if (length - named >= length * share)
                    sparse.Add((number, length, named));
                else if (length * 2 < segments.FullSize)
                    small.Add((number, length, named));
            }
            // First those that give the most room for the least work, and need the least room themselves.
            foreach (var (number, length, _) in (small.Count > MostShort ? sparse.Concat(small) : sparse).OrderBy(one => one.Named))
                freed += await EmptyAsync(number, cancellation) ? length : 0;
            return freed;
        }
        catch
        {
            segments.HasWaste = true;
            throw;
        }
    }

    /// <summary>Moves all contents out of a segment, and deletes it. False if something still uses it.</summary>
    private async Task<bool> EmptyAsync(long number, CancellationToken cancellation)
    {
        segments.End(number);
        while (await places.ListAsync(number, ContentsAtOnce, cancellation) is { Count: > 0 } contents)
        {
            if (!await reserve.FreeAsync(() => MoveAsync(contents, cancellation)))
            {
                _unreadable.Add(number);
                return false;
            }
            await Task.Delay(Pause, time, cancellation);
        }
        if (await segments.TryDeleteAsync(number, () => places.IsNamedAsync(number, cancellation)))
            return true;
        segments.HasWaste = true;
        return false;
    }

    /// <returns>False if one of them cannot be read.</returns>
    private async Task<bool> MoveAsync(IReadOnlyList<(NamedBytes Bytes, SegmentPlace Place)> contents, CancellationToken cancellation)
    {
        List<(NamedBytes Bytes, SegmentPlace From, SegmentSlot Copy)> moves = [];
        try
        {
            var bytes = 0L;
            foreach (var (content, place) in contents)
            {
                bytes += place.Size;
                if (moves.Count > 0 && bytes > BytesAtOnce)
                    break;
                if (await CopyAsync(place, cancellation) is not { } copy)
                    return false;
                moves.Add((content, place, copy));
            }
            // From here on they may be named, and whoever ends here cannot tell.
            moves.ForEach(static move => move.Copy.MayBeNamed = true);
            await places.MoveAsync(moves, cancellation);
            return true;
        }
        finally
        {
            // From the last one on, so that all can be given away again if they are not named.
            moves.Reverse();
            moves.ForEach(static move => move.Copy.Dispose());
        }
    }

    /// <summary>Copies a content. Returns null if it cannot be read.</summary>
    private async Task<SegmentSlot?> CopyAsync(SegmentPlace place, CancellationToken cancellation)
    {
        var buffer = ArrayPool<byte>.Shared.Rent((int)place.Size);
        try
        {
            if (!await TryReadAsync(place, buffer.AsMemory(0, (int)place.Size), cancellation))
                return null;
            var slot = segments.Take((int)place.Size);
            try
            {
                slot.Write(buffer.AsSpan(0, (int)place.Size), 0);
                return slot;
            }
            catch
            {
                slot.Dispose();
                throw;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async Task<bool> TryReadAsync(SegmentPlace place, Memory<byte> buffer, CancellationToken cancellation)
    {
        try
        {
            await using var content = segments.Open(place.Segment, place.Offset, place.Size);
            if (content is not null)
                await content.ReadExactlyAsync(buffer, cancellation);
            return content is not null;
        }
        catch (StorageException)
        {
            return false;
        }
    }
}
