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
    private Task _writing = Task.CompletedTask;
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
        await SubmitAsync();
        if (isAsked && _syncing.IsCompleted)
        {
            _isAsked = false;
            // Seen here, so that a failure of the former one is not lost.
            await _syncing;
            _syncing = SyncAsync(_writing, new AppendPoint(_submitted, _log.Mark(), null, []));
        }
    }

    public void Checkpoint() => _isAsked = true;

    public async Task SettleAsync(CancellationToken cancellation)
    {
        await SubmitAsync();
        await _syncing;
        if (_durable.Offset < _submitted)
            await SyncAsync(_writing, new AppendPoint(_submitted, _log.Mark(), null, []));
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
        await _writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _syncing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _file.Dispose();
        ArrayPool<byte>.Shared.Return(_filling);
        ArrayPool<byte>.Shared.Return(_resting);
        (_filling, _resting) = ([], []);
    }

    /// <summary>Begins to write what has been filled, once the buffer before it is written.</summary>
    private async ValueTask SubmitAsync()
    {
        await _writing;
        if (_filled == 0)
            return;
        _room.Take(_filled);
        _writing = WriteAsync(_filling.AsMemory(0, _filled), _submitted);
        _submitted += _filled;
        (_filling, _resting, _filled) = (_resting, _filling, 0);
    }

    private async Task WriteAsync(ReadOnlyMemory<byte> bytes, long offset)
    {
        try
        {
            await RandomAccess.WriteAsync(_file, bytes, offset, CancellationToken.None);
        }
        catch (Exception e) when (DiskFailure.KindOf(e) is { } kind)
        {
            throw DiskFailure.From(e, kind);
        }
    }

    private async Task SyncAsync(Task writing, AppendPoint reached)
    {
        await writing;
        // On a thread of the pool: a sync takes as long as the disk does, and the sender need not wait for it.
        await Task.Run(() => DiskFailure.Guard(() => RandomAccess.FlushToDisk(_file)));
        _durable = reached;
    }
}
