using FileDrop.Api.Blobs;
using FileDrop.Api.Catalog;
using FileDrop.Api.Embedded;
using FileDrop.Api.Storage;

namespace FileDrop.Api.Contents;

/// <summary>
/// One blob on its way into a file. Its intent stands in the file's document, and its lease is renewed as long as this object lives. Without a
/// commit, disposal leaves nothing.
/// </summary>
/// <remarks>
/// The order makes it safe: intent, bytes, commit. The commit depends on the intent. A write that ends in between leaves an intent without
/// renewals. The sweeper claims it, and a claimed intent can no longer be committed. A small content may be inline: one
/// change of the catalog does the first and the last step, and leaves no intent.
/// </remarks>
internal sealed partial class PendingWrite : IAsyncDisposable
{
    private static readonly TimeSpan CleanUpTime = TimeSpan.FromSeconds(15);

    private readonly IFileCatalog _files;
    private readonly IWriteCatalog _catalog;
    private readonly IBlobStore _blobs;
    private readonly bool _replaces;
    private readonly TimeSpan _lease;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _lost = new();
    private readonly CancellationTokenSource _ended = new();
    private readonly PeriodicTimer _renewal;
    private readonly WriteCommit _commit;
    private IInlineBytes? _bytes;
    private long _renewedAt;
    private Task _renewing = Task.CompletedTask;

    public PendingWrite(
        WriteCommit commit, IFileCatalog files, IWriteCatalog catalog, IBlobStore blobs, string owner, Guid fileId, bool replaces, TimeSpan lease,
        TimeProvider time, ILogger log)
    {
        (_commit, _files, _catalog, _blobs, _lease, _time, _log) = (commit, files, catalog, blobs, lease, time, log);
        (Owner, FileId, Intent, _replaces) = (owner, fileId, new WriteIntent(Guid.NewGuid(), Fence: 1), replaces);
        _renewedAt = time.GetTimestamp();
        _renewal = new PeriodicTimer(lease / 4, time);
    }

    /// <summary>The file's owner.</summary>
    public string Owner { get; }

    /// <summary>The file's id.</summary>
    public Guid FileId { get; }

    /// <summary>The blob, and the fencing number of this write.</summary>
    public WriteIntent Intent { get; }

    /// <summary>Bytes that were reserved when the write began.</summary>
    public long Reserved { get; init; }

    /// <summary>Takes a small content in the commit's own change. If null, the content is stored as a blob first.</summary>
    public IInlineContents? Inline { get; init; }

    /// <summary>Whether the write leaves no trace before its commit.</summary>
    public bool IsInline => Inline is not null;

    private BlobKey Key => new(Intent.BlobId, FileId);

    /// <summary>Renews the lease from now on, whether or not bytes arrive.</summary>
    public void KeepLease() => _renewing = RenewAsync();

    /// <summary>Streams the content into the blob store.</summary>
    /// <param name="content">Read to its end.</param>
    /// <param name="cancellation">The client's patience.</param>
    /// <exception cref="StorageException">The store failed, or the lease was lost.</exception>
    /// <exception cref="QuotaExceededException">The owner's quota has no room for all of it.</exception>
    public async Task StoreAsync(IncomingContent content, CancellationToken cancellation)
    {
        var length = content.Announced;
        if (Inline is { } inline)
        {
            _bytes = await inline.StoreAsync(content, (int)(length.AtMost ?? 0), length.IsExact, cancellation);
            return;
        }
        await using var reserved = new ReservedContent(
            content, Reserved, (needed, wanted, token) => _catalog.ReserveAsync(Owner, FileId, Intent, needed, wanted, token));
        await WhileHeldAsync(stop => _blobs.WriteAsync(Key, Owner, reserved, length.AtMost, length.IsExact, stop), cancellation);
    }

    /// <summary>Copies a blob within the blob store.</summary>
    /// <param name="from">The blob.</param>
    /// <param name="size">Bytes in it, all of which are reserved.</param>
    /// <param name="cancellation">The client's patience.</param>
    /// <returns>False if the blob does not exist.</returns>
    /// <exception cref="StorageException">The store failed, or the lease was lost.</exception>
    public async Task<bool> CopyAsync(BlobKey from, long size, CancellationToken cancellation)
    {
        if (Inline is not { } inline)
        {
            var isThere = false;
            await WhileHeldAsync(async stop => isThere = await _blobs.CopyAsync(from, Key, Owner, size, stop), cancellation);
            return isThere;
        }
        await using var content = await _blobs.OpenAsync(from, 0, size, cancellation);
        if (content is null)
            return false;
        _bytes = await inline.StoreAsync(content, (int)size, exact: true, cancellation);
        return true;
    }

