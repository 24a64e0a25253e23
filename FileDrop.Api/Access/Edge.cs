namespace FileDrop.Api.Access;

/// <summary>What stands around every request, whatever it asks for.</summary>
internal static class Edge
{
    /// <summary>Categories whose lines below a warning show secrets of clients.</summary>
    private static readonly string[] Telling = ["Microsoft.AspNetCore.Hosting.Diagnostics", "Microsoft.AspNetCore.Server.Kestrel.BadRequests"];

    public static void AddEdge(this WebApplicationBuilder builder, FileDropOptions options)
    {
        var services = builder.Services;
        services.AddTransport(options);
        services.AddBrowserRules(options);
        services.AddRateLimiter(_ => { });
        services.AddSingleton<Limits>();
        services.AddSingleton<ContentSlots>();
        services.AddSingleton<LinkKeys>();
        services.AddSingleton<Audit>();
        services.AddSingleton<AuditTrail>();
        services.AddHostedService(provider => provider.GetRequiredService<AuditTrail>());
        services.PostConfigure<LoggerFilterOptions>(HideSecrets);
    }

    /// <summary>
    /// Lines of the framework that show what a client sent: the query, where a link has its secret, and the head of a request that is malformed,
    /// where a key may stand. The audit log and the traces do not.
    /// </summary>
    private static void HideSecrets(LoggerFilterOptions filter)
    {
        foreach (var category in Telling)
            Start.AddRule(filter, category, LogLevel.Warning);
    }

    /// <summary>Before all that answers: from where it comes is settled, and what it was answered is noted.</summary>
    public static void UseEdge(this WebApplication app, FileDropOptions options)
    {
        app.UseProxies();
        var audit = app.Services.GetRequiredService<Audit>();
        app.Use((context, next) => audit.ObserveAsync(context, next));
        app.UseSecurityHeaders(options);
    }

    /// <summary>Behind the routing and before anybody is asked who they are.</summary>
    public static void UseLimitOfAddress(this WebApplication app) => app.Services.GetRequiredService<Limits>().UseOfAddress(app);

    /// <summary>Once callers are known.</summary>
    public static void UseLimitsOfCaller(this WebApplication app)
    {
        app.Services.GetRequiredService<Limits>().UseOfCaller(app);
        app.Services.GetRequiredService<ContentSlots>().Use(app);
    }
}
