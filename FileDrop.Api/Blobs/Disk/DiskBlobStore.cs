using System.Collections.Concurrent;

namespace FileDrop.Api.Blobs.Disk;

/// <summary>Blobs as files: nothing else has to run.</summary>
/// <remarks>
/// <para>A blob is <c>blobs/ab/cd/&lt;key&gt;</c>, where <c>abcd</c> begins the key. It is written as
/// <c>incoming/&lt;key&gt;</c> on the same file system, synced, renamed, and its folder synced: under its final name it is
/// complete and durable, whatever happens when. Both names follow from the key, so whatever a crash leaves is deleted
/// with the blob, and nothing has to be looked for.</para>
/// <para>An open blob stays readable when it is deleted. What the check takes out of the way is renamed to
/// <c>quarantine/&lt;key&gt;</c>.</para>
/// </remarks>
/// <param name="directory">The data directory; made if need be.</param>
internal sealed partial class DiskBlobStore(string directory) : IBlobStore
{
    private const int PageSize = 1_000;

    private readonly string _directory = Path.GetFullPath(directory);
    private readonly string _blobs = Path.Combine(Path.GetFullPath(directory), "blobs");
    private readonly string _incoming = Path.Combine(Path.GetFullPath(directory), "incoming");
    private readonly string _quarantine = Path.Combine(Path.GetFullPath(directory), "quarantine");

    private readonly LargeBuffers _buffers = new();

    /// <summary>
    /// Folders that this process knows to be durable, 65,792 at the most. One that is merely there is not enough: it may
    /// have been made a moment ago by another write, or by a process that was killed before its sync.
    /// </summary>
    private readonly ConcurrentDictionary<string, bool> _durable = new(StringComparer.Ordinal);

    /// <summary>What may be taken of the volume, for all that write to it.</summary>
    public DiskReserve Room { get; } = new(Path.GetFullPath(directory));

    public string Description => $"Disk, {_directory}";

    public TimeSpan CallTimeout => TimeSpan.Zero;

    public Task StartAsync(CancellationToken cancellation) => Run(() =>
    {
        var isNew = !Directory.Exists(_directory);
        MakeFolder(_directory);
        MakeFolder(_blobs);
        MakeFolder(_incoming);
        DiskFolder.Sync(_directory);
        if (isNew && Path.GetDirectoryName(_directory) is { } parent)
            DiskFolder.Sync(parent);
    });

    public Task PingAsync(CancellationToken cancellation) => Run(() =>
    {
        // Fails on a disk that is gone, and on one that was remounted read-only after an error.
        Directory.SetLastWriteTimeUtc(_incoming, DateTime.UtcNow);
        foreach (var folder in new[] { _incoming, _blobs })
            if (!Directory.Exists(folder))
                throw new DirectoryNotFoundException($"The folder {folder} is not there.");
        Room.TakeBack();
    });

    public async Task WriteAsync(BlobKey key, string owner, Stream content, long? length, bool exact, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var name = key.ToString();
        var temporary = Path.Combine(_incoming, name);
        var file = BlobWriter.Create(temporary, length, exact, Room);
        try
        {
            using (file)
                await BlobWriter.WriteAsync(file, content, length, exact, Room, _buffers, cancellation);
            cancellation.ThrowIfCancellationRequested();
            DiskFailure.Guard(() => Publish(temporary, name));
        }
        catch
        {
            TryDelete(temporary);
            throw;
        }
    }

