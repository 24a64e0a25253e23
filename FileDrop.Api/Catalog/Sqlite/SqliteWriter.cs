using System.Threading.Channels;
using FileDrop.Api.Storage;
using Microsoft.Data.Sqlite;

namespace FileDrop.Api.Catalog.Sqlite;

/// <summary>
/// Makes every change, one after the other, on one connection, and commits waiting changes as one group. The sync that makes a commit durable costs a thousand
/// times as much as a change, and a group needs only one.
/// </summary>
/// <remarks>
/// Its own thread commits groups, because it mostly waits for the disk and must not queue behind the requests that wait for it. A change that comes while nothing
/// is to do runs on its caller's thread, since to hand it over and back costs more than the change. A change succeeds only after its commit has returned.
/// </remarks>
internal sealed class SqliteWriter : IAsyncDisposable
{
    /// <summary>The most changes that share a commit.</summary>
    public const int GroupSize = 256;

    private readonly SqliteSession _session;
    private readonly OutsideSyncs _syncs = new();
    private bool _isSynced = true;
    private volatile bool _isBusy;
    private bool _isClosed;

    /// <summary>Continuations are synchronous, so waking the writer's thread needs no pool thread.</summary>
    private readonly Channel<Change> _queue = Channel.CreateUnbounded<Change>(
        new UnboundedChannelOptions { SingleReader = true, AllowSynchronousContinuations = true });

    /// <summary>Held by the thread that uses the session.</summary>
    private readonly Lock _turn = new();

    /// <summary>Changes in the queue.</summary>
    private int _queued;

    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="session">The session; this writer becomes its owner and only user.</param>
    public SqliteWriter(SqliteSession session)
    {
        _session = session;
        new Thread(Run) { Name = "Catalog writer", IsBackground = true }.Start();
    }

    /// <summary>Whether changes are made now, so that one that comes now will probably share a commit.</summary>
    public bool IsBusy => _isBusy;

    /// <summary>Makes one change, completely or not at all; it is durable when the task completes.</summary>
    /// <param name="change">The change, called once, on the writer's thread or on this one. An exception undoes it and is rethrown here.</param>
    /// <param name="cancellation"> Withdraws the change while it waits. A change that has begun runs to its end. </param>
    /// <param name="isPassing"> Whether the change matters only while this process lives. It gets no sync of its own, so a power cut may undo it unless a
    /// synced change followed. </param>
    /// <param name="prepare"> Writes what the change names outside the database, and tells what must be durable before the change is committed. It is called
    /// before the transaction, with whether no other change shares the commit. </param>
    public async Task<T> RunAsync<T>(
        Func<SqliteSession, T> change, CancellationToken cancellation, bool isPassing = false, Func<SqliteSession, bool, IEnumerable<IUnsynced>>? prepare = null)
    {
        cancellation.ThrowIfCancellationRequested();
        var queued = new Change<T>(change) { IsPassing = isPassing, Prepare = prepare };
        if (TryCommitHere(queued))
            return await queued.Task;
        Interlocked.Increment(ref _queued);
        if (!_queue.Writer.TryWrite(queued))
            throw new StorageException(StorageFailure.Unavailable, "The catalog is closed.");
        await using var registration = cancellation.UnsafeRegister(static (state, token) => (state as Change)?.TakeBack(token), queued);
        return await queued.Task;
    }

