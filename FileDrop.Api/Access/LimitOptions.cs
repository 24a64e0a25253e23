namespace FileDrop.Api.Access;

/// <summary>How much one caller may ask for. Each is a key under <c>FileDrop:Limits</c>; of most, one that is not set is none.</summary>
public sealed record LimitOptions
{
    private const int MostRequests = 1_000_000;

    /// <summary><c>RequestsPerCaller</c>: requests of one key, or of one owner without a key, in a minute; up to a million.</summary>
    public int? RequestsPerCaller { get; init; }

    /// <summary><c>RequestsPerAddress</c>: requests from one address (of IPv6: one /64 network) in a minute; up to a million.</summary>
    public int? RequestsPerAddress { get; init; }

    /// <summary><c>UploadsPerOwner</c>: requests of one owner that bring content at the same time; up to 10,000.</summary>
    public int? UploadsPerOwner { get; init; }

    /// <summary>
    /// <c>OpenUploadsPerOwner</c>: resumable uploads of one owner that are not complete, or partial, on all replicas together; up to a million.
    /// </summary>
    public int OpenUploadsPerOwner { get; init; } = 1_000;

    /// <summary>
    /// <c>IdempotencyKeysPerOwner</c>: new Idempotency-Keys of one owner within the time that one is remembered, on each replica; up to a million.
    /// </summary>
    public int IdempotencyKeysPerOwner { get; init; } = 100_000;

    /// <summary><c>Connections</c>: open at the same time, of all callers together; up to a million.</summary>
    public int? Connections { get; init; }

    /// <summary><c>HeaderBytes</c>: in all header fields of a request, 4 KiB to 1 MiB.</summary>
    public int HeaderBytes { get; init; } = 32 * 1024;

    /// <summary>Reads and checks the settings.</summary>
    /// <exception cref="ConfigurationException">A value cannot be used; the message names the key and the fix.</exception>
    internal static LimitOptions Read(IConfigurationSection section) => new()
    {
        RequestsPerCaller = Limit(section, "RequestsPerCaller", MostRequests),
        RequestsPerAddress = Limit(section, "RequestsPerAddress", MostRequests),
        UploadsPerOwner = Limit(section, "UploadsPerOwner", 10_000),
        OpenUploadsPerOwner = Limit(section, "OpenUploadsPerOwner", MostRequests) ?? new LimitOptions().OpenUploadsPerOwner,
        IdempotencyKeysPerOwner = Limit(section, "IdempotencyKeysPerOwner", MostRequests) ?? new LimitOptions().IdempotencyKeysPerOwner,
        Connections = Limit(section, "Connections", MostRequests),
        HeaderBytes = (int)FileDropOptions.Number(section, "HeaderBytes", new LimitOptions().HeaderBytes, 4 * 1024, 1024 * 1024),
    };

    private static int? Limit(IConfigurationSection section, string key, int most) =>
        FileDropOptions.Text(section, key) is null ? null : (int)FileDropOptions.Number(section, key, 1, 1, most);
}
