using System.Globalization;
using System.Text.RegularExpressions;
using Aspire.Hosting.Docker;
using Aspire.Hosting.Docker.Resources;
using Aspire.Hosting.Docker.Resources.ComposeNodes;
using Aspire.Hosting.Docker.Resources.ServiceNodes;
using Aspire.Hosting.Docker.Resources.ServiceNodes.Swarm;
using SwarmResources = Aspire.Hosting.Docker.Resources.ServiceNodes.Swarm.Resources;

namespace FileDrop.AppHost;

/// <summary>The system on one machine, by Docker Compose.</summary>
internal static partial class DockerCompose
{
    private const string DataVolume = "filedrop-data";

    public static void AddComposeFile(this IDistributedApplicationBuilder builder, Settings settings) =>
        builder.AddDockerComposeEnvironment("compose")
            // Its image is a nightly build; any OpenTelemetry collector takes its place: OTEL_EXPORTER_OTLP_ENDPOINT.
            .WithDashboard(false)
            .ConfigureComposeFile(file => Complete(file, settings))
            .ConfigureEnvFile(Describe);

    private static void Complete(ComposeFile file, Settings settings)
    {
        file.Name = "filedrop";
        foreach (var (name, service) in file.Services)
        {
            service.Restart = "unless-stopped";
            service.StopGracePeriod = string.Create(CultureInfo.InvariantCulture, $"{Publishing.StopSeconds}s");
            service.Healthcheck = CheckOf(name, settings);
            service.Image = Filled(service.Image ?? "");
            foreach (var (key, value) in service.Environment)
                service.Environment[key] = Filled(value);
        }
        CompleteApi(file, file.Services["api"], settings);
    }

    private static void CompleteApi(ComposeFile file, Service api, Settings settings)
    {
        api.Environment["HTTP_PORTS"] = Publishing.ContainerPort.ToString(CultureInfo.InvariantCulture);
        foreach (var store in file.Services.Keys.Where(name => name != "api"))
            api.DependsOn[store] = new ServiceDependency { Condition = "service_healthy" };
        // A loopback port for each replica: others come in through a proxy with TLS, since keys must not be readable on the way.
        var last = settings.Port + settings.Replicas - 1;
        var ports = last == settings.Port ? $"{last}" : string.Create(CultureInfo.InvariantCulture, $"{settings.Port}-{last}");
        api.Ports = [string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{ports}:{Publishing.ContainerPort}")];
        api.Deploy = new Deploy { Replicas = settings.Replicas, Resources = new SwarmResources { Limits = new ResourceSpec { Memory = "1G" } } };
        if (!settings.Embedded)
            return;
        // A new volume takes its owner from the folder of its mount: the home of the user that the image runs as.
        api.Environment["FileDrop__DataDirectory"] = "/home/app/data";
        api.AddVolume(new Volume { Name = DataVolume, Type = "volume", Source = DataVolume, Target = "/home/app" });
        file.AddVolume(new Volume { Name = DataVolume, Driver = "local" });
    }

    private static Healthcheck CheckOf(string service, Settings settings) => new()
    {
        Test = service switch
        {
            // The .NET image has bash, but not curl.
            "api" => ["CMD", "bash", "-c",
                $"exec 3<>/dev/tcp/127.0.0.1/{Publishing.ContainerPort} && printf 'GET /health HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n' >&3 && head -n 1 <&3 | grep -q ' 200 '"],
            "mongodb" => ["CMD", "mongosh", "--quiet", "--eval", "quit(db.adminCommand('ping').ok ? 0 : 1)"],
            "seaweedfs" => ["CMD", "wget", "-q", "-O", "/dev/null", "http://127.0.0.1:8333/status"],
            _ when settings.ObjectStorage == "rustfs" => ["CMD", "curl", "-fsS", "-o", "/dev/null", "http://127.0.0.1:9000/health"],
            _ => ["CMD", "mc", "ready", "local"],
        },
        Interval = "10s",
        Timeout = "8s",
        Retries = 6,
        StartPeriod = "30s",
    };

    /// <summary>An empty variable of .env has a default, or nothing starts: a forgotten password is never an empty one.</summary>
    private static string Filled(string value) => Variable().Replace(value, found => found.Groups[1].Value switch
    {
        "API_IMAGE" => "${API_IMAGE:-filedrop-api:latest}",
        "ALLOWED_HOSTS" => "${ALLOWED_HOSTS:-localhost}",
        "STORAGE_USER" => "${STORAGE_USER:-filedrop}",
        var name => $"${{{name}:?set it in .env}}",
    });

    private static void Describe(IDictionary<string, CapturedEnvironmentVariable> variables)
    {
        variables.Remove("API_PORT");
        foreach (var (name, variable) in variables)
        {
            variable.Description = name switch
            {
                "API_IMAGE" => "The service's image; filedrop-api:latest if empty",
                "ALLOWED_HOSTS" => "Names, besides loopback's, of the service, separated by semicolons",
                "STORAGE_USER" => "The object storage's user; filedrop if empty",
                "FILEDROP_KEY" => "An API key with all scopes, at least 22 letters and digits: openssl rand -hex 32",
                _ when name.EndsWith("_PASSWORD", StringComparison.Ordinal) => "Letters and digits only, at least 20: openssl rand -hex 24",
                _ => variable.Description,
            };
        }
    }

    [GeneratedRegex(@"\$\{([A-Z0-9_]+)\}", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Variable();
}
