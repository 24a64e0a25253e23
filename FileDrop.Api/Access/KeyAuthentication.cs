using System.Net.Http.Headers;
using System.Text.Encodings.Web;
using FileDrop.Api.Http;
using FileDrop.Api.Settings;
using FileDrop.Api.Text;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.Options;

namespace FileDrop.Api.Access;

/// <summary>
/// Authenticates a caller by an API key, sent as a bearer token (RFC 6750) or as the password of HTTP Basic (RFC 7617). While the service needs no credentials,
/// callers without a key are accepted as well.
/// </summary>
internal sealed class KeyAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, ApiKeys keys, AccessState access)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string SchemeName = "ApiKey";

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        // Health checks must be answered without the catalog, and a request without an endpoint gets no useful answer.
        if (Context.GetEndpoint() is not { } endpoint || endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null)
            return AuthenticateResult.NoResult();
        // An empty field counts as a missing one.
        if (Request.Headers.Authorization.ToString() is not { Length: > 0 } authorization || (DavAddress.IsOf(Request) && IsOfOffice(authorization)))
            return await access.IsOpenAsync(Context.RequestAborted)
                ? Success(Caller.Anonymous, Caller.AnonymousName, Scope.All)
                : AuthenticateResult.NoResult();
        if (ReadKey(authorization) is not { } text)
            return AuthenticateResult.Fail("The Authorization field has no key.");
        if (access.IsConfiguredKey(text))
            return Success(Caller.Anonymous, "the configured key", Scope.All, Caller.ConfiguredKey);
        return await keys.FindAsync(text, Context.RequestAborted) is { } key && Scopes.TryParse(key.Scopes, out var scopes, out _)
            ? Success(key.Owner, key.Name is null ? $"key {key.Id}" : $"key {key.Id} ({key.Name})", scopes, key.Id)
            : AuthenticateResult.Fail("The key is unknown, has expired or was revoked.");
    }

    private static AuthenticateResult Success(string owner, string name, Scope scopes, string? key = null) =>
        AuthenticateResult.Success(new AuthenticationTicket(Caller.Principal(SchemeName, owner, name, scopes, key), SchemeName));

    /// <summary>Whether the field has only a scheme. Microsoft Office sends it like this until the server asks for a password.</summary>
    private static bool IsOfOffice(string authorization) => authorization.Trim().Equals("Bearer", StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads the key from an Authorization field; null if it holds none.</summary>
    internal static string? ReadKey(string authorization)
    {
        if (!AuthenticationHeaderValue.TryParse(authorization, out var credential) || credential.Parameter is not { } parameter)
            return null;
        return credential.Scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase) ? parameter : ReadPassword(authorization);
    }

    /// <summary>Reads the password of HTTP Basic from an Authorization field; null if it holds none. The user name is ignored.</summary>
    internal static string? ReadPassword(string authorization)
    {
        if (!AuthenticationHeaderValue.TryParse(authorization, out var credential) || credential.Parameter is not { } parameter
            || !credential.Scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase))
            return null;
        var bytes = new byte[parameter.Length];
        // The first colon ends the user name.
        return Convert.TryFromBase64String(parameter, bytes, out var length) && UnicodeText.TryDecode(bytes.AsSpan(0, length), out var text)
            && text.Split(':', 2) is [_, var password] ? password : null;
    }
}
