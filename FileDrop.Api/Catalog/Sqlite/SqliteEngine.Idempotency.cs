namespace FileDrop.Api.Catalog.Sqlite;

// Idempotency keys.
internal sealed partial class SqliteEngine : IIdempotencyRecords
{
    /// <summary>The most idempotency keys that one change removes, so that other changes need not wait long.</summary>
    private const long KeysForgottenAtOnce = 1_000;

    public Task<Guid?> FindIdempotencyKeyAsync(string owner, string key, CancellationToken cancellation) =>
        ReadAsync(session => SqliteReads.FindKey(session, owner, key, Milliseconds()), cancellation);

    public Task<bool> AddIdempotencyKeyAsync(string owner, string key, Guid id, TimeSpan life, CancellationToken cancellation) =>
        ChangeAsync(
            session => session.Execute(
                """
                INSERT INTO idempotency_keys (owner, key, file, expires_at) VALUES (?1, ?2, ?3, ?5)
                ON CONFLICT (owner, key) DO UPDATE SET file = ?3, expires_at = ?5 WHERE expires_at <= ?4
                """,
                owner, key, SqliteRows.Bytes(id), Milliseconds(), Milliseconds(life)) > 0,
            cancellation);

    public Task<bool> TakeIdempotencyKeyAsync(
        string owner, string key, Guid former, Guid successor, TimeSpan life, CancellationToken cancellation) =>
        ChangeAsync(
            session => session.Execute(
                "UPDATE idempotency_keys SET file = ?4, expires_at = ?6 WHERE owner = ?1 AND key = ?2 AND file = ?3 AND expires_at > ?5",
                owner, key, SqliteRows.Bytes(former), SqliteRows.Bytes(successor), Milliseconds(), Milliseconds(life)) > 0,
            cancellation);

    public async Task ForgetIdempotencyKeysAsync(CancellationToken cancellation)
    {
        const string Forget =
            """
            DELETE FROM idempotency_keys WHERE (owner, key) IN
                (SELECT owner, key FROM idempotency_keys WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)
            """;
        while (await ChangeAsync(session => session.Execute(Forget, Milliseconds(), KeysForgottenAtOnce), cancellation) == KeysForgottenAtOnce)
        {
        }
    }
}
