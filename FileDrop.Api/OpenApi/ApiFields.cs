using System.Text.Json.Nodes;
using FileDrop.Api.Catalog;
using FileDrop.Api.Contents;
using FileDrop.Api.Files;
using Microsoft.OpenApi;

namespace FileDrop.Api.OpenApi;

/// <summary>Parameters of requests, and the header fields of requests and responses.</summary>
/// <remarks>
/// The example of an optional parameter stands in its description: tools put a real example into every request that they
/// propose, and one with a digest, a range and a precondition of another file never succeeds.
/// </remarks>
internal static class ApiFields
{
    public static readonly string[] Preconditions = ["If-Match", "If-Unmodified-Since", "If-None-Match"];
    public static readonly string[] ReadPreconditions = [.. Preconditions, "If-Modified-Since"];
    public static readonly string[] Ranges = ["Range", "If-Range"];
    public static readonly string[] Digests = ["Content-Digest", "Repr-Digest"];
    public static readonly string[] Paging = ["limit", "cursor", "order"];
    public static readonly string[] Filters = ["name", "search", "type", "tag", "created_after", "created_before", "min_size", "max_size"];

    /// <summary>Fields of every answer.</summary>
    public static readonly string[] Security =
        ["X-Content-Type-Options", "Content-Security-Policy", "Referrer-Policy", "X-Frame-Options", "Cross-Origin-Resource-Policy"];

    /// <summary>Fields of every answer where limits are set.</summary>
    public static readonly string[] RateLimits = ["RateLimit", "RateLimit-Policy"];

    public const string OldVersion = "old_version";
    public const string TrashSort = "trash_sort";

    private const string DigestForm = @"^(.*,)?\s*sha-256=:[A-Za-z0-9+/]{43}=:\s*(,.*)?$";

    public static void AddTo(OpenApiDocument document)
    {
        foreach (var header in ResponseHeaders().Concat(UploadOperations.ResponseHeaders()))
            document.AddComponent(header.Name, header.Header);
        foreach (var parameter in Parameters().Concat(UploadOperations.Parameters()))
            document.AddComponent(parameter.Name ?? "", parameter);
        // Two names that mean another thing elsewhere.
        document.AddComponent(OldVersion, Query("version", "The content that was committed at this version of the file, instead of the live one.",
            ApiSchemas.Whole("", 1)));
        document.AddComponent(TrashSort, Query("sort", "What the list is sorted by; files with the same key are sorted by `file_id`.",
            ApiSchemas.Choice("deleted_at", "created_at", "updated_at", "file_name", "file_size")));
    }

    /// <summary>A header that an error has, as it is sent.</summary>
    public static OpenApiHeader HeaderLike(string name, string value) => name switch
    {
        "Content-Range" => Header("The file's size.", value),
        "Accept-Encoding" => Header("The one content coding that is taken.", value),
        "Accept-Patch" => Header("The one media type that can be appended.", value),
        "Accept" => Header("The media types that are taken.", value),
        "Allow" => Header("The methods that this path has.", value),
        "WWW-Authenticate" => Header("How a credential is sent; never Basic, so that no browser asks for a password.", value),
        _ => Header(name, value),
    };

