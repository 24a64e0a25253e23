using System.Formats.Tar;
using System.Runtime.ExceptionServices;
using FileDrop.Api.Contents;

namespace FileDrop.Api.Maintenance;

/// <summary>Where a backup is written: a folder, or an archive.</summary>
internal abstract class BackupTarget : IAsyncDisposable
{
    /// <summary>Whether an entry of this size is there already, whole, from an earlier run.</summary>
    public abstract bool Has(string path, long size);

    /// <summary>Writes one entry, whole or not at all as far as the target allows.</summary>
    /// <param name="path">Its path in the backup.</param>
    /// <param name="content">Read to its end.</param>
    /// <param name="size">The bytes in <paramref name="content"/>.</param>
    /// <param name="cancellation">Ends the writing.</param>
    public abstract Task WriteAsync(string path, Stream content, long size, CancellationToken cancellation);

    public abstract ValueTask DisposeAsync();
}

/// <summary>A folder: it can be gone on with, and be brought up to date.</summary>
/// <remarks>It holds everybody's content: folders and files are this user's alone, as in the data directory.</remarks>
/// <param name="root">Made if need be; one that is there keeps its mode.</param>
internal sealed class BackupFolder(string root) : BackupTarget
{
    /// <summary>Ends the name of a file that is being written.</summary>
    public const string Partial = ".part";

    private const UnixFileMode FolderMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode FileMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public override bool Has(string path, long size)
    {
        var file = new FileInfo(Path.Combine(root, path));
        if (!file.Exists || file.Length != size)
            return false;
        // An earlier release left it readable by everybody.
        if (!OperatingSystem.IsWindows() && file.UnixFileMode != FileMode)
            file.UnixFileMode = FileMode;
        return true;
    }

    public override async Task WriteAsync(string path, Stream content, long size, CancellationToken cancellation)
    {
        var target = Path.Combine(root, path);
        MakeFolder(Path.GetDirectoryName(target) ?? root);
        // Under another name first: a file under its own name is complete.
        var partial = target + Partial;
        // One that is left over may have another mode.
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
        // One by one: .NET gives the mode to the innermost alone.
        if (Path.GetDirectoryName(folder) is { } parent)
            MakeFolder(parent);
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(folder);
        else
            Directory.CreateDirectory(folder, FolderMode);
    }

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

/// <summary>A tar archive in the PAX format, written from front to back.</summary>
/// <param name="output">Need not be seekable; is left open.</param>
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

    /// <summary>A stream that knows its length, which the archive's writer wants before it reads, and has it whatever happens.</summary>
    /// <remarks>
    /// An entry whose content fails is filled up with zeros: were it cut short, nothing behind it in the archive could be read. No
    /// document follows it, so nobody takes it for the content.
    /// </remarks>
    private sealed class Measured(Stream content, long size) : Stream
    {
        private long _read;

        /// <summary>Why the content could not be read to its end; null if it was.</summary>
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
                // Also at the end: the content's hash is compared there.
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
