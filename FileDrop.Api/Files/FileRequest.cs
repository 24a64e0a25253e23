using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using FileDrop.Api.Uploads;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace FileDrop.Api.Files;

/// <summary>What a request says of a file, apart from its bytes.</summary>
/// <param name="Name">Checked; null if nothing was said.</param>
/// <param name="Tags">Null if nothing was said.</param>
/// <param name="Type">The content's media type as its sender gave it; null if nothing was said.</param>
/// <param name="Content">What the content was; null if there was none.</param>
internal sealed record Received(string? Name, IReadOnlyDictionary<string, string>? Tags, string? Type, ContentFacts? Content);

/// <summary>Takes the content of a request somewhere: reads it to its end.</summary>
/// <param name="content">To be read to its end.</param>
/// <param name="length">Its length, or a bound of it; null if unknown.</param>
/// <param name="exact">Whether <paramref name="length"/> is exact.</param>
internal delegate Task ContentSink(IncomingContent content, long? length, bool exact);

/// <summary>What every request with a body must satisfy before a byte of it is read, and the bodies that are no form.</summary>
internal static class FileRequest
{
    /// <summary>Bytes: a form is larger than its file, but hardly ever by a mebibyte.</summary>
    public const int FormAllowance = 1 << 20;

    private const int MaxJsonBytes = 256 * 1024;

    private static readonly JsonDocumentOptions StrictJson = new() { AllowDuplicateProperties = false, MaxDepth = 4 };

    /// <summary>Refuses what the contract refuses on every upload and update.</summary>
    /// <param name="request">The request.</param>
    /// <param name="isForm">Whether its body is read as a form, and not as the file itself.</param>
    /// <param name="maxSize">The largest file, in bytes.</param>
    public static ApiProblem? CheckHeaders(HttpRequest request, bool isForm, long maxSize)
    {
        if (request.Headers.ContentRange.ToString().Length > 0)
            return ApiProblem.InvalidRequest("Content-Range has no meaning here: a part never replaces the whole (RFC 9110, section 14.5).");
        if (PartialContent.Refuse(request) is { } part)
            return part;
        if (request.Headers.ContentEncoding is { Count: > 0 } coding
            && coding.SelectMany(value => (value ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
                .Any(value => !value.Equals("identity", StringComparison.OrdinalIgnoreCase)))
            return ApiProblem.UnsupportedMediaType("Content is stored as it is: send it without Content-Encoding.") with
            {
                Header = ("Accept-Encoding", "identity"),
            };
        var allowance = isForm ? FormAllowance : 0;
        return request.ContentLength > maxSize + allowance ? ApiProblem.FileTooLarge($"A file has at most {maxSize} bytes.") : null;
    }

    public static bool IsForm(HttpRequest request) => HasType(request, "multipart/form-data");

    public static bool IsJson(HttpRequest request) => HasType(request, "application/json");

    /// <summary>Whether the type says only that curl was told none.</summary>
    public static bool IsCurlsDefault(HttpRequest request) => HasType(request, FileType.CurlsDefault);

    /// <summary>Whether a body comes that is the content, or a form with it.</summary>
    public static bool BringsContent(HttpRequest request) =>
        request.HttpContext.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: true } && !IsJson(request);

    /// <summary>Reads a body that is the file.</summary>
    /// <param name="request">The request.</param>
    /// <param name="name">The name that the request gives, or null.</param>
    /// <param name="limits">The service's limits.</param>
    /// <param name="sink">Takes the content.</param>
    /// <exception cref="ContentRejectedException">The body or a field is refused.</exception>
    public static async Task<Received> ReadRawAsync(HttpRequest request, string? name, FileDropOptions limits, ContentSink sink)
    {
        if (!FileType.TryRead(request.ContentType, raw: true, out var type, out var problem)
            || !ContentDigest.TryRead(DigestFields(request.Headers), out var digest, out problem))
            throw new ContentRejectedException(problem);
        using var body = new RequestBody(request.BodyReader, limits.UploadPatience, digest: null);
        using var content = new IncomingContent(body, first: null, limits.MaxFileSize, digest);
        await sink(content, request.ContentLength, exact: request.ContentLength is not null);
        return new Received(name, null, type, content.Facts);
    }

    /// <summary>Reads a JSON body: metadata alone.</summary>
    /// <exception cref="ContentRejectedException">The body is refused.</exception>
    public static Task<Received> ReadJsonAsync(HttpRequest request, FileDropOptions limits) => ReadJsonAsync(request, limits, ReadMetadata);

    /// <summary>Reads a JSON body of any kind.</summary>
    /// <param name="request">The request.</param>
    /// <param name="limits">The service's limits.</param>
    /// <param name="read">Makes of it what it is for; what it keeps must not be a part of the JSON.</param>
    /// <exception cref="ContentRejectedException">The body is refused.</exception>
    public static async Task<T> ReadJsonAsync<T>(HttpRequest request, FileDropOptions limits, Func<JsonElement, T> read)
    {
        if (!ContentDigest.TryRead(DigestFields(request.Headers), out var digest, out var problem))
            throw new ContentRejectedException(problem);
        if (request.ContentLength > MaxJsonBytes)
            throw new ContentRejectedException(ApiProblem.FileTooLarge($"A JSON body has at most {MaxJsonBytes} bytes."));
        using var body = new RequestBody(request.BodyReader, limits.UploadPatience, digest: null);
        using var content = new IncomingContent(body, first: null, MaxJsonBytes, digest);
        using var text = new MemoryStream();
        await content.CopyToAsync(text, request.HttpContext.RequestAborted);
        try
        {
            using var json = JsonDocument.Parse(text.GetBuffer().AsMemory(0, (int)text.Length), StrictJson);
            return read(json.RootElement);
        }
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException or ArgumentException)
        {
            throw new ContentRejectedException(ApiProblem.InvalidRequest("The body is not well-formed JSON, or names a member twice."), malformed);
        }
    }

