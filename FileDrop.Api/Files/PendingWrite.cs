using System.Buffers;
using FileDrop.Api.Blobs;
using FileDrop.Api.Catalog;
using FileDrop.Api.Embedded;

namespace FileDrop.Api.Files;

/// <summary>
/// One blob on its way into a file: its intent stands in the file's document, its lease is renewed while this lives, and
/// either it is committed or disposing of it leaves nothing.
/// </summary>
/// <remarks>
/// The order is the safety: intent → bytes → commit, conditional on the intent. Whatever ends in between leaves an intent
/// that nobody renews, which the sweeper claims; whatever is claimed can no longer be committed. A small content, where the
/// catalog takes it, waits in memory and is all three in one.
/// </remarks>
internal sealed partial class PendingWrite : IAsyncDisposable
{
    private static readonly TimeSpan CleanUpTime = TimeSpan.FromSeconds(15);

    private readonly IFileCatalog _catalog;
    private readonly IBlobStore _blobs;
    private readonly bool _replaces;
    private readonly TimeSpan _lease;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _lost = new();
    private readonly CancellationTokenSource _ended = new();
    private readonly PeriodicTimer _renewal;
    private readonly WriteCommit _commit;
    private byte[]? _whole;
    private long _renewedAt;
    private Task _renewing = Task.CompletedTask;

    public PendingWrite(
        IFileCatalog catalog, IBlobStore blobs, string owner, Guid fileId, bool replaces, TimeSpan lease, TimeProvider time, ILogger log)
    {
        (_catalog, _blobs, _lease, _time, _log) = (catalog, blobs, lease, time, log);
        (Owner, FileId, Intent, _replaces) = (owner, fileId, new WriteIntent(Guid.NewGuid(), Fence: 1), replaces);
        _commit = new WriteCommit(catalog, owner, fileId, time, log);
        _renewedAt = time.GetTimestamp();
        _renewal = new PeriodicTimer(lease / 4, time);
    }

    public string Owner { get; }

    public Guid FileId { get; }

    public WriteIntent Intent { get; }

    /// <summary>Bytes that were reserved when the write began.</summary>
    public long Reserved { get; init; }

    /// <summary>Takes a content that is small enough in the commit's own change; null: it is stored as a blob first.</summary>
    public IInlineContents? Inline { get; init; }

    /// <summary>Whether nothing of the write stands anywhere before its commit.</summary>
    public bool IsInline => Inline is not null;

    private BlobKey Key => new(Intent.BlobId, FileId);

    /// <summary>Begins to renew the lease, whether or not bytes arrive.</summary>
    public void KeepLease() => _renewing = RenewAsync();

    /// <summary>Streams the content into the blob store.</summary>
    /// <param name="content">Read to its end.</param>
    /// <param name="length">Its length, or a bound of it; null if unknown.</param>
    /// <param name="exact">Whether <paramref name="length"/> is exact.</param>
    /// <param name="cancellation">The client's patience.</param>
    /// <exception cref="StorageException">The store failed, or the lease was lost.</exception>
    /// <exception cref="QuotaExceededException">The owner's quota has no room for all of it.</exception>
    public async Task StoreAsync(IncomingContent content, long? length, bool exact, CancellationToken cancellation)
    {
        if (IsInline)
        {
            _whole = await ReadWholeAsync(content, length ?? 0, exact, cancellation);
            return;
        }
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _lost.Token);
        try
        {
            await using var reserved = new ReservedContent(
                content, Reserved, (needed, wanted, token) => _catalog.ReserveAsync(Owner, FileId, Intent, needed, wanted, token));
            await _blobs.WriteAsync(Key, Owner, reserved, length, exact, stop.Token);
        }
        catch (Exception failure) when (failure is StorageException || (failure is OperationCanceledException && _lost.IsCancellationRequested))
        {
            throw await ExplainAsync(failure);
        }
    }

    /// <summary>Commits the written blob.</summary>
    /// <returns>Done, with the file, or a version mismatch.</returns>
    /// <exception cref="StorageException">Whether it happened could not be found out, or the lease was lost.</exception>
    /// <exception cref="ContentRejectedException">The file was deleted meanwhile.</exception>
    public async Task<ChangeResult> CommitAsync(FileCommit commit) =>
        await _commit.RunAsync(Intent, commit, _lost.Token, InlineCommit(commit))
        ?? throw await ExplainAsync(null);

    /// <summary>Ends the write: what was not committed is abandoned and, if no commit was ever sent, deleted at once.</summary>
    public async ValueTask DisposeAsync()
    {
        // The timer's end is an answer to who waits for it; a cancelled wait would be an exception in every upload.
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
            _ended.Dispose();
            _lost.Dispose();
        }
    }

    private Func<Task<ChangeResult>>? InlineCommit(FileCommit commit) => Inline is { } inline && _whole is { } bytes
        ? () => inline.CommitAsync(Owner, FileId, Intent, bytes, creates: !_replaces, commit, CancellationToken.None)
        : null;

    private static async Task<byte[]> ReadWholeAsync(Stream content, long length, bool exact, CancellationToken cancellation)
    {
        // A byte more than there is: the read that meets the end is the content's last.
        var buffer = ArrayPool<byte>.Shared.Rent((int)length + 1);
        try
        {
            var room = buffer.AsMemory(0, (int)length + 1);
            var count = await content.ReadAtLeastAsync(room, room.Length, throwOnEndOfStream: false, cancellation);
            return count <= length && (!exact || count == length)
                ? buffer[..count]
                : throw new InvalidOperationException($"The content has {count} bytes where {length} were announced.");
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

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
            // The document names the blob as an intent or as garbage: the sweeper has it.
            LogLeftToSweeper(FileId, Intent.BlobId, Start.Tell(failure));
        }
    }

    private async Task RenewAsync()
    {
        // The first wait gives the thread back to the request, which has work to do.
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
    /// A deletion drops the intents of the writes that it meets, and the sweeper what they have written so far: it is their
    /// answer. Otherwise the store failed, or the sweeper took the lease of a writer that it thought dead.
    /// </summary>
    private async Task<Exception> ExplainAsync(Exception? failure) =>
        _replaces && await _catalog.FindAsync(Owner, FileId, forChange: false, CancellationToken.None) is null
            ? new ContentRejectedException(ApiProblem.FileNotFound, failure)
            : failure as StorageException
                ?? new StorageException(StorageFailure.Unavailable, $"The lease of blob {Intent.BlobId} of file {FileId} was lost.", failure);

    [LoggerMessage(LogLevel.Warning, "The abandoned blob {Blob} of file {File} is left to the sweeper. {Reason}")]
    private partial void LogLeftToSweeper(Guid file, Guid blob, string reason);

    [LoggerMessage(LogLevel.Warning, "The lease of blob {Blob} of file {File} is gone")]
    private partial void LogLeaseLost(Guid file, Guid blob);

    [LoggerMessage(LogLevel.Debug, "The lease of a write to file {File} could not be renewed. {Reason}")]
    private partial void LogRenewalFailed(Guid file, string reason);
}
