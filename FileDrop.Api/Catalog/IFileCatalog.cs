namespace FileDrop.Api.Catalog;

/// <summary>
/// Where metadata lives. One document is the whole truth of a file: its live content, its earlier versions, the intents
/// of the blobs being written for it, and its garbage, the blobs to be deleted. Each method that changes something is
/// one atomic, durable change of that one document, and its condition names only what it depends on.
/// </summary>
/// <remarks>
/// <para>A document is <em>pending</em> until its first commit, then <em>live</em>, and <em>in the trash</em> once it was deleted.
/// A purge, or the loss of a pending document's last intent, leaves a <em>tombstone</em> that is removed once its garbage is
/// gone. Only live files are there for readers. A blob's way is intent → content → garbage, or intent → garbage; nothing leaves
/// garbage but by <see cref="SweptAsync"/>. A blob becomes garbage when no content of its document names it any more: a restored
/// version shares its blob with the one that it was restored from.</para>
/// <para>Times are judged by the catalog's own clock, never by a replica's. Every query names the owner, so that a
/// cluster can shard by owner and id; another owner's file is as absent as an unknown one.</para>
/// <para>Any method may throw <see cref="StorageException"/>; a change may then have happened or not.
/// <see cref="StartAsync"/> may be called again after it failed.</para>
/// </remarks>
public partial interface IFileCatalog
{
    /// <summary>What it is and where its data lies, for the line at start: no credentials.</summary>
    string Description { get; }

    /// <summary>Makes the schema or the indexes, or brings them up to date. Idempotent, safe beside other replicas.</summary>
    Task StartAsync(CancellationToken cancellation);

    /// <summary>Asks the catalog for a sign of life.</summary>
    Task PingAsync(CancellationToken cancellation);

    /// <summary>The live file, or null.</summary>
    /// <param name="owner">Whose file it is.</param>
    /// <param name="id">The file's id.</param>
    /// <param name="forChange">Whether the caller is about to change it, so that the change may spare a read of its own.</param>
    /// <param name="cancellation">Ends the reading.</param>
    Task<CatalogFile?> FindAsync(string owner, Guid id, bool forChange, CancellationToken cancellation);

    /// <summary>The live file with the contents that it keeps, or null.</summary>
    Task<FileHistory?> FindHistoryAsync(string owner, Guid id, CancellationToken cancellation);

    /// <summary>One page of files.</summary>
    Task<CatalogPage> ListAsync(ListQuery query, CancellationToken cancellation);

    /// <summary>Inserts a pending document with one intent, its lease counted from now.</summary>
    /// <inheritdoc cref="BeginReplaceAsync"/>
    Task BeginCreateAsync(string owner, Guid id, WriteIntent intent, long bytes, CancellationToken cancellation);

    /// <summary>Adds an intent to a live file's document. False: there is no such live file.</summary>
    /// <param name="owner">Whose file it is.</param>
    /// <param name="id">The file's id.</param>
    /// <param name="intent">The blob that is written.</param>
    /// <param name="bytes">So many are reserved at once; others have to be before they are written: see <see cref="ReserveAsync"/>.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="QuotaExceededException">The owner's quota has no room for them, or for one more file.</exception>
    Task<bool> BeginReplaceAsync(string owner, Guid id, WriteIntent intent, long bytes, CancellationToken cancellation);

    /// <summary>Lets the intent's lease begin anew. False: the document does not name the intent; the writer must stop.</summary>
    Task<bool> RenewAsync(string owner, Guid id, WriteIntent intent, CancellationToken cancellation);

    /// <summary>
    /// Makes the intent's blob the live content: the former one becomes the newest of the versions, versions beyond
    /// <see cref="CatalogRules.VersionsKept"/> or past <see cref="CatalogRules.VersionsMaxAge"/> go, the version grows by one.
    /// Depends on the intent being there (its lease may have run out) and on <see cref="FileCommit.IfVersion"/>.
    /// </summary>
    Task<ChangeResult> CommitAsync(string owner, Guid id, WriteIntent intent, FileCommit commit, CancellationToken cancellation);

    /// <summary>Moves the intent to garbage as an unfinished write; of a pending document without another intent a tombstone is left.
    /// Does nothing if the intent is not there.</summary>
    Task AbandonAsync(string owner, Guid id, WriteIntent intent, CancellationToken cancellation);

    /// <summary>What has become of a write whose commit was sent.</summary>
    Task<WriteFate> FindFateAsync(string owner, Guid id, WriteIntent intent, CancellationToken cancellation);

    /// <summary>Changes name or tags of a live file; the version grows by one, even if the values are the same.</summary>
    Task<ChangeResult> ChangeAsync(string owner, Guid id, MetadataChange change, CancellationToken cancellation);

