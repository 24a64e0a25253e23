using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using FileDrop.Api.Catalog;
using FileDrop.Api.Files;

namespace FileDrop.Api.Uploads;

/// <summary>What a tus request says in its fields (tus 1.0.0, "Headers" of the core protocol and of each extension).</summary>
internal static class TusRequest
{
    public const string ContentType = "application/offset+octet-stream";

    /// <summary>Bytes of <c>Upload-Metadata</c>: 32 tags of 320 bytes are 14 KB in base64.</summary>
    private const int MaxMetadata = 16 * 1024;

    /// <summary>The same of a partial upload, which no quota counts and which needs none of it.</summary>
    private const int MaxPartialMetadata = 4 * 1024;

    /// <summary>How often a final upload may name one partial upload: each time copies all of it, at the price of an id.</summary>
    private const int MaxRepeats = 2;

    /// <summary>What is no text: half a surrogate pair, which no decoder gives.</summary>
    private const string NoText = "\uD800";

    /// <summary>A field whose value is a number of bytes.</summary>
    /// <param name="request">The request.</param>
    /// <param name="name">The field's name.</param>
    /// <param name="value">Not negative; null if the field is not there.</param>
    /// <param name="problem">It is there, and no such number.</param>
    public static bool TryReadNumber(HttpRequest request, string name, out long? value, [NotNullWhen(false)] out ApiProblem? problem)
    {
        (value, problem) = (null, null);
        // An empty field is as good as none, here and below: some clients always send it.
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

    /// <summary>What an upload is created for: its name, type and tags from <c>Upload-Metadata</c>.</summary>
    /// <remarks>
    /// A partial upload becomes no file, and its metadata is not passed on (tus 1.0.0, "Concatenation"): whatever it says is kept and not
    /// read.
    /// </remarks>
    public static bool TryReadPlan(HttpRequest request, [NotNullWhen(true)] out ResumablePlan? plan, [NotNullWhen(false)] out ApiProblem? problem)
    {
        plan = null;
        var concat = request.Headers["Upload-Concat"].ToString() is { Length: > 0 } field ? field : null;
        var metadata = request.Headers["Upload-Metadata"].ToString() is { Length: > 0 } sent ? sent : null;
        // Both are given back as they are, and an answer's fields are printable ASCII.
        if (!IsPrintable(concat) || !IsPrintable(metadata))
        {
            problem = ApiProblem.InvalidRequest("Upload-Metadata and Upload-Concat are printable ASCII: values are in base64, and URLs percent-encoded.");
            return false;
        }
        var most = concat is "partial" ? MaxPartialMetadata : MaxMetadata;
        if (metadata?.Length > most)
        {
            problem = ApiProblem.InvalidRequest($"Upload-Metadata of {(concat is "partial" ? "a partial" : "an")} upload has at most {most} bytes.");
            return false;
        }
        if (!TryReadMetadata(metadata, out var values, out problem))
            return false;
        if (concat is "partial")
        {
            plan = new ResumablePlan(FileName.Untitled, FileType.Unknown, FileTags.None, Metadata: metadata, Concat: concat);
            return true;
        }
        // The names that tus's own clients use; Uppy has others beside them.
        var name = FileName.Untitled;
        if ((Value("filename") ?? Value("name")) is { } sentName && !FileName.TryMake(sentName, out name, out problem))
            return false;
        if (!FileType.TryRead(Value("filetype") ?? Value("type"), raw: false, out var type, out problem))
            return false;
        var tags = FileTags.None;
        if (Value("tags") is { } sentTags && !FileTags.TryParse(sentTags, out tags, out problem))
            return false;
        plan = new ResumablePlan(name, type ?? FileType.OfName(name), tags, Metadata: metadata, Concat: concat);
        return true;

        string? Value(string key) => values.TryGetValue(key, out var value) && value.Length > 0 ? value : null;
    }

    /// <summary>Whether an answer's field can have this value.</summary>
    public static bool IsPrintable(string? value) => value.AsSpan().IndexOfAnyExceptInRange(' ', '~') < 0;

    /// <summary>Whether a PATCH or a POST brings bytes of an upload, and no other content.</summary>
    public static bool HasContentType(HttpRequest request) =>
        string.Equals(request.ContentType?.Split(';', 2)[0].Trim(), ContentType, StringComparison.OrdinalIgnoreCase);

    /// <summary>The ids of the partial uploads that <c>Upload-Concat: final</c> names, by relative or absolute URLs; null: it is malformed, or names one too often.</summary>
    public static IReadOnlyList<Guid>? ReadFinal(string concat)
    {
        if (!concat.StartsWith("final;", StringComparison.Ordinal))
            return null;
        var ids = new List<Guid>();
        foreach (var url in concat["final;".Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!FileEndpoints.TryReadId(url.TrimEnd('/').Split('/')[^1], out var id))
                return null;
            ids.Add(id);
        }
        return ids.Count > 0 && ids.CountBy(id => id).All(named => named.Value <= MaxRepeats) ? ids : null;
    }

    private static bool TryReadMetadata(string? field, out Dictionary<string, string> values, [NotNullWhen(false)] out ApiProblem? problem)
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
        // Values of other keys may be anything, and are nobody's business here; as a name, a type or tags this is refused.
        value = UnicodeText.TryDecode(bytes.AsSpan(0, length), out var text) ? text : NoText;
        return true;
    }
}
