using System.Diagnostics;
using System.Reflection;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using FileDrop.AppHost;
using YamlDotNet.Serialization;

namespace FileDrop.Tests;

/// <summary>The files in deploy/, and those that the AppHost publishes.</summary>
internal static partial class DeployFiles
{
    private static readonly string Folder = Path.GetFullPath(Path.Combine(Projects.FileDrop_AppHost.ProjectPath, "..", "deploy"));

    public static JsonNode Compose { get; } = Parse(Read("compose/docker-compose.yaml"));

    public static JsonNode Values { get; } = Parse(Read("helm/values.yaml"));

    /// <summary>The chart's templates, as paths below deploy/.</summary>
    public static IEnumerable<string> Templates =>
        Directory.EnumerateFiles(Path.Combine(Folder, "helm", "templates"), "*.yaml", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(Folder, file));

    /// <summary>Whether the AppHost was built with the publishers' packages.</summary>
    public static bool CanPublish => typeof(SettingsException).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Any(attribute => attribute is { Key: "Integrations", Value: "packages" });

    public static string Read(string path) => File.ReadAllText(Path.Combine(Folder, path));

    public static JsonNode Template(string name) => Parse(Read($"helm/templates/api/{name}.yaml"));

    /// <summary>Reads YAML; a value that Helm fills in reads as 0.</summary>
    public static JsonNode Parse(string yaml)
    {
        var content = new DeserializerBuilder().Build().Deserialize<object>(FilledIn().Replace(yaml, "0"));
        return JsonNode.Parse(new SerializerBuilder().JsonCompatible().Build().Serialize(content)) ?? throw new InvalidOperationException("The file is empty.");
    }

    /// <summary>Publishes, and reads one file of it.</summary>
    public static async Task<JsonNode> PublishAsync(string target, string file)
    {
        var output = Directory.CreateTempSubdirectory("filedrop-test-");
        try
        {
            string[] settings = target == "kubernetes" ? ["--FileDrop:Metadata=external", "--FileDrop:ObjectStorage=external"] : [];
            using var publish = Process.Start(new ProcessStartInfo("dotnet",
                [typeof(SettingsException).Assembly.Location, "--operation", "publish", "--step", "publish", "--output-path", output.FullName, $"--FileDrop:Publish={target}", .. settings]))
                ?? throw new InvalidOperationException("The AppHost did not start.");
            await publish.WaitForExitAsync();
            Assert.Equal(0, publish.ExitCode);
            return Parse(await File.ReadAllTextAsync(Path.Combine(output.FullName, file)));
        }
        finally
        {
            output.Delete(recursive: true);
        }
    }

    [GeneratedRegex(@"\{\{[^}]*\}\}", RegexOptions.None, 1000)]
    private static partial Regex FilledIn();
}
