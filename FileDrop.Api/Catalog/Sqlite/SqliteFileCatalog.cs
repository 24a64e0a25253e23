using FileDrop.Api.Blobs.Disk;

namespace FileDrop.Api.Catalog.Sqlite;

/// <summary>The catalog in one SQLite database beside the service: nothing else has to run.</summary>
/// <remarks>
/// <para>A row of <c>files</c> with its rows of <c>contents</c> and <c>blobs</c> is the document. One writer makes all changes and commits
/// them in groups; a few connections read (see <see cref="SqliteWriter"/> and <see cref="SqliteReaders"/>). The catalog's
/// clock is this process's: one service per data directory, which <see cref="DataDirectoryLock"/> sees to. Commands in
/// other processes may read and change beside it, as SQLite's own locks order them.</para>
/// <para>Must lie on a local disk, which <see cref="LocalDisk"/> sees to: SQLite's log needs shared memory, which a network file
/// system does not give.</para>
/// </remarks>
/// <param name="path">The database file; its folder is made if need be.</param>
/// <param name="rules">The write protocol's times.</param>
/// <param name="room">What contents may take of the volume.</param>
/// <param name="time">The catalog's clock.</param>
internal sealed partial class SqliteFileCatalog(string path, CatalogRules rules, DiskReserve room, TimeProvider time) : IFileCatalog, IAsyncDisposable
{
    /// <summary>So many keys are forgotten by one change, so that others need not wait long.</summary>
    private const long KeysForgottenAtOnce = 1_000;

    private const int PageSize = 4096;

    /// <summary>
    /// Up to here a row is stored two to three times as fast as a file, for the syncs that it spares. Rows are written twice, to the log and
    /// from there: of 128 KiB they gain a fifth with many clients, and an array of their size would be one of the large ones, which
    /// only a full collection frees.
    /// </summary>
    private const int MaxRowSize = 64 * 1024;

    /// <summary>
    /// What the log may hold that the database has no room for yet: a thousand pages, and a group of contents with four pages each for the
    /// rest. As long as the volume has that free, the database can grow, and deletions can be written down.
    /// </summary>
    private const long LogSize = (1024L * PageSize) + (SqliteWriter.GroupSize * (MaxRowSize + (4L * PageSize)));

    /// <summary>What a document and its entries in the indexes may take beside its content.</summary>
    private const int SpareSize = 64 * PageSize;

    private readonly SqliteChanges _changes = new(rules, time);
    private readonly SemaphoreSlim _starting = new(1);
    private volatile Connections? _connections;

    public int? MaxWholeSize => MaxRowSize;

    public string Description => $"SQLite, {Path.GetFullPath(path)}";

    public async Task StartAsync(CancellationToken cancellation)
    {
        await _starting.WaitAsync(cancellation);
        try
        {
            _connections ??= Open();
        }
        catch (Exception e) when (SqliteSession.KindOf(e) is { } kind)
        {
            throw SqliteSession.From(e, kind);
        }
        finally
        {
            _starting.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _connections, null) is { } connections)
        {
            connections.Readers.Dispose();
            connections.ListReaders.Dispose();
            await connections.Writer.DisposeAsync();
        }

