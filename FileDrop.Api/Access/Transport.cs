using FileDrop.Api.Http;
using FileDrop.Api.Settings;
using Microsoft.AspNetCore.HttpOverrides;

namespace FileDrop.Api.Access;

/// <summary>Trusted proxies, and HTTPS.</summary>
internal static class Transport
{
    /// <summary>The fields in which ASP.NET Core keeps the values that a proxy's fields replaced.</summary>
    private static readonly string[] Originals = ["X-Original-For", "X-Original-Host", "X-Original-Proto"];

    public static void AddTransport(this IServiceCollection services, FileDropOptions options)
    {
        var transport = options.Transport;
        // PostConfigure runs last, since ASPNETCORE_FORWARDEDHEADERS_ENABLED would trust every sender.
        services.PostConfigure<ForwardedHeadersOptions>(forwarded =>
        {
            forwarded.KnownProxies.Clear();
            forwarded.KnownIPNetworks.Clear();
            foreach (var proxy in transport.Proxies)
                forwarded.KnownIPNetworks.Add(proxy);
            forwarded.ForwardedHeaders = transport.Proxies.Count == 0 ? ForwardedHeaders.None
                : ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto | ForwardedHeaders.XForwardedHost;
            // Every proxy of a chain must be a known one.
            forwarded.ForwardLimit = null;
        });
        services.AddHsts(hsts => hsts.MaxAge = transport.Hsts);
        services.AddHttpsRedirection(https => (https.HttpsPort, https.RedirectStatusCode) = (transport.HttpsPort, StatusCodes.Status308PermanentRedirect));
    }

    /// <summary>Runs before all that reads the client's address. Removes X-Original fields, so that a client's own are never taken for a proxy's.</summary>
    public static void UseProxies(this IApplicationBuilder app)
    {
        app.Use((context, next) =>
        {
            foreach (var field in Originals)
                context.Request.Headers.Remove(field);
            return next(context);
        });
        app.UseForwardedHeaders();
    }

    /// <summary>
    /// Redirects visitors of the page to HTTPS, and refuses all other requests except probes. A client that is silently redirected would never notice that it
    /// shows its key to the whole network.
    /// </summary>
    public static void UseHttps(this IApplicationBuilder app, FileDropOptions options)
    {
        if (options.Transport.Hsts > TimeSpan.Zero)
            app.UseHsts();
        if (!options.Transport.HttpsOnly)
            return;
        app.UseWhen(context => !context.Request.IsHttps && !IsProbe(context.Request), plain =>
        {
            plain.UseWhen(context => IsVisit(context.Request), visit => visit.UseHttpsRedirection());
            plain.Run(context => Refused.ExecuteAsync(context));
        });
    }

    private static ApiProblem Refused { get; } =
        ApiProblem.Forbidden("Use HTTPS. If this request had a key, others may have read it: revoke it.");

    private static bool IsVisit(HttpRequest request) =>
        (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method)) && request.Headers.Authorization.Count == 0 && request.Query.Count == 0;

    /// <summary>Whether the request is a health probe, whose answer reveals nothing.</summary>
    public static bool IsProbe(HttpRequest request) => request.Path == "/health" || request.Path == "/alive";
}
