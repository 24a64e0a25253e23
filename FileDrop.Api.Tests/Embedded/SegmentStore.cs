using System.Security.Cryptography;
using FileDrop.Api.Blobs;
using FileDrop.Api.Blobs.Disk;
using FileDrop.Api.Catalog;
using FileDrop.Api.Catalog.Sqlite;
using FileDrop.Api.Embedded;
using Xunit;
using static FileDrop.Api.Tests.Catalog.Documents;

namespace FileDrop.Api.Tests.Embedded;

/// <summary>Segments and their catalog in a folder of their own, as one process after the other has them.</summary>
internal sealed class SegmentStore : IAsyncDisposable
{
    private readonly EmbeddedStores _folder;
    private readonly DiskBlobStore _disk;
    private SqliteEngine _catalog;
    private InlineContents _inline;

    private SegmentStore(EmbeddedStores folder, DiskBlobStore disk, SqliteEngine catalog, Segments segments)
    {
        (_folder, _disk) = (folder, disk);
        (_catalog, Segments) = (catalog, segments);
        _inline = new InlineContents(catalog, segments, disk.Room);
    }

    /// <summary>The folder of the segments.</summary>
    public string Directory => Path.Combine(_folder.Directory, "segments");

    public Segments Segments { get; private set; }

    public IBlobStore Blobs => new EmbeddedBlobStore(_disk, Segments, new SegmentPlaces(_catalog), new SmallBlobs(_catalog));

    /// <summary>The contents that were committed and not deleted.</summary>
    public Dictionary<BlobKey, byte[]> Contents { get; } = [];

    public static async Task<SegmentStore> MakeAsync()
    {
        var folder = new EmbeddedStores();
        var disk = new DiskBlobStore(folder.Directory);
        await disk.StartAsync(default);
        return new SegmentStore(folder, disk, await OpenAsync(folder.Directory), new Segments(folder.Directory, disk.Room, TimeProvider.System));
    }

    /// <summary>Begins again, as the next process does.</summary>
    /// <param name="endFormer">Whether the segments of the former process end.</param>
    public async Task RestartAsync(bool endFormer = true)
    {
        await _catalog.DisposeAsync();
        if (endFormer)
            Segments.Dispose();
        Segments = new Segments(_folder.Directory, _disk.Room, TimeProvider.System);
        _catalog = await OpenAsync(_folder.Directory);
        _inline = new InlineContents(_catalog, Segments, _disk.Room);
    }

    /// <summary>Receives a content that is too large for a row.</summary>
    public Task<IInlineBytes> ReceiveAsync(byte[] content) => _inline.StoreAsync(new MemoryStream(content), content.Length, exact: true, default);

    /// <summary>Commits a content of <paramref name="size"/> bytes to a segment.</summary>
    public async Task<BlobKey> WriteAsync(int size)
    {
        Assert.True(size > SmallBlobs.MaxNewSize, "A smaller content may become a row.");
        var (key, content) = (new BlobKey(Guid.NewGuid(), Guid.CreateVersion7()), RandomNumberGenerator.GetBytes(size));
        using var bytes = await ReceiveAsync(content);
        var result = await _inline.CommitAsync(Owner, key.FileId, new WriteIntent(key.BlobId, 1), bytes, creates: true, Commit(size), default);
        Assert.Equal(ChangeOutcome.Done, result.Outcome);
        Contents.Add(key, content);
        return key;
    }

    public async Task DeleteAsync(BlobKey key)
    {
        await Blobs.DeleteAsync(key, default);
        Contents.Remove(key);
    }

    /// <summary>Compacts. <paramref name="reserve"/> is called before each change.</summary>
    public Task<long> CompactAsync(IReserve? reserve = null) =>
        new SegmentCompaction(Segments, new SegmentPlaces(_catalog), reserve ?? _disk.Room, TimeProvider.System).RunAsync(default);

    /// <summary>The bytes of all segments.</summary>
    public long Stored() => Segments.List().Sum(segment => segment.Length);

    /// <summary>Checks that the contents are there, and no others.</summary>
    public async Task CheckAsync()
    {
        foreach (var (key, content) in Contents)
        {
            Assert.Equal(content.Length, await Blobs.FindSizeAsync(key, default));
            await using var stream = await Blobs.OpenAsync(key, 0, content.Length, default);
            Assert.NotNull(stream);
            var read = new byte[content.Length];
            await stream.ReadExactlyAsync(read);
            Assert.Equal(content, read);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _catalog.DisposeAsync();
        Segments.Dispose();
        await _folder.DisposeAsync();
    }

    private static async Task<SqliteEngine> OpenAsync(string directory)
    {
        var catalog = new SqliteEngine(Path.Combine(directory, "catalog.db"), Rules, TimeProvider.System);
        await catalog.StartAsync(default);
        return catalog;
    }
}
