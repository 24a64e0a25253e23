namespace FileDrop.Cli.Transfers;

/// <summary>Finds files of this machine.</summary>
internal static class LocalFiles
{
    /// <summary>Finds the files and folders that arguments name. Wildcards are expanded, since not every shell does it.</summary>
    /// <exception cref="ToolException">Nothing fits an argument.</exception>
    public static IReadOnlyList<FileSystemInfo> Expand(Surroundings world, IEnumerable<string> arguments)
    {
        var found = new List<FileSystemInfo>();
        foreach (var argument in arguments)
        {
            var full = world.Local(argument);
            if (Find(full) is { } one)
                found.Add(one);
            else if (Match(full) is { Count: > 0 } fits)
                found.AddRange(fits);
            else
                throw new ToolException(ExitCode.NotFound, $"{argument} does not exist.");
        }
        return found;
    }

    /// <summary>Walks through a folder: each file and folder with the names from the folder down, folders first.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="note">Is told of everything that is left out.</param>
    public static IEnumerable<(IReadOnlyList<string> Names, FileSystemInfo Entry)> Walk(DirectoryInfo folder, Action<string> note) => Walk(folder, [], note);

    private static IEnumerable<(IReadOnlyList<string> Names, FileSystemInfo Entry)> Walk(DirectoryInfo folder, string[] above, Action<string> note)
    {
        foreach (var entry in folder.EnumerateFileSystemInfos().OrderBy(entry => entry.Name, StringComparer.Ordinal))
        {
            string[] names = [.. above, entry.Name];
            if (entry is DirectoryInfo inner)
            {
                // A link may lead back up, and then there would be no end.
                if (inner.LinkTarget is not null)
                {
                    note($"{inner.FullName} is a link to a folder, and is left out.");
                    continue;
                }
                yield return (names, inner);
                foreach (var below in Walk(inner, names, note))
                    yield return below;
            }
            else if (entry.LinkTarget is null || entry.ResolveLinkTarget(returnFinalTarget: true) is FileInfo { Exists: true })
            {
                yield return (names, entry);
            }
            else
            {
                note($"{entry.FullName} is a link to nothing, and is left out.");
            }
        }
    }

    private static FileSystemInfo? Find(string path) =>
        Directory.Exists(path) ? new DirectoryInfo(path) : File.Exists(path) ? new FileInfo(path) : null;

    private static List<FileSystemInfo> Match(string path)
    {
        var root = Path.GetPathRoot(path) ?? "/";
        IEnumerable<FileSystemInfo> fits = [new DirectoryInfo(root)];
        foreach (var name in path[root.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries))
        {
            var pattern = Glob.IsPattern(name) ? new Glob(name) : null;
            fits = fits.OfType<DirectoryInfo>().SelectMany<DirectoryInfo, FileSystemInfo>(above => pattern is null
                ? Find(Path.Combine(above.FullName, name)) is { } one ? [one] : []
                : above.EnumerateFileSystemInfos().Where(entry => pattern.Fits(entry.Name)).OrderBy(entry => entry.Name, StringComparer.Ordinal));
        }
        return [.. fits];
    }
}