    /// <summary>Makes the changes that already wait, then closes the connection.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _ended.Task;
    }

    private void Run()
    {
        var group = new List<Change>(GroupSize);
        while (_queue.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            lock (_turn)
            {
                while (group.Count < GroupSize && _queue.Reader.TryRead(out var change))
                    group.Add(change);
                Interlocked.Add(ref _queued, -group.Count);
                CommitGroup(group);
            }
            group.Clear();
        }

        lock (_turn)
        {
            _isClosed = true;
            _session.Dispose();
            _syncs.Dispose();
        }
        _ended.SetResult();
    }

    /// <summary>Commits a change on this thread, if no other one waits or is committed now.</summary>
    private bool TryCommitHere(Change change)
    {
        // A change that makes another one would find its own transaction.
        if (Volatile.Read(ref _queued) > 0 || _turn.IsHeldByCurrentThread || !_turn.TryEnter())
            return false;
        try
        {
            if (_isClosed)
                return false;
            CommitGroup([change]);
            return true;
        }
        finally
        {
            _turn.Exit();
        }
    }

    private void CommitGroup(List<Change> group)
    {
        _isBusy = true;
        group.RemoveAll(static change => !change.TryBegin());
        var outside = Prepare(group);
        // A single change is made sooner than another thread begins to sync.
        var syncs = group.Count == 1 ? null : _syncs;
        try
        {
            syncs?.Begin(outside);
            _session.RollBack();
            Sync(always: !group.All(change => change.IsPassing));
            _session.Execute("BEGIN IMMEDIATE");
            foreach (var change in group)
                Make(change);
            if (syncs is not null)
                syncs.End();
            else
                outside.ForEach(static unsynced => unsynced.Sync());
            _session.Execute("COMMIT");
        }
        catch (Exception e)
        {
            syncs?.Abandon();
            TryRollBack();
            _isBusy = false;
            foreach (var change in group)
                change.Fail(Outward(e));
            return;
        }

        _isBusy = false;
        foreach (var change in group)
            change.Succeed();
    }

    /// <summary>Lets changes write outside the database. A change that cannot leaves the group.</summary>
    private List<IUnsynced> Prepare(List<Change> group)
    {
        List<IUnsynced> outside = [];
        group.RemoveAll(change =>
        {
            try
            {
                outside.AddRange(change.Prepare?.Invoke(_session, group.Count == 1) ?? []);
                return false;
            }
            catch (Exception e)
            {
                change.Fail(Outward(e));
                return true;
            }
        });
        return outside.Count < 2 ? outside : [.. outside.Distinct()];
    }

    private void Sync(bool always)
    {
        if (always == _isSynced)
            return;
        _session.Execute(always ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
        _isSynced = always;
    }

    private void Make(Change change)
    {
        _session.Execute("SAVEPOINT change");
        try
        {
            change.Make(_session);
        }
        // If SQLite has rolled back the whole transaction, earlier changes are undone too, and the group fails as one.
        catch (Exception e) when (_session.InTransaction)
        {
            _session.Execute("ROLLBACK TO change");
            change.Fail(Outward(e));
        }

        _session.Execute("RELEASE change");
    }

    private void TryRollBack()
    {
        try
        {
            _session.RollBack();
        }
        catch (SqliteException)
        {
            // The disk is gone. The next group tries again before it begins; if that fails too, it fails with the reason.
        }
    }

    /// <summary>Makes a new exception for each caller, because one that many throw at once would mix their stack traces.</summary>
    private static Exception Outward(Exception exception) =>
        SqliteSession.KindOf(exception) is { } kind ? SqliteSession.From(exception, kind) : exception;

    private abstract class Change
    {
        private const int Waiting = 0, Begun = 1, TakenBack = 2;

        public bool IsPassing { get; init; }

        public Func<SqliteSession, bool, IEnumerable<IUnsynced>>? Prepare { get; init; }

        private int _state;

        /// <summary>Begins the change. False if its caller has withdrawn it.</summary>
        public bool TryBegin() => Interlocked.CompareExchange(ref _state, Begun, Waiting) == Waiting;

        public void TakeBack(CancellationToken token)
        {
            if (Interlocked.CompareExchange(ref _state, TakenBack, Waiting) == Waiting)
                Cancel(token);
        }

        public abstract void Make(SqliteSession session);

        /// <summary>Reports success. Has no effect on a change that has already failed or was withdrawn.</summary>
        public abstract void Succeed();

        /// <inheritdoc cref="Succeed"/>
        public abstract void Fail(Exception exception);

        protected abstract void Cancel(CancellationToken token);
    }

    private sealed class Change<T>(Func<SqliteSession, T> make) : Change
    {
        private readonly TaskCompletionSource<T> _source = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private Action? _succeed;

        public Task<T> Task => _source.Task;

        public override void Make(SqliteSession session)
        {
            var result = make(session);
            _succeed = () => _source.TrySetResult(result);
        }

        public override void Succeed() => _succeed?.Invoke();

        public override void Fail(Exception exception) => _source.TrySetException(exception);

        protected override void Cancel(CancellationToken token) => _source.TrySetCanceled(token);
    }
}
