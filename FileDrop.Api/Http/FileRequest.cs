using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using FileDrop.Api.Catalog;
using FileDrop.Api.Contents;
using FileDrop.Api.Hashing;
using FileDrop.Api.Settings;
using FileDrop.Api.Text;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace FileDrop.Api.Http;

/// <summary>The fields of requests that bring a body, and JSON bodies.</summary>
internal static class FileRequest
{
    private const int MaxIdempotencyKey = 255;
    private const int MaxJsonBytes = 256 * 1024;

    private static readonly JsonDocumentOptions StrictJson = new() { AllowDuplicateProperties = false, MaxDepth = 4 };

    /// <summary>Refuses fields that the contract refuses on every upload and update.</summary>
    /// <param name="request">The request.</param>
    /// <param name="isForm">Whether the body is read as a form, instead of as the file itself.</param>
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
        var allowance = isForm ? FileForm.Allowance : 0;
        return request.ContentLength > maxSize + allowance ? ApiProblem.FileTooLarge($"A file has at most {maxSize} bytes.") : null;
    }

    /// <summary>Whether the body is a form that may have a file.</summary>
    public static bool IsForm(HttpRequest request) => HasType(request, "multipart/form-data");

    /// <summary>Whether the body is JSON.</summary>
    public static bool IsJson(HttpRequest request) => HasType(request, "application/json");

    /// <summary>Whether the type is the one that curl sends by default.</summary>
    public static bool IsCurlsDefault(HttpRequest request) => HasType(request, FileType.CurlsDefault);

    /// <summary>Whether the request brings content, or a form with it.</summary>
    public static bool BringsContent(HttpRequest request) => CanHaveBody(request) && !IsJson(request);

    /// <summary>Reads the Idempotency-Key field: printable ASCII, bare or as a quoted string (RFC 8941, section 3.3.3).</summary>
    /// <param name="request">The request.</param>
    /// <param name="key">The key, or null if the request has none or an empty field.</param>
    /// <param name="problem">The field is malformed.</param>
    public static bool TryReadIdempotencyKey(HttpRequest request, out string? key, [NotNullWhen(false)] out ApiProblem? problem)
    {
        (key, problem) = (null, null);
        if (!request.Headers.TryGetValue("Idempotency-Key", out var field) || field.All(string.IsNullOrWhiteSpace))
            return true;
        var sent = field.Count == 1 ? (field[0] ?? "").Trim() : "";
        key = sent is ['"', .., '"'] ? sent[1..^1].Replace("\\\"", "\"", StringComparison.Ordinal).Replace(@"\\", @"\", StringComparison.Ordinal) : sent;
        if (key.Length is > 0 and <= MaxIdempotencyKey && key.AsSpan().IndexOfAnyExceptInRange(' ', '~') < 0)
            return true;
        (key, problem) = (null, ApiProblem.InvalidRequest($"An Idempotency-Key is one field of 1 to {MaxIdempotencyKey} printable ASCII characters."));
        return false;
    }

    /// <summary>Reads a JSON body that changes name, tags, or both.</summary>
    /// <exception cref="ProblemException">The body is refused.</exception>
    public static Task<MetadataChange> ReadChangeAsync(HttpRequest request, FileDropOptions limits) => ReadJsonAsync(request, limits, ReadChange);

    /// <summary>Reads a JSON string that is to become a name.</summary>
    /// <exception cref="ProblemException">It is not text.</exception>
    public static string ReadNameText(JsonElement json)
    {
        try
        {
            return json.GetString() ?? "";
        }
        catch (InvalidOperationException)
        {
            // JSON can spell half a surrogate pair.
            throw new ProblemException(NotText);
        }
    }

    /// <summary>Reads a JSON body of any kind.</summary>
    /// <param name="request">The request.</param>
    /// <param name="limits">The service's limits.</param>
    /// <param name="read">Reads the JSON; the result must not keep a part of it.</param>
    /// <exception cref="ProblemException">The body is refused.</exception>
    /// <exception cref="RefusedException">The body is too large, or does not have the digest that was sent.</exception>
    public static async Task<T> ReadJsonAsync<T>(HttpRequest request, FileDropOptions limits, Func<JsonElement, T> read)
    {
        using var text = await ReadTextAsync(request, limits);
        return Parse(text, read);
    }

    /// <summary>Reads a JSON body if there is one of at least a byte.</summary>
    /// <param name="request">The request.</param>
    /// <param name="limits">The service's limits.</param>
    /// <param name="read">Reads the JSON; the result must not keep a part of it.</param>
    /// <param name="absent">The result without a body.</param>
    /// <inheritdoc cref="ReadJsonAsync{T}" path="/exception"/>
    public static async Task<T> ReadJsonIfAnyAsync<T>(HttpRequest request, FileDropOptions limits, Func<JsonElement, T> read, T absent)
    {
        if (!CanHaveBody(request))
            return absent;
        using var text = await ReadTextAsync(request, limits);
        return text.Length == 0 ? absent
            : IsJson(request) ? Parse(text, read)
            : throw new ProblemException(NotJson);
    }

    /// <summary>The refusal of a body that is not JSON.</summary>
    public static ApiProblem NotJson { get; } = ApiProblem.UnsupportedMediaType("Send the body as application/json.") with
    {
        Header = ("Accept", "application/json"),
    };

    private static async Task<MemoryStream> ReadTextAsync(HttpRequest request, FileDropOptions limits)
    {
        if (!ContentDigest.TryRead(DigestFields(request.Headers), out var digest, out var wrong))
            throw new ProblemException(ApiProblem.InvalidRequest(wrong));
        if (request.ContentLength > MaxJsonBytes)
            throw new ProblemException(ApiProblem.FileTooLarge($"A JSON body has at most {MaxJsonBytes} bytes."));
        using var body = new RequestStream(request.BodyReader, limits.UploadPatience, digest: null);
        using var content = new IncomingContent(body, first: null, MaxJsonBytes, digest);
        var text = new MemoryStream();
        await content.CopyToAsync(text, request.HttpContext.RequestAborted);
        return text;
    }

    private static T Parse<T>(MemoryStream text, Func<JsonElement, T> read)
    {
        try
        {
            using var json = JsonDocument.Parse(text.GetBuffer().AsMemory(0, (int)text.Length), StrictJson);
            return read(json.RootElement);
        }
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException or ArgumentException)
        {
            throw new ProblemException(ApiProblem.InvalidRequest("The body is not well-formed JSON, or names a member twice."), malformed);
        }
    }

    /// <summary>Reads the name of a raw body: the query's, else the Content-Disposition field's. Returns false if the name breaks a rule.</summary>
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
            if (!Parameters.IsUtf8(request.QueryString, "file_name"))
            {
                problem = NotText;
                return false;
            }
            sent = asked[0] ?? "";
        }
        else if (!TryReadDisposition(request.Headers.ContentDisposition.ToString(), out sent, out problem))
        {
            return false;
        }
        if (sent is not null && !FileName.TryMake(sent, out name, out var wrong))
            problem = ApiProblem.InvalidName(wrong);
        return problem is null;
    }

    /// <summary>Reads the name in a Content-Disposition field. The server passes the field's bytes on unchanged (Edge/Framing).</summary>
    private static bool TryReadDisposition(string field, out string? name, [NotNullWhen(false)] out ApiProblem? problem)
    {
        (name, problem) = (null, null);
        if (string.IsNullOrWhiteSpace(field))
            return true;
        if (!UnicodeText.TryDecode(Encoding.Latin1.GetBytes(field), out var text))
            problem = NotText;
        else if (ContentDisposition.Parse(text, inForm: false) is not { } disposition)
            problem = ApiProblem.InvalidRequest("Content-Disposition is malformed (RFC 6266).");
        else if (disposition.IsUnreadable)
            problem = NotText;
        else
            name = disposition.FileName is { Length: > 0 } sent ? sent : null;
        return problem is null;
    }

    /// <summary>The lines of the digest fields (RFC 9530).</summary>
    public static IEnumerable<string?> DigestFields(IHeaderDictionary headers) => [.. headers["Content-Digest"], .. headers["Repr-Digest"]];

    private static ApiProblem NotText { get; } = ApiProblem.InvalidName(FileName.NotText);

    private static bool CanHaveBody(HttpRequest request) =>
        request.HttpContext.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: true };

    private static bool HasType(HttpRequest request, string type) =>
        MediaTypeHeaderValue.TryParse(request.ContentType, out var parsed) && parsed.MediaType.Equals(type, StringComparison.OrdinalIgnoreCase);

    private static MetadataChange ReadChange(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object)
            throw Refused("The body is a JSON object with file_name, tags, or both.");
        string? name = null;
        IReadOnlyDictionary<string, string>? tags = null;
        foreach (var member in json.EnumerateObject())
        {
            switch (member)
            {
                case { Name: "file_name", Value.ValueKind: JsonValueKind.String }:
                    name = ReadName(member.Value);
                    break;
                case { Name: "tags" }:
                    tags = ReadTags(member.Value);
                    break;
                default:
                    throw Refused("The members are file_name, a string, and tags, an object of strings; there are no others.");
            }
        }
        return name is null && tags is null
            ? throw Refused("There is nothing to change: send file_name, tags, or both.")
            : new MetadataChange(name, tags);
    }

    /// <summary>Reads a file's tags.</summary>
    /// <exception cref="ProblemException">They break a rule.</exception>
    public static IReadOnlyDictionary<string, string> ReadTags(JsonElement json) =>
        FileTags.TryRead(json, out var tags, out var wrong) ? tags : throw new ProblemException(ApiProblem.InvalidTags(wrong));

    /// <summary>Reads a file's name from a JSON string.</summary>
    /// <exception cref="ProblemException">It breaks a rule.</exception>
    public static string ReadName(JsonElement json) =>
        FileName.TryMake(ReadNameText(json), out var name, out var wrong) ? name : throw new ProblemException(ApiProblem.InvalidName(wrong));

    private static ProblemException Refused(string detail) => new(ApiProblem.InvalidRequest(detail));
}
