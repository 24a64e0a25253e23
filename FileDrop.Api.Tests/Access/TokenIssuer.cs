using System.Security.Claims;
using System.Security.Cryptography;
using FileDrop.Api.Tests.Files;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using OpenIddict.Abstractions;
using OpenIddict.Server;

namespace FileDrop.Api.Tests.Access;

/// <summary>A real OpenID Connect provider (OpenIddict) on loopback, which issues a token to any client.</summary>
internal sealed class TokenIssuer : IAsyncDisposable
{
    public const string Audience = "filedrop";

    private readonly WebApplication _app;
    private readonly HttpClient _http;
    private RsaSecurityKey _key = NewKey();

    private TokenIssuer()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Services.AddOpenIddict().AddServer(server => server
            .EnableDegradedMode()
            .SetTokenEndpointUris("token")
            .AllowClientCredentialsFlow()
            .DisableAccessTokenEncryption()
            .DisableScopeValidation()
            .AddEphemeralEncryptionKey()
            .AddSigningKey(_key)
            .AddEventHandler<OpenIddictServerEvents.ValidateTokenRequestContext>(handler => handler.UseInlineHandler(_ => default))
            .AddEventHandler<OpenIddictServerEvents.HandleTokenRequestContext>(handler => handler.UseInlineHandler(SignIn))
            .UseAspNetCore().DisableTransportSecurityRequirement());
        _app = builder.Build();
        _http = new HttpClient();
    }

    public Uri Authority { get; private set; } = new("http://unknown");

    public static async Task<TokenIssuer> StartAsync()
    {
        var issuer = new TokenIssuer();
        await issuer._app.StartAsync();
        issuer.Authority = new Uri(issuer._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()?.Addresses.First()
            ?? throw new InvalidOperationException("The issuer listens nowhere."));
        // Request the first answers here: on a loaded machine they take longer than the service waits.
        foreach (var document in new[] { ".well-known/openid-configuration", ".well-known/jwks" })
            (await issuer._http.GetAsync(new Uri(issuer.Authority, document))).Dispose();
        return issuer;
    }

    /// <summary>A token that the provider itself issues.</summary>
    public async Task<string> TokenAsync(string subject, string scope, string audience = Audience)
    {
        using var form = new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["grant_type"] = "client_credentials",
            ["client_id"] = subject,
            ["client_secret"] = "any",
            ["scope"] = scope,
            ["to"] = audience,
        });
        using var response = await _http.PostAsync(new Uri(Authority, "token"), form);
        return (await response.SucceededAsync()).Text("access_token");
    }

    /// <summary>A token made by the test, by default as the provider would make it.</summary>
    /// <param name="change">Changes the token.</param>
    /// <param name="ownKey">Whether to sign with the provider's key; otherwise another key signs under its id.</param>
    public string Forge(Action<SecurityTokenDescriptor>? change = null, bool ownKey = true)
    {
        var key = ownKey ? _key : NewKey(_key.KeyId);
        var token = new SecurityTokenDescriptor
        {
            Issuer = Authority.ToString(),
            Audience = Audience,
            Claims = new Dictionary<string, object> { ["sub"] = "mallory", ["scope"] = "filedrop.read" },
            NotBefore = DateTime.UtcNow.AddMinutes(-10),
            IssuedAt = DateTime.UtcNow.AddMinutes(-10),
            Expires = DateTime.UtcNow.AddMinutes(10),
            SigningCredentials = new SigningCredentials(key, SecurityAlgorithms.RsaSha256),
        };
        change?.Invoke(token);
        return new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(token);
    }

    /// <summary>The public key as an HMAC secret, which an attacker hopes a server will accept.</summary>
    public SymmetricSecurityKey PublicKeyAsSecret() => new(_key.Rsa.ExportSubjectPublicKeyInfo()) { KeyId = _key.KeyId };

    /// <summary>Switches to a new signing key, and removes the former one from the provider's list.</summary>
    public void Rotate()
    {
        _key = NewKey();
        var credentials = _app.Services.GetRequiredService<IOptionsMonitor<OpenIddictServerOptions>>().CurrentValue.SigningCredentials;
        credentials.Clear();
        credentials.Add(new SigningCredentials(_key, SecurityAlgorithms.RsaSha256));
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _app.DisposeAsync();
    }

    private static RsaSecurityKey NewKey(string? id = null) => new(RSA.Create(2048)) { KeyId = id ?? Guid.NewGuid().ToString("N") };

    private static ValueTask SignIn(OpenIddictServerEvents.HandleTokenRequestContext context)
    {
        var identity = new ClaimsIdentity("token");
        identity.SetClaim(OpenIddictConstants.Claims.Subject, context.Request.ClientId);
        identity.SetScopes(context.Request.GetScopes());
        identity.SetResources((string?)context.Request["to"] ?? Audience);
        context.SignIn(new ClaimsPrincipal(identity));
        return default;
    }
}
