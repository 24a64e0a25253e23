namespace FileDrop.Api.Access;

/// <summary>What browsers are told: how to treat every answer, and which other sites' scripts may read them.</summary>
internal static class BrowserRules
{
    private const string LinkPath = "/links";

    /// <summary>Fields of answers that scripts of the configured origins may read, besides those that they may always (Fetch, section 3.3.6).</summary>
    private static readonly string[] Exposed =
    [
        "Accept-Patch", "Accept-Ranges", "Content-Disposition", "Content-Location", "Content-Range", "ETag", "Link", "Location", "RateLimit",
        "RateLimit-Policy", "Repr-Digest", "Retry-After", "Tus-Checksum-Algorithm", "Tus-Extension", "Tus-Max-Size", "Tus-Resumable", "Tus-Version", "Upload-Complete",
        "Upload-Concat", "Upload-Defer-Length", "Upload-Expires", "Upload-Length", "Upload-Limit", "Upload-Metadata", "Upload-Offset", "WWW-Authenticate",
    ];

    /// <summary>Callers say who they are by a field that scripts have to set, never by a cookie: no credentials are allowed.</summary>
    public static void AddBrowserRules(this IServiceCollection services, FileDropOptions options) =>
        services.AddCors(cors => cors.AddDefaultPolicy(policy => policy.WithOrigins([.. options.AllowedOrigins])
            .AllowAnyMethod().AllowAnyHeader().WithExposedHeaders(Exposed).SetPreflightMaxAge(TimeSpan.FromHours(1))));

    /// <summary>Fields of every answer. An endpoint that says something else of itself is not overruled.</summary>
    public static void UseSecurityHeaders(this IApplicationBuilder app, FileDropOptions options)
    {
        var variesByOrigin = options.AllowedOrigins.Count > 0;
        app.Use((context, next) =>
        {
            context.Response.OnStarting(() =>
            {
                Write(context);
                // Also for an origin that is not allowed, and where there was none: a cache must not give one's answer to another.
                if (variesByOrigin && !context.Response.Headers.Vary.ToString().Contains("Origin", StringComparison.OrdinalIgnoreCase))
                    context.Response.Headers.Append("Vary", "Origin");
                return Task.CompletedTask;
            });
            return next(context);
        });
    }

    /// <summary>Nothing for other origins where none is configured.</summary>
    public static void UseAllowedOrigins(this IApplicationBuilder app, FileDropOptions options)
    {
        if (options.AllowedOrigins.Count == 0)
            return;
        app.Use((context, next) => IsPlain(context.Request) ? next(context) : Malformed.ExecuteAsync(context));
        app.UseCors();
    }

    private static ApiProblem Malformed { get; } =
        ApiProblem.InvalidRequest("Access-Control-Request-Method and Access-Control-Request-Headers are names of a method and of fields, without control characters, in ASCII.");

    /// <summary>What is asked for here is repeated in the answer, whose fields cannot have other characters.</summary>
    private static bool IsPlain(HttpRequest request) =>
        IsPlain(request.Headers.AccessControlRequestMethod.ToString()) && IsPlain(request.Headers.AccessControlRequestHeaders.ToString());

    private static bool IsPlain(string value) => value.All(each => each is >= ' ' and <= '~');

    private static void Write(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        // The page asks within its own origin, and says so itself.
        headers.TryAdd("Referrer-Policy", "no-referrer");
        headers.XFrameOptions = "SAMEORIGIN";
        // A link is what other sites embed; whoever has it may.
        headers["Cross-Origin-Resource-Policy"] =
            context.Request.Path.StartsWithSegments(LinkPath, StringComparison.OrdinalIgnoreCase) ? "cross-origin" : "same-origin";
        var isPage = context.Response.ContentType?.StartsWith("text/html", StringComparison.OrdinalIgnoreCase) == true;
        // A window that another site has opened, or that this one opens, holds no reference across.
        if (isPage && headers.ContentDisposition.Count == 0)
            headers["Cross-Origin-Opener-Policy"] = "same-origin";
        if (headers.ContentSecurityPolicy.Count == 0)
        {
            headers.ContentSecurityPolicy = isPage
                ? "base-uri 'none'; form-action 'none'; frame-ancestors 'self'; object-src 'none'"
                : "default-src 'none'; frame-ancestors 'none'";
        }
    }
}
