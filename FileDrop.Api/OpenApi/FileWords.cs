using System.Text.Json;
using System.Text.Json.Nodes;
using FileDrop.Api.Contents;
using FileDrop.Api.Http;
using Microsoft.OpenApi;

namespace FileDrop.Api.OpenApi;

/// <summary>A file in the document, and the parameters by which several doors name it and set conditions.</summary>
internal static class FileWords
{
    public static readonly ApiParameter FileId = ApiParameter.Path("file_id", "The file's id. A malformed id names no file: `404`.", Shape.Id()) with
    {
        Failures = [ApiProblem.FileNotFound],
    };

    public static readonly ApiParameter IfNoneMatch = ApiParameter.Header("If-None-Match",
        "Proceed only if the file or folder has none of these entity tags. Otherwise a read answers `304`, and a change `412`. Malformed values are ignored.",
        ApiExamples.ETag);

    private static readonly ApiParameter IfMatch = ApiParameter.Header("If-Match",
        "Proceed only if the file or folder has one of these entity tags; `*` matches any. Otherwise `412`, or `400` if the value is malformed.",
        ApiExamples.ETag) with
    {
        Failures = [ApiProblem.PreconditionFailed],
    };

    /// <summary>Conditions on the entity tag, of a read of something that has no time of a last change.</summary>
    public static readonly ApiParameter[] TagPreconditions = [IfMatch, IfNoneMatch];

    /// <summary>Conditions of a change.</summary>
    public static readonly ApiParameter[] Preconditions =
    [
        IfMatch,
        ApiParameter.Header("If-Unmodified-Since",
            "Proceed only if the file or folder has not changed since this time; otherwise `412`. It is ignored beside If-Match, but `400` if malformed.",
            ApiExamples.LastModified) with { Failures = [ApiProblem.PreconditionFailed] },
        IfNoneMatch,
    ];

    /// <summary>Conditions of a read.</summary>
    public static readonly ApiParameter[] ReadPreconditions =
    [
        .. Preconditions,
        ApiParameter.Header("If-Modified-Since", "Send it only if it has changed since this time; otherwise `304`. It is ignored beside If-None-Match.",
            ApiExamples.LastModified),
    ];

    public static readonly ApiParameter Inline = ApiParameter.Query("inline",
        "Ask for `Content-Disposition: inline`. It is granted to images except SVG, audio, video, PDF and plain text.", Shape.Flag());

    public static readonly ApiParameter[] Ranges =
    [
        ApiParameter.Header("Range", "One byte range: `206`, or `416` if it lies outside the file. Several ranges or a malformed value: `200`, the whole file.",
            "bytes=0-1023") with { Failures = [ApiProblem.RangeNotSatisfiable(48213)] },
        ApiParameter.Header("If-Range", "Honour Range only if the file still has this entity tag or date; otherwise `200`, the whole file.", ApiExamples.ETag),
    ];

    /// <summary>Fields of a file or its metadata that the client has already.</summary>
    public static readonly ApiHeader[] CachedHeaders = [.. CommonHeaders.Validators, CommonHeaders.CacheControl];

    /// <summary>Fields of a file's bytes.</summary>
    public static readonly ApiHeader[] ReadHeaders =
    [
        .. CachedHeaders,
        new("Accept-Ranges", "The service serves byte ranges.", "bytes"),
        new("Content-Length", "In bytes. HEAD gives the length of the whole file.", "48213"),
        new("Content-Disposition", "`attachment`, or `inline` if the request asked for it and the type allows it. The name stands in ASCII and in full.",
            "attachment; filename=\"____ __.pdf\"; filename*=UTF-8''%C5%BB%C3%B3%C5%82%C4%87%20%E7%81%AF%E6%B3%A1.pdf"),
        new("Repr-Digest", "The SHA-256 of the whole file (RFC 9530).", ApiExamples.Digest),
    ];

    /// <summary>Fields of a part of a file's bytes.</summary>
    public static readonly ApiHeader[] RangeHeaders = [.. ReadHeaders, new("Content-Range", "The range of these bytes, and the file's size.", "bytes 0-1023/48213")];

    public static readonly ApiParameter ContentDigest = Digest("Content-Digest");

    public static readonly ApiParameter[] Digests = [ContentDigest, Digest("Repr-Digest")];

