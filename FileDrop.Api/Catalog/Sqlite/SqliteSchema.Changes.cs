namespace FileDrop.Api.Catalog.Sqlite;

internal static partial class SqliteSchema
{
    /// <summary>
    /// The feeds of changes. What earlier layouts stored gets its first number with its next change, so a reader takes a cursor and then lists what there is.
    /// </summary>
    private const string Changes =
        """
        CREATE TABLE changes (
            owner  TEXT    NOT NULL,
            number INTEGER NOT NULL, -- 1, 2, 3, … without gaps; the last one of an owner is never deleted
            kind   INTEGER NOT NULL, -- 0 a folder, 1 a file
            entry  BLOB    NOT NULL CHECK (length(entry) = 16),
            at     INTEGER NOT NULL,
            PRIMARY KEY (owner, number)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE feed (id BLOB NOT NULL CHECK (length(id) = 16)) STRICT; -- one row: a restored catalog has another id, and numbers of its own
        INSERT INTO feed (id) VALUES (randomblob(16));
        """;
}
