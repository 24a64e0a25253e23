namespace FileDrop.Api.Catalog;

/// <summary>Whole folders and claims of names of all owners, for the check and a backup; see <see cref="ICatalog"/>.</summary>
internal interface IFolderDocumentCatalog
{
    /// <summary>The catalog's clock.</summary>
    Task<DateTimeOffset> NowAsync(CancellationToken cancellation);

    /// <summary>Folders in any state, in the order of their ids, which is roughly that of their creation.</summary>
    /// <param name="after">Begin behind this id; null begins at the first.</param>
    /// <param name="limit">The most folders to give: 1 to 1,000.</param>
    /// <param name="cancellation">Ends the reading.</param>
    Task<IReadOnlyList<FolderDocument>> ScanFoldersAsync(Guid? after, int limit, CancellationToken cancellation);

    /// <summary>The folders with these ids, in any state; ids without a folder are left out.</summary>
    Task<IReadOnlyList<FolderDocument>> FindFoldersAsync(IReadOnlyCollection<Guid> ids, CancellationToken cancellation);

    /// <summary>Claims of names, in an order that never changes.</summary>
    Task<IReadOnlyList<(string Owner, NameClaim Claim)>> ScanNamesAsync(
        (string Owner, EntryKey Key)? after, int limit, CancellationToken cancellation);

    /// <summary>The claims of these names; names without a claim are left out.</summary>
    Task<IReadOnlyList<(string Owner, NameClaim Claim)>> FindNamesAsync(
        IReadOnlyCollection<(string Owner, EntryKey Key)> keys, CancellationToken cancellation);

    /// <summary>
    /// Inserts a folder as another catalog had it. Its name is not claimed until it is settled. Returns false if some owner's folder already has this id; that
    /// folder stays as it is.
    /// </summary>
    Task<bool> ImportFolderAsync(CatalogFolder folder, bool isCarried, CancellationToken cancellation);

    /// <summary>Claims the name of a live or carried entry that has no claim; see <see cref="FolderProtocol.SettleAsync"/>.</summary>
    Task<Settlement> SettleAsync(string owner, EntryKind kind, Guid id, Settling how, CancellationToken cancellation);

    /// <summary>Asks for a sweep of a folder that is live or in the trash. False if it is neither.</summary>
    Task<bool> MarkDueAsync(string owner, Guid id, CancellationToken cancellation);

    /// <summary>Deletes a claim that no entry stands by. An operation that has made it and is still under way can no longer commit.</summary>
    /// <returns>False if an entry stands by it.</returns>
    Task<bool> DropNameAsync(string owner, NameClaim claim, CancellationToken cancellation);
}

/// <summary>The outcomes for an entry that has no claim of its name.</summary>
internal enum Settling
{
    /// <summary>It gets its name in its folder, if that is free.</summary>
    InPlace,

    /// <summary>A taken name gets a number. An entry whose folder is not there stays without a claim.</summary>
    Early,

    /// <summary>
    /// A taken name gets a number. A file whose folder is not there becomes loose. A folder moves to the root if its parent is not there, or if it would lie in
    /// itself or too deep.
    /// </summary>
    Final,
}

/// <summary>The place that an entry has got.</summary>
/// <param name="Outcome">
/// <see cref="ChangeOutcome.Done"/>, or the reason why it has no place: <see cref="ChangeOutcome.NotFound"/>, <see cref="ChangeOutcome.NameTaken"/>, or as
/// <paramref name="Fault"/>.
/// </param>
/// <param name="Wanted">The name that it had before.</param>
/// <param name="Name">Its name.</param>
/// <param name="Fault">
/// The reason why it is not in its folder: <see cref="ChangeOutcome.FolderNotFound"/>, <see cref="ChangeOutcome.Circle"/>,
/// <see cref="ChangeOutcome.TooDeep"/> or <see cref="ChangeOutcome.NameTaken"/>; null if it is.
/// </param>
internal readonly record struct Settlement(ChangeOutcome Outcome, string? Wanted = null, string? Name = null, ChangeOutcome? Fault = null);
