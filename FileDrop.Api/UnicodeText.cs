using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Unicode;
using Microsoft.AspNetCore.WebUtilities;

namespace FileDrop.Api;

/// <summary>Text that may come from anybody: whether it is text at all, and how a log shows it.</summary>
internal static class UnicodeText
{
    /// <summary>False: the text has half a surrogate pair, which JSON can spell and UTF-8 cannot.</summary>
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

    /// <summary>Reads UTF-8; false: the bytes are not UTF-8. Nothing is replaced, so two different byte strings never become one text.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> utf8, [NotNullWhen(true)] out string? text)
    {
        text = Utf8.IsValid(utf8) ? Encoding.UTF8.GetString(utf8) : null;
        return text is not null;
    }

    /// <summary>
    /// Whether all values of a query's parameter are UTF-8 behind their escapes. The framework leaves other escapes as they are, so that
    /// <c>%E9</c> and <c>%25E9</c> would be one text.
    /// </summary>
    public static bool IsUtf8(QueryString query, string parameter)
    {
        foreach (var pair in new QueryStringEnumerable(query.Value))
        {
            if (!pair.DecodeName().Span.Equals(parameter, StringComparison.OrdinalIgnoreCase))
                continue;
            var bytes = Encoding.UTF8.GetBytes(pair.EncodedValue.ToString());
            if (!Utf8.IsValid(WebUtility.UrlDecodeToBytes(bytes, 0, bytes.Length)))
                return false;
        }
        return true;
    }

    /// <summary>
    /// A value as a log shows it: characters that end a line, steer a terminal, turn the direction or are invisible stand as <c>\uXXXX</c>.
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
