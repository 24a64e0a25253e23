using System.Runtime.CompilerServices;
using FileDrop.Api.Catalog;

namespace FileDrop.Api.Tests.Folders;

/// <summary>An engine that tells of each step of a protocol that changes something.</summary>
/// <param name="engine">The engine.</param>
/// <param name="before">Called before a step with its name, such as <c>IFolderSteps.InsertNameAsync</c>.</param>
/// <param name="after">Called after it.</param>
internal sealed class WatchedEngine(IFolderEngine engine, Action<string> before, Action<string> after) : IFolderEngine
{
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

    private sealed class Steps(WatchedEngine watched, IFolderSteps real) : IFolderSteps
    {
        public ValueTask<DateTimeOffset> NowAsync() => real.NowAsync();

        public ValueTask PauseAsync() => real.PauseAsync();

        public ValueTask<FolderDocument?> LoadFolderAsync(Guid id) => real.LoadFolderAsync(id);

        public ValueTask<FileDocument?> LoadFileAsync(Guid id) => real.LoadFileAsync(id);

        public ValueTask<FolderDocument?> RecallFolderAsync(Guid id) => real.RecallFolderAsync(id);

        public ValueTask<FileDocument?> RecallFileAsync(Guid id) => real.RecallFileAsync(id);

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

        public ValueTask<IReadOnlyList<IEntry>> FindLockedAsync(EntryKind kind) => real.FindLockedAsync(kind);

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

        private async ValueTask<T> StepAsync<T>(Func<ValueTask<T>> step, [CallerMemberName] string name = "")
        {
            watched.Before($"{nameof(IFolderSteps)}.{name}");
            var result = await step();
            watched.After($"{nameof(IFolderSteps)}.{name}");
            return result;
        }
    }

    private void Before(string step) => before(step);

    private void After(string step) => after(step);
}
