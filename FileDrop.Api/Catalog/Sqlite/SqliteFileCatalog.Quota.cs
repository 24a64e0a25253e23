namespace FileDrop.Api.Catalog.Sqlite;

// Quotas. A reservation lies in the row of its intent, and cannot be left behind without it.
internal sealed partial class SqliteFileCatalog
{
    private readonly SqliteQuota _quota = new(rules.Quotas);

    public Task<long> ReserveAsync(string owner, Guid id, WriteIntent intent, long needed, long wanted, CancellationToken cancellation) =>
        rules.Quotas.Of(owner).IsNone
            ? Task.FromResult(long.MaxValue)
            : ChangeAsync(session => _quota.Reserve(session, owner, id, intent, needed, wanted), cancellation);

    public Task<OwnerUsage> FindUsageAsync(string owner, CancellationToken cancellation) =>
        ReadAsync(session => SqliteQuota.Find(session, owner), cancellation);

    public Task ReleaseReservationsAsync(CancellationToken cancellation) => Task.CompletedTask;

    public Task<IReadOnlyList<UsageDifference>> CheckUsageAsync(bool repair, CancellationToken cancellation) => repair
        ? ChangeAsync(SqliteQuota.Repair, cancellation)
        : ReadAsync(SqliteQuota.Compare, cancellation);
}
