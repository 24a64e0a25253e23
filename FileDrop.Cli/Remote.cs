using System.Net;
using System.Runtime.CompilerServices;
using FileDrop.Client;

namespace FileDrop.Cli;

/// <summary>A file or folder with the path that leads to it.</summary>
internal sealed record RemoteItem(RemotePath Path, DropEntry Entry);

/// <summary>Finds files and folders by paths, ids and wildcards.</summary>
internal static class Remote
{
    private static readonly ListFilter s_byName = new() { Sort = "file_name", Ascending = true };

    /// <summary>Finds the entry at a path.</summary>
    /// <exception cref="ToolException">There is none.</exception>
    public static async Task<RemoteItem> FindAsync(this Session session, RemotePath path, CancellationToken cancellation) =>
        await session.TryFindAsync(path, cancellation) is { } entry
            ? new RemoteItem(path, entry)
            : throw new ToolException(ExitCode.NotFound, $"{path} does not exist.");

    /// <summary>Finds the entry at a path; null if there is none.</summary>
    public static async Task<DropEntry?> TryFindAsync(this Session session, RemotePath path, CancellationToken cancellation)
    {
        try
        {
            return path.Id is { } id
                ? new DropEntry(Folder: null, await session.Client.GetFileAsync(id, cancellation))
                : await session.Client.FindAsync(path.Path, cancellation);
        }
        catch (FileDropException missing) when (missing is { Status: HttpStatusCode.NotFound, Code: not FileDropException.UnknownAnswer })
        {
            return null;
        }
    }

    /// <summary>Finds a folder.</summary>
    /// <exception cref="ToolException">There is none, or it is a file.</exception>
    public static async Task<DropFolder> FindFolderAsync(this Session session, RemotePath path, CancellationToken cancellation) =>
        (await session.FindAsync(path, cancellation)).Entry.Folder ?? throw new ToolException(ExitCode.Conflict, $"{path} is a file, not a folder.");

    /// <summary>Finds a file.</summary>
    /// <exception cref="ToolException">There is none, or it is a folder.</exception>
    public static async Task<DropFile> FindFileAsync(this Session session, RemotePath path, CancellationToken cancellation) =>
        (await session.FindAsync(path, cancellation)).Entry.File ?? throw new ToolException(ExitCode.Conflict, $"{path} is a folder, not a file.");

    /// <summary>Finds everything that arguments name. A name with wildcards is taken as it is if there is such an entry.</summary>
    /// <exception cref="ToolException">Nothing fits an argument.</exception>
    public static async Task<IReadOnlyList<RemoteItem>> ExpandAsync(this Session session, IEnumerable<string> arguments, CancellationToken cancellation)
    {
        var found = new Dictionary<Guid, RemoteItem>();
        foreach (var argument in arguments)
        {
            var path = RemotePath.Parse(argument);
            if (!path.Names.Any(Glob.IsPattern))
            {
                var one = await session.FindAsync(path, cancellation);
                found.TryAdd(one.Entry.Id, one);
                continue;
            }
            if (await session.TryFindAsync(path, cancellation) is { } literal)
            {
                found.TryAdd(literal.Id, new RemoteItem(path, literal));
                continue;
            }
            var before = found.Count;
            await foreach (var item in session.MatchAsync(RemotePath.Root, path.Names, 0, cancellation))
            {
                if (!path.EndsWithSlash || item.Entry.Folder is not null)
                    found.TryAdd(item.Entry.Id, item);
            }
            if (found.Count == before)
                throw new ToolException(ExitCode.NotFound, $"Nothing fits {argument}.");
        }
        return [.. found.Values];
    }

    /// <summary>Walks through everything below a folder. A folder comes before what is in it.</summary>
    public static async IAsyncEnumerable<RemoteItem> WalkAsync(
        this Session session, RemotePath path, Guid folder, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var paths = new Dictionary<Guid, RemotePath> { [folder] = path };
        await foreach (var entry in session.Client.ListEntriesAsync(folder, deep: true, cancellation: cancellation))
        {
            var parent = entry.File is { } file ? file.FolderId : entry.Folder?.ParentId;
            // An entry that moves during the walk may stand below a folder that was not listed.
            if (!paths.TryGetValue(parent ?? DropFolder.Root, out var above))
                continue;
            var item = new RemoteItem(above.In(entry.Name), entry);
            if (entry.Folder is { } inner)
                paths[inner.FolderId] = item.Path;
            yield return item;
        }
    }

    private static async IAsyncEnumerable<RemoteItem> MatchAsync(
        this Session session, RemotePath above, IReadOnlyList<string> names, int level, [EnumeratorCancellation] CancellationToken cancellation)
    {
        // Names without wildcards need no list.
        var start = level;
        while (level < names.Count && !Glob.IsPattern(names[level]))
            level++;
        above = above.Below(names.Skip(start).Take(level - start));
        if (await session.TryFindAsync(above, cancellation) is not { } entry)
            yield break;
        if (level == names.Count)
        {
            yield return new RemoteItem(above, entry);
            yield break;
        }
        if (entry.Folder is not { } folder)
            yield break;
        if (names[level] is "**")
        {
            var rest = Glob.OfPath(names.Skip(level + 1));
            await foreach (var item in session.WalkAsync(above, folder.FolderId, cancellation))
            {
                if (rest.IsMatch(string.Concat(item.Path.Names.Skip(above.Names.Count).Select(name => $"/{name}"))))
                    yield return item;
            }
            yield break;
        }
        var pattern = new Glob(names[level]);
        await foreach (var child in session.Client.ListEntriesAsync(folder.FolderId, filter: s_byName, cancellation: cancellation))
        {
            if (!pattern.Fits(child.Name))
                continue;
            var path = above.In(child.Name);
            if (level == names.Count - 1)
            {
                yield return new RemoteItem(path, child);
                continue;
            }
            if (child.Folder is null)
                continue;
            await foreach (var below in session.MatchAsync(path, names, level + 1, cancellation))
                yield return below;
        }
    }
}
