using FileDrop.Api.Http;
using FileDrop.Api.Settings;

namespace FileDrop.Api.Edge;

/// <summary>Headers for browsers: how to treat every answer, and which other sites' scripts may read it.</summary>
internal static class BrowserRules
{
    private const string LinkPath = "/links";

    /// <summary>Response headers that scripts of the configured origins may read, in addition to the safelisted ones (Fetch, section 3.3.6).</summary>
    private static readonly string[] Exposed =
    [
        "Accept-Patch", "Accept-Ranges", "Content-Disposition", "Content-Location", "Content-Range", "ETag", "Link", "Location", "RateLimit",
        "RateLimit-Policy", "Repr-Digest", "Retry-After", "Tus-Checksum-Algorithm", "Tus-Extension", "Tus-Max-Size", "Tus-Resumable", "Tus-Version", "Upload-Complete",
        "Upload-Concat", "Upload-Defer-Length", "Upload-Expires", "Upload-Length", "Upload-Limit", "Upload-Metadata", "Upload-Offset", "WWW-Authenticate",
    ];

    /// <summary>CORS credentials stay off: callers authenticate by a header that scripts must set, never by a cookie.</summary>
    public static void AddBrowserRules(this IServiceCollection services, FileDropOptions options) =>
        services.AddCors(cors => cors.AddDefaultPolicy(policy => policy.WithOrigins([.. options.AllowedOrigins])
            .AllowAnyMethod().AllowAnyHeader().WithExposedHeaders(Exposed).SetPreflightMaxAge(TimeSpan.FromHours(1))));

    /// <summary>Sets the security headers of every answer, except those that an endpoint has set itself.</summary>
    public static void UseSecurityHeaders(this IApplicationBuilder app, FileDropOptions options)
    {
        var variesByOrigin = options.AllowedOrigins.Count > 0;
        app.Use((context, next) =>
        {
            context.Response.OnStarting(() =>
            {
                Write(context);
                // The field is added for every request, also without or with a refused origin: a cache must not give one origin's answer to another.
                if (variesByOrigin && !context.Response.Headers.Vary.ToString().Contains("Origin", StringComparison.OrdinalIgnoreCase))
                    context.Response.Headers.Append("Vary", "Origin");
                return Task.CompletedTask;
            });
            return next(context);
        });
    }

    /// <summary>Without configured origins, no other origin gets CORS headers.</summary>
    public static void UseAllowedOrigins(this IApplicationBuilder app, FileDropOptions options)
    {
        if (options.AllowedOrigins.Count == 0)
            return;
        app.Use((context, next) => IsPlain(context.Request) ? next(context) : Malformed.ExecuteAsync(context));
        app.UseCors();
    }

    private static ApiProblem Malformed { get; } =
        ApiProblem.InvalidRequest("Access-Control-Request-Method and Access-Control-Request-Headers must name a method and header fields, in ASCII without control characters.");

    /// <summary>The answer repeats these values, and a response header allows no other characters.</summary>
    private static bool IsPlain(HttpRequest request) =>
        IsPlain(request.Headers.AccessControlRequestMethod.ToString()) && IsPlain(request.Headers.AccessControlRequestHeaders.ToString());

    private static bool IsPlain(string value) => value.All(each => each is >= ' ' and <= '~');

    private static void Write(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        // The page sends requests within its own origin, and sets its own policy.
        headers.TryAdd("Referrer-Policy", "no-referrer");
        headers.TryAdd("X-Frame-Options", "SAMEORIGIN");
        // Other sites may embed a link, because the link itself grants access.
        headers["Cross-Origin-Resource-Policy"] =
            context.Request.Path.StartsWithSegments(LinkPath, StringComparison.OrdinalIgnoreCase) ? "cross-origin" : "same-origin";
        var isPage = context.Response.ContentType?.StartsWith("text/html", StringComparison.OrdinalIgnoreCase) == true;
        // Windows that another site opened, or that this page opens, get no reference to each other.
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
