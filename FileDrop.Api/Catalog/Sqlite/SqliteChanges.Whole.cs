using FileDrop.Api.Blobs;
using static FileDrop.Api.Catalog.Sqlite.SqliteRows;

namespace FileDrop.Api.Catalog.Sqlite;

// Contents that come whole: their bytes lie in this database too, so that beginning and commit are one change.
internal sealed partial class SqliteChanges
{
    public ChangeResult CommitWhole(
        SqliteSession session, string owner, Guid id, WriteIntent blob, byte[] bytes, bool creates, FileCommit commit)
    {
        var result = creates ? CreateWhole(session, owner, id, blob, commit) : ReplaceWhole(session, owner, id, blob, commit);
        if (result.Outcome == ChangeOutcome.Done)
            session.Execute("INSERT INTO small_blobs (key, bytes) VALUES (?1, ?2)", Bytes(new BlobKey(blob.BlobId, id)), bytes);
        return result;
    }

    /// <summary>
    /// Writes the rows as the commit would leave them: a third of the statements, for nobody ever sees the intent. It is how most files
    /// come to be, and all uploads wait for this one thread.
    /// </summary>
    private ChangeResult CreateWhole(SqliteSession session, string owner, Guid id, WriteIntent blob, FileCommit commit)
    {
        if (commit.Name is not { } name || commit.Type is not { } type)
            throw new ArgumentException("The first commit of a file has to bring its name and type.", nameof(commit));
        _ = _quota.Admit(session, owner, commit.Size, files: 1);

        var (now, tags, blobId, sha256) = (Now, commit.Tags ?? NoTags, Bytes(blob.BlobId), Convert.FromHexString(commit.Sha256));
        var inserted = session.Execute(
            """
            INSERT INTO files (owner, id, state, version, created_at, updated_at, name, name_key, tags, blob, size, type, sha256, xxh3,
                content_version, content_at, remember_until)
            VALUES (?1, ?2, 1, 1, ?3, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, 1, ?3, ?3 + ?12) ON CONFLICT (id, owner) DO NOTHING
            """,
            owner, Bytes(id), now, name, NameKey.Of(name), Json(tags), blobId, commit.Size, type, sha256, commit.XxHash3,
            MillisecondsOf(commit.RememberFor));
        RefuseKnown(inserted, id);
        // Neither table of the next two statements has rowids, so the last one stays the file's.
        session.Execute(
            "INSERT INTO blobs (file, blob, role, fence, committed, size) VALUES (last_insert_rowid(), ?1, 1, ?2, 1, ?3)",
            blobId, blob.Fence, commit.Size);
        session.Execute(
            """
            INSERT INTO contents (file, version, blob, size, type, sha256, xxh3, created_at)
            VALUES (last_insert_rowid(), 1, ?1, ?2, ?3, ?4, ?5, ?6)
            """,
            blobId, commit.Size, type, sha256, commit.XxHash3, now);
        if (commit.Upload is not null)
            _resumable.Finish(session, session.Number("SELECT last_insert_rowid()"), blob, commit);

        var content = new FileContent(blob.BlobId, commit.Size, type, commit.Sha256, commit.XxHash3, Version: 1, Time(now));
        return new ChangeResult(ChangeOutcome.Done, new CatalogFile(id, owner, name, tags, Version: 1, Time(now), Time(now), content));
    }

    private ChangeResult ReplaceWhole(SqliteSession session, string owner, Guid id, WriteIntent blob, FileCommit commit)
    {
        if (Refuse(Find(session, owner, id), commit.IfVersion, out _) is { } refused)
            return refused;
        BeginReplace(session, owner, id, blob, commit.Size);
        return Commit(session, owner, id, blob, commit);
    }
}
