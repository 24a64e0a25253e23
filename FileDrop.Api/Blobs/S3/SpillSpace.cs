using Microsoft.Win32.SafeHandles;

namespace FileDrop.Api.Blobs.S3;

/// <summary>The room on the disk for parts of slow senders, which move there while others wait for memory.</summary>
/// <param name="limit">The most bytes that all parts may take.</param>
internal sealed class SpillSpace(long limit)
{
    /// <summary>The time for which the disk is not used after a failure, in milliseconds.</summary>
    private const long Rest = 60_000;

    private long _free = limit;
    private long _restsUntil;

    /// <summary>Takes room. Returns false if there is none, or if the disk failed a moment ago.</summary>
    public bool TryTake(int bytes)
    {
        if (Environment.TickCount64 < Interlocked.Read(ref _restsUntil))
            return false;
        if (Interlocked.Add(ref _free, -bytes) >= 0)
            return true;
        GiveBack(bytes);
        return false;
    }

    public void GiveBack(int bytes) => Interlocked.Add(ref _free, bytes);

    /// <summary>Gives back the room of bytes that could not be written. They stay in memory, as they do without a disk.</summary>
    public void Failed(int bytes)
    {
        GiveBack(bytes);
        Interlocked.Exchange(ref _restsUntil, Environment.TickCount64 + Rest);
    }
}

/// <summary>Bytes of one part in a temporary file. The file has no name, so a crash leaves nothing.</summary>
internal sealed class SpillFile : IDisposable
{
    private readonly SpillSpace _space;
    private readonly SafeFileHandle _file;

    /// <exception cref="IOException">The disk takes no file.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder is not writable.</exception>
    public SpillFile(SpillSpace space)
    {
        _space = space;
        var path = Path.Combine(Path.GetTempPath(), $"filedrop-{Guid.NewGuid():N}.part");
        _file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Delete, FileOptions.DeleteOnClose);
        if (OperatingSystem.IsWindows())
            return;
        // Set the mode while the file is empty and has a name. Without the name no other process can open it.
        File.SetUnixFileMode(_file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.Delete(path);
    }

    /// <summary>In bytes.</summary>
    public int Length { get; private set; }

    /// <summary>Adds bytes for which room was taken: all of them, or it throws.</summary>
    public void Append(IReadOnlyList<ReadOnlyMemory<byte>> bytes)
    {
        RandomAccess.Write(_file, bytes, Length);
        Length += bytes.Sum(piece => piece.Length);
    }

    /// <summary>Reads from an offset until the end or until the buffer is full.</summary>
    public ReadOnlyMemory<byte> Read(byte[] buffer, int offset)
    {
        var wanted = buffer.AsMemory(0, Math.Min(buffer.Length, Length - offset));
        for (var read = 0; read < wanted.Length;)
        {
            var count = RandomAccess.Read(_file, wanted.Span[read..], offset + read);
            read += count > 0 ? count : throw new IOException("A temporary file is shorter than the bytes written to it.");
        }
        return wanted;
    }

    public void Dispose()
    {
        if (_file.IsClosed)
            return;
        _file.Dispose();
        _space.GiveBack(Length);
    }
}
