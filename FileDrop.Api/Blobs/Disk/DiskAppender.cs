using System.Buffers;
using Microsoft.Win32.SafeHandles;

namespace FileDrop.Api.Blobs.Disk;

/// <summary>Appends to the temporary file of a blob.</summary>
/// <remarks>
/// The file is locked while it is open, so a former appender that hangs in a call cannot write where its successor does. Bytes are synced
/// before they count.
/// </remarks>
/// <param name="file">Locked, and as long as <paramref name="from"/> says; this disposes of it.</param>
/// <param name="from">The last recorded point.</param>
/// <param name="output">Writes to the file from that point on; this disposes of it.</param>
/// <param name="journal">The caller's side.</param>
/// <param name="room">The volume's room.</param>
/// <param name="publish">Gives the complete file its final name, durably, and returns the blob.</param>
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
        // A failure of the last sync must come out.
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
        // An open file is locked: nobody could read the blob, and Windows would not rename it.
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
            // Bytes that do not count should take no room.
            if (output.Offset > _durable.Offset && !file.IsClosed)
                RandomAccess.SetLength(file, _durable.Offset);
        }
        catch (Exception e) when (DiskFailure.KindOf(e) is not null)
        {
            // The next appender does this first.
        }
        file.Dispose();
    }

    /// <summary>Syncs on a thread of its own, because the sender need not wait for the disk.</summary>
    private async Task SyncAsync()
    {
        var reached = new AppendPoint(output.Offset, journal.Mark(), null, []);
        await Task.Run(() => DiskFailure.Guard(() => RandomAccess.FlushToDisk(file)));
        _durable = reached;
    }
}