    private static IEnumerable<(string Name, OpenApiHeader Header)> ResponseHeaders()
    {
        yield return ("ETag", Header("Opaque; another with every version, the same on the file, on HEAD and on its metadata. Of a list weak, and of the page.", ApiExamples.ETag));
        yield return ("Last-Modified", Header("`updated_at`, cut to seconds.", ApiExamples.LastModified));
        yield return ("Location", Header("Where what was made is found, relative to the service.", $"/files/{ApiExamples.FileId}"));
        yield return ("Link", Header("Leads to the next page (RFC 8288); absent on the last one.",
            "</files?limit=100&cursor=kq3X9bVn0aEAAAGaqzd0mgGas8J8Hn1EmlEMX58_mosQ>; rel=\"next\"", required: false));
        yield return ("Accept-Ranges", Header("Byte ranges are served.", "bytes"));
        yield return ("Content-Range", Header("Which bytes these are, and the file's size.", "bytes 0-1023/48213"));
        yield return ("Content-Length", Header("In bytes; on HEAD that of the whole file.", "48213"));
        yield return ("Content-Disposition", Header("`attachment`, or `inline` where that was asked for and is granted; with the name in ASCII and in full.",
            "attachment; filename=\"____ __.pdf\"; filename*=UTF-8''%C5%BB%C3%B3%C5%82%C4%87%20%E7%81%AF%E6%B3%A1.pdf"));
        yield return ("Repr-Digest", Header("The whole file's SHA-256 (RFC 9530).", ApiExamples.Digest));
        yield return ("Cache-Control", Header("Whether the answer may be kept.", "private, no-cache"));
        yield return ("Expires", Header("For caches of old: at once.", "Thu, 01 Jan 1970 00:00:00 GMT"));
        yield return ("Pragma", Header("For caches of old: not to be kept.", "no-cache"));
        yield return ("X-Content-Type-Options", Header("Browsers take the type as it is.", "nosniff"));
        yield return ("Content-Security-Policy", Header("Nothing in the answer runs with this service's rights.", "sandbox; default-src 'none'"));
        yield return ("Referrer-Policy", Header("No address of this service is told to another.", "no-referrer"));
        yield return ("X-Frame-Options", Header("Only the service's own page may frame an answer.", "SAMEORIGIN"));
        yield return ("Cross-Origin-Resource-Policy", Header("Other sites' pages may embed what a link opens, and nothing else.", "same-origin"));
        yield return ("RateLimit", Header("What is left of each limit: `r` requests, and `t` seconds until there is more; draft-ietf-httpapi-ratelimit-headers-10.",
            "\"caller\";r=0;t=6", required: false));
        yield return ("RateLimit-Policy", Header("The limits: `q` requests in `w` seconds, or at the same time. Absent where none is set.",
            "\"caller\";q=600;w=60", required: false));
        yield return ("Retry-After", Header("Seconds after which trying again makes sense.", "5"));
    }

