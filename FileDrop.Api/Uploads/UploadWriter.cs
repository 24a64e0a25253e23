using FileDrop.Api.Blobs;
using FileDrop.Api.Catalog;
using FileDrop.Api.Files;

namespace FileDrop.Api.Uploads;

/// <summary>
/// The holder of one resumable upload, for the time of one request: appends what the request brings, records how far that is durable,
/// gives signs of life, and lets go when somebody else asks for it.
/// </summary>
/// <remarks>
/// The order is the safety: bytes are durable before the offset that counts them is recorded, and every record is refused once the
/// fencing number was raised. Nothing of it lives longer than the request.
/// </remarks>
internal sealed partial class UploadWriter : IAppendJournal, IAsyncDisposable
{
    private const int TicksBetweenCheckpoints = 5;
    private const int ReleaseAttempts = 3;

    /// <summary>A sign of life, a look for who else wants the upload, and a record of what is durable by now; a third of the term.</summary>
    private static readonly TimeSpan Tick = CatalogRules.ResumableTerm / 3;

    /// <summary>How long what arrived may take to be made durable once nothing more comes.</summary>
    private static readonly TimeSpan SettleTime = TimeSpan.FromSeconds(30);

    private readonly IFileCatalog _catalog;
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
    /// <param name="catalog">Where it is recorded.</param>
    /// <param name="blobs">Where the bytes go.</param>
    /// <param name="lease">After this time without a record the writer stops by itself.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">Gets what went wrong behind a request's back.</param>
    public UploadWriter(ResumableUpload upload, IFileCatalog catalog, IBlobStore blobs, TimeSpan lease, TimeProvider time, ILogger log)
    {
        (_catalog, _blobs, _lease, _time, _log) = (catalog, blobs, lease, time, log);
        (Upload, _stage, _length, _step, _seenAt) = (upload, upload.Stage, upload.Length, upload.Step, time.GetTimestamp());
        _reservation = new UploadReservation(catalog, upload);
        var progress = upload.Progress;
        _recorded = new AppendPoint(progress.Offset, progress.Hashes, progress.Store, progress.Pieces);
        _hashes = progress.Hashes.IsEmpty ? new ContentHashState() : ContentHashState.Import(progress.Hashes.Span);
        (Offset, ExpiresAt) = (progress.Offset, upload.ExpiresAt);
        _ticks = new PeriodicTimer(Tick, time);
    }

    /// <summary>The upload as it was when this writer took it.</summary>
    public ResumableUpload Upload { get; }

    /// <summary>Bytes appended, in this request and before; after <see cref="ReleaseAsync"/> what is recorded.</summary>
    public long Offset { get; private set; }

    /// <summary>Whether somebody else has asked for the upload, so that this request is cut short.</summary>
    public bool IsWanted { get; private set; }

    /// <summary>Cancelled when the upload was taken over by another, or is gone, or the catalog is out of reach for the time of a lease.</summary>
    public CancellationToken Lost => _lost.Token;

    /// <summary>When the upload expires, as of the last record.</summary>
    public DateTimeOffset ExpiresAt { get; private set; }

    /// <summary>Bytes in the whole; null while that is deferred.</summary>
    public long? Length => _length;

    /// <summary>Says how long the whole is.</summary>
    public void SetLength(long length) => _length = length;

