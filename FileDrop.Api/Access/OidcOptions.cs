namespace FileDrop.Api.Access;

/// <summary>The OpenID Connect provider whose access tokens (JWT) are taken. Each is a key under <c>FileDrop:Access:Oidc</c>.</summary>
public sealed record OidcOptions
{
    /// <summary>What gives a scope if nothing else is configured, before the scope's name.</summary>
    private const string DefaultPrefix = "filedrop.";

    /// <summary><c>Authority</c>: the issuer's address, below which its discovery document is; https, except on loopback.</summary>
    public required Uri Authority { get; init; }

    /// <summary><c>Audience</c>: what a token's <c>aud</c> must hold.</summary>
    public required string Audience { get; init; }

    /// <summary><c>ScopeClaim</c>: the claim that tells the scopes: a text with spaces between, or an array of texts.</summary>
    public string ScopeClaim { get; init; } = "scope";

    /// <summary>
    /// <c>Scopes:read</c>, <c>Scopes:write</c>, <c>Scopes:delete</c>, <c>Scopes:admin</c>: the claim's values that give each scope, separated by
    /// semicolons; <c>filedrop.read</c> and so on if not set.
    /// </summary>
    public IReadOnlyList<(string Value, Scope Scope)> Scopes { get; init; } = [];

    /// <summary>Reads and checks the settings; null: no provider is configured.</summary>
    /// <exception cref="ConfigurationException">A value is missing or cannot be used.</exception>
    internal static OidcOptions? Read(IConfigurationSection section)
    {
        var (authority, audience) = (FileDropOptions.Text(section, "Authority"), FileDropOptions.Text(section, "Audience"));
        if (authority is null && audience is null)
            return null;
        if (authority is null || audience is null)
            throw new ConfigurationException(
                $"{section.Path}:Authority and {section.Path}:Audience belong together: without an audience every token of the "
                + "provider would do, those for other services too.");
        if (!Uri.TryCreate(authority, UriKind.Absolute, out var uri) || uri.Fragment.Length > 0 || uri.Query.Length > 0
            || uri.Scheme is not ("https" or "http") || (uri.Scheme is "http" && !uri.IsLoopback))
            throw FileDropOptions.Wrong(
                section, "Authority", authority, "the issuer's https address, for example https://login.example.com/realms/files");
        return new OidcOptions
        {
            Authority = uri,
            Audience = audience,
            ScopeClaim = FileDropOptions.Text(section, "ScopeClaim") ?? "scope",
            Scopes = [.. Access.Scopes.Each.SelectMany(each => Values(section, each.Name).Select(value => (value, each.Scope)))],
        };
    }

    private static string[] Values(IConfigurationSection section, string scope) =>
        FileDropOptions.Items(section, $"Scopes:{scope}") is { Length: > 0 } values ? values : [DefaultPrefix + scope];
}
