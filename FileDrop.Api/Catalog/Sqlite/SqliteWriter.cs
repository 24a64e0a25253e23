using System.Threading.Channels;
using FileDrop.Api.Storage;
using Microsoft.Data.Sqlite;

namespace FileDrop.Api.Catalog.Sqlite;

/// <summary>
/// Makes every change, one after the other, on one connection, and commits waiting changes as one group. The sync that makes a commit durable costs a thousand
/// times as much as a change, and a group needs only one.
/// </summary>
/// <remarks>
/// It has its own thread, because it mostly waits for the disk and must not queue behind the requests that wait for it. A change succeeds only after its commit
/// has returned.
/// </remarks>
internal sealed class SqliteWriter : IAsyncDisposable
{
    /// <summary>The most changes that share a commit.</summary>
    public const int GroupSize = 256;

    private readonly SqliteSession _session;
    private bool _syncs = true;

    /// <summary>Continuations are synchronous, so waking the writer's thread needs no pool thread.</summary>
    private readonly Channel<Change> _queue = Channel.CreateUnbounded<Change>(
        new UnboundedChannelOptions { SingleReader = true, AllowSynchronousContinuations = true });

    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="session">The session; this writer becomes its owner and only user.</param>
    public SqliteWriter(SqliteSession session)
    {
        _session = session;
        new Thread(Run) { Name = "Catalog writer", IsBackground = true }.Start();
    }

    /// <summary>Makes one change, completely or not at all; it is durable when the task completes.</summary>
    /// <param name="change">The change, called once on the writer's thread. An exception undoes it and is rethrown here.</param>
    /// <param name="cancellation"> Withdraws the change while it waits. A change that has begun runs to its end. </param>
    /// <param name="isPassing"> Whether the change matters only while this process lives. It gets no sync of its own, so a power cut may undo it unless a
    /// synced change followed. </param>
    public async Task<T> RunAsync<T>(Func<SqliteSession, T> change, CancellationToken cancellation, bool isPassing = false)
    {
        cancellation.ThrowIfCancellationRequested();
        var queued = new Change<T>(change) { IsPassing = isPassing };
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
