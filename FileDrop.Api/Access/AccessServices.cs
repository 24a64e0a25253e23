using FileDrop.Api.Catalog;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;

namespace FileDrop.Api.Access;

/// <summary>Puts together how callers are known, and who may do what.</summary>
internal static class AccessServices
{
    public static void AddAccess(this IServiceCollection services, FileDropOptions options)
    {
        services.AddSingleton<ApiKeys>();
        services.AddSingleton<AccessState>();
        services.AddSingleton<IAuthorizationMiddlewareResultHandler, AccessAnswers>();
        var oidc = options.Access.Oidc;
        // Not AddAuthentication: it also adds data protection, which makes a key under the user's home directory for cookies that there are not.
        services.AddWebEncoders();
        services.AddAuthenticationCore(authentication => authentication.DefaultScheme = oidc is null ? KeyAuthentication.SchemeName : TokenAuthentication.EitherName);
        var authentication = new AuthenticationBuilder(services)
            .AddScheme<AuthenticationSchemeOptions, KeyAuthentication>(KeyAuthentication.SchemeName, null);
        if (oidc is not null)
            authentication.AddTokens(oidc);
        // What has no rule is closed, also to those who forget to give it one.
        services.AddAuthorizationBuilder().SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build());
    }

    /// <summary>Behind the routing, because the rules are the endpoints'.</summary>
    public static void UseAccess(this WebApplication app)
    {
        app.UseAuthentication();
        app.UseAuthorization();
    }

    /// <summary>Refuses to start a service that others reach and that nobody can use, because nothing says who may.</summary>
    /// <exception cref="ConfigurationException">It would listen beyond loopback without a key, a provider, or leave for everybody.</exception>
    public static async Task DemandAccessAsync(this WebApplication app, FileDropOptions options)
    {
        if (options.Access.Anonymous || options.Access.IsConfigured
            || app.Services.GetRequiredService<ListeningAddress>().BeyondLoopback is not { } open || await MayHaveKeysAsync(app.Services, options))
            return;
        throw new ConfigurationException(
            $"The service is to listen on \"{open}\", where others reach it, and nothing says who may use it. "
            + "Say who may: set FileDrop:Access:Key to a secret, or make a key by the command \"keys create\", "
            + "or name a provider in FileDrop:Access:Oidc. "
            + "Or set FileDrop:Access:Anonymous to true if everybody who reaches it may do everything. "
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
            // What is wrong with a store is told when it is started. Whether or not there are keys, nobody comes in without one.
            return true;
        }
    }
}
