namespace FileDrop.Api.Access;

/// <summary>What stands around every request, whatever it asks for.</summary>
internal static class Guard
{
    public static void AddGuard(this WebApplicationBuilder builder, FileDropOptions options)
    {
        var services = builder.Services;
        services.AddTransport(options);
        services.AddBrowserRules(options);
        services.AddRateLimiter(_ => { });
        services.AddSingleton<Limits>();
        services.AddSingleton<UploadSlots>();
        services.AddSingleton<LinkKeys>();
        services.AddSingleton<Audit>();
        services.AddSingleton<AuditTrail>();
        services.AddHostedService(provider => provider.GetRequiredService<AuditTrail>());
        services.PostConfigure<LoggerFilterOptions>(HideQueries);
    }

    /// <summary>The server's own line for each request shows the query, where a link has its secret. The audit log and the traces do not.</summary>
    private static void HideQueries(LoggerFilterOptions filter) => Start.AddRule(filter, "Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.Warning);

    /// <summary>Before all that answers: from where it comes is settled, and what it was answered is noted.</summary>
    public static void UseGuard(this WebApplication app)
    {
        app.UseProxies();
        var audit = app.Services.GetRequiredService<Audit>();
        app.Use((context, next) => audit.ObserveAsync(context, next));
        app.UseSecurityHeaders();
    }

    /// <summary>Behind the routing and before anybody is asked who they are.</summary>
    public static void UseLimitOfAddress(this WebApplication app) => app.Services.GetRequiredService<Limits>().UseOfAddress(app);

    /// <summary>Once callers are known.</summary>
    public static void UseLimitsOfCaller(this WebApplication app)
    {
        app.Services.GetRequiredService<Limits>().UseOfCaller(app);
        app.Services.GetRequiredService<UploadSlots>().Use(app);
    }
}
