namespace FileDrop.AppHost;

internal static class Publishing
{
    public static void AddPublishing(this IDistributedApplicationBuilder builder, IResourceBuilder<ProjectResource> api, Settings settings)
    {
        if (settings.ForKubernetes)
            builder.AddKubernetesEnvironment("k8s");
        else
            builder.AddDockerComposeEnvironment("compose").WithDashboard(false);
    }
}
