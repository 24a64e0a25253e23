using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace FileDrop.Api.Text;

/// <summary>Checks and cuts untrusted text, and escapes it for logs.</summary>
internal static class UnicodeText
{
    /// <summary>Whether the text has no half of a surrogate pair, which JSON can express but UTF-8 cannot.</summary>
    /// <remarks>Our own: .NET 10 validates UTF-8, but not UTF-16.</remarks>
    public static bool IsWellFormed(ReadOnlySpan<char> text)
    {
        while (text.IndexOfAnyInRange('\uD800', '\uDFFF') is >= 0 and var at)
        {
            if (at + 1 == text.Length || !char.IsSurrogatePair(text[at], text[at + 1]))
                return false;
            text = text[(at + 2)..];
        }
        return true;
    }

    /// <summary>Decodes UTF-8. False if the bytes are not UTF-8: nothing is replaced, so two different byte strings never become one text.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> utf8, [NotNullWhen(true)] out string? text)
    {
        text = Utf8.IsValid(utf8) ? Encoding.UTF8.GetString(utf8) : null;
        return text is not null;
    }

    /// <summary>The beginning of a text, in whole characters, with at most this many bytes of UTF-8.</summary>
    public static string Cut(string text, int bytes)
    {
        var length = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            bytes -= rune.Utf8SequenceLength;
            if (bytes < 0)
                return text[..length];
            length += rune.Utf16SequenceLength;
        }
        return text;
    }

    /// <summary>
    /// Escapes a value for a log: characters that end a line, control a terminal, change the direction or are invisible become <c>\uXXXX</c>.
    /// </summary>
    public static string Escape(string text)
    {
        if (text.AsSpan().IndexOfAnyExceptInRange(' ', '~') < 0)
            return text;
        var escaped = new StringBuilder(text.Length);
        for (var at = 0; at < text.Length;)
        {
            var isText = Rune.DecodeFromUtf16(text.AsSpan(at), out var rune, out var length) == System.Buffers.OperationStatus.Done;
            if (isText && IsVisible(rune))
                escaped.Append(text, at, length);
            else
                foreach (var unit in text.AsSpan(at, length))
                    escaped.Append(CultureInfo.InvariantCulture, $"\\u{(int)unit:x4}");
            at += length;
        }
        return escaped.ToString();
    }

    private static bool IsVisible(Rune rune) => Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned);
}
