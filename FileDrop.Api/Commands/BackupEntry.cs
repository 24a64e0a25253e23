using FileDrop.Api.Memory;

namespace FileDrop.Api.Commands;

/// <summary>An entry of a backup cannot be read to its end. The backup is at fault, never the store.</summary>
internal sealed class UnreadableBackupException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>The bytes of one entry. A read that ends early throws <see cref="UnreadableBackupException"/>.</summary>
/// <param name="source">The source of the bytes; closed with the entry.</param>
/// <param name="length">The number of bytes in the entry.</param>
/// <param name="mayRewind">Whether the entry can be read again.</param>
internal sealed class BackupEntry(Stream source, long length, bool mayRewind) : ForwardStream
{
    private long _left = length;

    /// <summary>The number of bytes in the entry.</summary>
    public long Size { get; } = length;

    /// <summary>Whether the entry can be read again.</summary>
    public bool MayRewind => mayRewind;

    /// <summary>Opens a file of a backup in a folder.</summary>
    /// <exception cref="UnreadableBackupException">The file cannot be opened.</exception>
    public static BackupEntry Open(string path)
    {
        try
        {
            var file = File.OpenRead(path);
            return new BackupEntry(file, file.Length, mayRewind: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UnreadableBackupException(e.Message, e);
        }
    }

    /// <summary>Starts the entry again from its beginning.</summary>
    public void Rewind()
    {
        source.Position = 0;
        _left = Size;
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_left == 0 || buffer.IsEmpty)
            return 0;
        int read;
        try
        {
            read = await source.ReadAsync(buffer[..(int)Math.Min(buffer.Length, _left)], cancellationToken);
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            throw new UnreadableBackupException(e.Message, e);
        }
        if (read == 0)
            throw new UnreadableBackupException($"It ends {_left} bytes too early.");
        _left -= read;
        return read;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            source.Dispose();
        base.Dispose(disposing);
    }
}
