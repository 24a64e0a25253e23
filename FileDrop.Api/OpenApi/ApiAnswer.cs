using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.OpenApi;

namespace FileDrop.Api.OpenApi;

/// <summary>An answer of an endpoint that is not an error.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Description">A sentence.</param>
/// <param name="Body">The body, or null if the answer has none.</param>
/// <param name="Headers">Fields beside those of every answer.</param>
internal sealed record ApiAnswer(int Status, string Description, ApiBody? Body, ApiHeader[] Headers) : IOperationPart
{
    public void WriteTo(OpenApiOperation operation, OpenApiDocument document) =>
        (operation.Responses ??= [])[Status.ToString(CultureInfo.InvariantCulture)] = new OpenApiResponse
        {
            Description = Description,
            Headers = Headers.ToDictionary(header => header.Name, header => header.In(document), StringComparer.Ordinal),
            Content = Body?.In(document, Description),
        };
}

/// <summary>Operations that take a parameter from an answer; see <see cref="RouteWords.Leads"/>.</summary>
internal sealed record ApiLinks(int Status, string Parameter, string Expression, string[] Operations) : IOperationPart
{
    public void WriteTo(OpenApiOperation operation, OpenApiDocument document)
    {
        if (operation.Responses?[Status.ToString(CultureInfo.InvariantCulture)] is OpenApiResponse response)
            response.Links = Operations.ToDictionary(id => id, Link, StringComparer.Ordinal);
    }

    private IOpenApiLink Link(string operation) => new OpenApiLink
    {
        OperationId = operation,
        Parameters = new Dictionary<string, RuntimeExpressionAnyWrapper>(StringComparer.Ordinal)
        {
            [Parameter] = new() { Expression = RuntimeExpression.Build(Expression) },
        },
    };
}

/// <summary>A field of answers.</summary>
/// <param name="Name">The field's name.</param>
/// <param name="Description">Its meaning, in Markdown.</param>
/// <param name="Example">A value.</param>
internal sealed record ApiHeader(string Name, string Description, string Example)
{
    /// <summary>Its name among the document's components. Fields that share a name need different keys.</summary>
    public string Key { get; init; } = Name;

    /// <summary>Whether an answer may lack it.</summary>
    public bool IsOptional { get; init; }

    /// <summary>A reference to the field among the document's components.</summary>
    public IOpenApiHeader In(OpenApiDocument document)
    {
        if (document.Components?.Headers?.ContainsKey(Key) is not true)
            document.AddComponent(Key, Inline());
        return new OpenApiHeaderReference(Key, document);
    }

    public OpenApiHeader Inline() => new()
    {
        Description = Description,
        Required = !IsOptional,
        Schema = Shape.Text(),
        Example = JsonValue.Create(Example),
    };
}
