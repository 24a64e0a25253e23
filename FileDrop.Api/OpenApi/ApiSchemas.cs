using System.Globalization;
using System.Text.Json.Nodes;
using FileDrop.Api.Contents;
using Microsoft.OpenApi;

namespace FileDrop.Api.OpenApi;

/// <summary>What stands in JSON bodies and forms.</summary>
/// <remarks>
/// Limits that the service counts in bytes stand here in characters, which are never more: a value that the schema refuses,
/// the service refuses too.
/// </remarks>
internal static class ApiSchemas
{
    public const string File = "File";
    public const string FileUpdated = "FileUpdated";
    public const string FileDeleted = "FileDeleted";
    public const string TrashedFile = "TrashedFile";
    public const string Version = "Version";
    public const string VersionDeleted = "VersionDeleted";
    public const string TrashEmptied = "TrashEmptied";
    public const string Usage = "Usage";
    public const string Health = "Health";
    public const string FileChange = "FileChange";
    public const string UploadForm = "UploadForm";
    public const string UpdateForm = "UpdateForm";
    public const string Tags = "Tags";
    public const string Problem = "Problem";

    public static void AddTo(OpenApiDocument document)
    {
        document.AddComponent(Tags, TagsSchema());
        document.AddComponent(File, FileSchema(document));
        document.AddComponent(TrashedFile, FileSchema(document,
            ("deleted_at", Stamp("When the file was deleted.")),
            ("purge_at", Stamp("Until when it can be restored."))));
        document.AddComponent(Version, Object("A content that a file keeps.",
            ("version", Whole("The file's version at which the content was committed or restored.", 1, example: 1)),
            ("size", Whole("In bytes.", 0, example: 48213)),
            ("type", MediaType()),
            ("sha256", Sha256()),
            ("created_at", Stamp("When the content was committed."))));
        document.AddComponent(VersionDeleted, Object("The answer to the deletion of a version.",
            ("message", Text("For a person.", "Version 1 was deleted.")),
            ("file_id", Id()),
            ("version", Whole("The version that is gone.", 1, example: 1))));
        document.AddComponent(TrashEmptied, Object("The answer to the emptying of the trash.",
            ("message", Text("For a person.", "3 files were deleted for good.")),
            ("deleted", Whole("Files that are gone.", 0, example: 3))));
        document.AddComponent(Usage, Object("What the caller has stored, and may store.",
            ("bytes_used", Whole("In the contents of files, live and in the trash, with their versions.", 0, example: 48213)),
            ("bytes_reserved", Whole("For what is being uploaded: counts against the limit until it is stored, or given up.", 0, example: 0)),
            ("bytes_limit", Limit("For used and reserved together")),
            ("files_used", Whole("Live and in the trash.", 0, example: 1)),
            ("files_limit", Limit("For files")),
            ("as_of", OrNull(Stamp("When the numbers were true, if they are expensive to add up and nothing limits them; null: now.")))));
        document.AddComponent(FileUpdated, Object("The answer to an update.",
            ("message", Text("For a person.", "'report.pdf' was updated.")),
            ("file", new OpenApiSchemaReference(File, document))));
        document.AddComponent(FileDeleted, Object("The answer to a deletion.",
            ("message", Text("For a person.", "'report.pdf' was deleted.")),
            ("file_id", Id())));
        var change = Object("Metadata alone: at least one of the two. An unknown member is an error.",
            ("file_name", Name("The new name.")),
            ("tags", new OpenApiSchemaReference(Tags, document)));
        (change.Required, change.MinProperties, change.AdditionalPropertiesAllowed) = (null, 1, false);
        document.AddComponent(FileChange, change);
        document.AddComponent(UploadForm, Form(document, "Exactly one file; other text parts are passed over.", fileRequired: true));
        document.AddComponent(UpdateForm, Form(document, "At least one of the three.", fileRequired: false));
        document.AddComponent(Problem, ProblemSchema());
        AccessOperations.AddTo(document);
        GuardOperations.AddTo(document);
        document.AddComponent(Health, Object("How the service is.",
            ("status", State("The worst of the checks.")),
            ("checks", new OpenApiSchema { Type = JsonSchemaType.Object, Description = "Each check.", AdditionalProperties = State("The check's state.") })));

        static OpenApiSchema State(string description) =>
            new() { Type = JsonSchemaType.String, Description = description, Enum = ["healthy", "degraded", "unhealthy"] };
    }

