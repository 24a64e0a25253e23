namespace FileDrop.Api.Catalog;

// Locks and properties of files and folders.
internal sealed partial class FolderCatalog
{
    public Task<LockResult> LockAsync(string owner, EntryKind kind, Guid id, LockRequest request, CancellationToken cancellation) =>
        engine.RunAsync(owner, steps => new FolderProtocol(steps, rules).LockAsync(kind, id, request), cancellation);

    public Task<LockResult> RefreshLockAsync(
        string owner, EntryKind kind, Guid id, Guid token, string holder, TimeSpan life, CancellationToken cancellation) => engine.RunAsync(
            owner,
            steps => kind == EntryKind.File
                ? steps.ChangeFileAsync(id, (file, now) => file?.Refresh(token, holder, life, now) ?? new(new LockResult(ChangeOutcome.NotFound)))
                : steps.ChangeFolderAsync(id, (folder, now) => folder?.Refresh(token, holder, life, now) ?? new(new LockResult(ChangeOutcome.NotFound))),
            cancellation);

    public Task<ChangeOutcome> UnlockAsync(string owner, EntryKind kind, Guid id, Guid token, string? holder, CancellationToken cancellation) =>
        engine.RunAsync(owner, steps => new FolderProtocol(steps, rules).UnlockAsync(kind, id, token, holder), cancellation);

    public Task<ChangeResult> ChangePropertiesAsync(
        string owner, Guid file, IReadOnlyList<PropertyChange> changes, DateTimeOffset? modifiedAt, LockTokens held, CancellationToken cancellation) =>
        engine.RunAsync(
            owner,
            steps => new FolderProtocol(steps, rules).ChangeFileAsync(
                file, (known, now) => known.ChangeProperties(changes, modifiedAt, held, now), held, isMembership: false),
            cancellation);

    public Task<FolderResult> ChangeFolderPropertiesAsync(
        string owner, Guid folder, IReadOnlyList<PropertyChange> changes, LockTokens held, CancellationToken cancellation) => engine.RunAsync(
            owner,
            async steps => await new FolderProtocol(steps, rules).IsGuardedAsync(folder, isMembership: false, held)
                ? new FolderResult(ChangeOutcome.Locked)
                : await steps.ChangeFolderAsync(
                    folder, (known, now) => known?.ChangeProperties(changes, held, now) ?? new(new FolderResult(ChangeOutcome.FolderNotFound))),
            cancellation);
}
