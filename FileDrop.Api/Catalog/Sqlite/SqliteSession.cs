using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace FileDrop.Api.Catalog.Sqlite;

/// <summary>One connection with its prepared statements. For one thread at a time.</summary>
internal sealed class SqliteSession : IDisposable
{
    /// <summary>How long a change waits for one of another process, such as the check.</summary>
    private const int BusySeconds = 10;

    /// <summary>SQLite's own upper bound; what lies behind it is read in the ordinary way.</summary>
    private const long MappedBytes = 0x7fff0000;

    private const int MaxStatements = 256;

    private readonly SqliteConnection _connection;

    /// <summary>
    /// Every text is a constant, or a list's. Of those there are as many as combinations of filters: when that is too much
    /// all are let go.
    /// </summary>
    private readonly Dictionary<string, SqliteCommand> _statements = new(StringComparer.Ordinal);

    /// <summary>
    /// A connection is used by one thread at a time, so its calls need no lock; nor do all of them together, to count what memory they
    /// take. Without those locks a small upload took 6 to 26 % less of the processor's time.
    /// </summary>
    static SqliteSession()
    {
        Batteries_V2.Init();
        // Refused where another part of the process was first, as tests are: everything works as well then, only slower.
        _ = raw.sqlite3_config(raw.SQLITE_CONFIG_MULTITHREAD);
        _ = raw.sqlite3_config(raw.SQLITE_CONFIG_MEMSTATUS, 0);
    }

    /// <summary>Opens the database; makes it if it is not there.</summary>
    /// <param name="path">Its file.</param>
    /// <param name="readOnly">Whether changes are refused.</param>
    /// <param name="isMapped">Whether pages are read where the system keeps them, rather than copied.</param>
    public SqliteSession(string path, bool readOnly, bool isMapped)
    {
        Path = path;
        _connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Pooling = false,
            DefaultTimeout = BusySeconds,
        }.ToString());
        try
        {
            _connection.Open();
            _connection.CreateFunction("folded", static (string text) => SearchText.Fold(text), isDeterministic: true);
            // Plans do not look at values. Otherwise whatever has a parameter behind LIMIT, or for a column that a partial index is about,
            // is prepared anew for each value: a small upload took a sixth more of the processor's time.
            _ = raw.sqlite3_db_config(_connection.Handle, raw.SQLITE_DBCONFIG_ENABLE_QPSG, 1, out _);
            KeepLog();
            // FULL syncs the log at every commit: an acknowledged change survives a power cut, not just a crash. The log is
            // cut back after a burst, so that it does not keep the burst's size for ever. Readers of lists map the file: a
            // page of a list by name finds each file on another page of the database, and copying those took longer than all else.
            // Other readers do not: what each has touched of a mapping, with what lies around it, counts as the process's memory.
            // Caches are small, for the system has its own: twice and four times as large made nothing faster, and the process 36 MiB larger.
            ExecuteScript($"""
                PRAGMA busy_timeout = {BusySeconds * 1000};
                PRAGMA synchronous = FULL;
                PRAGMA foreign_keys = ON;
                PRAGMA temp_store = MEMORY;
                PRAGMA journal_size_limit = {64 << 20};
                PRAGMA cache_size = {(readOnly ? -2 : -16) * 1024};
                PRAGMA mmap_size = {(isMapped ? MappedBytes : 0)};
                PRAGMA query_only = {(readOnly ? 1 : 0)};
                """);
        }
        catch
        {
            _connection.Dispose();
            throw;
        }
    }

    public string Path { get; }

    /// <summary>Whether a transaction is open. After some errors SQLite rolls the whole of it back by itself.</summary>
    public bool InTransaction => raw.sqlite3_get_autocommit(_connection.Handle) == 0;

    /// <summary>The rowid of the last row that was inserted into a table with rowids.</summary>
    public long LastInsertedRow => raw.sqlite3_last_insert_rowid(_connection.Handle);

    /// <summary>Runs one statement to its end.</summary>
    /// <param name="sql">The parameters are <c>?1</c>, <c>?2</c>, …</param>
    /// <param name="values">Long, string, byte[] or null.</param>
    /// <returns>Rows inserted, updated or deleted.</returns>
    public int Execute(string sql, params ReadOnlySpan<object?> values) => Bind(sql, values).ExecuteNonQuery();

    /// <summary>Runs one query; dispose the reader before the same statement is run again.</summary>
    public SqliteDataReader Query(string sql, params ReadOnlySpan<object?> values) => Bind(sql, values).ExecuteReader();

    /// <summary>The first row's first column; 0 without a row or for null.</summary>
    public long Number(string sql, params ReadOnlySpan<object?> values) => Bind(sql, values).ExecuteScalar() as long? ?? 0;

    /// <summary>Runs statements without parameters that are not worth keeping.</summary>
    public void ExecuteScript(string sql)
    {
        using var command = _connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    /// <summary>Ends an open transaction, if there is one.</summary>
    public void RollBack()
    {
        if (InTransaction)
            Execute("ROLLBACK");
    }

    public void Dispose()
    {
        ForgetStatements();
        _connection.Dispose();
    }

    /// <summary>What kind of failure, of the disk or of another process's making, an exception tells of; null for a bug of ours.</summary>
    public static StorageFailure? KindOf(Exception exception) => exception switch
    {
        SqliteException { SqliteErrorCode: raw.SQLITE_FULL } => StorageFailure.Full,
        // The shared-memory file is grown by writing to it: that fails when there is no room.
        SqliteException { SqliteExtendedErrorCode: raw.SQLITE_IOERR_SHMSIZE } => StorageFailure.Full,
        SqliteException
        {
            SqliteErrorCode: raw.SQLITE_BUSY or raw.SQLITE_LOCKED or raw.SQLITE_IOERR or raw.SQLITE_CANTOPEN or raw.SQLITE_READONLY
                or raw.SQLITE_PERM or raw.SQLITE_AUTH or raw.SQLITE_PROTOCOL or raw.SQLITE_NOMEM or raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB,
        } => StorageFailure.Unavailable,
        IOException or UnauthorizedAccessException => StorageFailure.Unavailable,
        _ => null,
    };

    public static StorageException From(Exception exception, StorageFailure kind) =>
        new(kind, $"The catalog failed: {exception.Message}", exception);

    /// <summary>SQLite goes on without a write-ahead log where it cannot have one, and all that is built on it would be wrong.</summary>
    private void KeepLog()
    {
        using var mode = Query("PRAGMA journal_mode = WAL");
        if (!mode.Read() || mode.GetString(0) is not "wal")
            throw new InvalidOperationException($"The catalog {Path} cannot have a write-ahead log. It has to lie on a local disk.");
    }

    private void ForgetStatements()
    {
        foreach (var statement in _statements.Values)
            statement.Dispose();
        _statements.Clear();
    }

    private SqliteCommand Bind(string sql, ReadOnlySpan<object?> values)
    {
        if (!_statements.TryGetValue(sql, out var command))
        {
            if (_statements.Count == MaxStatements)
                ForgetStatements();
            command = _connection.CreateCommand();
            command.CommandText = sql;
            _statements.Add(sql, command);
        }

        var parameters = command.Parameters;
        while (parameters.Count < values.Length)
            parameters.Add(new SqliteParameter { ParameterName = ParameterName(parameters.Count) });
        for (var i = 0; i < values.Length; i++)
            parameters[i].Value = values[i] ?? DBNull.Value;
        return command;
    }

    private static string ParameterName(int index) => $"?{index + 1}";
}
