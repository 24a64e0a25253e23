using FileDrop.Api.Catalog;
using FileDrop.Api.Settings;
using FileDrop.Api.Storage;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;

namespace FileDrop.Api.Access;

/// <summary>Registers authentication of callers and authorization by scope.</summary>
internal static class AccessServices
{
    public static void AddAccess(this IServiceCollection services, FileDropOptions options)
    {
        services.AddSingleton<ApiKeys>();
        services.AddSingleton<AccessState>();
        services.AddSingleton<IAuthorizationMiddlewareResultHandler, AccessAnswers>();
        var oidc = options.Access.Oidc;
        // AddAuthentication would also add data protection, which writes a key for cookies under the user's home directory; we use no cookies.
        services.AddWebEncoders();
        services.AddAuthenticationCore(authentication => authentication.DefaultScheme = oidc is null ? KeyAuthentication.SchemeName : TokenAuthentication.EitherName);
        var authentication = new AuthenticationBuilder(services)
            .AddScheme<AuthenticationSchemeOptions, KeyAuthentication>(KeyAuthentication.SchemeName, null);
        if (oidc is not null)
            authentication.AddTokens(oidc);
        // An endpoint without a rule stays closed, so that forgetting a rule opens nothing.
        services.AddAuthorizationBuilder().SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build());
    }

    /// <summary>Call this after the routing, because the rules belong to the endpoints.</summary>
    public static void UseAccess(this WebApplication app)
    {
        app.UseAuthentication();
        app.UseAuthorization();
    }

    /// <summary>Refuses to start a service that other machines can reach while nothing says who may use it.</summary>
    /// <exception cref="ConfigurationException">The service would listen beyond loopback without a key, a provider or <c>Anonymous</c>.</exception>
    public static async Task DemandAccessAsync(this WebApplication app, FileDropOptions options)
    {
        if (options.Access.Anonymous || options.Access.IsConfigured
            || app.Services.GetRequiredService<ListeningAddress>().BeyondLoopback is not { } open || await MayHaveKeysAsync(app.Services, options))
            return;
        throw new ConfigurationException(
            $"The service would listen on \"{open}\", where other machines can reach it, but nothing says who may use it. "
            + "Set FileDrop:Access:Key to a secret, create a key with the command \"keys create\", "
            + "or name a provider in FileDrop:Access:Oidc. "
            + "If everybody who reaches the service may do everything, set FileDrop:Access:Anonymous to true. "
            + $"Or listen on loopback ({SafeByDefault.DefaultUrl}).");
    }

    private static async Task<bool> MayHaveKeysAsync(IServiceProvider services, FileDropOptions options)
    {
        try
        {
            if (options.IsEmbedded)
                await services.GetRequiredService<ICatalog>().StartAsync(CancellationToken.None);
            return await services.GetRequiredService<ApiKeys>().AreThereAnyAsync(CancellationToken.None);
        }
        catch (Exception failure) when (failure is StorageException or InvalidOperationException)
        {
            // The store's start reports the failure later. Until then requests without a credential are refused, whether keys exist or not.
            return true;
        }
    }
}
