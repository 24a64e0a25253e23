namespace FileDrop.Api.Catalog.Sqlite;

/// <summary>Makes what changes have written outside the database durable, on a thread of its own, while the writer makes the changes. The first work starts
/// the thread.</summary>
internal sealed class OutsideSyncs : IDisposable
{
    private readonly SemaphoreSlim _begun = new(0);
    private readonly SemaphoreSlim _ended = new(0);
    private IReadOnlyList<IUnsynced> _work = [];
    private Thread? _thread;
    private Exception? _failure;
    private bool _isRunning;
    private bool _isClosed;

    /// <summary>Begins to sync. <see cref="End"/> or <see cref="Abandon"/> follows.</summary>
    public void Begin(IReadOnlyList<IUnsynced> work)
    {
        (_work, _failure, _isRunning) = (work, null, work.Count > 0);
        if (!_isRunning)
            return;
        if (_thread is null)
        {
            _thread = new Thread(Run) { Name = "Segment syncs", IsBackground = true };
            _thread.Start();
        }
        _begun.Release();
    }

    /// <summary>Waits until all is durable.</summary>
    /// <exception cref="Storage.StorageException">It is not.</exception>
    public void End()
    {
        Abandon();
        if (_failure is { } failure)
            throw failure;
    }

    /// <summary>Waits without asking for the outcome.</summary>
    public void Abandon()
    {
        if (!_isRunning)
            return;
        _ended.Wait();
        _isRunning = false;
    }

    public void Dispose()
    {
        _isClosed = true;
        _begun.Release();
    }

    private void Run()
    {
        while (true)
        {
            _begun.Wait();
            if (_isClosed)
                return;
            try
            {
                foreach (var unsynced in _work)
                    unsynced.Sync();
            }
            catch (Exception e)
            {
                _failure = e;
            }
            _ended.Release();
        }
    }
}
