using FileDrop.Api.Blobs;
using FileDrop.Api.Catalog;
using FileDrop.Api.Hashing;
using FileDrop.Api.Storage;

namespace FileDrop.Api.Contents;

/// <summary>
/// Holds one upload for the time of one request. It appends the request's bytes, records how far they are durable, gives signs of life, and lets
/// go when another request asks for the upload.
/// </summary>
/// <remarks>
/// The order makes it safe: bytes are durable before the offset that counts them is recorded. A record is refused once the fencing number
/// was raised.
/// </remarks>
internal sealed partial class UploadWriter : IAppendJournal, IAsyncDisposable
{
    private const int TicksBetweenCheckpoints = 5;
    private const int ReleaseAttempts = 3;

    /// <summary>
    /// The interval of signs of life. Each also records the durable bytes and asks whether another request wants the upload.
    /// </summary>
    private static readonly TimeSpan Tick = CatalogRules.ResumableTerm / 3;

    /// <summary>How long it may take to make the last bytes durable.</summary>
    private static readonly TimeSpan SettleTime = TimeSpan.FromSeconds(30);

    private readonly IUploadCatalog _catalog;
    private readonly IBlobStore _blobs;
    private readonly TimeSpan _lease;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly SemaphoreSlim _recording = new(1);
    private readonly CancellationTokenSource _lost = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly PeriodicTimer _ticks;
    private readonly ContentHashState _hashes;
    private readonly UploadReservation _reservation;
    private IBlobAppender? _appender;
    private Task _ticking = Task.CompletedTask;
    private AppendPoint _recorded;
    private ResumableStage _stage;
    private long? _length;
    private long _step;
    private long _seenAt;
    private bool _keeps = true;
    private bool _hasLetGo;

    /// <param name="upload">Held by this writer.</param>
    /// <param name="catalog">Records the upload's progress.</param>
    /// <param name="reservation">Reserves the owner's quota.</param>
    /// <param name="blobs">Takes the bytes.</param>
    /// <param name="lease">After this time without a record the writer stops by itself.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">Gets failures that no request reports.</param>
    public UploadWriter(
        ResumableUpload upload, IUploadCatalog catalog, UploadReservation reservation, IBlobStore blobs, TimeSpan lease, TimeProvider time, ILogger log)
    {
        (_catalog, _reservation, _blobs, _lease, _time, _log) = (catalog, reservation, blobs, lease, time, log);
        (Upload, _stage, _length, _step, _seenAt) = (upload, upload.Stage, upload.Length, upload.Step, time.GetTimestamp());
        var progress = upload.Progress;
        _recorded = new AppendPoint(progress.Offset, progress.Hashes, progress.Store, progress.Pieces);
        _hashes = ContentHashState.Resume(progress.Hashes);
        (Offset, ExpiresAt) = (progress.Offset, upload.ExpiresAt);
        _ticks = new PeriodicTimer(Tick, time);
    }

    /// <summary>The upload as it was when this writer took it.</summary>
    public ResumableUpload Upload { get; }

    /// <summary>Bytes appended, in this request and before. After <see cref="ReleaseAsync"/> only the recorded ones.</summary>
    public long Offset { get; private set; }

    /// <summary>Whether another request has asked for the upload, so that this one is cut short.</summary>
    public bool IsWanted { get; private set; }

    /// <summary>Cancelled when another writer has taken the upload, the upload is gone, or the catalog is out of reach for a lease.</summary>
    public CancellationToken Lost => _lost.Token;

    /// <summary>When the upload expires, as of the last record.</summary>
    public DateTimeOffset ExpiresAt { get; private set; }

    /// <summary>Bytes in the whole; null while that is deferred.</summary>
    public long? Length => _length;

    /// <summary>Sets the length of the whole, in bytes.</summary>
    public void SetLength(long length) => _length = length;

