using System.Collections.Concurrent;

namespace FileDrop.Api.Catalog.Mongo;

/// <summary>Changes of one document within this process stand in line: many at once would refuse each other's saves.</summary>
/// <remarks>Between processes a save's condition decides, and the loser tries again after a random pause.</remarks>
internal sealed class MongoLines
{
    private readonly ConcurrentDictionary<Guid, Line> _lines = [];

    /// <summary>Waits for this document's turn; dispose it to let the next one in.</summary>
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

    /// <summary>Those who wait, and the one whose turn it is.</summary>
    internal sealed class Line
    {
        private const int Closed = -1;
        private int _count;

        public SemaphoreSlim Gate { get; } = new(1);

        /// <summary>False: the last one has left, and the line is closed.</summary>
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

        /// <summary>Whether this was the last one, which closes the line.</summary>
        public bool Leave() => Interlocked.Decrement(ref _count) == 0 && Interlocked.CompareExchange(ref _count, Closed, 0) == 0;
    }
}
