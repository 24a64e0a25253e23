namespace FileDrop.AppHost;

/// <summary>The extension methods with which AppHost.cs draws the system.</summary>
internal static class Resources
{
    /// <summary>
    /// Adds a password that is generated once and kept in the AppHost's user secrets. It has letters and digits only, because
    /// nothing escapes it in connection strings and addresses.
    /// </summary>
    public static IResourceBuilder<ParameterResource> AddPassword(this IDistributedApplicationBuilder builder, string name) =>
        builder.AddParameter(name, new GenerateParameterDefault { MinLength = 32, Special = false }, secret: true, persist: true);

    /// <summary>Adds the object storage's user. The integrations' own default would be the shell's <c>$USER</c> in a compose file.</summary>
    public static IResourceBuilder<ParameterResource> AddStorageUser(this IDistributedApplicationBuilder builder) =>
        builder.AddParameter("storage-user", "filedrop", publishValueAsDefault: true);

    /// <summary>Takes the image for this container from the configuration, if it names one.</summary>
    public static IResourceBuilder<T> WithImageFrom<T>(this IResourceBuilder<T> container, Settings settings) where T : ContainerResource
    {
        var name = container.Resource.Name is "mongodb" ? "mongodb" : "storage";
        // An image's name includes its registry.
        return settings.Image(name) is { } image ? container.WithImageRegistry(null).WithImage(image) : container;
    }

    /// <summary>SeaweedFS as an S3 for the service: without the addresses of its other protocols, which the integration's own string has.</summary>
    public static IResourceBuilder<IResourceWithConnectionString> AddStorage(this IResourceBuilder<SeaweedFSContainerResource> seaweed, string name) =>
        seaweed.ApplicationBuilder
            .AddConnectionString(name, ReferenceExpression.Create(
                $"Endpoint={seaweed.GetEndpoint("s3")};AccessKey={seaweed.Resource.AccessKey};SecretKey={seaweed.Resource.SecretKey}"))
            .WaitFor(seaweed);

    public static IResourceBuilder<T> WithConsoleLink<T>(this IResourceBuilder<T> storage, string name) where T : IResourceWithEndpoints =>
        storage
            .WithUrlForEndpoint("console", link => link.DisplayText = name)
            .WithUrlForEndpoint("http", link => (link.DisplayText, link.DisplayLocation) = ("S3", UrlDisplayLocation.DetailsOnly));

    /// <summary>
    /// Cuts off uploads five seconds after "Stop" on the dashboard. The orchestrator kills a process after ten, and the service's
    /// default would let uploads run for a minute.
    /// </summary>
    public static IResourceBuilder<ProjectResource> WithQuickStop(this IResourceBuilder<ProjectResource> api) =>
        api.ApplicationBuilder.ExecutionContext.IsRunMode ? api.WithEnvironment("FileDrop__ShutdownTimeout", "00:00:05") : api;

    /// <summary>Links the addresses that a browser opens without a key. The page asks for it.</summary>
    public static IResourceBuilder<ProjectResource> WithLinks(this IResourceBuilder<ProjectResource> api) =>
        api.WithUrlForEndpoint("http", link => (link.Url, link.DisplayText) = ("/", "Web page"))
            .WithUrlForEndpoint("http", endpoint => new ResourceUrlAnnotation { Url = "/scalar", DisplayText = "API reference", Endpoint = endpoint });
}
