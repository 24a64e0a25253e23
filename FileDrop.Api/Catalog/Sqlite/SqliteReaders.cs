using System.Collections.Concurrent;
using FileDrop.Api.Storage;

namespace FileDrop.Api.Catalog.Sqlite;

/// <summary>A pool of a few connections for reading.</summary>
/// <remarks>
/// SQLite reads are synchronous calls. Each is short (a look-up or one page of a list), so it runs on its caller's thread. At most <see cref="Count"/> run at a
/// time, so that a burst does not hold the whole thread pool. No transaction is open between two reads, so the log can always be written back.
/// </remarks>
internal sealed class SqliteReaders : IDisposable
{
    private const int Count = 4;

    /// <summary>A stack, so that the connection with the warmest cache is used first.</summary>
    private readonly ConcurrentStack<SqliteSession> _idle = new();
    private readonly SemaphoreSlim _free = new(Count);
    private volatile bool _closed;

    /// <param name="path">The database.</param>
    /// <param name="isMapped">See <see cref="SqliteSession"/>.</param>
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

    /// <summary>Runs one read, which must have read all that it needs from the connection when it returns.</summary>
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

    /// <summary>Closes idle connections now, and busy ones when their read ends.</summary>
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
