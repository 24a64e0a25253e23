using System.Diagnostics.CodeAnalysis;
using FileDrop.Api.Catalog;
using FileDrop.Api.Contents;
using FileDrop.Api.Http;

namespace FileDrop.Api.Uploads;

/// <summary>The fields of a tus request (tus 1.0.0, "Headers" of the core protocol and of each extension).</summary>
internal static class TusRequest
{
    /// <summary>Bytes of <c>Upload-Metadata</c>: 32 tags of 320 bytes are 14 KB in base64.</summary>
    private const int MaxMetadata = 16 * 1024;

    /// <summary>The same for a partial upload. No quota counts it, and it needs no metadata.</summary>
    private const int MaxPartialMetadata = 4 * 1024;

    /// <summary>How often a final upload may name one partial upload. Each time copies all its bytes, although it costs the client only an id.</summary>
    private const int MaxRepeats = 2;

    /// <summary>Reads the plan of an upload, with name, type and tags from <c>Upload-Metadata</c>.</summary>
    /// <remarks>
    /// A partial upload does not become a file, and its metadata is not passed on (tus 1.0.0, "Concatenation"). Its metadata is kept, but not
    /// interpreted.
    /// </remarks>
    /// <param name="request">The request.</param>
    /// <param name="plan">The plan, without the folder of the file.</param>
    /// <param name="destination">The place of the file.</param>
    /// <param name="problem">A field is refused.</param>
    /// <exception cref="ProblemException">A field about the place is refused.</exception>
    public static bool TryReadPlan(
        HttpRequest request, [NotNullWhen(true)] out ResumablePlan? plan, out Destination destination, [NotNullWhen(false)] out ApiProblem? problem)
    {
        (plan, destination) = (null, Destination.Loose);
        var concat = request.Headers["Upload-Concat"].ToString() is { Length: > 0 } field ? field : null;
        var metadata = request.Headers["Upload-Metadata"].ToString() is { Length: > 0 } sent ? sent : null;
        // Both are returned unchanged, and an answer's fields are printable ASCII.
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
        if (!TusFields.TryReadMetadata(metadata, out var values, out problem))
            return false;
        if (concat is "partial")
        {
            plan = new ResumablePlan(FileName.Untitled, FileType.Unknown, FileTags.None, Metadata: metadata, Concat: concat);
            return true;
        }
        // tus's own clients use the first names; Uppy uses the second ones, too.
        var (name, type, tags) = ((string?)null, (string?)null, FileTags.None);
        if ((Value("filename") ?? Value("name")) is { } sentName && !FileName.TryMake(sentName, out name, out var wrong))
            problem = ApiProblem.InvalidName(wrong);
        else if (!FileType.TryRead(Value("filetype") ?? Value("type"), raw: false, out type, out wrong))
            problem = ApiProblem.InvalidRequest(wrong);
        else if (Value("tags") is { } sentTags && !FileTags.TryParse(sentTags, out tags, out wrong))
            problem = ApiProblem.InvalidTags(wrong);
        else
            (plan, destination) = Place(PlaceFields.Of(request, values));
        return problem is null;

        (ResumablePlan Plan, Destination Destination) Place(PlaceFields fields)
        {
            var (place, given) = fields.ReadFor(name);
            var placed = given ?? FileName.Untitled;
            return (new ResumablePlan(placed, type ?? FileType.OfName(placed), tags, Metadata: metadata, Concat: concat) { ModifiedAt = fields.ModifiedAt, ExpiresAt = fields.ExpiresAt }, place);
        }

        string? Value(string key) => values.TryGetValue(key, out var value) && value.Length > 0 ? value : null;
    }

    /// <summary>Whether an answer's field can have this value.</summary>
    public static bool IsPrintable(string? value) => value.AsSpan().IndexOfAnyExceptInRange(' ', '~') < 0;

    /// <summary>
    /// Reads the ids of the partial uploads that <c>Upload-Concat: final</c> names by relative or absolute URLs. Returns null if the field
    /// is malformed, or names an upload too often.
    /// </summary>
    public static IReadOnlyList<Guid>? ReadFinal(string concat)
    {
        if (!concat.StartsWith("final;", StringComparison.Ordinal))
            return null;
        var ids = new List<Guid>();
        foreach (var url in concat["final;".Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!Parameters.TryReadId(url.TrimEnd('/').Split('/')[^1], out var id))
                return null;
            ids.Add(id);
        }
        return ids.Count > 0 && ids.CountBy(id => id).All(named => named.Value <= MaxRepeats) ? ids : null;
    }
}