    /// <summary>
    /// Makes an earlier content the live one again, under a new version and with the same blob; the former live one becomes an
    /// earlier content, and pruning is as in a commit. Also the live content can be named.
    /// </summary>
    /// <param name="version">The version at which the content's bytes were committed, or it was restored.</param>
    Task<ChangeResult> RestoreVersionAsync(string owner, Guid id, long version, long? ifVersion, CancellationToken cancellation);

    /// <summary>Drops an earlier content, never the live one. The file's version stays, for neither content nor metadata changed.</summary>
    Task<ChangeResult> DeleteVersionAsync(string owner, Guid id, long version, long? ifVersion, CancellationToken cancellation);

    /// <summary>
    /// Deletes a live file: moves it to the trash or, if <paramref name="permanent"/> or without a retention, purges it. Its open
    /// intents go to garbage as unfinished writes in the same change. <see cref="ChangeResult.File"/> stays null.
    /// </summary>
    Task<ChangeResult> DeleteAsync(string owner, Guid id, long? ifVersion, bool permanent, CancellationToken cancellation);

    /// <summary>Takes a file out of the trash, as it was: name, tags, contents, version. Not found: it is not in the trash.</summary>
    Task<ChangeResult> RestoreAsync(string owner, Guid id, CancellationToken cancellation);

    /// <summary>Purges a file in the trash: all its contents go to garbage with <see cref="CatalogRules.ReadersGrace"/>. False: it is not there.</summary>
    Task<bool> PurgeAsync(string owner, Guid id, CancellationToken cancellation);

    /// <summary>The file that an Idempotency-Key of this owner names, or null.</summary>
    Task<Guid?> FindKeyAsync(string owner, string key, CancellationToken cancellation);

    /// <summary>Lets a key name a file. False: the key names one already.</summary>
    /// <param name="life">After this time the key is forgotten.</param>
    Task<bool> AddKeyAsync(string owner, string key, Guid id, TimeSpan life, CancellationToken cancellation);

    /// <summary>Lets a key name another file, its life beginning anew. False: it does not name <paramref name="former"/>.</summary>
    Task<bool> TakeKeyAsync(string owner, string key, Guid former, Guid successor, TimeSpan life, CancellationToken cancellation);

    /// <summary>What has become of the upload that created, or was to create, this file.</summary>
    Task<UploadRecord> FindUploadAsync(string owner, Guid id, CancellationToken cancellation);

    /// <summary>
    /// Documents with an expired intent, with garbage that is due, in the trash past their time, or tombstones that may go; the
    /// longest due first.
    /// </summary>
    Task<IReadOnlyList<(string Owner, Guid Id)>> FindDueAsync(int limit, CancellationToken cancellation);

    /// <summary>
    /// Moves every intent whose lease has run out to garbage as an unfinished write, and purges a file whose time in the trash has
    /// passed, by one change that judges the times as they are at that moment; tells which garbage is due. Null: no such document.
    /// </summary>
    Task<SweepWork?> ClaimExpiredAsync(string owner, Guid id, CancellationToken cancellation);

    /// <summary>
    /// Says that these deletions are done. Of a blob whose deletion was the last one the entry goes; of another it stays, due again
    /// when nothing of its write can still arrive. A tombstone that names nothing any more and need not be remembered is removed.
    /// </summary>
    Task SweptAsync(string owner, Guid id, IReadOnlyList<BlobDeletion> done, CancellationToken cancellation);

    /// <summary>Removes Idempotency-Keys whose life has ended, where the catalog does not do so by itself.</summary>
    Task ForgetKeysAsync(CancellationToken cancellation);

    /// <summary>What is under way and what is left to do; costs as much as there is of it.</summary>
    Task<CatalogBacklog> MeasureAsync(CancellationToken cancellation);

    /// <summary>Documents of all owners in the order of their ids, which is about that of their creation.</summary>
    /// <param name="after">Begin behind this id; null begins at the first.</param>
    /// <param name="limit">At most so many, 1 to 1,000.</param>
    /// <param name="cancellation">Ends the reading.</param>
    Task<IReadOnlyList<CatalogDocument>> ScanAsync(Guid? after, int limit, CancellationToken cancellation);

    /// <summary>The documents with these ids, of whatever owner; those that are not there are left out.</summary>
    Task<IReadOnlyList<CatalogDocument>> FindDocumentsAsync(IReadOnlyCollection<Guid> ids, CancellationToken cancellation);

    /// <summary>
    /// Inserts a file as another catalog had it, live or in the trash, with its contents, versions and times. False: there is a
    /// document with this id already, of whatever owner, which stays as it is.
    /// </summary>
    /// <param name="document">With a file; its intents and garbage are passed over. Its blobs are in the store already.</param>
    Task<bool> ImportAsync(CatalogDocument document, CancellationToken cancellation);
}