    /// <summary>Opens the blob.</summary>
    /// <param name="incoming">Bytes that will be appended, if that is known.</param>
    /// <param name="keeps">Whether bytes count as they come, and not only once all of them are known to be right.</param>
    /// <param name="cancellation">Ends the opening.</param>
    /// <exception cref="ContentRejectedException">The owner's quota has no room for what will be appended.</exception>
    public async Task OpenAsync(long? incoming, bool keeps, CancellationToken cancellation)
    {
        // A length that this request says is recorded only if there is room for it.
        (_keeps, _length, var length) = (keeps, Upload.Length, _length);
        await _reservation.BeginAsync(length ?? Offset + (incoming ?? 0), cancellation);
        _length = length;
        // The first wait gives the thread back to the request, which has work to do.
        _ticking = TickAsync();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _stop.Token);
        _appender = await _blobs.AppendAsync(
            new BlobKey(Upload.Intent.BlobId, Upload.Id), _recorded, new AppendExtent(_length, incoming, Upload.Owner), this, stop.Token);
    }

    /// <summary>Appends a body to its end.</summary>
    /// <param name="body">What it throws comes out unchanged; what was read before is appended.</param>
    /// <param name="incoming">Its length, if known.</param>
    /// <param name="limit">The whole may have so many bytes; one more is refused.</param>
    /// <param name="check">Sees every byte.</param>
    /// <param name="cancellation">The client's patience.</param>
    /// <exception cref="ContentRejectedException">There is more than <paramref name="limit"/> allows.</exception>
    /// <exception cref="OperationCanceledException">The request was aborted, or is cut short: see <see cref="IsWanted"/>.</exception>
    public async Task AppendAsync(UploadBody body, long? incoming, long limit, UploadChecksum? check, CancellationToken cancellation)
    {
        var appender = Opened();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _stop.Token);
        var end = incoming is { } count ? Math.Min(limit, Offset + count) : limit;
        try
        {
            while (Offset < end)
            {
                var bytes = await body.ReadAsync(end - Offset, stop.Token);
                if (bytes.IsEmpty)
                    return;
                await _reservation.CoverAsync(Offset + bytes.Length, stop.Token);
                check?.Append(bytes);
                await appender.AppendAsync(bytes, stop.Token);
                Offset += bytes.Length;
            }
            // A body is read to its end: only there are its trailers, and whatever would be too much.
            if ((await body.ReadAsync(1, stop.Token)).IsEmpty)
                return;
        }
        finally
        {
            // The server reads on from where its reader was left.
            body.Release();
        }
        throw new ContentRejectedException(ApiProblem.FileTooLarge($"The upload has {limit} bytes, and the body goes on after them."));
    }

    /// <summary>Makes the content a finished blob; nothing can be appended any more.</summary>
    /// <returns>The blob, under this writer's fencing number, and what a commit says of it.</returns>
    public async Task<(WriteIntent Blob, ContentFacts Facts)> FinishAsync()
    {
        var blob = await Opened().FinishAsync(_lost.Token);
        return (Upload.Intent with { BlobId = blob }, new ContentFacts(Offset, _hashes.Sha256, _hashes.XxHash3));
    }

    /// <summary>Records a finished partial upload, and lets go of it.</summary>
    public async Task CompleteAsync(Guid blob)
    {
        _hasLetGo = true;
        Guid[] pieces = blob == Upload.Intent.BlobId ? [] : [blob];
        await StepAsync(() => new AppendPoint(Offset, _hashes.Export(), null, pieces), ResumableStage.Complete, blob, release: true);
    }

    /// <summary>Makes durable what arrived, records it, and lets go.</summary>
    /// <param name="keeps">False: nothing of this request counts.</param>
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
            LogNotSettled(Upload.Id, Start.Tell(failure));
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

    /// <summary>Says that the upload is not this writer's any more: it was committed, or given up.</summary>
    public void LetGo() => _hasLetGo = true;

    /// <summary>Ends every call to the stores; what was not released is left to the next who comes.</summary>
    public async ValueTask DisposeAsync()
    {
        // As with a write's renewals: the timer's end is an answer, a cancelled wait an exception.
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

    ReadOnlyMemory<byte> IAppendJournal.Mark() => _hashes.Export();

    Task IAppendJournal.RecordAsync(bool isSealed, CancellationToken cancellation) =>
        StepAsync(
            () => isSealed || _keeps ? Opened().Durable : Opened().Discarded,
            isSealed ? ResumableStage.Sealed : _stage, null, release: false).WaitAsync(cancellation);

    /// <param name="choose">Asked within the turn: what it would have said before another's record may be out of date.</param>
    /// <param name="stage">How far the upload has come.</param>
    /// <param name="blob">Of a complete partial upload: where its content is.</param>
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
            // All bytes are recorded only by who knows that they are all: one that goes on would be too long.
            await StepAsync(
                () => _keeps && _stage == ResumableStage.Open && _appender?.Durable is { } durable && durable.Offset != _length ? durable : _recorded,
                _stage, null, release: false);
        }
        catch (StorageException) when (_hasLetGo)
        {
            // It is a file by now, or gone.
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
