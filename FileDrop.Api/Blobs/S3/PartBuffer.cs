using System.Buffers;

namespace FileDrop.Api.Blobs.S3;

/// <summary>
/// The bytes of one part, in memory that is taken as they arrive: a sender who has sent nothing holds 16 KiB, not a whole part.
/// Filled by one caller at a time, and disposed of once nobody reads it.
/// </summary>
/// <remarks>
/// While its sender is waited for, <see cref="PartMemory"/> may move its bytes to the disk. Whoever uses the bytes asks first:
/// <see cref="SpaceAsync"/> and <see cref="FreezeAsync"/> wait for the end of such a move.
/// </remarks>
internal sealed class PartBuffer : IDisposable
{
    private const int ReadSize = 64 * 1024;

    private readonly PartMemory _memory;
    private readonly Lock _gate = new();
    private readonly List<byte[]> _arrays = [];
    private SpillFile? _spilled;
    private Task _spilling = Task.CompletedTask;
    private bool _isIdle;
    private int _capacity;
    private int _filled;

    internal PartBuffer(PartMemory memory, PartShare owner, int size)
    {
        (_memory, Owner, Size) = (memory, owner, size);
        Claimed = UnitsFor(size);
    }

    /// <summary>The bytes it may take at most.</summary>
    public int Size { get; }

    /// <summary>The bytes in it, in memory and on the disk.</summary>
    public int Length { get; private set; }

    /// <summary>Units that it may need at most, and those that it has: <see cref="PartMemory"/>'s, changed under its lock like the next ones.</summary>
    internal int Claimed { get; set; }
    internal int Held { get; set; }

    /// <summary>Whose memory it takes; null once it has given it back.</summary>
    internal PartShare? Owner { get; set; }

    /// <summary>Since when it has held memory, in milliseconds since the system's start, and its place among those that do.</summary>
    internal long HeldSince { get; set; }
    internal LinkedListNode<PartBuffer>? Place { get; set; }

    internal bool IsSettled { get; set; }

    /// <summary>Room for the next bytes, of which <see cref="Advance"/> then tells how many came; waits for memory.</summary>
    public ValueTask<Memory<byte>> SpaceAsync(CancellationToken cancellation)
    {
        lock (_gate)
        {
            _isIdle = false;
            if (_spilling.IsCompleted && _filled < _capacity)
                return ValueTask.FromResult(_arrays[^1].AsMemory(_filled, _capacity - _filled));
        }
        return GrowAsync(cancellation);
    }

    /// <summary>Says how many bytes came; nobody uses the memory now until the next call.</summary>
    public void Advance(int count)
    {
        lock (_gate)
        {
            _filled += count;
            Length += count;
            _isIdle = true;
        }
    }

    /// <summary>Says that it is complete: it needs no more memory, whatever it claimed.</summary>
    public void Settle() => _memory.Settle(this);

    /// <summary>Lets its bytes stay where they are from now on, so that they can be read.</summary>
    public Task FreezeAsync()
    {
        lock (_gate)
        {
            _isIdle = false;
            return _spilling;
        }
    }

    /// <summary>Both: it is complete, and about to be read.</summary>
    public Task CloseAsync()
    {
        Settle();
        return FreezeAsync();
    }

    /// <summary>Its bytes in order, from the one at <paramref name="skip"/> on. A piece is good until the next one is asked for.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> Pieces(int skip = 0)
    {
        if (_spilled is { } file)
        {
            var buffer = ArrayPool<byte>.Shared.Rent(ReadSize);
            try
            {
                for (; skip < file.Length; skip += Math.Min(buffer.Length, file.Length - skip))
                    yield return file.Read(buffer, skip);
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
            skip -= file.Length;
        }
        for (var i = 0; i < _arrays.Count; i++)
        {
            var length = i < _arrays.Count - 1 ? PartMemory.SegmentSize : _filled;
            if (skip < length)
                yield return _arrays[i].AsMemory(skip, length - skip);
            skip = Math.Max(0, skip - length);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _isIdle = false;
            if (!_spilling.IsCompleted)
            {
                _ = _spilling.ContinueWith(_ => Free(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
                return;
            }
        }
        Free();
    }

    /// <summary>Begins to move its bytes to the disk, where its sender is waited for and the disk has room.</summary>
    /// <returns>False: they stay.</returns>
    internal bool TrySpill(SpillSpace disk)
    {
        lock (_gate)
        {
            if (!_isIdle || !_spilling.IsCompleted || _arrays.Count == 0 || !disk.TryTake(Length - (_spilled?.Length ?? 0)))
                return false;
            _spilling = Task.Run(() => Spill(disk));
            return true;
        }
    }

    /// <summary>The most that a part of this size holds at once.</summary>
    internal static int UnitsFor(int size) =>
        (size / PartMemory.SegmentSize * PartMemory.Charge(PartMemory.SegmentSize)) + PartMemory.Charge(size % PartMemory.SegmentSize);

    private void Spill(SpillSpace disk)
    {
        try
        {
            _spilled ??= new SpillFile(disk);
            _spilled.Append([.. _arrays.Select((array, i) =>
                (ReadOnlyMemory<byte>)array.AsMemory(0, i < _arrays.Count - 1 ? PartMemory.SegmentSize : _filled))]);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            disk.Failed(Length - (_spilled?.Length ?? 0));
            return;
        }
        _memory.Spilled(this, TakeArrays(), UnitsFor(Size - Length));
    }

    private void Free()
    {
        _memory.Release(this, TakeArrays());
        _spilled?.Dispose();
        _spilled = null;
    }

    /// <returns>Those that are the memory's own.</returns>
    private List<byte[]> TakeArrays()
    {
        foreach (var array in _arrays)
            if (array.Length != PartMemory.SegmentSize)
                ArrayPool<byte>.Shared.Return(array);
        var segments = _arrays.FindAll(array => array.Length == PartMemory.SegmentSize);
        _arrays.Clear();
        (_capacity, _filled) = (0, 0);
        return segments;
    }

    private async ValueTask<Memory<byte>> GrowAsync(CancellationToken cancellation)
    {
        await _spilling;
        if (_filled < _capacity)
            return _arrays[^1].AsMemory(_filled, _capacity - _filled);
        // The first array is small. Full, it is exchanged for one of the usual size, at the price of one small copy.
        var room = Size - (_spilled?.Length ?? 0);
        var exchange = _arrays.Count == 1 && _capacity < Math.Min(room, PartMemory.SegmentSize);
        var capacity = Math.Min(exchange ? room : Size - Length, _arrays.Count == 0 ? PartMemory.Unit : PartMemory.SegmentSize);
        var charge = PartMemory.Charge(capacity) - (exchange ? PartMemory.Charge(_capacity) : 0);
        await _memory.GrantAsync(this, charge, cancellation);

        var array = PartMemory.Charge(capacity) == PartMemory.Charge(PartMemory.SegmentSize)
            ? _memory.TakeSegment()
            : ArrayPool<byte>.Shared.Rent(capacity);
        if (exchange)
        {
            _arrays[0].AsSpan(0, _filled).CopyTo(array);
            ArrayPool<byte>.Shared.Return(_arrays[0]);
            _arrays[0] = array;
        }
        else
        {
            _arrays.Add(array);
            _filled = 0;
        }
        _capacity = capacity;
        return array.AsMemory(_filled, _capacity - _filled);
    }
}
