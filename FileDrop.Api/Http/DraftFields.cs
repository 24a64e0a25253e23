using System.Globalization;

namespace FileDrop.Api.Http;

/// <summary>
/// The fields of the draft of resumable uploads: items of structured fields (RFC 9651). A value of another type counts as absent, as the draft says.
/// </summary>
internal static class DraftFields
{
    /// <summary>The media type of bytes that are appended.</summary>
    public const string ContentType = "application/partial-upload";

    /// <summary>An integer has at most 15 digits (RFC 9651, section 3.3.1).</summary>
    private const int MaxDigits = 15;

    /// <summary>A boolean, or null if the field is absent or not a boolean.</summary>
    public static bool? ReadBoolean(HttpRequest request, string name) => Item(request, name) switch
    {
        "?1" => true,
        "?0" => false,
        _ => null,
    };

    /// <summary>A number from 0 on, or null if the field is absent or not such a number.</summary>
    public static long? ReadNumber(HttpRequest request, string name) =>
        Item(request, name) is { Length: <= MaxDigits } text && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;

    /// <summary>Whether the body is bytes to append.</summary>
    public static bool IsPartialUpload(HttpRequest request) =>
        string.Equals(request.ContentType?.Split(';', 2)[0].Trim(), ContentType, StringComparison.OrdinalIgnoreCase);

    /// <summary>The item without its parameters, which have no meaning here.</summary>
    private static string? Item(HttpRequest request, string name) =>
        request.Headers[name] is [{ } value] ? value.Split(';', 2)[0].Trim(' ') : null;
}
