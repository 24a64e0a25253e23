using System.Text;

namespace FileDrop.Api.Catalog;

/// <summary>The comparison of text in a search for words, which ignores case and accents and is the same in every catalog.</summary>
/// <remarks>
/// A letter is compared by its base: its canonical decomposition (Unicode, UAX #15) without the combining marks, in upper case. Letters with a stroke, which
/// people often type without it, have no decomposition and are mapped here. Each character becomes one character or none, so that a server can search by a
/// pattern that names all characters of the same base. .NET's CompareInfo ignores accents too, but gives no such pattern.
/// </remarks>
internal static class SearchText
{
    /// <summary>The most words of a search.</summary>
    public const int MaxWords = 16;

    private const char Dropped = '\0';

    private static readonly Lazy<(char[] Bases, ILookup<char, char> Letters)> Table = new(() =>
    {
        var bases = new char[char.MaxValue + 1];
        for (var i = 0; i < bases.Length; i++)
            bases[i] = BaseOf((char)i);
        return (bases, Enumerable.Range(1, char.MaxValue).Select(i => (char)i).ToLookup(letter => bases[letter]));
    });

    /// <summary>Splits a search into folded words; callers allow at most <see cref="MaxWords"/>.</summary>
    public static IReadOnlyList<string> Words(string search) =>
        [.. search.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Select(Fold).Where(word => word.Length > 0).Distinct(StringComparer.Ordinal)];

    /// <summary>Folds a text for comparison.</summary>
    public static string Fold(string text)
    {
        var bases = Table.Value.Bases;
        return string.Create(text.Count(letter => bases[letter] != Dropped), (text, bases), static (folded, state) =>
        {
            var at = 0;
            foreach (var letter in state.text)
            {
                if (state.bases[letter] is not Dropped and var kept)
                    folded[at++] = kept;
            }
        });
    }

    /// <summary>Makes a regular expression (PCRE, UTF) that matches texts that contain a word of a search.</summary>
    /// <param name="word">A word from <see cref="Words"/>.</param>
    public static string Pattern(string word)
    {
        var letters = Table.Value.Letters;
        var pattern = new StringBuilder();
        foreach (var letter in word)
        {
            var same = letters[letter].ToArray();
            if (char.IsSurrogate(letter))
                pattern.Append(letter);
            else if (same.Length > 1)
                pattern.Append('[').AppendJoin("", same).Append("][\u0300-\u036F]*");
            else if (char.IsAsciiLetterOrDigit(letter) || letter >= 0x80)
                pattern.Append(letter);
            else
                pattern.Append('\\').Append(letter);
        }
        return pattern.ToString();
    }

    private static char BaseOf(char letter)
    {
        if (WithoutStroke(letter) is { } plain)
            return plain;
        // string.Normalize refuses lone surrogates and noncharacters.
        if (char.IsSurrogate(letter) || letter is >= '\uFDD0' and <= '\uFDEF' or '\uFFFE' or '\uFFFF')
            return letter;
        if (IsMark(letter))
            return Dropped;
        var parts = letter.ToString().Normalize(NormalizationForm.FormD);
        return char.ToUpperInvariant(parts.Skip(1).All(IsMark) ? parts[0] : letter);
    }

    private static char? WithoutStroke(char letter) => letter switch
    {
        'Ł' or 'ł' => 'L',
        'Ø' or 'ø' => 'O',
        'Đ' or 'đ' or 'Ð' or 'ð' => 'D',
        'Ħ' or 'ħ' => 'H',
        'Ŧ' or 'ŧ' => 'T',
        'ı' => 'I',
        _ => null,
    };

    private static bool IsMark(char letter) => letter is >= '\u0300' and <= '\u036F';
}
