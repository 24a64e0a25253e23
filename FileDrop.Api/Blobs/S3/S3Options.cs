using System.Globalization;
using System.Text.RegularExpressions;

namespace FileDrop.Api.Blobs.S3;

/// <summary>The S3 server and how to talk to it.</summary>
internal sealed partial record S3Options
{
    /// <summary>The server's address, or null for AWS in <see cref="Region"/>.</summary>
    public Uri? Endpoint { get; init; }

    /// <summary>
    /// Null, like <see cref="SecretKey"/>: credentials come from the places where AWS's tools look (environment, profile, role).
    /// </summary>
    public string? AccessKey { get; init; }
    public string? SecretKey { get; init; }

    /// <summary>If null, AWS's own default (environment, profile), or <c>us-east-1</c> if <see cref="Endpoint"/> is set.</summary>
    public string? Region { get; init; }
    public string Bucket { get; init; } = "filedrop";

    /// <summary>Whether the bucket is in the path and not in the host name. Servers without names for their buckets need this.</summary>
    public bool PathStyle { get; init; }

    /// <summary>
    /// Whether content carries a checksum for the server to verify: <c>Checksums=supported</c>. It is <c>Content-MD5</c>, which every
    /// server
    /// knows and buckets with an object lock require. It costs one pass over the bytes.
    /// </summary>
    public bool SendChecksums { get; init; }

    /// <summary>Memory that the parts of all uploads may hold together, in bytes.</summary>
    public long PartMemory { get; init; } = 128 * PartSizes.MiB;

    /// <summary>
    /// The largest object, or part of one, that the server copies in one call, in bytes. It must do so within <see cref="CallTimeout"/>, or it
    /// counts as hanging. S3's own limit, 5 GiB, would take longer.
    /// </summary>
    public long CopiedAtOnce { get; init; } = 256 * PartSizes.MiB;

    /// <summary>The hard limit of one call with all its repetitions, and of the wait for the next bytes of a body.</summary>
    public TimeSpan CallTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Reads a connection string: <c>Endpoint=http://host:port;AccessKey=…;SecretKey=…</c>, and optionally <c>Region</c>, <c>Bucket</c>,
    /// <c>PathStyle=true|false</c>, <c>Checksums=required|supported</c>, <c>PartMemory</c> in MiB and <c>CallTimeout</c> in seconds. A value may
    /// contain <c>=</c>, but not <c>;</c>.
    /// </summary>
    /// <exception cref="FormatException">
    /// A setting is wrong; the message names the key and what to write, and contains no secret.
    /// </exception>
    public static S3Options Parse(string connectionString)
    {
        var options = new S3Options();
        bool? pathStyle = null;
        HashSet<string> seen = new(StringComparer.OrdinalIgnoreCase);
        foreach (var setting in connectionString.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var at = setting.IndexOf('=', StringComparison.Ordinal);
            if (at <= 0)
            {
                throw new FormatException(
                    "S3 connection string: every setting is Key=value; one has no '=' (a ';' in a secret key cannot be written).");
            }
            var (key, value) = (setting[..at].Trim(), setting[(at + 1)..].Trim());
            if (!seen.Add(key))
                throw Wrong(key, "is there twice; leave one");
            if (value.Length == 0)
                throw Wrong(key, "has no value; give one, or leave the setting out");
            if (key.Equals("PathStyle", StringComparison.OrdinalIgnoreCase))
                pathStyle = bool.TryParse(value, out var flag) ? flag : throw Wrong(key, $"is '{value}'; write true or false");
            else
                options = options.With(key, value);
        }
        if (options.AccessKey is null != options.SecretKey is null)
        {
            throw options.AccessKey is null
                ? Wrong("AccessKey", "is missing beside SecretKey; give both, or neither for AWS's default credentials")
                : Wrong("SecretKey", "is missing beside AccessKey; give both, or neither for AWS's default credentials");
        }
        if (pathStyle is false && options.Endpoint is { HostNameType: UriHostNameType.IPv4 or UriHostNameType.IPv6 })
            throw Wrong("PathStyle", "is false, but Endpoint is an address without a name, below which there can be no bucket's name; write true");
        return options with { PathStyle = pathStyle ?? options.Endpoint is not null };
    }

    /// <summary>Contains no credentials, so that no log gets them.</summary>
    public override string ToString() =>
        $"S3 {Endpoint?.GetLeftPart(UriPartial.Authority) ?? $"AWS {Region ?? "(default region)"}"}, bucket {Bucket}";

    private S3Options With(string key, string value) => key.ToUpperInvariant() switch
    {
        "ENDPOINT" => this with { Endpoint = ParseEndpoint(key, value) },
        // The access key goes into a header field.
        "ACCESSKEY" => this with
        {
            AccessKey = value.AsSpan().IndexOfAnyExceptInRange('!', '~') < 0 ? value : throw Wrong(key, "has characters other than printable ASCII"),
        },
        "SECRETKEY" => this with { SecretKey = value },
        "REGION" => this with
        {
            Region = value.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_') ? value
                : throw Wrong(key, $"is '{value}'; write a region's name such as us-east-1"),
        },
        "BUCKET" => this with
        {
            Bucket = BucketName().IsMatch(value) && !value.Contains("..", StringComparison.Ordinal) ? value
                : throw Wrong(key, $"is '{value}'; a bucket's name has 3 to 63 of a-z, 0-9, '.' and '-', with a letter or digit at both ends and no '..'"),
        },
        "CHECKSUMS" => this with
        {
            SendChecksums = value.ToUpperInvariant() switch
            {
                "REQUIRED" => false,
                "SUPPORTED" => true,
                _ => throw Wrong(key, $"is '{value}'; write required or supported"),
            },
        },
        "PARTMEMORY" => this with
        {
            PartMemory = int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var mib) && mib is >= 8 and <= 1024 * 1024
                ? mib * PartSizes.MiB
                : throw Wrong(key, $"is '{value}'; write a whole number of MiB from 8 on"),
        },
        "CALLTIMEOUT" => this with
        {
            CallTimeout = int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds is >= 1 and <= 3600
                ? TimeSpan.FromSeconds(seconds)
                : throw Wrong(key, $"is '{value}'; write a whole number of seconds from 1 to 3600"),
        },
        _ => throw Wrong(
            key, "is unknown; the settings are Endpoint, AccessKey, SecretKey, Region, Bucket, PathStyle, Checksums, PartMemory and CallTimeout"),
    };

    private static Uri ParseEndpoint(string key, string value) =>
        Uri.TryCreate(value, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.UserInfo.Length == 0 && uri.PathAndQuery is "/"
            ? uri
            : throw Wrong(key, "is no address of a server; write http://host:port or https://host:port, with no path and no user in it");

    private static FormatException Wrong(string key, string what) => new($"S3 connection string: {key} {what}.");

    [GeneratedRegex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex BucketName();
}
