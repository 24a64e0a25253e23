using FileDrop.Api.Memory;
using FileDrop.Api.Storage;
using Microsoft.Win32.SafeHandles;

namespace FileDrop.Api.Blobs.Disk;

/// <summary>Writes a stream into a new file and syncs it.</summary>
internal static class BlobWriter
{
    /// <summary>Reserves room from this size on: fewer fragments, and a full disk refuses the content before its bytes are sent.</summary>
    private const long ReserveFrom = 1 << 20;

    /// <summary>
    /// Reserves at most this much, so that a client that only announces terabytes cannot take the disk from those that send.
    /// </summary>
    private const long ReserveTo = 256 << 20;

    /// <summary>Makes the file, which must not exist yet.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="length">The content's bytes, if known.</param>
    /// <param name="exact">Whether <paramref name="length"/> is the length, not only an upper bound.</param>
    /// <param name="room">The volume's room.</param>
    public static SafeFileHandle Create(string path, long? length, bool exact, DiskReserve room)
    {
        room.Expect(exact ? length ?? 0 : 0);
        var reserved = Reserved(length, exact);
        try
        {
            return room.Allocate(
                reserved, () => File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write, FileShare.Delete, FileOptions.None, reserved));
        }
        catch (IOException e) when (File.Exists(path))
        {
            throw new InvalidOperationException($"{path} exists already: a blob's key was used twice.", e);
        }
        // Only a reservation without room fails with .NET's own general code.
        catch (IOException e) when (reserved > 0 && e.GetType() == typeof(IOException))
        {
            throw DiskFailure.From(e, StorageFailure.Full);
        }
        catch (Exception e) when (DiskFailure.KindOf(e) is { } kind)
        {
            throw DiskFailure.From(e, kind);
        }
    }

    /// <summary>Writes the content to its end and syncs the file. An exception of the content comes out unchanged.</summary>
    public static async Task WriteAsync(
        SafeFileHandle file, Stream content, long? length, bool exact, DiskReserve room, BlockPool buffers, CancellationToken cancellation)
    {
        var reserved = Reserved(length, exact);
        await using var output = new DiskOutput(file, 0, length, buffers);
        while (true)
        {
            var read = await content.ReadAsync(output.Space, cancellation);
            if (read == 0)
                break;
            // Reserved bytes are counted already.
            room.Take(Math.Clamp(output.Offset + read - reserved, 0, read));
            await output.AdvanceAsync(read);
        }
        await output.FlushAsync();
        if (exact && output.Offset != length)
            throw new InvalidOperationException($"The content has {output.Offset} bytes where {length} were announced.");
        DiskFailure.Guard(() => RandomAccess.FlushToDisk(file));
    }

    private static long Reserved(long? length, bool exact) => exact && length >= ReserveFrom ? Math.Min(length.Value, ReserveTo) : 0;
}
