using FileDrop.Api.Catalog;

namespace FileDrop.Api.Contents;

/// <summary>A place between the entries of a folder.</summary>
/// <param name="Kind">The kind of the entries that come next. Folders come first.</param>
/// <param name="After">The last entry of this kind before the place; null if there is none.</param>
internal sealed record EntryPosition(EntryKind Kind, ListPosition? After)
{
    /// <summary>The place before all entries.</summary>
    public static readonly EntryPosition Start = new(EntryKind.Folder, After: null);
}

/// <summary>A page of entries.</summary>
/// <param name="Entries">The entries in order. With <paramref name="Next"/> set, the page can still be short or even empty.</param>
/// <param name="Next">The place at which the next page begins; null at the end.</param>
internal sealed record EntryPage(IReadOnlyList<FolderEntry> Entries, EntryPosition? Next);

/// <summary>A folder in the trash.</summary>
/// <param name="Folder">The folder.</param>
/// <param name="Files">Files that were directly in it and went to the trash with it, up to <see cref="FolderLists.MaxCounted"/>.</param>
/// <param name="Folders">The same for folders.</param>
internal sealed record TrashedFolder(CatalogFolder Folder, long Files, long Folders);

/// <summary>Lists the entries of a folder, and the folders in the trash.</summary>
internal sealed class FolderLists(IFolderCatalog catalog, FileStore files)
{
    /// <summary>The largest number that the trash shows of a folder's files, and of its folders.</summary>
    public const int MaxCounted = 1000;

    /// <summary>The query of the folders in the trash, the latest deletion first.</summary>
    public static ListQuery Trash(string owner, int limit, ListPosition? after) =>
        new(owner, InTrash: true, FileSort.DeletedAt, Descending: true, limit, after, new ListFilter());

    /// <summary>One page of the entries of a folder: folders first, then files.</summary>
    /// <param name="query">The list, whose folder is set. A list by size sorts folders by name.</param>
    /// <param name="from">The place at which the page begins.</param>
    /// <param name="cancellation">Ends the reading.</param>
    public async Task<EntryPage> ListAsync(ListQuery query, EntryPosition from, CancellationToken cancellation)
    {
        var entries = new List<FolderEntry>();
        if (from.Kind == EntryKind.Folder && MayMatchFolders(query.Filter))
        {
            var first = query with { After = from.After };
            var page = await files.TakeTurnsAsync(query.Owner, query.Filter, () => catalog.ListFoldersAsync(first, cancellation), cancellation);
            entries.AddRange(page.Folders.Select(folder => new FolderEntry(folder, File: null)));
            if (page.Next is { } more)
                return new EntryPage(entries, new EntryPosition(EntryKind.Folder, more));
        }
        if (entries.Count == query.Limit)
            return new EntryPage(entries, new EntryPosition(EntryKind.File, After: null));
        var rest = await files.ListAsync(
            query with { Limit = query.Limit - entries.Count, After = from.Kind == EntryKind.File ? from.After : null }, cancellation);
        entries.AddRange(rest.Files.Select(file => new FolderEntry(Folder: null, file)));
        return new EntryPage(entries, rest.Next is { } next ? new EntryPosition(EntryKind.File, next) : null);
    }

    /// <summary>One page of the folders in the trash, the latest deletion first.</summary>
    public async Task<(IReadOnlyList<TrashedFolder> Folders, ListPosition? Next)> ListTrashAsync(
        string owner, int limit, ListPosition? after, CancellationToken cancellation)
    {
        var page = await catalog.ListFoldersAsync(Trash(owner, limit, after), cancellation);
        var counted = new List<TrashedFolder>();
        foreach (var folder in page.Folders)
        {
            var (carriedFiles, carriedFolders) = await catalog.CountCarriedAsync(owner, folder.Id, MaxCounted, cancellation);
            counted.Add(new TrashedFolder(folder, carriedFiles, carriedFolders));
        }
        return (counted, page.Next);
    }

    /// <summary>Whether a folder can match a filter: it has a name and a time of creation, but no type, tags or size.</summary>
    public static bool MayMatchFolders(ListFilter filter) => filter is { Type: null, Tags: null or { Count: 0 }, MinSize: null, MaxSize: null };
}
