namespace FileDrop.AppHost;

/// <summary>Writes files for machines that run the system without the AppHost.</summary>
internal static class Publishing
{
    /// <summary>The port in the container; the .NET images' own.</summary>
    public const int ContainerPort = 8080;

    /// <summary>Longer than the service's own <c>FileDrop:ShutdownTimeout</c>, so that uploads in progress can end.</summary>
    public const int StopSeconds = 75;

    public static void AddPublishing(this IDistributedApplicationBuilder builder, IResourceBuilder<ProjectResource> api, Settings settings)
    {
        if (!builder.ExecutionContext.IsPublishMode)
            return;
        // The service answers only to these names and loopback's.
        api.WithEnvironment("FileDrop__AllowedHosts", builder.AddParameter("allowed-hosts", "localhost", publishValueAsDefault: true));
        if (settings.ForKubernetes)
            builder.AddKubernetesChart(api);
        else
            builder.AddComposeFile(settings);
    }
}
