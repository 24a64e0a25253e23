using System.Diagnostics;
using FileDrop.Api.Storage;

namespace FileDrop.Api.Catalog.Mongo;

// Quotas. An owner's usage has its own document, which an update of a file's document cannot change at the same time.
internal sealed partial class MongoEngine
{
    private readonly MongoOwners _owners;
    private readonly MongoSums _sums;

    public Task<long> ReserveAsync(string owner, Guid id, WriteIntent intent, long needed, long wanted, CancellationToken cancellation) =>
        _owners.OpenAsync(owner, intent.BlobId, id, needed, wanted, files: 0, cancellation);

    public async Task<OwnerUsage> FindUsageAsync(string owner, CancellationToken cancellation) =>
        (HasQuota(owner) ? await _owners.FindUsageAsync(owner, cancellation) : null) ?? await _sums.FindAsync(owner, cancellation);

    public Task ReleaseReservationsAsync(CancellationToken cancellation) => _owners.ReleaseAsync(cancellation);

    public Task<IReadOnlyList<UsageDifference>> CheckUsageAsync(bool repair, CancellationToken cancellation) =>
        _owners.CheckAsync(repair, cancellation);

    private bool HasQuota(string owner) => !_rules.Quotas.Of(owner).IsNone;

    /// <summary>Reserves quota for a document's new intents, before the document names them.</summary>
    /// <param name="before">The existing intents.</param>
    /// <param name="after">The next state of the document.</param>
    /// <param name="opened">Collects the opened operations.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    private async Task ReserveNewAsync(
        IReadOnlyList<BlobIntent> before, FileDocument after, HashSet<Guid> opened, CancellationToken cancellation)
    {
        if (!HasQuota(after.Owner) || ReferenceEquals(before, after.Intents))
            return;
        foreach (var intent in after.Intents)
        {
            if (intent.Reserved is not { } wanted || before.Any(each => each.BlobId == intent.BlobId) || opened.Contains(intent.BlobId))
                continue;
            var begun = Stopwatch.GetTimestamp();
            await _owners.OpenAsync(
                after.Owner, intent.BlobId, after.Id, wanted.Bytes, wanted.Bytes, wanted.Creates ? 1 : 0, cancellation);
            opened.Add(intent.BlobId);
            DemandTime(begun);
        }
    }

    /// <summary>Moves the results in a file's document to the owner's document. If that fails, the document is due and the sweeper repeats it.</summary>
    private async Task SettleAsync(MongoDocument document)
    {
        try
        {
            while (document.Accounts is { } accounts && accounts.IsUnsettled(document.Document))
            {
                var (owner, id) = (document.Document.Owner, document.Document.Id);
                if (accounts.Owes(document.Document))
                {
                    var begun = Stopwatch.GetTimestamp();
                    var operation = Guid.NewGuid();
                    await _owners.OpenAsync(owner, operation, id, needed: 0, wanted: 0, files: 0, CancellationToken.None);
                    DemandTime(begun);
                    document = await SaveAccountsAsync(document, accounts.Owe(operation, document.Document));
                    continue;
                }
                foreach (var entry in accounts.Settle)
                    await _owners.CloseAsync(owner, MongoSchema.Uuid(entry.Operation), entry.Bytes, entry.Files, CancellationToken.None);
                document = await SaveAccountsAsync(document, accounts with { Settle = [] });
            }
        }
        catch (StorageException)
        {
            // The change has happened, so this failure must not reach the caller.
        }
    }

    /// <summary>Saves new accounts of a document. If the document has changed meanwhile, saves nothing and reads it again.</summary>
    private async Task<MongoDocument> SaveAccountsAsync(MongoDocument before, MongoAccounts accounts)
    {
        var after = MongoDocument.Of(before.Document, accounts, await _clock.NowAsync(CancellationToken.None), before);
        if (await SaveAsync(before, after, CancellationToken.None))
        {
            _recent.Keep(after);
            return after;
        }
        var (found, _) = await LoadWholeAsync(before.Document.Owner, before.Document.Id, CancellationToken.None);
        return found ?? before with { Accounts = null };
    }

    /// <summary>Fails a write that took longer than a lease to name its operation, because such an operation may be released.</summary>
    private void DemandTime(long begun)
    {
        if (Stopwatch.GetElapsedTime(begun) > _rules.Lease)
            throw new StorageException(
                StorageFailure.Unavailable, "The write paused for longer than a lease between its reservation and its start. Try again.");
    }
}
