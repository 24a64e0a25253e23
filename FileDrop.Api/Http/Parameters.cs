using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Unicode;
using FileDrop.Api.Catalog;
using Microsoft.AspNetCore.WebUtilities;

namespace FileDrop.Api.Http;

/// <summary>Values in a path or a query that several doors take.</summary>
internal static class Parameters
{
    /// <summary>Reads an id in its canonical form, in either case. Any other text names no file.</summary>
    public static bool TryReadId(string text, out Guid id) =>
        // The parser on its own accepts white space around the id, and a plus sign or 0x before each of its numbers.
        Guid.TryParseExact(text, "D", out id) && text.Equals(id.ToString("D"), StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads a folder's id, or the word for the root. Any other text names no folder.</summary>
    public static bool TryReadFolder(string text, out Guid folder)
    {
        if (!text.Equals("root", StringComparison.Ordinal))
            return TryReadId(text, out folder);
        folder = Place.Root;
        return true;
    }

    /// <summary>Reads the number of a version. Any other text names no version.</summary>
    public static bool TryReadVersion(string? text, out long version) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out version);

    /// <summary>Reads a flag of the query, which is off if it is absent. Returns false if it is neither true nor false.</summary>
    public static bool TryReadFlag(IQueryCollection query, string name, out bool flag)
    {
        flag = false;
        return !query.TryGetValue(name, out var asked) || (asked is [var text] && bool.TryParse(text, out flag));
    }

    /// <summary>
    /// Whether all values of a query's parameter are percent-encoded UTF-8. The framework leaves other escapes unchanged, so that <c>%E9</c> and <c>%25E9</c>
    /// would give the same text.
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
}
