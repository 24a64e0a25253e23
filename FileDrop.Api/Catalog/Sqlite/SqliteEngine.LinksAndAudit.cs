using System.Buffers.Binary;
using Microsoft.Data.Sqlite;

namespace FileDrop.Api.Catalog.Sqlite;

// Link keys, and the audit log.
internal sealed partial class SqliteEngine : ILinkKeyCatalog, IAuditCatalog
{
    /// <summary>The most events that one change removes, so that other changes need not wait long.</summary>
    private const long EventsForgottenAtOnce = 1_000;

    private const string AuditColumns = "id, at, operation, caller, owner, subject, method, path, status, result, address, trace_id";

    public Task<IReadOnlyList<LinkKey>> ListLinkKeysAsync(CancellationToken cancellation) => ReadAsync<IReadOnlyList<LinkKey>>(
        session =>
        {
            using var rows = session.Query("SELECT number, secret, created_at FROM link_keys ORDER BY number DESC");
            var keys = new List<LinkKey>();
            while (rows.Read())
                keys.Add(new LinkKey(rows.GetInt64(0), rows.GetFieldValue<byte[]>(1), DateTimeOffset.FromUnixTimeMilliseconds(rows.GetInt64(2))));
            return keys;
        },
        cancellation);

    public Task<bool> AddLinkKeyAsync(LinkKey key, CancellationToken cancellation) => ChangeAsync(
        session => session.Execute(
            "INSERT INTO link_keys (number, secret, created_at) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
            key.Number, key.Secret.ToArray(), SqliteRows.Milliseconds(key.CreatedAt)) > 0,
        cancellation);

    public Task ForgetLinkKeysAsync(DateTimeOffset before, CancellationToken cancellation) => ChangeAsync(
        session => session.Execute("DELETE FROM link_keys WHERE created_at < ?1", SqliteRows.Milliseconds(before)), cancellation);

    public Task AddAuditAsync(IReadOnlyList<AuditEvent> events, TimeSpan retention, CancellationToken cancellation) => ChangeAsync(
        session =>
        {
            foreach (var one in events)
            {
                session.Execute(
                    $"INSERT INTO audit ({AuditColumns}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) ON CONFLICT DO NOTHING",
                    SqliteRows.Bytes(one.Id), SqliteRows.Milliseconds(one.At), one.Operation, one.Caller, one.Owner, one.Subject, one.Method, one.Path,
                    (long)one.Status, one.Result, one.Address, one.TraceId);
            }
            return events.Count;
        },
        cancellation);

    public Task<IReadOnlyList<AuditEvent>> ListAuditAsync(Guid? before, int limit, CancellationToken cancellation) => ReadAsync<IReadOnlyList<AuditEvent>>(
        session =>
        {
            using var rows = session.Query(
                $"SELECT {AuditColumns} FROM audit WHERE id < ?1 ORDER BY id DESC LIMIT ?2", SqliteRows.Bytes(before ?? Guid.AllBitsSet), (long)limit);
            var events = new List<AuditEvent>();
            while (rows.Read())
                events.Add(ReadEvent(rows));
            return events;
        },
        cancellation);

    public async Task ForgetAuditAsync(DateTimeOffset before, CancellationToken cancellation)
    {
        // An id begins with its time, so a comparison of ids finds older events.
        var first = new byte[16];
        BinaryPrimitives.WriteInt64BigEndian(first, before.ToUnixTimeMilliseconds() << 16);
        var forgotten = EventsForgottenAtOnce;
        while (forgotten == EventsForgottenAtOnce)
        {
            forgotten = await ChangeAsync(
                session => session.Execute(
                    "DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE id < ?1 LIMIT ?2)", first, EventsForgottenAtOnce),
                cancellation);
        }
    }

    private static AuditEvent ReadEvent(SqliteDataReader row) => new(
        new Guid(row.GetFieldValue<byte[]>(0), bigEndian: true), DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(1)), row.GetString(2), row.GetString(3),
        row.IsDBNull(4) ? null : row.GetString(4), row.IsDBNull(5) ? null : row.GetString(5), row.GetString(6), row.GetString(7), (int)row.GetInt64(8),
        row.GetString(9), row.GetString(10), row.GetString(11));
}
