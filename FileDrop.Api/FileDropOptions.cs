using System.Globalization;
using FileDrop.Api.Access;
using FileDrop.Api.Catalog;

namespace FileDrop.Api;

/// <summary>The configuration cannot be used; the message names the key and the fix.</summary>
public sealed class ConfigurationException(string message) : Exception(message);

/// <summary>The service's settings, read and checked once at start. Each is a key under <c>FileDrop</c>.</summary>
public sealed record FileDropOptions
{
    private const long Tebibyte = 1L << 40;

    private static readonly TimeSpan ShortestLease = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestLinkLife = TimeSpan.FromDays(1);
    private static readonly TimeSpan LongestTime = TimeSpan.FromDays(3650);
    private static readonly TimeSpan ShortestInterval = TimeSpan.FromMilliseconds(1);

    /// <summary><c>ConnectionStrings:filedrop</c>: MongoDB. Null with <see cref="Storage"/>: the embedded store.</summary>
    public string? MongoDb { get; init; }

    /// <summary><c>ConnectionStrings:storage</c>: S3.</summary>
    public string? Storage { get; init; }

    /// <summary><c>DataDirectory</c>: where the embedded store keeps everything. An absolute path.</summary>
    public required string DataDirectory { get; init; }

    /// <summary><c>MaxFileSize</c>: in bytes, 1 to 5 TiB (S3's largest object); 5 TiB if not set.</summary>
    public long MaxFileSize { get; init; } = 5 * Tebibyte;

