using FileDrop.Api.Catalog;
using FileDrop.Api.Storage;

namespace FileDrop.Api.Settings;

/// <summary>The configuration cannot be used; the message names the key and the fix.</summary>
public sealed class ConfigurationException(string message) : Exception(message)
{
    /// <summary>The exit code if the configuration or the machine prevents a start or a command.</summary>
    public const int ExitCode = 2;
}

/// <summary>The service's settings, read and checked once at the start. Each property is a setting under <c>FileDrop</c>.</summary>
/// <remarks>
/// docs/configuration.md is generated from the comments of these members and of those in the other records here. A comment has the key, a colon and the meaning; the
/// default is the member's own or stands in <c>value</c>. ConfigurationDocumentTests keeps both equal.
/// </remarks>
public sealed record FileDropOptions
{
    private const long Tebibyte = 1L << 40;

    private static readonly TimeSpan ShortestLease = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestLinkLife = TimeSpan.FromDays(1);
    private static readonly TimeSpan ShortestRetention = TimeSpan.FromHours(1);
    private static readonly TimeSpan ShortestInterval = TimeSpan.FromMilliseconds(1);

    /// <summary>
    /// <c>ConnectionStrings:filedrop</c>: MongoDB for metadata, for example <c>mongodb://host:27017/filedrop</c>. The database is <c>filedrop</c> unless the
    /// string names one. Options that weaken durability (<c>w</c>, <c>journal</c>, <c>readPreference</c>) are refused.
    /// </summary>
    public string? MongoDb { get; init; }

    /// <summary>
    /// <c>ConnectionStrings:storage</c>: S3 for content, see <a href="#s3">below</a>. Set both connection strings, or neither for the embedded store.
    /// </summary>
    public string? Storage { get; init; }

    /// <summary>
    /// <c>DataDirectory</c>: the directory of the embedded store. <c>catalog.db</c> has the metadata, <c>segments</c> contents up to 1 MiB, and <c>blobs</c> all other
    /// contents. It must be on a local disk; a network file system is refused. Only one service can use a directory. A relative path starts at the service's
    /// folder.
    /// </summary>
    /// <value><c>data</c></value>
    public required string DataDirectory { get; init; }

    /// <summary><c>MaxFileSize</c>: the largest file, in bytes: 1 to 5 TiB (S3's largest object).</summary>
    public long MaxFileSize { get; init; } = 5 * Tebibyte;

