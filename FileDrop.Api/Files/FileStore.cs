using FileDrop.Api.Blobs;
using FileDrop.Api.Catalog;

namespace FileDrop.Api.Files;

/// <summary>An open file: the document that was read, and a slice of the very content that it names.</summary>
/// <param name="File">The file, as it was when its content was opened.</param>
/// <param name="Slice">The slice that was asked for.</param>
/// <param name="Content">Ends after the slice, or throws.</param>
internal sealed record OpenFile(CatalogFile File, ByteRange Slice, Stream Content);

/// <summary>Files, over a catalog and a blob store that can each fail at any moment: the one place that knows both.</summary>
/// <remarks>
/// Writing is <see cref="PendingWrite"/>'s: intent, bytes, commit. What this and it promise: an acknowledged file is there
/// with its bytes; a file without its bytes never is; what is refused leaves nothing; what fails happened whole or not at all.
/// </remarks>
internal sealed partial class FileStore(IFileCatalog catalog, IBlobStore blobs, FileDropOptions options, TimeProvider time, ILogger<FileStore> log)
{
    /// <summary>The live file, or null.</summary>
    public Task<CatalogFile?> FindAsync(string owner, Guid id, CancellationToken cancellation) => catalog.FindAsync(owner, id, cancellation);

    /// <summary>One page of files.</summary>
    public Task<CatalogPage> ListAsync(ListQuery query, CancellationToken cancellation) => catalog.ListAsync(query, cancellation);

    /// <summary>Changes name or tags.</summary>
    public Task<ChangeResult> ChangeAsync(string owner, Guid id, MetadataChange change, CancellationToken cancellation) =>
        catalog.ChangeAsync(owner, id, change, cancellation);

    /// <summary>Deletes a file; its content goes once nobody can be reading it any more.</summary>
    public Task<ChangeResult> DeleteAsync(string owner, Guid id, long? ifVersion, CancellationToken cancellation) =>
        catalog.DeleteAsync(owner, id, ifVersion, cancellation);

    /// <summary>Begins to write a new file.</summary>
    public async Task<PendingWrite> BeginCreateAsync(string owner, CancellationToken cancellation)
    {
        var write = NewWrite(owner, Guid.CreateVersion7(time.GetUtcNow()), replaces: false);
        await catalog.BeginCreateAsync(owner, write.FileId, write.Intent, cancellation);
        write.KeepLease();
        return write;
    }

    /// <summary>Begins to write a file's new content. Null: there is no such file.</summary>
    public async Task<PendingWrite?> BeginReplaceAsync(string owner, Guid id, CancellationToken cancellation)
    {
        var write = NewWrite(owner, id, replaces: true);
        if (!await catalog.BeginReplaceAsync(owner, id, write.Intent, cancellation))
            return null;
        write.KeepLease();
        return write;
    }

    /// <summary>Opens the slice of a file's content that <paramref name="choose"/> names once it has seen the document.</summary>
    /// <param name="owner">Whose file.</param>
    /// <param name="file">The file as it was found.</param>
    /// <param name="choose">May be asked twice, when the content is replaced while it is opened.</param>
    /// <param name="cancellation">Ends the opening, and the reading.</param>
    /// <returns>Null: the file was deleted meanwhile.</returns>
    /// <exception cref="InvalidDataException">The document names a blob that is not there: corruption.</exception>
    public async Task<OpenFile?> OpenAsync(string owner, CatalogFile file, Func<CatalogFile, ByteRange> choose, CancellationToken cancellation)
    {
        while (true)
        {
            var slice = choose(file);
            var stream = await blobs.OpenAsync(new BlobKey(file.Content.BlobId, file.Id), slice.Offset, slice.Count, cancellation);
            if (stream is not null)
                return new OpenFile(file, slice, stream);
            if (await catalog.FindAsync(owner, file.Id, cancellation) is not { } now)
                return null;
            if (now.Content.BlobId == file.Content.BlobId)
            {
                LogCorruption(file.Id, file.Content.BlobId);
                throw new InvalidDataException($"File {file.Id} names blob {file.Content.BlobId}, which is not in the store.");
            }
            file = now;
        }
    }

    private PendingWrite NewWrite(string owner, Guid id, bool replaces) =>
        new(catalog, blobs, owner, id, replaces, options.Lease, time, log);

    [LoggerMessage(LogLevel.Critical, "File {File} names blob {Blob}, which is not in the store")]
    private partial void LogCorruption(Guid file, Guid blob);
}
