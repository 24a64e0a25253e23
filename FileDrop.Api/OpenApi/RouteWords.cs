using FileDrop.Api.Http;
using Microsoft.OpenApi;

namespace FileDrop.Api.OpenApi;

/// <summary>The words by which a route says what it takes, answers and refuses. Name, summary and description have ASP.NET Core's own words.</summary>
/// <remarks>
/// <see cref="DocumentWriter"/> adds the rest: the errors and the fields of every answer, and the HEAD of every GET. A parameter brings the
/// errors that a bad value causes, and a body those of its kind. <see cref="Fails"/> names only the endpoint's own errors.
/// </remarks>
internal static class RouteWords
{
    /// <summary>Parameters in the path, the query and the header.</summary>
    public static T Takes<T>(this T endpoint, params ApiParameter[] parameters) where T : IEndpointConventionBuilder =>
        endpoint.WithMetadata([.. parameters]).Fails([.. parameters.SelectMany(parameter => parameter.Failures)]);

    /// <summary>A body that is the content of a file.</summary>
    public static T TakesContent<T>(this T endpoint) where T : IEndpointConventionBuilder =>
        endpoint.WithMetadata(new ApiRequest(ApiBody.UntypedContent), new ApiRequest(ApiBody.Content)).Fails(CommonErrors.OfContent);

    /// <summary>A body that is a part of a file's content.</summary>
    public static T TakesPiece<T>(this T endpoint, string mediaType, bool required = true) where T : IEndpointConventionBuilder =>
        endpoint.WithMetadata(new ApiRequest(ApiBody.Piece(mediaType), required)).Fails(CommonErrors.OfPiece(mediaType)).Fails(CommonErrors.OfContent);

    /// <summary>A form that carries content, a name and tags.</summary>
    public static T TakesForm<T>(this T endpoint, ApiSchema form) where T : IEndpointConventionBuilder =>
        endpoint.WithMetadata(new ApiRequest(ApiBody.Form(form))).Fails(CommonErrors.OfContent).Fails(CommonErrors.OfForm);

    /// <summary>A JSON body.</summary>
    public static T TakesJson<T>(this T endpoint, ApiSchema schema, bool required = true) where T : IEndpointConventionBuilder =>
        endpoint.WithMetadata(new ApiRequest(ApiBody.Json(schema), required)).Fails(CommonErrors.OfJson);

    /// <summary>An answer without a body, and the fields that it has beside those of every answer.</summary>
    public static T Answers<T>(this T endpoint, int status, string description, params ApiHeader[] headers) where T : IEndpointConventionBuilder =>
        endpoint.WithMetadata(new ApiAnswer(status, description, null, headers));

    /// <summary>An answer with a body.</summary>
    public static T Answers<T>(this T endpoint, int status, string description, ApiBody body, params ApiHeader[] headers)
        where T : IEndpointConventionBuilder =>
        endpoint.WithMetadata(new ApiAnswer(status, description, body, headers));

    /// <summary>Operations that take a parameter from an answer.</summary>
    /// <param name="endpoint">The route, whose answers are already declared.</param>
    /// <param name="status">The answer's status.</param>
    /// <param name="parameter">The parameter's name.</param>
    /// <param name="expression">Its place in the answer, as an OpenAPI runtime expression.</param>
    /// <param name="operations">The names of the operations.</param>
    public static T Leads<T>(this T endpoint, int status, string parameter, string expression, params string[] operations)
        where T : IEndpointConventionBuilder =>
        endpoint.WithMetadata(new ApiLinks(status, parameter, expression, operations));

    /// <summary>Fields of all answers, errors included.</summary>
    public static T Carries<T>(this T endpoint, params ApiHeader[] headers) where T : IEndpointConventionBuilder => endpoint.WithMetadata([.. headers]);

    /// <summary>Errors of this endpoint's own.</summary>
    public static T Fails<T>(this T endpoint, params ApiProblem[] problems) where T : IEndpointConventionBuilder => endpoint.WithMetadata([.. problems]);
}

/// <summary>Metadata of an endpoint that writes itself into the endpoint's operation in the OpenAPI document.</summary>
internal interface IOperationPart
{
    /// <summary>Adds to an operation. It uses components of the document, and adds those that are missing.</summary>
    void WriteTo(OpenApiOperation operation, OpenApiDocument document);
}
