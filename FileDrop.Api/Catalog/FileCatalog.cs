namespace FileDrop.Api.Catalog;

/// <summary>The catalog: the rules of <see cref="FileDocument"/> over an engine that stores documents. Each consumer sees one of its interfaces.</summary>
/// <param name="engine">The store of documents.</param>
/// <param name="folders">The store of folders and of the claims of names.</param>
/// <param name="keys">The store of idempotency keys.</param>
/// <param name="rules">The protocol's times and counts.</param>
internal sealed partial class FileCatalog(ICatalogEngine engine, IFolderEngine folders, IIdempotencyRecords keys, CatalogRules rules)
    : ICatalog, IFileCatalog, IWriteCatalog, IUploadCatalog, IIdempotencyCatalog, ISweepCatalog, IDocumentCatalog
{
    public string Description => engine.Description;

    public Task StartAsync(CancellationToken cancellation) => engine.StartAsync(cancellation);

    public Task PingAsync(CancellationToken cancellation) => engine.PingAsync(cancellation);

    public async Task<CatalogFile?> FindAsync(string owner, Guid id, bool forChange, CancellationToken cancellation) =>
        await FindLiveAsync(owner, id, forChange ? DocumentParts.ForChange : DocumentParts.File, cancellation) is { } live ? live.ToFile() : null;

    public async Task<FileHistory?> FindHistoryAsync(string owner, Guid id, CancellationToken cancellation) =>
        await FindLiveAsync(owner, id, DocumentParts.Contents, cancellation) is { } live
            ? new FileHistory(live.ToFile(), [.. live.Contents])
            : null;

    public async Task<CatalogPage> ListAsync(ListQuery query, CancellationToken cancellation)
    {
        var page = await engine.ListAsync(query, cancellation);
        if (query.InTrash || page.Files.All(file => file.ExpiresAt is null))
            return page;
        // A file that has expired is in no list, also before the sweeper has come.
        var now = await folders.NowAsync(cancellation);
        return page with { Files = [.. page.Files.Where(file => !(file.ExpiresAt <= now))] };
    }

    public Task BeginCreateAsync(string owner, Guid id, WriteIntent intent, long bytes, CancellationToken cancellation) =>
        InsertNewAsync(owner, id, now => FileDocument.Begin(owner, id, intent, bytes, rules, now), cancellation);

    public Task<bool> BeginReplaceAsync(string owner, Guid id, WriteIntent intent, long bytes, CancellationToken cancellation) =>
        DecideAsync(owner, id, (document, now) => document.BeginReplace(intent, bytes, rules, now), false, cancellation);

    public Task<bool> RenewAsync(string owner, Guid id, WriteIntent intent, CancellationToken cancellation) =>
        engine.RenewAsync(owner, id, intent, rules.Lease, cancellation);

    public Task AbandonAsync(string owner, Guid id, WriteIntent intent, CancellationToken cancellation) =>
        DecideAsync(owner, id, (document, now) => document.Abandon(intent, rules, now), false, cancellation);

    public async Task<WriteFate> FindFateAsync(string owner, Guid id, WriteIntent intent, CancellationToken cancellation)
    {
        var (document, _) = await engine.LoadAsync(owner, id, DocumentParts.Settled, cancellation);
        return document?.Fate(intent) ?? WriteFate.Lost;
    }

    public Task<ChangeResult> RestoreVersionAsync(string owner, Guid id, long version, long? ifVersion, CancellationToken cancellation) =>
        GuardedAsync(
            owner, id, (document, now) => document.RestoreVersion(version, ifVersion, rules, now), LockTokens.None, isMembership: false, cancellation);

    public Task<ChangeResult> DeleteVersionAsync(string owner, Guid id, long version, long? ifVersion, CancellationToken cancellation) =>
        ChangeAsync(owner, id, (document, now) => document.DeleteVersion(version, ifVersion, rules, now), cancellation);

    public Task<bool> RecordCrcAsync(string owner, Guid id, Guid blob, uint crc32, CancellationToken cancellation) =>
        // A power cut may undo it, because the next whole read records it again.
        DecideAsync(owner, id, (document, _) => document.RecordCrc(blob, crc32), false, cancellation, ChangeKind.Passing);

    public Task<Guid?> FindIdempotencyKeyAsync(string owner, string key, CancellationToken cancellation) => keys.FindIdempotencyKeyAsync(owner, key, cancellation);

    public Task<bool> AddIdempotencyKeyAsync(string owner, string key, Guid id, TimeSpan life, CancellationToken cancellation) =>
        keys.AddIdempotencyKeyAsync(owner, key, id, life, cancellation);

    public Task<bool> TakeIdempotencyKeyAsync(
        string owner, string key, Guid former, Guid successor, TimeSpan life, CancellationToken cancellation) =>
        keys.TakeIdempotencyKeyAsync(owner, key, former, successor, life, cancellation);

    public Task ForgetIdempotencyKeysAsync(CancellationToken cancellation) => keys.ForgetIdempotencyKeysAsync(cancellation);

    public async Task<CreationRecord> FindCreationAsync(string owner, Guid id, CancellationToken cancellation)
    {
        var (document, now) = await engine.LoadAsync(owner, id, DocumentParts.Settled, cancellation);
        return document?.Creation(now) ?? new CreationRecord(CreationState.Failed);
    }

    public Task<IReadOnlyList<(string Owner, Guid Id)>> FindDueAsync(int limit, CancellationToken cancellation) =>
        engine.FindDueAsync(limit, cancellation);

    public async Task<SweepWork?> ClaimExpiredAsync(string owner, Guid id, CancellationToken cancellation)
    {
        FileDocument? before = null, after = null;
        var work = await DecideAsync(
            owner, id,
            (document, now) =>
            {
                var decision = document.Claim(rules, now);
                (before, after) = (document, decision.Next ?? document);
                return decision;
            },
            (SweepWork?)null, cancellation, ChangeKind.Sweep);
        // A file that has expired gives its name free.
        if (before?.State == FileState.Live && after?.State != FileState.Live)
            await ReleaseAsync(owner, before, cancellation);
        return work;
    }

    public Task SweptAsync(string owner, Guid id, IReadOnlyList<BlobDeletion> done, CancellationToken cancellation) =>
        DecideAsync(owner, id, (document, now) => document.Swept(done, now), false, cancellation, ChangeKind.Sweep);

    public Task<CatalogBacklog> MeasureAsync(CancellationToken cancellation) => engine.MeasureAsync(cancellation);

    public async Task<IReadOnlyList<CatalogDocument>> ScanAsync(Guid? after, int limit, CancellationToken cancellation)
    {
        var (documents, now) = await engine.ScanAsync(after, limit, cancellation);
        return [.. documents.Select(document => document.ToCatalogDocument(now))];
    }

    public async Task<IReadOnlyList<CatalogDocument>> FindDocumentsAsync(IReadOnlyCollection<Guid> ids, CancellationToken cancellation)
    {
        var (documents, now) = await engine.FindManyAsync(ids, cancellation);
        return [.. documents.Select(document => document.ToCatalogDocument(now))];
    }

    public async Task<bool> ImportAsync(CatalogDocument document, CancellationToken cancellation)
    {
        var imported = FileDocument.Imported(document);
        return await engine.InsertAsync(document.Owner, document.FileId, _ => imported, cancellation) is not null;
    }

    public Task<long> ReserveAsync(string owner, Guid id, WriteIntent intent, long needed, long wanted, CancellationToken cancellation) =>
        rules.Quotas.Of(owner).IsNone
            ? Task.FromResult(long.MaxValue)
            : engine.ReserveAsync(owner, id, intent, needed, wanted, cancellation);

    public Task<OwnerUsage> FindUsageAsync(string owner, CancellationToken cancellation) => engine.FindUsageAsync(owner, cancellation);

    public Task ReleaseReservationsAsync(CancellationToken cancellation) => engine.ReleaseReservationsAsync(cancellation);

    public Task<IReadOnlyList<UsageDifference>> CheckUsageAsync(bool repair, CancellationToken cancellation) =>
        engine.CheckUsageAsync(repair, cancellation);

    public async Task<ResumableUpload> BeginResumableAsync(
        string owner, Guid id, WriteIntent intent, ResumablePlan plan, long? length, Guid? holder, CancellationToken cancellation)
    {
        if (await engine.CountUploadsAsync(owner, rules.OpenUploadsPerOwner, cancellation) >= rules.OpenUploadsPerOwner)
            throw new TooManyUploadsException(rules.OpenUploadsPerOwner);
        var begunAt = DateTimeOffset.MinValue;
        var begun = await InsertNewAsync(
            owner, id, now => FileDocument.BeginResumable(owner, id, intent, plan, length, holder, rules, begunAt = now), cancellation);
        return begun.FindUpload(begunAt) ?? throw new InvalidOperationException("An upload's expiry lies in the future.");
    }

    public async Task<ResumableUpload?> FindResumableAsync(string owner, Guid id, CancellationToken cancellation)
    {
        // The offset is a promise, so read only what no failover can take back.
        var (document, now) = await engine.LoadAsync(owner, id, DocumentParts.Settled, cancellation);
        return document?.FindUpload(now);
    }

    public Task<ResumableUpload?> TakeResumableAsync(string owner, Guid id, Guid taker, CancellationToken cancellation) =>
        // A holder ends with its process, so this change need not survive a power cut.
        DecideAsync(owner, id, (document, now) => document.TakeUpload(taker, now), null, cancellation, ChangeKind.Passing);

    public Task<ResumableUpload?> RecordResumableAsync(
        string owner, Guid id, WriteIntent intent, ResumableStep done, CancellationToken cancellation) =>
        DecideAsync(owner, id, (document, now) => document.RecordStep(intent, done, rules, now), null, cancellation);

    public Task<bool> EndResumableAsync(string owner, Guid id, WriteIntent intent, CancellationToken cancellation) =>
        DecideAsync(owner, id, (document, now) => document.EndUpload(intent, rules, now), false, cancellation);

    private async Task<FileDocument?> FindLiveAsync(string owner, Guid id, DocumentParts parts, CancellationToken cancellation)
    {
        var (document, now) = await engine.LoadAsync(owner, id, parts, cancellation);
        return document?.IsLiveAt(now) == true ? document : null;
    }

    private async Task<FileDocument> InsertNewAsync(
        string owner, Guid id, Func<DateTimeOffset, FileDocument> make, CancellationToken cancellation) =>
        await engine.InsertAsync(owner, id, make, cancellation) ?? throw FileDocument.KnownAlready(id);

    private Task<ChangeResult> ChangeAsync(
        string owner, Guid id, Func<FileDocument, DateTimeOffset, Decision<ChangeResult>> rule, CancellationToken cancellation) =>
        DecideAsync(owner, id, rule, new ChangeResult(ChangeOutcome.NotFound), cancellation);

    /// <param name="absent">The answer if the document does not exist.</param>
    private Task<T> DecideAsync<T>(
        string owner, Guid id, Func<FileDocument, DateTimeOffset, Decision<T>> rule, T absent, CancellationToken cancellation,
        ChangeKind kind = ChangeKind.Plain) =>
        engine.ChangeAsync(
            owner, id, (document, now) => document is null ? new Decision<T>(absent) : rule(document, now), kind, cancellation);
}
