using System.Threading.Channels;

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

    private readonly Channel<SqliteSession> _idle = Channel.CreateBounded<SqliteSession>(Count);

    public SqliteReaders(string path)
    {
        try
        {
            for (var i = 0; i < Count; i++)
                _idle.Writer.TryWrite(new SqliteSession(path, readOnly: true));
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
        SqliteSession session;
        try
        {
            session = await _idle.Reader.ReadAsync(cancellation);
        }
        catch (ChannelClosedException e)
        {
            throw new StorageException(StorageFailure.Unavailable, "The catalog is closed.", e);
        }

        try
        {
            return read(session);
        }
        catch (Exception e) when (SqliteSession.KindOf(e) is { } kind)
        {
            throw SqliteSession.From(e, kind);
        }
        finally
        {
            if (!_idle.Writer.TryWrite(session))
                session.Dispose();
        }
    }

    public void Dispose()
    {
        _idle.Writer.TryComplete();
        while (_idle.Reader.TryRead(out var session))
            session.Dispose();
    }
}
