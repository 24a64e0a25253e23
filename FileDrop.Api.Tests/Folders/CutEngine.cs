using FileDrop.Api.Catalog;

namespace FileDrop.Api.Tests.Folders;

/// <summary>The process has ended.</summary>
internal sealed class CutException : Exception;

/// <summary>An engine whose process ends before a protocol's step of this number, counted over the steps that change something.</summary>
internal sealed class CutEngine(IFolderEngine engine, int step) : IFolderEngine
{
    private int _left = step;

    public Task<T> RunAsync<T>(string owner, Func<IFolderSteps, ValueTask<T>> protocol, CancellationToken cancellation) =>
        engine.RunAsync(owner, real => protocol(new Steps(this, real)), cancellation);

    public Task<FolderDocument?> FindFolderAsync(string owner, Guid id, CancellationToken cancellation) => engine.FindFolderAsync(owner, id, cancellation);

    public Task<IEntry?> FindEntryAsync(string owner, EntryKey key, CancellationToken cancellation) => engine.FindEntryAsync(owner, key, cancellation);

    public Task<FolderPage> ListFoldersAsync(ListQuery query, CancellationToken cancellation) => engine.ListFoldersAsync(query, cancellation);

    public Task<IReadOnlyList<(string Owner, Guid Id)>> FindDueFoldersAsync(int limit, CancellationToken cancellation) =>
        engine.FindDueFoldersAsync(limit, cancellation);

    public Task<IReadOnlyList<FolderDocument>> ScanFoldersAsync(Guid? after, int limit, CancellationToken cancellation) =>
        engine.ScanFoldersAsync(after, limit, cancellation);

    public Task<IReadOnlyList<(string Owner, NameClaim Claim)>> ScanNamesAsync(
        (string Owner, EntryKey Key)? after, int limit, CancellationToken cancellation) => engine.ScanNamesAsync(after, limit, cancellation);

    public Task<IReadOnlyList<FolderDocument>> FindFoldersAsync(IReadOnlyCollection<Guid> ids, CancellationToken cancellation) =>
        engine.FindFoldersAsync(ids, cancellation);

    public Task<IReadOnlyList<(string Owner, NameClaim Claim)>> FindNamesAsync(
        IReadOnlyCollection<(string Owner, EntryKey Key)> keys, CancellationToken cancellation) => engine.FindNamesAsync(keys, cancellation);

    public Task<(long Files, long Folders)> CountCarriedAsync(string owner, Guid folder, int limit, CancellationToken cancellation) =>
        engine.CountCarriedAsync(owner, folder, limit, cancellation);

    private sealed class Steps(CutEngine cut, IFolderSteps real) : IFolderSteps
    {
        public ValueTask<DateTimeOffset> NowAsync() => real.NowAsync();

        public ValueTask PauseAsync() => real.PauseAsync();

        public ValueTask<FolderDocument?> LoadFolderAsync(Guid id) => real.LoadFolderAsync(id);

        public ValueTask<FileDocument?> LoadFileAsync(Guid id) => real.LoadFileAsync(id);

        public ValueTask<bool> InsertFolderAsync(Func<DateTimeOffset, FolderDocument> make) => StepAsync(() => real.InsertFolderAsync(make));

        public ValueTask<T> ChangeFolderAsync<T>(Guid id, Func<FolderDocument?, DateTimeOffset, FolderDecision<T>> decide) =>
            StepAsync(() => real.ChangeFolderAsync(id, decide));

        public ValueTask<T> ChangeFileAsync<T>(Guid id, Func<FileDocument?, DateTimeOffset, Decision<T>> decide) => StepAsync(() => real.ChangeFileAsync(id, decide));

        public ValueTask<bool> InsertNameAsync(NameClaim claim) => StepAsync(() => real.InsertNameAsync(claim));

        public ValueTask<NameClaim?> FindNameAsync(EntryKey key) => real.FindNameAsync(key);

        public ValueTask<bool> ReplaceNameAsync(NameClaim former, NameClaim claim) => StepAsync(() => real.ReplaceNameAsync(former, claim));

        public async ValueTask DeleteNameAsync(EntryKey key, Guid operation) => await StepAsync(async () =>
        {
            await real.DeleteNameAsync(key, operation);
            return true;
        });

        public ValueTask<IReadOnlyList<NameClaim>> FindNamesAsync(Guid folder, EntryKey? after, int limit) => real.FindNamesAsync(folder, after, limit);

        public ValueTask<bool> TakeSlotAsync(FolderSlot slot) => StepAsync(() => real.TakeSlotAsync(slot));

        public ValueTask<FolderSlot?> FindSlotAsync() => real.FindSlotAsync();

        public async ValueTask ClearSlotAsync(Guid operation) => await StepAsync(async () =>
        {
            await real.ClearSlotAsync(operation);
            return true;
        });

        public ValueTask<IReadOnlyList<IEntry>> FindChildrenAsync(Guid folder, EntryKind kind, FileState state, Guid? after, int limit) =>
            real.FindChildrenAsync(folder, kind, state, after, limit);

        public ValueTask<bool> HasChildAsync(Guid folder, FileState state) => real.HasChildAsync(folder, state);

        public ValueTask<bool> HasUnsweptChildAsync(Guid folder) => real.HasUnsweptChildAsync(folder);

        private ValueTask<T> StepAsync<T>(Func<ValueTask<T>> step) => --cut._left == 0 ? throw new CutException() : step();
    }
}
