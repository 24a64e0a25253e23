using static FileDrop.Api.Catalog.Sqlite.SqliteRows;

namespace FileDrop.Api.Catalog.Sqlite;

/// <summary>Reads and writes the feeds of changes. A change gets its number in its own transaction, so the feed is never behind.</summary>
internal static class SqliteChanges
{
    /// <summary>The most changes that one transaction forgets, so that other changes need not wait long.</summary>
    public const long ForgottenAtOnce = 1_000;

    /// <summary>Adds a change to its owner's feed, if it is one for clients.</summary>
    /// <param name="session">The writer's session.</param>
    /// <param name="owner">The owner.</param>
    /// <param name="before">The former state; null if the document is new.</param>
    /// <param name="after">The next state.</param>
    /// <param name="now">The catalog's clock.</param>
    public static void Say(SqliteSession session, string owner, IEntry? before, IEntry after, DateTimeOffset now)
    {
        if (!Feed.IsChange(before, after))
            return;
        session.Execute(
            """
            INSERT INTO changes (owner, number, kind, entry, at)
            VALUES (?1, coalesce((SELECT max(number) FROM changes WHERE owner = ?1), 0) + 1, ?2, ?3, ?4)
            """,
            owner, (long)after.Kind, Bytes(after.Id), Milliseconds(now));
        session.Changed = owner;
    }

    public static long FindLast(SqliteSession session, string owner) => session.Number("SELECT max(number) FROM changes WHERE owner = ?1", owner);

    public static IReadOnlyList<ChangeMark> Find(SqliteSession session, string owner, long after, int limit)
    {
        using var rows = session.Query(
            "SELECT number, kind, entry FROM changes WHERE owner = ?1 AND number > ?2 ORDER BY number LIMIT ?3", owner, after, (long)limit);
        var marks = new List<ChangeMark>();
        while (rows.Read())
            marks.Add(new ChangeMark(rows.GetInt64(0), (EntryKind)rows.GetInt64(1), Id(rows, 2)));
        return marks;
    }

    public static IReadOnlyDictionary<Guid, FolderEntry> FindLive(SqliteSession session, string owner, IEnumerable<ChangeMark> marks)
    {
        var live = new Dictionary<Guid, FolderEntry>();
        foreach (var mark in marks)
        {
            if (mark.Kind == EntryKind.Folder && SqliteFolders.Find(session, owner, mark.Id) is { State: FileState.Live } folder)
                live[mark.Id] = new FolderEntry(folder.ToFolder(), File: null);
            else if (mark.Kind == EntryKind.File && SqliteDocuments.FindFile(session, owner, mark.Id) is { State: FileState.Live } file)
                live[mark.Id] = new FolderEntry(Folder: null, file.ToFile());
        }
        return live;
    }

    /// <summary>Returns the first owner after another who has a feed; null if there is none.</summary>
    public static string? FindOwner(SqliteSession session, string after)
    {
        using var row = session.Query("SELECT owner FROM changes WHERE owner > ?1 ORDER BY owner LIMIT 1", after);
        return row.Read() ? row.GetString(0) : null;
    }

    /// <summary>Whether an owner's oldest change is old, and not the last one.</summary>
    public static bool MayForget(SqliteSession session, string owner, DateTimeOffset before) => session.Number(
        """
        SELECT EXISTS (
            SELECT 1 FROM (SELECT number, at FROM changes WHERE owner = ?1 ORDER BY number LIMIT 1)
            WHERE at < ?2 AND number < (SELECT max(number) FROM changes WHERE owner = ?1))
        """,
        owner, Milliseconds(before)) != 0;

    /// <summary>Deletes an owner's oldest changes up to the first one that is young enough, but never the last one.</summary>
    /// <returns>The number of deleted changes.</returns>
    public static int Forget(SqliteSession session, string owner, DateTimeOffset before) => session.Execute(
        """
        DELETE FROM changes WHERE owner = ?1 AND number IN (
            SELECT number FROM changes
            WHERE owner = ?1 AND number < coalesce(
                (SELECT number FROM changes WHERE owner = ?1 AND at >= ?2 ORDER BY number LIMIT 1), (SELECT max(number) FROM changes WHERE owner = ?1))
            ORDER BY number LIMIT ?3)
        """,
        owner, Milliseconds(before), ForgottenAtOnce);
}
