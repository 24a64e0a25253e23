using FileDrop.Api.Memory;
using FileDrop.Api.Native;
using FileDrop.Api.Storage;
using Microsoft.Win32.SafeHandles;

namespace FileDrop.Api.Blobs.Disk;

/// <summary>
/// Writes bytes to a file in order. It writes a full buffer while the next one fills, so that sender and disk do not wait for each other.
/// </summary>
/// <remarks>
/// It writes through the system's cache, because a stored file is likely to be read soon. Past the cache (O_DIRECT) the disk took 700 MB/s
/// instead of 1,200, and the first reader got a quarter of the rate.
/// </remarks>
/// <param name="file">The file, which has no other writer meanwhile. It is not closed here.</param>
/// <param name="offset">The position of the first byte.</param>
/// <param name="length">Bytes in the whole file, if known.</param>
/// <param name="large">Buffers of <see cref="LargeSize"/> for large files; small ones take over when all are rented.</param>
internal sealed class DiskOutput(SafeFileHandle file, long offset, long? length, BlockPool large) : IAsyncDisposable
{
    /// <summary>Bytes in a large buffer: a quarter of the system calls and thread changes of a small one.</summary>
    public const int LargeSize = 1 << 20;

    /// <summary>A file uses two of these.</summary>
    private const int BufferSize = 256 * 1024;

    /// <summary>A file of this size or more uses two large ones.</summary>
    private const long LargeFrom = 16 << 20;

    /// <summary>After this many bytes the system begins to write them to the disk, while the next ones arrive.</summary>
    private const long WriteBackEvery = 2 << 20;

    private Task _writing = Task.CompletedTask;
    private PooledMemory? _filling;
    private PooledMemory? _spare;
    private int _begin;
    private int _end;
    private long _offset = offset;
    private long _begun = offset;

    /// <summary>The position of the next byte.</summary>
    public long Offset => _offset + (_end - _begin);

    /// <summary>Room for the next bytes, at least one.</summary>
    public Memory<byte> Space => (_filling ??= Rent()).Memory[_end..];

    /// <summary>Says that bytes were put into <see cref="Space"/>.</summary>
    /// <exception cref="StorageException">An earlier write failed.</exception>
    public ValueTask AdvanceAsync(int count)
    {
        _end += count;
        return _filling is { } filling && _end == filling.Memory.Length ? new ValueTask(HandOverAsync(filling)) : ValueTask.CompletedTask;
    }

    /// <summary>Waits until everything so far is in the file, though not durable yet.</summary>
    /// <exception cref="StorageException">A write failed.</exception>
    public async ValueTask FlushAsync()
    {
        await _writing;
        if (_end == _begin || _filling is not { } filling)
            return;
        DiskFailure.Guard(() => RandomAccess.Write(file, filling.Memory.Span[_begin.._end], _offset));
        _offset += _end - _begin;
        _begin = _end;
    }

    public async ValueTask DisposeAsync()
    {
        // A write in progress still reads from the buffers.
        await _writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _filling?.Return();
        _spare?.Return();
        _filling = _spare = null;
    }

    private async Task HandOverAsync(PooledMemory full)
    {
        await _writing;
        var (bytes, at) = (full.Memory[_begin..], _offset);
        _writing = Task.Run(() => DiskFailure.Guard(() => Write(bytes.Span, at)));
        _offset += bytes.Length;
        if (_spare is { Block: null } small && IsLarge)
        {
            small.Return();
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
        // A hint, so that a later sync finds little left to do. The sync tells what is durable and what failed.
        if (OperatingSystem.IsLinux())
            _ = LibC.sync_file_range(file, _begun, end - _begun, LibC.StartWrite);
        _begun = end;
    }

    private bool IsLarge => (length ?? _offset) >= LargeFrom;

    private PooledMemory Rent() =>
        IsLarge && large.TryRent() is { } block ? PooledMemory.Large(block)
        // One byte more than the file has, so that one read can meet the end.
        : PooledMemory.Small((int)Math.Clamp((length ?? long.MaxValue - 1) - _offset + 1, 1, BufferSize));
}
