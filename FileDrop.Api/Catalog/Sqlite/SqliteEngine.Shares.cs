using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Data.Sqlite;

namespace FileDrop.Api.Catalog.Sqlite;

// Shares, their keys, and the grants of counted downloads.
internal sealed partial class SqliteEngine : IShareCatalog, ISharedCatalog
{
    /// <summary>The most grants that one change removes, so that other changes need not wait long.</summary>
    private const long GrantsForgottenAtOnce = 1_000;

    private const string ShareColumns =
        "digest, id, owner, key, mode, ids, selection, version, password, expires_at, max_downloads, drop_rules, note, creator, creator_key, created_at, "
        + "updated_at, revision, downloads, received_bytes, received_files, last_used_at";

    /// <summary>The condition that a share is as it was read and has not expired: revision and time are the second and third values.</summary>
    private const string AsRead = "digest = ?1 AND revision = ?2 AND (expires_at IS NULL OR expires_at > ?3)";

    public Task<IReadOnlyList<ShareKey>> ListShareKeysAsync(CancellationToken cancellation) => ReadAsync<IReadOnlyList<ShareKey>>(
        session =>
        {
            using var rows = session.Query("SELECT number, secret FROM share_keys ORDER BY number");
            var keys = new List<ShareKey>();
            while (rows.Read())
                keys.Add(new ShareKey(rows.GetInt64(0), rows.GetFieldValue<byte[]>(1)));
            return keys;
        },
        cancellation);

    public Task<bool> AddShareKeyAsync(ShareKey key, CancellationToken cancellation) => ChangeAsync(
        session => session.Execute("INSERT INTO share_keys (number, secret) VALUES (?1, ?2) ON CONFLICT DO NOTHING", key.Number, key.Secret.ToArray()) > 0,
        cancellation);

    public Task<bool> AddShareAsync(Share share, CancellationToken cancellation) => ChangeAsync(
        session => session.Execute(
            $"""
            INSERT INTO shares ({ShareColumns})
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22) ON CONFLICT DO NOTHING
            """,
            [.. ShareValues(share)]) > 0,
        cancellation);

    public Task<long> CountSharesAsync(string owner, int limit, CancellationToken cancellation) => ReadAsync(
        session => session.Number("SELECT count(*) FROM (SELECT 1 FROM shares WHERE owner = ?1 LIMIT ?2)", owner, (long)limit), cancellation);

    public Task<IReadOnlyList<Share>> ListSharesAsync(string? owner, Guid? before, int limit, CancellationToken cancellation) =>
        ReadAsync<IReadOnlyList<Share>>(
            session =>
            {
                // An id begins with its time. No share has the last one of all.
                var last = SqliteRows.Bytes(before ?? Guid.AllBitsSet);
                using var rows = owner is null
                    ? session.Query($"SELECT {ShareColumns} FROM shares WHERE id < ?1 ORDER BY id DESC LIMIT ?2", last, (long)limit)
                    : session.Query($"SELECT {ShareColumns} FROM shares WHERE owner = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3", owner, last, (long)limit);
                var shares = new List<Share>();
                while (rows.Read())
                    shares.Add(ReadShare(rows));
                return shares;
            },
            cancellation);

    public async Task<ShareReading?> FindShareAsync(string owner, Guid id, CancellationToken cancellation) =>
        await ReadAsync(session => FindShare(session, owner, id), cancellation) is { } share ? new ShareReading(share, Now()) : null;

    public async Task<ShareReading?> FindShareAsync(ReadOnlyMemory<byte> digest, CancellationToken cancellation) => await ReadAsync(
        session =>
        {
            using var row = session.Query($"SELECT {ShareColumns} FROM shares WHERE digest = ?1", digest.ToArray());
            return row.Read() ? ReadShare(row) : null;
        },
        cancellation) is { } share ? new ShareReading(share, Now()) : null;

