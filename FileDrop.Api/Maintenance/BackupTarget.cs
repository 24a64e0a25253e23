using System.Formats.Tar;

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
/// <param name="root">Made if need be.</param>
internal sealed class BackupFolder(string root) : BackupTarget
{
    public override bool Has(string path, long size) => new FileInfo(Path.Combine(root, path)) is { Exists: true } file && file.Length == size;

    public override async Task WriteAsync(string path, Stream content, long size, CancellationToken cancellation)
    {
        var target = Path.Combine(root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(target) ?? root);
        // Under another name first: what has its own name is complete.
        var partial = target + ".part";
        await using (var file = new FileStream(partial, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0, useAsync: true))
        {
            await content.CopyToAsync(file, cancellation);
            file.Flush(flushToDisk: true);
        }
        File.Move(partial, target, overwrite: true);
    }

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

/// <summary>A tar archive in the PAX format, written from front to back.</summary>
/// <param name="output">Need not be seekable; is left open.</param>
internal sealed class BackupArchive(Stream output) : BackupTarget
{
    private readonly TarWriter _writer = new(output, TarEntryFormat.Pax, leaveOpen: true);

    public override bool Has(string path, long size) => false;

    public override async Task WriteAsync(string path, Stream content, long size, CancellationToken cancellation) =>
        await _writer.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, path) { DataStream = new Measured(content, size) }, cancellation);

    public override ValueTask DisposeAsync() => _writer.DisposeAsync();

    /// <summary>A stream that knows its length: the archive's writer wants that before it reads.</summary>
    private sealed class Measured(Stream content, long size) : Stream
    {
        private long _read;

        public override bool CanRead => true;
        public override bool CanSeek => true;
        public override bool CanWrite => false;
        public override long Length => size;
        public override long Position { get => _read; set => Seek(value, SeekOrigin.Begin); }

        public override int Read(byte[] buffer, int offset, int count)
        {
            var read = content.Read(buffer, offset, count);
            _read += read;
            return read;
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await content.ReadAsync(buffer, cancellationToken);
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
