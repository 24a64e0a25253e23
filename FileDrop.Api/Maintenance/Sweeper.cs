using FileDrop.Api.Blobs;
using FileDrop.Api.Catalog;
using FileDrop.Api.Contents;
using FileDrop.Api.Settings;
using FileDrop.Api.Storage;

namespace FileDrop.Api.Maintenance;

/// <summary>
/// Does the due work in the catalog's documents: claims the intents of dead writers, deletes garbage and forgets old idempotency keys. Every replica runs a
/// sweeper. They do not disturb each other, because each step may be done twice.
/// </summary>
/// <remarks>It claims before it deletes: a blob in garbage belongs to no writer and never will again.</remarks>
internal sealed partial class Sweeper(
    ISweepCatalog catalog, IFolderSweepCatalog folders, IDocumentCatalog documents, IBlobStore blobs, IReserve reserve, ISharedCatalog shared, ShareDownloads downloads, StoreStarter starter, SweeperMetrics metrics,
    FileDropOptions options, TimeProvider time, ILogger<Sweeper> log, ICompaction? compaction = null) : BackgroundService
{
    private const int DocumentsAtOnce = 200;
    private const int FoldersAtOnce = 1000;

    /// <summary>The most documents in one round. The rest waits for the next, so that much garbage does not slow down requests.</summary>
    private const int DocumentsInRound = 5000;

    /// <summary>Claims and deletes the due blobs of one document.</summary>
    /// <returns>The number of deleted blobs.</returns>
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
                // A key does not contain an owner. An import of an earlier release may have given another owner's file the same id, and this garbage may be its
                // content. That content is deleted with that file.
                if (named.ContentOf(deletion.BlobId) is not null)
                    continue;
                await blobs.DeleteAsync(new BlobKey(deletion.BlobId, id), cancellation);
                deleted++;
            }
            await catalog.SweptAsync(owner, id, work.Deletions, cancellation);
            return deleted;
        });

    /// <summary>Records the last downloads of shares.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        try
        {
            await downloads.RecordAsync(cancellationToken);
        }
        catch (StorageException failure)
        {
            LogFailure(failure.Reason);
        }
    }

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
        // First, since what a purged folder held is then due too.
        await SweepFoldersAsync(cancellation);
        var (swept, deleted) = (0, 0);
        while (true)
        {
            var due = await catalog.FindDueAsync(DocumentsAtOnce, cancellation);
            var done = 0;
            foreach (var (owner, id) in due)
            {
                if (await TryAsync(SweepAsync, reason => LogDocumentFailure(id, reason)))
                    done++;

                async Task SweepAsync() => deleted += await SweepDocumentAsync(catalog, documents, blobs, reserve, owner, id, cancellation);
            }
            swept += done;
            // A round without progress would find the same documents again, so wait for the next tick.
            if (due.Count < DocumentsAtOnce || done == 0 || swept >= DocumentsInRound)
                break;
        }
        await catalog.ReleaseReservationsAsync(cancellation);
        await reserve.FreeAsync(() => catalog.ForgetIdempotencyKeysAsync(cancellation));
        await reserve.FreeAsync(() => shared.ForgetGrantsAsync(cancellation));
        await downloads.RecordAsync(cancellation);
        var freed = compaction is null ? 0 : await compaction.RunAsync(cancellation);
        metrics.Swept(deleted, await catalog.MeasureAsync(cancellation));
        if (swept > 0)
            LogSwept(swept, deleted);
        if (freed > 0)
            LogFreed(freed);
    }

    /// <summary>Lets entries follow their folders, level by level, until no folder is due. A level without progress leaves the rest to the next tick.</summary>
    private async Task SweepFoldersAsync(CancellationToken cancellation)
    {
        for (var level = 0; level < Place.MaxDepth; level++)
        {
            var due = await folders.FindDueFoldersAsync(FoldersAtOnce, cancellation);
            var done = 0;
            foreach (var (owner, id) in due)
            {
                if (await TryAsync(SweepAsync, reason => LogFolderFailure(id, reason)))
                    done++;

                Task SweepAsync() => reserve.FreeAsync(() => folders.SweepFolderAsync(owner, id, cancellation));
            }
            if (done == 0)
                return;
        }
    }

    /// <summary>Sweeps one document or folder. False if a store failed and it stays due; the others go on.</summary>
    private async Task<bool> TryAsync(Func<Task> sweep, Action<string> logFailure)
    {
        try
        {
            await sweep();
            return true;
        }
        catch (StorageException failure)
        {
            starter.Report(failure);
            logFailure(failure.Reason);
            return false;
        }
    }

    [LoggerMessage(LogLevel.Information, "Swept {Documents} documents, deleted {Blobs} blobs")]
    private partial void LogSwept(int documents, int blobs);

    [LoggerMessage(LogLevel.Information, "Took {Bytes} bytes of deleted contents back")]
    private partial void LogFreed(long bytes);

    [LoggerMessage(LogLevel.Debug, "A sweep was interrupted. {Reason}")]
    private partial void LogFailure(string reason);

    [LoggerMessage(LogLevel.Debug, "Garbage of file {File} could not be deleted and stays due. {Reason}")]
    private partial void LogDocumentFailure(Guid file, string reason);

    [LoggerMessage(LogLevel.Debug, "The entries of folder {Folder} could not follow it and stay due. {Reason}")]
    private partial void LogFolderFailure(Guid folder, string reason);

    [LoggerMessage(LogLevel.Critical, "A sweep failed because of a bug")]
    private partial void LogBug(Exception failure);
}
