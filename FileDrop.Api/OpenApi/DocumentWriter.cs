using FileDrop.Api.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.OpenApi;
using DescribedEndpoint = Microsoft.AspNetCore.Mvc.ApiExplorer.ApiDescription;

namespace FileDrop.Api.OpenApi;

/// <summary>Writes each operation from its endpoint's metadata, and adds what all have in common.</summary>
internal sealed class DocumentWriter(OpenApiDocument document)
{
    private readonly ErrorResponses _errors = new(document);

    public void Write(IEnumerable<DescribedEndpoint> endpoints)
    {
        foreach (var endpoint in endpoints)
        {
            var method = HttpMethod.Parse(endpoint.HttpMethod ?? HttpMethods.Get);
            // A path of the document does not tell that a parameter takes slashes.
            var template = endpoint.RelativePath?.Trim('/').Replace("{**", "{", StringComparison.Ordinal);
            if (document.Paths.TryGetValue($"/{template}", out var path) && path.Operations is { } operations
                && operations.TryGetValue(method, out var operation))
                Write(operation, method, endpoint.ActionDescriptor.EndpointMetadata);
        }
        document.AddComponent(ErrorResponses.Problem, _errors.ProblemSchema());
    }

    /// <param name="operation">Has its id and tags.</param>
    /// <param name="method">Its method.</param>
    /// <param name="metadata">The metadata of its endpoint.</param>
    public void Write(OpenApiOperation operation, HttpMethod method, IList<object> metadata)
    {
        operation.Summary = metadata.OfType<IEndpointSummaryMetadata>().LastOrDefault()?.Summary;
        operation.Description = metadata.OfType<IEndpointDescriptionMetadata>().LastOrDefault()?.Description.ReplaceLineEndings("\n");
        (operation.Parameters, operation.RequestBody, operation.Responses) = ([], null, []);
        operation.Security = [new OpenApiSecurityRequirement()];
        foreach (var part in metadata.OfType<IOperationPart>())
            part.WriteTo(operation, document);
        operation.Parameters = [.. operation.Parameters.OrderBy(parameter => parameter.In != ParameterLocation.Path)];
        ApiHeader[] headers = [.. metadata.OfType<ApiHeader>()];
        foreach (var answer in operation.Responses.Values)
        {
            foreach (var header in CommonHeaders.Always.Concat(headers))
                answer.Headers?.TryAdd(header.Name, header.In(document));
        }
        var problems = Errors(method).Concat(metadata.OfType<ApiProblem>()).Distinct();
        if (method == HttpMethod.Head)
        {
            var isOfGet = metadata.OfType<IHttpMethodMetadata>().Last().HttpMethods.Contains(HttpMethods.Get, StringComparer.Ordinal);
            LeaveBodiesOut(operation, isOfGet);
            problems = problems.Where(problem => problem.Status != StatusCodes.Status416RangeNotSatisfiable);
        }
        _errors.AddTo(operation.Responses, problems, headers, body: method != HttpMethod.Head);
    }

    /// <summary>HEAD has no bodies and no ranges (RFC 9110, sections 9.3.2 and 14.2).</summary>
    private static void LeaveBodiesOut(OpenApiOperation operation, bool isOfGet)
    {
        operation.OperationId += "Head";
        if (isOfGet)
            operation.Summary += ", without the body";
        operation.Parameters = [.. (operation.Parameters ?? []).Where(parameter => parameter.Name is not ("Range" or "If-Range"))];
        operation.Responses?.Remove("206");
        foreach (var answer in operation.Responses?.Values.OfType<OpenApiResponse>() ?? [])
            answer.Content = null;
    }

    private static IEnumerable<ApiProblem> Errors(HttpMethod method) =>
        method == HttpMethod.Options ? CommonErrors.Always
        : method == HttpMethod.Get || method == HttpMethod.Head ? [.. CommonErrors.Always, .. CommonErrors.OfWork]
        : [.. CommonErrors.Always, .. CommonErrors.OfWork, .. CommonErrors.OfChange];
}
