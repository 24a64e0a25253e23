using FileDrop.Api.Blobs;
using FileDrop.Api.Catalog;
using FileDrop.Api.Embedded;
using FileDrop.Api.Settings;
using FileDrop.Api.Storage;

namespace FileDrop.Api.Contents;

/// <summary>A slice of a content.</summary>
/// <param name="Offset">The first byte.</param>
/// <param name="Count">How many bytes.</param>
/// <param name="IsPart">Whether the reader asked for a part, even if the part is all of the content.</param>
internal readonly record struct ContentSlice(long Offset, long Count, bool IsPart)
{
    /// <summary>All of a content.</summary>
    /// <param name="size">The content's size in bytes.</param>
    public static ContentSlice All(long size) => new(0, size, IsPart: false);
}

/// <summary>An open file: the document that was read, and a slice of the very content that it names.</summary>
/// <param name="File">The file as it was when its content was opened.</param>
/// <param name="Slice">The slice that was asked for.</param>
/// <param name="Content">Ends after the slice, or throws.</param>
internal sealed record OpenFile(CatalogFile File, ContentSlice Slice, Stream Content);

/// <summary>Files, over a catalog and a blob store. Either can fail at any moment, and only this class and the writes that it begins know both.</summary>
/// <remarks>
/// <para><see cref="PendingWrite"/> writes: intent, bytes, commit.</para>
/// <para>Once a file is acknowledged, it is there with its bytes. A file never exists without its bytes. A refused request leaves nothing,
/// and a failed one happened whole or not at all.</para>
/// </remarks>
internal sealed class FileStore(
    IFileCatalog catalog, IWriteCatalog writes, IBlobStore blobs, IReserve reserve, FileDropOptions options, Integrity integrity, TimeProvider time,
    ILogger<FileStore> log, IInlineContents? inline = null)
{
    /// <summary>
    /// Slots for filtered pages: half of SQLite's connections for lists, and a third of the connections to MongoDB. The rest is left for short reads.
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
    /// The file with its content of this version, or null. Its version and its time are those of that content, so that a reader sees them and can name
    /// them in preconditions.
    /// </summary>
    public async Task<CatalogFile?> FindVersionAsync(string owner, Guid id, long version, CancellationToken cancellation) =>
        await catalog.FindHistoryAsync(owner, id, cancellation) is { } history
        && history.Contents.FirstOrDefault(content => content.Version == version) is { } found
            ? history.File with { Content = found, Version = found.Version, UpdatedAt = found.CreatedAt }
            : null;

    /// <summary>One page of files.</summary>
    public Task<CatalogPage> ListAsync(ListQuery query, CancellationToken cancellation) =>
        TakeTurnsAsync(query.Owner, query.Filter, () => catalog.ListAsync(query, cancellation), cancellation);

    /// <summary>Runs a list of files or folders. Those with a filter take turns.</summary>
    public Task<T> TakeTurnsAsync<T>(string owner, ListFilter filter, Func<Task<T>> list, CancellationToken cancellation) =>
        filter.IsEmpty ? list() : _filtered.RunAsync(owner, list, cancellation);

    /// <summary>The bytes and files that an owner has stored.</summary>
    public Task<OwnerUsage> FindUsageAsync(string owner, CancellationToken cancellation) => catalog.FindUsageAsync(owner, cancellation);

    /// <summary>Changes name or tags.</summary>
    public Task<ChangeResult> ChangeAsync(string owner, Guid id, MetadataChange change, CancellationToken cancellation) =>
        catalog.ChangeAsync(owner, id, change, cancellation);

    /// <summary>Makes an earlier content the live one again.</summary>
    public Task<ChangeResult> RestoreVersionAsync(string owner, Guid id, long version, long? ifVersion, CancellationToken cancellation) =>
        catalog.RestoreVersionAsync(owner, id, version, ifVersion, cancellation);

    /// <summary>Deletes an earlier content.</summary>
    public Task<ChangeResult> DeleteVersionAsync(string owner, Guid id, long version, long? ifVersion, CancellationToken cancellation) =>
        reserve.FreeAsync(() => catalog.DeleteVersionAsync(owner, id, version, ifVersion, cancellation));

    /// <summary>Deletes a file: into the trash, or for good.</summary>
    public Task<ChangeResult> DeleteAsync(string owner, Guid id, long? ifVersion, bool permanent, CancellationToken cancellation) =>
        DeleteAsync(owner, id, ifVersion, permanent, LockTokens.None, cancellation);

    /// <summary>Deletes a file: into the trash, or for good. The request names locks.</summary>
    public Task<ChangeResult> DeleteAsync(
        string owner, Guid id, long? ifVersion, bool permanent, LockTokens held, CancellationToken cancellation) =>
        reserve.FreeAsync(() => catalog.DeleteAsync(owner, id, ifVersion, permanent, held, cancellation));

    /// <summary>Takes a file out of the trash: to a folder or, if none is named, to where it was.</summary>
    public Task<ChangeResult> RestoreAsync(string owner, Guid id, Guid? folder, OnConflict onConflict, CancellationToken cancellation) =>
        catalog.RestoreAsync(owner, id, folder, onConflict, cancellation);

    /// <summary>Deletes a file in the trash for good. Its contents go once no reader can be using them.</summary>
    public Task<bool> PurgeAsync(string owner, Guid id, CancellationToken cancellation) =>
        reserve.FreeAsync(() => catalog.PurgeAsync(owner, id, cancellation));

    /// <summary>Purges the files that are in the trash now, in batches. Files that are deleted meanwhile stay.</summary>
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
    /// <param name="owner">The file's owner.</param>
    /// <param name="length">The bounds of the content's length; the bytes that will certainly come are reserved at once.</param>
    /// <param name="isRecorded">Whether the catalog must know of the write from its beginning, so that an inline write is out of the question.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="QuotaExceededException">The owner's quota has no room for it.</exception>
    public async Task<PendingWrite> BeginCreateAsync(string owner, ContentLength length, bool isRecorded, CancellationToken cancellation)
    {
        var write = NewWrite(owner, Guid.CreateVersion7(time.GetUtcNow()), length, replaces: false, isInline: !isRecorded && length.AtMost <= inline?.MaxSize);
        if (write.Inline is { } small)
        {
            await small.ExpectAsync(owner, length.AtLeast, creates: true, cancellation);
            return write;
        }
        await writes.BeginCreateAsync(owner, write.FileId, write.Intent, length.AtLeast, cancellation);
        write.KeepLease();
        return write;
    }

    /// <summary>Begins to write a file's new content. Returns null if the file does not exist.</summary>
    /// <param name="owner">The file's owner.</param>
    /// <param name="id">The file's id.</param>
    /// <param name="length">The bounds of the content's length; the bytes that will certainly come are reserved at once.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="QuotaExceededException">The owner's quota has no room for it.</exception>
    public async Task<PendingWrite?> BeginReplaceAsync(string owner, Guid id, ContentLength length, CancellationToken cancellation)
    {
        var write = NewWrite(owner, id, length, replaces: true, isInline: length.AtMost <= inline?.MaxSize);
        if (write.Inline is { } small)
        {
            await small.ExpectAsync(owner, length.AtLeast, creates: false, cancellation);
            return write;
        }
        if (!await writes.BeginReplaceAsync(owner, id, write.Intent, length.AtLeast, cancellation))
            return null;
        write.KeepLease();
        return write;
    }

    /// <summary>The commit of a blob that was written to a file by other means than <see cref="PendingWrite"/>.</summary>
    /// <param name="owner">The file's owner.</param>
    /// <param name="id">The file's id.</param>
    public WriteCommit CommitOf(string owner, Guid id) => new(catalog, writes, owner, id, time, log);

    /// <summary>Opens the slice of a file's content that <paramref name="choose"/> names for a document.</summary>
    /// <param name="file">The file as it was found.</param>
    /// <param name="findAgain">Finds the file again if its blob is gone.</param>
    /// <param name="choose">Chooses the slice; called again if the content is replaced while it is opened.</param>
    /// <param name="cancellation">Ends the opening and the reading.</param>
    /// <returns>Null if the file was deleted meanwhile.</returns>
    /// <exception cref="DamagedContentException">The document names a blob that is missing or has another size.</exception>
    public async Task<OpenFile?> OpenAsync(
        CatalogFile file, Func<Task<CatalogFile?>> findAgain, Func<CatalogFile, ContentSlice> choose, CancellationToken cancellation)
    {
        while (true)
        {
            var slice = choose(file);
            if (await OpenContentAsync(file.Id, file.Content, slice, cancellation) is { } stream)
                return new OpenFile(file, slice, stream);
            if (await findAgain() is not { } now)
                return null;
            if (now.Content.BlobId == file.Content.BlobId)
                throw await integrity.ReportAsync(file.Id, file.Content, "is missing");
            file = now;
        }
    }

    /// <summary>The CRC-32 of a live file's content. If none is recorded yet, all bytes are read and verified, and it is recorded.</summary>
    /// <param name="file">The file with one of its contents, as it was found.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <returns>Null if the file does not keep that content any more.</returns>
    /// <exception cref="DamagedContentException">The content is damaged or missing.</exception>
    /// <exception cref="StorageException">A store failed.</exception>
    public async Task<uint?> FindOrComputeCrcAsync(CatalogFile file, CancellationToken cancellation)
    {
        if (file.Content.Crc32 is { } known)
            return known;
        var open = await OpenAsync(
            file, () => FindVersionAsync(file.Owner, file.Id, file.Content.Version, cancellation), now => ContentSlice.All(now.Content.Size),
            cancellation);
        if (open is null)
            return null;
        await using var content = open.Content;
        return await integrity.ComputeCrcAsync(open.File, content, cancellation);
    }

    /// <summary>Opens a slice of exactly this content. Returns null if it is gone.</summary>
    /// <param name="file">The file's id.</param>
    /// <param name="content">A content of the file, as it was found.</param>
    /// <param name="slice">The slice.</param>
    /// <param name="cancellation">Ends the opening and the reading.</param>
    public async Task<Stream?> OpenContentAsync(Guid file, FileContent content, ContentSlice slice, CancellationToken cancellation)
    {
        try
        {
            return await blobs.OpenAsync(new BlobKey(content.BlobId, file), slice.Offset, slice.Count, cancellation);
        }
        catch (StorageException failure)
        {
            throw await integrity.JudgeAsync(file, content, failure, cancellation);
        }
    }

    private PendingWrite NewWrite(string owner, Guid id, ContentLength length, bool replaces, bool isInline) =>
        new(CommitOf(owner, id), catalog, writes, blobs, owner, id, replaces, options.Lease, time, log) { Reserved = length.AtLeast, Inline = isInline ? inline : null };
}
