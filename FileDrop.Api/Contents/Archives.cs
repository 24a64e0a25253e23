using FileDrop.Api.Catalog;
using FileDrop.Api.Storage;
using FileDrop.Api.Zip;

namespace FileDrop.Api.Contents;

/// <summary>A zip archive of stored files, as they were when it was laid out.</summary>
/// <param name="Layout">The bytes of the archive, but for the contents.</param>
/// <param name="Contents">The content of each entry; null for a folder.</param>
internal sealed record Archive(ZipLayout Layout, IReadOnlyList<ArchivedContent?> Contents);

/// <summary>A content in an archive.</summary>
/// <param name="FileId">The file.</param>
/// <param name="Content">The content.</param>
internal sealed record ArchivedContent(Guid FileId, FileContent Content);

/// <summary>Makes zip archives of folders and files. Nothing is stored: the same files give the same bytes again, so that a download can go on.</summary>
internal sealed class Archives(IFolderCatalog folders, FileStore files, Integrity integrity)
{
    /// <summary>The most files and folders in an archive.</summary>
    public const int MaxEntries = 100_000;

    private const int PageSize = 1000;

    /// <summary>Lays out an archive of everything in a folder.</summary>
    /// <returns>The archive; null if the folder does not exist.</returns>
    /// <exception cref="RefusedException">The folder has too many entries.</exception>
    /// <exception cref="DamagedContentException">A content without a CRC-32 is damaged.</exception>
    public async Task<Archive?> OfFolderAsync(string owner, Guid folder, CancellationToken cancellation)
    {
        if (await folders.FindFolderAsync(owner, folder, cancellation) is null)
            return null;
        var plan = new Plan();
        await AddAsync(plan, owner, [(folder, ZipEntry.Top)], cancellation);
        return plan.ToArchive();
    }

    /// <summary>Lays out an archive of files and folders, in the order of their ids here.</summary>
    /// <param name="owner">The owner.</param>
    /// <param name="ids">The files and folders.</param>
    /// <param name="skipsMissing">Whether an entry that does not exist is left out.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <returns>The archive; null if one of them does not exist, or with <paramref name="skipsMissing"/> if none does.</returns>
    /// <inheritdoc cref="OfFolderAsync" path="/exception"/>
    public async Task<Archive?> OfAsync(string owner, IReadOnlyList<Guid> ids, bool skipsMissing, CancellationToken cancellation)
    {
        var plan = new Plan();
        var found = new List<(Guid Folder, int Entry)>();
        foreach (var id in ids)
        {
            if (await files.FindAsync(owner, id, cancellation) is { } file)
                await AddAsync(plan, file, ZipEntry.Top, cancellation);
            else if (await folders.FindFolderAsync(owner, id, cancellation) is { } folder)
                found.Add((folder.Id, plan.Add(folder, ZipEntry.Top)));
            else if (!skipsMissing)
                return null;
        }
        if (plan.IsEmpty)
            return null;
        await AddAsync(plan, owner, found, cancellation);
        return plan.ToArchive();
    }

    /// <summary>Copies bytes of an archive. A content that is gone or damaged ends it early, so that an archive never looks whole and is not.</summary>
    /// <param name="archive">The archive.</param>
    /// <param name="from">The first byte.</param>
    /// <param name="to">The byte behind the last one.</param>
    /// <param name="destination">Gets the bytes.</param>
    /// <param name="cancellation">Ends the copying.</param>
    /// <exception cref="DamagedContentException">A content is damaged.</exception>
    /// <exception cref="RefusedException">A content is gone, because its file was replaced or deleted.</exception>
    /// <exception cref="StorageException">A store failed.</exception>
    public async Task CopyAsync(Archive archive, long from, long to, Stream destination, CancellationToken cancellation)
    {
        try
        {
            await ZipCopy.CopyAsync(
                archive.Layout, from, to, (entry, offset, count, token) => OpenAsync(archive, entry, offset, count, token), destination, cancellation);
        }
        catch (ZipContentException damage) when (archive.Contents[damage.Entry] is { } content)
        {
            throw await integrity.ReportAsync(content.FileId, content.Content, "differs from its length or its CRC-32");
        }
    }

    private async Task<Stream> OpenAsync(Archive archive, int entry, long offset, long count, CancellationToken cancellation)
    {
        var content = archive.Contents[entry] ?? throw new InvalidOperationException("A folder has no content.");
        return await files.OpenContentAsync(content.FileId, content.Content, new ContentSlice(offset, count, IsPart: true), cancellation)
            ?? throw new RefusedException(new Refusal(RefusalCode.FileNotFound, "A file was replaced or deleted after the archive was laid out."));
    }

    /// <summary>Adds what is in these folders, and in the folders in them, level by level.</summary>
    private async Task AddAsync(Plan plan, string owner, IEnumerable<(Guid Folder, int Entry)> from, CancellationToken cancellation)
    {
        var open = new Queue<(Guid Folder, int Entry)>(from);
        while (open.TryDequeue(out var parent))
        {
            ListPosition? after = null;
            do
            {
                var page = await folders.ListFoldersAsync(Page(owner, parent.Folder, after), cancellation);
                foreach (var folder in page.Folders)
                    open.Enqueue((folder.Id, plan.Add(folder, parent.Entry)));
                after = page.Next;
            }
            while (after is not null);
            do
            {
                var page = await files.ListAsync(Page(owner, parent.Folder, after), cancellation);
                foreach (var file in page.Files)
                    await AddAsync(plan, file, parent.Entry, cancellation);
                after = page.Next;
            }
            while (after is not null);
        }
    }

    private async Task AddAsync(Plan plan, CatalogFile file, int parent, CancellationToken cancellation)
    {
        // A file whose content is replaced just now keeps its former one as an earlier version, unless it keeps none.
        var crc32 = await files.FindOrComputeCrcAsync(file, cancellation)
            ?? throw new RefusedException(new Refusal(RefusalCode.FileNotFound, $"'{file.Name}' was deleted while the archive was laid out."));
        plan.Add(file, crc32, parent);
    }

    private static ListQuery Page(string owner, Guid folder, ListPosition? after) =>
        new(owner, InTrash: false, FileSort.FileName, Descending: false, PageSize, after, new ListFilter()) { Folder = folder };

    private sealed class Plan
    {
        private readonly List<ZipEntry> _entries = [];
        private readonly List<ArchivedContent?> _contents = [];

        public bool IsEmpty => _entries.Count == 0;

        public int Add(CatalogFolder folder, int parent) => Add(new ZipEntry(parent, folder.Name, folder.UpdatedAt), null);

        public void Add(CatalogFile file, uint crc32, int parent) => Add(
            new ZipEntry(parent, file.Name, file.ModifiedAt ?? file.Content.CreatedAt, new ZipContent(file.Content.Size, crc32, file.Content.BlobId)),
            new ArchivedContent(file.Id, file.Content));

        public Archive ToArchive() => new(new ZipLayout(_entries), _contents);

        private int Add(ZipEntry entry, ArchivedContent? content)
        {
            if (_entries.Count == MaxEntries)
                throw new RefusedException(RefusalCode.TooManyEntries);
            _entries.Add(entry);
            _contents.Add(content);
            return _entries.Count - 1;
        }
    }
}
