using FileDrop.Api.Storage;
using FileDrop.Api.Text;

namespace FileDrop.Api.Catalog.Sqlite;

/// <summary>The catalog in one SQLite database; it needs no server.</summary>
/// <remarks>
/// <para>A row of <c>files</c> with its rows of <c>contents</c> and <c>blobs</c> is the document. One writer makes all changes and commits them in groups; a
/// few connections read (see <see cref="SqliteWriter"/> and <see cref="SqliteReaders"/>). The catalog's clock is this process's, so
/// <see cref="DataDirectoryLock"/> allows one service per data directory. Commands in other processes may read and change the database too, because SQLite's
/// locks order them.</para>
/// <para>The database must lie on a local disk, which <see cref="LocalDisk"/> checks. SQLite's log needs shared memory, which a network file system
/// lacks.</para>
/// </remarks>
/// <param name="path">The database file; a missing folder is created.</param>
/// <param name="rules">The write protocol's times.</param>
/// <param name="time">The catalog's clock.</param>
internal sealed partial class SqliteEngine(string path, CatalogRules rules, TimeProvider time) : ICatalogEngine, IAsyncDisposable
{
    private readonly SqliteQuota _quota = new(rules.Quotas);
    private readonly SemaphoreSlim _starting = new(1);
    private volatile Connections? _connections;

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

    public async Task<(FileDocument? Document, DateTimeOffset Now)> LoadAsync(
        string owner, Guid id, DocumentParts parts, CancellationToken cancellation)
    {
        var document = await ReadAsync(
            session => parts is DocumentParts.File or DocumentParts.ForChange
                ? SqliteDocuments.FindFile(session, owner, id)
                : SqliteDocuments.AtOneMoment(session, () => SqliteDocuments.Find(session, owner, id)?.Document),
            cancellation);
        return (document, Now());
    }

    public Task<FileDocument?> InsertAsync(
        string owner, Guid id, Func<DateTimeOffset, FileDocument> make, CancellationToken cancellation) => ChangeAsync(
            session =>
            {
                var now = Now();
                var document = Admitted(session, null, make(now));
                return SqliteSaves.Insert(session, document, now) is null ? null : document;
            },
            cancellation);

    public Task<T> ChangeAsync<T>(
        string owner, Guid id, Func<FileDocument?, DateTimeOffset, Decision<T>> decide, ChangeKind kind, CancellationToken cancellation) =>
        ChangeAsync(session => Change(session, owner, id, decide, kind), cancellation, isPassing: kind is ChangeKind.Passing);

    public Task<bool> RenewAsync(string owner, Guid id, WriteIntent intent, TimeSpan lease, CancellationToken cancellation) => ChangeAsync(
        session => session.Execute(
            """
            UPDATE blobs SET due = ?5
            WHERE file = (SELECT n FROM files WHERE id = ?2 AND owner = ?1) AND blob = ?3 AND role = 0 AND fence = ?4
            """,
            owner, SqliteRows.Bytes(id), SqliteRows.Bytes(intent.BlobId), intent.Fence, Milliseconds(lease)) > 0,
        cancellation);

    public Task<long> ReserveAsync(string owner, Guid id, WriteIntent intent, long needed, long wanted, CancellationToken cancellation) =>
        ChangeAsync(session => _quota.Reserve(session, owner, id, intent, needed, wanted), cancellation);

    public Task<CatalogPage> ListAsync(ListQuery query, CancellationToken cancellation) =>
        Started().ListReaders.RunAsync(session => SqliteListing.Read(session, query), cancellation);

    public Task<IReadOnlyList<(string Owner, Guid Id)>> FindDueAsync(int limit, CancellationToken cancellation) =>
        ReadAsync(session => SqliteReads.FindDue(session, limit, Milliseconds()), cancellation);

    public async Task<(IReadOnlyList<FileDocument> Documents, DateTimeOffset Now)> ScanAsync(
        Guid? after, int limit, CancellationToken cancellation) =>
        (await ReadAsync(
            session => SqliteDocuments.AtOneMoment(session, () => SqliteDocuments.Scan(session, after, limit)), cancellation), Now());

