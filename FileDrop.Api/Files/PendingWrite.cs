using FileDrop.Api.Blobs;
using FileDrop.Api.Catalog;

namespace FileDrop.Api.Files;

/// <summary>
/// One blob on its way into a file: its intent stands in the file's document, its lease is renewed while this lives, and
/// either it is committed or disposing of it leaves nothing.
/// </summary>
/// <remarks>
/// The order is the safety: intent → bytes → commit, conditional on the intent. Whatever ends in between leaves an intent
/// that nobody renews, which the sweeper claims; whatever is claimed can no longer be committed.
/// </remarks>
internal sealed partial class PendingWrite : IAsyncDisposable
{
    private const int CommitAttempts = 5;
    private static readonly TimeSpan CleanUpTime = TimeSpan.FromSeconds(15);

    private readonly IFileCatalog _catalog;
    private readonly IBlobStore _blobs;
    private readonly bool _replaces;
    private readonly TimeSpan _lease;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _lost = new();
    private readonly CancellationTokenSource _ended = new();
    private long _renewedAt;
    private Task _renewing = Task.CompletedTask;
    private State _state = State.Open;

    public PendingWrite(
        IFileCatalog catalog, IBlobStore blobs, string owner, Guid fileId, bool replaces, TimeSpan lease, TimeProvider time, ILogger log)
    {
        (_catalog, _blobs, _lease, _time, _log) = (catalog, blobs, lease, time, log);
        (Owner, FileId, Intent, _replaces) = (owner, fileId, new WriteIntent(Guid.NewGuid(), Fence: 1), replaces);
        _renewedAt = time.GetTimestamp();
    }

    private enum State
    {
        /// <summary>Nothing was committed.</summary>
        Open,

        /// <summary>A commit was sent: from here on the blob may be somebody's file, whatever we know of it.</summary>
        Sent,

        /// <summary>The commit is known to have happened.</summary>
        Committed,
    }

    public string Owner { get; }

    public Guid FileId { get; }

    public WriteIntent Intent { get; }

    private BlobKey Key => new(Intent.BlobId, FileId);

    /// <summary>Begins to renew the lease, whether or not bytes arrive.</summary>
    public void KeepLease() => _renewing = RenewAsync();

