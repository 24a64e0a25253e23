using static FileDrop.Api.Catalog.Sqlite.SqliteRows;

namespace FileDrop.Api.Catalog.Sqlite;

/// <summary>Resumable uploads: a row of <c>uploads</c> beside the file's, and its blobs as intents whose lease is the upload's expiry.</summary>
internal sealed class SqliteResumable(CatalogRules rules, TimeProvider time)
{
    private readonly SqliteQuota _quota = new(rules.Quotas);

    private static readonly long Term = (long)CatalogRules.ResumableTerm.TotalMilliseconds;

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    private long Expiry => Now + (long)rules.ResumableExpiry.TotalMilliseconds;

    public ResumableUpload Begin(
        SqliteSession session, string owner, Guid id, WriteIntent intent, ResumablePlan plan, long? length, Guid? holder)
    {
        DemandPlace(session, owner);
        var inserted = session.Execute(
            "INSERT INTO files (owner, id, state, version) VALUES (?1, ?2, 0, 0) ON CONFLICT (id, owner) DO NOTHING", owner, Bytes(id));
        SqliteChanges.RefuseKnown(inserted, id);
        var file = FileOf(session, owner, id);
        var reserved = _quota.Admit(session, owner, length ?? 0, files: plan.IsPartial ? 0 : 1);
        Insert(session, file, intent, plan, length, holder);
        session.Execute(
            """
            INSERT INTO blobs (file, blob, role, fence, committed, due, size, creates)
            VALUES (?1, ?2, 0, ?3, 0, (SELECT until FROM uploads WHERE file = ?1), ?4, ?5)
            """,
            file, Bytes(intent.BlobId), intent.Fence, reserved.Bytes, reserved.Files);
        return Find(session, owner, id, Now) ?? throw new InvalidOperationException("An upload's expiry lies in the future.");
    }

    public ResumableUpload? Take(SqliteSession session, string owner, Guid id, Guid taker)
    {
        if (Find(session, owner, id, Now) is not { } upload || upload.Stage == ResumableStage.Complete || upload.Holder == taker)
            return Find(session, owner, id, Now);
        var file = FileOf(session, owner, id);
        if (upload.Holder is not null && upload.IsAlive)
        {
            session.Execute("UPDATE uploads SET wanted = 1 WHERE file = ?1", file);
        }
        else
        {
            session.Execute(
                "UPDATE uploads SET holder = ?2, fence = fence + 1, seen_at = ?3, wanted = 0 WHERE file = ?1",
                file, Bytes(taker), Now);
            session.Execute("UPDATE blobs SET fence = (SELECT fence FROM uploads WHERE file = ?1) WHERE file = ?1 AND role = 0", file);
        }
        return Find(session, owner, id, Now);
    }

    public ResumableUpload? Record(SqliteSession session, string owner, Guid id, WriteIntent intent, ResumableStep step)
    {
        if (Find(session, owner, id, Now) is not { } upload || upload.Intent != intent || upload.Step > step.Step
            || upload.Stage == ResumableStage.Complete)
            return null;
        var file = FileOf(session, owner, id);
        var progress = step.Progress;
        session.Execute(
            """
            UPDATE uploads SET step = ?2, "offset" = ?3, hashes = ?4, store = ?5, length = ?6, stage = ?7, blob = ?8, seen_at = ?9,
                until = CASE WHEN ?3 > "offset" OR ?7 = 2 THEN ?10 ELSE until END,
                holder = CASE WHEN ?11 THEN NULL ELSE holder END, wanted = wanted AND NOT ?11
            WHERE file = ?1
            """,
            file, step.Step, progress.Offset, progress.Hashes.ToArray(), progress.Store, step.Length, (long)step.Stage,
            step.BlobId is { } blob ? Bytes(blob) : null, Now, Expiry, step.Release ? 1L : 0L);
        KeepOnly(session, file, progress.Pieces.Prepend(intent.BlobId));
        foreach (var piece in progress.Pieces)
            session.Execute(
                "INSERT INTO blobs (file, blob, role, fence, committed, due) VALUES (?1, ?2, 0, ?3, 0, 0) ON CONFLICT DO NOTHING",
                file, Bytes(piece), intent.Fence);
        session.Execute("UPDATE blobs SET due = (SELECT until FROM uploads WHERE file = ?1) WHERE file = ?1 AND role = 0", file);
        return Find(session, owner, id, Now);
    }

    public bool End(SqliteSession session, string owner, Guid id, WriteIntent intent)
    {
        if (Find(session, owner, id, Now) is not { } upload || upload.Intent != intent
            || (upload.Stage == ResumableStage.Complete && !upload.Plan.IsPartial))
            return false;
        var file = FileOf(session, owner, id);
        KeepOnly(session, file, []);
        session.Execute("DELETE FROM uploads WHERE file = ?1", file);
        session.Execute("UPDATE files SET state = 2 WHERE n = ?1", file);
        return true;
    }

