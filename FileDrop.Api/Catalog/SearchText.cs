using System.Text;

namespace FileDrop.Api.Catalog;

/// <summary>How a search for words compares text, the same in every catalog: without regard to case and accents.</summary>
/// <remarks>
/// A letter is compared by its base: its canonical decomposition (Unicode, UAX #15) without the combining marks, in upper case. Some letters
/// with a stroke have no decomposition, though people type them without it. One character stays one character or goes, so that a server can
/// search by a pattern that names all characters of the same base. .NET's CompareInfo ignores accents too, but gives no such pattern.
/// </remarks>
internal static class SearchText
{
    /// <summary>How many words a search may have.</summary>
    public const int MaxWords = 16;

    private const char Dropped = '\0';

    private static readonly Lazy<(char[] Bases, ILookup<char, char> Letters)> Table = new(() =>
    {
        var bases = new char[char.MaxValue + 1];
        for (var i = 0; i < bases.Length; i++)
            bases[i] = BaseOf((char)i);
        return (bases, Enumerable.Range(1, char.MaxValue).Select(i => (char)i).ToLookup(letter => bases[letter]));
    });

    /// <summary>The words of a search, each as it is compared; at most <see cref="MaxWords"/> are expected.</summary>
    public static IReadOnlyList<string> Words(string search) =>
        [.. search.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Select(Fold).Where(word => word.Length > 0).Distinct(StringComparer.Ordinal)];

    /// <summary>A text as it is compared.</summary>
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

    /// <summary>A regular expression (PCRE, UTF) that matches where a word of a search is contained.</summary>
    /// <param name="word">As <see cref="Words"/> gives it.</param>
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
        // string.Normalize refuses surrogates on their own, and the noncharacters.
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
