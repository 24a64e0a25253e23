using System.Collections.Concurrent;
using System.IO.Hashing;
using FileDrop.Api.Memory;
using FileDrop.Api.Zip;

namespace FileDrop.Api.Tests.Zip;

/// <summary>Makes the bytes of a content from their position.</summary>
internal delegate void Fill(long offset, Span<byte> bytes);

/// <summary>An archive of contents that are made up, and what happens to them while it is copied.</summary>
internal sealed class Archive
{
    private const int Mark = 1 << 28;

    private readonly List<ZipEntry> _entries = [];
    private readonly Dictionary<int, (long Size, Fill Fill)> _contents = [];
    private ZipLayout? _layout;

    /// <summary>An odd second, which MS-DOS's time cannot tell.</summary>
    public static DateTimeOffset Time { get; } = new(2026, 11, 30, 1, 2, 3, TimeSpan.Zero);

    public ZipLayout Layout => _layout ??= new ZipLayout(_entries);

    /// <summary>Bytes that a read of a content gives at most.</summary>
    public int Piece { get; init; } = int.MaxValue;

    /// <summary>The calls in their order, such as <c>open 3 at 0, 10 bytes</c>, <c>close 3</c>.</summary>
    public ConcurrentQueue<string> Events { get; } = [];

    public int Folder(string name, int folder = ZipEntry.Top) => Add(new ZipEntry(folder, name, Time));

    public int File(string name, byte[] bytes, int folder = ZipEntry.Top, DateTimeOffset? time = null, uint? crc = null) =>
        File(name, bytes.Length, crc ?? Crc32.HashToUInt32(bytes), Of(bytes), folder, time);

    public int File(string name, long size, uint crc, Fill fill, int folder = ZipEntry.Top, DateTimeOffset? time = null)
    {
        _contents[_entries.Count] = (size, fill);
        return Add(new ZipEntry(folder, name, time ?? Time, new ZipContent(size, crc, Guid.NewGuid())));
    }

    /// <summary>Gives a file another content than the layout knows, from now on.</summary>
    public void Replace(int entry, byte[] bytes) => _contents[entry] = (bytes.Length, Of(bytes));

    public Task CopyAsync(Stream destination, long from = 0, long? to = null) =>
        ZipCopy.CopyAsync(Layout, from, to ?? Layout.Length, OpenAsync, destination, CancellationToken.None);

    public async Task<byte[]> BytesAsync(long from = 0, long? to = null)
    {
        using var bytes = new MemoryStream();
        await CopyAsync(bytes, from, to);
        return bytes.ToArray();
    }

    /// <summary>Opens a slice as a blob store does. The slice of a replaced content ends early, or goes on, by the difference of the sizes.</summary>
    public Task<Stream> OpenAsync(int entry, long offset, long count, CancellationToken cancellation)
    {
        var (size, fill) = _contents[entry];
        Events.Enqueue($"open {entry} at {offset}, {count} bytes");
        count += size - (_entries[entry].Content?.Size ?? 0);
        return Task.FromResult<Stream>(new MadeUp(offset, count, Piece, fill, () => Events.Enqueue($"close {entry}")));
    }

    /// <summary>Saves the archive without its long runs of zeros, which take no room on a disk.</summary>
    public async Task SaveAsync(string path)
    {
        await using var file = System.IO.File.Create(path);
        await using var sparse = new Sink(bytes =>
        {
            if (bytes.ContainsAnyExcept((byte)0))
                file.Write(bytes);
            else
                file.Position += bytes.Length;
        });
        await CopyAsync(sparse);
        file.SetLength(file.Position);
    }

    /// <summary>Zeros, with another byte at each multiple of 256 MiB.</summary>
    public static void FillSparse(long offset, Span<byte> bytes)
    {
        bytes.Clear();
        for (var mark = (offset + Mark - 1) / Mark; (mark * Mark) - offset < bytes.Length; mark++)
            bytes[(int)((mark * Mark) - offset)] = (byte)(mark + 1);
    }

    /// <summary>The CRC-32 of a content, which is never whole in memory.</summary>
    public static uint Crc(long size, Fill fill)
    {
        var (crc, buffer) = (new Crc32(), new byte[64 * 1024]);
        for (var done = 0L; done < size; done += buffer.Length)
        {
            var part = buffer.AsSpan(0, (int)Math.Min(buffer.Length, size - done));
            fill(done, part);
            crc.Append(part);
        }
        return crc.GetCurrentHashAsUInt32();
    }

    private static Fill Of(byte[] bytes) => (offset, part) => bytes.AsSpan((int)offset, part.Length).CopyTo(part);

    private int Add(ZipEntry entry)
    {
        _entries.Add(entry);
        return _entries.Count - 1;
    }

    private sealed class MadeUp(long offset, long count, int piece, Fill fill, Action close) : ForwardStream
    {
        private long _done;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = (int)Math.Min(Math.Min(buffer.Length, piece), count - _done);
            fill(offset + _done, buffer.Span[..read]);
            _done += read;
            return ValueTask.FromResult(read);
        }

        protected override void Dispose(bool disposing)
        {
            close();
            base.Dispose(disposing);
        }
    }
}

/// <summary>A stream that hands what is written to a function.</summary>
internal sealed class Sink(SinkWrite write) : Stream
{
    public override bool CanRead => false;
    public override bool CanSeek => false;
    public override bool CanWrite => true;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        write(buffer.Span);
        return ValueTask.CompletedTask;
    }

    public override void Write(byte[] buffer, int offset, int count) => write(buffer.AsSpan(offset, count));
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Flush() { }
}

/// <summary>Takes what is written to a <see cref="Sink"/>.</summary>
internal delegate void SinkWrite(ReadOnlySpan<byte> bytes);

/// <summary>An archive of any size as a file that can be read anywhere: each read copies its bytes again.</summary>
internal sealed class ArchiveFile(Archive archive) : Stream
{
    public override bool CanRead => true;
    public override bool CanSeek => true;
    public override bool CanWrite => false;
    public override long Length => archive.Layout.Length;
    public override long Position { get; set; }

    public override int Read(byte[] buffer, int offset, int count)
    {
        var read = (int)Math.Min(count, Length - Position);
        using var bytes = new MemoryStream(buffer, offset, read);
        // Its contents are made at once, so nothing is waited for.
        var copy = archive.CopyAsync(bytes, Position, Position + read);
        copy.GetAwaiter().GetResult();
        Position += read;
        return read;
    }

    public override long Seek(long offset, SeekOrigin origin) =>
        Position = offset + (origin == SeekOrigin.Begin ? 0 : origin == SeekOrigin.End ? Length : Position);

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Flush() { }
}
