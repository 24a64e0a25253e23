using System.Collections.Concurrent;
using System.Diagnostics;

namespace FileDrop.Api.Catalog.Mongo;

/// <summary>Queues changes of one document within this process. The first change takes all that wait, and commits them together.</summary>
/// <remarks>
/// Concurrent changes would make each other's saves fail. A line that saves without a pause starves other replicas, which must load before they save and so
/// lose each time. Once a line has lost a save, it leaves gaps for a while.
/// </remarks>
internal sealed class MongoLines
{
    private readonly ConcurrentDictionary<(string Owner, Guid Id), Line> _lines = [];

    /// <summary>Waits for the change's turn, by when another turn may have done the change. Dispose the turn to admit the next change.</summary>
    public async ValueTask<Turn> EnterAsync(string owner, Guid id, MongoChange change, CancellationToken cancellation)
    {
        Line? line;
        do
        {
            line = _lines.GetOrAdd((owner, id), _ => new Line());
        }
        while (!line.TryJoin());
        try
        {
            line.Waiting.Enqueue(change);
            await line.Gate.WaitAsync(cancellation);
            return new Turn(this, (owner, id), line);
        }
        catch
        {
            Leave((owner, id), line);
            throw;
        }
    }

    private void Leave((string Owner, Guid Id) document, Line line)
    {
        if (line.Leave())
        {
            _lines.TryRemove(new KeyValuePair<(string, Guid), Line>(document, line));
            line.Gate.Dispose();
        }
    }

    /// <summary>One change's turn.</summary>
    internal readonly struct Turn(MongoLines lines, (string Owner, Guid Id) document, Line line) : IDisposable
    {
        /// <summary>Takes all waiting changes, including the turn's own.</summary>
        public IReadOnlyList<MongoChange> TakeAll()
        {
            List<MongoChange> all = [];
            while (line.Waiting.TryDequeue(out var change))
                all.Add(change);
            return all;
        }

        /// <summary>True if another replica changed the document lately, so that a kept copy is probably stale.</summary>
        public bool IsContended => line.LostLately() is not null;

        /// <summary>
        /// Waits for two to four saves if another replica changes the document too, so that it can load and save meanwhile. More changes join, so little
        /// is lost.
        /// </summary>
        public Task LeaveGapAsync() => line.LostLately() is { } save
            ? Task.Delay(save * (2 + (2 * Random.Shared.NextDouble())))
            : Task.CompletedTask;

        /// <summary>Records that another replica's change came first.</summary>
        /// <param name="save">The time that the refused save took.</param>
        public void HasLost(TimeSpan save) => line.Lose(save);

        public void Dispose()
        {
            line.Gate.Release();
            lines.Leave(document, line);
        }
    }

    /// <summary>The queue of one document.</summary>
    internal sealed class Line
    {
        private const int Closed = -1;
        private static readonly TimeSpan s_memory = TimeSpan.FromSeconds(1);
        private static readonly TimeSpan s_longestSave = TimeSpan.FromMilliseconds(200);
        private int _count;
        private long _lostAt;
        private TimeSpan _lostSave;

        public SemaphoreSlim Gate { get; } = new(1);

        public ConcurrentQueue<MongoChange> Waiting { get; } = new();

        /// <summary>Joins the queue. False if the last change has left, which closed the queue.</summary>
        public bool TryJoin()
        {
            while (true)
            {
                var count = Volatile.Read(ref _count);
                if (count == Closed)
                    return false;
                if (Interlocked.CompareExchange(ref _count, count + 1, count) == count)
                    return true;
            }
        }

        /// <summary>The duration of a save, if one was lost recently.</summary>
        public TimeSpan? LostLately() => _lostAt != 0 && Stopwatch.GetElapsedTime(_lostAt) < s_memory ? _lostSave : null;

        public void Lose(TimeSpan save) => (_lostAt, _lostSave) = (Stopwatch.GetTimestamp(), save < s_longestSave ? save : s_longestSave);

        /// <summary>Leaves the queue. True if this was the last change, which closes the queue.</summary>
        public bool Leave() => Interlocked.Decrement(ref _count) == 0 && Interlocked.CompareExchange(ref _count, Closed, 0) == 0;
    }
}