    /// <summary>Opens the blob.</summary>
    /// <param name="incoming">Bytes that will be appended, or null if unknown.</param>
    /// <param name="keeps">Whether bytes count as they arrive, instead of only after a check of all of them.</param>
    /// <param name="cancellation">Ends the opening.</param>
    /// <exception cref="RefusedException">The owner's quota has no room for the bytes.</exception>
    public async Task OpenAsync(long? incoming, bool keeps, CancellationToken cancellation)
    {
        // The length that this request gives is recorded only if the quota has room for it.
        (_keeps, _length, var length) = (keeps, Upload.Length, _length);
        await _reservation.BeginAsync(length ?? Offset + (incoming ?? 0), cancellation);
        _length = length;
        // The first wait returns the thread to the request.
        _ticking = TickAsync();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _stop.Token);
        _appender = await _blobs.AppendAsync(
            new BlobKey(Upload.Intent.BlobId, Upload.Id), _recorded, new AppendExtent(_length, incoming, Upload.Owner), this, stop.Token);
    }

    /// <summary>Appends bytes to their end. If their source throws, the bytes before that are appended, and the exception comes out unchanged.</summary>
    /// <param name="append">The bytes, and their check.</param>
    /// <param name="limit">The most bytes that the whole may have; one more is refused.</param>
    /// <param name="cancellation">The client's patience.</param>
    /// <exception cref="RefusedException">There are more bytes than <paramref name="limit"/> allows.</exception>
    /// <exception cref="OperationCanceledException">The request was aborted, or is cut short: see <see cref="IsWanted"/>.</exception>
    public async Task AppendAsync(IncomingAppend append, long limit, CancellationToken cancellation)
    {
        var (appender, incoming) = (Opened(), append.Bytes);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _stop.Token);
        var end = append.Length is { } count ? Math.Min(limit, Offset + count) : limit;
        try
        {
            while (Offset < end)
            {
                var bytes = await incoming.ReadAsync(end - Offset, stop.Token);
                if (bytes.IsEmpty)
                    return;
                await _reservation.CoverAsync(Offset + bytes.Length, stop.Token);
                append.Check?.Append(bytes);
                await appender.AppendAsync(bytes, stop.Token);
                Offset += bytes.Length;
            }
            // Trailers come only at the body's end, and only a further read shows whether there are too many bytes.
            if ((await incoming.ReadAsync(1, stop.Token)).IsEmpty)
                return;
        }
        finally
        {
            // The server goes on reading where its reader was left.
            incoming.Release();
        }
        throw new RefusedException(new Refusal(RefusalCode.FileTooLarge, $"The upload has {limit} bytes, and the body goes on after them."));
    }

    /// <summary>Finishes the blob; nothing can be appended any more.</summary>
    /// <returns>The blob, under this writer's fencing number, and its content's facts.</returns>
    public async Task<(WriteIntent Blob, ContentFacts Facts)> FinishAsync()
    {
        var blob = await Opened().FinishAsync(_lost.Token);
        return (Upload.Intent with { BlobId = blob }, new ContentFacts(Offset, _hashes.Sha256, _hashes.XxHash3, _hashes.Crc32));
    }

    /// <summary>Records a finished partial upload, and lets go of it.</summary>
    public async Task CompleteAsync(Guid blob)
    {
        _hasLetGo = true;
        Guid[] pieces = blob == Upload.Intent.BlobId ? [] : [blob];
        await StepAsync(() => new AppendPoint(Offset, _hashes.Mark(), null, pieces), ResumableStage.Complete, blob, release: true);
    }

    /// <summary>Makes the bytes that arrived durable, records them, and lets go.</summary>
    /// <param name="keeps">False if no byte of this request counts.</param>
    public async Task ReleaseAsync(bool keeps)
    {
        if (_hasLetGo)
            return;
        _hasLetGo = true;
        using var limit = new CancellationTokenSource(SettleTime, _time);
        try
        {
            if (keeps && _appender is not null && _stage == ResumableStage.Open)
                await _appender.SettleAsync(limit.Token);
        }
        catch (Exception failure) when (failure is StorageException or BlobTooLargeException or OperationCanceledException)
        {
            LogNotSettled(Upload.Id, Failure.Tell(failure));
        }
        var point = _stage != ResumableStage.Open ? _recorded : keeps ? _appender?.Durable ?? _recorded : _appender?.Discarded ?? _recorded;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await StepAsync(() => point, _stage, null, release: true);
                Offset = point.Offset;
                return;
            }
            catch (StorageException) when (attempt < ReleaseAttempts && !_lost.IsCancellationRequested)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50 << attempt), _time, CancellationToken.None);
            }
        }
    }

    /// <summary>Notes that this writer does not hold the upload any more: it was committed, or given up.</summary>
    public void LetGo() => _hasLetGo = true;

    /// <summary>Ends every call to the stores. An upload that was not released is left to the next request.</summary>
    public async ValueTask DisposeAsync()
    {
        // Disposing of the timer ends the wait without an exception, as in PendingWrite.
        _ticks.Dispose();
        await _ticking;
        if (_appender is not null)
            await _appender.DisposeAsync();
        _recording.Dispose();
        _lost.Dispose();
        _stop.Dispose();
    }

    private IBlobAppender Opened() => _appender ?? throw new InvalidOperationException("The writer was not opened.");

    void IAppendJournal.Hash(ReadOnlySpan<byte> bytes) => _hashes.Append(bytes);

    HashMark IAppendJournal.Mark() => _hashes.Mark();

    Task IAppendJournal.RecordAsync(bool isSealed, CancellationToken cancellation) =>
        StepAsync(
            () => isSealed || _keeps ? Opened().Durable : Opened().Discarded,
            isSealed ? ResumableStage.Sealed : _stage, null, release: false).WaitAsync(cancellation);

    /// <param name="choose">Evaluated under the lock; an earlier value may be stale.</param>
    /// <param name="stage">How far the upload has come.</param>
    /// <param name="blob">The blob with the content of a complete partial upload; else null.</param>
    /// <param name="release">Whether to let go.</param>
    private async Task StepAsync(Func<AppendPoint> choose, ResumableStage stage, Guid? blob, bool release)
    {
        await _recording.WaitAsync(CancellationToken.None);
        try
        {
            var point = choose();
            var progress = new ResumableProgress(point.Offset, point.Hashes, point.State, point.Pieces);
            var done = new ResumableStep(++_step, progress, _length, stage, blob, release);
            var asked = _time.GetTimestamp();
            if (await _catalog.RecordResumableAsync(Upload.Owner, Upload.Id, Upload.Intent, done, CancellationToken.None) is not { } upload)
            {
                await LoseAsync();
                throw new StorageException(StorageFailure.Unavailable, $"Upload {Upload.Id} was taken over, or is gone.");
            }
            (_recorded, _stage, _seenAt, ExpiresAt) = (point, stage, asked, upload.ExpiresAt);
            if (upload.IsWanted && !release)
            {
                IsWanted = true;
                await _stop.CancelAsync();
            }
        }
        finally
        {
            _recording.Release();
        }
    }

    private async Task TickAsync()
    {
        var ticks = 0;
        while (await _ticks.WaitForNextTickAsync(CancellationToken.None))
        {
            if (_hasLetGo)
                return;
            if (++ticks % TicksBetweenCheckpoints == 0)
                _appender?.Checkpoint();
            await TryRecordAsync();
        }
    }

    private async Task TryRecordAsync()
    {
        try
        {
            // A tick must not record the full length. Only the end of the body tells whether the upload is too long.
            await StepAsync(
                () => _keeps && _stage == ResumableStage.Open && _appender?.Durable is { } durable && durable.Offset != _length ? durable : _recorded,
                _stage, null, release: false);
        }
        catch (StorageException) when (_hasLetGo)
        {
            // The upload has become a file, or is gone.
        }
        catch (StorageException failure)
        {
            LogNoRecord(Upload.Id, failure.Reason);
            if (_time.GetElapsedTime(_seenAt) >= _lease)
                await LoseAsync();
        }
    }

    private async Task LoseAsync()
    {
        await _lost.CancelAsync();
        await _stop.CancelAsync();
    }

    [LoggerMessage(LogLevel.Warning, "The offset of upload {Upload} could not be recorded. {Reason}")]
    private partial void LogNoRecord(Guid upload, string reason);

    [LoggerMessage(LogLevel.Warning, "The last bytes of upload {Upload} could not be made durable, and do not count. {Reason}")]
    private partial void LogNotSettled(Guid upload, string reason);
}
