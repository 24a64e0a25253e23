namespace FileDrop.Api.Catalog;

/// <summary>Stores folders and the claims of names, and decides nothing; <see cref="FolderProtocol"/> has the rules.</summary>
/// <remarks>As with <see cref="ICatalogEngine"/>, any member may throw <see cref="Storage.StorageException"/>; a change may then have happened or not.</remarks>
internal interface IFolderEngine
{
    /// <summary>
    /// Runs a protocol over one owner's documents. An engine with transactions runs it in one, so that nobody sees its steps, and the steps complete at once.
    /// Any other engine runs it step by step: other processes may act between two steps, and it may end after any step.
    /// </summary>
    /// <param name="owner">The owner.</param>
    /// <param name="protocol">The protocol. It awaits nothing but its steps, and may run more than once if it is in a transaction.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    Task<T> RunAsync<T>(string owner, Func<IFolderSteps, ValueTask<T>> protocol, CancellationToken cancellation);

    /// <summary>The catalog's clock in whole milliseconds.</summary>
    Task<DateTimeOffset> NowAsync(CancellationToken cancellation) => RunAsync("", steps => steps.NowAsync(), cancellation);

    /// <summary>Returns a folder's document in any state; null if there is none.</summary>
    Task<FolderDocument?> FindFolderAsync(string owner, Guid id, CancellationToken cancellation);

    /// <summary>Returns the live entry that has a name in a folder; null if there is none. It does not look whether the folder is live.</summary>
    Task<IEntry?> FindEntryAsync(string owner, EntryKey key, CancellationToken cancellation);

    /// <inheritdoc cref="IFolderCatalog.ListFoldersAsync"/>
    Task<FolderPage> ListFoldersAsync(ListQuery query, CancellationToken cancellation);

    /// <summary>Returns folders whose <see cref="FolderDocument.SweepAt"/> has come, the longest due first.</summary>
    Task<IReadOnlyList<(string Owner, Guid Id)>> FindDueFoldersAsync(int limit, CancellationToken cancellation);

    /// <summary>Returns folders of all owners after an id, in the order of their ids.</summary>
    Task<IReadOnlyList<FolderDocument>> ScanFoldersAsync(Guid? after, int limit, CancellationToken cancellation);

    /// <summary>Returns claims of all owners after one, in the engine's order.</summary>
    Task<IReadOnlyList<(string Owner, NameClaim Claim)>> ScanNamesAsync((string Owner, EntryKey Key)? after, int limit, CancellationToken cancellation);

    /// <summary>Returns the existing folders with these ids, of any owner and in any state.</summary>
    Task<IReadOnlyList<FolderDocument>> FindFoldersAsync(IReadOnlyCollection<Guid> ids, CancellationToken cancellation);

    /// <summary>Returns the existing claims of these names.</summary>
    Task<IReadOnlyList<(string Owner, NameClaim Claim)>> FindNamesAsync(
        IReadOnlyCollection<(string Owner, EntryKey Key)> keys, CancellationToken cancellation);

    /// <summary>Counts the files and folders that a folder has carried into the trash itself, up to a limit each.</summary>
    Task<(long Files, long Folders)> CountCarriedAsync(string owner, Guid folder, int limit, CancellationToken cancellation);
}

/// <summary>The steps of a protocol over one owner's documents. Each is one read, or one conditional change, of one document.</summary>
internal interface IFolderSteps
{
    /// <summary>The catalog's clock in whole milliseconds.</summary>
    ValueTask<DateTimeOffset> NowAsync();

    /// <summary>Waits a moment for another process; returns at once where no other process can be in the middle of a protocol.</summary>
    ValueTask PauseAsync();

    ValueTask<FolderDocument?> LoadFolderAsync(Guid id);

    /// <summary>Loads a file as a reader or a change needs it.</summary>
    ValueTask<FileDocument?> LoadFileAsync(Guid id);

    /// <summary>
    /// Returns a folder as it is or was a moment ago. An engine may answer from memory, so it serves only as the state before an operation whose commit tests
    /// the fence.
    /// </summary>
    ValueTask<FolderDocument?> RecallFolderAsync(Guid id) => LoadFolderAsync(id);

    /// <summary>The same for a file.</summary>
    ValueTask<FileDocument?> RecallFileAsync(Guid id) => LoadFileAsync(id);

    /// <summary>Inserts a folder. False if its id is in use.</summary>
    ValueTask<bool> InsertFolderAsync(Func<DateTimeOffset, FolderDocument> make);

    /// <summary>Loads a folder, lets a rule decide, and saves the decision if the folder is unchanged since; otherwise starts again.</summary>
    ValueTask<T> ChangeFolderAsync<T>(Guid id, Func<FolderDocument?, DateTimeOffset, FolderDecision<T>> decide);

    /// <summary>The same for a file; see <see cref="ICatalogEngine.ChangeAsync"/>.</summary>
    ValueTask<T> ChangeFileAsync<T>(Guid id, Func<FileDocument?, DateTimeOffset, Decision<T>> decide);

    /// <summary>Inserts a claim. False if the name has one.</summary>
    ValueTask<bool> InsertNameAsync(NameClaim claim);

    ValueTask<NameClaim?> FindNameAsync(EntryKey key);

    /// <summary>Replaces a claim by one of the same name, if it is still of the same operation.</summary>
    ValueTask<bool> ReplaceNameAsync(NameClaim former, NameClaim claim);

    /// <summary>Deletes a claim if it is still of this operation.</summary>
    ValueTask DeleteNameAsync(EntryKey key, Guid operation);

    /// <summary>Returns claims of names in a folder after one, in an order that never changes.</summary>
    ValueTask<IReadOnlyList<NameClaim>> FindNamesAsync(Guid folder, EntryKey? after, int limit);

    /// <summary>Takes the owner's slot if it is free. True at once where nobody can be in the middle of a protocol.</summary>
    ValueTask<bool> TakeSlotAsync(FolderSlot slot);

    ValueTask<FolderSlot?> FindSlotAsync();

    /// <summary>Clears the slot if it is still of this operation.</summary>
    ValueTask ClearSlotAsync(Guid operation);

    /// <summary>Returns the entries of one kind in a folder that are in this state, after an id and in the order of their ids.</summary>
    ValueTask<IReadOnlyList<IEntry>> FindChildrenAsync(Guid folder, EntryKind kind, FileState state, Guid? after, int limit);

    /// <summary>Whether a folder has an entry in this state.</summary>
    ValueTask<bool> HasChildAsync(Guid folder, FileState state);

    /// <summary>Whether a folder has a carried folder whose own sweep has not ended.</summary>
    ValueTask<bool> HasUnsweptChildAsync(Guid folder);

    /// <summary>Returns the owner's live entries of one kind with a lock that has not expired, without a file's lists; about <see cref="DavState.MaxLocked"/>.</summary>
    ValueTask<IReadOnlyList<IEntry>> FindLockedAsync(EntryKind kind);
}

/// <summary>A page of folders.</summary>
/// <param name="Folders">The folders in order.</param>
/// <param name="Next">The position after which the next page begins; null at the end.</param>
public sealed record FolderPage(IReadOnlyList<CatalogFolder> Folders, ListPosition? Next);
