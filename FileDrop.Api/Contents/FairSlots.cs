namespace FileDrop.Api.Contents;

/// <summary>Slots for long work. The next free slot goes to the waiting owner who has the fewest. Those who have as few take turns.</summary>
/// <remarks>Our own: the framework's ConcurrencyLimiter serves in order of arrival, so one owner's queue would hold up all others.</remarks>
/// <param name="count">The number of slots.</param>
internal sealed class FairSlots(int count)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Share> _shares = new(StringComparer.Ordinal);
    private int _free = count;
    private long _turn;

    /// <summary>Runs work as soon as its owner has a slot.</summary>
    /// <param name="owner">The work's owner.</param>
    /// <param name="work">Keeps the slot until it ends.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    public async Task<T> RunAsync<T>(string owner, Func<Task<T>> work, CancellationToken cancellation)
    {
        await EnterAsync(owner, cancellation);
        try
        {
            return await work();
        }
        finally
        {
            Leave(owner);
        }
    }

    private async Task EnterAsync(string owner, CancellationToken cancellation)
    {
        TaskCompletionSource turn;
        lock (_gate)
        {
            if (!_shares.TryGetValue(owner, out var share))
                _shares.Add(owner, share = new Share(owner) { Turn = ++_turn });
            if (_free > 0)
            {
                Give(share);
                return;
            }
            turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            share.Waiting.Enqueue(turn);
        }
        try
        {
            await turn.Task.WaitAsync(cancellation);
        }
        catch (OperationCanceledException)
        {
            // The slot may have come at the same moment.
            if (!turn.TrySetCanceled(CancellationToken.None))
                Leave(owner);
            throw;
        }
    }

    private void Leave(string owner)
    {
        lock (_gate)
        {
            var share = _shares[owner];
            share.Running--;
            share.Turn = ++_turn;
            _free++;
            Forget(share);
            while (_free > 0 && _shares.Values.Where(each => each.Waiting.Count > 0).MinBy(each => (each.Running, each.Turn)) is { } next)
            {
                if (next.Waiting.Dequeue().TrySetResult())
                    Give(next);
                Forget(next);
            }
        }
    }

    private void Give(Share share)
    {
        _free--;
        share.Running++;
    }

    private void Forget(Share share)
    {
        if (share is { Running: 0, Waiting.Count: 0 })
            _shares.Remove(share.Owner);
    }

    private sealed class Share(string owner)
    {
        public string Owner { get; } = owner;

        public Queue<TaskCompletionSource> Waiting { get; } = new();

        public int Running { get; set; }

        /// <summary>Grows with the time at which the owner last left a slot or, before that, came.</summary>
        public long Turn { get; set; }
    }
}
