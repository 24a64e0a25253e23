using System.Globalization;

namespace FileDrop.Api.Catalog.Sqlite;

/// <summary>The database's layout, and the migrations from every earlier one to it.</summary>
/// <remarks>
/// <para>A file is one row of <c>files</c> with its rows of <c>blobs</c> and <c>contents</c>. A number joins them, so that the many small rows need not repeat
/// owner and id. Blobs and contents are separate tables, because a restored version names the blob of another version; a blob only ever changes its role. The
/// live content is a row of <c>contents</c> like the earlier ones. It is repeated in <c>files</c>, so that a list need not read a second table for each
/// entry.</para>
/// <para>Ids are the UUID's 16 bytes in network order, which sort by time. Times are milliseconds since 1970 UTC. <c>files</c> has a rowid, because its rows
/// are wide and a b-tree with any other key would keep whole rows in its inner pages.</para>
/// </remarks>
internal static partial class SqliteSchema
{
    /// <summary>Each migration takes the layout one version further. Never change a released migration; add another.</summary>
    private static readonly string[] Migrations =
    [
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
        """,
        // Versions that share a blob, and the trash. A file in the trash (state 3) keeps all its columns; its due is the time of its purge.
        """
        ALTER TABLE files ADD COLUMN deleted_at INTEGER -- when it was moved to the trash
            CHECK (state <> 3 OR (deleted_at IS NOT NULL AND due IS NOT NULL AND version > 0 AND created_at IS NOT NULL
                AND updated_at IS NOT NULL AND name IS NOT NULL AND name_key IS NOT NULL AND tags IS NOT NULL AND blob IS NOT NULL
                AND size IS NOT NULL AND type IS NOT NULL AND sha256 IS NOT NULL AND xxh3 IS NOT NULL
                AND content_version IS NOT NULL AND content_at IS NOT NULL));

        CREATE INDEX trash_by_deleted_at ON files (owner, deleted_at, id) WHERE state = 3;
        CREATE INDEX trash_by_created_at ON files (owner, created_at, id) WHERE state = 3;
        CREATE INDEX trash_by_updated_at ON files (owner, updated_at, id) WHERE state = 3;
        CREATE INDEX trash_by_name_key ON files (owner, name_key, id) WHERE state = 3;
        CREATE INDEX trash_by_size ON files (owner, size, id) WHERE state = 3;

        DROP INDEX blobs_by_due;
        ALTER TABLE blobs RENAME TO blobs_1;

        CREATE TABLE blobs (
            file      INTEGER NOT NULL REFERENCES files (n),
            blob      BLOB    NOT NULL CHECK (length(blob) = 16),
            role      INTEGER NOT NULL, -- 0 intent, 1 content, 2 garbage
            fence     INTEGER NOT NULL,
            committed INTEGER NOT NULL, -- 1 from the commit on, also as garbage: a late writer asks for it
            due       INTEGER,          -- an intent: its lease's end; garbage: when to delete the blob next
            until     INTEGER,          -- garbage: a deletion from this time on is the last one
            PRIMARY KEY (file, blob),
            CHECK ((role = 1) = (due IS NULL)),
            CHECK ((role = 2) = (until IS NOT NULL)),
            CHECK (role IN (0, 1, 2) AND committed IN (0, 1) AND (role = 2 OR committed = role))
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE contents (
            file       INTEGER NOT NULL,
            version    INTEGER NOT NULL, -- the file's, at which it was committed or restored
            blob       BLOB    NOT NULL,
            size       INTEGER NOT NULL,
            type       TEXT    NOT NULL,
            sha256     BLOB    NOT NULL,
            xxh3       INTEGER NOT NULL,
            created_at INTEGER NOT NULL,
            PRIMARY KEY (file, version),
            FOREIGN KEY (file, blob) REFERENCES blobs (file, blob)
        ) STRICT, WITHOUT ROWID;

        INSERT INTO blobs (file, blob, role, fence, committed, due, until)
            SELECT file, blob, CASE role WHEN 0 THEN 0 WHEN 3 THEN 2 ELSE 1 END, fence, version IS NOT NULL, due, until
            FROM blobs_1 ORDER BY file, blob;
        INSERT INTO contents (file, version, blob, size, type, sha256, xxh3, created_at)
            SELECT file, version, blob, size, type, sha256, xxh3, created_at FROM blobs_1 WHERE role IN (1, 2) ORDER BY file, version;
        DROP TABLE blobs_1;

        -- With the role, so that the backlog is measured in the index alone.
        CREATE INDEX blobs_by_due ON blobs (due, role) WHERE due IS NOT NULL;
        """,
        // Resumable uploads. Their blobs are intents; the row stays for a while after the upload has become a file.
        """
        CREATE TABLE uploads (
            file     INTEGER PRIMARY KEY REFERENCES files (n) ON DELETE CASCADE,
            name     TEXT    NOT NULL,
            type     TEXT    NOT NULL,
            tags     TEXT    NOT NULL,
            sha256   TEXT,             -- what the whole must have, if that was said
            metadata TEXT,             -- this and the next: as they were sent
            concat   TEXT,
            length   INTEGER,          -- null: deferred
            main     BLOB    NOT NULL CHECK (length(main) = 16),
            fence    INTEGER NOT NULL,
            "offset" INTEGER NOT NULL,
            hashes   BLOB,
            store    TEXT,
            step     INTEGER NOT NULL,
            stage    INTEGER NOT NULL, -- 0 open, 1 sealed, 2 complete
            blob     BLOB,             -- of a complete one: where the content is
            until    INTEGER NOT NULL, -- when it expires, or is forgotten
            holder   BLOB,
            seen_at  INTEGER NOT NULL, -- the holder's last sign of life
            wanted   INTEGER NOT NULL, -- 1: somebody has asked the holder to let go
            CHECK (stage <> 2 OR (blob IS NOT NULL AND length IS NOT NULL))
        ) STRICT;

        CREATE INDEX uploads_by_until ON uploads (until) WHERE stage = 2;
        """,
        // API keys.
        """
        CREATE TABLE api_keys (
            id           TEXT    PRIMARY KEY,
            secret_hash  BLOB    NOT NULL CHECK (length(secret_hash) = 32),
            owner        TEXT    NOT NULL,
            name         TEXT,
            scopes       TEXT    NOT NULL, -- separated by spaces
            created_at   INTEGER NOT NULL,
            expires_at   INTEGER,
            last_used_at INTEGER,
            revoked_at   INTEGER
        ) STRICT, WITHOUT ROWID;
        """,
        // Each owner's usage. Triggers maintain it, so that no change can forget it.
        """
        ALTER TABLE blobs ADD COLUMN size INTEGER NOT NULL DEFAULT 0;    -- bytes: a content's, or those that an intent has reserved
        ALTER TABLE blobs ADD COLUMN creates INTEGER NOT NULL DEFAULT 0; -- 1: an intent that has reserved a file
        UPDATE blobs SET size = (SELECT max(c.size) FROM contents c WHERE c.file = blobs.file AND c.blob = blobs.blob) WHERE role = 1;

        CREATE TABLE usage (
            owner          TEXT    NOT NULL PRIMARY KEY,
            bytes          INTEGER NOT NULL DEFAULT 0, -- of contents, each blob once
            files          INTEGER NOT NULL DEFAULT 0, -- live and in the trash
            bytes_reserved INTEGER NOT NULL DEFAULT 0, -- by intents
            files_reserved INTEGER NOT NULL DEFAULT 0
        ) STRICT, WITHOUT ROWID;

        INSERT INTO usage (owner, files) SELECT owner, count(*) FILTER (WHERE state IN (1, 3)) FROM files GROUP BY owner;
        UPDATE usage SET bytes = (
            SELECT coalesce(sum(b.size), 0) FROM files f JOIN blobs b ON b.file = f.n WHERE f.owner = usage.owner AND b.role = 1);

        CREATE TRIGGER usage_of_new_file AFTER INSERT ON files BEGIN
            INSERT INTO usage (owner) SELECT NEW.owner WHERE NOT EXISTS (SELECT 1 FROM usage WHERE owner = NEW.owner);
            UPDATE usage SET files = files + (NEW.state IN (1, 3)) WHERE owner = NEW.owner;
        END;
        CREATE TRIGGER usage_of_changed_file AFTER UPDATE OF state ON files WHEN (NEW.state IN (1, 3)) <> (OLD.state IN (1, 3)) BEGIN
            UPDATE usage SET files = files + (NEW.state IN (1, 3)) - (OLD.state IN (1, 3)) WHERE owner = NEW.owner;
        END;
        CREATE TRIGGER usage_of_new_blob AFTER INSERT ON blobs WHEN NEW.size <> 0 OR NEW.creates <> 0 BEGIN
            UPDATE usage SET
                bytes = bytes + iif(NEW.role = 1, NEW.size, 0),
                bytes_reserved = bytes_reserved + iif(NEW.role = 0, NEW.size, 0),
                files_reserved = files_reserved + iif(NEW.role = 0, NEW.creates, 0)
            WHERE owner = (SELECT owner FROM files WHERE n = NEW.file);
        END;
        CREATE TRIGGER usage_of_changed_blob AFTER UPDATE OF role, size, creates ON blobs
        WHEN NEW.size <> 0 OR NEW.creates <> 0 OR OLD.size <> 0 OR OLD.creates <> 0 BEGIN
            UPDATE usage SET
                bytes = bytes + iif(NEW.role = 1, NEW.size, 0) - iif(OLD.role = 1, OLD.size, 0),
                bytes_reserved = bytes_reserved + iif(NEW.role = 0, NEW.size, 0) - iif(OLD.role = 0, OLD.size, 0),
                files_reserved = files_reserved + iif(NEW.role = 0, NEW.creates, 0) - iif(OLD.role = 0, OLD.creates, 0)
            WHERE owner = (SELECT owner FROM files WHERE n = NEW.file);
        END;
        """,
        // The keys that sign links, and the audit log.
        """
        CREATE TABLE link_keys (
            number     INTEGER PRIMARY KEY,
            secret     BLOB    NOT NULL CHECK (length(secret) = 32),
            created_at INTEGER NOT NULL
        ) STRICT;

        CREATE TABLE audit (
            id        BLOB    PRIMARY KEY CHECK (length(id) = 16), -- a UUIDv7: the order of the ids is that of the events
            at        INTEGER NOT NULL,
            operation TEXT    NOT NULL,
            caller    TEXT    NOT NULL,
            owner     TEXT,
            subject   TEXT,
            method    TEXT    NOT NULL,
            path      TEXT    NOT NULL,
            status    INTEGER NOT NULL,
            result    TEXT    NOT NULL,
            address   TEXT    NOT NULL,
            trace_id  TEXT    NOT NULL
        ) STRICT, WITHOUT ROWID;
        """,
        // Small blobs. The table has a rowid for the same reason as files.
        """
        CREATE TABLE small_blobs (
            key   BLOB NOT NULL UNIQUE CHECK (length(key) = 32), -- the blob's id and the file's
            bytes BLOB NOT NULL
        ) STRICT;
        """,
        // An index for counting an owner's open uploads.
        """
        CREATE INDEX files_pending ON files (owner) WHERE state = 0;
        """,
        // Folders, and what zip archives need. A file or folder in state 4 went to the trash with its folder. The CRC-32 is null for contents of earlier
        // layouts until somebody has read them.
        """
        ALTER TABLE files ADD COLUMN crc32 INTEGER;    -- the live content's
        ALTER TABLE contents ADD COLUMN crc32 INTEGER;
        ALTER TABLE uploads ADD COLUMN crc32 INTEGER;  -- of the bytes up to the offset

        ALTER TABLE files ADD COLUMN parent BLOB;                     -- the folder; null: loose
        ALTER TABLE files ADD COLUMN place INTEGER NOT NULL DEFAULT 0; -- the fence
        ALTER TABLE files ADD COLUMN claim BLOB;                      -- the operation that claimed the name
        ALTER TABLE files ADD COLUMN modified_at INTEGER;             -- as the client knows it
        ALTER TABLE uploads ADD COLUMN folder BLOB;
        ALTER TABLE uploads ADD COLUMN on_conflict INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE uploads ADD COLUMN modified_at INTEGER;

        CREATE INDEX files_by_parent ON files (owner, parent, state, id) WHERE parent IS NOT NULL;
        CREATE INDEX placed_by_created_at ON files (owner, parent, created_at, id) WHERE state = 1 AND parent IS NOT NULL;
        CREATE INDEX placed_by_updated_at ON files (owner, parent, updated_at, id) WHERE state = 1 AND parent IS NOT NULL;
        CREATE INDEX placed_by_name_key ON files (owner, parent, name_key, id) WHERE state = 1 AND parent IS NOT NULL;
        CREATE INDEX placed_by_size ON files (owner, parent, size, id) WHERE state = 1 AND parent IS NOT NULL;

        DROP TRIGGER usage_of_new_file;
        DROP TRIGGER usage_of_changed_file;
        CREATE TRIGGER usage_of_new_file AFTER INSERT ON files BEGIN
            INSERT INTO usage (owner) SELECT NEW.owner WHERE NOT EXISTS (SELECT 1 FROM usage WHERE owner = NEW.owner);
            UPDATE usage SET files = files + (NEW.state IN (1, 3, 4)) WHERE owner = NEW.owner;
        END;
        CREATE TRIGGER usage_of_changed_file AFTER UPDATE OF state ON files WHEN (NEW.state IN (1, 3, 4)) <> (OLD.state IN (1, 3, 4)) BEGIN
            UPDATE usage SET files = files + (NEW.state IN (1, 3, 4)) - (OLD.state IN (1, 3, 4)) WHERE owner = NEW.owner;
        END;

        CREATE TABLE folders (
            id         BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
            owner      TEXT    NOT NULL,
            state      INTEGER NOT NULL, -- as in files
            parent     BLOB,
            place      INTEGER NOT NULL,
            claim      BLOB,
            name       TEXT,
            name_key   TEXT,
            version    INTEGER NOT NULL,
            created_at INTEGER NOT NULL,
            updated_at INTEGER NOT NULL,
            deleted_at INTEGER,
            purge_at   INTEGER,
            turn       INTEGER NOT NULL,
            sweep      INTEGER NOT NULL, -- 0 none, 1 due, 2 due with fence
            sweep_at   INTEGER,
            CHECK (state NOT IN (1, 3, 4) OR (parent IS NOT NULL AND name IS NOT NULL AND name_key IS NOT NULL AND version > 0)),
            CHECK (state <> 3 OR (deleted_at IS NOT NULL AND purge_at IS NOT NULL))
        ) STRICT;

        CREATE INDEX folders_by_parent ON folders (owner, parent, state, id);
        CREATE INDEX folders_by_created_at ON folders (owner, parent, created_at, id) WHERE state = 1;
        CREATE INDEX folders_by_updated_at ON folders (owner, parent, updated_at, id) WHERE state = 1;
        CREATE INDEX folders_by_name_key ON folders (owner, parent, name_key, id) WHERE state = 1;
        CREATE INDEX trashed_folders_by_deleted_at ON folders (owner, deleted_at, id) WHERE state = 3;
        CREATE INDEX folders_by_sweep_at ON folders (sweep_at) WHERE sweep_at IS NOT NULL;

        -- The claims of names. The key is the name in NFC.
        CREATE TABLE names (
            owner     TEXT    NOT NULL,
            folder    BLOB    NOT NULL CHECK (length(folder) = 16),
            key       TEXT    NOT NULL,
            kind      INTEGER NOT NULL, -- 0 a folder, 1 a file
            entry     BLOB    NOT NULL CHECK (length(entry) = 16),
            operation BLOB    NOT NULL CHECK (length(operation) = 16),
            fence     INTEGER NOT NULL, -- the entry's, before the operation
            at        INTEGER NOT NULL,
            PRIMARY KEY (owner, folder, key)
        ) STRICT, WITHOUT ROWID;
        """,
        // Shares, and files that go to the trash by themselves.
        """
        ALTER TABLE files ADD COLUMN expires_at INTEGER;
        ALTER TABLE uploads ADD COLUMN expires_at INTEGER;

        CREATE INDEX files_by_expires_at ON files (expires_at) WHERE state = 1 AND expires_at IS NOT NULL;

        CREATE TABLE share_keys (
            number INTEGER PRIMARY KEY,
            secret BLOB    NOT NULL CHECK (length(secret) = 32)
        ) STRICT;

        CREATE TABLE shares (
            digest         BLOB    NOT NULL PRIMARY KEY CHECK (length(digest) = 32), -- the SHA-256 of the token
            id             BLOB    NOT NULL UNIQUE CHECK (length(id) = 16),
            owner          TEXT    NOT NULL,
            key            INTEGER NOT NULL, -- the number of the key that makes the token
            mode           INTEGER NOT NULL, -- 0 view, 1 download, 2 upload
            ids            BLOB    NOT NULL, -- 16 bytes for each file and folder
            selection      INTEGER NOT NULL,
            version        INTEGER,
            password       TEXT,
            expires_at     INTEGER,
            max_downloads  INTEGER,
            drop_rules     TEXT,
            note           TEXT,
            creator        TEXT    NOT NULL,
            creator_key    TEXT,
            created_at     INTEGER NOT NULL,
            updated_at     INTEGER NOT NULL,
            revision       INTEGER NOT NULL,
            downloads      INTEGER NOT NULL,
            received_bytes INTEGER NOT NULL,
            received_files INTEGER NOT NULL,
            last_used_at   INTEGER
        ) STRICT;

        CREATE INDEX shares_by_owner ON shares (owner, id);
        CREATE INDEX shares_by_creator_key ON shares (creator_key) WHERE creator_key IS NOT NULL;

        -- Downloads that were counted and may be continued.
        CREATE TABLE share_grants (
            share   BLOB    NOT NULL,
            visitor BLOB    NOT NULL,
            subject BLOB    NOT NULL,
            bytes   INTEGER NOT NULL, -- that may still be sent
            until   INTEGER NOT NULL,
            PRIMARY KEY (share, visitor, subject)
        ) STRICT, WITHOUT ROWID;

        CREATE INDEX share_grants_by_until ON share_grants (until);
        """,
        Changes,
        // Locks, and properties that WebDAV's clients made up.
        """
        ALTER TABLE files ADD COLUMN dav TEXT;             -- locks and properties as JSON
        ALTER TABLE files ADD COLUMN locked_until INTEGER; -- the end of the last lock
        ALTER TABLE folders ADD COLUMN dav TEXT;
        ALTER TABLE folders ADD COLUMN locked_until INTEGER;
        CREATE INDEX files_by_locked_until ON files (owner, locked_until) WHERE locked_until IS NOT NULL;
        CREATE INDEX folders_by_locked_until ON folders (owner, locked_until) WHERE locked_until IS NOT NULL;
        """,
        // The places of small contents in segments. The index has all that compaction asks for.
        """
        ALTER TABLE blobs ADD COLUMN segment INTEGER; -- its number; null: the content is a file or a row of small_blobs
        ALTER TABLE blobs ADD COLUMN segment_offset INTEGER;
        CREATE INDEX blobs_by_segment ON blobs (segment, segment_offset, size) WHERE segment IS NOT NULL;
        """,
    ];

    /// <summary>Migrates the database to the current layout; safe beside another process that does the same.</summary>
    /// <exception cref="InvalidOperationException">The database was written by a newer FileDrop.</exception>
    public static void Migrate(SqliteSession session)
    {
        session.Execute("BEGIN IMMEDIATE");
        try
        {
            var version = session.Number("PRAGMA user_version");
            if (version > Migrations.Length)
                throw new InvalidOperationException(
                    $"The catalog {session.Path} has layout {version}, but this FileDrop knows layouts only up to {Migrations.Length}: "
                    + "a newer FileDrop last used it. Start that release or a later one, or restore an older backup.");

            foreach (var migration in Migrations.AsSpan((int)version))
                session.ExecuteScript(migration);
            // A pragma cannot have parameters.
            session.ExecuteScript(string.Create(CultureInfo.InvariantCulture, $"PRAGMA user_version = {Migrations.Length}"));
            session.Execute("COMMIT");
        }
        finally
        {
            session.RollBack();
        }
    }
}
