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

    /// <summary>Answers <c>GET</c> and <c>HEAD</c> of <c>/</c> and of the page's files; passes on whatever else is asked for.</summary>
    public static void UseWebPage(this IApplicationBuilder app)
    {
        var folder = Path.Combine(AppContext.BaseDirectory, "wwwroot");
        if (!Directory.Exists(folder))
            return;
        app.Use((context, next) =>
        {
            if (context.Request.Path == "/" && (HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method)))
                context.Request.Path = Index;
            return next(context);
        });
        app.UseStaticFiles(new StaticFileOptions { FileProvider = new PhysicalFileProvider(folder), OnPrepareResponse = Protect });
    }

    private static void Protect(StaticFileResponseContext file)
    {
        var headers = file.Context.Response.Headers;
        // Kept, but asked about each time: a new version of the service is a new page at once.
        headers.CacheControl = "no-cache";
        headers.ContentSecurityPolicy = ContentSecurityPolicy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "same-origin";
    }
}
