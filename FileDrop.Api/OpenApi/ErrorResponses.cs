using System.Globalization;
using Microsoft.OpenApi;

namespace FileDrop.Api.OpenApi;

/// <summary>The document's error responses and their examples: each stands once among its components, and operations refer to it.</summary>
internal sealed class ErrorResponses(OpenApiDocument document)
{
    private static readonly string[] CommonHeaders = ["Cache-Control", .. ApiFields.Security, .. ApiFields.RateLimits];

    /// <summary>The names that components have, by what they say.</summary>
    private readonly Dictionary<string, string> _names = new(StringComparer.Ordinal);

    /// <summary>Adds one response a status; a HEAD answers without a body.</summary>
    public void AddTo(OpenApiResponses responses, IEnumerable<ApiProblem> problems, bool body)
    {
        foreach (var status in problems.GroupBy(problem => problem.Status).OrderBy(status => status.Key))
        {
            ApiProblem[] all = [.. status];
            var name = NameOf($"{status.Key}_{string.Join('_', all.Select(problem => problem.Code))}{(body ? "" : "_head")}", all, out var isNew);
            if (isNew)
                document.AddComponent<IOpenApiResponse>(name, Response(status.Key, all, body));
            responses[status.Key.ToString(CultureInfo.InvariantCulture)] = new OpenApiResponseReference(name, document);
        }
    }

    private OpenApiResponse Response(int status, ApiProblem[] problems, bool body)
    {
        var response = new OpenApiResponse
        {
            Description = string.Join(' ', problems.Select(problem => $"`{problem.Code}`: {problem.Title}.")),
            Headers = CommonHeaders.ToDictionary(name => name, IOpenApiHeader (name) => new OpenApiHeaderReference(name, document), StringComparer.Ordinal),
        };
        foreach (var problem in problems)
        {
            if (problem.RetryAfterSeconds is not null)
                response.Headers["Retry-After"] = new OpenApiHeaderReference("Retry-After", document);
            if (problem.Header is { } header)
                response.Headers[header.Name] = ApiFields.HeaderLike(header.Name, header.Value);
        }
        if (body)
            response.Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal)
            {
                [ApiProblem.MediaType] = new()
                {
                    Schema = ApiSchemas.ProblemOf(document, status, problems.Select(problem => problem.Code)),
                    Examples = problems.ToDictionary(problem => problem.Code, Example, StringComparer.Ordinal),
                },
            };
        return response;
    }

    private IOpenApiExample Example(ApiProblem problem)
    {
        var name = NameOf(problem.Code, [problem], out var isNew);
        if (isNew)
            document.AddComponent<IOpenApiExample>(name, new OpenApiExample { Summary = problem.Title, Value = ApiExamples.Problem(problem) });
        return new OpenApiExampleReference(name, document);
    }

    /// <summary>A component's name: the wanted one, with a number where another component has it that says something else.</summary>
    private string NameOf(string wanted, ApiProblem[] problems, out bool isNew)
    {
        var content = $"{wanted} {string.Join(' ', problems.Select(problem => $"{problem.Status} {problem.Detail} {problem.Header}"))}";
        isNew = !_names.TryGetValue(content, out var name);
        return name ?? (_names[content] = Enumerable.Range(1, int.MaxValue).Select(number => number == 1 ? wanted : $"{wanted}_{number}")
            .First(free => !_names.ContainsValue(free)));
    }
}
