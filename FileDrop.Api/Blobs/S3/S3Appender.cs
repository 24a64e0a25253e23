using System.Buffers;

namespace FileDrop.Api.Blobs.S3;

/// <summary>
/// Appends to a blob in S3: bytes go into parts of a multipart upload as they fill, four on their way at a time; what is left below a
/// part goes into an object of its own, a piece, and from there into the next part. Each byte is stored at most twice.
/// </summary>
/// <remarks>
/// Nothing is sent under a number or a name that was not recorded before, so a caller that was replaced cannot touch what its
/// successor stores: S3 knows no fencing. Content that fits one part ends as one object under the name of a piece.
/// </remarks>
internal sealed class S3Appender(
    S3Connection s3, S3Multipart multipart, PartMemory memory, BlobKey key, AppendPoint from, AppendExtent extent, IAppendJournal journal) : IBlobAppender
{
    private const int PartsInFlight = 4;
    private const int NumbersAtOnce = 16;
    private const int FinishAttempts = 3;

    /// <summary>So many pieces are put together into one: a client that sends byte by byte must not make a list of thousands.</summary>
    private const int MaxPieces = 256;

    private readonly S3AppendState _from = S3AppendState.Parse(from.State);
    private readonly string _name = key.ToString();
    private readonly PartSizes _sizes = new(extent.Length, exact: false, memory.LargestPart);
    private readonly SemaphoreSlim _slots = new(PartsInFlight);
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly Queue<SentPart> _sent = new();
    private readonly List<Task> _calls = [];
    private S3AppendState _state = S3AppendState.Parse(from.State);

    /// <summary>The pieces that no part on its way has taken.</summary>
    private IReadOnlyList<S3Piece> _tail = S3AppendState.Parse(from.State).Tail;
    private long _durable = from.Offset;
    private ReadOnlyMemory<byte> _hashes = from.Hashes;
    private string? _uploadId = S3AppendState.Parse(from.State).UploadId;
    private int _used = S3AppendState.Parse(from.State).Reserved;
    private int _reserved = S3AppendState.Parse(from.State).Reserved;
    private Task _hashing = Task.CompletedTask;
    private Guid? _spare;
    private long _offset = from.Offset;
    private PartBuffer? _part;

    /// <summary>When <see cref="_part"/> is a part that can be sent, and how many bytes of the tail are at its beginning.</summary>
    private long _full;
    private int _loaded;

    public AppendPoint Durable
    {
        get
        {
            lock (_gate)
                return WithSpare((_state with { UploadId = _uploadId, Reserved = _reserved }).At(_durable, _hashes));
        }
    }

    public AppendPoint Discarded => WithSpare((_from with { UploadId = _uploadId, Reserved = _reserved }).At(from.Offset, from.Hashes));

    public async ValueTask AppendAsync(ReadOnlySequence<byte> bytes, CancellationToken cancellation)
    {
        while (!bytes.IsEmpty)
        {
            // A full part waits for the byte behind it: content that ends with it may fit one object.
            var part = _part ?? await BeginAsync(cancellation);
            if (part.Length == _full)
            {
                await SendPartAsync(part, cancellation);
                continue;
            }
            var space = await part.SpaceAsync(cancellation);
            var count = (int)Math.Min(space.Length, bytes.Length);
            bytes.Slice(0, count).CopyTo(space.Span);
            part.Advance(count);
            _offset += count;
            bytes = bytes.Slice(count);
        }
    }

    /// <remarks>Nothing to do: a part counts as soon as it is stored, and a piece for every few bytes would cost more than it is worth.</remarks>
    public void Checkpoint()
    {
    }

    public async Task SettleAsync(CancellationToken cancellation)
    {
        var (piece, replaces) = ((S3Piece?)null, _loaded > 0 && _tail.Count >= MaxPieces);
        if (_part is { } part && part.Length > _loaded)
        {
            if (part.Length == _full)
                await SendPartAsync(part, cancellation);
            else
                piece = await PutPieceAsync(part, replaces ? 0 : _loaded, cancellation);
        }
        await Task.WhenAll(_calls).WaitAsync(cancellation);
        await _hashing;
        lock (_gate)
        {
            if (piece is not null)
                _state = _state with { Tail = _tail = replaces ? [piece] : [.. _tail, piece] };
            (_durable, _hashes, _reserved, _spare) = (_offset, _offset > from.Offset ? journal.Mark() : _hashes, _used, null);
        }
    }

    public async Task<Guid> FinishAsync(CancellationToken cancellation)
    {
        if (!_state.IsSealed)
        {
            // A buffer that was meant to be a piece, without the tail before it.
            if (_part is { Length: > 0 } && _loaded == 0 && _tail.Count > 0)
                await SettleAsync(cancellation);
            var part = _part ?? await BeginAsync(cancellation, last: true);
            if (_uploadId is null)
                return (await PutPieceAsync(part, skip: 0, cancellation)).BlobId;
            if (part.Length > 0)
                await SendPartAsync(part, cancellation);
            await Task.WhenAll(_calls).WaitAsync(cancellation);
            _reserved = _used;
            _state = _state with { UploadId = _uploadId, Reserved = _reserved, IsSealed = true };
            await journal.RecordAsync(isSealed: true, cancellation);
        }
        if (_state.Runs is null && await multipart.TryCompleteAsync(_name, _state, _durable, cancellation))
            return key.BlobId;

        // Ceph's gateway completes an upload only with all parts that it has, and a part that does not count cannot be taken away: a
        // caller that was killed may have left one. So an object is made of all of them, and what counts of it is copied.
        for (var attempt = 1; await multipart.ListPartsAsync(_name, _state.UploadId ?? "", cancellation) is { } parts; attempt++)
        {
            parts = await multipart.FillAsync(_name, extent.Owner, _state, parts, memory, cancellation);
            _state = _state with { Runs = _state.RunsIn([.. parts.Select(part => (part.PartNumber ?? 0, part.Size ?? 0))]) };
            await journal.RecordAsync(isSealed: true, cancellation);
            if (!await multipart.TryCompleteAsync(_name, _state.UploadId ?? "", parts, cancellation) && attempt == FinishAttempts)
                throw new StorageException(StorageFailure.Unavailable, $"S3 refuses to end multipart upload {key}, with or without what does not count.");
        }
        var copy = Guid.NewGuid();
        lock (_gate)
            _spare = copy;
        await journal.RecordAsync(isSealed: true, cancellation);
        await multipart.CopyAsync(key, new BlobKey(copy, key.FileId), extent.Owner, _state.Runs ?? [], cancellation);
        return copy;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_calls).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _part?.Dispose();
        _slots.Dispose();
        _stop.Dispose();
    }

    /// <summary>Begins the next part, with the tail at its beginning if that is worth reading it again.</summary>
    private async Task<PartBuffer> BeginAsync(CancellationToken cancellation, bool last = false)
    {
        var tail = _tail.Sum(piece => piece.Size);
        var incoming = last ? 0 : extent.Incoming - (_offset - from.Offset);
        _full = Math.Max(_sizes.SizeOf(_used + 1), tail);
        var isPiece = !last && tail > 0 && tail + incoming < _full && _offset + incoming != extent.Length && _tail.Count < MaxPieces;
        var before = isPiece ? 0 : tail;
        var part = memory.Begin(Math.Min(_full, before + (incoming ?? _full)), extent.Owner);
        try
        {
            if (before > 0)
                await LoadTailAsync(part, cancellation);
        }
        catch
        {
            part.Dispose();
            throw;
        }
        (_part, _loaded) = (part, before);
        return part;
    }

    private async Task LoadTailAsync(PartBuffer part, CancellationToken cancellation)
    {
        foreach (var piece in _tail)
        {
            var name = new BlobKey(piece.BlobId, key.FileId);
            await using var stored = await multipart.OpenAsync(name, piece.Size, cancellation)
                ?? throw new StorageException(StorageFailure.Unavailable, $"S3 has lost {name}, a piece of {key}.");
            for (var left = piece.Size; left > 0;)
            {
                var space = await part.SpaceAsync(cancellation);
                var read = await stored.ReadAsync(space[..Math.Min(left, space.Length)], cancellation);
                part.Advance(read);
                left -= read;
            }
        }
    }

    private async Task SendPartAsync(PartBuffer part, CancellationToken cancellation)
    {
        await part.CloseAsync();
        await _slots.WaitAsync(cancellation);
        try
        {
            // What failed before would leave a gap that nothing fills.
            await Task.WhenAll(_calls.Where(call => call.IsCompleted));
            _calls.RemoveAll(call => call.IsCompletedSuccessfully);
            _uploadId ??= await multipart.BeginAsync(_name, cancellation);
            if (_used + 1 > _reserved)
                await ReserveAsync(NumbersAtOnce, null, cancellation);
        }
        catch
        {
            _slots.Release();
            throw;
        }
        var sent = new SentPart(++_used, _offset, TakesTail: _loaded > 0);
        lock (_gate)
            _sent.Enqueue(sent);
        var hashing = HashAsync(_hashing, part, _loaded);
        _hashing = hashing;
        if (_loaded > 0)
            _tail = [];
        (_part, _loaded) = (null, 0);
        _calls.Add(StoreAsync(sent, part, hashing));
    }

    /// <summary>Hashes what came in a part, after what came before it and beside its way to the store.</summary>
    private async Task<ReadOnlyMemory<byte>> HashAsync(Task before, PartBuffer part, int skip)
    {
        await before;
        return await Task.Run(() =>
        {
            foreach (var piece in part.Pieces(skip))
                journal.Hash(piece.Span);
            return journal.Mark();
        });
    }

    private async Task StoreAsync(SentPart sent, PartBuffer part, Task<ReadOnlyMemory<byte>> hashing)
    {
        try
        {
            await s3.PutAsync(new S3Target(_name, _uploadId, sent.Number), part, _stop.Token);
            sent.Hashes = await hashing;
            lock (_gate)
            {
                sent.IsStored = true;
                while (_sent.TryPeek(out var first) && first.IsStored)
                {
                    _sent.Dequeue();
                    _state = _state.WithPart(first.Number);
                    if (first.TakesTail)
                        _state = _state with { Tail = [] };
                    (_durable, _hashes) = (first.Offset, first.Hashes);
                }
            }
        }
        finally
        {
            await ((Task)hashing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            part.Dispose();
            _slots.Release();
        }
    }

    private async Task<S3Piece> PutPieceAsync(PartBuffer part, int skip, CancellationToken cancellation)
    {
        await part.CloseAsync();
        var blob = Guid.NewGuid();
        await ReserveAsync(0, blob, cancellation);
        var hashing = HashAsync(_hashing, part, _loaded);
        _hashing = hashing;
        try
        {
            await s3.PutAsync(new S3Target(new BlobKey(blob, key.FileId).ToString()), part, cancellation, skip);
        }
        finally
        {
            await hashing;
        }
        var piece = new S3Piece(blob, part.Length - skip);
        part.Dispose();
        _part = null;
        return piece;
    }

    private Task ReserveAsync(int numbers, Guid? piece, CancellationToken cancellation)
    {
        lock (_gate)
            (_reserved, _spare) = (Math.Max(_reserved, _used + numbers), piece ?? _spare);
        return journal.RecordAsync(isSealed: false, cancellation);
    }

    private AppendPoint WithSpare(AppendPoint point) => _spare is { } spare ? point with { Pieces = [.. point.Pieces, spare] } : point;

    /// <param name="Offset">Bytes up to its end.</param>
    /// <param name="TakesTail">Whether it begins with the tail, which is not needed then.</param>
    private sealed record SentPart(int Number, long Offset, bool TakesTail)
    {
        /// <summary>The hashes' state there.</summary>
        public ReadOnlyMemory<byte> Hashes { get; set; }

        public bool IsStored { get; set; }
    }
}
