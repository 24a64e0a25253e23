using Microsoft.Data.Sqlite;
using static FileDrop.Api.Catalog.Sqlite.SqliteRows;

namespace FileDrop.Api.Catalog.Sqlite;

/// <summary>Reads and writes the rows of folders and of the claims of names.</summary>
internal static class SqliteFolders
{
    /// <summary>The columns of a folder, in the order in which <see cref="Read"/> reads them.</summary>
    public const string Columns =
        "id, owner, state, parent, place, claim, name, version, created_at, updated_at, deleted_at, purge_at, turn, sweep, sweep_at, dav";

    private const string NameColumns = "owner, folder, key, kind, entry, operation, fence, at";

    public static FolderDocument? Find(SqliteSession session, string owner, Guid id)
    {
        using var row = session.Query($"SELECT {Columns} FROM folders WHERE id = ?1 AND owner = ?2", Bytes(id), owner);
        return row.Read() ? Read(row) : null;
    }

    public static FolderDocument? FindByName(SqliteSession session, string owner, EntryKey key)
    {
        using var rows = session.Query(
            $"SELECT {Columns} FROM folders INDEXED BY folders_by_name_key WHERE owner = ?1 AND parent = ?2 AND name_key = ?3 AND state = 1",
            owner, Bytes(key.Folder), NameKey.Of(key.Name));
        while (rows.Read())
        {
            var folder = Read(rows);
            if (EntryKey.OfClaim(folder) == key)
                return folder;
        }
        return null;
    }

    public static IReadOnlyList<FolderDocument> FindChildren(SqliteSession session, string owner, Guid parent, FileState state, Guid? after, int limit) => ReadAll(
        session.Query(
            $"""
            SELECT {Columns} FROM folders INDEXED BY folders_by_parent
            WHERE owner = ?1 AND parent = ?2 AND state = ?3 AND id > ?4 ORDER BY id LIMIT ?5
            """,
            owner, Bytes(parent), (long)state, BytesOrLeast(after), (long)limit));

    public static IReadOnlyList<FolderDocument> Scan(SqliteSession session, Guid? after, int limit) => ReadAll(session.Query(
        $"SELECT {Columns} FROM folders WHERE id > ?1 ORDER BY id LIMIT ?2", BytesOrLeast(after), (long)limit));

    public static IReadOnlyList<FolderDocument> FindMany(SqliteSession session, IReadOnlyCollection<Guid> ids) =>
        [.. ids.Distinct().SelectMany(id => ReadAll(session.Query($"SELECT {Columns} FROM folders WHERE id = ?1", Bytes(id))))];

    public static IReadOnlyList<(string Owner, NameClaim Claim)> FindNames(SqliteSession session, IReadOnlyCollection<(string Owner, EntryKey Key)> keys)
    {
        var claims = new List<(string, NameClaim)>();
        foreach (var (owner, key) in keys)
        {
            if (FindName(session, owner, key) is { } claim)
                claims.Add((owner, claim));
        }
        return claims;
    }

    public static IReadOnlyList<(string Owner, Guid Id)> FindDue(SqliteSession session, int limit, long now)
    {
        using var rows = session.Query(
            "SELECT owner, id FROM folders WHERE sweep_at <= ?1 ORDER BY sweep_at LIMIT ?2", now, (long)limit);
        var due = new List<(string, Guid)>();
        while (rows.Read())
            due.Add((rows.GetString(0), Id(rows, 1)));
        return due;
    }

    /// <summary>The live folders with a lock that has not expired.</summary>
    public static IReadOnlyList<FolderDocument> FindLocked(SqliteSession session, string owner, long now) => ReadAll(session.Query(
        $"SELECT {Columns} FROM folders INDEXED BY folders_by_locked_until WHERE owner = ?1 AND locked_until > ?2 AND state = 1", owner, now));