    private static IEnumerable<OpenApiParameter> Parameters()
    {
        yield return In(ParameterLocation.Path, "file_id", "The file. Whatever is no well-formed id names no file: `404`.", ApiSchemas.Id());

        yield return In(ParameterLocation.Path, "version", "A version at which content was committed. Whatever names no content that the file keeps: `404`.",
            ApiSchemas.Whole("", 1));

        yield return Field("If-Match", "Go on only if the file has one of these entity tags; `*`: if it is there. Else `412`; `400` if it is malformed.", ApiExamples.ETag);
        yield return Field("If-None-Match", "Go on only if the file has none of these entity tags. Else `304` to a read, `412` to a change. A value that is no tag is passed over.", ApiExamples.ETag);
        yield return Field("If-Modified-Since", "Send only what changed since; else `304`. Not looked at beside If-None-Match.", ApiExamples.LastModified);
        yield return Field("If-Unmodified-Since", "Go on only if the file did not change since; else `412`. Not looked at beside If-Match, but `400` if it is malformed.", ApiExamples.LastModified);
        yield return Field("Range", "One byte range: `206`, or `416` if it lies outside the file. Several ranges, or a malformed field: `200`, the whole file.",
            "bytes=0-1023");
        yield return Field("If-Range", "Honour Range only if the file is still this one; else `200`, the whole file. An entity tag or a date.", ApiExamples.ETag);
        foreach (var digest in Digests)
        {
            var field = Field(digest, "The `sha-256` of the request's content (RFC 9530), of a form the whole body; checked before anything is stored.",
                ApiExamples.Digest);
            if (field.Schema is OpenApiSchema schema)
                schema.Pattern = DigestForm;
            yield return field;
        }
        var key = Field("Idempotency-Key", "1 to 255 printable ASCII characters, quoted or bare. The same upload sent again under the same key within 24 hours "
            + "gets the first answer, and stores nothing.", "6f1f2c5e-8d3b-4a57-9f0e-0d0c6f1e7a55");
        if (key.Schema is OpenApiSchema { } length)
            (length.MinLength, length.MaxLength) = (1, 257);
        yield return key;
        yield return Field("Content-Disposition", "Names a raw body, where `file_name` is not in the query; `filename*` wins over `filename`.",
            "attachment; filename*=UTF-8''r%C3%A9sum%C3%A9.pdf");

        yield return Query("file_name", "Names a raw body; wins over Content-Disposition. Without both the name is `untitled`.", ApiSchemas.Name("The file's name."), "report.pdf");
        yield return Query("permanent", "Pass the trash by: the file cannot be restored.",
            new OpenApiSchema { Type = JsonSchemaType.Boolean, Default = JsonValue.Create(false) });
        yield return Query("inline", "Ask for `Content-Disposition: inline`; granted to images except SVG, audio, video, PDF and plain text.",
            new OpenApiSchema { Type = JsonSchemaType.Boolean, Default = JsonValue.Create(false) });

        var limit = ApiSchemas.Whole("", 1, ListRequest.MaxLimit);
        (limit.Description, limit.Default) = (null, JsonValue.Create(ListRequest.MaxLimit));
        yield return Query("limit", "How many files a page has at most.", limit);
        yield return Query("cursor", "Where the page before ended: taken from its Link, never made up. Bound to sort, order and filters.",
            new OpenApiSchema { Type = JsonSchemaType.String });
        yield return Query("sort", "What the list is sorted by; files with the same key are sorted by `file_id`.",
            ApiSchemas.Choice("created_at", "updated_at", "file_name", "file_size"));
        yield return Query("order", "Descending, or ascending.", ApiSchemas.Choice("desc", "asc"));
        var name = Query("name", "Names that contain this, whatever the case. May be repeated: all must match.", new OpenApiSchema
        {
            Type = JsonSchemaType.Array,
            MaxItems = SearchText.MaxWords,
            Items = new OpenApiSchema { Type = JsonSchemaType.String },
        }, "report");
        (name.Style, name.Explode) = (ParameterStyle.Form, true);
        yield return name;
        yield return Query("search", "Words, separated by spaces, in any order. Each must be in the name or in a tag, written `key:value`, whatever the case and the accents.",
            new OpenApiSchema { Type = JsonSchemaType.String }, "zolc apollo");
        yield return Query("type", "A media type as the file has it, or `image/*`.",
            new OpenApiSchema { Type = JsonSchemaType.String, Pattern = "^[^/]+/[^/]+$" }, "image/*");
        var tag = Query("tag", "`key:value`, split at the first colon. May be repeated: all must hold.", new OpenApiSchema
        {
            Type = JsonSchemaType.Array,
            MaxItems = FileTags.MaxCount,
            Items = new OpenApiSchema { Type = JsonSchemaType.String, Pattern = "^[^:]+:" },
        }, "project:apollo");
        (tag.Style, tag.Explode) = (ParameterStyle.Form, true);
        yield return tag;
        yield return Query("created_after", "Created later than this; the time itself is left out.", ApiSchemas.Time("RFC 3339."), "2026-11-23T08:25:25.123Z");
        yield return Query("created_before", "Created earlier than this; the time itself is left out.", ApiSchemas.Time("RFC 3339."), "2026-11-23T08:25:25.123Z");
        yield return Query("min_size", "At least so many bytes.", ApiSchemas.Whole("In bytes.", 0), "1");
        yield return Query("max_size", "At most so many bytes.", ApiSchemas.Whole("In bytes.", 0), "1048576");
    }

    public static OpenApiHeader Header(string description, string example, bool required = true) => new()
    {
        Description = description,
        Required = required,
        Schema = new OpenApiSchema { Type = JsonSchemaType.String },
        Example = JsonValue.Create(example),
    };

    public static OpenApiParameter Field(string name, string description, string example) =>
        In(ParameterLocation.Header, name, $"{description} For example `{example}`.", new OpenApiSchema { Type = JsonSchemaType.String });

    public static OpenApiParameter Query(string name, string description, OpenApiSchema schema, string? example = null)
    {
        var text = example is null ? description : $"{description} For example `{example}`.";
        schema.Examples = null;
        return In(ParameterLocation.Query, name, text, schema);
    }

    public static OpenApiParameter In(ParameterLocation place, string name, string description, OpenApiSchema schema) => new()
    {
        In = place,
        Name = name,
        Description = description,
        Required = place == ParameterLocation.Path,
        Schema = schema,
    };
}
