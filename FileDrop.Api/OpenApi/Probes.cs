using System.Text.Json.Nodes;
using Microsoft.OpenApi;

namespace FileDrop.Api.OpenApi;

/// <summary>The health endpoints. ASP.NET Core's document leaves them out.</summary>
internal static class Probes
{
    public const string Tag = "Operations";

    private static readonly ApiHeader[] Headers =
    [
        CommonHeaders.CacheControl,
        new("Expires", "The answer has expired already; for HTTP/1.0 caches.", "Thu, 01 Jan 1970 00:00:00 GMT"),
        new("Pragma", "Caches must not keep the answer; for HTTP/1.0 caches.", "no-cache"),
    ];

    private static readonly ApiSchema Health = new("Health", _ => Shape.Object("The state of the service.",
        ("status", State("The worst state of the checks.")),
        ("checks", new OpenApiSchema { Type = JsonSchemaType.Object, Description = "Each check.", AdditionalProperties = State("The check's state.") })));

    public static void AddTo(OpenApiDocument document, DocumentWriter writer)
    {
        Add("/health", "ReadHealth", "Ready to serve", "Tells whether the catalog and the blob store answer.",
            Answer(200, "Both stores answer.", "healthy"), Answer(503, "A store does not answer.", "unhealthy"));
        Add("/alive", "ReadAlive", "Alive", "Tells whether the process runs, whatever the state of its stores.", Answer(200, "The process runs.", "healthy"));

        void Add(string path, string id, string summary, string description, params object[] answers)
        {
            var operation = new OpenApiOperation { OperationId = id, Tags = new HashSet<OpenApiTagReference> { new(Tag, document) } };
            // Like OPTIONS, a probe fails only for a wrong host.
            writer.Write(operation, HttpMethod.Options, [new EndpointSummaryAttribute(summary), new EndpointDescriptionAttribute(description), .. answers]);
            var item = new OpenApiPathItem();
            item.AddOperation(HttpMethod.Get, operation);
            document.Paths.Add(path, item);
        }
    }

    private static ApiAnswer Answer(int status, string description, string catalog) => new(status, description, ApiBody.Json(Health with
    {
        Example = new JsonObject
        {
            ["status"] = catalog,
            ["checks"] = new JsonObject { ["self"] = "healthy", ["catalog"] = catalog, ["blobs"] = "healthy", ["integrity"] = "healthy" },
        },
    }), Headers);

    private static OpenApiSchema State(string description) => Shape.OneOf(description, "healthy", "degraded", "unhealthy");
}
