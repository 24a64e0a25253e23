using System.Buffers;
using Microsoft.Win32.SafeHandles;

namespace FileDrop.Api.Blobs.Disk;

/// <summary>Appends to the temporary file of a blob, at positions.</summary>
/// <remarks>
/// The file is locked for as long as it is open, so a newcomer's positions are not written to by a former one that is stuck in a call.
/// Bytes are synced before they count.
/// </remarks>
/// <param name="file">Locked, with nothing behind <paramref name="from"/>; this appender's from now on.</param>
/// <param name="from">Where to go on.</param>
/// <param name="output">Of the file, there; this appender's from now on.</param>
/// <param name="journal">The caller's side.</param>
/// <param name="room">What may be taken from the disk.</param>
/// <param name="publish">Gives the complete file its final name, durably; tells the blob.</param>
internal sealed class DiskAppender(
    SafeFileHandle file, AppendPoint from, DiskOutput output, IAppendJournal journal, DiskReserve room, Func<Guid> publish) : IBlobAppender
{
    private Task _syncing = Task.CompletedTask;
    private volatile bool _isAsked;
    private volatile AppendPoint _durable = from;

    public AppendPoint Durable => _durable;

    public AppendPoint Discarded { get; } = from;

    public async ValueTask AppendAsync(ReadOnlySequence<byte> bytes, CancellationToken cancellation)
    {
        room.Take(bytes.Length);
        foreach (var piece in bytes)
        {
            for (var rest = piece; !rest.IsEmpty;)
            {
                var space = output.Space;
                var part = rest[..Math.Min(rest.Length, space.Length)];
                part.CopyTo(space);
                journal.Hash(part.Span);
                await output.AdvanceAsync(part.Length);
                rest = rest[part.Length..];
            }
        }
        if (!_isAsked || !_syncing.IsCompleted)
            return;
        _isAsked = false;
        // Seen here, so that a failure of the former one is not lost.
        await _syncing;
        await output.FlushAsync();
        _syncing = SyncAsync();
    }

    public void Checkpoint() => _isAsked = true;

    public async Task SettleAsync(CancellationToken cancellation)
    {
        await _syncing;
        await output.FlushAsync();
        if (_durable.Offset < output.Offset)
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
        await output.DisposeAsync();
        try
        {
            // What does not count takes no room until somebody goes on, or nobody does.
            if (output.Offset > _durable.Offset && !file.IsClosed)
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
        var reached = new AppendPoint(output.Offset, journal.Mark(), null, []);
        await Task.Run(() => DiskFailure.Guard(() => RandomAccess.FlushToDisk(file)));
        _durable = reached;
    }
}