    public Task<Stream?> OpenAsync(BlobKey key, long offset, long count, CancellationToken cancellation)
    {
        if (cancellation.IsCancellationRequested)
            return Task.FromCanceled<Stream?>(cancellation);
        try
        {
            return Task.FromResult<Stream?>(BlobSlice.Open(PathOf(key.ToString()), offset, count));
        }
        // Without the folder of all blobs the disk is gone, and not one blob.
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException && Directory.Exists(_blobs))
        {
            return Task.FromResult<Stream?>(null);
        }
        catch (Exception e) when (DiskFailure.KindOf(e) is { } kind)
        {
            return Task.FromException<Stream?>(DiskFailure.From(e, kind));
        }
    }

    public Task<IReadOnlyList<StoredBlob>> ListAsync(BlobKey? after, CancellationToken cancellation) =>
        Run<IReadOnlyList<StoredBlob>>(() => DiskListing.Read(_blobs, after, PageSize, cancellation));

    public Task<long?> FindSizeAsync(BlobKey key, CancellationToken cancellation) => Run(() => DiskListing.Size(PathOf(key.ToString())));

    /// <remarks>The new name is made durable before the old one's end: a power cut leaves the blob under one of them.</remarks>
    public Task QuarantineAsync(BlobKey key, CancellationToken cancellation) => Run(() =>
    {
        var path = PathOf(key.ToString());
        if (!File.Exists(path))
            return;
        MakeFolder(_quarantine);
        DiskFolder.Sync(_directory);
        try
        {
            File.Move(path, Path.Combine(_quarantine, key.ToString()), overwrite: true);
        }
        catch (FileNotFoundException)
        {
            // Deleted since the look above.
            return;
        }

        DiskFolder.Sync(_quarantine);
        SyncFolderOf(path);
    });

    /// <remarks>
    /// First the temporary name, then the final one: a write that is just being published loses one or the other. The
    /// folder is synced, or a power cut could bring back a blob that nothing names any more. Also where there is nothing left
    /// to unlink: a process that was killed before its sync may have done that, and a folder without changes costs next to nothing.
    /// </remarks>
    public Task DeleteAsync(BlobKey key, CancellationToken cancellation) => Run(() =>
    {
        var name = key.ToString();
        var temporary = Path.Combine(_incoming, name);
        if (File.Exists(temporary))
        {
            Delete(temporary);
            DiskFolder.Sync(_incoming);
        }

        Delete(PathOf(name));
        SyncFolderOf(PathOf(name));
    });

    /// <summary>Gives a complete file its final name, durably.</summary>
    private void Publish(string temporary, string name)
    {
        var outer = Path.Combine(_blobs, name[..2]);
        var inner = Path.Combine(outer, name[2..4]);
        var isDurable = _durable.ContainsKey(name[..4]);
        if (!isDurable)
        {
            MakeFolder(outer);
            MakeFolder(inner);
        }

        var path = Path.Combine(inner, name);
        // No race: the temporary name was made anew under the same key, so there is one writer.
        if (File.Exists(path))
            throw new InvalidOperationException($"{path} is there already: a blob's key was used twice.");
        // With overwrite it is one rename; without, .NET makes a link and removes the former name.
        File.Move(temporary, path, overwrite: true);
        DiskFolder.Sync(inner);
        if (!isDurable)
            SyncParents(outer, name);
    }

    /// <summary>
    /// After the innermost folder, not before it: its sync has written the journal of all three, so that these find
    /// nothing to do on a journalling file system. Nobody is told of the blob before they have returned.
    /// </summary>
    private void SyncParents(string outer, string name)
    {
        DiskFolder.Sync(outer);
        if (!_durable.ContainsKey(name[..2]))
        {
            DiskFolder.Sync(_blobs);
            _durable[name[..2]] = true;
        }

        _durable[name[..4]] = true;
    }

    private string PathOf(string name) => Path.Combine(_blobs, name[..2], name[2..4], name);

    /// <summary>Syncs a blob's folder, if there is one.</summary>
    private static void SyncFolderOf(string path)
    {
        if (Path.GetDirectoryName(path) is { } folder && Directory.Exists(folder))
            DiskFolder.Sync(folder);
    }

    internal static void MakeFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(folder);
        else
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    internal static void Delete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (DirectoryNotFoundException)
        {
            // No blob was ever written into this folder.
        }
    }

    private static void TryDelete(string path)
    {
        try
        {
            Delete(path);
        }
        catch (Exception e) when (DiskFailure.KindOf(e) is not null)
        {
            // Its name follows from the blob's key: it goes when the sweeper deletes the blob.
        }
    }

    private static Task Run(Action calls) => Run(() =>
    {
        calls();
        return true;
    });

    private static Task<T> Run<T>(Func<T> calls)
    {
        try
        {
            return Task.FromResult(calls());
        }
        catch (Exception e) when (DiskFailure.KindOf(e) is { } kind)
        {
            return Task.FromException<T>(DiskFailure.From(e, kind));
        }
        catch (OperationCanceledException e)
        {
            return Task.FromCanceled<T>(e.CancellationToken);
        }
    }
}
