using System.Text;
using FileDrop.Api.Text;

namespace FileDrop.Api.Http;

/// <summary>
/// The Content-Disposition field of a form's part (RFC 7578, section 4.2), of a request with a raw body, and of a download (RFC 6266).
/// </summary>
/// <remarks>
/// The framework's ContentDispositionHeaderValue does not fit. It replaces bytes that are not UTF-8, so that two names become one. It takes
/// every backslash for an escape, so that a path from an old browser loses its folders.
/// </remarks>
/// <param name="Type">The disposition's type in lower case: <c>form-data</c>, <c>attachment</c>.</param>
/// <param name="Name">The form field's name.</param>
/// <param name="FileName">The file's name, still unchecked; null if the field has none.</param>
/// <param name="IsUnreadable">Whether the only name, in <c>filename*</c>, is malformed or not UTF-8.</param>
internal sealed record ContentDisposition(string Type, string? Name, string? FileName, bool IsUnreadable = false)
{
    /// <summary>RFC 8187's attr-char: the characters that need no escape in an extended value.</summary>
    private const string AttrChars = "!#$&+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    /// <summary>
    /// Reads a field. <c>filename*</c> wins over <c>filename</c>; .NET's clients send both in forms, although RFC 7578 only has the latter.
    /// Returns null if the field is malformed.
    /// </summary>
    /// <param name="field">The value, decoded as UTF-8.</param>
    /// <param name="inForm">Whether the sender escaped as forms do: only <c>%22</c>, <c>%0D</c> and <c>%0A</c> (WHATWG HTML).</param>
    public static ContentDisposition? Parse(string field, bool inForm)
    {
        var at = 0;
        var type = ReadUntil(field, ref at, ';').Trim();
        if (type.Length == 0)
            return null;
        string? name = null, plain = null, extended = null;
        var isExtended = false;
        while (at < field.Length)
        {
            at++;
            var attribute = ReadUntil(field, ref at, '=', ';').Trim();
            if (attribute.Length == 0 && at >= field.Length)
                break;
            if (at >= field.Length || field[at] != '=')
                return null;
            at++;
            if (ReadValue(field, ref at) is not { } value)
                return null;
            switch (attribute.ToLowerInvariant())
            {
                case "name":
                    name ??= inForm ? Unescape(value) : value;
                    break;
                case "filename":
                    plain ??= inForm ? Unescape(value) : value;
                    break;
                case "filename*":
                    isExtended = true;
                    extended ??= Decode(value);
                    break;
                default:
                    break;
            }
        }
        // The plain name is for recipients that cannot read the extended one (RFC 6266, section 4.3).
        return new ContentDisposition(type.ToLowerInvariant(), name, extended ?? plain, isExtended && extended is null && plain is null);
    }

    /// <summary>Writes a download's field: the name in ASCII for old clients, and unchanged.</summary>
    public static string Format(bool inline, string fileName)
    {
        var field = new StringBuilder(inline ? "inline; filename=\"" : "attachment; filename=\"");
        foreach (var rune in fileName.EnumerateRunes())
            field.Append(rune.IsAscii && rune.Value is >= ' ' and not '"' and not '\\' and not '%' and not 0x7f ? (char)rune.Value : '_');
        field.Append("\"; filename*=UTF-8''");
        foreach (var octet in Encoding.UTF8.GetBytes(fileName))
        {
            if (AttrChars.Contains((char)octet, StringComparison.Ordinal))
                field.Append((char)octet);
            else
                field.Append('%').Append(octet.ToString("X2", System.Globalization.CultureInfo.InvariantCulture));
        }
        return field.ToString();
    }

    private static string ReadUntil(string field, ref int at, params ReadOnlySpan<char> ends)
    {
        var length = field.AsSpan(at).IndexOfAny(ends);
        var read = length < 0 ? field[at..] : field.Substring(at, length);
        at += read.Length;
        return read;
    }

    /// <summary>Reads a token or a quoted string. Leaves <paramref name="at"/> on the semicolon or at the end.</summary>
    private static string? ReadValue(string field, ref int at)
    {
        while (at < field.Length && field[at] is ' ' or '\t')
            at++;
        if (at == field.Length || field[at] != '"')
            return ReadUntil(field, ref at, ';').Trim();
        var value = new StringBuilder();
        for (at++; at < field.Length && field[at] != '"'; at++)
        {
            // Only \" and \\ are escapes: old browsers send whole paths, backslashes and all.
            if (field[at] == '\\' && at + 1 < field.Length && field[at + 1] is '"' or '\\')
                at++;
            value.Append(field[at]);
        }
        if (at == field.Length)
            return null;
        at++;
        return ReadUntil(field, ref at, ';').Trim().Length == 0 ? value.ToString() : null;
    }

    private static string Unescape(string value) => value
        .Replace("%22", "\"", StringComparison.OrdinalIgnoreCase)
        .Replace("%0D", "\r", StringComparison.OrdinalIgnoreCase)
        .Replace("%0A", "\n", StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads RFC 8187's form: charset'language'percent-encoded. Returns null if it is malformed or not UTF-8.</summary>
    private static string? Decode(string value)
    {
        var parts = value.Split('\'', 3);
        if (parts.Length != 3 || !parts[0].Equals("UTF-8", StringComparison.OrdinalIgnoreCase))
            return null;
        var octets = new List<byte>(parts[2].Length);
        for (var i = 0; i < parts[2].Length; i++)
        {
            var character = parts[2][i];
            if (character == '%')
            {
                if (!byte.TryParse(parts[2].AsSpan(i + 1, Math.Min(2, parts[2].Length - i - 1)),
                        System.Globalization.NumberStyles.AllowHexSpecifier, System.Globalization.CultureInfo.InvariantCulture, out var octet)
                    || i + 2 >= parts[2].Length)
                    return null;
                octets.Add(octet);
                i += 2;
            }
            else if (char.IsAscii(character))
            {
                octets.Add((byte)character);
            }
            else
            {
                return null;
            }
        }
        return UnicodeText.TryDecode([.. octets], out var decoded) ? decoded : null;
    }
}
