using System.Diagnostics;
using static FileDrop.Api.Catalog.Sqlite.SqliteRows;

namespace FileDrop.Api.Catalog.Sqlite;

/// <summary>The changes of one file. Each runs within the writer's transaction: its reads and writes are one step.</summary>
internal sealed class SqliteChanges(CatalogRules rules, TimeProvider time)
{
    // Unfinished: a store call of its writer may still be under way, so it is deleted once more when none can be.
    private const string UnfinishedToGarbage =
        "UPDATE blobs SET role = 3, until = max(due, ?2) + ?3, due = ?2 WHERE file = ?1 AND role = 0";

    private const string FinishedToGarbage = "UPDATE blobs SET role = 3, due = ?2, until = ?2 WHERE file = ?1";

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    public bool BeginCreate(SqliteSession session, string owner, Guid id, WriteIntent intent)
    {
        session.Execute("INSERT INTO files (owner, id, state, version) VALUES (?1, ?2, 0, 0)", owner, Bytes(id));
        return AddIntent(session, owner, id, intent, FileState.Pending);
    }

    public bool BeginReplace(SqliteSession session, string owner, Guid id, WriteIntent intent) =>
        AddIntent(session, owner, id, intent, FileState.Live);

    public bool Renew(SqliteSession session, string owner, Guid id, WriteIntent intent) => session.Execute(
        """
        UPDATE blobs SET due = ?5
        WHERE file = (SELECT n FROM files WHERE id = ?2 AND owner = ?1) AND blob = ?3 AND role = 0 AND fence = ?4
        """,
        owner, Bytes(id), Bytes(intent.BlobId), intent.Fence, Now + Milliseconds(rules.Lease)) > 0;

    public ChangeResult Commit(SqliteSession session, string owner, Guid id, WriteIntent intent, FileCommit commit)
    {
        if (Find(session, owner, id) is not { State: FileState.Pending or FileState.Live } file || !Holds(session, file.N, intent))
            return new ChangeResult(ChangeOutcome.NotFound);
        if (commit.IfVersion is { } expected && expected != file.Version)
            return new ChangeResult(ChangeOutcome.VersionMismatch);
        if (file.State == FileState.Pending && (commit.Name is null || commit.Type is null))
            throw new ArgumentException("The first commit of a file has to bring its name and type.", nameof(commit));

        Remember(session, file, owner, id);
        var now = Math.Max(Now, file.UpdatedAt);
        var version = file.Version + 1;
        session.Execute("UPDATE blobs SET role = 2 WHERE file = ?1 AND role = 1", file.N);
        session.Execute(
            """
            UPDATE blobs SET role = 1, due = NULL, size = ?3, type = coalesce(?4, (SELECT type FROM files WHERE n = ?1)), sha256 = ?5,
                xxh3 = ?6, version = ?7, created_at = ?8
            WHERE file = ?1 AND blob = ?2
            """,
            file.N, Bytes(intent.BlobId), commit.Size, commit.Type, Convert.FromHexString(commit.Sha256), commit.XxHash3, version, now);
        session.Execute(
            FinishedToGarbage + """
             AND role = 2 AND version NOT IN
                (SELECT version FROM blobs WHERE file = ?1 AND role = 2 ORDER BY version DESC LIMIT ?3)
            """,
            file.N, Now + Milliseconds(rules.ReadersGrace), (long)rules.VersionsKept);
        session.Execute(
            """
            UPDATE files SET state = 1, version = ?2, created_at = coalesce(created_at, ?3), updated_at = ?3,
                name = coalesce(?4, name), name_key = coalesce(?5, name_key), tags = coalesce(?6, tags, '{}'),
                blob = ?7, size = ?8, type = coalesce(?9, type), sha256 = ?10, xxh3 = ?11, content_version = ?2, content_at = ?3,
                remember_until = CASE WHEN version = 0 THEN ?12 ELSE remember_until END
            WHERE n = ?1
            """,
            file.N, version, now, commit.Name, KeyOf(commit.Name), JsonOf(commit.Tags), Bytes(intent.BlobId), commit.Size, commit.Type,
            Convert.FromHexString(commit.Sha256), commit.XxHash3, now + MillisecondsOf(commit.RememberFor));
        return Done(session, owner, id);
    }

    public bool Abandon(SqliteSession session, string owner, Guid id, WriteIntent intent)
    {
        if (Find(session, owner, id) is not { } file || !Holds(session, file.N, intent))
            return false;
        session.Execute(UnfinishedToGarbage + " AND blob = ?4", file.N, Now, Milliseconds(rules.LateWrites), Bytes(intent.BlobId));
        BuryIfUnwritten(session, file);
        return true;
    }

    public ChangeResult Change(SqliteSession session, string owner, Guid id, MetadataChange change)
    {
        if (Find(session, owner, id) is not { State: FileState.Live } file)
            return new ChangeResult(ChangeOutcome.NotFound);
        if (change.IfVersion is { } expected && expected != file.Version)
            return new ChangeResult(ChangeOutcome.VersionMismatch);

        Remember(session, file, owner, id);
        session.Execute(
            """
            UPDATE files SET version = version + 1, updated_at = ?2, name = coalesce(?3, name), name_key = coalesce(?4, name_key),
                tags = coalesce(?5, tags)
            WHERE n = ?1
            """,
            file.N, Math.Max(Now, file.UpdatedAt), change.Name, KeyOf(change.Name), JsonOf(change.Tags));
        return Done(session, owner, id);
    }

