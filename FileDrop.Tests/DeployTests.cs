#pragma warning disable ASPIREPROBES001 // Probes are marked experimental.
using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using FileDrop.AppHost;

namespace FileDrop.Tests;

/// <summary>The files in deploy/ describe the same system as the AppHost.</summary>
public sealed partial class DeployTests : IAsyncLifetime
{
    private IDistributedApplicationTestingBuilder? _builder;

    private IDistributedApplicationTestingBuilder Model => _builder ?? throw new InvalidOperationException("Not built.");

    private IResource Api => Model.Resources.Single(resource => resource.Name == "api");

    public async ValueTask InitializeAsync() => _builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.FileDrop_AppHost>();

    public ValueTask DisposeAsync() => _builder?.DisposeAsync() ?? ValueTask.CompletedTask;

    [Theory]
    [InlineData("mongodb")]
    [InlineData("storage")]
    public async Task Compose_runs_the_stores_of_the_AppHost(string name)
    {
        var container = (ContainerResource)Model.Resources.Single(resource => resource.Name == name);
        var service = DeployFiles.Compose["services"]?[name];
        Assert.True(container.TryGetContainerImageName(out var image));
        Assert.Equal(image, Text(service?["image"]));
        var mount = Assert.Single(container.Annotations.OfType<ContainerMountAnnotation>());
        var volume = Assert.Single(service?["volumes"]?.AsArray() ?? []);
        Assert.Equal((mount.Source, mount.Target), (Text(volume?["source"]), Text(volume?["target"])));
        Assert.NotNull(DeployFiles.Compose["volumes"]?[mount.Source ?? ""]);

        var environment = new EnvironmentCallbackContext(new DistributedApplicationExecutionContext(DistributedApplicationOperation.Publish));
        foreach (var callback in container.Annotations.OfType<EnvironmentCallbackAnnotation>())
            await callback.Callback(environment);
        Assert.Equal(environment.EnvironmentVariables.Keys.Order(), Keys(service?["environment"]));
    }

    [Fact]
    public void Compose_runs_the_service_as_the_AppHost_does()
    {
        var api = DeployFiles.Compose["services"]?["api"];
        Assert.Equal(Api.GetReplicaCount().ToString(CultureInfo.InvariantCulture), Text(api?["deploy"]?["replicas"]));
        Assert.Equal($"127.0.0.1:5080-{5080 + Api.GetReplicaCount() - 1}:{Publishing.ContainerPort}", Text(api?["ports"]?[0]));
        foreach (var store in (string[])["filedrop", "storage"])
            Assert.Equal(Plain(ConnectionString(store)), Plain(Text(api?["environment"]?[$"ConnectionStrings__{store}"])));
        Assert.Contains($"127.0.0.1/{Publishing.ContainerPort} ", Text(api?["healthcheck"]?["test"]?[3]), StringComparison.Ordinal);
        Assert.Contains($"GET {Probe(ProbeType.Readiness).Path} ", Text(api?["healthcheck"]?["test"]?[3]), StringComparison.Ordinal);
        Assert.Equal(["mongodb", "storage"], Keys(api?["depends_on"]));
        foreach (var (_, service) in DeployFiles.Compose["services"]?.AsObject() ?? [])
        {
            Assert.Equal("unless-stopped", Text(service?["restart"]));
            Assert.Equal($"{Publishing.StopSeconds}s", Text(service?["stop_grace_period"]));
            Assert.NotNull(service?["healthcheck"]);
        }
    }

    [Fact]
    public void The_example_of_env_has_exactly_the_variables_of_compose() =>
        Assert.Equal(
            Variable().Matches(DeployFiles.Read("compose/docker-compose.yaml")).Select(match => match.Groups[1].Value).Distinct().Order(),
            DeployFiles.Read("compose/.env.example").Split('\n').Where(line => line.Contains('=') && !line.StartsWith('#')).Select(line => line[..line.IndexOf('=')]).Order());

