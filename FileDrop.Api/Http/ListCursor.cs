using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using System.IO.Hashing;
using System.Text;
using FileDrop.Api.Catalog;
using FileDrop.Api.Text;

namespace FileDrop.Api.Http;

/// <summary>A cursor, which leads to the next page of a list.</summary>
/// <param name="List">The fingerprint of the list that issued it.</param>
/// <param name="Place">The place in the list.</param>
internal readonly record struct ListCursor(ulong List, ReadOnlyMemory<byte> Place)
{
    /// <summary>The bytes of a position without a name.</summary>
    public const int PositionLength = 24;

    private const int FingerprintLength = 8;

    /// <summary>Binds a cursor to everything that decides which entries a walk visits and in which order, but not to the limit or the owner.</summary>
    /// <param name="list">The list.</param>
    /// <param name="part">A list of several parts: the part that the cursor's place lies in.</param>
    public static ulong Fingerprint(ListQuery list, string part = "")
    {
        var (filter, text) = (list.Filter, new StringBuilder());
        text.Append(CultureInfo.InvariantCulture, $"{list.InTrash} {list.Sort} {list.Descending} {filter.MinSize} {filter.MaxSize} {(filter.IsLoose ? "loose " : "")}");
        text.Append(CultureInfo.InvariantCulture, $"{filter.CreatedAfter?.ToUnixTimeMilliseconds()} {filter.CreatedBefore?.ToUnixTimeMilliseconds()} ");
        text.AppendJoin('\0', filter.NameKeyParts ?? []).Append('\0').Append(filter.Type).Append('\0');
        foreach (var tag in filter.Tags ?? [])
            text.Append(tag.Key).Append(':').Append(tag.Value).Append('\0');
        foreach (var word in filter.Words ?? [])
            text.Append(' ').Append(word).Append('\0');
        text.Append(list.Folder?.ToString()).Append(part);
        return XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(text.ToString()));
    }

    /// <summary>Writes a cursor.</summary>
    public static string Write(ulong list, ReadOnlySpan<byte> place)
    {
        var cursor = new byte[FingerprintLength + place.Length];
        BinaryPrimitives.WriteUInt64BigEndian(cursor, list);
        place.CopyTo(cursor.AsSpan(FingerprintLength));
        return Base64Url.EncodeToString(cursor);
    }

    /// <summary>Reads a cursor.</summary>
    /// <exception cref="ProblemException">No list issued it.</exception>
    public static ListCursor Read(string text) => Base64UrlText.TryDecode(text, out var cursor) && cursor.Length >= FingerprintLength
        ? new ListCursor(BinaryPrimitives.ReadUInt64BigEndian(cursor), cursor.AsMemory(FingerprintLength))
        : throw NotIssued();

    /// <summary>Writes a position.</summary>
    public static byte[] WritePosition(ListPosition position)
    {
        var name = Encoding.UTF8.GetBytes(position.Name ?? "");
        var place = new byte[PositionLength + name.Length];
        BinaryPrimitives.WriteInt64BigEndian(place, position.Number);
        position.Id.TryWriteBytes(place.AsSpan(8), bigEndian: true, out _);
        name.CopyTo(place.AsSpan(PositionLength));
        return place;
    }

    /// <summary>Reads a position.</summary>
    /// <param name="place">The position's bytes, and no others.</param>
    /// <param name="byName">Whether it has a name.</param>
    /// <exception cref="ProblemException">No list issued it.</exception>
    public static ListPosition ReadPosition(ReadOnlySpan<byte> place, bool byName) =>
        place.Length >= PositionLength && (byName || place.Length == PositionLength) && UnicodeText.TryDecode(place[PositionLength..], out var name)
            ? new ListPosition(BinaryPrimitives.ReadInt64BigEndian(place), byName ? name : null, new Guid(place.Slice(8, 16), bigEndian: true))
            : throw NotIssued();

    /// <summary>The refusal of a cursor that another list issued.</summary>
    public static ProblemException OfAnotherList() =>
        new(ApiProblem.InvalidCursor("A cursor goes on with the sort, order and filters that it was given for."));

    /// <summary>The refusal of a cursor that no list issued.</summary>
    public static ProblemException NotIssued() => new(ApiProblem.InvalidCursor("This cursor was not issued by this list."));
}
