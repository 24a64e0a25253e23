namespace FileDrop.Api.Catalog.Sqlite;

// A file's contents, live and earlier: restored, dropped, pruned.
internal sealed partial class SqliteChanges
{
    public ChangeResult RestoreVersion(SqliteSession session, string owner, Guid id, long version, long? ifVersion)
    {
        if (Refuse(Find(session, owner, id), ifVersion, out var file) is { } refused)
            return refused;
        var restored = session.Execute(
            """
            INSERT INTO contents (file, version, blob, size, type, sha256, xxh3, created_at)
            SELECT file, ?3, blob, size, type, sha256, xxh3, ?4 FROM contents WHERE file = ?1 AND version = ?2
            """,
            file.N, version, file.Version + 1, Math.Max(Now, file.UpdatedAt));
        if (restored == 0)
            return new ChangeResult(ChangeOutcome.ContentNotFound);

        Remember(session, file, owner, id);
        MakeLive(session, file, commit: null);
        return Done(session, owner, id);
    }

    public ChangeResult DeleteVersion(SqliteSession session, string owner, Guid id, long version, long? ifVersion)
    {
        if (Refuse(Find(session, owner, id), ifVersion, out var file) is { } refused)
            return refused;
        if (version == file.ContentVersion)
            return new ChangeResult(ChangeOutcome.ContentIsLive);
        if (session.Execute("DELETE FROM contents WHERE file = ?1 AND version = ?2", file.N, version) == 0)
            return new ChangeResult(ChangeOutcome.ContentNotFound);

        DropUnnamed(session, file.N);
        return Done(session, owner, id);
    }

    /// <summary>Makes the content at the file's next version, which is there already, the live one; and prunes.</summary>
    /// <param name="commit">Where the change is a commit: the name and tags that it brings, and what it remembers.</param>
    private void MakeLive(SqliteSession session, FileRow file, FileCommit? commit)
    {
        session.Execute(
            """
            UPDATE files SET state = 1, version = c.version, created_at = coalesce(files.created_at, c.created_at),
                updated_at = c.created_at, name = coalesce(?3, name), name_key = coalesce(?4, name_key), tags = coalesce(?5, tags, '{}'),
                blob = c.blob, size = c.size, type = c.type, sha256 = c.sha256, xxh3 = c.xxh3, content_version = c.version,
                content_at = c.created_at, remember_until = CASE WHEN files.version = 0 THEN c.created_at + ?6 ELSE remember_until END
            FROM contents c WHERE n = ?1 AND c.file = ?1 AND c.version = ?2
            """,
            file.N, file.Version + 1, commit?.Name, KeyOf(commit?.Name), JsonOf(commit?.Tags), MillisecondsOf(commit?.RememberFor));

        // What is too old is so from some version down, like what is too much: a content's time in use ends where the next one's
        // begins, so that all below one that came before the limit were replaced before it.
        var pruned = session.Execute(
            """
            DELETE FROM contents WHERE file = ?1 AND version < max(
                (SELECT min(version) FROM (SELECT version FROM contents WHERE file = ?1 ORDER BY version DESC LIMIT ?2)),
                (SELECT coalesce(max(version), 0) FROM contents WHERE file = ?1 AND created_at < ?3))
            """,
            file.N, rules.VersionsKept + 1L, rules.VersionsMaxAge is { } age ? Now - Milliseconds(age) : long.MinValue);
        if (pruned > 0)
            DropUnnamed(session, file.N);
    }

    /// <summary>Blobs that no content names any more become garbage, with the readers' grace.</summary>
    private void DropUnnamed(SqliteSession session, long file) => session.Execute(
        """
        UPDATE blobs SET role = 2, due = ?2, until = ?2
        WHERE file = ?1 AND role = 1 AND blob NOT IN (SELECT blob FROM contents WHERE file = ?1)
        """,
        file, Now + Milliseconds(rules.ReadersGrace));
}
