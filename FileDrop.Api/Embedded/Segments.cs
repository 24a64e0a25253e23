using System.Globalization;
using FileDrop.Api.Blobs.Disk;
using FileDrop.Api.Storage;

namespace FileDrop.Api.Embedded;

/// <summary>
/// The segments: files to which contents of up to <see cref="MaxContent"/> bytes are appended. All contents that arrive together share one sync, and each byte
/// is written once.
/// </summary>
/// <remarks>
/// <para>A segment is <c>segments/&lt;number&gt;</c>. It has no headers: only the catalog tells where a content lies, and it is told after the segment's sync.
/// Bytes that it does not name belong to nobody: an upload that was refused or cut off, a deleted content, the end of a segment after a crash.</para>
/// <para>Each process appends to segments that it has made itself. A file that any process has open is not deleted, since the system's lock on it is shared
/// by those who have it open.</para>
/// </remarks>
/// <param name="directory">The data directory.</param>
/// <param name="room">The volume's room.</param>
/// <param name="time">Numbers the segments, so that no number comes twice.</param>
internal sealed class Segments(string directory, DiskReserve room, TimeProvider time) : IDisposable
{
    /// <summary>The largest content, in bytes. Above it, a file's own syncs weigh little.</summary>
    public const int MaxContent = 1 << 20;

    /// <summary>The most bytes in a segment. Compaction copies less than that before it frees the whole.</summary>
    private const long LargestSegment = 32 << 20;

    /// <summary>The share of a small volume in a segment. It is less than the reserve, which has room for a copy on a full volume.</summary>
    private const int SmallestShare = 64;

    private const int MostOpen = 64;

    /// <summary>Attempts to open a segment that somebody has for himself, a millisecond apart.</summary>
    private const int MostAttempts = 1000;

    private readonly string _directory = Path.GetFullPath(directory);
    private readonly string _segments = Path.Combine(Path.GetFullPath(directory), "segments");
    private readonly Lock _gate = new();
    private readonly Dictionary<long, SegmentFile> _open = [];
    private readonly Lazy<long> _fullSize = new(() => Math.Clamp(room.VolumeSize() / SmallestShare, MaxContent, LargestSegment));
    private SegmentFile? _filling;
    private long _last;
    private volatile bool _hasWaste = true;

    /// <summary>A segment that has this many bytes gets no more.</summary>
    public long FullSize => _fullSize.Value;

    /// <summary>Whether the volume has little room, so that waste is worth more work.</summary>
    public bool IsRoomShort => !room.Has(Math.Min(room.VolumeSize() / 16, 1L << 30));

    /// <summary>Whether bytes that some process wrote belong to nobody any more, as far as this process knows.</summary>
    public bool HasWaste
    {
        get => _hasWaste;
        set => _hasWaste = value;
    }

    /// <summary>Gives bytes of a segment to a content. They are nobody else's until the slot is disposed of.</summary>
    /// <param name="length">In bytes.</param>
    /// <exception cref="StorageException">The disk is full, or failed.</exception>
    public SegmentSlot Take(int length)
    {
        room.Take(length);
        lock (_gate)
        {
            var file = _filling is { HasFailed: false } filling && filling.End + length <= FullSize ? filling : _filling = MakeFile();
            var slot = new SegmentSlot(this, file, file.End, length);
            file.End += length;
            file.Users++;
            return slot;
        }
    }

    /// <summary>Opens a slice of a segment. Returns null if the segment does not exist.</summary>
    /// <param name="number">The segment's number.</param>
    /// <param name="offset">The first byte.</param>
    /// <param name="count">Bytes in the slice.</param>
    /// <exception cref="StorageException">The disk failed.</exception>
    public Stream? Open(long number, long offset, long count)
    {
        lock (_gate)
        {
            if (!_open.TryGetValue(number, out var file))
            {
                if (TryOpen(number) is not { } found)
                    return null;
                Add(file = found);
            }
            file.Users++;
            return new BlobSlice(file.Handle, offset, count, new SegmentUse(this, file));
        }
    }

    /// <summary>The segment's bytes, or null if it does not exist.</summary>
    public long? FindLength(long number) => DiskListing.Size(PathOf(number));

    /// <summary>All segments, with their bytes.</summary>
    public IReadOnlyList<(long Number, long Length)> List() => !Directory.Exists(_segments)
        ? []
        : [.. from path in Directory.EnumerateFiles(_segments)
              let number = NumberOf(path)
              where number is not null
              orderby number
              select (number.Value, DiskListing.Size(path) ?? 0)];

