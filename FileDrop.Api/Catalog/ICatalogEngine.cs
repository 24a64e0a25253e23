namespace FileDrop.Api.Catalog;

/// <summary>How much of a document a reader needs.</summary>
internal enum DocumentParts
{
    /// <summary>The file as readers see it. Earlier contents, intents, garbage and upload are left out.</summary>
    File,

    /// <summary>The file and its earlier contents.</summary>
    Contents,

    /// <summary>The file, for a change that follows at once: an engine may read all of the document now and spare the change a read.</summary>
    ForChange,

    /// <summary>All of it, and only once no failover can take back what it says.</summary>
    Settled,
}

/// <summary>What an engine may spare a change.</summary>
internal enum ChangeKind
{
    /// <summary>The change survives every crash and power cut. Its rule may add garbage, and does not look at what is there: that may be left out.</summary>
    Plain,

    /// <summary>As <see cref="Plain"/>, but the change means something only while this process lives, and may be gone after a power cut.</summary>
    Passing,

    /// <summary>The change survives every crash and power cut, and its rule looks at the garbage.</summary>
    Sweep,
}

/// <summary>Stores documents, and decides nothing: <see cref="FileDocument"/> has the rules.</summary>
/// <remarks>
/// Every query names the owner, so that a cluster can shard by owner and id. <c>now</c> is the catalog's clock in whole
/// milliseconds: never ahead of it, so that claims come late and never early. Any member may throw <see cref="StorageException"/>;
/// a change may then have happened or not.
/// </remarks>
internal interface ICatalogEngine
{
    /// <summary>The engine and where its data lies, for the line at start: no credentials.</summary>
    string Description { get; }

    /// <summary>Makes the schema, or brings it up to date. Idempotent, safe beside other replicas; may be called again after it failed.</summary>
    Task StartAsync(CancellationToken cancellation);

    /// <summary>Asks for a sign of life.</summary>
    Task PingAsync(CancellationToken cancellation);

    /// <summary>The document, or null, and the time at which it was read; an engine may leave out the time unless all of the document is read.</summary>
    Task<(FileDocument? Document, DateTimeOffset Now)> LoadAsync(string owner, Guid id, DocumentParts parts, CancellationToken cancellation);

    /// <summary>Inserts a document, durably. Null: some owner's document has this id already, and stays as it is.</summary>
    /// <param name="owner">The document's owner.</param>
    /// <param name="id">The document's id.</param>
    /// <param name="make">Makes the document; pure.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="QuotaExceededException">The owner's quota has no room for what the document's intents reserve.</exception>
    Task<FileDocument?> InsertAsync(string owner, Guid id, Func<DateTimeOffset, FileDocument> make, CancellationToken cancellation);

    /// <summary>Loads a document, lets a rule decide, and saves what it decides if the document is still as it was loaded; else all of it again.</summary>
    /// <param name="owner">The document's owner.</param>
    /// <param name="id">The document's id.</param>
    /// <param name="decide">The rule; pure, for it may be asked more than once. The document is null where there is none.</param>
    /// <param name="kind">What the engine may spare it.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <returns>The answer of the decision that was saved, or that changes nothing.</returns>
    /// <exception cref="QuotaExceededException">The owner's quota has no room for what a new intent reserves.</exception>
    Task<T> ChangeAsync<T>(
        string owner, Guid id, Func<FileDocument?, DateTimeOffset, Decision<T>> decide, ChangeKind kind, CancellationToken cancellation);

    /// <summary>Lets an intent's lease begin again, in one call. False: the document does not name the intent.</summary>
    Task<bool> RenewAsync(string owner, Guid id, WriteIntent intent, TimeSpan lease, CancellationToken cancellation);

    /// <inheritdoc cref="IWriteCatalog.ReserveAsync"/>
    Task<long> ReserveAsync(string owner, Guid id, WriteIntent intent, long needed, long wanted, CancellationToken cancellation);

    /// <inheritdoc cref="IFileCatalog.ListAsync"/>
    Task<CatalogPage> ListAsync(ListQuery query, CancellationToken cancellation);

    /// <summary>Documents that are due (<see cref="FileDocument.DueAt"/>), the longest due first.</summary>
    Task<IReadOnlyList<(string Owner, Guid Id)>> FindDueAsync(int limit, CancellationToken cancellation);

    /// <summary>Whole documents of all owners behind an id, in the order of their ids, and the time at which they were read.</summary>
    Task<(IReadOnlyList<FileDocument> Documents, DateTimeOffset Now)> ScanAsync(Guid? after, int limit, CancellationToken cancellation);

    /// <summary>Whole documents with these ids, of whatever owner; those that are not there are left out.</summary>
    Task<(IReadOnlyList<FileDocument> Documents, DateTimeOffset Now)> FindManyAsync(IReadOnlyCollection<Guid> ids, CancellationToken cancellation);

    /// <summary>How many resumable uploads an owner has that are not complete, or partial; counts up to the limit.</summary>
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

/// <summary>Idempotency keys as an engine keeps them; see the members of the same names in <see cref="IIdempotencyCatalog"/> and <see cref="ISweepCatalog"/>.</summary>
internal interface IIdempotencyRecords
{
    Task<Guid?> FindIdempotencyKeyAsync(string owner, string key, CancellationToken cancellation);

    Task<bool> AddIdempotencyKeyAsync(string owner, string key, Guid id, TimeSpan life, CancellationToken cancellation);

    Task<bool> TakeIdempotencyKeyAsync(string owner, string key, Guid former, Guid successor, TimeSpan life, CancellationToken cancellation);

    Task ForgetIdempotencyKeysAsync(CancellationToken cancellation);
}
