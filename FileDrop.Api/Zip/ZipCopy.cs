using System.Buffers;
using System.IO.Hashing;

namespace FileDrop.Api.Zip;

/// <summary>Opens a slice of an entry's content.</summary>
/// <param name="entry">The index of the entry.</param>
/// <param name="offset">The first byte.</param>
/// <param name="count">How many bytes; never zero.</param>
/// <param name="cancellation">Ends the opening and the reading.</param>
/// <returns>A stream that ends after the slice, or throws.</returns>
internal delegate Task<Stream> OpenZipContent(int entry, long offset, long count, CancellationToken cancellation);

/// <summary>A content is not the one that the archive's layout was made for.</summary>
/// <param name="entry">The index of the entry.</param>
/// <param name="what">The fault of the content.</param>
internal sealed class ZipContentException(int entry, string what) : Exception($"The content of entry {entry} of a zip archive {what}.")
{
    /// <summary>The index of the entry.</summary>
    public int Entry => entry;
}

/// <summary>Copies a part of an archive to a stream: makes the headers and reads the contents as it comes to them.</summary>
/// <remarks>
/// <para>Its memory is one buffer, however large the archive is. While one content is sent, the next small ones are opened. Otherwise
/// thousands of small files would take as many times as long as S3 needs for an answer.</para>
/// <para>The last bytes of an entry wait in the buffer until its content has proved right. A copy that fails has therefore never written
/// all of its bytes.</para>
/// </remarks>
internal sealed class ZipCopy
{
    private const int BufferSize = 128 * 1024;

    /// <summary>Bytes that a read gets at least, if there are as many.</summary>
    private const int LeastRead = 16 * 1024;

    /// <summary>How many contents are opened ahead at most.</summary>
    private const int MostAhead = 8;

    /// <summary>
    /// A content is opened ahead if it ends within this many bytes. If a slow client kept it waiting longer, the store could close it.
    /// </summary>
    private const long Ahead = 4 << 20;

    private readonly ZipLayout _layout;
    private readonly OpenZipContent _open;
    private readonly Stream _destination;
    private readonly CancellationToken _cancellation;
    private readonly long _from;
    private readonly long _to;
    private readonly Queue<Task<Stream>> _opened = new(MostAhead);
    private readonly Crc32 _crc = new();
    private readonly byte[] _buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
    private readonly byte[] _beyond = new byte[1];

    /// <summary>Bytes in the buffer.</summary>
    private int _filled;

    /// <summary>The archive's byte that comes next into the buffer.</summary>
    private long _position;

    /// <summary>The entry that is to be opened next.</summary>
    private int _next;

    private ZipCopy(ZipLayout layout, long from, long to, OpenZipContent open, Stream destination, CancellationToken cancellation)
    {
        (_layout, _from, _to, _open, _destination, _cancellation) = (layout, from, to, open, destination, cancellation);
        (_position, _next) = (from, layout.RecordAt(from));
    }

    /// <summary>Copies the bytes of an archive from one position up to another.</summary>
    /// <param name="layout">The archive's layout.</param>
    /// <param name="from">The first byte.</param>
    /// <param name="to">The end: the byte behind the last one, at most the archive's length.</param>
    /// <param name="open">Opens contents, also some that are sent later, but no empty ones. It reports failures by its task.</param>
    /// <param name="destination">Gets the bytes in order. It is neither flushed nor closed.</param>
    /// <param name="cancellation">Ends the copying.</param>
    /// <exception cref="ZipContentException">
    /// A content is shorter or longer than its size; or it was read from its first to its last byte and has another CRC-32. The destination
    /// did not get all bytes.
    /// </exception>
    public static async Task CopyAsync(
        ZipLayout layout, long from, long to, OpenZipContent open, Stream destination, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(from);
        ArgumentOutOfRangeException.ThrowIfLessThan(to, from);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(to, layout.Length);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var copy = new ZipCopy(layout, from, to, open, destination, stop.Token);
        try
        {
            await copy.RunAsync();
        }
        finally
        {
            await stop.CancelAsync();
            await copy.CloseAsync();
        }
    }

    private async Task RunAsync()
    {
        for (var record = _layout.RecordAt(_from); _position < _to; record++)
        {
            await AddRecordAsync(record);
            if (record < _layout.Count)
                await AddContentAsync(record);
        }
        await WriteAsync();
    }

    private async ValueTask AddRecordAsync(int record)
    {
        var (start, size) = (_layout.StartOf(record), _layout.SizeOf(record));
        if (_buffer.Length - _filled < size)
            await WriteAsync();
        var skipped = (int)Math.Min(size, _position - start);
        var taken = (int)Math.Min(size, _to - start) - skipped;
        var room = _buffer.AsSpan(_filled);
        _layout.Write(record, room);
        room.Slice(skipped, taken).CopyTo(room);
        Advance(taken);
    }

    private async ValueTask AddContentAsync(int entry)
    {
        var (start, size, crc) = _layout.ContentOf(entry);
        if (_position < start)
            return;
        var (_, count) = SliceOf(entry);
        _crc.Reset();
        if (count > 0)
        {
            OpenAhead(entry);
            await using var content = await _opened.Dequeue();
            for (var left = count; left > 0;)
            {
                if (_buffer.Length - _filled < Math.Min(left, LeastRead))
                    await WriteAsync();
                var room = _buffer.AsMemory(_filled, (int)Math.Min(left, _buffer.Length - _filled));
                var read = await content.ReadAsync(room, _cancellation);
                if (read == 0)
                    throw new ZipContentException(entry, $"ends {left} bytes early");
                if (count == size)
                    _crc.Append(room.Span[..read]);
                left -= read;
                Advance(read);
                OpenAhead(entry);
            }
            if (await content.ReadAsync(_beyond, _cancellation) > 0)
                throw new ZipContentException(entry, "does not end where it should");
        }
        if (count == size && _crc.GetCurrentHashAsUInt32() != crc)
            throw new ZipContentException(entry, "has another CRC-32");
    }

    /// <summary>Opens the content that is sent now, if that has not happened yet, and those behind it that will soon be needed.</summary>
    private void OpenAhead(int current)
    {
        for (; _next < _layout.Count && _opened.Count < MostAhead; _next++)
        {
            var (offset, count) = SliceOf(_next);
            if (count <= 0)
                continue;
            if (_next > current && _layout.ContentOf(_next).Start + offset + count - _position > Ahead)
                return;
            _opened.Enqueue(_open(_next, offset, count, _cancellation));
        }
    }

    /// <summary>The slice of an entry's content that is to be sent. Its length is zero or negative if none of it is.</summary>
    private (long Offset, long Count) SliceOf(int entry)
    {
        var (start, size, _) = _layout.ContentOf(entry);
        var offset = Math.Max(0, _from - start);
        return (offset, Math.Min(size, _to - start) - offset);
    }

    private void Advance(int count)
    {
        _filled += count;
        _position += count;
    }

    private async ValueTask WriteAsync()
    {
        if (_filled > 0)
            await _destination.WriteAsync(_buffer.AsMemory(0, _filled), _cancellation);
        _filled = 0;
    }

    /// <summary>Disposes of contents that were opened and not sent.</summary>
    private async Task CloseAsync()
    {
        foreach (var opening in _opened)
        {
            await ((Task)opening).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (opening.IsCompletedSuccessfully)
                await opening.Result.DisposeAsync();
        }
        ArrayPool<byte>.Shared.Return(_buffer);
    }
}
