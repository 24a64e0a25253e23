using System.Numerics;
using FileDrop.Api.Memory;

namespace FileDrop.Api.Blobs.S3;

/// <summary>
/// The memory that all parts of all uploads share. When it is full, uploads wait; it does not grow. It cannot deadlock: no grant leaves
/// every unfinished part waiting for memory of another.
/// </summary>
/// <remarks>
/// This is the banker's algorithm for one resource. A part says at its beginning how much it may need at most. A state is safe if the parts
/// can be finished one after the other. The part that lacks least takes it from the free memory; the next part can also use the memory that
/// the first gives back. A complete part lacks nothing. It is on its way to the store and gives its memory back by itself, stored or
/// failed. A request that is not safe yet does not hold up a later safe one, because it may be waiting for that one's memory.
/// <para>No sender keeps memory from others. The owner who holds least is served first. While others wait, a part with a slow sender goes
/// to the disk and is sent from there. Large parts leave some memory to small ones.</para>
/// </remarks>
internal sealed class PartMemory
{
    /// <summary>A part grows by this once it is past its first bytes; in bytes.</summary>
    public const int SegmentSize = 256 * 1024;

    /// <summary>Memory is counted in these. A part takes one before it knows how fast its sender is; in bytes.</summary>
    public const int Unit = 16 * 1024;

    /// <summary>The disk may hold this many times the memory.</summary>
    private const int SpillFactor = 8;

    /// <summary>The largest part that may use the memory kept for small ones.</summary>
    private const int LargestSmall = 1024 * 1024;

    /// <summary>While others wait, a part that has held memory for this long goes to the disk.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(500);

    private readonly Lock _gate = new();
    private readonly BlockPool _segments;
    private readonly Watch _watch;
    private readonly Dictionary<string, PartShare> _shares = new(StringComparer.Ordinal);

    /// <summary>The parts that hold memory; the one that has held it longest comes first.</summary>
    private readonly LinkedList<PartBuffer> _holding = new();

    /// <summary>The units held by all parts that lack the same number of units; the index is that number.</summary>
    private readonly long[] _heldByLack;
    private readonly SpillSpace _disk;
    private readonly PartMemory? _forSmall;
    private readonly long _budget;
    private long _free;
    private int _waiting;

    /// <param name="budget">Bytes that all parts may hold together.</param>
    /// <param name="largestPart">The largest part that can be begun, in bytes; at most <paramref name="budget"/>.</param>
    /// <param name="disk">Takes the parts of slow senders.</param>
    /// <param name="forSmall">Memory that only small parts take, and only while there is little left here.</param>
    public PartMemory(long budget, int largestPart, SpillSpace disk, PartMemory? forSmall = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(largestPart, Unit);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(largestPart, budget);
        (LargestPart, _disk, _forSmall) = (largestPart, disk, forSmall);
        _segments = forSmall?._segments ?? new BlockPool(SegmentSize);
        // While anybody waits, this looks for senders that keep memory without using it.
        _watch = new Watch(Tick, SpillSlow);
        _budget = _free = budget / Unit;
        _heldByLack = new long[PartBuffer.UnitsFor(largestPart) + 1];
    }

    /// <summary>The largest part that can be begun.</summary>
    public int LargestPart { get; }

    /// <summary>Makes the memory of one store. It keeps a sixteenth for parts of up to 1 MiB.</summary>
    /// <param name="budget">Bytes that all parts may hold together; at least 8 MiB.</param>
    /// <param name="largestPart">The largest part that uploads would begin, in bytes.</param>
    public static PartMemory WithReserve(long budget, long largestPart)
    {
        var disk = new SpillSpace(budget * SpillFactor);
        var kept = Math.Max(LargestSmall, budget / 16);
        return new PartMemory(
            budget - kept, (int)Math.Min(budget - kept, largestPart), disk, new PartMemory(kept, LargestSmall, disk));
    }

