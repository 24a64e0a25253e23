namespace FileDrop.Api.Catalog;

/// <summary>Stores the feeds of changes and decides nothing; <see cref="ChangeCatalog"/> and <see cref="Feed"/> have the rules.</summary>
/// <remarks>As with <see cref="ICatalogEngine"/>, any member may throw <see cref="Storage.StorageException"/>; a change may then have happened or not.</remarks>
internal interface IChangeEngine
{
    /// <summary>Calls back with the owner, whenever a change for which <see cref="Feed.IsChange"/> holds is durable.</summary>
    void WhenChanged(Action<string> tell);

    /// <inheritdoc cref="IChangeCatalog.FindFeedAsync"/>
    Task<Guid> FindFeedAsync(CancellationToken cancellation);

    /// <summary>Returns the number of an owner's last change; 0 if there is none. No failover can take it back.</summary>
    Task<long> FindLastChangeAsync(string owner, CancellationToken cancellation);

    /// <summary>Returns changes after a number, in order. No failover can take them back.</summary>
    Task<IReadOnlyList<ChangeMark>> FindChangesAsync(string owner, long after, int limit, CancellationToken cancellation);

    /// <summary>Returns the live files and folders among these.</summary>
    Task<IReadOnlyDictionary<Guid, FolderEntry>> FindLiveAsync(string owner, IReadOnlyCollection<ChangeMark> marks, CancellationToken cancellation);

    /// <inheritdoc cref="IChangeCatalog.FindLaterAsync"/>
    Task<IReadOnlyList<string>> FindLaterAsync(IReadOnlyDictionary<string, long> lasts, CancellationToken cancellation);

    /// <inheritdoc cref="IChangeCatalog.ForgetAsync"/>
    Task ForgetChangesAsync(TimeSpan retention, CancellationToken cancellation);
}

/// <summary>
/// The steps of a sequencer, on an engine whose changes of documents cannot number themselves. There, a change only marks its document, within the same write.
/// </summary>
internal interface IMarkedChanges
{
    /// <summary>Returns owners of marked documents: some, if there are any.</summary>
    Task<IReadOnlyCollection<string>> FindMarkedOwnersAsync(CancellationToken cancellation);

    /// <summary>Returns the last number in a feed, which a failover may still take back; 0 if there is none.</summary>
    Task<long> FindLastNumberAsync(string owner, CancellationToken cancellation);

    /// <summary>Returns marked folders, then marked files of an owner: up to a limit of each kind.</summary>
    Task<IReadOnlyList<MarkedEntry>> FindMarkedAsync(string owner, int limit, CancellationToken cancellation);

    /// <summary>Adds changes to a feed as one batch. False if a batch with the same first number exists: another sequencer was faster.</summary>
    Task<bool> AddChangesAsync(string owner, IReadOnlyList<ChangeMark> marks, CancellationToken cancellation);

    /// <summary>Clears marks, except those that a later change has replaced. It changes neither the documents' versions nor their revisions.</summary>
    Task ClearMarksAsync(string owner, IReadOnlyList<MarkedEntry> entries, CancellationToken cancellation);
}

/// <summary>A document with a change that its owner's feed does not have yet.</summary>
/// <param name="Kind">The kind of the entry.</param>
/// <param name="Id">The entry.</param>
/// <param name="Unsaid">The mark, which every change that marks the document replaces.</param>
internal readonly record struct MarkedEntry(EntryKind Kind, Guid Id, long Unsaid);
