using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace FileDrop.AppHost;

/// <summary>The configuration cannot be used; the message names the key and the fix.</summary>
internal class SettingsException(string message) : Exception(message);

/// <summary>The parts of the system; each value is a key under <c>FileDrop</c>.</summary>
internal sealed record Settings
{
    private static readonly string[] StoreKinds = ["containers", "embedded"];
    private static readonly string[] MetadataKinds = ["mongodb", "external"];
    private static readonly string[] StorageKinds = ["minio", "rustfs", "seaweedfs", "external"];
    private static readonly string[] Containers = ["mongodb", "storage"];
    private static readonly string[] Targets = ["compose", "kubernetes"];

    private IReadOnlyDictionary<string, string> _images = new Dictionary<string, string>();

    /// <summary><c>Stores</c> = <c>embedded</c>: only the service, with its data in a directory; no container engine is needed.</summary>
    public bool Embedded { get; private init; }

    /// <summary><c>Metadata</c>: the store of metadata.</summary>
    public string Metadata { get; private init; } = MetadataKinds[0];

    /// <summary><c>ObjectStorage</c>: the store of content.</summary>
    public string ObjectStorage { get; private init; } = StorageKinds[0];

    /// <summary><c>Replicas</c>: 1 to 100, by default 2; one on the embedded store, which belongs to one process.</summary>
    public int Replicas { get; private init; }

    /// <summary><c>Port</c>: the service's port on this machine; by default 5080.</summary>
    public int Port { get; private init; }

    /// <summary><c>Publish</c>: whether <c>aspire publish</c> writes a chart instead of a Compose file.</summary>
    public bool ForKubernetes { get; private init; }

    /// <summary><c>Volumes</c>: the start of the data volumes' names.</summary>
    public string Volumes { get; private init; } = "filedrop";

    /// <summary>Reads and checks the configuration.</summary>
    /// <exception cref="SettingsException">A value cannot be used.</exception>
    public static Settings Read(IConfiguration configuration, bool publishing)
    {
        var section = configuration.GetSection("FileDrop");
        var embedded = Choice(section, "Stores", StoreKinds) == "embedded";
        var settings = new Settings
        {
            Embedded = embedded,
            Metadata = Choice(section, "Metadata", MetadataKinds),
            ObjectStorage = Choice(section, "ObjectStorage", StorageKinds),
            Replicas = ReadReplicas(section, embedded),
            Port = Number(section, "Port", 5080, 1, 65535),
            ForKubernetes = Choice(section, "Publish", Targets) == "kubernetes",
            Volumes = Text(section, "Volumes") ?? "filedrop",
            _images = Containers
                .Select(name => (name, image: Text(section, $"Images:{name}")))
                .Where(pair => pair.image is not null)
                .ToDictionary(pair => pair.name, pair => pair.image!, StringComparer.Ordinal),
        };
        if (!embedded)
        {
            CheckExternal(configuration, "Metadata", settings.Metadata, "filedrop", "mongodb://user:password@host:27017/filedrop", publishing);
            CheckExternal(configuration, "ObjectStorage", settings.ObjectStorage, "storage", "Region=eu-central-1;Bucket=…;AccessKey=…;SecretKey=…", publishing);
        }
        else if (publishing && settings.ForKubernetes)
        {
            throw new SettingsException(
                "FileDrop:Stores is embedded, which belongs to one process and its disk: a chart for Kubernetes needs FileDrop:Stores=containers, "
                + "with FileDrop:Metadata and FileDrop:ObjectStorage to choose from.");
        }
        return settings;
    }

    /// <summary>The name of a container's data volume.</summary>
    public string Volume(string engine) => $"{Volumes}-{engine}";

    /// <summary><c>Images:mongodb</c>, <c>Images:storage</c>: another image, from another registry; null for the usual image.</summary>
    public string? Image(string name) => _images.GetValueOrDefault(name);

    private static int ReadReplicas(IConfigurationSection section, bool embedded)
    {
        var replicas = Number(section, "Replicas", embedded ? 1 : 2, 1, 100);
        if (embedded && replicas > 1)
            throw new SettingsException(
                $"FileDrop:Replicas is {replicas} and FileDrop:Stores is embedded, but the embedded store belongs to one process: "
                + "set FileDrop:Replicas to 1 or leave it out, or set FileDrop:Stores to containers.");
        return replicas;
    }

    private static void CheckExternal(IConfiguration configuration, string key, string value, string connection, string form, bool publishing)
    {
        var given = !string.IsNullOrWhiteSpace(configuration.GetConnectionString(connection));
        // The published files get their values where they are deployed, and Aspire remembers the values of an earlier publication.
        if (publishing)
            return;
        if (value == "external" && !given)
            throw new SettingsException(
                $"FileDrop:{key} is external, but ConnectionStrings:{connection} is not set. Set it: "
                + $"dotnet user-secrets set \"ConnectionStrings:{connection}\" \"{form}\" --project FileDrop.AppHost");
        if (value != "external" && given)
            throw new SettingsException(
                $"ConnectionStrings:{connection} is set, but FileDrop:{key} is {value}, which brings its own: set FileDrop:{key} to external to use "
                + "the connection string, or remove it.");
    }

    private static int Number(IConfigurationSection section, string key, int preset, int min, int max) =>
        Text(section, key) is not { } text ? preset
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max ? value
        : throw new SettingsException(string.Create(
            CultureInfo.InvariantCulture, $"FileDrop:{key} is \"{text}\", but it must be a whole number from {min} to {max}."));

    private static string Choice(IConfigurationSection section, string key, string[] choices) =>
        Text(section, key) is not { } text ? choices[0]
        : Array.Find(choices, choice => choice.Equals(text, StringComparison.OrdinalIgnoreCase))
        ?? throw new SettingsException($"FileDrop:{key} is \"{text}\", but it must be one of {string.Join(", ", choices)}.");

    private static string? Text(IConfigurationSection section, string key) => string.IsNullOrWhiteSpace(section[key]) ? null : section[key]!.Trim();
}
