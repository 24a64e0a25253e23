using System.Buffers;
using Microsoft.Win32.SafeHandles;

namespace FileDrop.Api.Blobs.Disk;

/// <summary>Appends to the temporary file of a blob, at positions: two buffers, one of which fills while the other is written.</summary>
/// <remarks>
/// The file is locked for as long as it is open, so a newcomer's positions are not written to by a former one that is stuck in a call.
/// Bytes are synced before they count.
/// </remarks>
internal sealed class DiskAppender : IBlobAppender
{
    private const int BufferSize = 256 * 1024;

    private readonly SafeFileHandle _file;
    private readonly DiskReserve _room;
    private readonly AppendLog _log;
    private readonly AppendPoint _from;
    private readonly Func<Guid> _publish;
    private byte[] _filling = ArrayPool<byte>.Shared.Rent(BufferSize);
    private byte[] _resting = ArrayPool<byte>.Shared.Rent(BufferSize);
    private Task<ReadOnlyMemory<byte>> _writing = Task.FromResult(ReadOnlyMemory<byte>.Empty);
    private Task _syncing = Task.CompletedTask;
    private int _filled;
    private long _submitted;
    private volatile bool _isAsked;
    private volatile AppendPoint _durable;

    /// <param name="file">Locked, with nothing behind <paramref name="from"/>; this appender's from now on.</param>
    /// <param name="from">Where to go on.</param>
    /// <param name="log">The caller's side.</param>
    /// <param name="room">What may be taken from the disk.</param>
    /// <param name="publish">Gives the complete file its final name, durably; tells the blob.</param>
    public DiskAppender(SafeFileHandle file, AppendPoint from, AppendLog log, DiskReserve room, Func<Guid> publish)
    {
        (_file, _from, _log, _room, _publish) = (file, from, log, room, publish);
        (_durable, _submitted) = (from, from.Offset);
    }

    public AppendPoint Durable => _durable;

    public AppendPoint Discarded => _from;

    public ValueTask<Memory<byte>> SpaceAsync(CancellationToken cancellation) =>
        ValueTask.FromResult(_filling.AsMemory(_filled, BufferSize - _filled));

    public async ValueTask AdvanceAsync(int count, CancellationToken cancellation)
    {
        _filled += count;
        var isAsked = _isAsked;
        if (_filled < BufferSize && !isAsked)
            return;
        var syncs = isAsked && _syncing.IsCompleted;
        await SubmitAsync(marks: syncs);
        if (syncs)
        {
            _isAsked = false;
            // Seen here, so that a failure of the former one is not lost.
            await _syncing;
            _syncing = SyncAsync(_writing, _submitted);
        }
    }

    public void Checkpoint() => _isAsked = true;

    public async Task SettleAsync(CancellationToken cancellation)
    {
        await SubmitAsync(marks: false);
        await _syncing;
        await _writing;
        if (_durable.Offset < _submitted)
            await SyncAsync(Task.FromResult(_log.Mark()), _submitted);
    }

    public async Task<Guid> FinishAsync(CancellationToken cancellation)
    {
        await SettleAsync(cancellation);
        if (OperatingSystem.IsWindows())
            _file.Dispose();
        try
        {
            return _publish();
        }
        catch (Exception e) when (DiskFailure.KindOf(e) is { } kind)
        {
            throw DiskFailure.From(e, kind);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await ((Task)_writing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _syncing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _file.Dispose();
        ArrayPool<byte>.Shared.Return(_filling);
        ArrayPool<byte>.Shared.Return(_resting);
        (_filling, _resting) = ([], []);
    }

    /// <summary>Begins to write what has been filled, once the buffer before it is written.</summary>
    private async ValueTask SubmitAsync(bool marks)
    {
        await _writing;
        if (_filled == 0)
            return;
        _room.Take(_filled);
        _writing = WriteAsync(_filling.AsMemory(0, _filled), _submitted, marks);
        _submitted += _filled;
        (_filling, _resting, _filled) = (_resting, _filling, 0);
    }

    /// <returns>Where it <paramref name="marks"/>, the hashes' state behind these bytes.</returns>
    private async Task<ReadOnlyMemory<byte>> WriteAsync(ReadOnlyMemory<byte> bytes, long offset, bool marks)
    {
        try
        {
            // On the thread that writes, so that the sender's bytes are read meanwhile: hashing takes as long as that.
            await Task.Run(() =>
            {
                RandomAccess.Write(_file, bytes.Span, offset);
                DiskWriteback.Begin(_file, offset, bytes.Length);
                _log.Hash(bytes);
            });
            return marks ? _log.Mark() : default;
        }
        catch (Exception e) when (DiskFailure.KindOf(e) is { } kind)
        {
            throw DiskFailure.From(e, kind);
        }
    }

    private async Task SyncAsync(Task<ReadOnlyMemory<byte>> writing, long offset)
    {
        var hashes = await writing;
        // On a thread of the pool: a sync takes as long as the disk does, and the sender need not wait for it.
        await Task.Run(() => DiskFailure.Guard(() => RandomAccess.FlushToDisk(_file)));
        _durable = new AppendPoint(offset, hashes, null, []);
    }
}