    /// <summary>Takes over the content of another write, which was stored and not committed.</summary>
    /// <param name="other">The other write.</param>
    /// <param name="size">Bytes in the content.</param>
    /// <param name="cancellation">The client's patience.</param>
    /// <returns>False if the other write's blob is gone.</returns>
    /// <exception cref="StorageException">The store failed, or the lease was lost.</exception>
    public async Task<bool> TakeAsync(PendingWrite other, long size, CancellationToken cancellation)
    {
        if (!IsInline || other._bytes is null)
            return await CopyAsync(other.Key, size, cancellation);
        (_bytes, other._bytes) = (other._bytes, null);
        return true;
    }

    /// <summary>Commits the written blob.</summary>
    /// <returns>Done, with the file; or a version mismatch, or a refusal of the name or the folder.</returns>
    /// <exception cref="StorageException">The lease was lost, or it is unknown whether the commit happened.</exception>
    /// <exception cref="RefusedException">The file was deleted meanwhile.</exception>
    public async Task<ChangeResult> CommitAsync(FileCommit commit) =>
        await _commit.RunAsync(Intent, commit, _lost.Token, InlineCommit(commit))
        ?? throw await ExplainAsync(null);

    /// <summary>Ends the write. A blob that was not committed is abandoned; if no commit was ever sent, it is also deleted at once.</summary>
    public async ValueTask DisposeAsync()
    {
        // Disposing of the timer ends the wait without an exception. Cancelling the wait would throw in every upload.
        _renewal.Dispose();
        await _ended.CancelAsync();
        await _renewing;
        try
        {
            if (!_commit.HasHappened && !IsInline)
                await AbandonAsync();
        }
        finally
        {
            _bytes?.Dispose();
            _ended.Dispose();
            _lost.Dispose();
        }
    }

    /// <summary>Makes the blob by a call of the store, which ends when the lease is lost.</summary>
    private async Task WhileHeldAsync(Func<CancellationToken, Task> call, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _lost.Token);
        try
        {
            await call(stop.Token);
        }
        catch (Exception failure) when (failure is StorageException || (failure is OperationCanceledException && _lost.IsCancellationRequested))
        {
            throw await ExplainAsync(failure);
        }
    }

    private Func<Task<ChangeResult>>? InlineCommit(FileCommit commit) => Inline is { } inline && _bytes is { } bytes
        ? () => inline.CommitAsync(Owner, FileId, Intent, bytes, creates: !_replaces, commit, CancellationToken.None)
        : null;

    private async Task AbandonAsync()
    {
        using var limit = new CancellationTokenSource(CleanUpTime, _time);
        try
        {
            await _catalog.AbandonAsync(Owner, FileId, Intent, limit.Token);
            if (!_commit.MayHaveHappened)
                await _blobs.DeleteAsync(Key, limit.Token);
        }
        catch (Exception failure) when (failure is StorageException or OperationCanceledException)
        {
            // The document still names the blob, as an intent or as garbage, so the sweeper will delete it.
            LogLeftToSweeper(FileId, Intent.BlobId, Failure.Tell(failure));
        }
    }

    private async Task RenewAsync()
    {
        // The first wait returns the thread to the request.
        try
        {
            while (await _renewal.WaitForNextTickAsync(CancellationToken.None))
            {
                if (!await TryRenewAsync())
                {
                    await _lost.CancelAsync();
                    return;
                }
            }
        }
        catch (OperationCanceledException) when (_ended.IsCancellationRequested)
        {
            // The write ended during a renewal.
        }
    }

    private async Task<bool> TryRenewAsync()
    {
        try
        {
            var asked = _time.GetTimestamp();
            if (!await _catalog.RenewAsync(Owner, FileId, Intent, _ended.Token))
            {
                LogLeaseLost(FileId, Intent.BlobId);
                return false;
            }
            _renewedAt = asked;
            return true;
        }
        catch (StorageException unreachable)
        {
            LogRenewalFailed(FileId, unreachable.Reason);
            return _time.GetElapsedTime(_renewedAt) < _lease;
        }
    }

    /// <summary>
    /// Deleting a file cancels writes in progress, which answer that the file does not exist. Otherwise the store failed, or the sweeper claimed the
    /// intent of a writer that seemed dead.
    /// </summary>
    private async Task<Exception> ExplainAsync(Exception? failure) =>
        _replaces && await _files.FindAsync(Owner, FileId, forChange: false, CancellationToken.None) is null
            ? new RefusedException(RefusalCode.FileNotFound, failure)
            : failure as StorageException
                ?? new StorageException(StorageFailure.Unavailable, $"The lease of blob {Intent.BlobId} of file {FileId} was lost.", failure);

    [LoggerMessage(LogLevel.Warning, "The abandoned blob {Blob} of file {File} is left to the sweeper. {Reason}")]
    private partial void LogLeftToSweeper(Guid file, Guid blob, string reason);

    [LoggerMessage(LogLevel.Warning, "The lease of blob {Blob} of file {File} is gone")]
    private partial void LogLeaseLost(Guid file, Guid blob);

    [LoggerMessage(LogLevel.Debug, "The lease of a write to file {File} could not be renewed. {Reason}")]
    private partial void LogRenewalFailed(Guid file, string reason);
}
