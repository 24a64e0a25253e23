namespace FileDrop.Api.Blobs.Disk;

/// <summary>A note is an empty file <c>damaged/&lt;key&gt;</c> in the data directory.</summary>
/// <param name="directory">The data directory.</param>
internal sealed class DiskDamageNotes(string directory) : IDamageNotes
{
    private const int Most = 1_000;

    private readonly string _folder = Path.Combine(Path.GetFullPath(directory), "damaged");

    public Task AddAsync(BlobKey key, CancellationToken cancellation)
    {
        DiskFailure.Guard(() =>
        {
            DiskBlobStore.MakeFolder(_folder);
            File.OpenHandle(PathOf(key), FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite).Dispose();
        });
        return Task.CompletedTask;
    }

    public Task RemoveAsync(BlobKey key, CancellationToken cancellation)
    {
        DiskFailure.Guard(() => DiskBlobStore.Delete(PathOf(key)));
        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<BlobKey>> ListAsync(CancellationToken cancellation)
    {
        List<BlobKey> found = [];
        DiskFailure.Guard(() =>
        {
            if (!Directory.Exists(_folder))
                return;
            foreach (var path in Directory.EnumerateFiles(_folder).Take(Most))
            {
                if (BlobKey.TryParse(Path.GetFileName(path), out var key))
                    found.Add(key);
            }
        });
        return Task.FromResult<IReadOnlyList<BlobKey>>(found);
    }

    private string PathOf(BlobKey key) => Path.Combine(_folder, key.ToString());
}
