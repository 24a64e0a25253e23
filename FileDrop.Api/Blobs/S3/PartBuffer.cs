using System.Buffers;

namespace FileDrop.Api.Blobs.S3;

/// <summary>
/// The bytes of one part, in memory that is taken as they arrive: a sender who has sent nothing holds 16 KiB, not a whole part.
/// Filled by one caller at a time, and disposed of once nobody reads it.
/// </summary>
internal sealed class PartBuffer : IDisposable
{
    private readonly PartMemory _memory;
    private readonly List<byte[]> _arrays = [];
    private int _capacity;
    private int _filled;

    internal PartBuffer(PartMemory memory, int size)
    {
        (_memory, Size) = (memory, size);
        Claimed = UnitsFor(size);
    }

    /// <summary>The bytes it may take at most.</summary>
    public int Size { get; }

    /// <summary>The bytes in it.</summary>
    public int Length { get; private set; }

    /// <summary>Units that it may need at most, and those that it has: <see cref="PartMemory"/>'s, changed under its lock.</summary>
    internal int Claimed { get; set; }
    internal int Held { get; set; }

    /// <summary>Room for the next bytes, of which <see cref="Advance"/> then tells how many came; waits for memory.</summary>
    public ValueTask<Memory<byte>> SpaceAsync(CancellationToken cancellation) =>
        _filled < _capacity ? ValueTask.FromResult(_arrays[^1].AsMemory(_filled, _capacity - _filled)) : GrowAsync(cancellation);

    public void Advance(int count)
    {
        _filled += count;
        Length += count;
    }

    /// <summary>Says that it is complete: it needs no more memory, whatever it claimed.</summary>
    public void Settle() => _memory.Settle(this);

    /// <summary>Its bytes in order, from the one at <paramref name="skip"/> on.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> Pieces(int skip = 0)
    {
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
        foreach (var array in _arrays)
            if (array.Length != PartMemory.SegmentSize)
                ArrayPool<byte>.Shared.Return(array);
        _memory.Release(this, _arrays.Where(array => array.Length == PartMemory.SegmentSize));
        _arrays.Clear();
        (_capacity, _filled) = (0, 0);
    }

    /// <summary>The most that a part of this size holds at once.</summary>
    internal static int UnitsFor(int size) =>
        (size / PartMemory.SegmentSize * PartMemory.Charge(PartMemory.SegmentSize)) + PartMemory.Charge(size % PartMemory.SegmentSize);

    private async ValueTask<Memory<byte>> GrowAsync(CancellationToken cancellation)
    {
        // The first array is small. Full, it is exchanged for one of the usual size, at the price of one small copy.
        var exchange = _arrays.Count == 1 && _capacity < Math.Min(Size, PartMemory.SegmentSize);
        var capacity = Math.Min(Size - (exchange ? 0 : Length), _arrays.Count == 0 ? PartMemory.Unit : PartMemory.SegmentSize);
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
