using System.IO.Hashing;
using System.Security.Cryptography;
using FileDrop.Api.Blobs;
using Microsoft.Data.Sqlite;

namespace FileDrop.Api.Tests.Maintenance;

/// <summary>
/// A data directory of the first FileDrop: the exact layout of its database, with rows and blobs of every kind. Never change it, because a released layout does
/// not change either.
/// </summary>
internal sealed class FirstLayout : IDisposable
{
    private const string Layout =
        """
        CREATE TABLE files (
            n               INTEGER PRIMARY KEY,
            owner           TEXT    NOT NULL,
            id              BLOB    NOT NULL CHECK (length(id) = 16),
            state           INTEGER NOT NULL, -- 0 pending, 1 live, 2 tombstone
            version         INTEGER NOT NULL, -- 0 until the first commit
            created_at      INTEGER,
            updated_at      INTEGER,
            name            TEXT,
            name_key        TEXT,
            tags            TEXT,
            blob            BLOB,             -- this and the next six: the live content
            size            INTEGER,
            type            TEXT,
            sha256          BLOB,
            xxh3            INTEGER,
            content_version INTEGER,
            content_at      INTEGER,
            due             INTEGER,          -- of a tombstone that names no blob any more: when it may go
            remember_until  INTEGER,          -- until then the row can tell how the file was created
            first           TEXT,             -- version 1 as JSON, if remembered and no longer the live one
            CHECK (state <> 1 OR (version > 0 AND created_at IS NOT NULL AND updated_at IS NOT NULL AND name IS NOT NULL
                AND name_key IS NOT NULL AND tags IS NOT NULL AND blob IS NOT NULL AND size IS NOT NULL AND type IS NOT NULL
                AND sha256 IS NOT NULL AND xxh3 IS NOT NULL AND content_version IS NOT NULL AND content_at IS NOT NULL))
        ) STRICT;

        -- The id first: the check comes from a blob's key, which tells the file's id and no owner.
        CREATE UNIQUE INDEX files_by_id ON files (id, owner);
        CREATE INDEX files_by_created_at ON files (owner, created_at, id) WHERE state = 1;
        CREATE INDEX files_by_updated_at ON files (owner, updated_at, id) WHERE state = 1;
        CREATE INDEX files_by_name_key ON files (owner, name_key, id) WHERE state = 1;
        CREATE INDEX files_by_size ON files (owner, size, id) WHERE state = 1;
        CREATE INDEX files_by_due ON files (due) WHERE due IS NOT NULL;

        CREATE TABLE blobs (
            file       INTEGER NOT NULL REFERENCES files (n),
            blob       BLOB    NOT NULL CHECK (length(blob) = 16),
            role       INTEGER NOT NULL, -- 0 intent, 1 live, 2 earlier version, 3 garbage
            fence      INTEGER NOT NULL,
            due        INTEGER,          -- an intent: its lease's end; garbage: when to delete the blob next
            until      INTEGER,          -- garbage: a deletion from this time on is the last one
            size       INTEGER,          -- this and all that follow: null until the commit
            type       TEXT,
            sha256     BLOB,
            xxh3       INTEGER,
            version    INTEGER,
            created_at INTEGER,
            PRIMARY KEY (file, blob),
            CHECK (role IN (1, 2) OR due IS NOT NULL),
            CHECK (role <> 3 OR until IS NOT NULL),
            CHECK (role NOT IN (1, 2) OR (due IS NULL AND size IS NOT NULL AND type IS NOT NULL AND sha256 IS NOT NULL
                AND xxh3 IS NOT NULL AND version IS NOT NULL AND created_at IS NOT NULL))
        ) STRICT, WITHOUT ROWID;

        CREATE INDEX blobs_by_due ON blobs (due) WHERE due IS NOT NULL;

        CREATE TABLE idempotency_keys (
            owner      TEXT    NOT NULL,
            key        TEXT    NOT NULL,
            file       BLOB    NOT NULL CHECK (length(file) = 16), -- an id that may have no row yet, or no longer
            expires_at INTEGER NOT NULL,
            PRIMARY KEY (owner, key)
        ) STRICT, WITHOUT ROWID;

        CREATE INDEX idempotency_keys_by_expires_at ON idempotency_keys (expires_at);

        PRAGMA user_version = 1;
        """;

    private static readonly long s_past = new DateTimeOffset(2026, 1, 2, 3, 4, 5, 678, TimeSpan.Zero).ToUnixTimeMilliseconds();
    private static readonly long s_future = DateTimeOffset.UtcNow.AddHours(5).ToUnixTimeMilliseconds();

    private readonly string _directory;
    private readonly SqliteConnection _connection;

    public FirstLayout(string directory)
    {
        _directory = directory;
        _connection = new SqliteConnection($"Data Source={Path.Combine(directory, "catalog.db")};Pooling=False");
        _connection.Open();
        Run("PRAGMA journal_mode = WAL");
        Run(Layout);
    }

    public void Dispose() => _connection.Dispose();

