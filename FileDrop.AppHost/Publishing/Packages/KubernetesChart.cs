using System.Text.RegularExpressions;
using Aspire.Hosting.Kubernetes;
using Aspire.Hosting.Kubernetes.Resources;

namespace FileDrop.AppHost;

/// <summary>The system in a cluster, by a Helm chart.</summary>
internal static partial class KubernetesChart
{
    /// <summary>The user that the .NET images run as.</summary>
    private const long AppUser = 1654;

    private static readonly string[] ExternalStores = ["filedrop", "storage"];

    public static void AddKubernetesChart(this IDistributedApplicationBuilder builder, IResourceBuilder<ProjectResource> api)
    {
        builder.AddKubernetesEnvironment("k8s")
            // Its image is a nightly build; any OpenTelemetry collector takes its place: OTEL_EXPORTER_OTLP_ENDPOINT.
            .WithDashboard(false)
            .WithHelm(chart => chart.WithChartName("filedrop").WithChartDescription("FileDrop, a file service"))
            // Without this, data would be lost with the pod.
            .WithProperties(cluster => (cluster.DefaultStorageType, cluster.DefaultStorageSize) = ("pvc", "20Gi"));
        // A chart gets its values where it is installed, but the publisher would wait for these for ever. It writes no value of a
        // secret.
        foreach (var name in ExternalStores)
            builder.Configuration[$"ConnectionStrings:{name}"] ??= "set at installation";
        var storage = builder.Resources.OfType<ContainerResource>().FirstOrDefault(container => container.Name is not "mongodb")?.Name;
        api.PublishAsKubernetesService(resource => CompleteApi(resource, storage));
        foreach (var container in builder.Resources.OfType<ContainerResource>().ToList())
            builder.CreateResourceBuilder(container).PublishAsKubernetesService(CompleteStore);
    }

    private static void CompleteApi(KubernetesResource resource, string? storage)
    {
        if (resource.Workload is not Deployment { Spec: var deployment })
            return;
        deployment.Strategy.RollingUpdate.MaxUnavailable = 0;
        var pod = deployment.Template.Spec;
        pod.TerminationGracePeriodSeconds = Publishing.StopSeconds;
        pod.EnableServiceLinks = false;
        pod.AutomountServiceAccountToken = false;
        pod.SecurityContext = new PodSecurityContextV1 { RunAsNonRoot = true, RunAsUser = AppUser, SeccompProfile = new SeccompProfileV1 { Type = "RuntimeDefault" } };
        foreach (var container in pod.Containers)
        {
            container.SecurityContext = new SecurityContextV1 { AllowPrivilegeEscalation = false, Capabilities = new CapabilitiesV1 { Drop = { "ALL" } } };
            container.Resources = Limit("250m", "256Mi", "2", "1Gi");
            foreach (var probe in new[] { container.LivenessProbe, container.ReadinessProbe })
            {
                if (probe?.HttpGet is not { } request)
                    continue;
                // Kubernetes knows the scheme only in capitals, and asks under the pod's address, which is not one of the service's names.
                request.Scheme = (request.Scheme ?? "http").ToUpperInvariant();
                request.HttpHeaders.Add(new HttpHeaderV1 { Name = "Host", Value = "localhost" });
            }
        }
        // The service's connection strings take the stores' own passwords, and all of them are required.
        if (resource.Secret is { StringData: var secrets })
        {
            foreach (var (key, value) in secrets)
                secrets[key] = Value().Replace(value, found => Required(found.Groups["kind"].Value, found.Groups["name"].Value, storage));
        }
    }

    private static void CompleteStore(KubernetesResource resource)
    {
        if (resource.Workload is not { PodTemplate.Spec: var pod })
            return;
        if (resource.Workload is StatefulSet { Spec: var set } && resource.Service is { } service)
            set.ServiceName = service.Metadata.Name;
        pod.EnableServiceLinks = false;
        pod.AutomountServiceAccountToken = false;
        foreach (var container in pod.Containers)
        {
            container.Resources = Limit("250m", "512Mi", "2", "2Gi");
            // Any of its ports will do: none answers before the data is open.
            var port = container.Name switch { "mongodb" => 27017, "seaweedfs" => 8333, _ => 9000 };
            container.ReadinessProbe = new ProbeV1 { TcpSocket = new TcpSocketActionV1 { Port = port }, PeriodSeconds = 5, TimeoutSeconds = 3 };
            container.LivenessProbe = new ProbeV1 { TcpSocket = new TcpSocketActionV1 { Port = port }, InitialDelaySeconds = 60, PeriodSeconds = 20, TimeoutSeconds = 5 };
        }
        if (resource.Secret is { StringData: var secrets })
        {
            foreach (var (key, value) in secrets)
                secrets[key] = Value().Replace(value, found => Required(found.Groups["kind"].Value, found.Groups["name"].Value, found.Groups["owner"].Value));
        }
    }

    /// <summary>A value's expression that ends the installation with a message if the value is empty.</summary>
    private static string Required(string kind, string name, string? storage)
    {
        var owner = name == "mongodb_password" ? "mongodb" : name.StartsWith("storage_", StringComparison.Ordinal) && storage is not null ? storage : "api";
        var path = $"{kind}.{owner}.{name}";
        return $"{{{{ required `{path} is not set` .Values.{path} }}}}";
    }

    private static ResourceRequirementsV1 Limit(string cpu, string memory, string mostCpu, string mostMemory) => new()
    {
        Requests = { ["cpu"] = cpu, ["memory"] = memory },
        Limits = { ["cpu"] = mostCpu, ["memory"] = mostMemory },
    };

    [GeneratedRegex(@"\{\{ \.Values\.(?<kind>secrets|config)\.(?<owner>\w+)\.(?<name>\w+) \}\}", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Value();
}
