using System.Collections.Concurrent;
using static FileDrop.Api.Catalog.Sqlite.SqliteRows;

namespace FileDrop.Api.Catalog.Sqlite;

/// <summary>Writes documents to their rows within the writer's transaction. It touches only the columns and rows that differ.</summary>
internal static class SqliteSaves
{
    /// <summary>The columns of <c>files</c> that a change may touch.</summary>
    private static readonly string[] Changeable =
    [
        "state", "version", "created_at", "updated_at", "name", "name_key", "tags", "blob", "size", "type", "sha256", "xxh3",
        "content_version", "content_at", "crc32", "deleted_at", "due", "remember_until", "first", "parent", "place", "claim", "modified_at",
        "expires_at", "dav", "locked_until",
    ];

    /// <summary>The SQL of each update, by the bits of its columns.</summary>
    private static readonly ConcurrentDictionary<int, string> Updates = [];

    /// <summary>Inserts a document. Null if a document with its id already exists.</summary>
    public static long? Insert(SqliteSession session, FileDocument document, DateTimeOffset now)
    {
        var content = document.Content;
        var inserted = session.Execute(
            """
            INSERT INTO files (owner, id, state, version, created_at, updated_at, name, name_key, tags, blob, size, type, sha256, xxh3,
                content_version, content_at, crc32, deleted_at, due, remember_until, parent, place, claim, modified_at, expires_at, dav, locked_until)
            SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27
            WHERE NOT EXISTS (SELECT 1 FROM files WHERE id = ?2)
            """,
            document.Owner, Bytes(document.Id), (long)document.State, document.Version, Milliseconds(document.CreatedAt),
            Milliseconds(document.UpdatedAt), document.Name, KeyOf(document.Name), TagsOf(document),
            content is null ? null : Bytes(content.BlobId), content?.Size, content?.Type, Sha256Of(content), content?.XxHash3, content?.Version,
            Milliseconds(content?.CreatedAt), (long?)content?.Crc32, Milliseconds(document.DeletedAt), Milliseconds(DueOf(document, now)),
            Milliseconds(document.RememberUntil), Bytes(document.Place.Folder), document.Place.Fence, Bytes(document.Place.Claim),
            Milliseconds(document.ModifiedAt), Milliseconds(document.ExpiresAt), document.Dav.ToJson(), Milliseconds(document.Dav.LockedUntil));
        if (inserted == 0)
            return null;
        var n = session.LastInsertedRow;
        SaveBlobs(session, n, null, document);
        SaveContents(session, n, null, document);
        SaveUpload(session, n, null, document.Upload);
        SqliteChanges.Say(session, document.Owner, null, document, now);
        return n;
    }

    /// <summary>Updates the rows of a document from one state to another.</summary>
    public static void Update(SqliteSession session, long n, FileDocument before, FileDocument after, DateTimeOffset now)
    {
        var hasOtherContents = !ReferenceEquals(before.Content, after.Content) || !ReferenceEquals(before.Versions, after.Versions);
        if (hasOtherContents || !ReferenceEquals(before.Intents, after.Intents) || !ReferenceEquals(before.Garbage, after.Garbage))
            SaveBlobs(session, n, before, after);
        if (hasOtherContents)
            SaveContents(session, n, before, after);
        SaveFile(session, n, before, after, now);
        SaveUpload(session, n, before.Upload, after.Upload);
        SqliteChanges.Say(session, after.Owner, before, after, now);
    }

    /// <summary>Removes a document that names no blob.</summary>
    public static void Remove(SqliteSession session, long n, FileDocument before, FileDocument after)
    {
        SaveBlobs(session, n, before, after);
        session.Execute("DELETE FROM files WHERE n = ?1", n);
    }

