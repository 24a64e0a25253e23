using System.Text;
using CsCheck;

namespace FileDrop.Api.Tests.Files;

/// <summary>Random names, weighted towards troublesome characters.</summary>
internal static class Generators
{
    /// <summary>Characters with a meaning in a header, a form, a URL, JSON, SQL, a shell or Unicode's rules.</summary>
    private static readonly Rune[] s_special =
    [
        .. "\"'%;=,.:*?<>|&+# ()[]{}$@~^`-_".EnumerateRunes(),
        // Spaces, characters that change with case or composition, invisible ones, direction marks, and the ends of Unicode's areas.
        .. "\u00A0\u00AD\u00DF\u0130\u0131\u017B\u017C\u0301\u0307\u0323\u0338\u1E9E\u212A\u2215\uFB01\uFDFA\uFF0F".EnumerateRunes(),
        .. "\uAC00\u1100\u1161\u11A8\u200D\u200E\u202E\u2028\u2029\uFE0F\uFEFF\uD7FF\uE000\uFFFD\uFFFE\uFFFF".EnumerateRunes(),
        .. "🎉👩\U0001F1F5\U0001D15E\U0002F800\U000E0041\U0001FFFE\U0010FFFF".EnumerateRunes(),
    ];

    public static Gen<Rune> Rune { get; } = Gen.Frequency(
        (6, Gen.Int['a', 'z'].Select(value => new Rune(value))),
        (6, Gen.OneOf(s_special)),
        (2, Gen.Int[0x20, 0x24F].Select(value => new Rune(value))),
        (1, Gen.Int[0x20, 0xD7FF].Select(value => new Rune(value))),
        (1, Gen.Int[0xE000, 0x10FFFF].Select(value => new Rune(value))));

    /// <summary>Allowed names, some of the maximum length.</summary>
    public static Gen<string> Name { get; } = Gen.Frequency(
        (9, Rune.Array[1, 40].Select(Text)),
        (1, Gen.OneOf("a", "ż", "中", "🎉").Select(letter => OfLength(letter, 255)))).Where(IsAllowed);

    /// <summary>A name of this many bytes from one letter, padded with x.</summary>
    public static string OfLength(string letter, int bytes)
    {
        var (count, rest) = Math.DivRem(bytes, Encoding.UTF8.GetByteCount(letter));
        return string.Concat(Enumerable.Repeat(letter, count)) + new string('x', rest);
    }

    /// <summary>The UTF-16 text of some characters.</summary>
    public static string Text(IEnumerable<Rune> runes) => string.Concat(runes.Select(rune => rune.ToString()));

    /// <summary>The rules of a name's last segment, written independently of the service.</summary>
    public static bool IsAllowed(string name) => name is not ("" or "." or "..")
        && !name.Any(character => char.IsControl(character) || character is '/' or '\\')
        && Encoding.UTF8.GetByteCount(Composed(name)) <= 255;

    /// <summary>Normalizes to NFC. The framework refuses U+FFFE, which composes with nothing.</summary>
    public static string Composed(string name) =>
        string.Join('\uFFFE', name.Split('\uFFFE').Select(piece => piece.Normalize(NormalizationForm.FormC)));

    /// <summary>Escapes a counterexample, so that a person can read and type it.</summary>
    public static string Escaped(string text) =>
        string.Concat(text.Select(character => character is > ' ' and < (char)0x7f ? $"{character}" : $"\\u{(int)character:X4}"));
}