    /// <summary>A live file with its contents, oldest first, at the versions 1, 3, 5, …; the versions between changed its name.</summary>
    public Guid AddFile(string name, string tags, params byte[][] contents)
    {
        var (id, blobs) = (Guid.CreateVersion7(), contents.Select(_ => Guid.NewGuid()).ToList());
        var (live, version) = (contents[^1], (2 * contents.Length) - 1);
        var number = Run(
            """
            INSERT INTO files (owner, id, state, version, created_at, updated_at, name, name_key, tags, blob, size, type, sha256, xxh3,
                content_version, content_at)
            VALUES ('local', ?1, 1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 'text/plain', ?10, ?11, ?2, ?4)
            """,
            Bytes(id), version, s_past, s_past + version, name, name.ToUpperInvariant(), tags, Bytes(blobs[^1]), live.Length,
            SHA256.HashData(live), Checksum(live));
        for (var i = 0; i < contents.Length; i++)
        {
            var (content, role, at) = (contents[i], i == contents.Length - 1 ? 1 : 2, (2 * i) + 1);
            Run(
                """
                INSERT INTO blobs (file, blob, role, fence, size, type, sha256, xxh3, version, created_at)
                VALUES (?1, ?2, ?3, 1, ?4, 'text/plain', ?5, ?6, ?7, ?8)
                """,
                number, Bytes(blobs[i]), role, content.Length, SHA256.HashData(content), Checksum(content), at, s_past + at);
            Write(blobs[i], id, content);
        }
        return id;
    }

    /// <summary>An interrupted write of a new file or of new content; its bytes lie in the folder for unfinished writes.</summary>
    public void AddIntent(Guid? file = null)
    {
        var (id, blob) = (file ?? Guid.CreateVersion7(), Guid.NewGuid());
        if (file is null)
            Run("INSERT INTO files (owner, id, state, version) VALUES ('local', ?1, 0, 0)", Bytes(id));
        Run("INSERT INTO blobs (file, blob, role, fence, due) SELECT n, ?2, 0, 1, ?3 FROM files WHERE id = ?1", Bytes(id), Bytes(blob), s_past);
        Write(blob, id, [1, 2, 3], "incoming");
    }

    /// <summary>A pruned content of a file that is not deleted yet.</summary>
    public void AddGarbage(Guid file)
    {
        var blob = Guid.NewGuid();
        Run(
            """
            INSERT INTO blobs (file, blob, role, fence, due, until, size, type, sha256, xxh3, version, created_at)
            SELECT n, ?2, 3, 1, ?3, ?3, 1, 'text/plain', ?4, 7, 2, ?3 FROM files WHERE id = ?1
            """,
            Bytes(file), Bytes(blob), s_past, SHA256.HashData([7]));
        Write(blob, file, [7]);
    }

    /// <summary>A deleted file whose bytes are not deleted yet.</summary>
    public Guid AddDeleted()
    {
        var id = Guid.CreateVersion7();
        Run("INSERT INTO files (owner, id, state, version, created_at, updated_at) VALUES ('local', ?1, 2, 2, ?2, ?2)", Bytes(id), s_past);
        AddGarbage(id);
        return id;
    }

    /// <summary>A changed and deleted file of which only the upload is remembered.</summary>
    public Guid AddRemembered(string key, string name, byte[] content)
    {
        const string Time = "2026-01-02T03:04:05.678+00:00";
        var id = Guid.CreateVersion7();
        var first =
            $$$"""
            {"Id":"{{{id}}}","Owner":"local","Name":"{{{name}}}","Tags":{},"Version":1,"CreatedAt":"{{{Time}}}","UpdatedAt":"{{{Time}}}",
            "Content":{"BlobId":"{{{Guid.NewGuid()}}}","Size":{{{content.Length}}},"Type":"text/plain",
            "Sha256":"{{{Convert.ToHexStringLower(SHA256.HashData(content))}}}","XxHash3":{{{Checksum(content)}}},"Version":1,"CreatedAt":"{{{Time}}}"}}
            """;
        Run(
            """
            INSERT INTO files (owner, id, state, version, created_at, updated_at, due, first) VALUES ('local', ?1, 2, 3, ?2, ?2, ?3, ?4)
            """,
            Bytes(id), s_past, s_future, first);
        AddKey(key, id);
        return id;
    }

    /// <summary>The idempotency key of a file's upload.</summary>
    public void AddKey(string key, Guid file)
    {
        Run("INSERT INTO idempotency_keys (owner, key, file, expires_at) VALUES ('local', ?1, ?2, ?3)", key, Bytes(file), s_future);
        Run("UPDATE files SET remember_until = ?2 WHERE id = ?1", Bytes(file), s_future);
    }

    private long Run(string sql, params object[] values)
    {
        using var command = _connection.CreateCommand();
        command.CommandText = sql;
        for (var i = 0; i < values.Length; i++)
            command.Parameters.AddWithValue($"?{i + 1}", values[i]);
        command.ExecuteNonQuery();
        command.Parameters.Clear();
        command.CommandText = "SELECT last_insert_rowid()";
        return (long)(command.ExecuteScalar() ?? 0L);
    }

    private void Write(Guid blob, Guid file, byte[] content, string? folder = null)
    {
        var name = new BlobKey(blob, file).ToString();
        var path = Directory.CreateDirectory(Path.Combine(_directory, folder ?? $"blobs/{name[..2]}/{name[2..4]}")).FullName;
        File.WriteAllBytes(Path.Combine(path, name), content);
    }

    private static byte[] Bytes(Guid id) => id.ToByteArray(bigEndian: true);

    private static long Checksum(byte[] content) => unchecked((long)XxHash3.HashToUInt64(content));
}