    private static void SaveFile(SqliteSession session, long n, FileDocument before, FileDocument after, DateTimeOffset now)
    {
        Span<object?> values = new object?[Changeable.Length + 1];
        var (count, bits) = (1, 0);
        values[0] = n;
        Set(values, 0, (long)before.State, (long)after.State);
        Set(values, 1, before.Version, after.Version);
        Set(values, 2, Milliseconds(before.CreatedAt), Milliseconds(after.CreatedAt));
        Set(values, 3, Milliseconds(before.UpdatedAt), Milliseconds(after.UpdatedAt));
        if (!string.Equals(before.Name, after.Name, StringComparison.Ordinal))
        {
            Add(values, 4, after.Name);
            Add(values, 5, KeyOf(after.Name));
        }
        if (!ReferenceEquals(before.Tags, after.Tags) || (before.State == FileState.Pending) != (after.State == FileState.Pending))
            Add(values, 6, TagsOf(after));
        if (!ReferenceEquals(before.Content, after.Content))
        {
            var content = after.Content;
            Add(values, 7, content is null ? null : Bytes(content.BlobId));
            Add(values, 8, content?.Size);
            Add(values, 9, content?.Type);
            Add(values, 10, Sha256Of(content));
            Add(values, 11, content?.XxHash3);
            Add(values, 12, content?.Version);
            Add(values, 13, Milliseconds(content?.CreatedAt));
            Add(values, 14, (long?)content?.Crc32);
        }
        Set(values, 15, Milliseconds(before.DeletedAt), Milliseconds(after.DeletedAt));
        Set(values, 16, Milliseconds(DueOf(before, now)), Milliseconds(DueOf(after, now)));
        Set(values, 17, Milliseconds(before.RememberUntil), Milliseconds(after.RememberUntil));
        if (!ReferenceEquals(before.First, after.First))
            Add(values, 18, after.First is { } first ? Json(first) : null);
        if (!ReferenceEquals(before.Place, after.Place))
        {
            if (before.Place.Folder != after.Place.Folder)
                Add(values, 19, Bytes(after.Place.Folder));
            Set(values, 20, before.Place.Fence, after.Place.Fence);
            if (before.Place.Claim != after.Place.Claim)
                Add(values, 21, Bytes(after.Place.Claim));
        }
        Set(values, 22, Milliseconds(before.ModifiedAt), Milliseconds(after.ModifiedAt));
        Set(values, 23, Milliseconds(before.ExpiresAt), Milliseconds(after.ExpiresAt));
        if (!ReferenceEquals(before.Dav, after.Dav))
        {
            Add(values, 24, after.Dav.ToJson());
            Set(values, 25, Milliseconds(before.Dav.LockedUntil), Milliseconds(after.Dav.LockedUntil));
        }
        if (bits != 0)
            session.Execute(Updates.GetOrAdd(bits, TextOf), values[..count]);

        void Set(Span<object?> row, int column, long? old, long? changed)
        {
            if (old != changed)
                Add(row, column, changed);
        }

        void Add(Span<object?> row, int column, object? value)
        {
            row[count++] = value;
            bits |= 1 << column;
        }
    }

    private static string TextOf(int bits)
    {
        var columns = Changeable.Where((_, column) => (bits & (1 << column)) != 0);
        return $"UPDATE files SET {string.Join(", ", columns.Select((name, index) => $"{name} = ?{index + 2}"))} WHERE n = ?1";
    }

    private static void SaveBlobs(SqliteSession session, long n, FileDocument? before, FileDocument after)
    {
        var left = (before?.Garbage ?? []).ToDictionary(blob => blob.BlobId);
        var written = (before?.Intents ?? []).ToDictionary(intent => intent.BlobId);
        var stored = (before?.Contents ?? []).Select(content => content.BlobId).ToHashSet();
        foreach (var intent in after.Intents)
            SaveIntent(session, n, intent, written.GetValueOrDefault(intent.BlobId));
        foreach (var content in after.Contents.DistinctBy(content => content.BlobId).Where(content => !stored.Contains(content.BlobId)))
        {
            session.Execute(
                written.ContainsKey(content.BlobId)
                    ? "UPDATE blobs SET role = 1, committed = 1, due = NULL, size = ?3, creates = 0 WHERE file = ?1 AND blob = ?2"
                    : "INSERT INTO blobs (file, blob, role, fence, committed, size) VALUES (?1, ?2, 1, 0, 1, ?3)",
                n, Bytes(content.BlobId), content.Size);
        }
        foreach (var blob in after.Garbage)
        {
            if (!left.Remove(blob.BlobId, out var known) || known != blob)
                session.Execute(
                    "UPDATE blobs SET role = 2, due = ?3, until = ?4 WHERE file = ?1 AND blob = ?2",
                    n, Bytes(blob.BlobId), Milliseconds(blob.Due), Milliseconds(blob.Until));
        }
        foreach (var gone in left.Keys)
            session.Execute("DELETE FROM blobs WHERE file = ?1 AND blob = ?2 AND role = 2", n, Bytes(gone));
    }

