using System.Buffers;
using Microsoft.Win32.SafeHandles;

namespace FileDrop.Api.Blobs.Disk;

/// <summary>Appends to the temporary file of a blob, at positions, straight from the memory that the connection was read into.</summary>
/// <remarks>
/// The file is locked for as long as it is open, so a newcomer's positions are not written to by a former one that is stuck in a call.
/// Bytes are synced before they count. The server reads the next ones meanwhile: it has a buffer of its own before this.
/// </remarks>
/// <param name="file">Locked, with nothing behind <paramref name="from"/>; this appender's from now on.</param>
/// <param name="from">Where to go on.</param>
/// <param name="log">The caller's side.</param>
/// <param name="room">What may be taken from the disk.</param>
/// <param name="publish">Gives the complete file its final name, durably; tells the blob.</param>
internal sealed class DiskAppender(SafeFileHandle file, AppendPoint from, AppendLog log, DiskReserve room, Func<Guid> publish) : IBlobAppender
{
    /// <summary>What the disk is told of at a time.</summary>
    private const int WritebackSize = 1024 * 1024;

    private readonly List<ReadOnlyMemory<byte>> _pieces = [];
    private Task _syncing = Task.CompletedTask;
    private long _offset = from.Offset;
    private long _writtenBack = from.Offset;
    private volatile bool _isAsked;
    private volatile AppendPoint _durable = from;

    public AppendPoint Durable => _durable;

    public AppendPoint Discarded { get; } = from;

    public async ValueTask AppendAsync(ReadOnlySequence<byte> bytes, CancellationToken cancellation)
    {
        room.Take(bytes.Length);
        foreach (var piece in bytes)
            _pieces.Add(piece);
        DiskFailure.Guard(() => RandomAccess.Write(file, _pieces, _offset));
        foreach (var piece in _pieces)
            log.Hash(piece);
        _pieces.Clear();
        _offset += bytes.Length;
        if (_offset - _writtenBack >= WritebackSize)
        {
            DiskWriteback.Begin(file, _writtenBack, _offset - _writtenBack);
            _writtenBack = _offset;
        }
        if (!_isAsked || !_syncing.IsCompleted)
            return;
        _isAsked = false;
        // Seen here, so that a failure of the former one is not lost.
        await _syncing;
        _syncing = SyncAsync();
    }

    public void Checkpoint() => _isAsked = true;

    public async Task SettleAsync(CancellationToken cancellation)
    {
        await _syncing;
        if (_durable.Offset < _offset)
            await SyncAsync();
    }

    public async Task<Guid> FinishAsync(CancellationToken cancellation)
    {
        await SettleAsync(cancellation);
        if (OperatingSystem.IsWindows())
            file.Dispose();
        var blob = Guid.Empty;
        DiskFailure.Guard(() => blob = publish());
        return blob;
    }

    public async ValueTask DisposeAsync()
    {
        await _syncing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        try
        {
            // What does not count takes no room until somebody goes on, or nobody does.
            if (_offset > _durable.Offset && !file.IsClosed)
                RandomAccess.SetLength(file, _durable.Offset);
        }
        catch (Exception e) when (DiskFailure.KindOf(e) is not null)
        {
            // Whoever goes on does that first.
        }
        file.Dispose();
    }

    /// <summary>On a thread of its own: a sync takes as long as the disk does, and the sender need not wait for it.</summary>
    private async Task SyncAsync()
    {
        var reached = new AppendPoint(_offset, log.Mark(), null, []);
        await Task.Run(() => DiskFailure.Guard(() => RandomAccess.FlushToDisk(file)));
        _durable = reached;
    }
}
