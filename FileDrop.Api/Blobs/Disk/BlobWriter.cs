using Microsoft.Win32.SafeHandles;

namespace FileDrop.Api.Blobs.Disk;

/// <summary>Writes a stream into a new file and syncs it.</summary>
internal static class BlobWriter
{
    /// <summary>Room is reserved from this size on: less fragments, and a full disk is known before the bytes are sent.</summary>
    private const long ReserveFrom = 1 << 20;

    /// <summary>And to this size: whoever merely announces terabytes must not take the disk from those who send.</summary>
    private const long ReserveTo = 256 << 20;

    /// <summary>Makes the file, which must not be there yet.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="length">The content's bytes, if known.</param>
    /// <param name="exact">Whether <paramref name="length"/> is more than an upper bound.</param>
    /// <param name="room">What may be taken from the disk.</param>
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
            throw new InvalidOperationException($"{path} is there already: a blob's key was used twice.", e);
        }
        // To reserve is the only thing here that fails with .NET's own general code, and only for want of room.
        catch (IOException e) when (reserved > 0 && e.GetType() == typeof(IOException))
        {
            throw DiskFailure.From(e, StorageFailure.Full);
        }
        catch (Exception e) when (DiskFailure.KindOf(e) is { } kind)
        {
            throw DiskFailure.From(e, kind);
        }
    }

    /// <summary>Writes the content to its end and syncs the file. What the content throws comes out unchanged.</summary>
    public static async Task WriteAsync(
        SafeFileHandle file, Stream content, long? length, bool exact, DiskReserve room, LargeBuffers buffers, CancellationToken cancellation)
    {
        var reserved = Reserved(length, exact);
        await using var output = new DiskOutput(file, 0, length, buffers);
        while (true)
        {
            var read = await content.ReadAsync(output.Space, cancellation);
            if (read == 0)
                break;
            // What was reserved is taken already.
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