    /// <summary>Whether a folder has a file or folder in this state.</summary>
    public static bool HasChild(SqliteSession session, string owner, Guid folder, FileState state) => session.Number(
        """
        SELECT EXISTS (SELECT 1 FROM files INDEXED BY files_by_parent WHERE owner = ?1 AND parent = ?2 AND state = ?3)
            OR EXISTS (SELECT 1 FROM folders INDEXED BY folders_by_parent WHERE owner = ?1 AND parent = ?2 AND state = ?3)
        """,
        owner, Bytes(folder), (long)state) != 0;

    public static bool HasUnsweptChild(SqliteSession session, string owner, Guid folder) => session.Number(
        """
        SELECT EXISTS (
            SELECT 1 FROM folders INDEXED BY folders_by_parent WHERE owner = ?1 AND parent = ?2 AND state = 4 AND sweep <> 0)
        """,
        owner, Bytes(folder)) != 0;

    public static (long Files, long Folders) CountCarried(SqliteSession session, string owner, Guid folder, int limit) => (
        session.Number(
            "SELECT count(*) FROM (SELECT 1 FROM files INDEXED BY files_by_parent WHERE owner = ?1 AND parent = ?2 AND state = 4 LIMIT ?3)",
            owner, Bytes(folder), (long)limit),
        session.Number(
            """
            SELECT count(*) FROM (
                SELECT 1 FROM folders INDEXED BY folders_by_parent WHERE owner = ?1 AND parent = ?2 AND state = 4 LIMIT ?3)
            """,
            owner, Bytes(folder), (long)limit));

    public static bool Insert(SqliteSession session, FolderDocument folder, DateTimeOffset now)
    {
        var isInserted = session.Execute(
            $"""
            INSERT INTO folders ({Columns}, name_key, locked_until)
            SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18
            WHERE NOT EXISTS (SELECT 1 FROM folders WHERE id = ?1)
            """,
            Values(folder)) > 0;
        if (isInserted)
            SqliteChanges.Say(session, folder.Owner, null, folder, now);
        return isInserted;
    }

    public static void Update(SqliteSession session, FolderDocument? before, FolderDocument after, DateTimeOffset now)
    {
        session.Execute(
            """
            UPDATE folders SET state = ?3, parent = ?4, place = ?5, claim = ?6, name = ?7, version = ?8, created_at = ?9, updated_at = ?10, deleted_at = ?11,
                purge_at = ?12, turn = ?13, sweep = ?14, sweep_at = ?15, dav = ?16, name_key = ?17, locked_until = ?18
            WHERE id = ?1 AND owner = ?2
            """,
            Values(after));
        SqliteChanges.Say(session, after.Owner, before, after, now);
    }

    public static void Remove(SqliteSession session, string owner, Guid id) =>
        session.Execute("DELETE FROM folders WHERE id = ?1 AND owner = ?2", Bytes(id), owner);

    public static bool InsertName(SqliteSession session, string owner, NameClaim claim) => session.Execute(
        $"INSERT INTO names ({NameColumns}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO NOTHING",
        owner, Bytes(claim.Key.Folder), claim.Key.Name, (long)claim.Kind, Bytes(claim.Id), Bytes(claim.Operation), claim.Fence,
        Milliseconds(claim.At)) > 0;

    public static NameClaim? FindName(SqliteSession session, string owner, EntryKey key)
    {
        using var row = session.Query(
            $"SELECT {NameColumns} FROM names WHERE owner = ?1 AND folder = ?2 AND key = ?3", owner, Bytes(key.Folder), key.Name);
        return row.Read() ? ReadName(row) : null;
    }

    public static bool ReplaceName(SqliteSession session, string owner, NameClaim former, NameClaim claim) => session.Execute(
        """
        UPDATE names SET kind = ?5, entry = ?6, operation = ?7, fence = ?8, at = ?9 WHERE owner = ?1 AND folder = ?2 AND key = ?3 AND operation = ?4
        """,
        owner, Bytes(former.Key.Folder), former.Key.Name, Bytes(former.Operation), (long)claim.Kind, Bytes(claim.Id), Bytes(claim.Operation),
        claim.Fence, Milliseconds(claim.At)) > 0;

