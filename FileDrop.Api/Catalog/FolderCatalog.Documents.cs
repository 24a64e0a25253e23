namespace FileDrop.Api.Catalog;

// Whole folders and claims of all owners.
internal sealed partial class FolderCatalog
{
    public Task<DateTimeOffset> NowAsync(CancellationToken cancellation) => engine.NowAsync(cancellation);

    public Task<IReadOnlyList<FolderDocument>> ScanFoldersAsync(Guid? after, int limit, CancellationToken cancellation) =>
        engine.ScanFoldersAsync(after, limit, cancellation);

    public Task<IReadOnlyList<FolderDocument>> FindFoldersAsync(IReadOnlyCollection<Guid> ids, CancellationToken cancellation) =>
        engine.FindFoldersAsync(ids, cancellation);

    public Task<IReadOnlyList<(string Owner, NameClaim Claim)>> ScanNamesAsync(
        (string Owner, EntryKey Key)? after, int limit, CancellationToken cancellation) => engine.ScanNamesAsync(after, limit, cancellation);

    public Task<IReadOnlyList<(string Owner, NameClaim Claim)>> FindNamesAsync(
        IReadOnlyCollection<(string Owner, EntryKey Key)> keys, CancellationToken cancellation) => engine.FindNamesAsync(keys, cancellation);

    public Task<bool> ImportFolderAsync(CatalogFolder folder, bool isCarried, CancellationToken cancellation) => engine.RunAsync(
        folder.Owner, steps => steps.InsertFolderAsync(now => FolderDocument.Imported(folder, isCarried, now)), cancellation);

    public Task<Settlement> SettleAsync(string owner, EntryKind kind, Guid id, Settling how, CancellationToken cancellation) =>
        engine.RunAsync(owner, steps => new FolderProtocol(steps, rules).SettleAsync(kind, id, how), cancellation);

    public Task<bool> MarkDueAsync(string owner, Guid id, CancellationToken cancellation) =>
        engine.RunAsync(owner, steps => new FolderProtocol(steps, rules).MarkDueAsync(id), cancellation);

    public Task<bool> DropNameAsync(string owner, NameClaim claim, CancellationToken cancellation) =>
        engine.RunAsync(owner, steps => new FolderProtocol(steps, rules).DropAsync(claim), cancellation);
}