    /// <summary>Begins a part that may grow up to <paramref name="size"/> bytes. It holds nothing yet.</summary>
    /// <param name="size">In bytes; at most <see cref="LargestPart"/>.</param>
    /// <param name="owner">Its owner; owners who hold little are served before those who hold much.</param>
    public PartBuffer Begin(long size, string owner)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, LargestPart);
        lock (_gate)
        {
            if (_forSmall is null || size > _forSmall.LargestPart || (_waiting == 0 && _free >= _budget / 4))
            {
                if (!_shares.TryGetValue(owner, out var share))
                    _shares.Add(owner, share = new PartShare(owner));
                share.Parts++;
                return new PartBuffer(this, share, (int)size);
            }
        }
        return _forSmall.Begin(size, owner);
    }

    /// <summary>Grants units to a part as soon as that is safe and its owner's turn.</summary>
    internal ValueTask GrantAsync(PartBuffer part, int units, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        lock (_gate)
        {
            if (_waiting == 0 && TryGrant(part, units))
                return ValueTask.CompletedTask;
            var waiter = new PartWaiter(part, units);
            var place = OwnerOf(part).Waiting.AddLast(waiter);
            _waiting++;
            ServeWaiting();
            if (waiter.Granted.Task.IsCompleted)
                return ValueTask.CompletedTask;
            _watch.Start();
            return new ValueTask(WaitAsync(waiter, place, cancellation));
        }
    }

    /// <summary>The part does not grow any more: the memory it holds will come back by itself.</summary>
    internal void Settle(PartBuffer part)
    {
        lock (_gate)
        {
            part.IsSettled = true;
            Account(part, 0, part.Held);
            ServeWaiting();
        }
    }

    /// <summary>The part's bytes are on the disk, and it has returned its memory.</summary>
    /// <param name="part">The part.</param>
    /// <param name="claim">The most units that it may need from now on, unless it is complete.</param>
    internal void Spilled(PartBuffer part, int claim)
    {
        lock (_gate)
        {
            Account(part, -part.Held, part.IsSettled ? 0 : claim);
            ServeWaiting();
        }
    }

    /// <summary>The part is done, and has returned its memory.</summary>
    internal void Release(PartBuffer part)
    {
        lock (_gate)
        {
            if (part.Owner is not { } owner)
                return;
            Account(part, -part.Held, 0);
            part.Owner = null;
            if (--owner.Parts == 0)
                _shares.Remove(owner.Name);
            ServeWaiting();
        }
    }

    /// <summary>Takes memory that was granted.</summary>
    internal PooledMemory TakeSegment(int capacity) =>
        Charge(capacity) == Charge(SegmentSize) ? PooledMemory.Large(_segments.Rent()) : PooledMemory.Small(capacity);

    private async Task WaitAsync(PartWaiter waiter, LinkedListNode<PartWaiter> place, CancellationToken cancellation)
    {
        // A grant that comes despite the cancellation belongs to the part, which gives it back when it is disposed of.
        await using var registration = cancellation.UnsafeRegister(_ =>
        {
            lock (_gate)
                Leave(place);
            waiter.Granted.TrySetCanceled(cancellation);
        }, state: null);
        await waiter.Granted.Task;
    }

    private void Leave(LinkedListNode<PartWaiter> place)
    {
        if (place.List is not { } list)
            return;
        list.Remove(place);
        _waiting--;
    }

    /// <summary>
    /// Serves owners who hold least first. It tries everybody, because a grant that is not safe for one part may be safe for another.
    /// </summary>
    private void ServeWaiting()
    {
        if (_waiting == 0 || _free == 0)
            return;
        foreach (var share in _shares.Values.Where(share => share.Waiting.Count > 0).OrderBy(share => share.Held).ToList())
        {
            for (var place = share.Waiting.First; place is not null && _free > 0;)
            {
                var next = place.Next;
                if (TryGrant(place.Value.Part, place.Value.Units))
                {
                    Leave(place);
                    place.Value.Granted.TrySetResult();
                }
                place = next;
            }
        }
    }

    /// <returns>Whether anybody waits.</returns>
    private bool SpillSlow()
    {
        lock (_gate)
        {
            var wanted = _shares.Values.Sum(share => share.Waiting.Sum(waiter => (long)waiter.Units));
            var latest = Environment.TickCount64 - (long)Patience.TotalMilliseconds;
            for (var place = _holding.First; place is not null && wanted > 0 && place.Value.HeldSince <= latest; place = place.Next)
            {
                if (place.Value.TrySpill(_disk))
                    wanted -= place.Value.Held;
            }
            return _waiting > 0;
        }
    }

    private bool TryGrant(PartBuffer part, int units)
    {
        if (units > _free)
            return false;
        Account(part, units, part.Claimed);
        if (IsSafe())
            return true;
        Account(part, -units, part.Claimed);
        return false;
    }

    /// <summary>Gives a part units, or takes them, and records the most that it may need from now on.</summary>
    private void Account(PartBuffer part, int units, int claim)
    {
        _heldByLack[part.Claimed - part.Held] -= part.Held;
        part.Held += units;
        part.Claimed = claim;
        OwnerOf(part).Held += units;
        _free -= units;
        _heldByLack[part.Claimed - part.Held] += part.Held;
        if (part.Held > 0 && part.Place is null)
        {
            part.HeldSince = Environment.TickCount64;
            part.Place = _holding.AddLast(part);
        }
        else if (part.Held == 0 && part.Place is { } place)
        {
            _holding.Remove(place);
            part.Place = null;
        }
    }

    private static PartShare OwnerOf(PartBuffer part) =>
        part.Owner ?? throw new InvalidOperationException("The part has given its memory back.");

    private bool IsSafe()
    {
        // With enough for the greediest part there is nothing to simulate, which is the usual case.
        var within = _free;
        for (var lack = 0; lack <= within; lack++)
        {
            if (within >= _heldByLack.Length - 1)
                return true;
            within += _heldByLack[lack];
        }
        return within == _budget;
    }

    /// <summary>The units charged for memory of a size: pieces smaller than a segment come in powers of two.</summary>
    internal static int Charge(int capacity) =>
        capacity > SegmentSize / 2 ? SegmentSize / Unit : (int)BitOperations.RoundUpToPowerOf2((uint)((capacity + Unit - 1) / Unit));
}
