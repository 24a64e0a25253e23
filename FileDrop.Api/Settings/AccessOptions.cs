namespace FileDrop.Api.Settings;

/// <summary>Settings that say who may use the service. Each property is a setting under <c>FileDrop:Access</c>.</summary>
public sealed record AccessOptions
{
    /// <summary>Letters and digits need this length to hold 128 random bits.</summary>
    private const int MinKeyLength = 22;

    private const int MaxKeyLength = 512;

    /// <summary>
    /// <c>Anonymous</c>: <c>true</c>: everybody who can reach the service may do everything, and the service may listen beyond loopback. Keys are accepted but
    /// not required.
    /// </summary>
    public bool Anonymous { get; init; }

    /// <summary>
    /// <c>Key</c>: an API key with all scopes for the owner <c>local</c>: 22 to 512 letters, digits or <c>-._~+/</c> (<c>openssl rand -hex 32</c>); RFC 6750's
    /// <c>b64token</c>.
    /// </summary>
    public string? Key { get; init; }

    /// <summary>The provider whose access tokens are accepted; null if there is none.</summary>
    public OidcOptions? Oidc { get; init; }

    /// <summary>Whether the configuration itself holds a key or names a provider.</summary>
    public bool IsConfigured => Key is not null || Oidc is not null;

    /// <summary>Reads and checks the settings.</summary>
    /// <exception cref="ConfigurationException">A value cannot be used; the message names the key and the fix, and never shows a secret.</exception>
    internal static AccessOptions Read(SettingsReader settings)
    {
        var key = settings.Text("Key");
        if (key is not null && (key.Length is < MinKeyLength or > MaxKeyLength || !key.TrimEnd('=').All(IsKeyCharacter)))
            throw new ConfigurationException(
                $"{settings.Path("Key")} must have {MinKeyLength} to {MaxKeyLength} letters, digits or -._~+/, "
                + "for example the output of \"openssl rand -hex 32\".");
        return new AccessOptions
        {
            Anonymous = settings.Flag("Anonymous"),
            Key = key,
            Oidc = OidcOptions.Read(settings.Below("Oidc")),
        };
    }

    private static bool IsKeyCharacter(char character) =>
        char.IsAsciiLetterOrDigit(character) || "-._~+/".Contains(character, StringComparison.Ordinal);
}
