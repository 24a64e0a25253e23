using System.Collections.Concurrent;

namespace FileDrop.Api.Catalog.Sqlite;

/// <summary>A few connections for reading.</summary>
/// <remarks>
/// SQLite reads are synchronous calls. Each is short, a point look-up or one page of a list, so it runs on its caller's
/// thread; that at most <see cref="Count"/> run at a time keeps a burst from holding the whole thread pool. Nothing is
/// open between two reads: the log can always be written back.
/// </remarks>
internal sealed class SqliteReaders : IDisposable
{
    private const int Count = 4;

    /// <summary>The one that was used last is taken first: its cache is the warmest.</summary>
    private readonly ConcurrentStack<SqliteSession> _idle = new();
    private readonly SemaphoreSlim _free = new(Count);
    private volatile bool _closed;

    /// <param name="path">The database.</param>
    /// <param name="isMapped">As a session's.</param>
    public SqliteReaders(string path, bool isMapped)
    {
        try
        {
            for (var i = 0; i < Count; i++)
                _idle.Push(new SqliteSession(path, readOnly: true, isMapped));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Runs one read; what it needs must be out of the connection when it returns.</summary>
    public async Task<T> RunAsync<T>(Func<SqliteSession, T> read, CancellationToken cancellation)
    {
        await _free.WaitAsync(cancellation);
        try
        {
            if (!_idle.TryPop(out var session))
                throw new StorageException(StorageFailure.Unavailable, "The catalog is closed.");
            try
            {
                return read(session);
            }
            finally
            {
                _idle.Push(session);
                if (_closed)
                    CloseIdle();
            }
        }
        catch (Exception e) when (SqliteSession.KindOf(e) is { } kind)
        {
            throw SqliteSession.From(e, kind);
        }
        finally
        {
            _free.Release();
        }
    }

    /// <summary>Closes what is idle now, and what is in use when its read ends.</summary>
    public void Dispose()
    {
        _closed = true;
        CloseIdle();
    }

    private void CloseIdle()
    {
        while (_idle.TryPop(out var session))
            session.Dispose();
    }
}
