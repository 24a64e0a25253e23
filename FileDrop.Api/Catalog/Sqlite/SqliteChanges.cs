using System.Diagnostics;
using static FileDrop.Api.Catalog.Sqlite.SqliteRows;

namespace FileDrop.Api.Catalog.Sqlite;

/// <summary>The changes of one file. Each runs within the writer's transaction: its reads and writes are one step.</summary>
internal sealed partial class SqliteChanges(CatalogRules rules, TimeProvider time)
{
    private readonly SqliteResumable _resumable = new(rules, time);
    private readonly SqliteQuota _quota = new(rules.Quotas);

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    public bool BeginCreate(SqliteSession session, string owner, Guid id, WriteIntent intent, long bytes)
    {
        var inserted = session.Execute(
            "INSERT INTO files (owner, id, state, version) VALUES (?1, ?2, 0, 0) ON CONFLICT (id, owner) DO NOTHING", owner, Bytes(id));
        RefuseKnown(inserted, id);
        return AddIntent(session, owner, id, intent, _quota.Admit(session, owner, bytes, files: 1), FileState.Pending);
    }

    public bool BeginReplace(SqliteSession session, string owner, Guid id, WriteIntent intent, long bytes) =>
        AddIntent(session, owner, id, intent, _quota.Admit(session, owner, bytes, files: 0), FileState.Live);

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
        session.Execute(
            "UPDATE blobs SET role = 1, committed = 1, due = NULL, size = ?3, creates = 0 WHERE file = ?1 AND blob = ?2",
            file.N, Bytes(intent.BlobId), commit.Size);
        session.Execute(
            """
            INSERT INTO contents (file, version, blob, size, type, sha256, xxh3, created_at)
            VALUES (?1, ?2, ?3, ?4, coalesce(?5, (SELECT type FROM files WHERE n = ?1)), ?6, ?7, ?8)
            """,
            file.N, file.Version + 1, Bytes(intent.BlobId), commit.Size, commit.Type, Convert.FromHexString(commit.Sha256), commit.XxHash3,
            Math.Max(Now, file.UpdatedAt));
        MakeLive(session, file, commit);
        _resumable.Finish(session, file.N, intent, commit);
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
        if (Refuse(Find(session, owner, id), change.IfVersion, out var file) is { } refused)
            return refused;

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

    /// <summary>
    /// Refuses a document that was there already. Ids are random: only a repeated call meets its own, and its caller cannot tell what
    /// became of the first.
    /// </summary>
    public static void RefuseKnown(int inserted, Guid id)
    {
        if (inserted == 0)
            throw new StorageException(StorageFailure.Unavailable, $"The catalog has a document {id} already.");
    }

    private static FileRow? Find(SqliteSession session, string owner, Guid id)
    {
        using var row = session.Query(
            "SELECT n, state, version, updated_at, content_version, due, remember_until FROM files WHERE id = ?2 AND owner = ?1",
            owner, Bytes(id));
        return row.Read()
            ? new FileRow(
                row.GetInt64(0), (FileState)row.GetInt64(1), row.GetInt64(2), NumberOrNull(row, 3) ?? 0, NumberOrNull(row, 4),
                NumberOrNull(row, 5), NumberOrNull(row, 6))
            : null;
    }

    /// <summary>Why a change of a live file is refused; null: it is not, and <paramref name="file"/> is that file.</summary>
    private static ChangeResult? Refuse(FileRow? found, long? ifVersion, out FileRow file)
    {
        file = found ?? FileRow.None;
        if (file.State != FileState.Live)
            return new ChangeResult(ChangeOutcome.NotFound);
        return ifVersion is { } expected && expected != file.Version ? new ChangeResult(ChangeOutcome.VersionMismatch) : null;
    }

    private static bool Holds(SqliteSession session, long file, WriteIntent intent) => session.Number(
        "SELECT EXISTS (SELECT 1 FROM blobs WHERE file = ?1 AND blob = ?2 AND role = 0 AND fence = ?3)",
        file, Bytes(intent.BlobId), intent.Fence) != 0;

    private static ChangeResult Done(SqliteSession session, string owner, Guid id) =>
        new(ChangeOutcome.Done, SqliteReads.Find(session, owner, id) ?? throw new UnreachableException());

    private static string? KeyOf(string? name) => name is null ? null : NameKey.Of(name);

    private static string? JsonOf(IReadOnlyDictionary<string, string>? tags) => tags is null ? null : Json(tags);

    private static long Milliseconds(TimeSpan span) => (long)Math.Ceiling(span.TotalMilliseconds);

    private static long? MillisecondsOf(TimeSpan? span) => span is { } given ? Milliseconds(given) : null;

    private bool AddIntent(
        SqliteSession session, string owner, Guid id, WriteIntent intent, (long Bytes, long Files) reserved, FileState state) => session.Execute(
        """
        INSERT INTO blobs (file, blob, role, fence, committed, due, size, creates)
        SELECT n, ?3, 0, ?4, 0, ?5, ?7, ?8 FROM files WHERE id = ?2 AND owner = ?1 AND state = ?6
        """,
        owner, Bytes(id), Bytes(intent.BlobId), intent.Fence, Now + Milliseconds(rules.Lease), (long)state, reserved.Bytes, reserved.Files) > 0;

    /// <summary>Before a file's first change: keeps how it was created, if that must be remembered.</summary>
    private void Remember(SqliteSession session, FileRow file, string owner, Guid id)
    {
        if (file is { Version: 1, RememberUntil: { } until } && until > Now
            && SqliteReads.FindUpload(session, owner, id, Now).Created is { } created)
            session.Execute("UPDATE files SET first = ?2 WHERE n = ?1", file.N, Json(created));
        else if (file.RememberUntil <= Now)
            session.Execute("UPDATE files SET first = NULL, remember_until = NULL WHERE n = ?1", file.N);
    }

    /// <param name="ContentVersion">The live content's number.</param>
    /// <param name="Due">Of a file in the trash: when it is purged.</param>
    private sealed record FileRow(
        long N, FileState State, long Version, long UpdatedAt, long? ContentVersion, long? Due, long? RememberUntil)
    {
        public static readonly FileRow None = new(0, FileState.Tombstone, 0, 0, null, null, null);
    }
}
