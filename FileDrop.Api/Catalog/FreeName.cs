using System.Globalization;
using System.Text;

namespace FileDrop.Api.Catalog;

/// <summary>Makes names beside a taken one.</summary>
internal static class FreeName
{
    /// <summary>The largest number, after which a name stays taken.</summary>
    public const int MaxNumber = 99;

    private const int MaxBytes = 255;

    /// <summary>Whether a name is another one with a number behind it.</summary>
    public static bool IsNumbered(string name, string numbered, EntryKind kind) =>
        Enumerable.Range(2, MaxNumber - 1).Any(number => string.Equals(Numbered(name, number, kind), numbered, StringComparison.Ordinal));

    /// <summary>Puts a number behind a name, before a file's extension: <c>report (2).pdf</c>. A long name is cut, so that it stays a name.</summary>
    public static string Numbered(string name, int number, EntryKind kind)
    {
        // A name that begins with its only dot has no extension.
        var dot = kind == EntryKind.File ? name.LastIndexOf('.') : -1;
        var (stem, extension) = dot > 0 ? (name[..dot], name[dot..]) : (name, "");
        var suffix = string.Create(CultureInfo.InvariantCulture, $" ({number})");
        if (Encoding.UTF8.GetByteCount(extension) + suffix.Length >= MaxBytes)
            (stem, extension) = (name, "");
        while (Encoding.UTF8.GetByteCount(stem) + suffix.Length + Encoding.UTF8.GetByteCount(extension) > MaxBytes)
            stem = stem[..^(stem.Length > 1 && char.IsLowSurrogate(stem[^1]) ? 2 : 1)];
        return stem + suffix + extension;
    }
}