    public ChangeResult Delete(SqliteSession session, string owner, Guid id, long? ifVersion)
    {
        if (Find(session, owner, id) is not { State: FileState.Live } file)
            return new ChangeResult(ChangeOutcome.NotFound);
        if (ifVersion is { } expected && expected != file.Version)
            return new ChangeResult(ChangeOutcome.VersionMismatch);

        Remember(session, file, owner, id);
        var now = Now;
        session.Execute(UnfinishedToGarbage, file.N, now, Milliseconds(rules.LateWrites));
        session.Execute(FinishedToGarbage + " AND role IN (1, 2)", file.N, now + Milliseconds(rules.ReadersGrace));
        // What the user deleted is not kept; the version stays and tells that there was a commit.
        session.Execute(
            """
            UPDATE files SET state = 2, name = NULL, name_key = NULL, tags = NULL, blob = NULL, size = NULL, type = NULL, sha256 = NULL,
                xxh3 = NULL, content_version = NULL, content_at = NULL
            WHERE n = ?1
            """,
            file.N);
        return new ChangeResult(ChangeOutcome.Done);
    }

    public SweepWork? ClaimExpired(SqliteSession session, string owner, Guid id)
    {
        if (Find(session, owner, id) is not { } file)
            return null;

        var now = Now;
        if (session.Execute(UnfinishedToGarbage + " AND due <= ?2", file.N, now, Milliseconds(rules.LateWrites)) > 0)
            BuryIfUnwritten(session, file);
        var due = new List<Guid>();
        using var rows = session.Query("SELECT blob FROM blobs WHERE file = ?1 AND role = 3 AND due <= ?2 ORDER BY due", file.N, now);
        while (rows.Read())
            due.Add(Id(rows, 0));
        return new SweepWork(owner, id, due);
    }

    public bool Swept(SqliteSession session, string owner, Guid id, IReadOnlyList<Guid> deleted)
    {
        if (Find(session, owner, id) is not { } file)
            return false;

        var now = Now;
        foreach (var blob in deleted)
        {
            session.Execute("DELETE FROM blobs WHERE file = ?1 AND blob = ?2 AND role = 3 AND until <= ?3", file.N, Bytes(blob), now);
            session.Execute("UPDATE blobs SET due = until WHERE file = ?1 AND blob = ?2 AND role = 3", file.N, Bytes(blob));
        }

        if (file.State != FileState.Tombstone || session.Number("SELECT EXISTS (SELECT 1 FROM blobs WHERE file = ?1)", file.N) != 0)
            return false;
        session.Execute("DELETE FROM files WHERE n = ?1 AND coalesce(remember_until, 0) <= ?2", file.N, now);
        session.Execute("UPDATE files SET due = remember_until WHERE n = ?1", file.N);
        return true;
    }

    private static FileRow? Find(SqliteSession session, string owner, Guid id)
    {
        using var row = session.Query(
            "SELECT n, state, version, updated_at, remember_until FROM files WHERE id = ?2 AND owner = ?1", owner, Bytes(id));
        return row.Read()
            ? new FileRow(row.GetInt64(0), (FileState)row.GetInt64(1), row.GetInt64(2), NumberOrNull(row, 3) ?? 0, NumberOrNull(row, 4))
            : null;
    }

    private static bool Holds(SqliteSession session, long file, WriteIntent intent) => session.Number(
        "SELECT EXISTS (SELECT 1 FROM blobs WHERE file = ?1 AND blob = ?2 AND role = 0 AND fence = ?3)",
        file, Bytes(intent.BlobId), intent.Fence) != 0;

    private static ChangeResult Done(SqliteSession session, string owner, Guid id) =>
        new(ChangeOutcome.Done, SqliteReads.Find(session, owner, id) ?? throw new UnreachableException());

    private static void BuryIfUnwritten(SqliteSession session, FileRow file)
    {
        if (file.State == FileState.Pending)
            session.Execute(
                "UPDATE files SET state = 2 WHERE n = ?1 AND NOT EXISTS (SELECT 1 FROM blobs WHERE file = ?1 AND role = 0)", file.N);
    }

    private static string? KeyOf(string? name) => name is null ? null : NameKey.Of(name);

    private static string? JsonOf(IReadOnlyDictionary<string, string>? tags) => tags is null ? null : Json(tags);

    private static long Milliseconds(TimeSpan span) => (long)Math.Ceiling(span.TotalMilliseconds);

    private static long? MillisecondsOf(TimeSpan? span) => span is { } given ? Milliseconds(given) : null;

    private bool AddIntent(SqliteSession session, string owner, Guid id, WriteIntent intent, FileState state) => session.Execute(
        """
        INSERT INTO blobs (file, blob, role, fence, due)
        SELECT n, ?3, 0, ?4, ?5 FROM files WHERE id = ?2 AND owner = ?1 AND state = ?6
        """,
        owner, Bytes(id), Bytes(intent.BlobId), intent.Fence, Now + Milliseconds(rules.Lease), (long)state) > 0;

    /// <summary>Before a file's first change: keeps how it was created, if that must be remembered.</summary>
    private void Remember(SqliteSession session, FileRow file, string owner, Guid id)
    {
        if (file is { Version: 1, RememberUntil: { } until } && until > Now && SqliteReads.Find(session, owner, id) is { } created)
            session.Execute("UPDATE files SET first = ?2 WHERE n = ?1", file.N, Json(created));
        else if (file.RememberUntil <= Now)
            session.Execute("UPDATE files SET first = NULL, remember_until = NULL WHERE n = ?1", file.N);
    }

    private sealed record FileRow(long N, FileState State, long Version, long UpdatedAt, long? RememberUntil);
}
