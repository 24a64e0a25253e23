using System.Buffers;
using Microsoft.Win32.SafeHandles;

namespace FileDrop.Api.Blobs.Disk;

/// <summary>Writes bytes to a file in order: full buffers are written while the next is being filled, so that sender and disk do not wait for each other.</summary>
/// <remarks>
/// A large file goes past the system's cache. To copy a gigabyte into the cache, and to write it back from there, took 0.5 to 2.4 s of
/// processor time here and pushed out what others read; a disk that fetches it by itself took 0.1 s. Smaller ones stay in the cache:
/// they are likely to be read soon.
/// </remarks>
/// <param name="file">Written to by nobody else meanwhile; not closed by this.</param>
/// <param name="offset">Where the first byte goes.</param>
/// <param name="length">Bytes in the whole file, if that is known.</param>
/// <param name="memory">For large files.</param>
internal sealed class DiskOutput(SafeFileHandle file, long offset, long? length, DirectMemory memory) : IAsyncDisposable
{
    /// <summary>Two of these a file. Larger ones gain nothing measurable in the cache; smaller ones cost system calls and thread changes.</summary>
    private const int BufferSize = 256 * 1024;

    /// <summary>A file of so many bytes goes past the cache.</summary>
    private const long LargeFrom = 16 << 20;

    /// <summary>Buffers of a large file that are full and wait for the disk, whose pace varies more than the sender's: with one the two stood still for each other, 6 % of the time.</summary>
    private const int DirectWrites = 3;

    private readonly Queue<Pending> _pending = new(DirectWrites);
    private Task _writing = Task.CompletedTask;
    private Buffer _filling;
    private int _begin;
    private int _end;
    private long _offset = offset;
    private bool _canBeDirect = DirectMode.IsKnown;
    private bool _isDirect;

    /// <summary>Where the next byte goes.</summary>
    public long Offset => _offset + (_end - _begin);

    private bool IsLarge => _canBeDirect && (length ?? _offset) >= LargeFrom;

    /// <summary>Room for the next bytes, at least one.</summary>
    public Memory<byte> Space
    {
        get
        {
            if (_filling.Memory.IsEmpty)
                Fill(Rent());
            return _filling.Memory[_end..];
        }
    }

    /// <summary>Says that bytes were put into <see cref="Space"/>.</summary>
    /// <exception cref="StorageException">An earlier write failed.</exception>
    public ValueTask AdvanceAsync(int count)
    {
        _end += count;
        return _end < _filling.Memory.Length ? ValueTask.CompletedTask : new ValueTask(HandOverAsync());
    }

    /// <summary>Waits until everything so far is in the file, though not durable yet.</summary>
    /// <exception cref="StorageException">A write failed.</exception>
    public async ValueTask FlushAsync()
    {
        await _writing;
        if (_end == _begin)
            return;
        DiskFailure.Guard(() => Write(_filling, _begin, _end, _offset));
        _offset += _end - _begin;
        _begin = _end;
    }

    public async ValueTask DisposeAsync()
    {
        // The buffers are others' again only when the writes are over.
        while (_pending.TryDequeue(out var pending))
        {
            await pending.Writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Return(pending.Buffer);
        }
        Return(_filling);
        _filling = default;
    }

    private async Task HandOverAsync()
    {
        var next = default(Buffer);
        var most = _filling.IsDirect ? DirectWrites : 1;
        while (_pending.Count >= most)
        {
            await _pending.Peek().Writing;
            next = _pending.Dequeue().Buffer;
            if (_pending.Count >= most)
                Return(next);
        }
        _writing = WriteNextAsync(_writing, _filling, _begin, _offset);
        _pending.Enqueue(new Pending(_writing, _filling));
        _offset += _filling.Memory.Length - _begin;
        if (next.Memory.IsEmpty || (!next.IsDirect && IsLarge))
        {
            Return(next);
            next = Rent();
        }
        Fill(next);
    }

    private Task WriteNextAsync(Task former, Buffer full, int begin, long at) => Task.Run(async () =>
    {
        await former;
        DiskFailure.Guard(() => Write(full, begin, full.Memory.Length, at));
    });

    /// <summary>Bytes lie in a buffer as in the pages of the disk.</summary>
    private void Fill(Buffer buffer)
    {
        _filling = buffer;
        _begin = _end = buffer.IsDirect ? (int)(_offset % DirectMemory.Alignment) : 0;
    }

    private Buffer Rent()
    {
        if (IsLarge && memory.TryRent() is { } block)
            return new Buffer(block, null);
        // A byte more than there is, so that one read can meet the end.
        var array = ArrayPool<byte>.Shared.Rent((int)Math.Clamp((length ?? long.MaxValue - 1) - _offset + 1, 1, BufferSize));
        return new Buffer(array, array);
    }

    private void Return(Buffer buffer)
    {
        if (buffer.Array is not null)
            ArrayPool<byte>.Shared.Return(buffer.Array);
        else if (buffer.IsDirect)
            memory.Return(buffer.Memory);
    }

    /// <summary>Whole pages directly; what is before and behind them, where a client chose to begin or to end, by the cache.</summary>
    private void Write(Buffer buffer, int begin, int end, long at)
    {
        var first = Math.Min(Pages.Up(begin), end);
        var last = Math.Max(Pages.Down(end), first);
        if (!buffer.IsDirect || first == last || !TryWriteDirectly(buffer.Memory.Span[first..last], at + first - begin))
            (first, last) = (end, end);
        WriteByCache(buffer.Memory.Span[begin..first], at);
        WriteByCache(buffer.Memory.Span[last..end], at + last - begin);
    }

    /// <returns>False: this file system does not know how; nothing was written.</returns>
    private bool TryWriteDirectly(ReadOnlySpan<byte> pages, long at)
    {
        if (!_isDirect)
            _isDirect = _canBeDirect = _canBeDirect && DirectMode.TrySet(file, isDirect: true);
        if (!_isDirect)
            return false;
        try
        {
            RandomAccess.Write(file, pages, at);
            return true;
        }
        catch (IOException refused) when (refused.HResult == DirectMode.InvalidArgument)
        {
            _canBeDirect = false;
            return false;
        }
    }

    private void WriteByCache(ReadOnlySpan<byte> bytes, long at)
    {
        if (bytes.IsEmpty)
            return;
        if (_isDirect)
            _isDirect = !DirectMode.TrySet(file, isDirect: false);
        RandomAccess.Write(file, bytes, at);
    }

    /// <param name="Memory">Empty: there is none.</param>
    /// <param name="Array">Where it is from; null of memory that a disk reads by itself.</param>
    private readonly record struct Buffer(Memory<byte> Memory, byte[]? Array)
    {
        public bool IsDirect => Array is null && !Memory.IsEmpty;
    }

    /// <param name="Writing">Over once the buffer is in the file.</param>
    private readonly record struct Pending(Task Writing, Buffer Buffer);

    private static class Pages
    {
        public static int Up(int place) => Down(place + DirectMemory.Alignment - 1);

        public static int Down(int place) => place / DirectMemory.Alignment * DirectMemory.Alignment;
    }
}
