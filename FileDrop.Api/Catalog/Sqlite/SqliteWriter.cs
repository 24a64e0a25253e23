using System.Threading.Channels;
using Microsoft.Data.Sqlite;

namespace FileDrop.Api.Catalog.Sqlite;

/// <summary>
/// Makes every change, one after the other, on one connection, and commits those that wait together as one group: the
/// sync that makes a commit durable costs a thousand times what a change does, and a group needs one.
/// </summary>
/// <remarks>
/// It has a thread of its own: it spends its time waiting for the disk, and must not stand in line behind the requests
/// that wait for it. A change is told of its success only after the commit has returned.
/// </remarks>
internal sealed class SqliteWriter : IAsyncDisposable
{
    /// <summary>So many changes share a commit at the most.</summary>
    public const int GroupSize = 256;

    private readonly SqliteSession _session;
    private bool _syncs = true;

    /// <summary>Continues synchronously: to wake the writer's thread takes no thread of the pool.</summary>
    private readonly Channel<Change> _queue = Channel.CreateUnbounded<Change>(
        new UnboundedChannelOptions { SingleReader = true, AllowSynchronousContinuations = true });

    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="session">Its owner and only user from now on is this writer.</param>
    public SqliteWriter(SqliteSession session)
    {
        _session = session;
        new Thread(Run) { Name = "Catalog writer", IsBackground = true }.Start();
    }

    /// <summary>Makes one change, whole or not at all; durable when the task is done.</summary>
    /// <param name="change">Called on the writer's thread, once; what it throws undoes what it did and comes out here.</param>
    /// <param name="cancellation">
    /// Takes the change back as long as it waits. Once begun it runs to its end: the answer is then its own.
    /// </param>
    /// <param name="isPassing">
    /// Whether it means something only as long as this process lives: it is not synced by itself, and so may be gone after a power cut
    /// unless something followed it.
    /// </param>
    public async Task<T> RunAsync<T>(Func<SqliteSession, T> change, CancellationToken cancellation, bool isPassing = false)
    {
        cancellation.ThrowIfCancellationRequested();
        var queued = new Change<T>(change) { IsPassing = isPassing };
        if (!_queue.Writer.TryWrite(queued))
            throw new StorageException(StorageFailure.Unavailable, "The catalog is closed.");
        await using var registration = cancellation.UnsafeRegister(static (state, token) => (state as Change)?.TakeBack(token), queued);
        return await queued.Task;
    }

    /// <summary>Makes the changes that wait already, then closes the connection.</summary>
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
            while (group.Count < GroupSize && _queue.Reader.TryRead(out var change))
                group.Add(change);
            CommitGroup(group);
            group.Clear();
        }

        _session.Dispose();
        _ended.SetResult();
    }

    private void CommitGroup(List<Change> group)
    {
        try
        {
            _session.RollBack();
            Sync(always: !group.All(change => change.IsPassing));
            _session.Execute("BEGIN IMMEDIATE");
            foreach (var change in group)
                Make(change);
            _session.Execute("COMMIT");
        }
        catch (Exception e)
        {
            TryRollBack();
            foreach (var change in group)
                change.Fail(Outward(e));
            return;
        }

        foreach (var change in group)
            change.Succeed();
    }

    private void Sync(bool always)
    {
        if (always == _syncs)
            return;
        _session.Execute(always ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
        _syncs = always;
    }

    private void Make(Change change)
    {
        if (!change.TryBegin())
            return;

        _session.Execute("SAVEPOINT change");
        try
        {
            change.Make(_session);
        }
        // Where SQLite has rolled back everything, the changes before this one are undone too, and the group fails as one.
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
            // The disk is gone. The next group tries again before it begins, and fails with the reason if that fails.
        }
    }

    /// <summary>A new exception for each that is told: one that many throw at once would mix their stack traces.</summary>
    private static Exception Outward(Exception exception) =>
        SqliteSession.KindOf(exception) is { } kind ? SqliteSession.From(exception, kind) : exception;

    private abstract class Change
    {
        private const int Waiting = 0, Begun = 1, TakenBack = 2;

        public bool IsPassing { get; init; }

        private int _state;

        /// <summary>False: its caller has taken it back.</summary>
        public bool TryBegin() => Interlocked.CompareExchange(ref _state, Begun, Waiting) == Waiting;

        public void TakeBack(CancellationToken token)
        {
            if (Interlocked.CompareExchange(ref _state, TakenBack, Waiting) == Waiting)
                Cancel(token);
        }

        public abstract void Make(SqliteSession session);

        /// <summary>Has no effect on a change that has ended: one that failed alone, or was taken back.</summary>
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
