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
/// memory back by itself, stored or failed. A request that is not safe now does not hold up a later one that is: that one may
/// be what the first waits for.
/// <para>No sender keeps memory from others. Of those who wait, the owner who holds least is served first. A part whose sender
/// takes its time goes to the disk while others wait, and is sent from there. A small part has memory that no large one takes.</para>
/// </remarks>
internal sealed class PartMemory
{
    /// <summary>What a part grows by once it is past its first bytes.</summary>
    public const int SegmentSize = 256 * 1024;

    /// <summary>What memory is counted in, and what a part takes before anything is known of its sender's haste.</summary>
    public const int Unit = 16 * 1024;

    /// <summary>So many times the memory may be on the disk.</summary>
    private const int SpillFactor = 8;

    /// <summary>The largest part that may take what is kept for small ones.</summary>
    private const int LargestSmall = 1024 * 1024;

    /// <summary>A part whose sender takes longer to fill it goes to the disk while others wait.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(500);

    private readonly Lock _gate = new();
    private readonly BlockPool _segments = new(SegmentSize);
    private readonly Dictionary<string, PartShare> _shares = new(StringComparer.Ordinal);

    /// <summary>The parts that hold memory; the one that has held it longest comes first.</summary>
    private readonly LinkedList<PartBuffer> _holding = new();

    /// <summary>By the units that a part lacks still: how many units such parts hold together.</summary>
    private readonly long[] _heldByLack;
    private readonly SpillSpace _disk;
    private readonly PartMemory? _forSmall;
    private readonly long _budget;
    private long _free;
    private int _waiting;
    private bool _isWatched;

    /// <param name="budget">Bytes that all parts may hold together.</param>
    /// <param name="largestPart">The largest part that anybody will begin; at most <paramref name="budget"/>.</param>
    /// <param name="disk">Takes the parts of slow senders.</param>
    /// <param name="forSmall">Memory that only small parts may take, and they only while there is little of this one.</param>
    public PartMemory(long budget, int largestPart, SpillSpace disk, PartMemory? forSmall = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(largestPart, Unit);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(largestPart, budget);
        (LargestPart, _disk, _forSmall) = (largestPart, disk, forSmall);
        _budget = _free = budget / Unit;
        _heldByLack = new long[PartBuffer.UnitsFor(largestPart) + 1];
    }

    /// <summary>The largest part that can be begun.</summary>
    public int LargestPart { get; }

    /// <summary>The memory of one store: a sixteenth of it is kept for parts of up to 1 MiB.</summary>
    /// <param name="budget">Bytes that all parts may hold together; at least 8 MiB.</param>
    /// <param name="largestPart">The largest part that anybody would begin.</param>
    public static PartMemory WithReserve(long budget, long largestPart)
    {
        var disk = new SpillSpace(budget * SpillFactor);
        var kept = Math.Max(LargestSmall, budget / 16);
        return new PartMemory(
            budget - kept, (int)Math.Min(budget - kept, largestPart), disk, new PartMemory(kept, LargestSmall, disk));
    }

    /// <summary>Begins a part that may grow up to <paramref name="size"/> bytes. It holds nothing yet.</summary>
    /// <param name="size">In bytes; at most <see cref="LargestPart"/>.</param>
    /// <param name="owner">For whom; owners who hold little are served before those who hold much.</param>
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
            Watch();
            return new ValueTask(WaitAsync(waiter, place, cancellation));
        }
    }

    /// <summary>The part will grow no more: what it holds comes back without anything else.</summary>
    internal void Settle(PartBuffer part)
    {
        lock (_gate)
        {
            part.IsSettled = true;
            Account(part, 0, part.Held);
            ServeWaiting();
        }
    }

    /// <summary>What a part held is on the disk.</summary>
    /// <param name="part">Holds nothing any more.</param>
    /// <param name="segments">To be given to others.</param>
    /// <param name="claim">The units that it may need at most from now on, unless it is complete.</param>
    internal void Spilled(PartBuffer part, List<byte[]> segments, int claim)
    {
        segments.ForEach(_segments.Return);
        lock (_gate)
        {
            Account(part, -part.Held, part.IsSettled ? 0 : claim);
            ServeWaiting();
        }
    }

    /// <summary>Takes back all that a part holds, its segments first.</summary>
    internal void Release(PartBuffer part, List<byte[]> segments)
    {
        segments.ForEach(_segments.Return);
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

    internal byte[] TakeSegment() => _segments.Rent();

    private async Task WaitAsync(PartWaiter waiter, LinkedListNode<PartWaiter> place, CancellationToken cancellation)
    {
        // What is granted in spite of the cancellation is the part's, which gives it back when it is disposed of.
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

    /// <summary>Owners who hold least go first. Everybody is looked at: what is not safe for one may be what another one lacks.</summary>
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

    /// <summary>As long as anybody waits, looks whose sender keeps the memory without using it.</summary>
    private void Watch()
    {
        if (_isWatched)
            return;
        _isWatched = true;
        // Do not capture the first caller's ExecutionContext.
        using (ExecutionContext.SuppressFlow())
            _ = WatchAsync();
    }

    private async Task WatchAsync()
    {
        do
        {
            await Task.Delay(Tick);
        }
        while (SpillSlow());
    }

    /// <returns>Whether there is anybody to look for again.</returns>
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
            return _isWatched = _waiting > 0;
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

    /// <summary>Gives a part units, or takes them, and notes what it may need at most from now on.</summary>
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
}
