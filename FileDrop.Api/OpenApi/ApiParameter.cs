using System.Text.Json.Nodes;
using FileDrop.Api.Http;
using Microsoft.OpenApi;

namespace FileDrop.Api.OpenApi;

/// <summary>A parameter of requests.</summary>
/// <param name="Place">Path, query or header.</param>
/// <param name="Name">Its name in a request.</param>
/// <param name="Description">Its meaning, in Markdown.</param>
/// <param name="Schema">Its values. It must not refer to other schemas, since all documents share it.</param>
internal sealed record ApiParameter(ParameterLocation Place, string Name, string Description, OpenApiSchema Schema) : IOperationPart
{
    /// <summary>Its name among the document's components. Parameters that share a name need different keys.</summary>
    public string Key { get; init; } = Name;

    public bool IsRequired { get; init; } = Place == ParameterLocation.Path;

    /// <summary>Whether a request may repeat it, once for each value.</summary>
    public bool Repeats { get; init; }

    /// <summary>Errors that a bad value causes.</summary>
    public ApiProblem[] Failures { get; init; } = [];

    public static ApiParameter Path(string name, string description, OpenApiSchema schema) => new(ParameterLocation.Path, name, description, schema);

    public static ApiParameter Query(string name, string description, OpenApiSchema schema, string? example = null)
    {
        schema.Examples = null;
        return new(ParameterLocation.Query, name, WithExample(description, example), schema);
    }

    public static ApiParameter Header(string name, string description, string example, OpenApiSchema? schema = null) =>
        new(ParameterLocation.Header, name, WithExample(description, example), schema ?? Shape.Text());

    /// <summary>The limit of a page.</summary>
    /// <param name="most">Its largest value.</param>
    /// <param name="usual">Its default.</param>
    public static ApiParameter Limit(int most, int usual)
    {
        var schema = Shape.Integer(null, 1, most);
        schema.Default = JsonValue.Create(usual);
        return Query("limit", "The most entries on a page.", schema);
    }

    public void WriteTo(OpenApiOperation operation, OpenApiDocument document)
    {
        if (document.Components?.Parameters?.ContainsKey(Key) is not true)
            document.AddComponent(Key, Inline());
        (operation.Parameters ??= []).Add(new OpenApiParameterReference(Key, document));
    }

    private OpenApiParameter Inline()
    {
        var parameter = new OpenApiParameter { In = Place, Name = Name, Description = Description, Required = IsRequired, Schema = Schema };
        if (Repeats)
            (parameter.Style, parameter.Explode) = (ParameterStyle.Form, true);
        return parameter;
    }

    /// <summary>
    /// The example stands in the text, because tools put a real one into every request that they propose. A request with another file's
    /// digest, range and precondition always fails.
    /// </summary>
    private static string WithExample(string description, string? example) => example is null ? description : $"{description} For example `{example}`.";
}