    [Fact]
    public void The_chart_runs_the_service_as_the_AppHost_does()
    {
        var deployment = DeployFiles.Template("deployment")["spec"];
        var pod = deployment?["template"]?["spec"];
        var container = Assert.Single(pod?["containers"]?.AsArray() ?? []);
        Assert.Equal(Api.GetReplicaCount().ToString(CultureInfo.InvariantCulture), Text(deployment?["replicas"]));
        Assert.Equal(Publishing.StopSeconds.ToString(CultureInfo.InvariantCulture), Text(pod?["terminationGracePeriodSeconds"]));
        foreach (var (kind, type) in ((string, ProbeType)[])[("readinessProbe", ProbeType.Readiness), ("livenessProbe", ProbeType.Liveness)])
        {
            var probe = Probe(type);
            Assert.Equal(probe.Path, Text(container?[kind]?["httpGet"]?["path"]));
            Assert.Equal(probe.TimeoutSeconds.ToString(CultureInfo.InvariantCulture), Text(container?[kind]?["timeoutSeconds"]));
        }
        Assert.Equal(Publishing.ContainerPort.ToString(CultureInfo.InvariantCulture), Text(DeployFiles.Values["parameters"]?["api"]?["port_http"]));
        Assert.Equal(["ConnectionStrings__filedrop", "ConnectionStrings__storage", "FileDrop__Access__Key"], Keys(DeployFiles.Template("secrets")["stringData"]));
    }

    [Fact]
    public void The_chart_has_a_value_for_each_place_that_uses_one()
    {
        foreach (var template in DeployFiles.Templates)
        {
            foreach (var path in Value().Matches(DeployFiles.Read(template)).Select(match => match.Groups[1].Value))
                Assert.True(path.Split('.').Aggregate((JsonNode?)DeployFiles.Values, (node, part) => node?[part]) is not null, $"{template} uses {path}, which values.yaml lacks.");
        }
    }

    [Fact]
    public void Each_setting_in_the_files_is_documented()
    {
        var document = DeployFiles.Read("../docs/configuration.md");
        var names = Keys(DeployFiles.Compose["services"]?["api"]?["environment"])
            .Concat(Keys(DeployFiles.Template("config")["data"])).Concat(Keys(DeployFiles.Template("secrets")["stringData"]))
            .Where(name => name.StartsWith("FileDrop__", StringComparison.Ordinal) || name.StartsWith("ConnectionStrings__", StringComparison.Ordinal));
        Assert.All(names, name => Assert.Contains($"| `{name.Replace("__", ":", StringComparison.Ordinal)}` |", document, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("compose", "docker-compose.yaml", "compose/docker-compose.yaml")]
    [InlineData("kubernetes", "templates/api/deployment.yaml", "helm/templates/api/deployment.yaml")]
    [InlineData("kubernetes", "values.yaml", "helm/values.yaml")]
    public async Task A_fresh_publish_writes_the_same(string target, string published, string kept)
    {
        Assert.SkipUnless(DeployFiles.CanPublish, "The publishers' packages cannot be restored here.");
        var expected = await DeployFiles.PublishAsync(target, published);
        var actual = DeployFiles.Parse(DeployFiles.Read(kept));
        actual["services"]?["api"]?.AsObject().Remove("build");
        Assert.True(JsonNode.DeepEquals(expected, actual), $"{expected}\n\nis published, but deploy/ has\n\n{actual}");
    }

    private EndpointProbeAnnotation Probe(ProbeType type) => Api.Annotations.OfType<EndpointProbeAnnotation>().Single(probe => probe.Type == type);

    private string ConnectionString(string name) =>
        Model.Resources.OfType<IResourceWithConnectionString>().Single(resource => resource.Name == name).ConnectionStringExpression.ValueExpression;

    /// <summary>A connection string with a star for each address, user and password.</summary>
    private static string Plain(string connection) => FilledIn().Replace(connection, "*");

    private static IEnumerable<string> Keys(JsonNode? node) => (node?.AsObject() ?? []).Select(pair => pair.Key).Order();

    private static string Text(JsonNode? node) => node?.ToString() ?? "";

    [GeneratedRegex(@"\$\{[A-Z_]+:[^}]*\}|\{[a-z-]+\.value\}|(http://)?(mongodb|storage):\d+|\{[a-z]+\.bindings\.[^}]*\}(:\{[a-z]+\.bindings\.[^}]*\})?", RegexOptions.None, 1000)]
    private static partial Regex FilledIn();

    [GeneratedRegex(@"\$\{([A-Z_]+)", RegexOptions.None, 1000)]
    private static partial Regex Variable();

    [GeneratedRegex(@"\.Values\.([A-Za-z_.]+)", RegexOptions.None, 1000)]
    private static partial Regex Value();
}
