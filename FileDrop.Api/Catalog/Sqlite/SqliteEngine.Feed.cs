namespace FileDrop.Api.Catalog.Sqlite;

// The feeds of changes.
internal sealed partial class SqliteEngine : IChangeEngine
{
    private Action<string>? _whenChanged;

    public void WhenChanged(Action<string> tell) => _whenChanged += tell;

    public Task<Guid> FindFeedAsync(CancellationToken cancellation) => ReadAsync(
        session =>
        {
            using var row = session.Query("SELECT id FROM feed");
            return row.Read() ? SqliteRows.Id(row, 0) : throw new InvalidOperationException("The catalog has no feed.");
        },
        cancellation);

    public Task<long> FindLastChangeAsync(string owner, CancellationToken cancellation) =>
        ReadAsync(session => SqliteChanges.FindLast(session, owner), cancellation);

    public Task<IReadOnlyList<ChangeMark>> FindChangesAsync(string owner, long after, int limit, CancellationToken cancellation) =>
        ReadAsync(session => SqliteChanges.Find(session, owner, after, limit), cancellation);

    public Task<IReadOnlyDictionary<Guid, FolderEntry>> FindLiveAsync(
        string owner, IReadOnlyCollection<ChangeMark> marks, CancellationToken cancellation) =>
        ReadAsync(session => SqliteDocuments.AtOneMoment(session, () => SqliteChanges.FindLive(session, owner, marks)), cancellation);

    public Task<IReadOnlyList<string>> FindLaterAsync(IReadOnlyDictionary<string, long> lasts, CancellationToken cancellation) =>
        ReadAsync<IReadOnlyList<string>>(
            session => [.. lasts.Where(last => SqliteChanges.FindLast(session, last.Key) > last.Value).Select(last => last.Key)], cancellation);

    public async Task ForgetChangesAsync(TimeSpan retention, CancellationToken cancellation)
    {
        var before = Now() - retention;
        for (var owner = await FindOwnerAsync(""); owner is { } one; owner = await FindOwnerAsync(one))
        {
            // Mostly there is nothing to forget, and then the writer is left alone.
            while (await ReadAsync(session => SqliteChanges.MayForget(session, one, before), cancellation)
                && await ChangeAsync(session => SqliteChanges.Forget(session, one, before), cancellation) > 0)
            {
            }
        }

        Task<string?> FindOwnerAsync(string after) => ReadAsync(session => SqliteChanges.FindOwner(session, after), cancellation);
    }
}