    /// <summary><c>UploadPatience</c>: how long an upload may send nothing before the service gives it up.</summary>
    public TimeSpan UploadPatience { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>
    /// <c>Uploads:Expiry</c>: how long a <a href="uploads.md">resumable upload</a> waits for its next byte, and how long the service remembers it once it is
    /// complete.
    /// </summary>
    public TimeSpan UploadsExpiry { get; init; } = TimeSpan.FromHours(24);

    /// <summary><c>IdempotencyKeyLife</c>: how long the service remembers an <c>Idempotency-Key</c>.</summary>
    public TimeSpan IdempotencyKeyLife { get; init; } = TimeSpan.FromHours(24);

    /// <summary><c>Versions:Keep</c>: how many earlier versions a file keeps: 0 to 1000.</summary>
    public int VersionsKept { get; init; } = 20;

    /// <summary><c>Versions:MaxAge</c>: the next change of content deletes earlier versions that were replaced longer ago than this.</summary>
    public TimeSpan? VersionsMaxAge { get; init; }

    /// <summary><c>Trash:Retention</c>: how long a deleted file can be restored. <c>0</c>: deletions are final.</summary>
    public TimeSpan TrashRetention { get; init; } = TimeSpan.FromDays(30);

    /// <summary>
    /// <c>Changes:Retention</c>: how long the <a href="changes.md">feed of changes</a> keeps a change: at least 1h. A client that was away for longer lists
    /// everything again.
    /// </summary>
    public TimeSpan ChangesRetention { get; init; } = TimeSpan.FromDays(90);

    /// <summary><c>Scrub:BytesPerSecond</c>: how fast each replica reads all content again to find damage. <c>0</c>: never.</summary>
    public long ScrubBytesPerSecond { get; init; }

    /// <summary><c>ReadersGrace</c>: how long pruned and deleted content stays in the store for requests that are reading it.</summary>
    public TimeSpan ReadersGrace { get; init; } = TimeSpan.FromHours(1);

    /// <summary>
    /// <c>Lease</c>: how long a write lives without a renewal by its writer, for example after a crash: at least 100ms. A writer renews its lease four times in
    /// that time.
    /// </summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// <c>LateWrites</c>: a margin on top of the store's own timeout. After both, no call of an abandoned write can still arrive, and its leftovers are
    /// deleted.
    /// </summary>
    public TimeSpan LateWrites { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary><c>SweepInterval</c>: how often the service deletes content that is due.</summary>
    public TimeSpan SweepInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary><c>ShutdownTimeout</c>: how long running requests may take to finish when the service is told to stop.</summary>
    public TimeSpan ShutdownTimeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Settings that say who may use the service.</summary>
    public AccessOptions Access { get; init; } = new();

    /// <summary>
    /// <c>AllowedHosts</c>: names of the service in addition to <c>localhost</c>, <c>127.0.0.1</c> and <c>[::1]</c>, separated by <c>;</c>. Requests under
    /// other names get <c>421</c>. Default: any name if access is configured or <c>Access:Anonymous</c> is set, otherwise loopback only.
    /// </summary>
    public IReadOnlyList<string> AllowedHosts { get; init; } = [];

    /// <summary>
    /// <c>AllowedOrigins</c>: web origins, in addition to the service's own, whose pages may read answers (CORS) and make changes, separated by <c>;</c>:
    /// <c>https://app.example.com</c>.
    /// </summary>
    public IReadOnlyList<string> AllowedOrigins { get; init; } = [];

    /// <summary>
    /// <para>
    /// <c>Quota:Bytes</c>: bytes that an owner may store: the contents of all files with their versions, also in the trash, and uploads in progress. <c>none</c>:
    /// no limit.
    /// </para>
    /// <para><c>Quota:Files</c>: files that an owner may have, also in the trash.</para>
    /// <para>
    /// <c>Quota:Owners:{owner}:Bytes</c>, <c>Quota:Owners:{owner}:Files</c>: the same for one owner, instead of the two above.
    /// </para>
    /// </summary>
    /// <value>none</value>
    public Quotas Quotas { get; init; } = Quotas.None;

    /// <summary>Limits on callers.</summary>
    public LimitOptions Limits { get; init; } = new();

    /// <summary><c>Links:Life</c>: how long a link to a file's content works: at most 1d.</summary>
    public TimeSpan LinkLife { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Settings of the audit log in the catalog.</summary>
    public AuditOptions Audit { get; init; } = new();

    /// <summary>WebDAV.</summary>
    public DavOptions Dav { get; init; } = new();

    /// <summary>HTTPS and proxies.</summary>
    public TransportOptions Transport { get; init; } = new();

    /// <summary>Whether metadata and content lie in the data directory.</summary>
    public bool IsEmbedded => MongoDb is null;

    /// <summary>Messages about environment variables that look like settings but are none; each names the correct variable.</summary>
    public IReadOnlyList<string> Ignored { get; init; } = [];

    /// <summary>Reads and checks the configuration.</summary>
    /// <exception cref="ConfigurationException">A value cannot be used, or a key is unknown; the message names the key and the fix.</exception>
    public static FileDropOptions Read(IConfiguration configuration, string contentRoot)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        var settings = new SettingsReader(configuration);
        var options = Read(settings, contentRoot) with
        {
            MongoDb = ConnectionString(configuration, "filedrop"),
            Storage = ConnectionString(configuration, "storage"),
        };
        settings.RefuseUnknown();
        if (options.MongoDb is null != options.Storage is null)
        {
            var (there, missing, form) = options.MongoDb is null
                ? ("storage", "filedrop", "mongodb://host:27017/filedrop")
                : ("filedrop", "storage", "Endpoint=http://host:9000;AccessKey=…;SecretKey=…");
            throw new ConfigurationException(
                $"ConnectionStrings:{there} is set but ConnectionStrings:{missing} is not. Set it too (\"{form}\"), or neither for the embedded store.");
        }
        return options with { Ignored = settings.FindSingleUnderscores(configuration) };
    }

    internal static FileDropOptions Read(SettingsReader settings, string contentRoot)
    {
        var defaults = new FileDropOptions { DataDirectory = "" };
        return defaults with
        {
            DataDirectory = Path.GetFullPath(settings.Text("DataDirectory") ?? "data", contentRoot),
            MaxFileSize = settings.Number("MaxFileSize", defaults.MaxFileSize, 1, 5 * Tebibyte),
            UploadPatience = settings.Time("UploadPatience", defaults.UploadPatience),
            UploadsExpiry = settings.Time("Uploads:Expiry", defaults.UploadsExpiry),
            IdempotencyKeyLife = settings.Time("IdempotencyKeyLife", defaults.IdempotencyKeyLife),
            VersionsKept = (int)settings.Number("Versions:Keep", defaults.VersionsKept, 0, 1000),
            VersionsMaxAge = settings.Text("Versions:MaxAge") is null ? null : settings.Time("Versions:MaxAge", TimeSpan.Zero),
            TrashRetention = settings.Time("Trash:Retention", defaults.TrashRetention, zero: true),
            ChangesRetention = settings.Time("Changes:Retention", defaults.ChangesRetention, min: ShortestRetention),
            ScrubBytesPerSecond = settings.Number("Scrub:BytesPerSecond", 0, 0, Tebibyte),
            ReadersGrace = settings.Time("ReadersGrace", defaults.ReadersGrace, zero: true),
            Lease = settings.Time("Lease", defaults.Lease, min: ShortestLease),
            LateWrites = settings.Time("LateWrites", defaults.LateWrites, zero: true),
            SweepInterval = settings.Time("SweepInterval", defaults.SweepInterval, min: ShortestInterval),
            ShutdownTimeout = settings.Time("ShutdownTimeout", defaults.ShutdownTimeout, zero: true),
            Access = AccessOptions.Read(settings.Below("Access")),
            AllowedHosts = settings.Items("AllowedHosts"),
            AllowedOrigins = [.. settings.Items("AllowedOrigins").Select(origin => IsOrigin(origin) ? origin
                : throw settings.Wrong("AllowedOrigins", origin, "web origins such as https://files.example.com, without a path"))],
            Quotas = QuotaSettings.Read(settings.Below("Quota")),
            Limits = LimitOptions.Read(settings.Below("Limits")),
            LinkLife = settings.Time("Links:Life", defaults.LinkLife, max: LongestLinkLife),
            Audit = AuditOptions.Read(settings.Below("Audit")),
            Dav = DavOptions.Read(settings.Below("Dav")),
            Transport = TransportOptions.Read(settings),
        };
    }

    /// <summary>The error for a data directory that cannot be used. It names the setting, the directory, the user and the reason.</summary>
    internal ConfigurationException UnusableDirectory(Exception reason) => new(
        $"FileDrop:DataDirectory is \"{DataDirectory}\", which the user {Environment.UserName} cannot use: {Failure.Tell(reason)} "
        + "Set it to a directory on a local disk that this user can write to.");

    private static string? ConnectionString(IConfiguration configuration, string name) =>
        configuration.GetConnectionString(name) is { } text && !string.IsNullOrWhiteSpace(text) ? text : null;

    private static bool IsOrigin(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.GetLeftPart(UriPartial.Authority).Equals(text, StringComparison.OrdinalIgnoreCase);
}
