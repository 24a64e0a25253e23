using System.Numerics;

namespace FileDrop.Api.Blobs.S3;

/// <summary>
/// The memory that all parts of all uploads share. Full, it makes uploads wait instead of growing, and it cannot deadlock:
/// a grant that would leave every unfinished part waiting for memory that only another unfinished part holds is not made.
/// </summary>
/// <remarks>
/// This is the banker's algorithm for one resource. A part says at its beginning how much it may need at most, so a state
/// is safe when the parts can be finished one after the other: the one that lacks least from what is free, the next from
/// that and what the first gives back. A part that is complete lacks nothing: it is on its way to the store and gives its
/// memory back by itself, stored or failed. Who waits is served in order of arrival, but a request that is not safe now
/// does not hold up a later one that is: that one may be what the first waits for.
/// </remarks>
internal sealed class PartMemory
{
    /// <summary>What a part grows by once it is past its first bytes.</summary>
    public const int SegmentSize = 256 * 1024;

    /// <summary>What memory is counted in, and what a part takes before anything is known of its sender's haste.</summary>
    public const int Unit = 16 * 1024;

    private readonly Lock _gate = new();
    private readonly BlockPool _segments = new(SegmentSize);
    private readonly LinkedList<Waiter> _waiting = new();

    /// <summary>By the units that a part lacks still: how many units such parts hold together.</summary>
    private readonly long[] _heldByLack;
    private readonly long _budget;
    private long _free;

    /// <param name="budget">Bytes that all parts may hold together.</param>
    /// <param name="largestPart">The largest part that anybody will begin; at most <paramref name="budget"/>.</param>
    public PartMemory(long budget, int largestPart)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(largestPart, Unit);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(largestPart, budget);
        LargestPart = largestPart;
        _budget = _free = budget / Unit;
        _heldByLack = new long[PartBuffer.UnitsFor(largestPart) + 1];
    }

    /// <summary>The largest part that can be begun.</summary>
    public int LargestPart { get; }

    /// <summary>Begins a part that may grow up to <paramref name="size"/> bytes. It holds nothing yet.</summary>
    public PartBuffer Begin(long size)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, LargestPart);
        return new PartBuffer(this, (int)size);
    }

    /// <summary>Grants units to a part as soon as that is safe.</summary>
    internal ValueTask GrantAsync(PartBuffer part, int units, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        lock (_gate)
        {
            if (TryGrant(part, units))
                return ValueTask.CompletedTask;
            var waiter = new Waiter(part, units);
            return new ValueTask(WaitAsync(waiter, _waiting.AddLast(waiter), cancellation));
        }
    }

    /// <summary>The part will grow no more: what it holds comes back without anything else.</summary>
    internal void Settle(PartBuffer part)
    {
        lock (_gate)
        {
            _heldByLack[part.Claimed - part.Held] -= part.Held;
            _heldByLack[0] += part.Held;
            part.Claimed = part.Held;
            ServeWaiting();
        }
    }

    /// <summary>Takes back all that a part holds, its segments first.</summary>
    internal void Release(PartBuffer part, IEnumerable<byte[]> segments)
    {
        foreach (var segment in segments)
            _segments.Return(segment);
        lock (_gate)
        {
            _heldByLack[part.Claimed - part.Held] -= part.Held;
            _free += part.Held;
            part.Held = part.Claimed = 0;
            ServeWaiting();
        }
    }

    internal byte[] TakeSegment() => _segments.Rent();

    private async Task WaitAsync(Waiter waiter, LinkedListNode<Waiter> place, CancellationToken cancellation)
    {
        // What is granted in spite of the cancellation is the part's, which gives it back when it is disposed of.
        await using var registration = cancellation.UnsafeRegister(_ =>
        {
            lock (_gate)
            {
                if (place.List is not null)
                    _waiting.Remove(place);
            }
            waiter.Granted.TrySetCanceled(cancellation);
        }, state: null);
        await waiter.Granted.Task;
    }

    private void ServeWaiting()
    {
        for (var place = _waiting.First; place is not null && _free > 0;)
        {
            var next = place.Next;
            if (TryGrant(place.Value.Part, place.Value.Units))
            {
                _waiting.Remove(place);
                place.Value.Granted.TrySetResult();
            }
            place = next;
        }
    }

    private bool TryGrant(PartBuffer part, int units)
    {
        if (units > _free)
            return false;
        Move(part, units);
        if (IsSafe())
            return true;
        Move(part, -units);
        return false;
    }

    private void Move(PartBuffer part, int units)
    {
        _heldByLack[part.Claimed - part.Held] -= part.Held;
        part.Held += units;
        _free -= units;
        _heldByLack[part.Claimed - part.Held] += part.Held;
    }

    private bool IsSafe()
    {
        // With enough for the greediest there is nothing to simulate, and that is nearly always so.
        var within = _free;
        for (var lack = 0; lack <= within; lack++)
        {
            if (within >= _heldByLack.Length - 1)
                return true;
            within += _heldByLack[lack];
        }
        return within == _budget;
    }

    /// <summary>What is charged for an array: arrays below a segment come in powers of two.</summary>
    internal static int Charge(int capacity) =>
        capacity > SegmentSize / 2 ? SegmentSize / Unit : (int)BitOperations.RoundUpToPowerOf2((uint)((capacity + Unit - 1) / Unit));

    private sealed record Waiter(PartBuffer Part, int Units)
    {
        public TaskCompletionSource Granted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