    public static void DeleteName(SqliteSession session, string owner, EntryKey key, Guid operation) => session.Execute(
        "DELETE FROM names WHERE owner = ?1 AND folder = ?2 AND key = ?3 AND operation = ?4", owner, Bytes(key.Folder), key.Name, Bytes(operation));

    public static IReadOnlyList<NameClaim> FindNames(SqliteSession session, string owner, Guid folder, string? after, int limit)
    {
        using var rows = session.Query(
            $"SELECT {NameColumns} FROM names WHERE owner = ?1 AND folder = ?2 AND key > ?3 ORDER BY key LIMIT ?4",
            owner, Bytes(folder), after ?? "", (long)limit);
        var claims = new List<NameClaim>();
        while (rows.Read())
            claims.Add(ReadName(rows));
        return claims;
    }

    public static IReadOnlyList<(string Owner, NameClaim Claim)> ScanNames(SqliteSession session, (string Owner, EntryKey Key)? after, int limit)
    {
        using var rows = session.Query(
            $"SELECT {NameColumns} FROM names WHERE (owner, folder, key) > (?1, ?2, ?3) ORDER BY owner, folder, key LIMIT ?4",
            after?.Owner ?? "", BytesOrLeast(after?.Key.Folder), after?.Key.Name ?? "", (long)limit);
        var claims = new List<(string, NameClaim)>();
        while (rows.Read())
            claims.Add((rows.GetString(0), ReadName(rows)));
        return claims;
    }

    private static byte[] BytesOrLeast(Guid? id) => id is { } some ? Bytes(some) : [];

    private static List<FolderDocument> ReadAll(SqliteDataReader rows)
    {
        using (rows)
        {
            var folders = new List<FolderDocument>();
            while (rows.Read())
                folders.Add(Read(rows));
            return folders;
        }
    }

    public static FolderDocument Read(SqliteDataReader row) => new()
    {
        Id = Id(row, 0),
        Owner = row.GetString(1),
        State = (FileState)row.GetInt64(2),
        Place = new Place(IdOrNull(row, 3), row.GetInt64(4), IdOrNull(row, 5)),
        Name = TextOrNull(row, 6),
        Version = row.GetInt64(7),
        CreatedAt = Time(row.GetInt64(8)),
        UpdatedAt = Time(row.GetInt64(9)),
        DeletedAt = TimeOrNull(row, 10),
        PurgeAt = TimeOrNull(row, 11),
        Turn = row.GetInt64(12),
        Sweep = (FolderSweep)row.GetInt64(13),
        SweepAt = TimeOrNull(row, 14),
        Dav = DavState.OfJson(TextOrNull(row, 15)),
    };

    private static object?[] Values(FolderDocument folder) =>
    [
        Bytes(folder.Id), folder.Owner, (long)folder.State, Bytes(folder.Place.Folder), folder.Place.Fence, Bytes(folder.Place.Claim), folder.Name,
        folder.Version, Milliseconds(folder.CreatedAt), Milliseconds(folder.UpdatedAt), Milliseconds(folder.DeletedAt), Milliseconds(folder.PurgeAt),
        folder.Turn, (long)folder.Sweep, Milliseconds(folder.SweepAt), folder.Dav.ToJson(), folder.Name is { } name ? NameKey.Of(name) : null,
        Milliseconds(folder.Dav.LockedUntil),
    ];

    private static NameClaim ReadName(SqliteDataReader row) => new(
        new EntryKey(Id(row, 1), row.GetString(2)), (EntryKind)row.GetInt64(3), Id(row, 4), Id(row, 5), row.GetInt64(6), Time(row.GetInt64(7)));
}
