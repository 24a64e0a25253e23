using System.Formats.Tar;
using System.Runtime.ExceptionServices;
using FileDrop.Api.Contents;
using FileDrop.Api.Storage;

namespace FileDrop.Api.Commands;

/// <summary>The target of a backup: a folder or an archive.</summary>
internal abstract class BackupTarget : IAsyncDisposable
{
    /// <summary>Whether an earlier run has already written this entry completely, with this size.</summary>
    public abstract bool Has(string path, long size);

    /// <summary>Writes one entry, completely or not at all if the target allows that.</summary>
    /// <param name="path">The entry's path in the backup.</param>
    /// <param name="content">The bytes, which are read to their end.</param>
    /// <param name="size">The number of bytes in <paramref name="content"/>.</param>
    /// <param name="cancellation">Ends the writing.</param>
    public abstract Task WriteAsync(string path, Stream content, long size, CancellationToken cancellation);

    public abstract ValueTask DisposeAsync();
}

/// <summary>A folder. A later run can continue it and bring it up to date.</summary>
/// <remarks>It holds everybody's content, so only this user can read its folders and files, as in the data directory.</remarks>
/// <param name="root">The folder; created if missing. An existing one keeps its mode.</param>
internal sealed class BackupFolder(string root) : BackupTarget
{
    /// <summary>The suffix of a file that is being written.</summary>
    public const string Partial = ".part";

    private const UnixFileMode FolderMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode FileMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public override bool Has(string path, long size)
    {
        var file = new FileInfo(Path.Combine(root, path));
        if (!file.Exists || file.Length != size)
            return false;
        // Earlier releases left it readable by everybody.
        if (!OperatingSystem.IsWindows() && file.UnixFileMode != FileMode)
            file.UnixFileMode = FileMode;
        return true;
    }

    public override async Task WriteAsync(string path, Stream content, long size, CancellationToken cancellation)
    {
        var target = Path.Combine(root, path);
        MakeFolder(Path.GetDirectoryName(target) ?? root);
        // Write under another name first, so that a file under its own name is complete.
        var partial = target + Partial;
        // Delete a leftover, which may have another mode.
        File.Delete(partial);
        var options = new FileStreamOptions
        {
            Mode = System.IO.FileMode.CreateNew,
            Access = FileAccess.Write,
            Share = FileShare.None,
            BufferSize = 0,
            Options = FileOptions.Asynchronous,
        };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = FileMode;
        await using (var file = new FileStream(partial, options))
        {
            await content.CopyToAsync(file, cancellation);
            file.Flush(flushToDisk: true);
        }
        File.Move(partial, target, overwrite: true);
    }

    private static void MakeFolder(string folder)
    {
        if (Directory.Exists(folder))
            return;
        // Create folders one by one, because .NET sets the mode only on the innermost.
        if (Path.GetDirectoryName(folder) is { } parent)
            MakeFolder(parent);
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(folder);
        else
            Directory.CreateDirectory(folder, FolderMode);
    }

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

/// <summary>A tar archive in the PAX format, written sequentially.</summary>
/// <param name="output">The output; it need not be seekable and is left open.</param>
internal sealed class BackupArchive(Stream output) : BackupTarget
{
    private readonly TarWriter _writer = new(output, TarEntryFormat.Pax, leaveOpen: true);

    public override bool Has(string path, long size) => false;

    public override async Task WriteAsync(string path, Stream content, long size, CancellationToken cancellation)
    {
        var measured = new Measured(content, size);
        var entry = new PaxTarEntry(TarEntryType.RegularFile, path) { DataStream = measured, Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite };
        await _writer.WriteEntryAsync(entry, cancellation);
        measured.Failure?.Throw();
    }

    public override ValueTask DisposeAsync() => _writer.DisposeAsync();

    /// <summary>A stream of a known length, which the archive's writer needs before it reads. It always delivers that length.</summary>
    /// <remarks>
    /// An entry whose content fails is filled with zeros, because a shorter entry would make the rest of the archive unreadable. No document follows it, so
    /// nothing takes it for the content.
    /// </remarks>
    private sealed class Measured(Stream content, long size) : Stream
    {
        private long _read;

        /// <summary>The failure of the read; null if the content was read to its end.</summary>
        public ExceptionDispatchInfo? Failure { get; private set; }

        public override bool CanRead => true;
        public override bool CanSeek => true;
        public override bool CanWrite => false;
        public override long Length => size;
        public override long Position { get => _read; set => Seek(value, SeekOrigin.Begin); }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("It is read asynchronously.");

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var room = buffer[..(int)Math.Min(buffer.Length, size - _read)];
            var read = 0;
            try
            {
                // Read at the end too, because the content's hash is compared there.
                if (Failure is null)
                    read = await content.ReadAsync(room.IsEmpty ? buffer : room, cancellationToken);
            }
            catch (Exception e) when (e is RefusedException or StorageException)
            {
                Failure = ExceptionDispatchInfo.Capture(e);
            }
            if (read == 0)
            {
                room.Span.Clear();
                read = room.Length;
            }
            _read += read;
            return read;
        }

        public override long Seek(long offset, SeekOrigin origin) =>
            origin == SeekOrigin.Begin && offset == _read ? _read : throw new NotSupportedException();

        public override void Flush() { }
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
