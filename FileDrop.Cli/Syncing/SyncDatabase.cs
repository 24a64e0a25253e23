using Microsoft.Data.Sqlite;

namespace FileDrop.Cli.Syncing;

/// <summary>The database of a sync, with its prepared statements. One thread at a time uses it.</summary>
internal sealed class SyncDatabase : IDisposable
{
    private const int GroupSize = 100;

    private readonly SqliteConnection _connection;
    private readonly Dictionary<string, SqliteCommand> _commands = new(StringComparer.Ordinal);
    private SqliteTransaction? _transaction;
    private int _notes;

    /// <summary>Opens the database; makes it if it does not exist.</summary>
    /// <param name="file">Its full path.</param>
    public SyncDatabase(string file)
    {
        _connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Pooling = false }.ConnectionString);
        _connection.Open();
    }

    /// <summary>Writes a note, which is committed with its group.</summary>
    public void Write(string sql, params ReadOnlySpan<(string Name, object? Value)> values)
    {
        _transaction ??= _connection.BeginTransaction();
        if (!_commands.TryGetValue(sql, out var command))
            command = _commands[sql] = Command(sql);
        command.Transaction = _transaction;
        command.Parameters.Clear();
        foreach (var (name, value) in values)
            command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        command.ExecuteNonQuery();
        // The service's tree and its cursor belong together: only the caller commits a long list.
        if (++_notes >= GroupSize && !sql.Contains("remote", StringComparison.Ordinal))
            Commit();
    }

    /// <summary>Commits all notes.</summary>
    public void Commit()
    {
        _transaction?.Commit();
        _transaction?.Dispose();
        (_transaction, _notes) = (null, 0);
    }

    /// <summary>Runs statements outside of a group.</summary>
    public void Execute(string sql)
    {
        using var command = Command(sql);
        command.ExecuteNonQuery();
    }

    /// <summary>Reads all rows of a query.</summary>
    public void Read(string sql, Action<SqliteDataReader> each)
    {
        using var command = Command(sql);
        using var rows = command.ExecuteReader();
        while (rows.Read())
            each(rows);
    }

    public void Dispose()
    {
        _transaction?.Dispose();
        foreach (var command in _commands.Values)
            command.Dispose();
        _connection.Dispose();
    }

    private SqliteCommand Command(string sql)
    {
        var command = _connection.CreateCommand();
#pragma warning disable CA2100 // All texts are constants of the state.
        command.CommandText = sql;
#pragma warning restore CA2100
        return command;
    }
}
