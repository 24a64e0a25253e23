namespace FileDrop.Api.Settings;

/// <summary>The OpenID Connect provider whose access tokens (JWT) are accepted. Each property is a setting under <c>FileDrop:Access:Oidc</c>.</summary>
public sealed record OidcOptions
{
    /// <summary>The default claim value of a scope is this prefix and the scope's name.</summary>
    private const string DefaultPrefix = "filedrop.";

    /// <summary>
    /// <c>Authority</c>: the issuer whose access tokens (JWT) are accepted; its discovery document is below this address. It must be https, except on loopback.
    /// </summary>
    public required Uri Authority { get; init; }

    /// <summary><c>Audience</c>: the value that a token's <c>aud</c> must contain. Set it together with <c>Authority</c>.</summary>
    public required string Audience { get; init; }

    /// <summary><c>ScopeClaim</c>: the claim that contains the scopes: a text with spaces between them, or an array of texts.</summary>
    public string ScopeClaim { get; init; } = "scope";

    /// <summary>
    /// <c>Scopes:read</c>, <c>Scopes:write</c>, <c>Scopes:delete</c>, <c>Scopes:share</c>, <c>Scopes:admin</c>: the claim's values that give the scope, separated by <c>;</c>.
    /// </summary>
    /// <value><c>filedrop.read</c>, and so on</value>
    public IReadOnlyList<(string Value, Scope Scope)> Scopes { get; init; } = [];

    /// <summary>Reads and checks the settings; null if no provider is configured.</summary>
    /// <exception cref="ConfigurationException">A value is missing or cannot be used.</exception>
    internal static OidcOptions? Read(SettingsReader settings)
    {
        var (authority, audience) = (settings.Text("Authority"), settings.Text("Audience"));
        // Read every setting, also without a provider: a setting that is never read is refused as unknown.
        var claim = settings.Text("ScopeClaim") ?? "scope";
        var scopes = Settings.Scopes.Each.SelectMany(each => Values(settings, each.Name).Select(value => (value, each.Scope))).ToList();
        if (authority is null && audience is null)
            return null;
        if (authority is null || audience is null)
            throw new ConfigurationException(
                $"{settings.Path("Authority")} and {settings.Path("Audience")} must be set together: without an audience, every token of the "
                + "provider would be accepted, even one for another service.");
        if (!Uri.TryCreate(authority, UriKind.Absolute, out var uri) || uri.Fragment.Length > 0 || uri.Query.Length > 0
            || uri.Scheme is not ("https" or "http") || (uri.Scheme is "http" && !uri.IsLoopback))
            throw settings.Wrong("Authority", authority, "the issuer's https address, for example https://login.example.com/realms/files");
        return new OidcOptions
        {
            Authority = uri,
            Audience = audience,
            ScopeClaim = claim,
            Scopes = scopes,
        };
    }

    private static string[] Values(SettingsReader settings, string scope) =>
        settings.Items($"Scopes:{scope}") is { Length: > 0 } values ? values : [DefaultPrefix + scope];
}