    /// <summary>The problem, with the status and the codes that it can have in one place.</summary>
    public static OpenApiSchema ProblemOf(OpenApiDocument document, int status, IEnumerable<string> codes) => new()
    {
        AllOf =
        [
            new OpenApiSchemaReference(Problem, document),
            new OpenApiSchema
            {
                Type = JsonSchemaType.Object,
                Properties = new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal)
                {
                    ["status"] = new OpenApiSchema { Type = JsonSchemaType.Integer, Enum = [JsonValue.Create(status)] },
                    ["code"] = new OpenApiSchema { Type = JsonSchemaType.String, Enum = [.. codes.Select(code => JsonValue.Create(code))] },
                },
            },
        ],
    };

    public static OpenApiSchema Text(string description, string? example = null) =>
        new() { Type = JsonSchemaType.String, Description = description, Examples = example is null ? null : [JsonValue.Create(example)] };

    public static OpenApiSchema Whole(string description, long minimum, long? maximum = null, long? example = null) => new()
    {
        Type = JsonSchemaType.Integer,
        Format = "int64",
        Description = description,
        Minimum = minimum.ToString(CultureInfo.InvariantCulture),
        Maximum = maximum?.ToString(CultureInfo.InvariantCulture),
        Examples = example is { } value ? [JsonValue.Create(value)] : null,
    };

    private static OpenApiSchema Limit(string description) => OrNull(Whole(description + "; null: none.", 0));

    private static OpenApiSchema OrNull(OpenApiSchema schema)
    {
        schema.Type |= JsonSchemaType.Null;
        return schema;
    }

    public static OpenApiSchema Choice(params ReadOnlySpan<string> values)
    {
        var schema = new OpenApiSchema { Type = JsonSchemaType.String, Enum = [], Default = JsonValue.Create(values[0]) };
        foreach (var value in values)
            schema.Enum.Add(JsonValue.Create(value));
        return schema;
    }

    public static OpenApiSchema Time(string description) => new()
    {
        Type = JsonSchemaType.String,
        Format = "date-time",
        Description = description,
        Examples = [JsonValue.Create("2026-11-23T08:25:25.123Z")],
    };

    public static OpenApiSchema Bytes(string description) =>
        new() { Type = JsonSchemaType.String, Format = "binary", Description = description };

    public static OpenApiSchema Id() => new()
    {
        Type = JsonSchemaType.String,
        Format = "uuid",
        Description = "A UUIDv7; says nothing about the content.",
        Examples = [JsonValue.Create(ApiExamples.FileId)],
    };

    public static OpenApiSchema Name(string description)
    {
        var name = Text(description + $" 1 to {FileName.MaxBytes} bytes of UTF-8, in NFC, without control characters.", "report.pdf");
        (name.MinLength, name.MaxLength) = (1, FileName.MaxBytes);
        return name;
    }

    private static OpenApiSchema Sha256()
    {
        var sha256 = Text("The content's SHA-256 in lower-case hexadecimal.", ApiExamples.Sha256);
        sha256.Pattern = "^[0-9a-f]{64}$";
        return sha256;
    }

    private static OpenApiSchema MediaType()
    {
        var type = Text("A media type.", "application/pdf");
        type.MaxLength = 255;
        return type;
    }

    public static OpenApiSchema Stamp(string description)
    {
        var time = Time(description + " UTC, with milliseconds.");
        time.Pattern = @"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$";
        return time;
    }

    private static OpenApiSchema FileSchema(OpenApiDocument document, params ReadOnlySpan<(string Name, IOpenApiSchema Schema)> more)
    {
        var file = Object("A file; the same object in every answer.",
        [
            ("file_id", Id()),
            ("file_name", Name("A name is data, never a path.")),
            ("file_size", Whole("In bytes.", 0, example: 48213)),
            ("file_type", MediaType()),
            ("created_at", Stamp("When the file was first stored; never changes.")),
            ("updated_at", Stamp("When content or metadata last changed.")),
            ("version", Whole("1 at first, one more with every change of content or metadata.", 1, example: 1)),
            ("sha256", Sha256()),
            ("tags", new OpenApiSchemaReference(Tags, document)),
            .. more,
        ]);
        file.Examples = (more.IsEmpty ? ApiExamples.File : ApiExamples.Trashed) is { } example ? [example] : null;
        return file;
    }

    private static OpenApiSchema TagsSchema() => new()
    {
        Type = JsonSchemaType.Object,
        Description = $"At most {FileTags.MaxCount} tags. A key has 1 to {FileTags.MaxKeyBytes} bytes of UTF-8 and no colon, "
            + $"a value at most {FileTags.MaxValueBytes} bytes.",
        MaxProperties = FileTags.MaxCount,
        PropertyNames = new OpenApiSchema { Type = JsonSchemaType.String, Pattern = "^[^:]+$", MaxLength = FileTags.MaxKeyBytes },
        AdditionalProperties = new OpenApiSchema { Type = JsonSchemaType.String, MaxLength = FileTags.MaxValueBytes },
        Examples = [ApiExamples.Tags],
    };

    private static OpenApiSchema Form(OpenApiDocument document, string description, bool fileRequired)
    {
        var form = Object(description,
            ("file", Bytes("The content: the part with a filename, whatever its field name. Its Content-Type is the file's type, and its "
                + "Content-Digest or Repr-Digest, if sent, is checked.")),
            ("file_name", Name("Wins over the file part's filename.")),
            ("tags", new OpenApiSchemaReference(Tags, document)));
        form.Required = fileRequired ? new HashSet<string>(StringComparer.Ordinal) { "file" } : null;
        form.MinProperties = fileRequired ? null : 1;
        return form;
    }

    private static OpenApiSchema ProblemSchema()
    {
        var problem = Object("An error (RFC 9457).",
            ("type", Text("Names the kind of problem; ends in the code.", "urn:filedrop:problem:file_not_found")),
            ("title", Text("The same for every occurrence of the code.", ApiProblem.FileNotFound.Title)),
            ("status", Whole("The HTTP status.", 400, 599, 404)),
            ("detail", Text("What was wrong this time, and what to do.", ApiProblem.FileNotFound.Detail)),
            ("instance", Text("The path that was asked for.", $"/files/{ApiExamples.FileId}")),
            ("code", new OpenApiSchema
            {
                Type = JsonSchemaType.String,
                Description = "Stable, for programs.",
                Enum = [.. ApiErrors.Codes.Select(code => JsonValue.Create(code))],
            }),
            ("trace_id", Text("Finds the request in log and traces.", ApiExamples.TraceId)));
        foreach (var (name, description) in new[] { ("expected-offset", "Where the upload is, in bytes."), ("provided-offset", "Where the request would have gone on.") })
            problem.Properties?.Add(name, Whole($"Of an append at the wrong place. {description}", 0));
        problem.Properties?.Add("violated-policies", new OpenApiSchema
        {
            Type = JsonSchemaType.Array,
            Description = "Of a request beyond a limit: the limits, as `RateLimit-Policy` names them.",
            MaxItems = 3,
            Items = Choice("caller", "address", "uploads"),
        });
        if (problem.Properties?["type"] is OpenApiSchema type)
            type.Format = "uri";
        if (problem.Properties?["instance"] is OpenApiSchema instance)
            instance.Format = "uri-reference";
        return problem;
    }

    /// <summary>An object with all its members, each of them required.</summary>
    public static OpenApiSchema Object(string description, params ReadOnlySpan<(string Name, IOpenApiSchema Schema)> members)
    {
        var schema = new OpenApiSchema
        {
            Type = JsonSchemaType.Object,
            Description = description,
            Properties = new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal),
            Required = new HashSet<string>(StringComparer.Ordinal),
        };
        foreach (var (name, member) in members)
        {
            schema.Properties.Add(name, member);
            schema.Required.Add(name);
        }
        return schema;
    }
}