    public static readonly ApiSchema Tags = new("Tags", _ => new OpenApiSchema
    {
        Type = JsonSchemaType.Object,
        Description = $"At most {FileTags.MaxCount} tags. A key has 1 to {FileTags.MaxKeyBytes} bytes of UTF-8 and no colon. "
            + $"A value has at most {FileTags.MaxValueBytes} bytes.",
        MaxProperties = FileTags.MaxCount,
        PropertyNames = new OpenApiSchema { Type = JsonSchemaType.String, Pattern = "^[^:]+$", MaxLength = FileTags.MaxKeyBytes },
        AdditionalProperties = new OpenApiSchema { Type = JsonSchemaType.String, MaxLength = FileTags.MaxValueBytes },
        Examples = [new JsonObject { ["project"] = "apollo" }],
    });

    public static readonly FileJson Example = new(Guid.Parse(ApiExamples.FileId), "Żółć 灯泡.pdf", 48213, "application/pdf", ApiExamples.Created,
        ApiExamples.Created, 1, ApiExamples.Sha256, new Dictionary<string, string>(StringComparer.Ordinal) { ["project"] = "apollo" });

    public static readonly ApiSchema File = FileSchema("File", Example);

    /// <param name="name">The schema's name.</param>
    /// <param name="example">A file.</param>
    /// <param name="more">Members beside those of every file.</param>
    public static ApiSchema FileSchema(string name, FileJson example, params (string Name, IOpenApiSchema Schema)[] more) => new(name, document =>
    {
        var schema = Shape.Object("A file; the same object in every answer.",
        [
            ("file_id", Shape.Id()),
            ("file_name", Name("A name is data, never a path.")),
            ("file_size", Shape.Integer("In bytes.", 0, example: 48213)),
            ("file_type", MediaType()),
            ("created_at", Shape.Stamp("The time of the file's first commit; it never changes.")),
            ("updated_at", Shape.Stamp("The time of the last change of content or metadata.")),
            ("version", Shape.Integer("It starts at 1 and grows by one with every change of content or metadata.", 1, example: 1)),
            ("sha256", Sha256()),
            ("tags", Tags.In(document)),
            ("folder_id", Folder()),
            ("modified_at", Shape.Stamp("The time of the content's last change, as the client told it; null if it did not.").OrNull()),
            ("expires_at", Shape.Stamp("The time at which the file goes to the trash by itself. Absent: never.")),
            .. more,
        ]).Without("expires_at");
        schema.Examples = JsonSerializer.SerializeToNode(example, ApiJson.Instance.FileJson) is { } json ? [json] : null;
        return schema;
    })
    {
        Example = example,
    };

    /// <summary>Says that a route answers with a file's bytes.</summary>
    /// <param name="endpoint">The route.</param>
    /// <param name="unchanged">Describes <c>304</c>.</param>
    public static RouteHandlerBuilder AnswersBytes(this RouteHandlerBuilder endpoint, string unchanged) => endpoint
        .Answers(200, "The whole content.", ApiBody.Bytes, ReadHeaders)
        .Answers(206, "The requested range.", ApiBody.Bytes, RangeHeaders)
        .Answers(304, unchanged, CachedHeaders);

    public static OpenApiSchema Name(string description) =>
        Shape.Text($"{description} 1 to {FileName.MaxBytes} bytes of UTF-8, in NFC, without control characters.", "report.pdf", FileName.MaxBytes);

    public static OpenApiSchema Sha256() => Shape.Text("The content's SHA-256 in lower-case hexadecimal.", ApiExamples.Sha256, pattern: "^[0-9a-f]{64}$");

    public static OpenApiSchema MediaType()
    {
        var type = Shape.Text("A media type.", "application/pdf");
        type.MaxLength = 255;
        return type;
    }

    private static OpenApiSchema Folder()
    {
        var folder = Shape.Id();
        folder.Description = "The folder that the file is in; null for a loose file, which is in none.";
        return folder.OrNull();
    }

    private static ApiParameter Digest(string name) => ApiParameter.Header(name,
        "The `sha-256` of the request's content (RFC 9530); for a form, of the whole body. The service checks it before it stores anything.",
        ApiExamples.Digest, Shape.Text(pattern: @"^(.*,)?\s*sha-256=:[A-Za-z0-9+/]{43}=:\s*(,.*)?$")) with
    {
        Failures = [CommonErrors.DigestMismatch],
    };
}
