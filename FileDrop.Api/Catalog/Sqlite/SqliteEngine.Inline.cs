using FileDrop.Api.Blobs;

namespace FileDrop.Api.Catalog.Sqlite;

// Small contents, whose bytes lie in this database too: intent, bytes and commit are one change.
internal sealed partial class SqliteEngine : IInlineContents
{
    private const int PageSize = 4096;

    /// <summary>
    /// The largest content stored as a row. Up to this size a row is two to three times as fast as a file, because it saves syncs. But rows are written twice,
    /// to the log and from there to the database. Rows of 128 KiB gain only a fifth with many clients, and their arrays would be large objects, which only a
    /// full collection frees.
    /// </summary>
    public const int MaxRowSize = 64 * 1024;

    /// <summary>
    /// The most bytes that the log holds while the database cannot take them: a thousand pages, and a group of contents with four more pages each. While the
    /// volume has this much free, the database can grow and deletions can be recorded.
    /// </summary>
    private const long LogSize = (1024L * PageSize) + (SqliteWriter.GroupSize * (MaxRowSize + (4L * PageSize)));

    /// <summary>The room for a document and its index entries, in addition to its content.</summary>
    private const int SpareSize = 64 * PageSize;

    int IInlineContents.MaxSize => MaxRowSize;

    Task<ChangeResult> IInlineContents.CommitAsync(
        string owner, Guid id, WriteIntent blob, byte[] bytes, bool creates, FileCommit commit, CancellationToken cancellation) => ChangeAsync(
            session =>
            {
                // Pages that deletions freed within the database need no room on the volume; no other program can take them.
                if (session.Number("PRAGMA freelist_count") * PageSize < bytes.Length + SpareSize)
                {
                    room.Take(bytes.Length);
                    room.Expect(LogSize);
                }
                var result = creates ? CreateWhole(session, owner, id, blob, commit) : ReplaceWhole(session, owner, id, blob, commit);
                if (result.Outcome == ChangeOutcome.Done)
                    session.Execute(
                        "INSERT INTO small_blobs (key, bytes) VALUES (?1, ?2)", SqliteRows.Bytes(new BlobKey(blob.BlobId, id)), bytes);
                return result;
            },
            cancellation);

    /// <summary>Inserts the document as its commit leaves it, so the intent never appears.</summary>
    private ChangeResult CreateWhole(SqliteSession session, string owner, Guid id, WriteIntent blob, FileCommit commit)
    {
        var now = Now();
        var decision = FileDocument.CommitWhole(null, owner, id, blob, creates: true, commit, rules, now);
        if (decision.Next is { } document)
        {
            _quota.Admit(session, owner, new Reservation(commit.Size, Creates: true));
            _ = SqliteSaves.Insert(session, document, now) ?? throw FileDocument.KnownAlready(id);
        }
        return decision.Answer;
    }

    private ChangeResult ReplaceWhole(SqliteSession session, string owner, Guid id, WriteIntent blob, FileCommit commit) =>
        Change(session, owner, id, (document, now) =>
        {
            var decision = FileDocument.CommitWhole(document, owner, id, blob, creates: false, commit, rules, now);
            if (decision.Next is not null)
                _quota.Admit(session, owner, new Reservation(commit.Size, Creates: false));
            return decision;
        });
}