    /// <summary>Streams the content into the blob store.</summary>
    /// <param name="content">Read to its end.</param>
    /// <param name="length">Its length, or a bound of it; null if unknown.</param>
    /// <param name="exact">Whether <paramref name="length"/> is exact.</param>
    /// <param name="cancellation">The client's patience.</param>
    /// <exception cref="StorageException">The store failed, or the lease was lost.</exception>
    public async Task StoreAsync(IncomingContent content, long? length, bool exact, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _lost.Token);
        try
        {
            await _blobs.WriteAsync(Key, content, length, exact, stop.Token);
        }
        catch (Exception failure) when (failure is StorageException || (failure is OperationCanceledException && _lost.IsCancellationRequested))
        {
            throw await ExplainAsync(failure);
        }
    }

    /// <summary>
    /// Commits the written blob. An answer that gets lost is looked up: the document knows whether the commit happened.
    /// </summary>
    /// <returns>Done, with the file, or a version mismatch.</returns>
    /// <exception cref="StorageException">Whether it happened could not be found out, or the lease was lost.</exception>
    /// <exception cref="ContentRejectedException">The file was deleted meanwhile.</exception>
    /// <remarks>Not cancellable: all bytes are there, and a client that is gone may have been told to expect them.</remarks>
    public async Task<ChangeResult> CommitAsync(FileCommit commit)
    {
        for (var attempt = 1; ; attempt++)
        {
            if (_lost.IsCancellationRequested)
                throw await ExplainAsync(null);
            _state = State.Sent;
            ChangeResult? answer = null;
            StorageException? lost = null;
            try
            {
                answer = await _catalog.CommitAsync(Owner, FileId, Intent, commit, CancellationToken.None);
            }
            catch (StorageException failure)
            {
                LogLostAnswer(failure, FileId, attempt);
                lost = failure;
            }
            if (answer is { Outcome: ChangeOutcome.Done } done)
            {
                _state = State.Committed;
                return done;
            }
            if (answer is not null && attempt == 1)
            {
                // A refusal is an answer: nothing was committed, nothing is under way.
                _state = State.Open;
            }
            else
            {
                // A later refusal may come from an earlier attempt, whose answer was lost, that came through after all.
                switch (await _catalog.FindFateAsync(Owner, FileId, Intent, CancellationToken.None))
                {
                    case WriteFate.Committed:
                        return await AnswerAgainAsync(commit);
                    case WriteFate.Open when lost is not null && attempt < CommitAttempts:
                        await Task.Delay(TimeSpan.FromMilliseconds(50 << attempt), _time);
                        continue;
                    case WriteFate.Open when lost is not null:
                        throw new StorageException(lost.Failure, $"The commit of file {FileId} got no answer {attempt} times.", lost);
                    default:
                        break;
                }
            }
            return answer is { Outcome: ChangeOutcome.VersionMismatch } mismatch ? mismatch : throw await ExplainAsync(null);
        }
    }

    /// <summary>Ends the write: what was not committed is abandoned and, if no commit was ever sent, deleted at once.</summary>
    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await _renewing;
        try
        {
            if (_state != State.Committed)
                await AbandonAsync();
        }
        finally
        {
            _ended.Dispose();
            _lost.Dispose();
        }
    }

    /// <summary>
    /// The answer that got lost: the file as this commit left it, whatever followed. The version that it has by now may be
    /// another's, and a client that named it in If-Match would overwrite what it has never seen.
    /// </summary>
    /// <exception cref="StorageException">
    /// The file was deleted since, or the content pruned: how the commit left it is not known any more. A 404 would say that
    /// nothing was written, though the trash can bring it back.
    /// </exception>
    private async Task<ChangeResult> AnswerAgainAsync(FileCommit commit)
    {
        _state = State.Committed;
        var history = await _catalog.FindHistoryAsync(Owner, FileId, CancellationToken.None);
        // The oldest with this blob: a newer one was restored from it.
        if (history?.Contents.LastOrDefault(content => content.BlobId == Intent.BlobId) is not { } content)
            throw new StorageException(StorageFailure.Unavailable, $"Blob {Intent.BlobId} of file {FileId} was committed, and is not there any more.");
        var file = history.File;
        return new ChangeResult(ChangeOutcome.Done, file with
        {
            Content = content,
            Version = content.Version,
            UpdatedAt = content.CreatedAt,
            // Of earlier names and tags nothing is kept: what this commit left as they were is told as it is now.
            Name = commit.Name ?? file.Name,
            Tags = commit.Tags ?? file.Tags,
        });
    }

    private async Task AbandonAsync()
    {
        using var limit = new CancellationTokenSource(CleanUpTime, _time);
        try
        {
            await _catalog.AbandonAsync(Owner, FileId, Intent, limit.Token);
            if (_state == State.Open)
                await _blobs.DeleteAsync(Key, limit.Token);
        }
        catch (Exception failure) when (failure is StorageException or OperationCanceledException)
        {
            // The document names the blob as an intent or as garbage: the sweeper has it.
            LogLeftToSweeper(failure, FileId, Intent.BlobId);
        }
    }

    private async Task RenewAsync()
    {
        // The first wait gives the thread back to the request, which has work to do.
        using var timer = new PeriodicTimer(_lease / 4, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(_ended.Token))
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
            // The write has ended.
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
            LogRenewalFailed(unreachable, FileId);
            return _time.GetElapsedTime(_renewedAt) < _lease;
        }
    }

    /// <summary>
    /// A deletion drops the intents of the writes that it meets, and the sweeper what they have written so far: it is their
    /// answer. Otherwise the store failed, or the sweeper took the lease of a writer that it thought dead.
    /// </summary>
    private async Task<Exception> ExplainAsync(Exception? failure) =>
        _replaces && await _catalog.FindAsync(Owner, FileId, CancellationToken.None) is null
            ? new ContentRejectedException(ApiProblem.FileNotFound, failure)
            : failure as StorageException
                ?? new StorageException(StorageFailure.Unavailable, $"The lease of blob {Intent.BlobId} of file {FileId} was lost.", failure);

    [LoggerMessage(LogLevel.Warning, "The answer to commit {Attempt} of file {File} was lost")]
    private partial void LogLostAnswer(Exception failure, Guid file, int attempt);

    [LoggerMessage(LogLevel.Warning, "The abandoned blob {Blob} of file {File} is left to the sweeper")]
    private partial void LogLeftToSweeper(Exception failure, Guid file, Guid blob);

    [LoggerMessage(LogLevel.Warning, "The lease of blob {Blob} of file {File} is gone")]
    private partial void LogLeaseLost(Guid file, Guid blob);

    [LoggerMessage(LogLevel.Warning, "The lease of a write to file {File} could not be renewed")]
    private partial void LogRenewalFailed(Exception failure, Guid file);
}
