using Microsoft.AspNetCore.HttpOverrides;

namespace FileDrop.Api.Access;

/// <summary>Proxies that are believed, and HTTPS.</summary>
internal static class Transport
{
    /// <summary>Where ASP.NET Core keeps what a proxy's fields replaced.</summary>
    private static readonly string[] Originals = ["X-Original-For", "X-Original-Host", "X-Original-Proto"];

    public static void AddTransport(this IServiceCollection services, FileDropOptions options)
    {
        var transport = options.Transport;
        // After whatever else configures it: ASPNETCORE_FORWARDEDHEADERS_ENABLED would believe everybody.
        services.PostConfigure<ForwardedHeadersOptions>(forwarded =>
        {
            forwarded.KnownProxies.Clear();
            forwarded.KnownIPNetworks.Clear();
            foreach (var proxy in transport.Proxies)
                forwarded.KnownIPNetworks.Add(proxy);
            forwarded.ForwardedHeaders = transport.Proxies.Count == 0 ? ForwardedHeaders.None
                : ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto | ForwardedHeaders.XForwardedHost;
            // Each of a chain has to be one of the known ones.
            forwarded.ForwardLimit = null;
        });
        services.AddHsts(hsts => hsts.MaxAge = transport.Hsts);
        services.AddHttpsRedirection(https => (https.HttpsPort, https.RedirectStatusCode) = (transport.HttpsPort, StatusCodes.Status308PermanentRedirect));
    }

    /// <summary>Before all else that asks where a request comes from. Without named proxies no X-Original field of a client's is taken for a proxy's.</summary>
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
    /// Sends a page's visitor to HTTPS. Everything else is refused: a client that is quietly sent on would never notice that it shows its
    /// key to the whole network. Probes are answered either way.
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

    /// <summary>Whether the operator asks how the service is; the answer tells others nothing.</summary>
    public static bool IsProbe(HttpRequest request) => request.Path == "/health" || request.Path == "/alive";
}
