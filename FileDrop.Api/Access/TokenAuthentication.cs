using FileDrop.Api.Http;
using FileDrop.Api.Settings;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.IdentityModel.Tokens;

namespace FileDrop.Api.Access;

/// <summary>Authenticates a caller by an access token (a JWT) of an OpenID Connect provider.</summary>
/// <remarks>
/// The provider's signing keys (<see cref="ProviderKeys"/>) are fetched again if a token names an unknown one. The owner is <c>issuer#subject</c>. An issuer
/// has no fragment (OpenID Connect Discovery, section 3), so two different pairs never give the same owner.
/// </remarks>
internal static class TokenAuthentication
{
    /// <summary>The scheme that chooses between a key and a token by the form of the credential.</summary>
    public const string EitherName = "KeyOrToken";

    private const string SchemeName = "Token";

    /// <summary>OpenID Connect Core, section 2: a subject has at most 255 ASCII characters.</summary>
    private const int MaxSubjectLength = 255;

    /// <summary>The tolerated difference between the provider's clock and ours.</summary>
    private static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(30);

    /// <summary>Asymmetric signatures, which only the provider can make; an HMAC's key would have to be known here too.</summary>
    private static readonly string[] Algorithms =
    [
        SecurityAlgorithms.RsaSha256, SecurityAlgorithms.RsaSha384, SecurityAlgorithms.RsaSha512,
        SecurityAlgorithms.RsaSsaPssSha256, SecurityAlgorithms.RsaSsaPssSha384, SecurityAlgorithms.RsaSsaPssSha512,
        SecurityAlgorithms.EcdsaSha256, SecurityAlgorithms.EcdsaSha384, SecurityAlgorithms.EcdsaSha512,
    ];

    public static void AddTokens(this AuthenticationBuilder authentication, OidcOptions oidc)
    {
        authentication.Services.AddSingleton<IAuthenticationConfigurationProvider, ConfiguredSchemes>();
        authentication.AddTokenSchemes(oidc);
    }

    private static void AddTokenSchemes(this AuthenticationBuilder authentication, OidcOptions oidc) => authentication
        .AddPolicyScheme(EitherName, null, either =>
            either.ForwardDefaultSelector = context => IsToken(context.Request) ? SchemeName : KeyAuthentication.SchemeName)
        .AddJwtBearer(SchemeName, token =>
        {
            token.MapInboundClaims = false;
            token.SaveToken = false;
            token.TokenValidationParameters.ValidAudience = oidc.Audience;
            token.TokenValidationParameters.ValidAlgorithms = Algorithms;
            token.TokenValidationParameters.ClockSkew = ClockSkew;
            token.Events = new JwtBearerEvents
            {
                OnMessageReceived = DemandKeysAsync,
                OnTokenValidated = context =>
                {
                    Accept(context, oidc);
                    return Task.CompletedTask;
                },
            };
        })
        .Services.AddSingleton(provider => new ProviderKeys(oidc, provider.GetRequiredService<TimeProvider>()))
        .AddOptions<JwtBearerOptions>(SchemeName).Configure<ProviderKeys>((token, keys) => token.ConfigurationManager = keys);

    /// <summary>Whether the credential has the three dotted parts of a JWT, which no key has.</summary>
    private static bool IsToken(HttpRequest request) =>
        request.Headers.Authorization.ToString() is { } sent
        && sent.StartsWith("Bearer ey", StringComparison.OrdinalIgnoreCase) && sent.Count(each => each == '.') == 2;

    /// <summary>Refuses a token with 503 until the provider has given its keys once: it cannot be verified, and must not be called invalid.</summary>
    private static async Task DemandKeysAsync(MessageReceivedContext context)
    {
        try
        {
            if (context.Options.ConfigurationManager is { } provider)
                await provider.GetConfigurationAsync(context.HttpContext.RequestAborted);
        }
        catch (InvalidOperationException unreachable)
        {
            throw new ProblemException(ApiProblem.ProviderUnavailable, unreachable);
        }
    }

    private static void Accept(TokenValidatedContext context, OidcOptions oidc)
    {
        var claims = context.Principal?.Claims.ToList() ?? [];
        if (claims.FirstOrDefault(claim => claim.Type is "sub")?.Value is not { Length: > 0 and <= MaxSubjectLength } subject)
        {
            context.Fail("The token has no subject.");
            return;
        }
        var given = claims.Where(claim => claim.Type.Equals(oidc.ScopeClaim, StringComparison.Ordinal))
            .SelectMany(claim => claim.Value.Split(' ', StringSplitOptions.RemoveEmptyEntries)).ToHashSet(StringComparer.Ordinal);
        var scopes = oidc.Scopes.Where(each => given.Contains(each.Value)).Aggregate(Scope.None, (sum, each) => sum | each.Scope);
        var owner = $"{context.SecurityToken.Issuer}#{subject}";
        context.Principal = Caller.Principal(SchemeName, owner, $"token {owner}", scopes);
    }

    /// <summary>JwtBearer requires this service, and ASP.NET Core's own implementation is internal.</summary>
    private sealed class ConfiguredSchemes(IConfiguration configuration) : IAuthenticationConfigurationProvider
    {
        public IConfiguration AuthenticationConfiguration => configuration.GetSection("Authentication");
    }
}
