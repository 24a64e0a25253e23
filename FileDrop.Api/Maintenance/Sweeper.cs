using FileDrop.Api.Blobs;
using FileDrop.Api.Catalog;

namespace FileDrop.Api.Maintenance;

/// <summary>
/// Deletes what the catalog's documents name as due: claims the intents of writers that are gone, deletes garbage, forgets
/// old Idempotency-Keys. Every replica has one; they do not disturb each other, since each step is safe to do twice.
/// </summary>
/// <remarks>It claims before it deletes: a blob in garbage is nobody's and never again somebody's.</remarks>
internal sealed partial class Sweeper(
    ISweepCatalog catalog, IDocumentCatalog documents, IBlobStore blobs, IReserve reserve, StoreStarter starter, SweeperMetrics metrics,
    FileDropOptions options, TimeProvider time, ILogger<Sweeper> log) : BackgroundService
{
    private const int DocumentsAtOnce = 200;

    /// <summary>Documents in one round; what is left waits for the next, so that a mountain of garbage does not drown the requests.</summary>
    private const int DocumentsInRound = 5000;

    /// <summary>Claims and deletes what is due of one document.</summary>
    /// <returns>How many blobs were deleted.</returns>
    public static Task<int> SweepDocumentAsync(
        ISweepCatalog catalog, IDocumentCatalog documents, IBlobStore blobs, IReserve reserve, string owner, Guid id, CancellationToken cancellation) =>
        reserve.FreeAsync(async () =>
        {
            if (await catalog.ClaimExpiredAsync(owner, id, cancellation) is not { } work)
                return 0;
            var deleted = 0;
            var named = work.Deletions.Count == 0 ? [] : await documents.FindDocumentsAsync([id], cancellation);
            foreach (var deletion in work.Deletions)
            {
                // A key has no owner in it: garbage of one owner's document can be the content of another's, which an import of an earlier
                // release has brought in under the same id. It goes with that one.
                if (named.ContentOf(deletion.BlobId) is not null)
                    continue;
                await blobs.DeleteAsync(new BlobKey(deletion.BlobId, id), cancellation);
                deleted++;
            }
            await catalog.SweptAsync(owner, id, work.Deletions, cancellation);
            return deleted;
        });

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await starter.Started.WaitAsync(stoppingToken);
        using var timer = new PeriodicTimer(options.SweepInterval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await SweepAsync(stoppingToken);
            }
            catch (StorageException failure)
            {
                starter.Report(failure);
                LogFailure(failure.Reason);
            }
            catch (Exception failure) when (failure is not OperationCanceledException)
            {
                LogBug(failure);
            }
        }
    }

    private async Task SweepAsync(CancellationToken cancellation)
    {
        var (swept, deleted) = (0, 0);
        while (true)
        {
            var due = await catalog.FindDueAsync(DocumentsAtOnce, cancellation);
            var done = 0;
            foreach (var (owner, id) in due)
            {
                if (await TrySweepAsync(owner, id, cancellation) is { } count)
                    (done, deleted) = (done + 1, deleted + count);
            }
            swept += done;
            // A round without progress would find the same documents again: the next tick is soon enough.
            if (due.Count < DocumentsAtOnce || done == 0 || swept >= DocumentsInRound)
                break;
        }
        await catalog.ReleaseReservationsAsync(cancellation);
        await reserve.FreeAsync(() => catalog.ForgetIdempotencyKeysAsync(cancellation));
        metrics.Swept(deleted, await catalog.MeasureAsync(cancellation));
        if (swept > 0)
            LogSwept(swept, deleted);
    }

    /// <summary>How many blobs of one document were deleted; null if the store failed and the document stays due.</summary>
    private async Task<int?> TrySweepAsync(string owner, Guid id, CancellationToken cancellation)
    {
        try
        {
            return await SweepDocumentAsync(catalog, documents, blobs, reserve, owner, id, cancellation);
        }
        catch (StorageException failure)
        {
            starter.Report(failure);
            LogDocumentFailure(id, failure.Reason);
            return null;
        }
    }

    [LoggerMessage(LogLevel.Information, "Swept {Documents} documents, deleted {Blobs} blobs")]
    private partial void LogSwept(int documents, int blobs);

    [LoggerMessage(LogLevel.Debug, "A sweep was cut short. {Reason}")]
    private partial void LogFailure(string reason);

    [LoggerMessage(LogLevel.Debug, "Garbage of file {File} could not be deleted, and stays due. {Reason}")]
    private partial void LogDocumentFailure(Guid file, string reason);

    [LoggerMessage(LogLevel.Critical, "A sweep failed by a bug")]
    private partial void LogBug(Exception failure);
}
