using System.Text.Json;
using System.Text.Json.Nodes;
using FileDrop.Api.Http;
using Microsoft.OpenApi;

namespace FileDrop.Api.OpenApi;

/// <summary>A schema among the document's components.</summary>
/// <param name="Name">Its name there.</param>
/// <param name="Build">Makes it for one document.</param>
internal sealed record ApiSchema(string Name, Func<OpenApiDocument, OpenApiSchema> Build)
{
    /// <summary>A value: JSON, or an object that <see cref="ApiJson"/> writes.</summary>
    public object? Example { get; init; }

    /// <summary>A reference to the schema.</summary>
    public IOpenApiSchema In(OpenApiDocument document)
    {
        if (document.Components?.Schemas?.ContainsKey(Name) is not true)
            document.AddComponent(Name, Build(document));
        return new OpenApiSchemaReference(Name, document);
    }

    /// <summary>The example as JSON, made for one use.</summary>
    public JsonNode? ExampleJson() => Example switch
    {
        null => null,
        JsonNode json => json.DeepClone(),
        { } value => JsonSerializer.SerializeToNode(value, value.GetType(), ApiJson.Instance),
    };
}

/// <summary>A body of requests or answers.</summary>
/// <param name="MediaType">Its type.</param>
/// <param name="Schema">Its values, in one document.</param>
/// <param name="Example">A value, or null if there is none.</param>
internal sealed record ApiBody(string MediaType, Func<OpenApiDocument, IOpenApiSchema> Schema, Func<JsonNode?>? Example = null)
{
    private const string JsonType = "application/json", AnyType = "*/*";

    /// <summary>Content whose type the request does not tell.</summary>
    public static ApiBody UntypedContent { get; } = new("application/octet-stream", _ => Shape.Bytes("The content. Its type follows from the name."));

    /// <summary>Content of the request's type.</summary>
    public static ApiBody Content { get; } = new(AnyType, _ => Shape.Bytes("The content, of the request's type."));

    /// <summary>The bytes of a file.</summary>
    public static ApiBody Bytes { get; } = new(AnyType, _ => Shape.Bytes("The bytes, of the file's own type."));

    /// <summary>Another body that the same answer may have.</summary>
    public ApiBody? Other { get; init; }

    /// <summary>Parts of a form that are JSON.</summary>
    private string[] JsonParts { get; init; } = [];

    public static ApiBody Json(ApiSchema schema) => new(JsonType, schema.In, schema.ExampleJson);

    /// <param name="schema">The schema of each item.</param>
    /// <param name="most">How many items there are at most.</param>
    public static ApiBody List(ApiSchema schema, int most) => new(JsonType, document => Shape.List(schema.In(document), most),
        () => schema.ExampleJson() is { } item ? new JsonArray(item) : null);

    public static ApiBody Piece(string mediaType) => new(mediaType, _ => Shape.Bytes("The next bytes of the content."));

    public static ApiBody Form(ApiSchema form) => new("multipart/form-data", form.In) { JsonParts = ["tags"] };

    /// <param name="document">The body's document.</param>
    /// <param name="summary">Describes the example.</param>
    public Dictionary<string, OpenApiMediaType> In(OpenApiDocument document, string summary) => new(Other?.In(document, summary) ?? [], StringComparer.Ordinal)
    {
        [MediaType] = new()
        {
            Schema = Schema(document),
            Encoding = JsonParts.Length == 0 ? null
                : JsonParts.ToDictionary(part => part, _ => new OpenApiEncoding { ContentType = JsonType }, StringComparer.Ordinal),
            Examples = Example?.Invoke() is not { } value ? null
                : new Dictionary<string, IOpenApiExample>(StringComparer.Ordinal) { ["example"] = new OpenApiExample { Summary = summary, Value = value } },
        },
    };
}

/// <summary>A body that an endpoint takes, perhaps beside bodies of other types.</summary>
internal sealed record ApiRequest(ApiBody Body, bool IsRequired = true) : IOperationPart
{
    public void WriteTo(OpenApiOperation operation, OpenApiDocument document)
    {
        if (operation.RequestBody is not OpenApiRequestBody { Content: { } bodies })
            operation.RequestBody = new OpenApiRequestBody
            {
                Required = IsRequired,
                Content = bodies = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal),
            };
        foreach (var (type, body) in Body.In(document, "An example."))
            bodies[type] = body;
    }
}