    public async Task<(IReadOnlyList<FileDocument> Documents, DateTimeOffset Now)> FindManyAsync(
        IReadOnlyCollection<Guid> ids, CancellationToken cancellation) =>
        (await ReadAsync(
            session => SqliteDocuments.AtOneMoment(session, () => SqliteDocuments.FindMany(session, ids)), cancellation), Now());

    public Task<long> CountUploadsAsync(string owner, int limit, CancellationToken cancellation) => ReadAsync(
        session => session.Number(
            """
            SELECT count(*) FROM (
                SELECT 1 FROM files f INDEXED BY files_pending JOIN uploads u ON u.file = f.n WHERE f.owner = ?1 AND f.state = 0 LIMIT ?2)
            """,
            owner, (long)limit),
        cancellation);

    public Task<CatalogBacklog> MeasureAsync(CancellationToken cancellation) =>
        ReadAsync(session => SqliteReads.Measure(session, Milliseconds()), cancellation);

    public Task<OwnerUsage> FindUsageAsync(string owner, CancellationToken cancellation) =>
        ReadAsync(session => SqliteQuota.Find(session, owner), cancellation);

    /// <summary>Does nothing: a reservation lies in its intent's row, so it cannot outlive the intent.</summary>
    public Task ReleaseReservationsAsync(CancellationToken cancellation) => Task.CompletedTask;

    public Task<IReadOnlyList<UsageDifference>> CheckUsageAsync(bool repair, CancellationToken cancellation) => repair
        ? ChangeAsync(SqliteQuota.Repair, cancellation)
        : ReadAsync(SqliteQuota.Compare, cancellation);

    /// <summary>Refuses a write for which the owner's quota has no room now. It reserves nothing.</summary>
    /// <exception cref="QuotaExceededException">The quota has no room for it.</exception>
    public Task ExpectAsync(string owner, Reservation wanted, CancellationToken cancellation) =>
        _quota.Limits(owner) ? ReadAsync(session => _quota.Admit(session, owner, wanted), cancellation) : Task.CompletedTask;

    /// <summary>Begins and commits a write whose content the caller stores in the same change, so an intent is never visible.</summary>
    /// <exception cref="QuotaExceededException">The owner's quota has no room for the content.</exception>
    public ChangeResult CommitInline(SqliteSession session, string owner, Guid id, WriteIntent blob, bool creates, FileCommit commit)
    {
        if (!creates)
        {
            var replaced = Run(session, owner, steps => new FolderProtocol(steps, rules).ChangeFileAsync(
                id, (document, now) => Commit(document, null, now), commit.Held, isMembership: false));
            return replaced.Outcome != ChangeOutcome.Stale
                ? replaced
                : Run(session, owner, steps => new FolderProtocol(steps, rules).PlaceFileAsync(
                    id, known: null, (_, file) => new(FolderProtocol.TargetOf(file, commit.Folder, commit.Name, commit.OnConflict, commit.Held)), Commit));
        }
        if (commit.Folder is not { } folder)
            return Insert(null);
        var created = default(ChangeResult);
        var outcome = Run(session, owner, steps => new FolderProtocol(steps, rules).PlaceAsync(
            new FileDocument { Owner = owner, Id = id }, FolderProtocol.TargetOfNew(folder, commit), placement => new((created = Insert(placement)).Outcome),
            _ => new(ChangeOutcome.Done)));
        return outcome == ChangeOutcome.Done ? created : new ChangeResult(outcome);

        ChangeResult Insert(Placement? placement)
        {
            var now = Now();
            var decision = Commit(null, placement, now);
            if (decision.Next is { } document)
                _ = SqliteSaves.Insert(session, document, now) ?? throw FileDocument.KnownAlready(id);
            return decision.Answer;
        }

        Decision<ChangeResult> Commit(FileDocument? document, Placement? placement, DateTimeOffset at)
        {
            var committed = FileDocument.CommitInline(document, owner, id, blob, creates, commit, rules, at, placement);
            if (committed.Next is not null)
                _quota.Admit(session, owner, new Reservation(commit.Size, creates));
            return committed;
        }
    }

