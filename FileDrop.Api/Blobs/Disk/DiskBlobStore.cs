using System.Collections.Concurrent;
using FileDrop.Api.Memory;
using Microsoft.Win32.SafeHandles;

namespace FileDrop.Api.Blobs.Disk;

/// <summary>Blobs as files: nothing else has to run.</summary>
/// <remarks>
/// <para>A blob is <c>blobs/ab/cd/&lt;key&gt;</c>, where <c>abcd</c> begins the key. It is written as
/// <c>incoming/&lt;key&gt;</c> on the same file system, synced, renamed, and its folder synced. Under its final name a blob is therefore
/// always complete and durable. Both names follow from the key, so the deletion of a blob finds all that a crash left of it.</para>
/// <para>An open blob stays readable when it is deleted. Quarantine renames a blob to <c>quarantine/&lt;key&gt;</c>.</para>
/// </remarks>
/// <param name="directory">The data directory; made if it does not exist.</param>
internal sealed partial class DiskBlobStore(string directory) : IBlobStore
{
    private const int PageSize = 1_000;

    private readonly string _directory = Path.GetFullPath(directory);
    private readonly string _blobs = Path.Combine(Path.GetFullPath(directory), "blobs");
    private readonly string _incoming = Path.Combine(Path.GetFullPath(directory), "incoming");
    private readonly string _quarantine = Path.Combine(Path.GetFullPath(directory), "quarantine");

    /// <summary>At most 32 MiB: two buffers for each of 16 uploads. More uploads use small buffers.</summary>
    private readonly BlockPool _buffers = new(DiskOutput.LargeSize, most: 32);

    /// <summary>
    /// Folders that this process knows to be durable, at most 65,792. A folder that exists may not be durable: another write, or a process
    /// that was killed, may have made it without a sync.
    /// </summary>
    private readonly ConcurrentDictionary<string, bool> _durable = new(StringComparer.Ordinal);

    /// <summary>The volume's room, for everything that writes to it.</summary>
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
        // This fails on a disk that is gone, and on one that was remounted read-only after an error.
        Directory.SetLastWriteTimeUtc(_incoming, DateTime.UtcNow);
        foreach (var folder in new[] { _incoming, _blobs })
            if (!Directory.Exists(folder))
                throw new DirectoryNotFoundException($"The folder {folder} does not exist.");
        Room.TakeBack();
    });

    public Task WriteAsync(BlobKey key, string owner, Stream content, long? length, bool exact, CancellationToken cancellation) =>
        WriteAsync(
            key, length, exact, file => BlobWriter.WriteAsync(file, content, length, exact, Room, _buffers, cancellation), cancellation);

    public Task<Stream?> OpenAsync(BlobKey key, long offset, long count, CancellationToken cancellation)
    {
        if (cancellation.IsCancellationRequested)
            return Task.FromCanceled<Stream?>(cancellation);
        try
        {
            return Task.FromResult<Stream?>(BlobSlice.Open(PathOf(key.ToString()), offset, count));
        }
        // If the folder of all blobs is missing, the disk is gone, not one blob.
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

    /// <remarks>The new name is durable before the old one ends, so a power cut leaves the blob under one of them.</remarks>
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
    /// The temporary name goes first, then the final one: a write that is being published loses one or the other. The folder is synced, or
    /// a power cut could bring back a blob that no document names. The folder is synced even if the name is gone: a process that was killed
    /// before its sync may have unlinked it. Syncing an unchanged folder costs next to nothing.
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

    /// <summary>Makes a blob of the file that <paramref name="fill"/> writes and syncs.</summary>
    private async Task WriteAsync(BlobKey key, long? length, bool exact, Func<SafeFileHandle, Task> fill, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var name = key.ToString();
        var temporary = Path.Combine(_incoming, name);
        var file = BlobWriter.Create(temporary, length, exact, Room);
        try
        {
            using (file)
                await fill(file);
            cancellation.ThrowIfCancellationRequested();
            DiskFailure.Guard(() => Publish(temporary, name));
        }
        catch
        {
            TryDelete(temporary);
            throw;
        }
    }

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
        // No race: this writer made the temporary name of the same key, so it is the only one.
        if (File.Exists(path))
            throw new InvalidOperationException($"{path} exists already: a blob's key was used twice.");
        // With overwrite it is one rename; without, .NET makes a link and removes the former name.
        File.Move(temporary, path, overwrite: true);
        DiskFolder.Sync(inner);
        if (!isDurable)
            SyncParents(outer, name);
    }

    /// <summary>
    /// Call this after the sync of the innermost folder. That has written the journal of all three, so these syncs find nothing to do on a
    /// journalling file system. The blob is not reported before they have returned.
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

    /// <summary>Syncs a blob's folder, if it exists.</summary>
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
            // The sweeper deletes it with the blob, since its name follows from the key.
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
