using FileDrop.Api.Blobs;
using Microsoft.Data.Sqlite;

namespace FileDrop.Api.Commands;

/// <summary>Remembers the blobs seen in a temporary database on disk, because there may be too many for memory.</summary>
internal sealed class SeenBlobs : IDisposable
{
    private readonly SqliteConnection _database;
    private readonly SqliteCommand _insert;
    private readonly SqliteCommand _find;

    public SeenBlobs()
    {
        // With an empty name, SQLite makes a private file and deletes it when the connection ends.
        _database = new SqliteConnection("Data Source=;Pooling=False");
        _database.Open();
        using var create = _database.CreateCommand();
        create.CommandText = "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; CREATE TABLE seen (blob BLOB PRIMARY KEY) WITHOUT ROWID, STRICT";
        create.ExecuteNonQuery();
        _insert = Prepare("INSERT OR IGNORE INTO seen (blob) VALUES ($blob)");
        _find = Prepare("SELECT 1 FROM seen WHERE blob = $blob");
    }

    public void Add(IEnumerable<BlobKey> keys)
    {
        using var transaction = _database.BeginTransaction();
        _insert.Transaction = transaction;
        foreach (var key in keys)
        {
            _insert.Parameters[0].Value = key.BlobId.ToByteArray();
            _insert.ExecuteNonQuery();
        }
        transaction.Commit();
    }

    public bool Contains(BlobKey key)
    {
        _find.Parameters[0].Value = key.BlobId.ToByteArray();
        return _find.ExecuteScalar() is not null;
    }

    public void Dispose()
    {
        _insert.Dispose();
        _find.Dispose();
        _database.Dispose();
    }

    private SqliteCommand Prepare(string text)
    {
        var command = _database.CreateCommand();
        command.CommandText = text;
        command.Parameters.Add("$blob", SqliteType.Blob, 16);
        command.Parameters[0].Value = Array.Empty<byte>();
        command.Prepare();
        return command;
    }
}
