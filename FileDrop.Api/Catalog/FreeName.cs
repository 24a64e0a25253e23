using System.Globalization;
using System.Text;

namespace FileDrop.Api.Catalog;

/// <summary>Makes names beside a taken one.</summary>
internal static class FreeName
{
    private const int MaxBytes = 255;

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
