using System.Buffers;
using FileDrop.Api.Memory;

namespace FileDrop.Api.Blobs.S3;

/// <summary>
/// The bytes of one part, in memory that is taken as they arrive. A sender who has sent nothing holds only 16 KiB. One caller at a time
/// fills it, and disposes of it after its last reader.
/// </summary>
/// <remarks>
/// While it waits for its sender, <see cref="PartMemory"/> may move its bytes to the disk. <see cref="SpaceAsync"/> and
/// <see cref="FreezeAsync"/> wait for the end of such a move; call one of them before you use the bytes.
/// </remarks>
internal sealed class PartBuffer : IDisposable
{
    private const int ReadSize = 64 * 1024;

    private readonly PartMemory _memory;
    private readonly Lock _gate = new();
    private readonly List<PooledMemory> _segments = [];
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

    /// <summary>The most bytes that it may take.</summary>
    public int Size { get; }

    /// <summary>The bytes in it, in memory and on the disk.</summary>
    public int Length { get; private set; }

    /// <summary>
    /// The most units that it may need, and those that it has; changed under the lock of <see cref="PartMemory"/>, like the next ones.
    /// </summary>
    internal int Claimed { get; set; }
    internal int Held { get; set; }

    /// <summary>The owner whose memory it takes; null once it has given that back.</summary>
    internal PartShare? Owner { get; set; }

    /// <summary>
    /// When it took its first memory, in milliseconds since the system's start, and its place among the parts that hold some.
    /// </summary>
    internal long HeldSince { get; set; }
    internal LinkedListNode<PartBuffer>? Place { get; set; }

    internal bool IsSettled { get; set; }

    /// <summary>Gives room for the next bytes; waits for memory. Call <see cref="Advance"/> with the number of bytes that came.</summary>
    public ValueTask<Memory<byte>> SpaceAsync(CancellationToken cancellation)
    {
        lock (_gate)
        {
            _isIdle = false;
            if (_spilling.IsCompleted && _filled < _capacity)
                return ValueTask.FromResult(Room());
        }
        return GrowAsync(cancellation);
    }

    /// <summary>Says how many bytes came. The caller does not use the memory until the next call.</summary>
    public void Advance(int count)
    {
        lock (_gate)
        {
            _filled += count;
            Length += count;
            _isIdle = true;
        }
    }

    /// <summary>Says that it is complete: it needs no more memory, however much it claimed.</summary>
    public void Settle() => _memory.Settle(this);

    /// <summary>Keeps its bytes where they are from now on, so that they can be read.</summary>
    public Task FreezeAsync()
    {
        lock (_gate)
        {
            _isIdle = false;
            return _spilling;
        }
    }

    /// <summary>Settles and freezes it.</summary>
    public Task CloseAsync()
    {
        Settle();
        return FreezeAsync();
    }

    /// <summary>Its bytes in order, without the first <paramref name="skip"/>. A piece is valid until the next one is asked for.</summary>
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
        for (var i = 0; i < _segments.Count; i++)
        {
            var bytes = Filled(i);
            if (skip < bytes.Length)
                yield return bytes[skip..];
            skip = Math.Max(0, skip - bytes.Length);
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

    /// <summary>Begins to move its bytes to the disk, if it waits for its sender and the disk has room.</summary>
    /// <returns>False if the bytes stay in memory.</returns>
    internal bool TrySpill(SpillSpace disk)
    {
        lock (_gate)
        {
            if (!_isIdle || !_spilling.IsCompleted || _segments.Count == 0 || !disk.TryTake(Length - (_spilled?.Length ?? 0)))
                return false;
            _spilling = Task.Run(() => Spill(disk));
            return true;
        }
    }

    /// <summary>The most units that a part of this size holds at once.</summary>
    internal static int UnitsFor(int size) =>
        (size / PartMemory.SegmentSize * PartMemory.Charge(PartMemory.SegmentSize)) + PartMemory.Charge(size % PartMemory.SegmentSize);

    private void Spill(SpillSpace disk)
    {
        try
        {
            _spilled ??= new SpillFile(disk);
            _spilled.Append([.. Enumerable.Range(0, _segments.Count).Select(Filled)]);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            disk.Failed(Length - (_spilled?.Length ?? 0));
            return;
        }
        ReturnSegments();
        _memory.Spilled(this, UnitsFor(Size - Length));
    }

    private void Free()
    {
        ReturnSegments();
        _memory.Release(this);
        _spilled?.Dispose();
        _spilled = null;
    }

    private void ReturnSegments()
    {
        _segments.ForEach(segment => segment.Return());
        _segments.Clear();
        (_capacity, _filled) = (0, 0);
    }

    private ReadOnlyMemory<byte> Filled(int segment) => _segments[segment].Memory[..(segment < _segments.Count - 1 ? PartMemory.SegmentSize : _filled)];

    private Memory<byte> Room() => _segments[^1].Memory[_filled.._capacity];

    private async ValueTask<Memory<byte>> GrowAsync(CancellationToken cancellation)
    {
        await _spilling;
        if (_filled < _capacity)
            return Room();
        // The first segment is small. When it is full, a segment of the usual size replaces it, at the price of one small copy.
        var room = Size - (_spilled?.Length ?? 0);
        var exchange = _segments.Count == 1 && _capacity < Math.Min(room, PartMemory.SegmentSize);
        var capacity = Math.Min(exchange ? room : Size - Length, _segments.Count == 0 ? PartMemory.Unit : PartMemory.SegmentSize);
        var charge = PartMemory.Charge(capacity) - (exchange ? PartMemory.Charge(_capacity) : 0);
        await _memory.GrantAsync(this, charge, cancellation);

        var segment = _memory.TakeSegment(capacity);
        if (exchange)
        {
            _segments[0].Memory[.._filled].CopyTo(segment.Memory);
            _segments[0].Return();
            _segments[0] = segment;
        }
        else
        {
            _segments.Add(segment);
            _filled = 0;
        }
        _capacity = capacity;
        return Room();
    }
}
