using Microsoft.Win32.SafeHandles;

namespace FileDrop.Api.Blobs.S3;

/// <summary>How much of the disk the parts of slow senders may take while others wait for memory.</summary>
/// <param name="limit">Bytes in all.</param>
internal sealed class SpillSpace(long limit)
{
    /// <summary>After a failure it is left alone for so many milliseconds.</summary>
    private const long Rest = 60_000;

    private long _free = limit;
    private long _restsUntil;

    /// <summary>Takes room. False: there is none, or the disk has failed a moment ago.</summary>
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

    /// <summary>Gives back what could not be written: the bytes stay in memory, as they do where there is no disk.</summary>
    public void Failed(int bytes)
    {
        GiveBack(bytes);
        Interlocked.Exchange(ref _restsUntil, Environment.TickCount64 + Rest);
    }
}

/// <summary>Bytes of one part on the disk, in the system's folder for temporary files. It has no name there, so a crash leaves nothing.</summary>
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
        // Its mode first: without a name nobody else can open it, and until then nothing is in it.
        File.SetUnixFileMode(_file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.Delete(path);
    }

    /// <summary>In bytes.</summary>
    public int Length { get; private set; }

    /// <summary>Adds bytes for which there is room. Fails whole.</summary>
    public void Append(IReadOnlyList<ReadOnlyMemory<byte>> bytes)
    {
        RandomAccess.Write(_file, bytes, Length);
        Length += bytes.Sum(piece => piece.Length);
    }

    /// <summary>As many bytes as there are from an offset on, and as the buffer holds.</summary>
    public ReadOnlyMemory<byte> Read(byte[] buffer, int offset)
    {
        var wanted = buffer.AsMemory(0, Math.Min(buffer.Length, Length - offset));
        for (var read = 0; read < wanted.Length;)
        {
            var count = RandomAccess.Read(_file, wanted.Span[read..], offset + read);
            read += count > 0 ? count : throw new IOException("A temporary file is shorter than what was written to it.");
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