    private static void SaveIntent(SqliteSession session, long n, BlobIntent intent, BlobIntent? known)
    {
        if (known is null)
            session.Execute(
                "INSERT INTO blobs (file, blob, role, fence, committed, due, size, creates) VALUES (?1, ?2, 0, ?3, 0, ?4, ?5, ?6)",
                n, Bytes(intent.BlobId), intent.Fence, Milliseconds(intent.LeaseUntil), intent.Reserved?.Bytes ?? 0,
                intent.Reserved?.Creates == true ? 1L : 0L);
        else if (known != intent)
            session.Execute(
                "UPDATE blobs SET fence = ?3, due = ?4 WHERE file = ?1 AND blob = ?2",
                n, Bytes(intent.BlobId), intent.Fence, Milliseconds(intent.LeaseUntil));
    }

    private static void SaveContents(SqliteSession session, long n, FileDocument? before, FileDocument after)
    {
        var former = (before?.Contents ?? []).ToDictionary(content => content.Version);
        foreach (var content in after.Contents)
        {
            if (!former.Remove(content.Version, out var known))
                session.Execute(
                    """
                    INSERT INTO contents (file, version, blob, size, type, sha256, xxh3, created_at, crc32)
                    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
                    """,
                    n, content.Version, Bytes(content.BlobId), content.Size, content.Type, Sha256Of(content), content.XxHash3,
                    Milliseconds(content.CreatedAt), (long?)content.Crc32);
            else if (content.Crc32 != known.Crc32)
                session.Execute("UPDATE contents SET crc32 = ?3 WHERE file = ?1 AND version = ?2", n, content.Version, (long?)content.Crc32);
        }
        foreach (var version in former.Keys)
            session.Execute("DELETE FROM contents WHERE file = ?1 AND version = ?2", n, version);
    }

    private static void SaveUpload(SqliteSession session, long n, StoredUpload? before, StoredUpload? after)
    {
        if (before == after)
            return;
        if (after is null)
        {
            session.Execute("DELETE FROM uploads WHERE file = ?1", n);
            return;
        }
        var plan = after.Plan;
        session.Execute(
            """
            INSERT INTO uploads (file, name, type, tags, sha256, metadata, concat, length, main, fence, "offset", hashes, store, step, stage, blob,
                until, holder, seen_at, wanted, crc32, folder, on_conflict, modified_at, expires_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25)
            ON CONFLICT (file) DO UPDATE SET length = ?8, main = ?9, fence = ?10, "offset" = ?11, hashes = ?12, store = ?13, step = ?14,
                stage = ?15, blob = ?16, until = ?17, holder = ?18, seen_at = ?19, wanted = ?20,
                crc32 = ?21
            """,
            n, plan.Name, plan.Type, Json(plan.Tags), plan.Sha256, plan.Metadata, plan.Concat, after.Length, Bytes(after.Main), after.Fence,
            after.Offset, after.Hashes.State.ToArray(), after.Store, after.Step, (long)after.Stage, after.Blob is { } blob ? Bytes(blob) : null,
            Milliseconds(after.Until), after.Holder is { } holder ? Bytes(holder) : null, Milliseconds(after.SeenAt), after.IsWanted ? 1L : 0L,
            (long?)after.Hashes.Crc32, Bytes(plan.Folder), (long)plan.OnConflict, Milliseconds(plan.ModifiedAt),
            Milliseconds(plan.ExpiresAt));
    }

    /// <summary>The time at which the row itself is due; its blobs and its upload have their own times.</summary>
    private static DateTimeOffset? DueOf(FileDocument document, DateTimeOffset now) => document switch
    {
        { State: FileState.Trash } => document.PurgeAt,
        { IsIdleTombstone: true } => document.RememberUntil ?? now,
        _ => null,
    };

    private static string? KeyOf(string? name) => name is null ? null : NameKey.Of(name);

    private static string? TagsOf(FileDocument document) => document.IsFile ? Json(document.Tags) : null;

    private static byte[]? Sha256Of(FileContent? content) => content is null ? null : Convert.FromHexString(content.Sha256);
}
