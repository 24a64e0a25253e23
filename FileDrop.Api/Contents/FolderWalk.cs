using FileDrop.Api.Catalog;

namespace FileDrop.Api.Contents;

/// <summary>A place in a walk through everything below a folder.</summary>
/// <param name="Way">
/// The folders from the walk's first one, itself excluded, down to the current one, each as a place between its siblings. So the walk can go on if one of
/// them is gone.
/// </param>
/// <param name="Kind">The kind of the current folder's entries that come next. Files come first.</param>
/// <param name="After">The last entry of this kind before the place; null if there is none.</param>
internal sealed record WalkPosition(IReadOnlyList<ListPosition> Way, EntryKind Kind, ListPosition? After);

/// <summary>A page of a walk.</summary>
/// <param name="Entries">The entries in order. With <paramref name="Next"/> set, the page can still be short or even empty.</param>
/// <param name="Next">The place at which the next page begins; null at the end.</param>
internal sealed record WalkPage(IReadOnlyList<FolderEntry> Entries, WalkPosition? Next);

/// <summary>Walks through everything below a folder, a page at a time, with bounded work for each page.</summary>
/// <remarks>
/// A folder comes before its files, and these before its subfolders, each of which is followed by everything below it. Siblings are in the order of their
/// creation, which never changes. So the walk meets each entry that stays where it is once. It may miss an entry that moves meanwhile, or meet it twice.
/// </remarks>
internal sealed class FolderWalk(IFolderCatalog catalog, FileStore files)
{
    /// <summary>
    /// The most folders from the walk's first one down to another. Folders that were moved with one above them can lie deeper than
    /// <see cref="Place.MaxDepth"/>.
    /// </summary>
    public const int MaxWay = 2 * Place.MaxDepth;

    /// <summary>The most folders whose files one page looks at.</summary>
    private const int MaxFolders = 200;

    /// <summary>The same with a filter, under which each folder can cost as much as a page of a list.</summary>
    private const int MaxFilteredFolders = 50;

    /// <summary>Subfolders that are read at once.</summary>
    private const int Batch = 100;

    /// <summary>One page of a walk.</summary>
    /// <param name="query">The owner, the limit and the filter.</param>
    /// <param name="first">The folder whose entries, and everything below, the walk meets.</param>
    /// <param name="from">The place at which the page begins; null for the start.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <exception cref="RefusedException">A folder lies more than <see cref="MaxWay"/> levels below the first one.</exception>
    public async Task<WalkPage> ListAsync(ListQuery query, Guid first, WalkPosition? from, CancellationToken cancellation)
    {
        var levels = await ResumeAsync(query.Owner, first, from, cancellation);
        var entries = new List<FolderEntry>();
        var left = query.Filter.IsEmpty ? MaxFolders : MaxFilteredFolders;
        while (levels.Count > 0 && left > 0 && entries.Count < query.Limit)
        {
            var level = levels[^1];
            if (level.Kind == EntryKind.File)
            {
                left--;
                var page = await files.ListAsync(
                    query with
                    {
                        Folder = level.Folder,
                        Sort = FileSort.CreatedAt,
                        Descending = false,
                        Limit = query.Limit - entries.Count,
                        After = level.After,
                    },
                    cancellation);
                entries.AddRange(page.Files.Select(file => new FolderEntry(Folder: null, file)));
                level.After = page.Next;
                if (page.Next is not null)
                    break;
                level.Kind = EntryKind.Folder;
            }
            else if (await NextAsync(query.Owner, level, cancellation) is not { } folder)
            {
                levels.RemoveAt(levels.Count - 1);
            }
            else if (levels.Count > MaxWay)
            {
                throw new RefusedException(new Refusal(
                    RefusalCode.TooDeep, $"A folder lies more than {MaxWay} levels below the one that you list. List the folders below it on their own."));
            }
            else
            {
                level.After = PositionOf(folder);
                levels.Add(new Level(folder.Id));
                if (Matches(folder, query.Filter))
                    entries.Add(new FolderEntry(folder, File: null));
            }
        }
        return new WalkPage(entries, levels is [.. var above, var last]
            ? new WalkPosition([.. above.Select(level => level.After).OfType<ListPosition>()], last.Kind, last.After)
            : null);
    }

    /// <summary>Finds the folders again that a place leads through. Where one is not there any more, the walk goes on behind it.</summary>
    private async Task<List<Level>> ResumeAsync(string owner, Guid first, WalkPosition? from, CancellationToken cancellation)
    {
        List<Level> levels = [new Level(first)];
        if (from is null)
            return levels;
        foreach (var step in from.Way)
        {
            var parent = levels[^1];
            (parent.Kind, parent.After) = (EntryKind.Folder, step);
            if ((await catalog.FindFolderAsync(owner, step.Id, cancellation))?.Parent != parent.Folder)
                return levels;
            levels.Add(new Level(step.Id));
        }
        (levels[^1].Kind, levels[^1].After) = (from.Kind, from.After);
        return levels;
    }

    /// <summary>The next subfolder; null if there is none.</summary>
    private async Task<CatalogFolder?> NextAsync(string owner, Level level, CancellationToken cancellation)
    {
        if (level.Ahead.Count == 0 && !level.IsRead)
        {
            var page = await catalog.ListFoldersAsync(
                new ListQuery(owner, InTrash: false, FileSort.CreatedAt, Descending: false, Batch, level.After, new ListFilter()) { Folder = level.Folder },
                cancellation);
            level.IsRead = page.Next is null;
            foreach (var folder in page.Folders)
                level.Ahead.Enqueue(folder);
        }
        return level.Ahead.TryDequeue(out var next) ? next : null;
    }

    private static ListPosition PositionOf(CatalogFolder folder) => new(folder.CreatedAt.ToUnixTimeMilliseconds(), Name: null, folder.Id);

    /// <summary>Whether a folder matches a filter, as in a list of one folder.</summary>
    private static bool Matches(CatalogFolder folder, ListFilter filter)
    {
        if (!FolderLists.MayMatchFolders(filter) || folder.CreatedAt <= filter.CreatedAfter || folder.CreatedAt >= filter.CreatedBefore)
            return false;
        var (key, folded) = (NameKey.Of(folder.Name), SearchText.Fold(folder.Name));
        return filter.NameKeyParts?.All(part => key.Contains(part, StringComparison.Ordinal)) is not false
            && filter.Words?.All(word => folded.Contains(word, StringComparison.Ordinal)) is not false;
    }

    /// <summary>A folder on the way, and how far the walk has come in it.</summary>
    private sealed class Level(Guid folder)
    {
        public Guid Folder { get; } = folder;

        public EntryKind Kind { get; set; } = EntryKind.File;

        public ListPosition? After { get; set; }

        /// <summary>Subfolders that were read and come next.</summary>
        public Queue<CatalogFolder> Ahead { get; } = new();

        /// <summary>Whether no subfolders come after those in <see cref="Ahead"/>.</summary>
        public bool IsRead { get; set; }
    }
}