    public Task<Share?> ChangeShareAsync(string owner, Guid id, Func<Share, DateTimeOffset, Share> rule, CancellationToken cancellation) => ChangeAsync(
        session =>
        {
            if (FindShare(session, owner, id) is not { } share)
                return null;
            var next = rule(share, Now()) with { Revision = Random.Shared.NextInt64() };
            session.Execute(
                """
                UPDATE shares SET mode = ?2, version = ?3, password = ?4, expires_at = ?5, max_downloads = ?6, drop_rules = ?7, note = ?8, updated_at = ?9,
                    revision = ?10 WHERE digest = ?1
                """,
                next.Digest.ToArray(), (long)next.Mode, next.Version, next.Password, SqliteRows.Milliseconds(next.ExpiresAt), next.MaxDownloads,
                Json(next.Drop), next.Note, SqliteRows.Milliseconds(next.UpdatedAt), next.Revision);
            return next;
        },
        cancellation);

    public Task<bool> DeleteShareAsync(string owner, Guid id, CancellationToken cancellation) => ChangeAsync(
        session => session.Execute("DELETE FROM shares WHERE owner = ?1 AND id = ?2", owner, SqliteRows.Bytes(id)) > 0, cancellation);

    public Task<long> DeleteSharesOfKeyAsync(string key, CancellationToken cancellation) => ChangeAsync(
        session => (long)session.Execute("DELETE FROM shares WHERE creator_key = ?1", key), cancellation);

    public Task<bool> CountDownloadAsync(Share share, ShareGrant grant, long bytes, CancellationToken cancellation) => ChangeAsync(
        session =>
        {
            var now = Milliseconds();
            if (session.Execute(
                $"UPDATE shares SET downloads = downloads + 1, last_used_at = ?3 WHERE {AsRead} AND downloads < max_downloads",
                share.Digest.ToArray(), share.Revision, now) == 0)
                return false;
            session.Execute(
                """
                INSERT INTO share_grants (share, visitor, subject, bytes, until) VALUES (?1, ?2, ?3, ?4, ?5)
                ON CONFLICT DO UPDATE SET bytes = ?4, until = ?5
                """,
                grant.Digest.ToArray(), SqliteRows.Bytes(grant.Visitor), SqliteRows.Bytes(grant.Subject), bytes, Milliseconds(Share.GrantLife));
            return true;
        },
        cancellation);

    public Task UncountDownloadAsync(ShareGrant grant, CancellationToken cancellation) => ChangeAsync(
        session =>
        {
            session.Execute("UPDATE shares SET downloads = downloads - 1 WHERE digest = ?1 AND downloads > 0", grant.Digest.ToArray());
            return session.Execute($"DELETE FROM share_grants WHERE {OfGrant}", Values(grant));
        },
        cancellation);

    public Task<bool> TakeGrantAsync(ShareGrant grant, long bytes, CancellationToken cancellation) => ChangeAsync(
        session => session.Execute(
            $"UPDATE share_grants SET bytes = bytes - ?4 WHERE {OfGrant} AND bytes >= ?4 AND until > ?5", [.. Values(grant), bytes, Milliseconds()]) > 0,
        cancellation);

    public Task ReturnGrantAsync(ShareGrant grant, long bytes, CancellationToken cancellation) => ChangeAsync(
        session => session.Execute($"UPDATE share_grants SET bytes = bytes + ?4 WHERE {OfGrant}", [.. Values(grant), bytes]), cancellation);

    public Task NoteShareUsesAsync(IReadOnlyList<ShareUse> uses, CancellationToken cancellation) => ChangeAsync(
        session =>
        {
            foreach (var use in uses)
            {
                session.Execute(
                    "UPDATE shares SET downloads = downloads + ?2, last_used_at = max(coalesce(last_used_at, 0), ?3) WHERE digest = ?1",
                    use.Digest.ToArray(), use.Downloads, SqliteRows.Milliseconds(use.At));
            }
            return uses.Count;
        },
        cancellation, isPassing: true);

    public Task<bool> ReserveDropAsync(Share share, long bytes, CancellationToken cancellation) => ChangeAsync(
        session => session.Execute(
            $"""
            UPDATE shares SET received_bytes = received_bytes + ?4, received_files = received_files + 1, last_used_at = ?3
            WHERE {AsRead} AND received_bytes + ?4 <= ?5 AND received_files < ?6
            """,
            share.Digest.ToArray(), share.Revision, Milliseconds(), bytes, share.Drop?.MaxBytes ?? long.MaxValue, share.Drop?.MaxFiles ?? long.MaxValue) > 0,
        cancellation);

