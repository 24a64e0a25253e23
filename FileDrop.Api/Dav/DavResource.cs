using FileDrop.Api.Catalog;
using FileDrop.Api.Contents;
using FileDrop.Api.Http;

namespace FileDrop.Api.Dav;

/// <summary>A path below <c>/dav/</c>, and what is there.</summary>
/// <param name="Names">The names from below the root.</param>
/// <param name="Above">The folders above, from the root on, as far as they exist.</param>
/// <param name="Entry">The entry; null if there is none, and for the folder of loose files.</param>
internal sealed record DavResource(IReadOnlyList<string> Names, IReadOnlyList<CatalogFolder> Above, FolderEntry? Entry)
{
    /// <summary>The name of the folder in which loose files appear, in the root.</summary>
    public const string LooseName = "Unsorted";

    /// <summary>Whether it is the folder of loose files.</summary>
    public bool IsLooseFolder { get; init; }

    /// <summary>Whether it is in the folder of loose files, where nothing can be created.</summary>
    public bool IsLoose { get; init; }

    public bool IsRoot => Names.Count == 0;

    public bool Exists => Entry is not null || IsLooseFolder;

    public bool IsFolder => IsLooseFolder || Entry?.Folder is not null;

    public CatalogFile? File => Entry?.File;

    public CatalogFolder? Folder => Entry?.Folder;

    /// <summary>The last name; empty for the root.</summary>
    public string Name => IsRoot ? "" : Names[^1];

    /// <summary>The folder that it is in or would be in; null if that does not exist.</summary>
    public CatalogFolder? Parent => !IsLoose && !IsLooseFolder && Above.Count == Names.Count && Above is [.., var parent] ? parent : null;

    /// <summary>The entry's own properties and locks.</summary>
    public DavState State => Entry?.File?.Dav ?? Entry?.Folder?.Dav ?? DavState.None;

    /// <summary>Its address.</summary>
    public string Href => HrefOf(Names, IsFolder);

    /// <summary>The locks that cover it, each with the address of the entry that was locked.</summary>
    public IEnumerable<(EntryLock Lock, string Href)> Locks(DateTimeOffset now)
    {
        for (var at = 1; at < Above.Count; at++)
        {
            foreach (var deep in Above[at].Dav.Active(now).Where(each => each.IsDeep))
                yield return (deep, HrefOf([.. Names.Take(at)], isFolder: true));
        }
        foreach (var own in State.Active(now))
            yield return (own, Href);
    }

    /// <summary>Whether it or a folder above it has locks, which may have expired.</summary>
    public bool MayBeLocked => State.Locks.Count > 0 || Above.Any(each => each.Dav.Locks.Count > 0);

    /// <summary>An address of an entry.</summary>
    public static string HrefOf(IEnumerable<string> names, bool isFolder)
    {
        var path = string.Concat(names.Select(name => "/" + Uri.EscapeDataString(name)));
        return $"/{DavAddress.Route}{path}{(isFolder ? "/" : "")}";
    }
}

/// <summary>Finds what is at a path.</summary>
internal sealed class DavResources(FolderStore folders, DriveStore drive)
{
    public async Task<DavResource> FindAsync(string owner, IReadOnlyList<string> names, CancellationToken cancellation)
    {
        var (above, entry) = await folders.WalkAsync(owner, names, cancellation);
        // A folder that somebody has made with this name hides the loose files.
        if (entry is not null || names is not [DavResource.LooseName, ..] || above.Count > 1)
            return new DavResource(names, above, entry);
        if (names.Count == 1)
            return new DavResource(names, above, Entry: null) { IsLooseFolder = true };
        var file = names.Count == 2 ? await drive.FindLooseAsync(owner, names[1], cancellation) : null;
        return new DavResource(names, above, file is null ? null : new FolderEntry(Folder: null, file)) { IsLoose = true };
    }
}
