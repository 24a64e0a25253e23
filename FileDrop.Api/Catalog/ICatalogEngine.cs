using FileDrop.Api.Storage;

namespace FileDrop.Api.Catalog;

/// <summary>The parts of a document that a reader needs.</summary>
internal enum DocumentParts
{
    /// <summary>The file as readers see it, without earlier versions, intents, garbage and upload.</summary>
    File,

    /// <summary>The file and its earlier versions.</summary>
    Contents,

    /// <summary>The file, for a change that follows at once: an engine may read the whole document now to save the change a read.</summary>
    ForChange,

    /// <summary>The whole document, in a state that no failover can take back.</summary>
    Settled,
}

/// <summary>The kind of a change, which tells an engine what it may omit.</summary>
internal enum ChangeKind
{
    /// <summary>The change survives every crash and power cut. Its rule may add garbage but does not read it, so the engine need not load garbage.</summary>
    Plain,

    /// <summary>
    /// As <see cref="Plain"/>, but a power cut may undo it: the change matters only while this process lives, or is made again when it is missed.
    /// </summary>
    Passing,

    /// <summary>The change survives every crash and power cut, and its rule reads the garbage.</summary>
    Sweep,
}

/// <summary>Stores documents and decides nothing; <see cref="FileDocument"/> has the rules.</summary>
/// <remarks>
/// Every query names the owner, so that a cluster can shard by owner and id. <c>now</c> is the catalog's clock in whole milliseconds. It never runs ahead, so
/// that claims come late and never early. Any member may throw <see cref="StorageException"/>; a change may then have happened or not.
/// </remarks>
internal interface ICatalogEngine
{
    /// <summary>The engine and the location of its data, for the log line at the start; without credentials.</summary>
    string Description { get; }

    /// <summary>Creates or updates the schema. It is idempotent and safe beside other replicas, and may be called again after a failure.</summary>
    Task StartAsync(CancellationToken cancellation);

    /// <summary>Checks that the engine answers.</summary>
    Task PingAsync(CancellationToken cancellation);

    /// <summary>Returns the document or null, and the time of the read. An engine may omit the time unless it reads the whole document, or the file expires.</summary>
    Task<(FileDocument? Document, DateTimeOffset Now)> LoadAsync(string owner, Guid id, DocumentParts parts, CancellationToken cancellation);

    /// <summary>Inserts a document, durably. Null if a document of any owner already has this id; that one stays unchanged.</summary>
    /// <param name="owner">The document's owner.</param>
    /// <param name="id">The document's id.</param>
    /// <param name="make">Makes the document; pure.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="QuotaExceededException">The owner's quota has no room for the reservations of the document's intents.</exception>
    Task<FileDocument?> InsertAsync(string owner, Guid id, Func<DateTimeOffset, FileDocument> make, CancellationToken cancellation);

    /// <summary>Loads a document, lets a rule decide, and saves the decision if the document is unchanged since; otherwise starts again.</summary>
    /// <param name="owner">The document's owner.</param>
    /// <param name="id">The document's id.</param>
    /// <param name="decide">The rule; pure, because it may run more than once. Its document is null if none exists.</param>
    /// <param name="kind">The kind of the change.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <returns>The answer of the decision that was saved or that changes nothing.</returns>
    /// <exception cref="QuotaExceededException">The owner's quota has no room for a new intent's reservation.</exception>
    Task<T> ChangeAsync<T>(
        string owner, Guid id, Func<FileDocument?, DateTimeOffset, Decision<T>> decide, ChangeKind kind, CancellationToken cancellation);

    /// <summary>Starts an intent's lease again, in one call. False if the document does not name the intent.</summary>
    Task<bool> RenewAsync(string owner, Guid id, WriteIntent intent, TimeSpan lease, CancellationToken cancellation);

    /// <inheritdoc cref="IWriteCatalog.ReserveAsync"/>
    Task<long> ReserveAsync(string owner, Guid id, WriteIntent intent, long needed, long wanted, CancellationToken cancellation);

    /// <inheritdoc cref="IFileCatalog.ListAsync"/>
    Task<CatalogPage> ListAsync(ListQuery query, CancellationToken cancellation);

    /// <summary>Returns documents that are due (<see cref="FileDocument.DueAt"/>), the longest due first.</summary>
    Task<IReadOnlyList<(string Owner, Guid Id)>> FindDueAsync(int limit, CancellationToken cancellation);

    /// <summary>Returns whole documents of all owners after an id, in the order of their ids, and the time of the read.</summary>
    Task<(IReadOnlyList<FileDocument> Documents, DateTimeOffset Now)> ScanAsync(Guid? after, int limit, CancellationToken cancellation);

    /// <summary>Returns the existing documents with these ids, whole and of any owner.</summary>
    Task<(IReadOnlyList<FileDocument> Documents, DateTimeOffset Now)> FindManyAsync(IReadOnlyCollection<Guid> ids, CancellationToken cancellation);

    /// <summary>Counts an owner's incomplete or partial resumable uploads, up to the limit.</summary>
    Task<long> CountUploadsAsync(string owner, int limit, CancellationToken cancellation);

    /// <inheritdoc cref="ISweepCatalog.MeasureAsync"/>
    Task<CatalogBacklog> MeasureAsync(CancellationToken cancellation);

    /// <inheritdoc cref="IFileCatalog.FindUsageAsync"/>
    Task<OwnerUsage> FindUsageAsync(string owner, CancellationToken cancellation);

    /// <inheritdoc cref="ISweepCatalog.ReleaseReservationsAsync"/>
    Task ReleaseReservationsAsync(CancellationToken cancellation);

    /// <inheritdoc cref="IDocumentCatalog.CheckUsageAsync"/>
    Task<IReadOnlyList<UsageDifference>> CheckUsageAsync(bool repair, CancellationToken cancellation);
}

/// <summary>The idempotency keys in an engine; see the members of the same names in <see cref="IIdempotencyCatalog"/> and <see cref="ISweepCatalog"/>.</summary>
internal interface IIdempotencyRecords
{
    Task<Guid?> FindIdempotencyKeyAsync(string owner, string key, CancellationToken cancellation);

    Task<bool> AddIdempotencyKeyAsync(string owner, string key, Guid id, TimeSpan life, CancellationToken cancellation);

    Task<bool> TakeIdempotencyKeyAsync(string owner, string key, Guid former, Guid successor, TimeSpan life, CancellationToken cancellation);

    Task ForgetIdempotencyKeysAsync(CancellationToken cancellation);
}