    public Task ReleaseDropAsync(ReadOnlyMemory<byte> digest, long bytes, CancellationToken cancellation) => ChangeAsync(
        session => session.Execute(
            "UPDATE shares SET received_bytes = max(0, received_bytes - ?2), received_files = max(0, received_files - 1) WHERE digest = ?1",
            digest.ToArray(), bytes),
        cancellation);

    public async Task ForgetGrantsAsync(CancellationToken cancellation)
    {
        const string Forget =
            "DELETE FROM share_grants WHERE (share, visitor, subject) IN (SELECT share, visitor, subject FROM share_grants WHERE until <= ?1 LIMIT ?2)";
        // Looked at first, since most catalogs never have one and a change costs a write.
        while (await ReadAsync(session => session.Number("SELECT EXISTS (SELECT 1 FROM share_grants WHERE until <= ?1)", Milliseconds()), cancellation) != 0)
            await ChangeAsync(session => session.Execute(Forget, Milliseconds(), GrantsForgottenAtOnce), cancellation);
    }

    private const string OfGrant = "share = ?1 AND visitor = ?2 AND subject = ?3";

    private static object?[] Values(ShareGrant grant) =>
        [grant.Digest.ToArray(), SqliteRows.Bytes(grant.Visitor), SqliteRows.Bytes(grant.Subject)];

    private static Share? FindShare(SqliteSession session, string owner, Guid id)
    {
        using var row = session.Query($"SELECT {ShareColumns} FROM shares WHERE owner = ?1 AND id = ?2", owner, SqliteRows.Bytes(id));
        return row.Read() ? ReadShare(row) : null;
    }

    private static object?[] ShareValues(Share share) =>
    [
        share.Digest.ToArray(), SqliteRows.Bytes(share.Id), share.Owner, share.Key, (long)share.Mode,
        share.Ids.SelectMany(SqliteRows.Bytes).ToArray(), share.IsSelection ? 1L : 0L, share.Version, share.Password,
        SqliteRows.Milliseconds(share.ExpiresAt), share.MaxDownloads, Json(share.Drop), share.Note, share.Creator, share.CreatorKey,
        SqliteRows.Milliseconds(share.CreatedAt), SqliteRows.Milliseconds(share.UpdatedAt), share.Revision, share.Downloads, share.ReceivedBytes,
        share.ReceivedFiles, SqliteRows.Milliseconds(share.LastUsedAt),
    ];

    private static Share ReadShare(SqliteDataReader row) => new()
    {
        Digest = row.GetFieldValue<byte[]>(0),
        Id = SqliteRows.Id(row, 1),
        Owner = row.GetString(2),
        Key = row.GetInt64(3),
        Mode = (ShareMode)row.GetInt64(4),
        Ids = [.. row.GetFieldValue<byte[]>(5).Chunk(16).Select(id => new Guid(id, bigEndian: true))],
        IsSelection = row.GetInt64(6) != 0,
        Version = SqliteRows.NumberOrNull(row, 7),
        Password = SqliteRows.TextOrNull(row, 8),
        ExpiresAt = TimeOrNull(row, 9),
        MaxDownloads = SqliteRows.NumberOrNull(row, 10),
        Drop = SqliteRows.TextOrNull(row, 11) is { } rules ? JsonSerializer.Deserialize(rules, ShareContext.Default.DropRules) : null,
        Note = SqliteRows.TextOrNull(row, 12),
        Creator = row.GetString(13),
        CreatorKey = SqliteRows.TextOrNull(row, 14),
        CreatedAt = SqliteRows.Time(row.GetInt64(15)),
        UpdatedAt = SqliteRows.Time(row.GetInt64(16)),
        Revision = row.GetInt64(17),
        Downloads = row.GetInt64(18),
        ReceivedBytes = row.GetInt64(19),
        ReceivedFiles = row.GetInt64(20),
        LastUsedAt = TimeOrNull(row, 21),
    };

    private static string? Json(DropRules? rules) => rules is null ? null : JsonSerializer.Serialize(rules, ShareContext.Default.DropRules);

    [JsonSerializable(typeof(DropRules))]
    private sealed partial class ShareContext : JsonSerializerContext;
}
