namespace FileDrop.Api.Memory;

/// <summary>
/// Blocks of memory for reading and writing. The pool keeps a returned block for the next caller, and gives memory that was idle for some
/// seconds back to the system.
/// </summary>
/// <remarks>
/// On Linux the memory goes back although its array stays the collector's, which would return it only after a full collection. A service
/// has no reason for one once a rush is over.
/// </remarks>
internal sealed class BlockPool
{
    /// <summary>Fresh memory is expensive (see <see cref="HugePage"/>), so it is kept between one burst and the next.</summary>
    private static readonly TimeSpan Usual = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();

    /// <summary>Pages with used and free blocks. The first one is filled first, so that others become idle.</summary>
    private readonly LinkedList<HugePage> _partial = new();

    /// <summary>Pages with free blocks only; the one that has been idle longest comes first.</summary>
    private readonly LinkedList<HugePage> _idle = new();

    /// <summary>Idle pages whose memory the system has back.</summary>
    private readonly LinkedList<HugePage> _bare = new();
    private readonly Watch _watch;
    private readonly int _blockSize;

    private readonly TimeSpan _keep;
    private readonly int _most;
    private int _rented;
    private int _arrays;

    /// <param name="blockSize">Bytes in each block: a divisor of 2 MiB.</param>
    /// <param name="most">Blocks that may be rented at a time.</param>
    /// <param name="keep">The least time to keep idle memory. The default is 5 s.</param>
    public BlockPool(int blockSize, int most = int.MaxValue, TimeSpan? keep = null)
    {
        if (HugePage.Size % blockSize != 0)
            throw new ArgumentOutOfRangeException(nameof(blockSize));
        (_blockSize, _most, _keep) = (blockSize, most, keep ?? Usual);
        _watch = new Watch(_keep, GiveBackIdle);
    }

    /// <summary>Rents a block, with anything in it.</summary>
    public PoolBlock Rent() => TryRent() ?? throw new InvalidOperationException($"All {_most} blocks are rented.");

    /// <summary>Rents a block. Returns null if as many as allowed are rented.</summary>
    public PoolBlock? TryRent()
    {
        lock (_gate)
        {
            if (_rented == _most)
                return null;
            _rented++;
            var page = (_partial.First ?? _idle.Last ?? _bare.Last)?.Value;
            if (page is null)
            {
                var fresh = HugePage.Allocate(this, _blockSize);
                fresh.ForEach(one => _bare.AddLast(one.Place));
                _arrays++;
                page = fresh[0];
            }
            var block = page.Take().Rented();
            if (!ReferenceEquals(page.Place.List, _partial))
                Move(page, _partial);
            if (page.IsFull)
                _partial.Remove(page.Place);
            return block;
        }
    }

    /// <summary>Takes a block back, which neither the caller nor the system uses any more.</summary>
    internal void Return(PoolBlock block)
    {
        lock (_gate)
        {
            _rented--;
            var page = block.Page;
            page.PutBack(block);
            if (!page.IsIdle)
            {
                if (page.Place.List is null)
                    _partial.AddLast(page.Place);
                return;
            }
            Move(page, _idle);
        }
        _watch.Start();
    }

    /// <returns>Whether any memory is left to give back later.</returns>
    private bool GiveBackIdle()
    {
        var since = Environment.TickCount64 - (long)_keep.TotalMilliseconds;
        List<HugePage> unneeded = [];
        lock (_gate)
        {
            while (_idle.First is { } place && place.Value.IdleSince <= since)
            {
                _idle.Remove(place);
                unneeded.Add(place.Value);
            }
        }
        unneeded.ForEach(page => page.GiveBack());
        lock (_gate)
        {
            unneeded.ForEach(page => _bare.AddLast(page.Place));
            unneeded.ForEach(ForgetArray);
            return _idle.Count > 0;
        }
    }

    /// <summary>
    /// Leaves the page's array to the collector if all its pages are bare. The pool keeps the last array, so that a quiet service does not
    /// allocate for every burst.
    /// </summary>
    private void ForgetArray(HugePage page)
    {
        if (_arrays == 1 || !page.Siblings.All(sibling => ReferenceEquals(sibling.Place.List, _bare)))
            return;
        _arrays--;
        foreach (var sibling in page.Siblings)
            _bare.Remove(sibling.Place);
    }

    private static void Move(HugePage page, LinkedList<HugePage> to)
    {
        page.Place.List?.Remove(page.Place);
        to.AddLast(page.Place);
    }
}
