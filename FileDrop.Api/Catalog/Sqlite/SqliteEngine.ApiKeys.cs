using Microsoft.Data.Sqlite;

namespace FileDrop.Api.Catalog.Sqlite;

// API keys.
internal sealed partial class SqliteEngine : IKeyCatalog
{
    private const string ApiKeyColumns = "id, secret_hash, owner, name, scopes, created_at, expires_at, last_used_at, revoked_at";

    public Task<bool> HasApiKeysAsync(CancellationToken cancellation) =>
        ReadAsync(session => session.Number("SELECT EXISTS (SELECT 1 FROM api_keys)") != 0, cancellation);

    public Task AddApiKeyAsync(ApiKey key, CancellationToken cancellation) => ChangeAsync(
        session => session.Execute(
            $"INSERT INTO api_keys ({ApiKeyColumns}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, NULL, NULL)",
            key.Id, key.SecretHash.ToArray(), key.Owner, key.Name, string.Join(' ', key.Scopes),
            SqliteRows.Milliseconds(key.CreatedAt), SqliteRows.Milliseconds(key.ExpiresAt)),
        cancellation);

    public Task<ApiKey?> FindApiKeyAsync(string id, CancellationToken cancellation) => ReadAsync(session => FindApiKey(session, id), cancellation);

    public Task<IReadOnlyList<ApiKey>> FindApiKeysAsync(IReadOnlyCollection<string> ids, CancellationToken cancellation) =>
        ReadAsync<IReadOnlyList<ApiKey>>(session => [.. ids.Select(id => FindApiKey(session, id)).OfType<ApiKey>()], cancellation);

    public Task<IReadOnlyList<ApiKey>> ListApiKeysAsync(CancellationToken cancellation) => ReadAsync<IReadOnlyList<ApiKey>>(
        session =>
        {
            using var rows = session.Query(
                $"SELECT {ApiKeyColumns} FROM api_keys ORDER BY revoked_at, created_at DESC, id LIMIT ?1", (long)IKeyCatalog.MaxListed);
            var keys = new List<ApiKey>();
            while (rows.Read())
                keys.Add(ReadApiKey(rows));
            return keys;
        },
        cancellation);

    public Task<bool> RevokeApiKeyAsync(string id, DateTimeOffset revokedAt, CancellationToken cancellation) => ChangeAsync(
        session => session.Execute("UPDATE api_keys SET revoked_at = ?2 WHERE id = ?1 AND revoked_at IS NULL", id, SqliteRows.Milliseconds(revokedAt)) > 0,
        cancellation);

    public Task NoteApiKeyUseAsync(string id, DateTimeOffset usedAt, DateTimeOffset unlessAfter, CancellationToken cancellation) => ChangeAsync(
        session => session.Execute(
            "UPDATE api_keys SET last_used_at = ?2 WHERE id = ?1 AND (last_used_at IS NULL OR last_used_at <= ?3)",
            id, SqliteRows.Milliseconds(usedAt), SqliteRows.Milliseconds(unlessAfter)),
        cancellation, isPassing: true);

    private static ApiKey? FindApiKey(SqliteSession session, string id)
    {
        using var row = session.Query($"SELECT {ApiKeyColumns} FROM api_keys WHERE id = ?1", id);
        return row.Read() ? ReadApiKey(row) : null;
    }

    private static ApiKey ReadApiKey(SqliteDataReader row) => new(
        row.GetString(0), row.GetFieldValue<byte[]>(1), row.GetString(2), row.IsDBNull(3) ? null : row.GetString(3), row.GetString(4).Split(' '),
        DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(5)), TimeOrNull(row, 6), TimeOrNull(row, 7), TimeOrNull(row, 8));

    private static DateTimeOffset? TimeOrNull(SqliteDataReader row, int column) =>
        row.IsDBNull(column) ? null : DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(column));

}
