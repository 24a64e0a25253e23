using System.Collections.Concurrent;

namespace FileDrop.Api.Catalog.Mongo;

/// <summary>Queues changes of one document within this process, because concurrent ones would make each other's saves fail.</summary>
/// <remarks>Between processes a save's condition decides, and the loser tries again after a random pause.</remarks>
internal sealed class MongoLines
{
    private readonly ConcurrentDictionary<Guid, Line> _lines = [];

    /// <summary>Waits for a turn at this document; dispose the turn to admit the next change.</summary>
    public async ValueTask<Turn> EnterAsync(Guid id, CancellationToken cancellation)
    {
        Line? line;
        do
        {
            line = _lines.GetOrAdd(id, _ => new Line());
        }
        while (!line.TryJoin());
        try
        {
            await line.Gate.WaitAsync(cancellation);
            return new Turn(this, id, line);
        }
        catch
        {
            Leave(id, line);
            throw;
        }
    }

    private void Leave(Guid id, Line line)
    {
        if (line.Leave())
        {
            _lines.TryRemove(new KeyValuePair<Guid, Line>(id, line));
            line.Gate.Dispose();
        }
    }

    /// <summary>One change's turn.</summary>
    internal readonly struct Turn(MongoLines lines, Guid id, Line line) : IDisposable
    {
        public void Dispose()
        {
            line.Gate.Release();
            lines.Leave(id, line);
        }
    }

    /// <summary>The queue of one document: the change whose turn it is, and those that wait.</summary>
    internal sealed class Line
    {
        private const int Closed = -1;
        private int _count;

        public SemaphoreSlim Gate { get; } = new(1);

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

        /// <summary>Leaves the queue. True if this was the last change, which closes the queue.</summary>
        public bool Leave() => Interlocked.Decrement(ref _count) == 0 && Interlocked.CompareExchange(ref _count, Closed, 0) == 0;
    }
}
