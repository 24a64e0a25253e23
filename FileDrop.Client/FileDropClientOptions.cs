namespace FileDrop.Client;

/// <summary>The settings of a <see cref="FileDropClient"/>.</summary>
public sealed class FileDropClientOptions
{
    /// <summary>The service's address. <c>https+http://api</c> is found by service discovery, by https if it can be.</summary>
    public required Uri Address { get; set; }

    /// <summary>An API key or an access token; null for a service that needs none.</summary>
    public string? Key { get; set; }
}
