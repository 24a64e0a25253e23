using FileDrop.Api.Http;
using Microsoft.Net.Http.Headers;

namespace FileDrop.Api.Edge;

/// <summary>Serves the web page: a few files, which the first request builds and memory keeps.</summary>
internal static class WebPage
{
    /// <summary>
    /// Allows only the page's own files: no inline script or style, no other host, no HTML from strings (Trusted Types), no page around this one.
    /// </summary>
    private const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; connect-src 'self'; "
        + "frame-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'; "
        + "require-trusted-types-for 'script'; trusted-types 'none'";

    /// <summary>Answers <c>GET</c> and <c>HEAD</c> of <c>/</c> and of the page's files; passes on all other requests.</summary>
    /// <remarks>The source lies in the program's folder, so that it is found from any working directory.</remarks>
    public static void UseWebPage(this IApplicationBuilder app)
    {
        var folder = Path.Combine(AppContext.BaseDirectory, "wwwroot");
        if (!Directory.Exists(folder))
            return;
        // A failure, for example of the disk, is not cached: the next request tries again.
        var files = new Lazy<IReadOnlyDictionary<string, PageFile>>(() => PageBundle.Read(folder), LazyThreadSafetyMode.PublicationOnly);
        app.Use((context, next) =>
        {
            if (!Asks(context) || !files.Value.TryGetValue(context.Request.Path.Value ?? "", out var file))
                return next(context);
            var method = context.Request.Method;
            return HttpMethods.IsGet(method) || HttpMethods.IsHead(method) ? SendAsync(context, file) : OnlyRead(method).ExecuteAsync(context);
        });
    }

    /// <summary>Whether a request is for the page or one of its files.</summary>
    public static bool Asks(HttpContext context) =>
        context.Request.Path.Value is { } path && (path is "/" || path.StartsWith("/page/", StringComparison.Ordinal));

    private static ApiProblem OnlyRead(string method) =>
        (HttpMethods.IsPost(method) || HttpMethods.IsPut(method) ? ApiProblem.UploadIsElsewhere : ApiProblem.MethodNotAllowed) with { Header = ("Allow", "GET, HEAD") };

    private static async Task SendAsync(HttpContext context, PageFile file)
    {
        var (request, response) = (context.Request, context.Response);
        var headers = response.Headers;
        // Browsers revalidate the page each time, so that a new release shows its new page at once. The page names the other files, whose names change with
        // their content.
        headers.CacheControl = file.IsForever ? "public, max-age=31536000, immutable" : "no-cache";
        headers.ContentSecurityPolicy = ContentSecurityPolicy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "same-origin";
        if (!file.IsForever)
        {
            // The tag is weak, because the bytes may be compressed in transit.
            var tag = new EntityTagHeaderValue($"\"{file.Digest}\"", isWeak: true);
            headers.ETag = tag.ToString();
            if (request.GetTypedHeaders().IfNoneMatch.Any(known => known.Compare(tag, useStrongComparison: false)))
            {
                response.StatusCode = StatusCodes.Status304NotModified;
                return;
            }
        }
        response.ContentType = $"{file.Type}; charset=utf-8";
        response.ContentLength = file.Content.Length;
        if (HttpMethods.IsGet(request.Method))
            await response.Body.WriteAsync(file.Content, context.RequestAborted);
    }
}
