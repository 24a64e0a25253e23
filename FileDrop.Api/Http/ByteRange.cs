
namespace FileDrop.Api.Http;

/// <summary>The kind of range that a Range field asks for (RFC 9110, section 14).</summary>
internal enum RangeKind
{
    /// <summary>The whole file: the request has no range, several, or one that is malformed or in another unit.</summary>
    Whole,

    /// <summary>One slice of the file.</summary>
    Slice,

    /// <summary>A slice that lies outside the file.</summary>
    Unsatisfiable,
}

/// <summary>One byte range of a file.</summary>
/// <param name="Kind">The kind of range.</param>
/// <param name="Offset">The first byte.</param>
/// <param name="Count">How many bytes.</param>
internal readonly record struct ByteRange(RangeKind Kind, long Offset, long Count)
{
    /// <summary>Reads a Range field for a file of a given size in bytes.</summary>
    /// <remarks>
    /// A range that begins at a position cannot be satisfied by an empty file. The last bytes of an empty file are the whole file.
    /// </remarks>
    public static ByteRange Of(string? field, long size)
    {
        var whole = new ByteRange(RangeKind.Whole, 0, size);
        if (field is null || !field.StartsWith("bytes=", StringComparison.OrdinalIgnoreCase))
            return whole;
        var spec = field.AsSpan("bytes=".Length).Trim(" \t");
        var dash = spec.IndexOf('-');
        if (dash < 0 || spec.Contains(','))
            return whole;
        var first = spec[..dash];
        var last = spec[(dash + 1)..];
        if (first.IsEmpty)
        {
            if (!TryRead(last, out var suffix))
                return whole;
            if (suffix == 0)
                return new ByteRange(RangeKind.Unsatisfiable, 0, 0);
            return size == 0 ? whole : Slice(size - Math.Min(suffix, size), size - 1);
        }
        if (!TryRead(first, out var from))
            return whole;
        var to = long.MaxValue;
        if (!last.IsEmpty && (!TryRead(last, out to) || to < from))
            return whole;
        return from >= size ? new ByteRange(RangeKind.Unsatisfiable, 0, 0) : Slice(from, Math.Min(to, size - 1));
    }

    private static ByteRange Slice(long first, long last) => new(RangeKind.Slice, first, last - first + 1);

    /// <summary>Reads one or more digits. A number beyond 64 bits counts as the largest.</summary>
    private static bool TryRead(ReadOnlySpan<char> digits, out long value)
    {
        value = 0;
        if (digits.IsEmpty || digits.IndexOfAnyExceptInRange('0', '9') >= 0)
            return false;
        if (!long.TryParse(digits, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out value))
            value = long.MaxValue;
        return true;
    }
}
