namespace FileDrop.AppHost;

/// <summary>Replaces the publishers if their packages cannot be restored.</summary>
internal static class NoPublishers
{
    private const string Lacking =
        "Publishing needs the packages Aspire.Hosting.Docker and Aspire.Hosting.Kubernetes, and the package sources here lack them. "
        + "Use the files in deploy/, or build from a source that has the packages.";

    public static void AddComposeFile(this IDistributedApplicationBuilder _, Settings _1) => throw new SettingsException(Lacking);

    public static void AddKubernetesChart(this IDistributedApplicationBuilder _, IResourceBuilder<ProjectResource> _1) => throw new SettingsException(Lacking);
}
