using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using FileDrop.Api.Text;

namespace FileDrop.Api.Http;

/// <summary>Fields of tus requests (tus 1.0.0) that several doors read.</summary>
internal static class TusFields
{
    /// <summary>The field of every request of tus, with its version.</summary>
    public const string Resumable = "Tus-Resumable";

    /// <summary>The version of tus.</summary>
    public const string Version = "1.0.0";

    /// <summary>The refusal of an append without its place.</summary>
    public static ApiProblem OffsetMissing { get; } = ApiProblem.InvalidRequest("Upload-Offset is missing: it says where the bytes belong.");

    /// <summary>The refusal of bytes of another type.</summary>
    public static ApiProblem NotBytes { get; } = ApiProblem.UnsupportedMediaType($"The bytes of an upload come as {PartialContent.TusType}.");

    /// <summary>The refusal of an append of another type.</summary>
    public static ApiProblem NotAppend { get; } = NotBytes with { Header = ("Accept-Patch", PartialContent.TusType) };

    /// <summary>Stands for bytes that are not text: half a surrogate pair, which no decoder gives.</summary>
    private const string NoText = "\uD800";

    /// <summary>Reads a field whose value is a number of bytes.</summary>
    /// <param name="request">The request.</param>
    /// <param name="name">The field's name.</param>
    /// <param name="value">From 0 on; null if the field is absent.</param>
    /// <param name="problem">The field is not such a number.</param>
    public static bool TryReadNumber(HttpRequest request, string name, out long? value, [NotNullWhen(false)] out ApiProblem? problem)
    {
        (value, problem) = (null, null);
        // Here and below, an empty field counts as absent, because some clients always send it.
        if (request.Headers[name].ToString() is not { Length: > 0 } field)
            return true;
        if (long.TryParse(field, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            value = number;
            return true;
        }
        problem = ApiProblem.InvalidRequest($"{name} is a whole number of bytes, from 0 to {long.MaxValue}.");
        return false;
    }

    /// <summary>Writes the progress of an upload.</summary>
    /// <param name="response">The answer.</param>
    /// <param name="offset">The offset at which to continue, in bytes.</param>
    /// <param name="expiresAt">The time at which the upload is given up; null once it is complete.</param>
    public static void WriteProgress(HttpResponse response, long offset, DateTimeOffset? expiresAt)
    {
        response.Headers["Upload-Offset"] = Number(offset);
        if (expiresAt is { } end)
            response.Headers["Upload-Expires"] = end.ToString("R", CultureInfo.InvariantCulture);
    }

    /// <summary>A number of bytes as a field has it.</summary>
    public static string Number(long bytes) => bytes.ToString(CultureInfo.InvariantCulture);

    /// <summary>Reads <c>Upload-Metadata</c>.</summary>
    /// <param name="field">The field; null if it is absent.</param>
    /// <param name="values">The values by their keys.</param>
    /// <param name="problem">The field is malformed.</param>
    public static bool TryReadMetadata(string? field, out Dictionary<string, string> values, [NotNullWhen(false)] out ApiProblem? problem)
    {
        (values, problem) = (new Dictionary<string, string>(StringComparer.Ordinal), null);
        if (field is null)
            return true;
        foreach (var pair in field.Split(','))
        {
            var (key, encoded) = pair.Split(' ', 2) is [var left, var right] ? (left, right) : (pair, "");
            if (key.Length == 0 || !TryDecode(encoded, out var value) || !values.TryAdd(key, value))
            {
                problem = ApiProblem.InvalidRequest(
                    "Upload-Metadata is a list of pairs, separated by commas: a key, there once, a space, and a value in base64.");
                return false;
            }
        }
        return true;
    }

    private static bool TryDecode(string encoded, out string value)
    {
        value = "";
        var bytes = new byte[(encoded.Length / 4 * 3) + 3];
        if (!Convert.TryFromBase64String(encoded, bytes, out var length))
            return false;
        // The value of an unknown key may be any bytes. NoText is refused later if the key is a name, a type or tags.
        value = UnicodeText.TryDecode(bytes.AsSpan(0, length), out var text) ? text : NoText;
        return true;
    }
}
