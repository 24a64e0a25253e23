using static FileDrop.Api.Catalog.Sqlite.SqliteRows;

namespace FileDrop.Api.Catalog.Sqlite;

// The trash, the purge, and the sweeper's way with what is left.
internal sealed partial class SqliteChanges
{
    // Unfinished: a store call of its writer may still be under way, so it is deleted once more when none can be.
    private const string UnfinishedToGarbage =
        "UPDATE blobs SET role = 2, until = max(due, ?2) + ?3, due = ?2 WHERE file = ?1 AND role = 0";

    /// <summary>A retention of a thousand years or so may mean for ever; no later time can be told.</summary>
    private static readonly long LastMoment = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    public ChangeResult Delete(SqliteSession session, string owner, Guid id, long? ifVersion, bool permanent)
    {
        if (Refuse(Find(session, owner, id), ifVersion, out var file) is { } refused)
            return refused;

        if (permanent || rules.TrashRetention <= TimeSpan.Zero)
        {
            Purge(session, file, owner, id);
            return new ChangeResult(ChangeOutcome.Done);
        }

        var now = Now;
        var purgeAt = Math.Min(now + Milliseconds(rules.TrashRetention), LastMoment);
        session.Execute(UnfinishedToGarbage, file.N, now, Milliseconds(rules.LateWrites));
        session.Execute("UPDATE files SET state = 3, deleted_at = ?2, due = ?3 WHERE n = ?1", file.N, now, purgeAt);
        return new ChangeResult(ChangeOutcome.Done);
    }

    /// <remarks>Also when its time has passed: until the sweeper has come nothing of it is lost.</remarks>
    public static ChangeResult Restore(SqliteSession session, string owner, Guid id)
    {
        var restored = session.Execute(
            "UPDATE files SET state = 1, deleted_at = NULL, due = NULL WHERE id = ?2 AND owner = ?1 AND state = 3", owner, Bytes(id));
        return restored == 0 ? new ChangeResult(ChangeOutcome.NotFound) : Done(session, owner, id);
    }

    public bool Purge(SqliteSession session, string owner, Guid id)
    {
        if (Find(session, owner, id) is not { State: FileState.Trash } file)
            return false;
        Purge(session, file, owner, id);
        return true;
    }

    public SweepWork? ClaimExpired(SqliteSession session, string owner, Guid id)
    {
        if (Find(session, owner, id) is not { } file)
            return null;

        var now = Now;
        if (file.State == FileState.Trash && file.Due <= now)
            Purge(session, file, owner, id);
        if (session.Execute(UnfinishedToGarbage + " AND due <= ?2", file.N, now, Milliseconds(rules.LateWrites)) > 0)
            BuryIfUnwritten(session, file);
        session.Execute("DELETE FROM uploads WHERE file = ?1 AND until <= ?2", file.N, now);
        var due = new List<BlobDeletion>();
        using var rows = session.Query("SELECT blob, until <= ?2 FROM blobs WHERE file = ?1 AND role = 2 AND due <= ?2 ORDER BY due", file.N, now);
        while (rows.Read())
            due.Add(new BlobDeletion(Id(rows, 0), Last: rows.GetInt64(1) != 0));
        return new SweepWork(owner, id, due);
    }

    public bool Swept(SqliteSession session, string owner, Guid id, IReadOnlyList<BlobDeletion> done)
    {
        if (Find(session, owner, id) is not { } file)
            return false;

        var now = Now;
        foreach (var deletion in done)
            session.Execute(
                deletion.Last
                    ? "DELETE FROM blobs WHERE file = ?1 AND blob = ?2 AND role = 2"
                    : "UPDATE blobs SET due = until WHERE file = ?1 AND blob = ?2 AND role = 2",
                file.N, Bytes(deletion.BlobId));

        if (file.State != FileState.Tombstone || session.Number("SELECT EXISTS (SELECT 1 FROM blobs WHERE file = ?1)", file.N) != 0)
            return false;
        session.Execute("DELETE FROM files WHERE n = ?1 AND coalesce(remember_until, 0) <= ?2", file.N, now);
        session.Execute("UPDATE files SET due = remember_until WHERE n = ?1", file.N);
        return true;
    }

    private static void BuryIfUnwritten(SqliteSession session, FileRow file)
    {
        if (file.State == FileState.Pending)
            session.Execute(
                "UPDATE files SET state = 2 WHERE n = ?1 AND NOT EXISTS (SELECT 1 FROM blobs WHERE file = ?1 AND role = 0)", file.N);
    }

    /// <summary>Leaves a tombstone of a file, live or in the trash.</summary>
    private void Purge(SqliteSession session, FileRow file, string owner, Guid id)
    {
        Remember(session, file, owner, id);
        session.Execute(UnfinishedToGarbage, file.N, Now, Milliseconds(rules.LateWrites));
        session.Execute("DELETE FROM contents WHERE file = ?1", file.N);
        DropUnnamed(session, file.N);
        // What the user deleted is not kept; the version stays and tells that there was a commit.
        session.Execute(
            """
            UPDATE files SET state = 2, name = NULL, name_key = NULL, tags = NULL, blob = NULL, size = NULL, type = NULL, sha256 = NULL,
                xxh3 = NULL, content_version = NULL, content_at = NULL, deleted_at = NULL, due = NULL
            WHERE n = ?1
            """,
            file.N);
    }
}
