using System.Globalization;

namespace FileDrop.Api.Uploads;

/// <summary>The draft's fields: items of structured fields (RFC 9651). A value of another type is as good as none, as the draft says.</summary>
internal static class DraftFields
{
    public const string ContentType = "application/partial-upload";

    /// <summary>An integer has at most 15 digits (RFC 9651, section 3.3.1).</summary>
    private const int MaxDigits = 15;

    public static bool? ReadBoolean(HttpRequest request, string name) => Item(request, name) switch
    {
        "?1" => true,
        "?0" => false,
        _ => null,
    };

    /// <summary>A number that is not negative.</summary>
    public static long? ReadNumber(HttpRequest request, string name) =>
        Item(request, name) is { Length: <= MaxDigits } text && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;

    public static bool IsPartialUpload(HttpRequest request) =>
        string.Equals(request.ContentType?.Split(';', 2)[0].Trim(), ContentType, StringComparison.OrdinalIgnoreCase);

    /// <summary>The item without its parameters, none of which mean anything here.</summary>
    private static string? Item(HttpRequest request, string name) =>
        request.Headers[name] is [{ } value] ? value.Split(';', 2)[0].Trim(' ') : null;
}