    /// <summary>In the commit that ends it: what it tells from now on; the blobs beside the committed one become garbage.</summary>
    public void Finish(SqliteSession session, long file, WriteIntent intent, FileCommit commit)
    {
        if (commit.Upload is not { } plan)
            return;
        session.Execute("DELETE FROM uploads WHERE file = ?1", file);
        Insert(session, file, intent, plan, commit.Size, holder: null);
        session.Execute(
            """UPDATE uploads SET "offset" = length, stage = 2, blob = main WHERE file = ?1""", file);
        KeepOnly(session, file, []);
    }

    public static ResumableUpload? Find(SqliteSession session, string owner, Guid id, long now)
    {
        using var row = session.Query(
            """
            SELECT u.name, u.type, u.tags, u.sha256, u.metadata, u.concat, u.length, u.main, u.fence, u."offset", u.hashes, u.store,
                u.step, u.stage, u.blob, u.until, u.holder, u.seen_at, u.wanted,
                (SELECT group_concat(hex(blob)) FROM blobs WHERE file = u.file AND role = 0 AND blob <> u.main)
            FROM files f JOIN uploads u ON u.file = f.n
            WHERE f.id = ?2 AND f.owner = ?1 AND u.until > ?3 AND (f.state = 0 OR u.stage = 2)
            """,
            owner, Bytes(id), now);
        if (!row.Read())
            return null;
        return new ResumableUpload(
            id,
            owner,
            new ResumablePlan(
                row.GetString(0), row.GetString(1), Tags(row.GetString(2)), TextOrNull(row, 3), TextOrNull(row, 4), TextOrNull(row, 5)),
            NumberOrNull(row, 6),
            new WriteIntent(Id(row, 7), row.GetInt64(8)),
            new ResumableProgress(
                row.GetInt64(9),
                row.IsDBNull(10) ? ReadOnlyMemory<byte>.Empty : row.GetFieldValue<byte[]>(10),
                TextOrNull(row, 11),
                [.. (TextOrNull(row, 19) ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries).Select(hex => Guid.ParseExact(hex, "N"))]),
            row.GetInt64(12),
            (ResumableStage)row.GetInt64(13),
            row.IsDBNull(14) ? null : Id(row, 14),
            Time(row.GetInt64(15)),
            row.IsDBNull(16) ? null : Id(row, 16),
            IsAlive: row.GetInt64(17) > now - Term,
            IsWanted: row.GetInt64(18) != 0);
    }

    /// <summary>Refuses one upload more than an owner may have open.</summary>
    private void DemandPlace(SqliteSession session, string owner)
    {
        var open = session.Number(
            """
            SELECT count(*) FROM (
                SELECT 1 FROM files f INDEXED BY files_pending JOIN uploads u ON u.file = f.n WHERE f.owner = ?1 AND f.state = 0 LIMIT ?2)
            """,
            owner, (long)rules.OpenUploadsPerOwner);
        if (open >= rules.OpenUploadsPerOwner)
            throw new TooManyUploadsException(rules.OpenUploadsPerOwner);
    }

    private static long FileOf(SqliteSession session, string owner, Guid id) =>
        session.Number("SELECT n FROM files WHERE id = ?2 AND owner = ?1", owner, Bytes(id));

    private void Insert(SqliteSession session, long file, WriteIntent intent, ResumablePlan plan, long? length, Guid? holder) => session.Execute(
        """
        INSERT INTO uploads (file, name, type, tags, sha256, metadata, concat, length, main, fence, "offset", step, stage, until, holder, seen_at,
            wanted)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 0, 0, 0, ?11, ?12, ?13, 0)
        """,
        file, plan.Name, plan.Type, Json(plan.Tags), plan.Sha256, plan.Metadata, plan.Concat, length, Bytes(intent.BlobId), intent.Fence,
        Expiry, holder is { } some ? Bytes(some) : null, Now);

    private void KeepOnly(SqliteSession session, long file, IEnumerable<Guid> kept) => session.Execute(
        """
        UPDATE blobs SET role = 2, due = ?2, until = ?3
        WHERE file = ?1 AND role = 0 AND hex(blob) NOT IN (SELECT value FROM json_each(?4))
        """,
        file, Now, Now + (long)rules.ResumableLateWrites.TotalMilliseconds,
        $"[{string.Join(',', kept.Select(id => $"\"{Convert.ToHexString(Bytes(id))}\""))}]");
}
