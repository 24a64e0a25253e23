namespace FileDrop.Api.Settings;

/// <summary>Limits on callers. Each property is a setting under <c>FileDrop:Limits</c>; null means no limit.</summary>
public sealed record LimitOptions
{
    private const int MostRequests = 1_000_000;

    /// <summary>
    /// <c>RequestsPerCaller</c>: requests per minute of one key, or of one owner without a key: 1 to 1000000. Each replica counts for itself. Pieces of
    /// resumable uploads do not count. More requests get <c>429</c>.
    /// </summary>
    public int? RequestsPerCaller { get; init; }

    /// <summary>
    /// <c>RequestsPerAddress</c>: requests per minute from one address (of IPv6: one /64 network), counted before callers are authenticated: 1 to 1000000. The
    /// page's own files do not count.
    /// </summary>
    public int? RequestsPerAddress { get; init; }

    /// <summary>
    /// <c>UploadsPerOwner</c>: requests of one owner that bring or copy content at the same time, on each replica: 1 to 10000.
    /// </summary>
    public int? UploadsPerOwner { get; init; }

    /// <summary>
    /// <c>OpenUploadsPerOwner</c>: resumable uploads of one owner that are not complete, or partial, on all replicas together: 1 to 1000000. More
    /// uploads get <c>507</c>.
    /// </summary>
    public int OpenUploadsPerOwner { get; init; } = 1_000;

    /// <summary>
    /// <c>IdempotencyKeysPerOwner</c>: new idempotency keys of one owner within <c>IdempotencyKeyLife</c>, on each replica: 1 to 1000000. More keys get
    /// <c>429</c>.
    /// </summary>
    public int IdempotencyKeysPerOwner { get; init; } = 100_000;

    /// <summary>
    /// <c>SharesPerOwner</c>: <a href="sharing.md">shares</a> of one owner, expired ones included: 1 to 1000000. More shares get <c>507</c>. Shares that are made
    /// at the same moment can exceed it by their number.
    /// </summary>
    public int SharesPerOwner { get; init; } = 10_000;

    /// <summary>
    /// <c>StreamsPerCaller</c>: <a href="changes.md">streams of changes</a> and requests that wait for a change, of one key, or of one owner without a key, at
    /// the same time on each replica: 1 to 1000000. More get <c>429</c>.
    /// </summary>
    public int StreamsPerCaller { get; init; } = 100;

    /// <summary>
    /// <c>Connections</c>: connections of all callers that are open at the same time, on each replica: 1 to 1000000. Further connections are closed at once.
    /// </summary>
    public int? Connections { get; init; }

    /// <summary><c>HeaderBytes</c>: bytes in all header fields of a request: 4096 to 1048576. Larger requests get <c>431</c>.</summary>
    public int HeaderBytes { get; init; } = 32 * 1024;

    /// <summary>Reads and checks the settings.</summary>
    /// <exception cref="ConfigurationException">A value cannot be used; the message names the key and the fix.</exception>
    internal static LimitOptions Read(SettingsReader settings) => new()
    {
        RequestsPerCaller = Limit(settings, "RequestsPerCaller", MostRequests),
        RequestsPerAddress = Limit(settings, "RequestsPerAddress", MostRequests),
        UploadsPerOwner = Limit(settings, "UploadsPerOwner", 10_000),
        OpenUploadsPerOwner = Limit(settings, "OpenUploadsPerOwner", MostRequests) ?? new LimitOptions().OpenUploadsPerOwner,
        IdempotencyKeysPerOwner = Limit(settings, "IdempotencyKeysPerOwner", MostRequests) ?? new LimitOptions().IdempotencyKeysPerOwner,
        SharesPerOwner = Limit(settings, "SharesPerOwner", MostRequests) ?? new LimitOptions().SharesPerOwner,
        StreamsPerCaller = Limit(settings, "StreamsPerCaller", MostRequests) ?? new LimitOptions().StreamsPerCaller,
        Connections = Limit(settings, "Connections", MostRequests),
        HeaderBytes = (int)settings.Number("HeaderBytes", new LimitOptions().HeaderBytes, 4 * 1024, 1024 * 1024),
    };

    private static int? Limit(SettingsReader settings, string key, int most) =>
        settings.Text(key) is null ? null : (int)settings.Number(key, 1, 1, most);
}