    /// <summary>The name of a raw body: the query's, else the Content-Disposition field's. False: it breaks a rule.</summary>
    public static bool TryReadRawName(HttpRequest request, out string? name, [NotNullWhen(false)] out ApiProblem? problem)
    {
        (name, problem) = (null, null);
        string? sent = null;
        if (request.Query.TryGetValue("file_name", out var asked) && asked is not [""])
        {
            if (asked.Count > 1)
            {
                problem = ApiProblem.InvalidRequest("file_name stands in the query more than once.");
                return false;
            }
            if (!UnicodeText.IsUtf8(request.QueryString, "file_name"))
            {
                problem = FileName.NotText;
                return false;
            }
            sent = asked[0] ?? "";
        }
        else if (!TryReadDisposition(request.Headers.ContentDisposition.ToString(), out sent, out problem))
        {
            return false;
        }
        return sent is null || FileName.TryMake(sent, out name, out problem);
    }

    /// <summary>The name in a request's Content-Disposition field, whose value the server hands on byte by byte (<see cref="Framing"/>).</summary>
    private static bool TryReadDisposition(string field, out string? name, [NotNullWhen(false)] out ApiProblem? problem)
    {
        (name, problem) = (null, null);
        if (string.IsNullOrWhiteSpace(field))
            return true;
        if (!UnicodeText.TryDecode(Encoding.Latin1.GetBytes(field), out var text))
            problem = FileName.NotText;
        else if (ContentDisposition.Parse(text, inForm: false) is not { } disposition)
            problem = ApiProblem.InvalidRequest("Content-Disposition is malformed (RFC 6266).");
        else if (disposition.IsUnreadable)
            problem = FileName.NotText;
        else
            name = disposition.FileName is { Length: > 0 } sent ? sent : null;
        return problem is null;
    }

    public static IEnumerable<StringValues> DigestFields(IHeaderDictionary headers) => [headers["Content-Digest"], headers["Repr-Digest"]];

    private static bool HasType(HttpRequest request, string type) =>
        MediaTypeHeaderValue.TryParse(request.ContentType, out var parsed) && parsed.MediaType.Equals(type, StringComparison.OrdinalIgnoreCase);

    private static Received ReadMetadata(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object)
            throw new ContentRejectedException(ApiProblem.InvalidRequest("The body is a JSON object with file_name, tags, or both."));
        string? name = null;
        IReadOnlyDictionary<string, string>? tags = null;
        foreach (var member in json.EnumerateObject())
        {
            ApiProblem? problem = null;
            var ok = member switch
            {
                { Name: "file_name", Value.ValueKind: JsonValueKind.String } => TryReadName(member.Value, out name, out problem),
                { Name: "tags" } => FileTags.TryRead(member.Value, out tags, out problem),
                _ => false,
            };
            if (!ok)
                throw new ContentRejectedException(problem ?? ApiProblem.InvalidRequest(
                    "The members are file_name, a string, and tags, an object of strings; there are no others."));
        }
        return name is null && tags is null
            ? throw new ContentRejectedException(ApiProblem.InvalidRequest("There is nothing to change: send file_name, tags, or both."))
            : new Received(name, tags, null, null);
    }

    private static bool TryReadName(JsonElement json, [NotNullWhen(true)] out string? name, [NotNullWhen(false)] out ApiProblem? problem)
    {
        try
        {
            return FileName.TryMake(json.GetString() ?? "", out name, out problem);
        }
        catch (InvalidOperationException)
        {
            (name, problem) = (null, FileName.NotText);
            return false;
        }
    }
}