        _starting.Dispose();
    }

    public Task PingAsync(CancellationToken cancellation) =>
        ReadAsync(session => session.Number("SELECT EXISTS (SELECT 1 FROM files)"), cancellation);

    public Task<CatalogFile?> FindAsync(string owner, Guid id, CancellationToken cancellation) =>
        ReadAsync(session => SqliteReads.Find(session, owner, id), cancellation);

    public Task<FileHistory?> FindHistoryAsync(string owner, Guid id, CancellationToken cancellation) =>
        ReadAsync(session => SqliteReads.FindHistory(session, owner, id), cancellation);

    public Task<CatalogPage> ListAsync(ListQuery query, CancellationToken cancellation) =>
        Started().ListReaders.RunAsync(session => SqliteListing.Read(session, query), cancellation);

    public Task BeginCreateAsync(string owner, Guid id, WriteIntent intent, long bytes, CancellationToken cancellation) =>
        ChangeAsync(session => _changes.BeginCreate(session, owner, id, intent, bytes), cancellation);

    public Task<bool> BeginReplaceAsync(string owner, Guid id, WriteIntent intent, long bytes, CancellationToken cancellation) =>
        ChangeAsync(session => _changes.BeginReplace(session, owner, id, intent, bytes), cancellation);

    public Task<ChangeResult> CommitWholeAsync(
        string owner, Guid id, WriteIntent blob, byte[] bytes, bool creates, FileCommit commit, CancellationToken cancellation) =>
        ChangeAsync(
            session =>
            {
                // What deletions have freed within the database is taken first, and nobody else can have it.
                if (session.Number("PRAGMA freelist_count") * PageSize < bytes.Length + SpareSize)
                {
                    room.Take(bytes.Length);
                    room.Expect(LogSize);
                }
                return _changes.CommitWhole(session, owner, id, blob, bytes, creates, commit);
            },
            cancellation);

    public Task<bool> RenewAsync(string owner, Guid id, WriteIntent intent, CancellationToken cancellation) =>
        ChangeAsync(session => _changes.Renew(session, owner, id, intent), cancellation);

    public Task<ChangeResult> CommitAsync(string owner, Guid id, WriteIntent intent, FileCommit commit, CancellationToken cancellation) =>
        ChangeAsync(session => _changes.Commit(session, owner, id, intent, commit), cancellation);

    public Task AbandonAsync(string owner, Guid id, WriteIntent intent, CancellationToken cancellation) =>
        ChangeAsync(session => _changes.Abandon(session, owner, id, intent), cancellation);

    public Task<WriteFate> FindFateAsync(string owner, Guid id, WriteIntent intent, CancellationToken cancellation) =>
        ReadAsync(session => SqliteReads.FindFate(session, owner, id, intent), cancellation);

    public Task<ChangeResult> ChangeAsync(string owner, Guid id, MetadataChange change, CancellationToken cancellation) =>
        ChangeAsync(session => _changes.Change(session, owner, id, change), cancellation);

    public Task<ChangeResult> RestoreVersionAsync(
        string owner, Guid id, long version, long? ifVersion, CancellationToken cancellation) =>
        ChangeAsync(session => _changes.RestoreVersion(session, owner, id, version, ifVersion), cancellation);

    public Task<ChangeResult> DeleteVersionAsync(
        string owner, Guid id, long version, long? ifVersion, CancellationToken cancellation) =>
        ChangeAsync(session => _changes.DeleteVersion(session, owner, id, version, ifVersion), cancellation);

    public Task<ChangeResult> DeleteAsync(string owner, Guid id, long? ifVersion, bool permanent, CancellationToken cancellation) =>
        ChangeAsync(session => _changes.Delete(session, owner, id, ifVersion, permanent), cancellation);

    public Task<ChangeResult> RestoreAsync(string owner, Guid id, CancellationToken cancellation) =>
        ChangeAsync(session => SqliteChanges.Restore(session, owner, id), cancellation);

    public Task<bool> PurgeAsync(string owner, Guid id, CancellationToken cancellation) =>
        ChangeAsync(session => _changes.Purge(session, owner, id), cancellation);

    public Task<Guid?> FindKeyAsync(string owner, string key, CancellationToken cancellation) =>
        ReadAsync(session => SqliteReads.FindKey(session, owner, key, Now()), cancellation);

    public Task<bool> AddKeyAsync(string owner, string key, Guid id, TimeSpan life, CancellationToken cancellation) =>
        ChangeAsync(
            session => session.Execute(
                """
                INSERT INTO idempotency_keys (owner, key, file, expires_at) VALUES (?1, ?2, ?3, ?5)
                ON CONFLICT (owner, key) DO UPDATE SET file = ?3, expires_at = ?5 WHERE expires_at <= ?4
                """,
                owner, key, SqliteRows.Bytes(id), Now(), Now(life)) > 0,
            cancellation);

    public Task<bool> TakeKeyAsync(
        string owner, string key, Guid former, Guid successor, TimeSpan life, CancellationToken cancellation) =>
        ChangeAsync(
            session => session.Execute(
                "UPDATE idempotency_keys SET file = ?4, expires_at = ?6 WHERE owner = ?1 AND key = ?2 AND file = ?3 AND expires_at > ?5",
                owner, key, SqliteRows.Bytes(former), SqliteRows.Bytes(successor), Now(), Now(life)) > 0,
            cancellation);

    public Task<UploadRecord> FindUploadAsync(string owner, Guid id, CancellationToken cancellation) =>
        ReadAsync(session => SqliteReads.FindUpload(session, owner, id, Now()), cancellation);

    public Task<IReadOnlyList<(string Owner, Guid Id)>> FindDueAsync(int limit, CancellationToken cancellation) =>
        ReadAsync(session => SqliteReads.FindDue(session, limit, Now()), cancellation);

    public Task<SweepWork?> ClaimExpiredAsync(string owner, Guid id, CancellationToken cancellation) =>
        ChangeAsync(session => _changes.ClaimExpired(session, owner, id), cancellation);

    public Task SweptAsync(string owner, Guid id, IReadOnlyList<BlobDeletion> done, CancellationToken cancellation) =>
        ChangeAsync(session => _changes.Swept(session, owner, id, done), cancellation);

    public async Task ForgetKeysAsync(CancellationToken cancellation)
    {
        const string Forget =
            """
            DELETE FROM idempotency_keys WHERE (owner, key) IN
                (SELECT owner, key FROM idempotency_keys WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)
            """;
        while (await ChangeAsync(session => session.Execute(Forget, Now(), KeysForgottenAtOnce), cancellation) == KeysForgottenAtOnce)
        {
        }
    }

    public Task<CatalogBacklog> MeasureAsync(CancellationToken cancellation) =>
        ReadAsync(session => SqliteReads.Measure(session, Now()), cancellation);

    public Task<IReadOnlyList<CatalogDocument>> ScanAsync(Guid? after, int limit, CancellationToken cancellation) =>
        ReadAsync(session => SqliteDocuments.Scan(session, after, limit, Now()), cancellation);

    public Task<IReadOnlyList<CatalogDocument>> FindDocumentsAsync(IReadOnlyCollection<Guid> ids, CancellationToken cancellation) =>
        ReadAsync(session => SqliteDocuments.Find(session, ids, Now()), cancellation);

    public Task<bool> ImportAsync(CatalogDocument document, CancellationToken cancellation) =>
        ChangeAsync(session => SqliteDocuments.Import(session, document), cancellation);

    private Connections Open()
    {
        var directory = Path.GetDirectoryName(Path.GetFullPath(path)) ?? "/";
        // Commands come here without a lock.
        LocalDisk.Demand(directory);
        DataDirectoryLock.MakeDirectory(directory);
        MakeFile(path);
        var session = new SqliteSession(path, readOnly: false, isMapped: false);
        try
        {
            SqliteSchema.Migrate(session);
            var readers = new SqliteReaders(path, isMapped: false);
            try
            {
                return new Connections(new SqliteWriter(session), readers, new SqliteReaders(path, isMapped: true));
            }
            catch
            {
                readers.Dispose();
                throw;
            }
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <summary>Makes a catalog that is not there, readable by this user alone, as SQLite then makes its log; one that is there is left as it is.</summary>
    /// <remarks>It has the keys that sign links, and the directory may be one that others read.</remarks>
    private static void MakeFile(string path)
    {
        if (OperatingSystem.IsWindows() || File.Exists(path))
            return;
        using var file = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.ReadWrite,
            Share = FileShare.ReadWrite,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
    }

    private long Now(TimeSpan later = default) => (time.GetUtcNow() + later).ToUnixTimeMilliseconds();

    private Task<T> ReadAsync<T>(Func<SqliteSession, T> read, CancellationToken cancellation) =>
        Started().Readers.RunAsync(read, cancellation);

    private Task<T> ChangeAsync<T>(Func<SqliteSession, T> change, CancellationToken cancellation, bool isPassing = false) =>
        Started().Writer.RunAsync(change, cancellation, isPassing);

    private Connections Started() =>
        _connections ?? throw new StorageException(StorageFailure.Unavailable, "The catalog is not open.");

    private sealed record Connections(SqliteWriter Writer, SqliteReaders Readers, SqliteReaders ListReaders);
}
