namespace FileDrop.Api.Catalog.Sqlite;

// Resumable uploads.
internal sealed partial class SqliteFileCatalog
{
    private readonly SqliteResumable _resumable = new(rules, time);

    public Task<ResumableUpload> BeginResumableAsync(
        string owner, Guid id, WriteIntent intent, ResumablePlan plan, long? length, Guid? holder, CancellationToken cancellation) =>
        ChangeAsync(session => _resumable.Begin(session, owner, id, intent, plan, length, holder), cancellation);

    public Task<ResumableUpload?> FindResumableAsync(string owner, Guid id, CancellationToken cancellation) =>
        ReadAsync(session => SqliteResumable.Find(session, owner, id, Now()), cancellation);

    public Task<ResumableUpload?> TakeResumableAsync(string owner, Guid id, Guid taker, CancellationToken cancellation) =>
        // Whoever holds an upload does so within this process, and no longer than it lives.
        ChangeAsync(session => _resumable.Take(session, owner, id, taker), cancellation, isPassing: true);

    public Task<ResumableUpload?> RecordResumableAsync(
        string owner, Guid id, WriteIntent intent, ResumableStep done, CancellationToken cancellation) =>
        ChangeAsync(session => _resumable.Record(session, owner, id, intent, done), cancellation);

    public Task<bool> EndResumableAsync(string owner, Guid id, WriteIntent intent, CancellationToken cancellation) =>
        ChangeAsync(session => _resumable.End(session, owner, id, intent), cancellation);
}
