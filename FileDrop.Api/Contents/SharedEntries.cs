using FileDrop.Api.Catalog;
using FileDrop.Api.Storage;

namespace FileDrop.Api.Contents;

/// <summary>Something that the holder of a share's link asks for.</summary>
/// <param name="File">The file; null if it is a folder or the list of a selection.</param>
/// <param name="Folder">The folder; null if it is a file or the list of a selection.</param>
/// <param name="Name">The name under which the share shows it; empty for the root and for a selection.</param>
internal sealed record SharedEntry(CatalogFile? File, CatalogFolder? Folder, string Name)
{
    /// <summary>An entry under its own name.</summary>
    public static SharedEntry Of(FolderEntry entry) => new(entry.File, entry.Folder, entry.File?.Name ?? entry.Folder?.Name ?? "");
}

/// <summary>A page of entries of a shared folder or selection.</summary>
/// <param name="Entries">The entries in order: folders first, then files.</param>
/// <param name="Next">The place at which the next page begins; null at the end.</param>
internal sealed record SharedPage(IReadOnlyList<SharedEntry> Entries, EntryPosition? Next);

/// <summary>Finds what a share shows. It goes only down from the share's own files and folders, so nothing above or beside them can be reached.</summary>
internal sealed class SharedEntries(ISharedCatalog catalog, FileStore files, FolderStore folders, FolderLists lists, Archives archives)
{
    /// <summary>The most entries of a page.</summary>
    public const int PageSize = 1000;

    /// <summary>The share of a token, and the catalog's clock; null if there is none or it has expired.</summary>
    /// <exception cref="StorageException">The catalog does not answer.</exception>
    public async Task<ShareReading?> OpenAsync(string token, CancellationToken cancellation) =>
        ShareTokens.DigestOf(token) is { } digest && await catalog.FindShareAsync(digest, cancellation) is { } found && !found.Share.IsExpired(found.Now)
            ? found
            : null;

    /// <summary>Finds an entry by its path below the share's top.</summary>
    /// <param name="share">The share.</param>
    /// <param name="names">The names from the top down to the entry; none for the top itself.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <returns>Null if the entry does not exist or is not live.</returns>
    /// <exception cref="StorageException">The catalog does not answer.</exception>
    public async Task<SharedEntry?> FindAsync(Share share, IReadOnlyList<string> names, CancellationToken cancellation)
    {
        if (share.IsSelection)
        {
            await foreach (var entry in OfSelectionAsync(share, cancellation))
            {
                if (names.Count == 0)
                    return new SharedEntry(File: null, Folder: null, "");
                if (entry.Name.Equals(NameKey.Normalize(names[0]), StringComparison.Ordinal))
                    return await DescendAsync(share.Owner, entry, [.. names.Skip(1)], cancellation);
            }
            return null;
        }
        return await FindAsync(share, share.Ids[0], cancellation) is { } top ? await DescendAsync(share.Owner, top, names, cancellation) : null;
    }

    /// <summary>One page of the entries of a folder or selection.</summary>
    /// <param name="share">The share.</param>
    /// <param name="entry">An entry of the share that is not a file.</param>
    /// <param name="from">The place at which the page begins.</param>
    /// <param name="cancellation">Ends the reading.</param>
    public async Task<SharedPage> ListAsync(Share share, SharedEntry entry, EntryPosition from, CancellationToken cancellation)
    {
        if (entry.Folder is not { } folder)
        {
            var selected = new List<SharedEntry>();
            await foreach (var one in OfSelectionAsync(share, cancellation))
                selected.Add(one);
            return new SharedPage([.. selected.OrderBy(one => one.File is not null)], Next: null);
        }
        var query = new ListQuery(share.Owner, InTrash: false, FileSort.FileName, Descending: false, PageSize, After: null, new ListFilter()) { Folder = folder.Id };
        var page = await lists.ListAsync(query, from, cancellation);
        return new SharedPage([.. page.Entries.Select(SharedEntry.Of)], page.Next);
    }

    /// <summary>Lays out an archive of a folder or selection.</summary>
    /// <returns>The archive; null if nothing is there any more.</returns>
    /// <inheritdoc cref="Archives.OfFolderAsync" path="/exception"/>
    public Task<Archive?> ArchiveAsync(Share share, SharedEntry entry, CancellationToken cancellation) => entry.Folder is { } folder
        ? archives.OfFolderAsync(share.Owner, folder.Id, cancellation)
        : archives.OfAsync(share.Owner, share.Ids, skipsMissing: true, cancellation);

    /// <summary>The live entries of a selection, each under a name of its own: the second <c>a.txt</c> is <c>a (2).txt</c>.</summary>
    private async IAsyncEnumerable<SharedEntry> OfSelectionAsync(
        Share share, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        var taken = new HashSet<string>(StringComparer.Ordinal);
        foreach (var id in share.Ids)
        {
            if (await FindAsync(share, id, cancellation) is not { } entry)
                continue;
            var kind = entry.File is null ? EntryKind.Folder : EntryKind.File;
            // The root has no name of its own.
            var plain = entry.Name.Length > 0 ? entry.Name : "Files";
            var name = plain;
            for (var number = 2; !taken.Add(name); number++)
                name = FreeName.Numbered(plain, number, kind);
            yield return entry with { Name = name };
        }
    }

    private async Task<SharedEntry?> FindAsync(Share share, Guid id, CancellationToken cancellation)
    {
        // Files first: most shares are of one.
        if (id != Place.Root && await FindFileAsync(share, id, cancellation) is { } file)
            return new SharedEntry(file, Folder: null, file.Name);
        return await folders.FindAsync(share.Owner, id, cancellation) is { } folder ? new SharedEntry(File: null, folder, folder.Name) : null;
    }

    private Task<CatalogFile?> FindFileAsync(Share share, Guid id, CancellationToken cancellation) => share.Version is { } version
        ? files.FindVersionAsync(share.Owner, id, version, cancellation)
        : files.FindAsync(share.Owner, id, cancellation);

    /// <summary>The entry below one of the share's own, which keeps the name that the share gives it.</summary>
    private async Task<SharedEntry?> DescendAsync(string owner, SharedEntry top, IReadOnlyList<string> names, CancellationToken cancellation) =>
        names.Count == 0 ? top
        : await folders.FindBelowAsync(owner, new FolderEntry(top.Folder, top.File), names, cancellation) is { } found ? SharedEntry.Of(found)
        : null;
}
