using System.Text;

namespace FileDrop.Api.Catalog;

/// <summary>What a list can be sorted by. Every order is total: ties are broken by the file's id, in the same direction.</summary>
public enum FileSort
{
    CreatedAt,
    UpdatedAt,
    FileName,
    FileSize,

    /// <summary>Only in the trash.</summary>
    DeletedAt,
}

/// <summary>Where in a sorted list a page ended: the sort key and the id of the last entry that was examined.</summary>
/// <param name="Number">The key of a numeric sort: bytes, or milliseconds since 1970 UTC.</param>
/// <param name="Name">The key of a sort by name, as <see cref="NameKey.Of"/> makes it; null for the others.</param>
/// <param name="Id">The file's id.</param>
public sealed record ListPosition(long Number, string? Name, Guid Id);

/// <summary>What a page must match; every member that is set narrows it.</summary>
/// <param name="NameKeyParts">Each is contained in the name's key; made by <see cref="NameKey.Of"/>.</param>
/// <param name="Words">Each is contained in the name or in a tag, written <c>key:value</c>; made by <see cref="SearchText.Words"/>.</param>
/// <param name="Type">A media type without parameters in lower case, or its first half with <c>/*</c>.</param>
/// <param name="Tags">Tags that must all be there, with these values.</param>
/// <param name="CreatedAfter">Exclusive.</param>
/// <param name="CreatedBefore">Exclusive.</param>
/// <param name="MinSize">In bytes, inclusive.</param>
/// <param name="MaxSize">In bytes, inclusive.</param>
public sealed record ListFilter(
    IReadOnlyList<string>? NameKeyParts = null,
    IReadOnlyList<string>? Words = null,
    string? Type = null,
    IReadOnlyList<KeyValuePair<string, string>>? Tags = null,
    DateTimeOffset? CreatedAfter = null,
    DateTimeOffset? CreatedBefore = null,
    long? MinSize = null,
    long? MaxSize = null)
{
    /// <summary>The tags to look for: one that is asked for twice is looked for once.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> DistinctTags => Tags is { Count: > 1 } ? [.. Tags.Distinct()] : Tags ?? [];

    /// <summary>Whether it lets every file through.</summary>
    public bool IsEmpty => this is
    {
        NameKeyParts: null or { Count: 0 }, Words: null or { Count: 0 }, Type: null, Tags: null or { Count: 0 },
        CreatedAfter: null, CreatedBefore: null, MinSize: null, MaxSize: null,
    };
}

/// <summary>One page of an owner's live files, or of those in the trash.</summary>
/// <param name="Owner">Whose files.</param>
/// <param name="InTrash">Those in the trash instead of the live ones.</param>
/// <param name="Sort">The sort key.</param>
/// <param name="Descending">Largest, or newest, first.</param>
/// <param name="Limit">At most so many files, 1 to 1,000.</param>
/// <param name="After">Begin behind this position; null begins at the start.</param>
/// <param name="Filter">What the files must match.</param>
public sealed record ListQuery(string Owner, bool InTrash, FileSort Sort, bool Descending, int Limit, ListPosition? After, ListFilter Filter)
{
    /// <summary>How many entries a filtered page examines at most before it is cut short.</summary>
    public const int MaxExamined = 10_000;

    /// <summary>How many characters the tags of a page's files may have before the page is cut short.</summary>
    public const int MaxWeight = 2 << 20;

    /// <summary>How many entries this page examines at most: each tag that is looked for costs as much as an entry does.</summary>
    public int Examined => MaxExamined / Math.Max(1, Filter.DistinctTags.Count);

    /// <summary>What a file adds to its page's weight.</summary>
    public static long WeightOf(CatalogFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        return file.Tags.Sum(tag => (long)tag.Key.Length + tag.Value.Length);
    }
}

/// <summary>A page, complete in memory: nothing in the catalog stays open while it is sent.</summary>
/// <param name="Files">In order; may be short, even empty, with <paramref name="Next"/> set.</param>
/// <param name="Next">Where the next page begins, or null at the end.</param>
public sealed record CatalogPage(IReadOnlyList<CatalogFile> Files, ListPosition? Next);

/// <summary>The stored key by which names sort and match, the same in every catalog.</summary>
public static class NameKey
{
    /// <summary>Upper-cased by the invariant culture, in NFC. Keys compare by their UTF-8 bytes.</summary>
    public static string Of(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return Normalize(name.ToUpperInvariant());
    }

    /// <summary>Unicode's NFC of any valid UTF-16.</summary>
    public static string Normalize(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        // string.Normalize refuses U+FFFE, a noncharacter that composes with nothing: the pieces between are normalised.
        return text.Contains('\uFFFE', StringComparison.Ordinal)
            ? string.Join('\uFFFE', text.Split('\uFFFE').Select(piece => piece.Normalize(NormalizationForm.FormC)))
            : text.Normalize(NormalizationForm.FormC);
    }
}
