using Microsoft.AspNetCore.StaticFiles;
using Microsoft.Extensions.FileProviders;

namespace FileDrop.Api;

/// <summary>The web page: static files beside the program, so that they are found whatever folder it is started in.</summary>
internal static class WebPage
{
    /// <summary>
    /// Own files alone: no inline script or style, no other host, no HTML made from strings (Trusted Types), no page around
    /// this one. Blobs may fill a frame: previewed text, in a sandbox.
    /// </summary>
    private const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; connect-src 'self'; "
        + "frame-src 'self' blob:; form-action 'none'; base-uri 'none'; frame-ancestors 'none'; "
        + "require-trusted-types-for 'script'; trusted-types 'none'";

    private static readonly PathString Index = "/index.html";

    private static readonly PathString[] Folders = ["/page", "/css", "/js"];

    /// <summary>Answers <c>GET</c> and <c>HEAD</c> of <c>/</c> and of the page's files; passes on whatever else is asked for.</summary>
    public static void UseWebPage(this IApplicationBuilder app)
    {
        var folder = Path.Combine(AppContext.BaseDirectory, "wwwroot");
        if (!Directory.Exists(folder))
            return;
        app.Use((context, next) =>
        {
            if (context.Request.Path != "/")
                return next(context);
            if (!HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method))
                return OnlyRead(context.Request.Method).ExecuteAsync(context);
            context.Request.Path = Index;
            return next(context);
        });
        app.Use((context, next) =>
        {
            // Its tags are sent as weak ones, since its bytes may be compressed on their way.
            if (Asks(context) && context.Request.Headers.IfNoneMatch is [{ } known])
                context.Request.Headers.IfNoneMatch = known.Replace("W/", "", StringComparison.Ordinal);
            return next(context);
        });
        app.UseStaticFiles(new StaticFileOptions { FileProvider = new PhysicalFileProvider(folder), OnPrepareResponse = Protect });
    }

    /// <summary>Whether a request is for the page or one of its files.</summary>
    public static bool Asks(HttpContext context) =>
        context.Request.Path.Value is "/" or "/index.html" or "/icon.svg" || Folders.Any(folder => context.Request.Path.StartsWithSegments(folder, StringComparison.Ordinal));

    private static ApiProblem OnlyRead(string method) =>
        (HttpMethods.IsPost(method) || HttpMethods.IsPut(method) ? ApiProblem.UploadIsElsewhere : ApiProblem.MethodNotAllowed) with { Header = ("Allow", "GET, HEAD") };

    private static void Protect(StaticFileResponseContext file)
    {
        var headers = file.Context.Response.Headers;
        // Kept, but asked about each time: a new version of the service is a new page at once.
        headers.CacheControl = "no-cache";
        headers.ContentSecurityPolicy = ContentSecurityPolicy;
        headers.XContentTypeOptions = "nosniff";
        headers.ETag = $"W/{headers.ETag}";
        headers["Referrer-Policy"] = "same-origin";
    }
}
