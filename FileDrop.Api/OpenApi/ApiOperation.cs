using System.Text.Json.Nodes;
using Microsoft.OpenApi;

namespace FileDrop.Api.OpenApi;

/// <summary>One operation's description, put together in the order in which it is read.</summary>
internal sealed class ApiOperation(OpenApiDocument document, ErrorResponses errors)
{
    private const string AnyType = "*/*";

    private readonly List<IOpenApiParameter> _parameters = [];
    private readonly Dictionary<string, OpenApiMediaType> _body = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, OpenApiResponse> _responses = new(StringComparer.Ordinal);
    private OpenApiResponse _last = new();
    private string _description = "";
    private bool _bodyRequired = true;
    private ApiProblem[] _problems = [];

    public ApiOperation Says(string description)
    {
        _description = description;
        return this;
    }

    public ApiOperation Takes(params ReadOnlySpan<string> parameters)
    {
        foreach (var parameter in parameters)
            _parameters.Add(new OpenApiParameterReference(parameter, document));
        return this;
    }

    public ApiOperation Form(string schema)
    {
        _body["multipart/form-data"] = new OpenApiMediaType
        {
            Schema = new OpenApiSchemaReference(schema, document),
            Encoding = new Dictionary<string, OpenApiEncoding>(StringComparer.Ordinal)
            {
                ["tags"] = new() { ContentType = "application/json" },
            },
        };
        return this;
    }

    /// <summary>A JSON body that changes metadata.</summary>
    public ApiOperation Change()
    {
        _body["application/json"] = new OpenApiMediaType
        {
            Schema = new OpenApiSchemaReference(ApiSchemas.FileChange, document),
            Examples = Example("change", "A new name and new tags.", ApiExamples.Change),
        };
        return this;
    }

    /// <summary>A JSON body.</summary>
    public ApiOperation Takes(string schema, JsonNode example)
    {
        _body["application/json"] = new OpenApiMediaType
        {
            Schema = new OpenApiSchemaReference(schema, document),
            Examples = Example("example", "For example.", example),
        };
        return this;
    }

    public ApiOperation BodyMayBeAbsent()
    {
        _bodyRequired = false;
        return this;
    }

    /// <summary>A body that is a piece of the content.</summary>
    public ApiOperation Appends(string mediaType, bool required)
    {
        _body[mediaType] = new OpenApiMediaType { Schema = ApiSchemas.Bytes("The next bytes of the content.") };
        _bodyRequired = required;
        return this;
    }

    /// <summary>A body that is the content.</summary>
    public ApiOperation Raw()
    {
        _body["application/octet-stream"] = new OpenApiMediaType { Schema = ApiSchemas.Bytes("The content; its type follows from the name.") };
        _body[AnyType] = new OpenApiMediaType { Schema = ApiSchemas.Bytes("The content, of the type that the request has.") };
        return this;
    }

    public ApiOperation Answers(int status, string description, params ReadOnlySpan<string> headers)
    {
        _last = new OpenApiResponse { Description = description, Headers = new Dictionary<string, IOpenApiHeader>(StringComparer.Ordinal) };
        foreach (var header in headers)
            _last.Headers[header] = new OpenApiHeaderReference(header, document);
        _responses[status.ToString(System.Globalization.CultureInfo.InvariantCulture)] = _last;
        return this;
    }

    public ApiOperation Json(string schema, JsonNode? example) =>
        Content("application/json", new OpenApiSchemaReference(schema, document), example);

    public ApiOperation JsonList(string schema, JsonNode? example) => Content("application/json", new OpenApiSchema
    {
        Type = JsonSchemaType.Array,
        MaxItems = Api.Files.ListRequest.MaxLimit,
        Items = new OpenApiSchemaReference(schema, document),
    }, example);

    public ApiOperation Bytes() => Content(AnyType, ApiSchemas.Bytes("The bytes, of the file's own type."), null);

    public ApiOperation Links(string parameter, string expression, params ReadOnlySpan<string> operations)
    {
        _last.Links = new Dictionary<string, IOpenApiLink>(StringComparer.Ordinal);
        foreach (var operation in operations)
        {
            _last.Links[operation] = new OpenApiLink
            {
                OperationId = operation,
                Parameters = new Dictionary<string, RuntimeExpressionAnyWrapper>(StringComparer.Ordinal)
                {
                    [parameter] = new() { Expression = RuntimeExpression.Build(expression) },
                },
            };
        }
        return this;
    }

    public ApiOperation Fails(ApiProblem[] problems)
    {
        _problems = problems;
        return this;
    }

    /// <param name="operation">Is completed.</param>
    /// <param name="head">Whether it answers without bodies, and knows no ranges.</param>
    public void WriteTo(OpenApiOperation operation, bool head)
    {
        if (head)
        {
            operation.OperationId += "Head";
            operation.Summary += ", without the body";
            _responses.Remove("206");
            foreach (var response in _responses.Values)
                response.Content = null;
        }
        operation.Description = _description.ReplaceLineEndings("\n");
        operation.Parameters = [.. _parameters.Where(parameter => !head || !ApiFields.Ranges.Contains(parameter.Name, StringComparer.Ordinal))];
        operation.RequestBody = _body.Count == 0 ? null : new OpenApiRequestBody { Required = _bodyRequired, Content = _body };
        operation.Responses = [];
        foreach (var (status, response) in _responses)
            operation.Responses[status] = response;
        foreach (var response in _responses.Values.OfType<OpenApiResponse>())
        {
            foreach (var header in ApiFields.Security.Concat(ApiFields.RateLimits))
                response.Headers?.TryAdd(header, new OpenApiHeaderReference(header, document));
        }
        errors.AddTo(operation.Responses, _problems.Where(problem => !head || problem.Status != 416), body: !head);
    }

    private static Dictionary<string, IOpenApiExample> Example(string key, string summary, JsonNode? value) =>
        new(StringComparer.Ordinal) { [key] = new OpenApiExample { Summary = summary, Value = value } };

    private ApiOperation Content(string mediaType, IOpenApiSchema schema, JsonNode? example)
    {
        _last.Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal)
        {
            [mediaType] = new() { Schema = schema, Examples = example is null ? null : Example("example", _last.Description ?? "", example) },
        };
        return this;
    }
}
