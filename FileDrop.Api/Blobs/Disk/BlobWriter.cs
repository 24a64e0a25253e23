using System.Buffers;
using Microsoft.Win32.SafeHandles;

namespace FileDrop.Api.Blobs.Disk;

/// <summary>Writes a stream into a new file and syncs it.</summary>
internal static class BlobWriter
{
    /// <summary>
    /// Two of these a write. Larger ones gain nothing measurable; smaller ones cost system calls and thread changes.
    /// </summary>
    private const int BufferSize = 256 * 1024;

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
        SafeFileHandle file, Stream content, long? length, bool exact, DiskReserve room, CancellationToken cancellation)
    {
        var reserved = Reserved(length, exact);
        // A byte more than the content has, so that one read can meet its end.
        var size = (int)Math.Min(BufferSize, (length ?? BufferSize) + 1);
        var current = ArrayPool<byte>.Shared.Rent(size);
        var following = Array.Empty<byte>();
        long written = 0;
        try
        {
            var filled = await content.ReadAtLeastAsync(current, current.Length, throwOnEndOfStream: false, cancellation);
            while (filled == current.Length)
            {
                if (following.Length == 0)
                    following = ArrayPool<byte>.Shared.Rent(BufferSize);
                Take(filled);
                var next = await WriteAndReadAsync(file, current, written, content, following, cancellation);
                written += filled;
                (current, following, filled) = (following, current, next);
            }

            Take(filled);
            WriteAndSync(file, current.AsSpan(0, filled), written);
            written += filled;
            if (exact && written != length)
                throw new InvalidOperationException($"The content has {written} bytes where {length} were announced.");
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(current);
            if (following.Length > 0)
                ArrayPool<byte>.Shared.Return(following);
        }

        // What was reserved is taken already.
        void Take(int bytes) => room.Take(Math.Clamp(written + bytes - reserved, 0, bytes));
    }

    private static long Reserved(long? length, bool exact) => exact && length >= ReserveFrom ? Math.Min(length.Value, ReserveTo) : 0;

    /// <summary>Writes one buffer while the next is being filled: the sender and the disk do not wait for each other.</summary>
    private static async Task<int> WriteAndReadAsync(
        SafeFileHandle file, byte[] full, long offset, Stream content, byte[] next, CancellationToken cancellation)
    {
        // Not cancelled: the buffer is the pool's again only when the write is over.
        var write = RandomAccess.WriteAsync(file, full, offset, CancellationToken.None).AsTask();
        int filled;
        try
        {
            filled = await content.ReadAtLeastAsync(next, next.Length, throwOnEndOfStream: false, cancellation);
        }
        catch
        {
            await write.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }

        try
        {
            await write;
            return filled;
        }
        catch (Exception e) when (DiskFailure.KindOf(e) is { } kind)
        {
            throw DiskFailure.From(e, kind);
        }
    }

    private static void WriteAndSync(SafeFileHandle file, ReadOnlySpan<byte> last, long offset)
    {
        try
        {
            if (!last.IsEmpty)
                RandomAccess.Write(file, last, offset);
            RandomAccess.FlushToDisk(file);
        }
        catch (Exception e) when (DiskFailure.KindOf(e) is { } kind)
        {
            throw DiskFailure.From(e, kind);
        }
    }
}
