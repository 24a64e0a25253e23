using System.Buffers;
using FileDrop.Api.Hashing;
using FileDrop.Api.Storage;

namespace FileDrop.Api.Blobs.S3;

/// <summary>
/// Appends to a blob in S3. Bytes go into parts of a multipart upload, four on their way at a time. Bytes that are too few for a part go
/// into an object of their own, a piece, and from there into the next part. Each byte is stored at most twice.
/// </summary>
/// <remarks>
/// S3 has no fencing, so each part number and object name is recorded before its first use. A replaced caller therefore cannot touch the
/// bytes of its successor. Content that fits one part ends as one object under the name of a piece.
/// </remarks>
internal sealed class S3Appender(
    S3Connection s3, S3Multipart multipart, PartMemory memory, BlobKey key, AppendPoint from, AppendExtent extent, IAppendJournal journal) : IBlobAppender
{
    private const int PartsInFlight = 4;
    private const int NumbersAtOnce = 16;
    private const int FinishAttempts = 3;

    /// <summary>This many pieces are joined into one, so that a client that sends byte by byte does not make a list of thousands.</summary>
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

    /// <summary>The pieces that no part on its way contains.</summary>
    private IReadOnlyList<S3Piece> _tail = S3AppendState.Parse(from.State).Tail;
    private long _durable = from.Offset;
    private HashMark _hashes = from.Hashes;
    private string? _uploadId = S3AppendState.Parse(from.State).UploadId;
    private int _used = S3AppendState.Parse(from.State).Reserved;
    private int _reserved = S3AppendState.Parse(from.State).Reserved;
    private Task _hashing = Task.CompletedTask;
    private Guid? _spare;
    private long _offset = from.Offset;
    private PartBuffer? _part;

    /// <summary>The length at which <see cref="_part"/> is sent, and the number of the tail's bytes at its beginning.</summary>
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
            // A full part waits for the next byte, because content that ends here may fit one object.
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

    /// <remarks>Does nothing: a part counts as soon as it is stored, and a piece for every few bytes is not worth its cost.</remarks>
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
            // This buffer was meant to be a piece, and lacks the tail before it.
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

        // Ceph's gateway completes an upload only with all its parts, and a part cannot be removed. A caller that was killed may have left
        // one that does not count. So make an object of all parts, and copy the bytes that count.
        for (var attempt = 1; await multipart.ListPartsAsync(_name, _state.UploadId ?? "", cancellation) is { } parts; attempt++)
        {
            parts = await multipart.FillAsync(_name, extent.Owner, _state, parts, memory, cancellation);
            _state = _state with { Runs = _state.RunsIn([.. parts.Select(part => (part.PartNumber ?? 0, part.Size ?? 0))]) };
            await journal.RecordAsync(isSealed: true, cancellation);
            if (!await multipart.TryCompleteAsync(_name, _state.UploadId ?? "", parts, cancellation) && attempt == FinishAttempts)
                throw new StorageException(StorageFailure.Unavailable, $"S3 refuses to complete multipart upload {key}, even with all its parts.");
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

    /// <summary>Begins the next part. It reads the tail into its beginning if the part will be large enough to be sent.</summary>
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
                ?? throw new StorageException(StorageFailure.Unavailable, $"S3 lost {name}, a piece of {key}.");
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
            // Stop after a failure: it leaves a gap that nothing fills.
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

    /// <summary>Hashes the new bytes of a part, after those before it, while the part goes to the store.</summary>
    private async Task<HashMark> HashAsync(Task before, PartBuffer part, int skip)
    {
        await before;
        return await Task.Run(() =>
        {
            foreach (var piece in part.Pieces(skip))
                journal.Hash(piece.Span);
            return journal.Mark();
        });
    }

    private async Task StoreAsync(SentPart sent, PartBuffer part, Task<HashMark> hashing)
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

    /// <param name="Offset">The content's bytes up to the part's end.</param>
    /// <param name="TakesTail">Whether it begins with the tail, whose pieces are not needed then.</param>
    private sealed record SentPart(int Number, long Offset, bool TakesTail)
    {
        /// <summary>The hashes at its end.</summary>
        public HashMark Hashes { get; set; }

        public bool IsStored { get; set; }
    }
}
