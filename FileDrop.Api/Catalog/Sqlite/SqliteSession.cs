using FileDrop.Api.Storage;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace FileDrop.Api.Catalog.Sqlite;

/// <summary>One connection with its prepared statements, for one thread at a time.</summary>
internal sealed class SqliteSession : IDisposable
{
    /// <summary>The time for which a change waits for a change of another process, such as the check.</summary>
    private const int BusySeconds = 10;

    /// <summary>SQLite's upper bound; pages beyond it are read in the ordinary way.</summary>
    private const long MappedBytes = 0x7fff0000;

    /// <summary>The pages in the log from which a commit writes the log back to the database. More pages in it meet the same pages again.</summary>
    public const int PagesInLog = 2048;

    private const int MaxStatements = 256;

    private readonly SqliteConnection _connection;

    /// <summary>Each SQL text is a constant or belongs to a list. Lists have a text for each combination of filters, so a full dictionary is cleared.</summary>
    private readonly Dictionary<string, SqliteCommand> _statements = new(StringComparer.Ordinal);

    /// <summary>
    /// One thread at a time uses a connection, so its calls need no lock. SQLite's count of its memory, which needs a global lock, is off too. Without those
    /// locks a small upload took 6 to 26 % less processor time.
    /// </summary>
    static SqliteSession()
    {
        Batteries_V2.Init();
        // SQLite refuses this if other code in the process has used it before, as in tests; it then works as well, only slower.
        _ = raw.sqlite3_config(raw.SQLITE_CONFIG_MULTITHREAD);
        _ = raw.sqlite3_config(raw.SQLITE_CONFIG_MEMSTATUS, 0);
    }

    /// <summary>Opens the database; creates it if it does not exist.</summary>
    /// <param name="path">The database file.</param>
    /// <param name="readOnly">Whether the connection refuses changes.</param>
    /// <param name="isMapped">Whether pages are memory-mapped instead of copied.</param>
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
            // Plans must not depend on values. Otherwise SQLite prepares a statement again for each value of a parameter after LIMIT or for a partial index's
            // column. A small upload then took a sixth more processor time.
            _ = raw.sqlite3_db_config(_connection.Handle, raw.SQLITE_DBCONFIG_ENABLE_QPSG, 1, out _);
            KeepLog();
            // FULL syncs the log at every commit, so that an acknowledged change survives a power cut too. The size limit truncates the log after a burst, so
            // that it does not keep the burst's size forever. Readers of lists map the file, because a list by name reads each file from
            // another page. Copying these pages took longer than all else. Other readers do not map, because touched pages of a mapping
            // count as the process's memory. Caches are small, because the system has its own: caches twice and four times as large made
            // nothing faster, and the process 36 MiB larger.
            ExecuteScript($"""
                PRAGMA busy_timeout = {BusySeconds * 1000};
                PRAGMA synchronous = FULL;
                PRAGMA foreign_keys = ON;
                PRAGMA temp_store = MEMORY;
                PRAGMA wal_autocheckpoint = {PagesInLog};
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

    /// <summary>The owner to whose feed the writer's present change has added something; null if it has not.</summary>
    public string? Changed { get; set; }

    /// <summary>Whether a transaction is open. After some errors SQLite rolls it back by itself.</summary>
    public bool InTransaction => raw.sqlite3_get_autocommit(_connection.Handle) == 0;

    /// <summary>The rowid of the last row that was inserted into a table with rowids.</summary>
    public long LastInsertedRow => raw.sqlite3_last_insert_rowid(_connection.Handle);

    /// <summary>Runs one statement to its end.</summary>
    /// <param name="sql">The SQL, with parameters <c>?1</c>, <c>?2</c>, …</param>
    /// <param name="values">The values: long, string, byte[] or null.</param>
    /// <returns>The number of rows inserted, updated or deleted.</returns>
    public int Execute(string sql, params ReadOnlySpan<object?> values) => Bind(sql, values).ExecuteNonQuery();

    /// <summary>Runs one query. Dispose the reader before the same statement runs again.</summary>
    public SqliteDataReader Query(string sql, params ReadOnlySpan<object?> values) => Bind(sql, values).ExecuteReader();

    /// <summary>Returns the first row's first column; 0 without a row or for null.</summary>
    public long Number(string sql, params ReadOnlySpan<object?> values) => Bind(sql, values).ExecuteScalar() as long? ?? 0;

    /// <summary>Runs statements without parameters, without keeping them prepared.</summary>
    public void ExecuteScript(string sql)
    {
        using var command = _connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    /// <summary>Rolls back the open transaction, if there is one.</summary>
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

    /// <summary>The kind of failure if the disk or another process caused the exception; null for a bug of ours.</summary>
    public static StorageFailure? KindOf(Exception exception) => exception switch
    {
        SqliteException { SqliteErrorCode: raw.SQLITE_FULL } => StorageFailure.Full,
        // SQLite grows the shared-memory file by writing to it, which fails on a full disk.
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

    /// <summary>Requires the write-ahead log. SQLite continues without one if it cannot have it, and then our guarantees would not hold.</summary>
    private void KeepLog()
    {
        using var mode = Query("PRAGMA journal_mode = WAL");
        if (!mode.Read() || mode.GetString(0) is not "wal")
            throw new InvalidOperationException($"The catalog {Path} cannot have a write-ahead log. Put it on a local disk.");
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
