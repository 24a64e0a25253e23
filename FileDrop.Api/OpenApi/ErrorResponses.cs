using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using FileDrop.Api.Http;
using Microsoft.OpenApi;

namespace FileDrop.Api.OpenApi;

/// <summary>The document's error responses and their examples. Each stands once among the components, and operations refer to it.</summary>
internal sealed class ErrorResponses(OpenApiDocument document)
{
    /// <summary>The schema of every error.</summary>
    public const string Problem = "Problem";

    /// <summary>Errors of requests that no endpoint takes.</summary>
    private static readonly ApiProblem[] OfNoEndpoint = [ApiProblem.NotFound, ApiProblem.MethodNotAllowed];

    /// <summary>The names of components, by their content.</summary>
    private readonly Dictionary<string, string> _names = new(StringComparer.Ordinal);

    /// <summary>The codes of the document.</summary>
    private readonly HashSet<(int Status, string Code)> _codes = [.. OfNoEndpoint.Select(problem => (problem.Status, problem.Code))];

    /// <summary>Adds one response for each status.</summary>
    /// <param name="responses">The responses of an operation.</param>
    /// <param name="problems">The operation's errors.</param>
    /// <param name="headers">Fields of all its answers.</param>
    /// <param name="body">False for HEAD.</param>
    public void AddTo(OpenApiResponses responses, IEnumerable<ApiProblem> problems, IReadOnlyCollection<ApiHeader> headers, bool body)
    {
        foreach (var status in problems.GroupBy(problem => problem.Status).OrderBy(status => status.Key))
        {
            ApiProblem[] all = [.. status];
            _codes.UnionWith(all.Select(problem => (problem.Status, problem.Code)));
            var codes = string.Join('_', all.Select(problem => problem.Code).Distinct(StringComparer.Ordinal));
            var fields = string.Join(' ', headers.Select(header => header.Key));
            var name = NameOf($"{status.Key}_{codes}{(body ? "" : "_head")}", all, fields, out var isNew);
            if (isNew)
                document.AddComponent<IOpenApiResponse>(name, Response(all, headers, body));
            responses[status.Key.ToString(CultureInfo.InvariantCulture)] = new OpenApiResponseReference(name, document);
        }
    }

    /// <summary>The schema of every error, with the codes that the document has by now.</summary>
    public OpenApiSchema ProblemSchema()
    {
        var code = Shape.OneOf("A stable code for programs.",
            [.. _codes.OrderBy(each => each.Status).Select(each => each.Code).Distinct(StringComparer.Ordinal)]);
        var type = Shape.Text("The kind of problem; it ends in the code.", "urn:filedrop:problem:file_not_found");
        var instance = Shape.Text("The path of the request.", $"/files/{ApiExamples.FileId}");
        (type.Format, instance.Format) = ("uri", "uri-reference");
        const string offsets = "Only for an append at the wrong offset:";
        return Shape.Object("An error (RFC 9457).",
            ("type", type),
            ("title", Shape.Text("A title, the same for every error with the code.", ApiProblem.FileNotFound.Title)),
            ("status", Shape.Integer("The HTTP status.", 400, 599, 404)),
            ("detail", Shape.Text("The cause of this error, and the remedy.", ApiProblem.FileNotFound.Detail)),
            ("instance", instance),
            ("code", code),
            ("trace_id", Shape.Text("The id of the request in the log and in traces.", ApiExamples.TraceId)),
            ("expected-offset", Shape.Integer($"{offsets} the upload's offset, in bytes.", 0)),
            ("provided-offset", Shape.Integer($"{offsets} the request's offset, in bytes.", 0)),
            ("violated-policies", Shape.List(Shape.OneOf(null, "caller", "address", "uploads", "streams", "guesses", "passwords"), 4,
                "Only for a request beyond a limit: the limits, as `RateLimit-Policy` names them.")))
            .Without("expected-offset", "provided-offset", "violated-policies");
    }

    /// <summary>The problem, with the status and the codes that one response has.</summary>
    private OpenApiSchema ProblemOf(int status, IEnumerable<string> codes) => new()
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
                    ["code"] = Shape.OneOf(null, [.. codes]),
                },
            },
        ],
    };

    /// <param name="problems">Have one status.</param>
    /// <param name="headers">Fields beside those of every error.</param>
    /// <param name="body">Whether the response has a body.</param>
    private OpenApiResponse Response(ApiProblem[] problems, IReadOnlyCollection<ApiHeader> headers, bool body)
    {
        var response = new OpenApiResponse
        {
            Description = string.Join(' ', problems.Select(problem => $"`{problem.Code}`: {problem.Title}.").Distinct(StringComparer.Ordinal)),
            Headers = CommonHeaders.Always.Append(CommonHeaders.CacheControl).Concat(headers)
                .ToDictionary(header => header.Name, header => header.In(document), StringComparer.Ordinal),
        };
        foreach (var problem in problems)
        {
            if (problem.RetryAfterSeconds is not null)
                response.Headers[CommonHeaders.RetryAfter.Name] = CommonHeaders.RetryAfter.In(document);
            if (problem.Header is { } header)
                response.Headers[header.Name] = (CommonHeaders.OfError(header.Name, header.Value) with
                {
                    IsOptional = !problems.All(other => string.Equals(other.Header?.Name, header.Name, StringComparison.Ordinal)),
                }).Inline();
        }
        if (body)
            response.Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal)
            {
                [ApiProblem.MediaType] = new()
                {
                    Schema = ProblemOf(problems[0].Status, problems.Select(problem => problem.Code).Distinct(StringComparer.Ordinal)),
                    Examples = Examples(problems),
                },
            };
        return response;
    }

    private Dictionary<string, IOpenApiExample> Examples(ApiProblem[] problems)
    {
        var examples = new Dictionary<string, IOpenApiExample>(StringComparer.Ordinal);
        foreach (var (index, problem) in problems.GroupBy(problem => problem.Code, StringComparer.Ordinal).SelectMany(same => same.Index()))
        {
            var name = NameOf(problem.Code, [problem], "", out var isNew);
            if (isNew)
                document.AddComponent<IOpenApiExample>(name, new OpenApiExample { Summary = problem.Title, Value = Json(problem) });
            examples[index == 0 ? problem.Code : $"{problem.Code}_{index + 1}"] = new OpenApiExampleReference(name, document);
        }
        return examples;
    }

    /// <summary>A problem as the service would answer it to a request about a file.</summary>
    private static JsonNode? Json(ApiProblem problem) => JsonSerializer.SerializeToNode(
        new ProblemJson(problem.Type ?? $"urn:filedrop:problem:{problem.Code}", problem.Title, problem.Status, problem.Detail, $"/files/{ApiExamples.FileId}",
            problem.Code, ApiExamples.TraceId, problem.Offsets?.Expected, problem.Offsets?.Provided, problem.ViolatedPolicies),
        ApiJson.Instance.ProblemJson);

    /// <summary>A component's name: the wanted one, with a number if another component has it.</summary>
    private string NameOf(string wanted, ApiProblem[] problems, string fields, out bool isNew)
    {
        var content = $"{wanted} {fields} {string.Join(' ', problems.Select(problem => $"{problem.Status} {problem.Detail} {problem.Header}"))}";
        isNew = !_names.TryGetValue(content, out var name);
        return name ?? (_names[content] = Enumerable.Range(1, int.MaxValue).Select(number => number == 1 ? wanted : $"{wanted}_{number}")
            .First(free => !_names.ContainsValue(free)));
    }
}