    private T Change<T>(SqliteSession session, string owner, Guid id, Func<FileDocument?, DateTimeOffset, Decision<T>> decide,
        ChangeKind kind = ChangeKind.Plain)
    {
        var now = Now();
        // A file that is often overwritten has thousands of garbage blobs, but only the sweeper needs them.
        var found = SqliteDocuments.Find(session, owner, id, withGarbage: kind is ChangeKind.Sweep);
        var decision = decide(found?.Document, now);
        if (decision.Next is not { } next)
            return decision.Answer;
        if (found is not var (n, document))
            throw new InvalidOperationException("Only an existing document can be changed.");
        if (decision.Removes)
            SqliteSaves.Remove(session, n, document, next);
        else
            SqliteSaves.Update(session, n, document, Admitted(session, document, next), now);
        return decision.Answer;
    }

    /// <summary>Returns the document with its new intents' reservations, which are zero for an owner without a quota.</summary>
    /// <exception cref="QuotaExceededException">The quota has no room for them.</exception>
    private FileDocument Admitted(SqliteSession session, FileDocument? before, FileDocument after)
    {
        if (ReferenceEquals(before?.Intents, after.Intents) || after.Intents.Count == 0)
            return after;
        var known = (before?.Intents ?? []).Select(intent => intent.BlobId).ToHashSet();
        return after with { Intents = [.. after.Intents.Select(intent => known.Contains(intent.BlobId) ? intent : Admit(intent))] };

        BlobIntent Admit(BlobIntent intent) => intent.Reserved is { } wanted
            ? intent with { Reserved = _quota.Admit(session, after.Owner, wanted) }
            : intent;
    }

    private Connections Open()
    {
        var directory = Path.GetDirectoryName(Path.GetFullPath(path)) ?? "/";
        // Commands open the catalog without the lock, so check the disk here too.
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

    /// <summary>Creates a missing catalog, readable by this user only; SQLite gives its log the same mode. Leaves an existing one unchanged.</summary>
    /// <remarks>The catalog contains the keys that sign links, and other users may be able to read the directory.</remarks>
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

    /// <summary>The catalog's clock, to the millisecond.</summary>
    private DateTimeOffset Now() => WholeMilliseconds.Floor(time.GetUtcNow());

    /// <summary>The current time plus <paramref name="later"/>, as rows store it.</summary>
    private long Milliseconds(TimeSpan later = default) => WholeMilliseconds.After(Now(), later).ToUnixTimeMilliseconds();

    /// <summary>Reads from the database, at one moment of it if the call makes one query.</summary>
    public Task<T> ReadAsync<T>(Func<SqliteSession, T> read, CancellationToken cancellation) =>
        Started().Readers.RunAsync(read, cancellation);

    /// <inheritdoc cref="SqliteWriter.IsBusy"/>
    public bool IsBusy => Started().Writer.IsBusy;

    /// <summary>Makes a change of the database: all of it or nothing.</summary>
    /// <param name="change">Runs within the writer's transaction.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <param name="isPassing">Whether the change need not be durable when this returns.</param>
    /// <param name="prepare">See <see cref="SqliteWriter.RunAsync"/>.</param>
    public async Task<T> ChangeAsync<T>(
        Func<SqliteSession, T> change, CancellationToken cancellation, bool isPassing = false, Func<SqliteSession, bool, IEnumerable<IUnsynced>>? prepare = null)
    {
        string? changed = null;
        var result = await Started().Writer.RunAsync(
            session =>
            {
                session.Changed = null;
                var made = change(session);
                changed = session.Changed;
                return made;
            },
            cancellation, isPassing, prepare);
        if (changed is not null)
            _whenChanged?.Invoke(changed);
        return result;
    }

    private Connections Started() =>
        _connections ?? throw new StorageException(StorageFailure.Unavailable, "The catalog is not open.");

    private sealed record Connections(SqliteWriter Writer, SqliteReaders Readers, SqliteReaders ListReaders);
}