    /// <summary>Whether contents are on their way into a segment, or are read from it while it is filled.</summary>
    public bool IsFilling(long number)
    {
        lock (_gate)
            return _filling is { Users: > 0 } filling && filling.Number == number;
    }

    /// <summary>Appends nothing more to a segment.</summary>
    public void End(long number)
    {
        lock (_gate)
            _filling = _filling?.Number == number ? null : _filling;
    }

    /// <summary>Deletes a segment if no process has it open and nobody needs it.</summary>
    /// <param name="number">The segment's number.</param>
    /// <param name="isNeeded">Whether the catalog names a content in it. Asked once no process can add one.</param>
    public async Task<bool> TryDeleteAsync(long number, Func<Task<bool>> isNeeded)
    {
        lock (_gate)
        {
            if (_filling?.Number == number || (_open.TryGetValue(number, out var file) && file.Users > 0))
                return false;
            if (_open.Remove(number, out var idle))
                idle.Handle.Dispose();
        }
        try
        {
            using (File.OpenHandle(PathOf(number), FileMode.Open, FileAccess.ReadWrite, FileShare.None))
            {
                if (await isNeeded())
                    return false;
            }
            File.Delete(PathOf(number));
            return true;
        }
        catch (Exception e) when (DiskFailure.KindOf(e) is not null)
        {
            // Another process has it open, or deleted it.
            return false;
        }
    }

    /// <summary>Makes a slot shorter. If it is the last one, the next one begins sooner.</summary>
    internal void Shorten(SegmentSlot slot, int length)
    {
        lock (_gate)
        {
            if (slot.File.End == slot.Offset + slot.Length)
                slot.File.End = slot.Offset + length;
            slot.Length = length;
        }
    }

    /// <summary>Ends the use of a segment by a slot.</summary>
    internal void Release(SegmentSlot slot)
    {
        lock (_gate)
        {
            slot.File.Users--;
            if (slot.MayBeNamed)
                return;
            // The last bytes that were given away can be given away again.
            if (slot.File.End == slot.Offset + slot.Length)
                slot.File.End = slot.Offset;
            else
                HasWaste = true;
        }
    }

    /// <summary>Ends the use of a segment by a reader.</summary>
    internal void Release(SegmentFile file)
    {
        lock (_gate)
            file.Users--;
    }

    public void Dispose()
    {
        lock (_gate)
        {
            foreach (var file in _open.Values)
                file.Handle.Dispose();
            _open.Clear();
            _filling = null;
        }
    }

    private SegmentFile MakeFile()
    {
        SegmentFile? made = null;
        DiskFailure.Guard(() =>
        {
            if (_last == 0)
            {
                DiskBlobStore.MakeFolder(_segments);
                DiskFolder.Sync(_directory);
            }
            while (made is null)
            {
                _last = Math.Max(_last + 1, time.GetUtcNow().ToUnixTimeMilliseconds());
                if (!File.Exists(PathOf(_last)))
                    made = new SegmentFile(_last, File.OpenHandle(PathOf(_last), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite));
            }
            try
            {
                DiskFolder.Sync(_segments);
            }
            catch
            {
                made.Handle.Dispose();
                throw;
            }
        });
        Add(made!);
        return made!;
    }

    private SegmentFile? TryOpen(long number)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return new SegmentFile(number, File.OpenHandle(PathOf(number), FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
            }
            // If the folder of all segments is missing, the disk is gone, not one segment.
            catch (FileNotFoundException)
            {
                return null;
            }
            // A compaction looks for a moment whether anybody needs the segment.
            catch (IOException e) when (DiskFailure.IsLocked(e) && attempt < MostAttempts)
            {
                Thread.Sleep(1);
            }
            catch (Exception e) when (DiskFailure.KindOf(e) is { } kind)
            {
                throw DiskFailure.From(e, kind);
            }
        }
    }

    private void Add(SegmentFile file)
    {
        if (_open.Count >= MostOpen && _open.Values.Where(idle => idle.Users == 0 && idle != _filling).MinBy(idle => idle.Number) is { } oldest)
        {
            _open.Remove(oldest.Number);
            oldest.Handle.Dispose();
        }
        _open.Add(file.Number, file);
    }

    private string PathOf(long number) => Path.Combine(_segments, number.ToString("x16", CultureInfo.InvariantCulture));

    private static long? NumberOf(string path) =>
        long.TryParse(Path.GetFileName(path), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var number) ? number : null;
}
