using FileDrop.Api.Blobs;
using FileDrop.Api.Catalog;
using FileDrop.Api.Embedded;

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
internal sealed class FileStore(
    IFileCatalog catalog, IBlobStore blobs, IReserve reserve, FileDropOptions options, Integrity integrity, TimeProvider time, ILogger<FileStore> log,
    IInlineContents? inline = null)
{
    /// <summary>
    /// Places for filtered pages: half of what SQLite reads with, and a third of the connections to MongoDB. The others are for reads that are
    /// short.
    /// </summary>
    private readonly FairSlots _filtered = new(options.IsEmbedded ? 2 : 32);

    /// <summary>The live file, or null.</summary>
    public Task<CatalogFile?> FindAsync(string owner, Guid id, CancellationToken cancellation) =>
        catalog.FindAsync(owner, id, forChange: false, cancellation);

    /// <summary>The live file, or null, for a change that follows at once.</summary>
    public Task<CatalogFile?> FindForChangeAsync(string owner, Guid id, CancellationToken cancellation) =>
        catalog.FindAsync(owner, id, forChange: true, cancellation);

    /// <summary>The live file with the contents that it keeps, or null.</summary>
    public Task<FileHistory?> FindHistoryAsync(string owner, Guid id, CancellationToken cancellation) =>
        catalog.FindHistoryAsync(owner, id, cancellation);

    /// <summary>
    /// The file as its content of this version, or null: with that content, and with its version and time as those that a
    /// reader sees and names in preconditions.
    /// </summary>
    public async Task<CatalogFile?> FindVersionAsync(string owner, Guid id, long version, CancellationToken cancellation) =>
        await catalog.FindHistoryAsync(owner, id, cancellation) is { } history
        && history.Contents.FirstOrDefault(content => content.Version == version) is { } found
            ? history.File with { Content = found, Version = found.Version, UpdatedAt = found.CreatedAt }
            : null;

    /// <summary>One page of files.</summary>
    public Task<CatalogPage> ListAsync(ListQuery query, CancellationToken cancellation) => query.Filter.IsEmpty
        ? catalog.ListAsync(query, cancellation)
        : _filtered.RunAsync(query.Owner, () => catalog.ListAsync(query, cancellation), cancellation);

    /// <summary>Changes name or tags.</summary>
    public Task<ChangeResult> ChangeAsync(string owner, Guid id, MetadataChange change, CancellationToken cancellation) =>
        catalog.ChangeAsync(owner, id, change, cancellation);

    /// <summary>Makes an earlier content the live one again.</summary>
    public Task<ChangeResult> RestoreVersionAsync(string owner, Guid id, long version, long? ifVersion, CancellationToken cancellation) =>
        catalog.RestoreVersionAsync(owner, id, version, ifVersion, cancellation);

    /// <summary>Drops an earlier content.</summary>
    public Task<ChangeResult> DeleteVersionAsync(string owner, Guid id, long version, long? ifVersion, CancellationToken cancellation) =>
        reserve.FreeAsync(() => catalog.DeleteVersionAsync(owner, id, version, ifVersion, cancellation));

    /// <summary>Deletes a file: into the trash, or for good.</summary>
    public Task<ChangeResult> DeleteAsync(string owner, Guid id, long? ifVersion, bool permanent, CancellationToken cancellation) =>
        reserve.FreeAsync(() => catalog.DeleteAsync(owner, id, ifVersion, permanent, cancellation));

    /// <summary>Takes a file out of the trash.</summary>
    public Task<ChangeResult> RestoreAsync(string owner, Guid id, CancellationToken cancellation) => catalog.RestoreAsync(owner, id, cancellation);

    /// <summary>Deletes a file in the trash for good; its contents go once nobody can be reading them any more.</summary>
    public Task<bool> PurgeAsync(string owner, Guid id, CancellationToken cancellation) =>
        reserve.FreeAsync(() => catalog.PurgeAsync(owner, id, cancellation));

    /// <summary>Purges what is in the trash now, in batches; what is deleted meanwhile stays.</summary>
    /// <returns>How many files are gone.</returns>
    public async Task<long> EmptyTrashAsync(string owner, int batch, CancellationToken cancellation)
    {
        var purged = 0L;
        ListPosition? after = null;
        do
        {
            var page = await catalog.ListAsync(
                new ListQuery(owner, InTrash: true, FileSort.DeletedAt, Descending: true, batch, after, new ListFilter()), cancellation);
            foreach (var file in page.Files)
                purged += await PurgeAsync(owner, file.Id, cancellation) ? 1 : 0;
            after = page.Next;
        }
        while (after is not null);
        return purged;
    }

    /// <summary>Begins to write a new file.</summary>
    /// <param name="owner">Whose it is.</param>
    /// <param name="length">The content's length, or a bound of it; null if unknown. What will come surely is reserved at once.</param>
    /// <param name="exact">Whether <paramref name="length"/> is exact.</param>
    /// <param name="stands">Whether the catalog must know of the write from its beginning on.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="QuotaExceededException">The owner's quota has no room for it.</exception>
    public async Task<PendingWrite> BeginCreateAsync(string owner, long? length, bool exact, bool stands, CancellationToken cancellation)
    {
        var bytes = ReservedContent.Announced(length, exact);
        var write = NewWrite(owner, Guid.CreateVersion7(time.GetUtcNow()), bytes, replaces: false, isInline: !stands && length <= inline?.MaxSize);
        if (write.IsInline)
            return write;
        await catalog.BeginCreateAsync(owner, write.FileId, write.Intent, bytes, cancellation);
        write.KeepLease();
        return write;
    }

    /// <summary>Begins to write a file's new content. Null: there is no such file.</summary>
    /// <inheritdoc cref="BeginCreateAsync"/>
    public async Task<PendingWrite?> BeginReplaceAsync(string owner, Guid id, long? length, bool exact, CancellationToken cancellation)
    {
        var bytes = ReservedContent.Announced(length, exact);
        var write = NewWrite(owner, id, bytes, replaces: true, isInline: length <= inline?.MaxSize);
        if (write.IsInline)
            return write;
        if (!await catalog.BeginReplaceAsync(owner, id, write.Intent, bytes, cancellation))
            return null;
        write.KeepLease();
        return write;
    }

    /// <summary>Opens the slice of a file's content that <paramref name="choose"/> names once it has seen the document.</summary>
    /// <param name="file">The file as it was found.</param>
    /// <param name="findAgain">Finds it again, should its blob be gone.</param>
    /// <param name="choose">May be asked twice, when the content is replaced while it is opened.</param>
    /// <param name="cancellation">Ends the opening, and the reading.</param>
    /// <returns>Null: the file was deleted meanwhile.</returns>
    /// <exception cref="DamagedContentException">The document names a blob that is not there, or has another size.</exception>
    public async Task<OpenFile?> OpenAsync(
        CatalogFile file, Func<Task<CatalogFile?>> findAgain, Func<CatalogFile, ByteRange> choose, CancellationToken cancellation)
    {
        while (true)
        {
            var slice = choose(file);
            if (await OpenSliceAsync(file, slice, cancellation) is { } stream)
                return new OpenFile(file, slice, stream);
            if (await findAgain() is not { } now)
                return null;
            if (now.Content.BlobId == file.Content.BlobId)
                throw await integrity.ReportAsync(file.Id, file.Content, "is missing");
            file = now;
        }
    }

    private async Task<Stream?> OpenSliceAsync(CatalogFile file, ByteRange slice, CancellationToken cancellation)
    {
        try
        {
            return await blobs.OpenAsync(new BlobKey(file.Content.BlobId, file.Id), slice.Offset, slice.Count, cancellation);
        }
        catch (StorageException failure)
        {
            throw await integrity.JudgeAsync(file.Id, file.Content, failure, cancellation);
        }
    }

    private PendingWrite NewWrite(string owner, Guid id, long bytes, bool replaces, bool isInline) =>
        new(catalog, blobs, owner, id, replaces, options.Lease, time, log) { Reserved = bytes, Inline = isInline ? inline : null };
}
