using System.Buffers;
using System.Collections.Frozen;
using System.Globalization;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text;
using FileDrop.Api.Text;

namespace FileDrop.Api.Zip;

/// <summary>
/// The names in an archive. Every system can extract them, none leads out of the folder in which it is extracted, and no two of a folder
/// overwrite each other.
/// </summary>
/// <remarks>
/// Windows' rules are the narrowest ("Naming Files, Paths, and Namespaces"), so each name obeys them. Names are compared as Windows and
/// macOS do, without case and normalization: <c>A</c> and <c>a</c> are the same, and so are <c>ß</c> and <c>ss</c>. Ligatures are letters
/// of their own.
/// </remarks>
internal sealed class ZipNames
{
    /// <summary>
    /// In bytes of UTF-8, as on the usual file systems of Linux and macOS. Windows allows 255 units of UTF-16, and no text has more of them
    /// than bytes.
    /// </summary>
    public const int MaxBytes = 255;

    /// <summary>In characters. A longer end of a name is not an extension.</summary>
    private const int MaxExtension = 16;

    /// <summary>Room for the longest usual number, <c> (999999)</c>.</summary>
    private const int NumberSize = 9;

    /// <summary>Windows' characters, and U+FFFE, which is no character and cannot be normalized.</summary>
    private static readonly SearchValues<char> s_forbidden = SearchValues.Create("<>:\"|?*\\/\uFFFE");

    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> s_devices =
        "0123456789¹²³".SelectMany(number => new[] { $"COM{number}", $"LPT{number}" })
            .Concat(["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$"])
            .ToFrozenSet(StringComparer.OrdinalIgnoreCase).GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>The hashes of the names that are taken, and for a name that had to be numbered, its next number.</summary>
    private readonly Dictionary<UInt128, int> _taken = [];

    /// <summary>Makes a safe name that no earlier entry of the folder has: the second <c>a.txt</c> is <c>a (2).txt</c>.</summary>
    /// <param name="folder">Any number that stands for the folder.</param>
    /// <param name="name">Any text.</param>
    /// <param name="isFolder">Whether the name is a folder's, which has no extension.</param>
    public string Take(int folder, string name, bool isFolder)
    {
        var safe = Safe(name);
        if (_taken.TryAdd(Key(folder, safe), 0))
            return safe;
        var (stem, extension) = Split(safe, isFolder);
        // The count goes on for all names that would be numbered alike, so that no order of names makes it start over again and again.
        var counter = Key(folder, $"{stem}/{extension}");
        for (var number = _taken.GetValueOrDefault(counter, 2); ; number++)
        {
            var numbered = string.Create(CultureInfo.InvariantCulture, $"{stem} ({number}){extension}");
            if (!_taken.TryAdd(Key(folder, numbered), 0))
                continue;
            _taken[counter] = number + 1;
            return numbered;
        }
    }

    /// <summary>
    /// Makes a name of one segment that every system takes, with 1 to <see cref="MaxBytes"/> bytes. A character that is not allowed becomes
    /// <c>_</c>; the name of a device gets a <c>_</c> in front.
    /// </summary>
    /// <param name="name">Any text, even none.</param>
    public static string Safe(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        char[]? changed = null;
        for (var i = 0; i < name.Length; i++)
        {
            if (char.IsSurrogatePair(name, i))
                i++;
            else if (s_forbidden.Contains(name[i]) || char.IsControl(name[i]) || char.IsSurrogate(name[i]))
                (changed ??= name.ToCharArray())[i] = '_';
        }
        var safe = changed is null ? name : new string(changed);
        safe = UnicodeText.Cut(IsDevice(safe) ? $"_{safe}" : safe, MaxBytes);
        // Windows drops dots and spaces at the end. The segments "." and ".." consist of nothing else.
        return safe.TrimEnd('.', ' ').PadRight(Math.Max(1, safe.Length), '_');
    }

    /// <summary>Whether Windows takes the name for a device: extensions, and spaces before them, make no difference.</summary>
    private static bool IsDevice(string name)
    {
        var dot = name.IndexOf('.', StringComparison.Ordinal);
        return s_devices.Contains(name.AsSpan(0, dot < 0 ? name.Length : dot).TrimEnd(' '));
    }

    /// <summary>Divides a name into the part before its number and the extension behind it.</summary>
    private static (string Stem, string Extension) Split(string name, bool isFolder)
    {
        var dot = isFolder ? -1 : name.LastIndexOf('.');
        var extension = dot > 0 && name.Length - dot - 1 <= MaxExtension && !name.AsSpan(dot).Contains(' ') ? name[dot..] : "";
        return (UnicodeText.Cut(name[..^extension.Length], MaxBytes - NumberSize - Encoding.UTF8.GetByteCount(extension)), extension);
    }

    /// <summary>Equal for names that some system takes for the same. Should others be equal too, one of them gets a needless number.</summary>
    private static UInt128 Key(int folder, string name) => XxHash128.HashToUInt128(MemoryMarshal.AsBytes(Fold(name).AsSpan()), folder);

    /// <summary>Decomposes first, since some letters have no upper case unless they are decomposed: U+01F0.</summary>
    private static string Fold(string name) => name.Normalize(NormalizationForm.FormD).ToLowerInvariant().ToUpperInvariant()
        .Replace("ß", "SS", StringComparison.Ordinal).Normalize(NormalizationForm.FormD);
}
