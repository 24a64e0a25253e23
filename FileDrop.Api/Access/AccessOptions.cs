namespace FileDrop.Api.Access;

/// <summary>Who may use the service. Each is a key under <c>FileDrop:Access</c>.</summary>
public sealed record AccessOptions
{
    /// <summary>As many as 128 random bits take in letters and digits.</summary>
    private const int MinKeyLength = 22;

    private const int MaxKeyLength = 512;

    /// <summary><c>Anonymous</c>: whether anybody who reaches the service may do everything; it may then listen beyond loopback.</summary>
    public bool Anonymous { get; init; }

    /// <summary>
    /// <c>Key</c>: an API key with all scopes for the owner <c>local</c>, given by whoever runs the service; 22 to 512 characters of RFC 6750's
    /// <c>b64token</c>.
    /// </summary>
    public string? Key { get; init; }

    /// <summary><c>Oidc</c>: the provider whose access tokens are taken; null: none.</summary>
    public OidcOptions? Oidc { get; init; }

    /// <summary>Whether the configuration alone names somebody who may come in.</summary>
    public bool IsConfigured => Key is not null || Oidc is not null;

    /// <summary>Reads and checks the settings.</summary>
    /// <exception cref="ConfigurationException">A value cannot be used; the message names the key and the fix, and never shows a secret.</exception>
    internal static AccessOptions Read(IConfigurationSection section)
    {
        var key = FileDropOptions.Text(section, "Key");
        if (key is not null && (key.Length is < MinKeyLength or > MaxKeyLength || !key.TrimEnd('=').All(IsKeyCharacter)))
            throw new ConfigurationException(
                $"{section.Path}:Key must have {MinKeyLength} to {MaxKeyLength} letters, digits or -._~+/, "
                + "for example what \"openssl rand -hex 32\" says.");
        return new AccessOptions
        {
            Anonymous = FileDropOptions.Flag(section, "Anonymous"),
            Key = key,
            Oidc = OidcOptions.Read(section.GetSection("Oidc")),
        };
    }

    private static bool IsKeyCharacter(char character) =>
        char.IsAsciiLetterOrDigit(character) || "-._~+/".Contains(character, StringComparison.Ordinal);
}
