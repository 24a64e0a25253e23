using System.Buffers.Binary;
using System.Globalization;
using FileDrop.Api.Catalog;

namespace FileDrop.Bench;

/// <summary>
/// Files of a catalog, each made only from its number. By creation they are in the order of their numbers. By every other sort
/// key they are in an unrelated order, so that a page's entries lie all over the catalog.
/// </summary>
/// <param name="count">Their number.</param>
/// <param name="folder">The number of the folder that they are in, from 1 to 100; 0 leaves them loose.</param>
internal sealed class SampleCatalog(int count, byte folder = 0)
{
    /// <summary>The owner that a service without access configuration serves.</summary>
    public const string Owner = "local";

    /// <summary>A part of only the oldest file's name.</summary>
    public const string RareWord = "needle";

    /// <summary>This many files share a size, so that ties are common.</summary>
    private const int Sizes = 1_000;

    private const long Begin = 1_700_000_000_000;
    private const long Step = 30_000;

    public int Count => count;

    /// <summary>The folder, which is in the root; null if the files are loose.</summary>
    public FolderDocument? Folder => folder == 0 ? null : new FolderDocument
    {
        Owner = Owner,
        Id = Id(folder, DateTimeOffset.FromUnixTimeMilliseconds(Begin), 0),
        State = FileState.Live,
        Name = $"Folder {folder}",
        Place = new Place(Place.Root, 1, Id(folder, DateTimeOffset.FromUnixTimeMilliseconds(Begin), byte.MaxValue)),
        Version = 1,
        CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(Begin),
        UpdatedAt = DateTimeOffset.FromUnixTimeMilliseconds(Begin),
    };

    /// <summary>The claim of the folder's name; the names of the files are not claimed, which no list and no change of the folder looks at.</summary>
    public NameClaim? Claim => Folder is { Name: { } name, Place.Claim: { } operation } known
        ? new NameClaim(EntryKey.Of(Place.Root, name), EntryKind.Folder, known.Id, operation, 0, known.CreatedAt)
        : null;

    public IEnumerable<CatalogFile> Files => Enumerable.Range(0, count).Select(File);

    /// <summary>The place behind the file with this many files before it in an ascending list; among equal files, one of them.</summary>
    public ListPosition PositionAt(FileSort sort, int rank)
    {
        var number = sort == FileSort.CreatedAt ? rank : Enumerable.Range(0, count).First(i => Rank(i, sort) == rank);
        var file = File(number);
        return sort switch
        {
            FileSort.CreatedAt => new ListPosition(file.CreatedAt.ToUnixTimeMilliseconds(), null, file.Id),
            FileSort.UpdatedAt => new ListPosition(file.UpdatedAt.ToUnixTimeMilliseconds(), null, file.Id),
            FileSort.FileName => new ListPosition(0, NameKey.Of(file.Name), file.Id),
            _ => new ListPosition(file.Content.Size, null, file.Id),
        };
    }

    /// <summary>The number of the file that a position by creation names.</summary>
    public static int NumberOf(ListPosition created) => (int)((created.Number - Begin) / Step);

    private CatalogFile File(int number)
    {
        var created = DateTimeOffset.FromUnixTimeMilliseconds(Begin + (number * Step));
        var updated = DateTimeOffset.FromUnixTimeMilliseconds(Begin + ((count + (long)Rank(number, FileSort.UpdatedAt)) * Step));
        var size = Rank(number, FileSort.FileSize) * (long)Sizes / count * 4096;
        var name = string.Create(CultureInfo.InvariantCulture, $"Report {Rank(number, FileSort.FileName):D8}{(number == 0 ? $" {RareWord}" : "")}.pdf");
        var content = new FileContent(Id(number, created, (byte)((2 * folder) + 2)), size, "application/pdf", Digest(number), number, 1, created);
        var tags = new Dictionary<string, string>(StringComparer.Ordinal) { ["project"] = $"p{number % 100}" };
        return new CatalogFile(Id(number, created, (byte)((2 * folder) + 1)), Owner, name, tags, 1, created, updated, content)
        {
            Place = Folder is { } known ? new Place(known.Id, 0, null) : Place.Loose,
        };
    }

    /// <summary>A prime times the number, modulo a count that the prime does not divide, gives every rank once.</summary>
    private int Rank(int number, FileSort sort) => (int)(number * sort switch
    {
        FileSort.UpdatedAt => 15_485_863L,
        FileSort.FileName => 32_452_843L,
        FileSort.FileSize => 49_979_687L,
        _ => 1L,
    } % count);

    /// <summary>A UUIDv7 of the file's time.</summary>
    private static Guid Id(int number, DateTimeOffset time, byte kind)
    {
        Span<byte> id = stackalloc byte[16];
        BinaryPrimitives.WriteInt64BigEndian(id, time.ToUnixTimeMilliseconds() << 16);
        (id[6], id[8], id[9]) = (0x70, 0x80, kind);
        BinaryPrimitives.WriteInt32BigEndian(id[12..], number);
        return new Guid(id, bigEndian: true);
    }

    private static string Digest(int number) => string.Create(CultureInfo.InvariantCulture, $"{number:x64}");
}
