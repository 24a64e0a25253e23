using FileDrop.Api.Blobs;
using FileDrop.Api.Blobs.Disk;
using FileDrop.Api.Blobs.S3;
using FileDrop.Api.Catalog.Sqlite;
using FileDrop.Api.Embedded;
using Xunit;
using static FileDrop.Api.Tests.Catalog.Documents;

namespace FileDrop.Api.Tests.Blobs;

/// <summary>A blob store over fresh stores.</summary>
public abstract class BlobStoreFixture : IAsyncLifetime
{
    private IBlobStore? _store;
    private Stores? _stores;
    private string? _missing;

    public IBlobStore Store => Started(_store);

    public Stores Stores => Started(_stores);

    /// <summary>Whether the store lists the small contents that it keeps in a second place.</summary>
    public virtual bool ListsSmall => false;

    public async ValueTask InitializeAsync()
    {
        _missing = await MissingAsync();
        if (_missing is not null)
            return;
        (_stores, _store) = await OpenAsync();
        await _store.StartAsync(default);
    }

    public virtual async ValueTask DisposeAsync()
    {
        (_store as IDisposable)?.Dispose();
        if (_stores is not null)
            await _stores.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>Writes a content to the second place, if the store has one.</summary>
    public virtual Task WriteSmallAsync(BlobKey key, int size) => Task.CompletedTask;

    /// <summary>Whether a blob's bytes are in quarantine.</summary>
    public abstract Task<bool> IsPutAsideAsync(BlobKey key);

    protected virtual Task<string?> MissingAsync() => Task.FromResult<string?>(null);

    protected abstract Task<(Stores Stores, IBlobStore Store)> OpenAsync();

    private T Started<T>(T? part) where T : class
    {
        Assert.SkipWhen(_missing is not null, _missing ?? "");
        return part ?? throw new InvalidOperationException("The store was not opened.");
    }
}

/// <summary>Files in a folder.</summary>
public class DiskBlobs : BlobStoreFixture
{
    protected EmbeddedStores Folder { get; } = new();

    public override Task<bool> IsPutAsideAsync(BlobKey key) =>
        Task.FromResult(File.Exists(Path.Combine(Folder.Directory, "quarantine", key.ToString())));

    protected override Task<(Stores Stores, IBlobStore Store)> OpenAsync() =>
        Task.FromResult<(Stores, IBlobStore)>((Folder, new DiskBlobStore(Folder.Directory)));
}

/// <summary>Files, and rows of the catalog's database.</summary>
public class EmbeddedBlobs : DiskBlobs
{
    private SqliteEngine? _catalog;
    private InlineContents? _inline;
    private Segments? _segments;

    public override bool ListsSmall => true;

    private protected SqliteEngine Catalog => _catalog ?? throw new InvalidOperationException("The store was not opened.");

    public override async ValueTask DisposeAsync()
    {
        if (_catalog is not null)
            await _catalog.DisposeAsync();
        _segments?.Dispose();
        await base.DisposeAsync();
    }

    public override async Task WriteSmallAsync(BlobKey key, int size)
    {
        var commit = Commit(size);
        var inline = _inline ?? throw new InvalidOperationException("The store was not opened.");
        using var bytes = await inline.StoreAsync(new MemoryStream(new byte[size]), size, exact: true, default);
        await inline.CommitAsync(Owner, key.FileId, new Api.Catalog.WriteIntent(key.BlobId, 1), bytes, creates: true, commit, default);
    }

    protected override async Task<(Stores Stores, IBlobStore Store)> OpenAsync()
    {
        var disk = new DiskBlobStore(Folder.Directory);
        _catalog = new SqliteEngine(Path.Combine(Folder.Directory, "catalog.db"), Rules, TimeProvider.System);
        _segments = new Segments(Folder.Directory, disk.Room, TimeProvider.System);
        _inline = new InlineContents(_catalog, _segments, disk.Room);
        await _catalog.StartAsync(default);
        return (Folder, new EmbeddedBlobStore(disk, _segments, new SegmentPlaces(_catalog), new SmallBlobs(_catalog)));
    }
}

/// <summary>Files, and segments.</summary>
public sealed class SegmentBlobs : EmbeddedBlobs
{
    public override bool ListsSmall => false;

    /// <summary>Writes the content while another change is made, so that both share a sync.</summary>
    public override async Task WriteSmallAsync(BlobKey key, int size)
    {
        using var other = new SemaphoreSlim(0);
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var change = Task.Run(() => Catalog.ChangeAsync(
            session =>
            {
                begun.SetResult();
                other.Wait();
                return true;
            },
            default));
        await begun.Task;
        var write = base.WriteSmallAsync(key, size);
        other.Release();
        await Task.WhenAll(change, write);
    }
}

/// <summary>Objects in a bucket. More than 5 MiB, the smallest part that S3 allows, are copied part by part.</summary>
public sealed class S3Blobs : BlobStoreFixture
{
    public override async Task<bool> IsPutAsideAsync(BlobKey key) =>
        (await Stores.BlobKeysAsync()).Contains($"quarantine/{key}", StringComparer.Ordinal);

    protected override Task<string?> MissingAsync() => ClusterStores.MissingAsync();

    protected override async Task<(Stores Stores, IBlobStore Store)> OpenAsync()
    {
        var stores = await ClusterStores.MakeAsync();
        return (stores, new S3BlobStore(S3Options.Parse(stores.S3) with { CopiedAtOnce = 5 * PartSizes.MiB }));
    }
}
