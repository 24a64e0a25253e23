using FileDrop.Api.Access;
using FileDrop.Api.Links;
using FileDrop.Api.Settings;

namespace FileDrop.Api.Edge;

/// <summary>Middleware and services that protect every request.</summary>
internal static class EdgeSetup
{
    /// <summary>Log categories that show clients' secrets below the level of a warning.</summary>
    private static readonly string[] Telling = ["Microsoft.AspNetCore.Hosting.Diagnostics", "Microsoft.AspNetCore.Server.Kestrel.BadRequests"];

    public static void AddEdge(this WebApplicationBuilder builder, FileDropOptions options)
    {
        var services = builder.Services;
        services.AddTransport(options);
        services.AddBrowserRules(options);
        services.AddRateLimiter(_ => { });
        services.AddSingleton<Limits>();
        services.AddSingleton<ContentSlots>();
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
        foreach (var category in Telling)
            LogRules.Add(filter, category, LogLevel.Warning);
    }

    /// <summary>Runs before all that answers: resolves the client's address and audits the outcome.</summary>
    public static void UseEdge(this WebApplication app, FileDropOptions options)
    {
        app.UseProxies();
        var audit = app.Services.GetRequiredService<Audit>();
        app.Use((context, next) => audit.ObserveAsync(context, next));
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
