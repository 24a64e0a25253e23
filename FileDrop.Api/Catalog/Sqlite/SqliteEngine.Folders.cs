namespace FileDrop.Api.Catalog.Sqlite;

// Folders. A protocol runs in one transaction of the writer, so that its claims are never seen half-made, and nobody waits for anybody.
internal sealed partial class SqliteEngine : IFolderEngine
{
    public Task<T> RunAsync<T>(string owner, Func<IFolderSteps, ValueTask<T>> protocol, CancellationToken cancellation) =>
        ChangeAsync(session => Run(session, owner, protocol), cancellation);

    /// <summary>Does not wait for the writer, since the clock is this machine's.</summary>
    public Task<DateTimeOffset> NowAsync(CancellationToken cancellation) => Task.FromResult(Now());

    public Task<FolderDocument?> FindFolderAsync(string owner, Guid id, CancellationToken cancellation) =>
        ReadAsync(session => SqliteFolders.Find(session, owner, id), cancellation);

    public Task<IEntry?> FindEntryAsync(string owner, EntryKey key, CancellationToken cancellation) => ReadAsync(
        session => SqliteDocuments.AtOneMoment<IEntry?>(
            session, () => (IEntry?)SqliteFolders.FindByName(session, owner, key) ?? SqliteDocuments.FindByName(session, owner, key)),
        cancellation);

    public Task<FolderPage> ListFoldersAsync(ListQuery query, CancellationToken cancellation) =>
        Started().ListReaders.RunAsync(session => SqliteListing.ReadFolders(session, query), cancellation);

    public Task<IReadOnlyList<(string Owner, Guid Id)>> FindDueFoldersAsync(int limit, CancellationToken cancellation) =>
        ReadAsync(session => SqliteFolders.FindDue(session, limit, Milliseconds()), cancellation);

    public Task<IReadOnlyList<FolderDocument>> ScanFoldersAsync(Guid? after, int limit, CancellationToken cancellation) =>
        ReadAsync(session => SqliteFolders.Scan(session, after, limit), cancellation);

    public Task<IReadOnlyList<(string Owner, NameClaim Claim)>> ScanNamesAsync(
        (string Owner, EntryKey Key)? after, int limit, CancellationToken cancellation) =>
        ReadAsync(session => SqliteFolders.ScanNames(session, after, limit), cancellation);

    public Task<IReadOnlyList<FolderDocument>> FindFoldersAsync(IReadOnlyCollection<Guid> ids, CancellationToken cancellation) =>
        ReadAsync(session => SqliteFolders.FindMany(session, ids), cancellation);

    public Task<IReadOnlyList<(string Owner, NameClaim Claim)>> FindNamesAsync(
        IReadOnlyCollection<(string Owner, EntryKey Key)> keys, CancellationToken cancellation) =>
        ReadAsync(session => SqliteFolders.FindNames(session, keys), cancellation);

    public Task<(long Files, long Folders)> CountCarriedAsync(string owner, Guid folder, int limit, CancellationToken cancellation) =>
        ReadAsync(session => SqliteFolders.CountCarried(session, owner, folder, limit), cancellation);

    /// <summary>Runs a protocol within a transaction. Its steps complete at once, so it has ended when it returns.</summary>
    private T Run<T>(SqliteSession session, string owner, Func<IFolderSteps, ValueTask<T>> protocol)
    {
        var run = protocol(new Steps(this, session, owner));
        return run.IsCompleted
            ? run.GetAwaiter().GetResult()
            : throw new InvalidOperationException("A protocol in a transaction awaits nothing but its steps.");
    }

    private sealed class Steps(SqliteEngine engine, SqliteSession session, string owner) : IFolderSteps
    {
        public ValueTask<DateTimeOffset> NowAsync() => new(engine.Now());

        public ValueTask PauseAsync() => ValueTask.CompletedTask;

        public ValueTask<FolderDocument?> LoadFolderAsync(Guid id) => new(SqliteFolders.Find(session, owner, id));

        public ValueTask<FileDocument?> LoadFileAsync(Guid id) => new(SqliteDocuments.FindFile(session, owner, id));

        public ValueTask<bool> InsertFolderAsync(Func<DateTimeOffset, FolderDocument> make)
        {
            var now = engine.Now();
            return new(SqliteFolders.Insert(session, make(now), now));
        }

        public ValueTask<T> ChangeFolderAsync<T>(Guid id, Func<FolderDocument?, DateTimeOffset, FolderDecision<T>> decide)
        {
            var (before, now) = (SqliteFolders.Find(session, owner, id), engine.Now());
            var decision = decide(before, now);
            if (decision.Removes)
                SqliteFolders.Remove(session, owner, id);
            else if (decision.Next is { } next)
                SqliteFolders.Update(session, before, next, now);
            return new(decision.Answer);
        }

        public ValueTask<T> ChangeFileAsync<T>(Guid id, Func<FileDocument?, DateTimeOffset, Decision<T>> decide) =>
            new(engine.Change(session, owner, id, decide));

        public ValueTask<bool> InsertNameAsync(NameClaim claim) => new(SqliteFolders.InsertName(session, owner, claim));

        public ValueTask<NameClaim?> FindNameAsync(EntryKey key) => new(SqliteFolders.FindName(session, owner, key));

        public ValueTask<bool> ReplaceNameAsync(NameClaim former, NameClaim claim) => new(SqliteFolders.ReplaceName(session, owner, former, claim));

        public ValueTask DeleteNameAsync(EntryKey key, Guid operation)
        {
            SqliteFolders.DeleteName(session, owner, key, operation);
            return ValueTask.CompletedTask;
        }

        public ValueTask<IReadOnlyList<NameClaim>> FindNamesAsync(Guid folder, EntryKey? after, int limit) =>
            new(SqliteFolders.FindNames(session, owner, folder, after?.Name, limit));

        public ValueTask<bool> TakeSlotAsync(FolderSlot slot) => new(true);

        public ValueTask<FolderSlot?> FindSlotAsync() => new(default(FolderSlot));

        public ValueTask ClearSlotAsync(Guid operation) => ValueTask.CompletedTask;

        public ValueTask<IReadOnlyList<IEntry>> FindChildrenAsync(Guid folder, EntryKind kind, FileState state, Guid? after, int limit) => new(
            kind == EntryKind.Folder
                ? SqliteFolders.FindChildren(session, owner, folder, state, after, limit)
                : SqliteDocuments.FindChildren(session, owner, folder, state, after, limit));

        public ValueTask<bool> HasChildAsync(Guid folder, FileState state) => new(SqliteFolders.HasChild(session, owner, folder, state));

        public ValueTask<bool> HasUnsweptChildAsync(Guid folder) => new(SqliteFolders.HasUnsweptChild(session, owner, folder));

        public ValueTask<IReadOnlyList<IEntry>> FindLockedAsync(EntryKind kind) => new(
            kind == EntryKind.Folder
                ? SqliteFolders.FindLocked(session, owner, engine.Milliseconds())
                : SqliteDocuments.FindLocked(session, owner, engine.Milliseconds()));
    }
}
