namespace FileDrop.Api.Blobs.Disk;

/// <summary>What lies under <c>blobs/ab/cd</c>, in the order of the keys.</summary>
/// <remarks>
/// A key's folders are its first digits: the folders in order, and in each its files in order, are all keys in order. Only one
/// folder's names are held at a time, and a page takes up where the last one ended by going straight to its folder.
/// </remarks>
internal static class DiskListing
{
    /// <summary>At most so many blobs behind a key.</summary>
    public static List<StoredBlob> Read(string blobs, BlobKey? after, int limit, CancellationToken cancellation)
    {
        // A disk that is not mounted must not look like one that has lost everything.
        if (!Directory.Exists(blobs))
            throw new DirectoryNotFoundException($"The folder {blobs} is not there.");

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

    /// <summary>A file's size; null: there is none.</summary>
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

    /// <summary>The folders of two digits in which there can be a key behind <paramref name="last"/>.</summary>
    /// <param name="folder">Where they are.</param>
    /// <param name="prefix">The digits that lead to <paramref name="folder"/>.</param>
    /// <param name="last">The last page's end; empty at the first.</param>
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

    /// <summary>Whether a name is a key as we write it, in the folder that is its own, behind the last page's end.</summary>
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
            // Somebody removed an empty folder.
        }

        names.Sort(StringComparer.Ordinal);
        return names;
    }
}
