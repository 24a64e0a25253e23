namespace FileDrop.Api.Blobs.Disk;

/// <summary>Lists the files under <c>blobs/ab/cd</c> in the order of the keys.</summary>
/// <remarks>
/// A key's folders are its first digits, so the folders in order, with the files of each in order, give all keys in order. It holds the
/// names of one folder at a time. A page starts in the folder where the last one ended.
/// </remarks>
internal static class DiskListing
{
    /// <summary>Lists at most <paramref name="limit"/> blobs behind a key.</summary>
    public static List<StoredBlob> Read(string blobs, BlobKey? after, int limit, CancellationToken cancellation)
    {
        // A disk that is not mounted must not look like one that lost everything.
        if (!Directory.Exists(blobs))
            throw new DirectoryNotFoundException($"The folder {blobs} does not exist.");

        var last = after?.ToString() ?? "";
        var page = new List<StoredBlob>(limit);
        foreach (var outer in Folders(blobs, "", last))
        {
            foreach (var inner in Folders(Path.Combine(blobs, outer), outer, last))
            {
                cancellation.ThrowIfCancellationRequested();
                var folder = Path.Combine(blobs, outer, inner);
                foreach (var name in Names(folder, Directory.EnumerateFiles, name => IsBehind(name, outer + inner, last)))
                {
                    if (BlobKey.TryParse(name, out var key) && Size(Path.Combine(folder, name)) is { } size)
                        page.Add(new StoredBlob(key, size));
                    if (page.Count == limit)
                        return page;
                }
            }
        }

        return page;
    }

    /// <summary>A file's size in bytes, or null if the file does not exist.</summary>
    public static long? Size(string path)
    {
        try
        {
            return new FileInfo(path).Length;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>The folders of two digits that can contain a key behind <paramref name="last"/>.</summary>
    /// <param name="folder">The folder around them.</param>
    /// <param name="prefix">The digits that lead to <paramref name="folder"/>.</param>
    /// <param name="last">The end of the last page; empty for the first one.</param>
    private static List<string> Folders(string folder, string prefix, string last)
    {
        return Names(folder, Directory.EnumerateDirectories, IsAhead);

        bool IsAhead(string name)
        {
            var digits = prefix + name;
            return name.Length == 2 && name.All(char.IsAsciiHexDigitLower)
                && (last.Length == 0 || string.CompareOrdinal(digits, last[..digits.Length]) >= 0);
        }
    }

    /// <summary>Whether a name is a key as FileDrop writes it, lies in its own folder, and comes behind the end of the last page.</summary>
    private static bool IsBehind(string name, string digits, string last) =>
        name.StartsWith(digits, StringComparison.Ordinal)
        && string.CompareOrdinal(name, last) > 0
        && BlobKey.TryParse(name, out var key)
        && string.Equals(key.ToString(), name, StringComparison.Ordinal);

    private static List<string> Names(string folder, Func<string, IEnumerable<string>> enumerate, Func<string, bool> wanted)
    {
        List<string> names = [];
        try
        {
            names.AddRange(enumerate(folder).Select(path => Path.GetFileName(path)).Where(wanted));
        }
        catch (DirectoryNotFoundException) when (names.Count == 0)
        {
            // Another program removed an empty folder.
        }

        names.Sort(StringComparer.Ordinal);
        return names;
    }
}
