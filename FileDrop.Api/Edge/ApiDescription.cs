using FileDrop.Api.Access;
using FileDrop.Api.Http;
using FileDrop.Api.OpenApi;
using Microsoft.OpenApi;
using Scalar.AspNetCore;

namespace FileDrop.Api.Edge;

/// <summary>The OpenAPI 3.1 document and the page that shows it.</summary>
internal static class ApiDescription
{
    private const string Text = """
        FileDrop stores files, and returns exactly the bytes that it received.

        **Conventions.** JSON is snake_case. Times are RFC 3339 in UTC with milliseconds. Sizes are bytes.
        Names are data, never paths.

        **Versions.** Every successful change of content or metadata raises `version` by one and changes `ETag`. `If-Match` makes a change
        conditional: `412` if the file has changed. Without it the last writer wins.

        **Callers** send an API key or an access token as `Authorization: Bearer …`, or a key as the password of HTTP Basic. The service answers
        `401` without a valid credential, and `403` if a scope is missing. Callers see only the files of their owner. Files of others are `404`, like
        files that never existed. A service that is open to everybody needs no credential. A change that another site's page requests is `403`.

        **Errors** are `application/problem+json` (RFC 9457) with a stable `code`. A request answered `4xx` leaves no trace. One answered `5xx`, or
        cut off, happened whole or not at all. An unknown path is `404` `not_found`. A method that the path does not have is `405`
        `method_not_allowed` with `Allow`.
        """;

    private const string Document = "v1";

    /// <summary>The policy of the reference page, except for scripts: it writes its own styles, and sends requests only to this service.</summary>
    private const string PagePolicy =
        "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    public static void AddApiDescription(this IServiceCollection services) => services.AddOpenApi(options =>
    {
        options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
        options.AddDocumentTransformer((document, context, _) =>
        {
            Describe(document);
            var writer = new DocumentWriter(document);
            Probes.AddTo(document, writer);
            writer.Write(context.DescriptionGroups.SelectMany(group => group.Items));
            return Task.CompletedTask;
        });
    });

    public static void MapApiDescription(this IEndpointRouteBuilder app)
    {
        var described = app.MapGroup("").AllowAnonymous().AddEndpointFilter(RestrictAsync);
        described.MapOpenApi().Compressed().Add(EndWithLineFeed);
        // The package contains the page's script. Turn off all that it would fetch from elsewhere, so that the page works offline.
        described.MapScalarApiReference("/scalar", scalar => scalar
            .WithTitle("FileDrop")
            .DisableDefaultFonts()
            .DisableTelemetry()
            .DisableAgent()
            .DisableMcp()
            .HideClientButton()
            .HideDeveloperTools()
            .WithNonce()
            .WithDefaultHttpClient(ScalarTarget.Shell, ScalarClient.Curl))
            .Compressed();
    }

    /// <summary>
    /// Answers only for the existing document: the page makes a path of any other name, and would show whatever lies there. The page runs only its own scripts,
    /// not even others of this origin, where users store theirs.
    /// </summary>
    private static async ValueTask<object?> RestrictAsync(EndpointFilterInvocationContext invocation, EndpointFilterDelegate next)
    {
        var context = invocation.HttpContext;
        if (context.Request.RouteValues["documentName"] is not (null or Document))
            return ApiProblem.NotFound;
        context.Response.OnStarting(() =>
        {
            if (context.Items[ScalarOptions.NonceHttpContextItemKey] is string nonce)
                context.Response.Headers.ContentSecurityPolicy = $"script-src 'nonce-{nonce}'; {PagePolicy}";
            return Task.CompletedTask;
        });
        return await next(invocation);
    }

    /// <summary>Ends the document with a line feed, like every other JSON answer.</summary>
    private static void EndWithLineFeed(EndpointBuilder endpoint)
    {
        var send = endpoint.RequestDelegate;
        endpoint.RequestDelegate = async context =>
        {
            if (send is not null)
                await send(context);
            // A refusal already ends with its own line feed.
            if (context.Response.StatusCode == StatusCodes.Status200OK)
                await context.Response.WriteAsync("\n", context.RequestAborted);
        };
    }

    private static void Describe(OpenApiDocument document)
    {
        document.Info = new OpenApiInfo
        {
            Title = "FileDrop",
            Summary = "A self-hosted file service: upload, read, update, delete and list files.",
            Description = Text,
            Version = "1.0.0",
        };
        document.Servers = [new OpenApiServer { Url = "/", Description = "The service that sent this document." }];
        document.Tags = new HashSet<OpenApiTag>
        {
            new() { Name = "Files", Description = "The five APIs: upload, read, update, delete, list." },
            new() { Name = "Folders", Description = "Folders, what is in them, and paths." },
            new() { Name = "Changes", Description = "What has changed since a moment: page by page, by waiting, or as a stream." },
            new() { Name = "Uploads", Description = "Uploads that continue after an interruption, by tus 1.0.0 or the IETF's draft." },
            new() { Name = "Versions", Description = "Earlier contents of a file." },
            new() { Name = "Trash", Description = "Deleted files that can be restored." },
            new() { Name = "Access", Description = "API keys and the audit log." },
            new() { Name = Probes.Tag, Description = "Probes for operators." },
        };
        AccessDescription.AddTo(document);
    }
}
