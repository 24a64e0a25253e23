using System.Diagnostics;
using FileDrop.Api.Access;
using FileDrop.Api.Http;
using FileDrop.Api.Links;
using FileDrop.Api.Settings;

namespace FileDrop.Api.Edge;

/// <summary>Middleware and services that protect every request.</summary>
internal static class EdgeSetup
{
    /// <summary>Log categories that show clients' secrets below a level. The first also adds the path to every line of a request, if it logs anything.</summary>
    private static readonly (string Category, LogLevel Least)[] Telling =
    [
        ("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None), ("Microsoft.AspNetCore.Server.Kestrel.BadRequests", LogLevel.Warning),
        ("Microsoft.AspNetCore.Routing.Matching.DfaMatcher", LogLevel.Information), ("Microsoft.AspNetCore.HttpsPolicy.HttpsRedirectionMiddleware", LogLevel.Information),
    ];

    public static void AddEdge(this WebApplicationBuilder builder, FileDropOptions options)
    {
        var services = builder.Services;
        services.AddTransport(options);
        services.AddBrowserRules(options);
        services.AddRateLimiter(_ => { });
        services.AddSingleton<Limits>();
        services.AddSingleton<ContentSlots>();
        services.AddSingleton<Guesses>();
        services.AddSingleton<OpenStreams>();
        services.AddHostedService(provider => provider.GetRequiredService<OpenStreams>());
        services.AddSingleton<LinkKeys>();
        services.AddSingleton<Audit>();
        services.AddSingleton<AuditTrail>();
        services.AddHostedService(provider => provider.GetRequiredService<AuditTrail>());
        services.PostConfigure<LoggerFilterOptions>(HideSecrets);
    }

    /// <summary>
    /// Hides the framework's log lines that show parts of a request. The query may hold a link's secret, and the head of a malformed request may hold a key.
    /// The audit log and the traces show neither.
    /// </summary>
    private static void HideSecrets(LoggerFilterOptions filter)
    {
        foreach (var (category, least) in Telling)
            LogRules.Add(filter, category, least);
    }

    /// <summary>Runs before all that answers: resolves the client's address and audits the outcome.</summary>
    public static void UseEdge(this WebApplication app, FileDropOptions options)
    {
        app.UseProxies();
        var audit = app.Services.GetRequiredService<Audit>();
        app.Use((context, next) =>
        {
            if (LoggedPath.IsHidden(context.Request.Path))
                Activity.Current?.SetTag("url.path", LoggedPath.Of(context.Request.Path));
            return audit.ObserveAsync(context, next);
        });
        app.UseSecurityHeaders(options);
    }

    /// <summary>Runs after the routing and before authentication.</summary>
    public static void UseLimitOfAddress(this WebApplication app) => app.Services.GetRequiredService<Limits>().UseOfAddress(app);

    /// <summary>Runs after authentication.</summary>
    public static void UseLimitsOfCaller(this WebApplication app)
    {
        app.Services.GetRequiredService<Limits>().UseOfCaller(app);
        app.Services.GetRequiredService<ContentSlots>().Use(app);
    }
}
