using System.Text;

namespace FileDrop.Api.Catalog;

/// <summary>The sort keys of a list. Every order is total: the file's id breaks ties, in the same direction.</summary>
public enum FileSort
{
    CreatedAt,
    UpdatedAt,
    FileName,
    FileSize,

    /// <summary>Valid only for lists of the trash.</summary>
    DeletedAt,
}

/// <summary>The end of a page in a sorted list: the sort key and the id of the last examined entry.</summary>
/// <param name="Number">The key of a numeric sort: bytes, or milliseconds since 1970 UTC.</param>
/// <param name="Name">The key of a sort by name, as <see cref="NameKey.Of"/> makes it; null for the others.</param>
/// <param name="Id">The file's id.</param>
public sealed record ListPosition(long Number, string? Name, Guid Id);

/// <summary>The conditions on a page's files, which must all hold.</summary>
/// <param name="NameKeyParts">Keys made by <see cref="NameKey.Of"/> that the name's key must contain.</param>
/// <param name="Words">Words made by <see cref="SearchText.Words"/>, each of which the name or a tag (as <c>key:value</c>) must contain.</param>
/// <param name="Type">A media type in lower case without parameters, or its first half with <c>/*</c>.</param>
/// <param name="Tags">Tags that the file must have, with these values.</param>
/// <param name="CreatedAfter">Exclusive, in whole milliseconds.</param>
/// <param name="CreatedBefore">Exclusive, in whole milliseconds.</param>
/// <param name="MinSize">In bytes, inclusive.</param>
/// <param name="MaxSize">In bytes, inclusive.</param>
/// <param name="IsLoose">Whether the file must be in no folder.</param>
public sealed record ListFilter(
    IReadOnlyList<string>? NameKeyParts = null,
    IReadOnlyList<string>? Words = null,
    string? Type = null,
    IReadOnlyList<KeyValuePair<string, string>>? Tags = null,
    DateTimeOffset? CreatedAfter = null,
    DateTimeOffset? CreatedBefore = null,
    long? MinSize = null,
    long? MaxSize = null,
    bool IsLoose = false)
{
    /// <summary>The tags to look for, without duplicates.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> DistinctTags => Tags is { Count: > 1 } ? [.. Tags.Distinct()] : Tags ?? [];

    /// <summary>Whether every file matches.</summary>
    public bool IsEmpty => this is
    {
        NameKeyParts: null or { Count: 0 }, Words: null or { Count: 0 }, Type: null, Tags: null or { Count: 0 },
        CreatedAfter: null, CreatedBefore: null, MinSize: null, MaxSize: null, IsLoose: false,
    };
}

/// <summary>A request for one page of an owner's files, live or in the trash.</summary>
/// <param name="Owner">The owner of the files.</param>
/// <param name="InTrash">Whether to list the trash instead of the live files.</param>
/// <param name="Sort">The sort key.</param>
/// <param name="Descending">Whether the largest or newest come first.</param>
/// <param name="Limit">The maximum number of files, 1 to 1,000.</param>
/// <param name="After">The position after which the page begins; null for the start.</param>
/// <param name="Filter">The conditions on the files.</param>
public sealed record ListQuery(string Owner, bool InTrash, FileSort Sort, bool Descending, int Limit, ListPosition? After, ListFilter Filter)
{
    /// <summary>The folder whose live files to list; null lists the files of all folders and the loose ones.</summary>
    public Guid? Folder { get; init; }

    /// <summary>The most entries that a filtered page examines before it ends early.</summary>
    public const int MaxExamined = 10_000;

    /// <summary>The most characters that the tags and WebDAV's properties of a page's entries may have before the page ends early.</summary>
    public const int MaxWeight = 2 << 20;

    /// <summary>The most entries that this page examines. Each tag to look for costs as much as an entry.</summary>
    public int Examined => MaxExamined / Math.Max(1, Filter.DistinctTags.Count);

    /// <summary>The characters that a file's tags and properties add to its page.</summary>
    public static long WeightOf(CatalogFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        return file.Tags.Sum(tag => (long)tag.Key.Length + tag.Value.Length) + file.Dav.Properties.Sum(each => (long)each.Xml.Length);
    }

    /// <summary>The characters that a folder's properties add to its page.</summary>
    public static long WeightOf(CatalogFolder folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        return folder.Dav.Properties.Sum(each => (long)each.Xml.Length);
    }
}

/// <summary>A page, complete in memory, so that nothing in the catalog stays open while it is sent.</summary>
/// <param name="Files">The files in order. With <paramref name="Next"/> set, the page can still be short or even empty.</param>
/// <param name="Next">The position after which the next page begins; null at the end.</param>
public sealed record CatalogPage(IReadOnlyList<CatalogFile> Files, ListPosition? Next);

/// <summary>The stored key for sorting and matching names, the same in every catalog.</summary>
public static class NameKey
{
    /// <summary>Makes the key: upper case by the invariant culture, in NFC. Keys compare by their UTF-8 bytes.</summary>
    public static string Of(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return Normalize(name.ToUpperInvariant());
    }

    /// <summary>Normalizes any valid UTF-16 to NFC.</summary>
    public static string Normalize(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        // string.Normalize refuses U+FFFE, a noncharacter that composes with nothing, so normalize the pieces between.
        return text.Contains('\uFFFE', StringComparison.Ordinal)
            ? string.Join('\uFFFE', text.Split('\uFFFE').Select(piece => piece.Normalize(NormalizationForm.FormC)))
            : text.Normalize(NormalizationForm.FormC);
    }
}