    /// <summary><c>UploadPatience</c>: how long an upload may send nothing before it is given up.</summary>
    public TimeSpan UploadPatience { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary><c>Uploads:Expiry</c>: how long a resumable upload waits for its next byte, and is remembered once it is complete.</summary>
    public TimeSpan UploadsExpiry { get; init; } = TimeSpan.FromHours(24);

    /// <summary><c>IdempotencyKeyLife</c>: how long an Idempotency-Key is remembered.</summary>
    public TimeSpan IdempotencyKeyLife { get; init; } = TimeSpan.FromHours(24);

    /// <summary><c>Versions:Keep</c>: earlier contents that a file keeps, 0 to 1,000.</summary>
    public int VersionsKept { get; init; } = 20;

    /// <summary><c>Versions:MaxAge</c>: earlier contents replaced longer ago go with the next change of content; null: at no age.</summary>
    public TimeSpan? VersionsMaxAge { get; init; }

    /// <summary><c>Trash:Retention</c>: how long a deleted file can be restored; zero: a deletion is for good.</summary>
    public TimeSpan TrashRetention { get; init; } = TimeSpan.FromDays(30);

    /// <summary><c>Scrub:BytesPerSecond</c>: how fast all content is read again in the background to find damage; 0: not at all.</summary>
    public long ScrubBytesPerSecond { get; init; }

    /// <summary><c>ReadersGrace</c>: how long pruned and deleted content stays for those who are reading it.</summary>
    public TimeSpan ReadersGrace { get; init; } = TimeSpan.FromHours(1);

    /// <summary><c>Lease</c>: how long a write lives without a sign of its writer; it is renewed four times in that time.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary><c>LateWrites</c>: a margin, beyond the store's hard timeout, after which nothing of an abandoned write can still arrive.</summary>
    public TimeSpan LateWrites { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary><c>SweepInterval</c>: how often what is due is deleted.</summary>
    public TimeSpan SweepInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary><c>ShutdownTimeout</c>: how long running requests may take to finish when the service is told to stop.</summary>
    public TimeSpan ShutdownTimeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary><c>Access</c>: who may use the service.</summary>
    public AccessOptions Access { get; init; } = new();

    /// <summary><c>AllowedHosts</c>: names, besides loopback's, under which the service is reached; separated by semicolons.</summary>
    public IReadOnlyList<string> AllowedHosts { get; init; } = [];

    /// <summary><c>AllowedOrigins</c>: web origins, besides its own, whose pages may change something; separated by semicolons.</summary>
    public IReadOnlyList<string> AllowedOrigins { get; init; } = [];

    /// <summary><c>Quota</c>: how much each owner may store; no limits if not set.</summary>
    public Quotas Quotas { get; init; } = Quotas.None;

    /// <summary><c>Limits</c>: how much one caller may ask for.</summary>
    public LimitOptions Limits { get; init; } = new();

    /// <summary><c>Links:Life</c>: how long a link to a file's content is good for, up to a day.</summary>
    public TimeSpan LinkLife { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary><c>Audit</c>: where the audit log is kept, besides the log stream.</summary>
    public AuditOptions Audit { get; init; } = new();

    /// <summary><c>Https</c>, <c>Proxies</c>: the way by which requests come.</summary>
    public TransportOptions Transport { get; init; } = new();

    /// <summary>Whether metadata and content lie in the data directory.</summary>
    public bool IsEmbedded => MongoDb is null;

    /// <summary>Reads and checks the configuration.</summary>
    /// <exception cref="ConfigurationException">A value cannot be used; the message names the key and the fix.</exception>
    public static FileDropOptions Read(IConfiguration configuration, string contentRoot)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        var section = configuration.GetSection("FileDrop");
        var defaults = new FileDropOptions { DataDirectory = "" };
        var options = defaults with
        {
            MongoDb = Text(configuration, "ConnectionStrings:filedrop"),
            Storage = Text(configuration, "ConnectionStrings:storage"),
            DataDirectory = Path.GetFullPath(Text(section, "DataDirectory") ?? "data", contentRoot),
            MaxFileSize = Number(section, "MaxFileSize", defaults.MaxFileSize, 1, 5 * Tebibyte),
            UploadPatience = Time(section, "UploadPatience", defaults.UploadPatience),
            UploadsExpiry = Time(section, "Uploads:Expiry", defaults.UploadsExpiry),
            IdempotencyKeyLife = Time(section, "IdempotencyKeyLife", defaults.IdempotencyKeyLife),
            VersionsKept = (int)Number(section, "Versions:Keep", defaults.VersionsKept, 0, 1000),
            VersionsMaxAge = Text(section, "Versions:MaxAge") is null ? null : Time(section, "Versions:MaxAge", TimeSpan.Zero),
            TrashRetention = Time(section, "Trash:Retention", defaults.TrashRetention, zero: true),
            ScrubBytesPerSecond = Number(section, "Scrub:BytesPerSecond", 0, 0, Tebibyte),
            ReadersGrace = Time(section, "ReadersGrace", defaults.ReadersGrace, zero: true),
            Lease = Time(section, "Lease", defaults.Lease, min: ShortestLease),
            LateWrites = Time(section, "LateWrites", defaults.LateWrites, zero: true),
            SweepInterval = Time(section, "SweepInterval", defaults.SweepInterval, min: ShortestInterval),
            ShutdownTimeout = Time(section, "ShutdownTimeout", defaults.ShutdownTimeout, zero: true),
            Access = AccessOptions.Read(section.GetSection("Access")),
            AllowedHosts = Items(section, "AllowedHosts"),
            AllowedOrigins = Items(section, "AllowedOrigins"),
            Quotas = QuotaSettings.Read(section.GetSection("Quota")),
            Limits = LimitOptions.Read(section.GetSection("Limits")),
            LinkLife = Time(section, "Links:Life", defaults.LinkLife, max: LongestLinkLife),
            Audit = AuditOptions.Read(section.GetSection("Audit")),
            Transport = TransportOptions.Read(section),
        };
        if (options.MongoDb is null != options.Storage is null)
        {
            var (there, missing, form) = options.MongoDb is null
                ? ("storage", "filedrop", "mongodb://host:27017/filedrop")
                : ("filedrop", "storage", "Endpoint=http://host:9000;AccessKey=…;SecretKey=…");
            throw new ConfigurationException(
                $"ConnectionStrings:{there} is set but ConnectionStrings:{missing} is not. Set it too (\"{form}\"), or neither for the embedded store.");
        }
        foreach (var origin in options.AllowedOrigins)
        {
            if (!Uri.TryCreate(origin, UriKind.Absolute, out var uri) || !uri.GetLeftPart(UriPartial.Authority).Equals(origin, StringComparison.OrdinalIgnoreCase))
                throw Wrong(section, "AllowedOrigins", origin, "web origins such as https://files.example.com, without a path");
        }
        return options;
    }

    internal static string? Text(IConfiguration section, string key) => string.IsNullOrWhiteSpace(section[key]) ? null : section[key];

    internal static string[] Items(IConfiguration section, string key) =>
        Text(section, key)?.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];

    internal static long Number(IConfigurationSection section, string key, long preset, long min, long max) =>
        Text(section, key) is not { } text ? preset
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max ? value
        : throw Wrong(section, key, text, string.Create(CultureInfo.InvariantCulture, $"a whole number from {min} to {max}"));

    internal static TimeSpan Time(
        IConfigurationSection section, string key, TimeSpan preset, bool zero = false, TimeSpan? min = null, TimeSpan? max = null) =>
        Text(section, key) is not { } text ? preset
        : TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var value) && (zero || value > TimeSpan.Zero)
            && value >= (min ?? TimeSpan.Zero) && value <= (max ?? LongestTime) ? value
        : throw Wrong(section, key, text,
            $"a time as hours:minutes:seconds, for example 00:01:30, {(min is { } least ? $"at least {least:c}" : zero ? "or zero" : "more than zero")}"
            + (max is { } most ? $", at most {most:c}" : ""));

    internal static bool Flag(IConfigurationSection section, string key) =>
        Text(section, key) is { } text && (bool.TryParse(text, out var value) ? value : throw Wrong(section, key, text, "true or false"));

    internal static ConfigurationException Wrong(IConfigurationSection section, string key, string value, string wanted) =>
        new($"{section.Path}:{key} is \"{value}\", but it must be {wanted}.");
}
