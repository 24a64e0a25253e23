using FileDrop.Api.Storage;
using Microsoft.Win32.SafeHandles;

namespace FileDrop.Api.Blobs.Disk;

// Blobs that are written bit by bit. Their temporary file grows, and gets its final name at the end.
internal sealed partial class DiskBlobStore
{
    private const int WouldBlockLinux = 11, WouldBlockMac = 35;
    private const int SharingViolation = unchecked((int)0x80070020);

    /// <summary>How long a former appender of this process may take to end its current call.</summary>
    private static readonly TimeSpan LockPatience = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan LockPause = TimeSpan.FromMilliseconds(20);

    public long MaxAppendedSize => long.MaxValue;

    public async Task<IBlobAppender> AppendAsync(
        BlobKey key, AppendPoint from, AppendExtent extent, IAppendJournal journal, CancellationToken cancellation)
    {
        var name = key.ToString();
        var temporary = Path.Combine(_incoming, name);
        Room.Expect(Math.Max(0, (extent.Length ?? 0) - from.Offset));
        var file = await OpenLockedAsync(temporary, name, from.Offset, cancellation);
        try
        {
            // Bytes that a former appender wrote behind the recorded offset do not count.
            DiskFailure.Guard(() =>
            {
                if (from.Offset == 0)
                    DiskFolder.Sync(_incoming);
                var length = RandomAccess.GetLength(file);
                if (length < from.Offset)
                    throw new StorageException(
                        StorageFailure.Unavailable, $"{temporary} has {length} bytes, but {from.Offset} were recorded: it was damaged from outside.");
                if (length > from.Offset)
                    RandomAccess.SetLength(file, from.Offset);
            });
            return new DiskAppender(file, from, new DiskOutput(file, from.Offset, extent.Length, _buffers), journal, Room, () =>
            {
                PublishAppended(temporary, name);
                return key.BlobId;
            });
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private async Task<SafeFileHandle> OpenLockedAsync(string temporary, string name, long offset, CancellationToken cancellation)
    {
        var begun = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                TakeBack(temporary, name);
                return File.OpenHandle(
                    temporary, offset == 0 ? FileMode.OpenOrCreate : FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException e) when (IsLocked(e) && TimeProvider.System.GetElapsedTime(begun) < LockPatience)
            {
                await Task.Delay(LockPause, cancellation);
            }
            catch (Exception e) when (DiskFailure.KindOf(e) is { } kind)
            {
                throw DiskFailure.From(e, kind);
            }
        }
    }

    /// <summary>Gives a file its temporary name back, if it got its final name but was never committed.</summary>
    private void TakeBack(string temporary, string name)
    {
        var path = PathOf(name);
        if (!File.Exists(temporary) && File.Exists(path))
            File.Move(path, temporary, overwrite: false);
    }

    private void PublishAppended(string temporary, string name)
    {
        // Another appender may have published it already; its commit was refused, or is still to come.
        if (File.Exists(temporary) || !File.Exists(PathOf(name)))
            Publish(temporary, name);
    }

    private static bool IsLocked(IOException e) => e.HResult is WouldBlockLinux or WouldBlockMac or SharingViolation;
}
