using System.Buffers;
using Microsoft.Win32.SafeHandles;

namespace FileDrop.Api.Blobs.Disk;

/// <summary>Writes bytes to a file in order: a full buffer is written while the next is being filled, so that sender and disk do not wait for each other.</summary>
/// <remarks>
/// By the system's cache, as whoever stores a file is likely to have it read soon. Past it (O_DIRECT) the disk took 700 MB/s where it
/// takes 1,200, and the first reader got a quarter of the rate.
/// </remarks>
/// <param name="file">Written to by nobody else meanwhile; not closed by this.</param>
/// <param name="offset">Where the first byte goes.</param>
/// <param name="length">Bytes in the whole file, if that is known.</param>
/// <param name="buffers">For large files.</param>
internal sealed class DiskOutput(SafeFileHandle file, long offset, long? length, LargeBuffers buffers) : IAsyncDisposable
{
    /// <summary>Two of these a file.</summary>
    private const int BufferSize = 256 * 1024;

    /// <summary>Two large ones from so many bytes on.</summary>
    private const long LargeFrom = 16 << 20;

    /// <summary>What has come to so many bytes is on its way to the disk while the rest is being received.</summary>
    private const long WriteBackEvery = 2 << 20;

    private Task _writing = Task.CompletedTask;
    private byte[]? _filling;
    private byte[]? _spare;
    private int _begin;
    private int _end;
    private long _offset = offset;
    private long _begun = offset;

    /// <summary>Where the next byte goes.</summary>
    public long Offset => _offset + (_end - _begin);

    /// <summary>Room for the next bytes, at least one.</summary>
    public Memory<byte> Space => (_filling ??= Rent()).AsMemory(_end);

    /// <summary>Says that bytes were put into <see cref="Space"/>.</summary>
    /// <exception cref="StorageException">An earlier write failed.</exception>
    public ValueTask AdvanceAsync(int count)
    {
        _end += count;
        return _end < _filling?.Length ? ValueTask.CompletedTask : new ValueTask(HandOverAsync());
    }

    /// <summary>Waits until everything so far is in the file, though not durable yet.</summary>
    /// <exception cref="StorageException">A write failed.</exception>
    public async ValueTask FlushAsync()
    {
        await _writing;
        if (_end == _begin)
            return;
        DiskFailure.Guard(() => RandomAccess.Write(file, _filling.AsSpan(_begin.._end), _offset));
        _offset += _end - _begin;
        _begin = _end;
    }

    public async ValueTask DisposeAsync()
    {
        // The buffers are others' again only when the write is over.
        await _writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Return(_filling);
        Return(_spare);
        _filling = _spare = null;
    }

    private async Task HandOverAsync()
    {
        await _writing;
        var (full, begin, at) = (_filling!, _begin, _offset);
        _writing = Task.Run(() => DiskFailure.Guard(() => Write(full.AsSpan(begin), at)));
        _offset += full.Length - begin;
        if (_spare is { Length: < LargeBuffers.Size } && IsLarge)
        {
            Return(_spare);
            _spare = null;
        }
        (_filling, _spare) = (_spare, full);
        _begin = _end = 0;
    }

    private void Write(ReadOnlySpan<byte> bytes, long at)
    {
        RandomAccess.Write(file, bytes, at);
        var end = at + bytes.Length;
        if (end - _begun < WriteBackEvery)
            return;
        WriteBack.Begin(file, _begun, end - _begun);
        _begun = end;
    }

    private bool IsLarge => (length ?? _offset) >= LargeFrom;

    private byte[] Rent()
    {
        if (IsLarge && buffers.TryRent() is { } large)
            return large;
        // A byte more than there is, so that one read can meet the end.
        return ArrayPool<byte>.Shared.Rent((int)Math.Clamp((length ?? long.MaxValue - 1) - _offset + 1, 1, BufferSize));
    }

    private void Return(byte[]? buffer)
    {
        if (buffer is { Length: LargeBuffers.Size })
            buffers.Return(buffer);
        else if (buffer is not null)
            ArrayPool<byte>.Shared.Return(buffer);
    }
}
