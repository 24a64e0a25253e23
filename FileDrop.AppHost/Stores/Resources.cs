using System.Net.Http.Headers;
using System.Text;

namespace FileDrop.AppHost;

/// <summary>The words that the picture in AppHost.cs is drawn with.</summary>
internal static class Resources
{
    /// <summary>
    /// A password that is generated once and kept in the AppHost's user secrets. Letters and digits alone: it stands in
    /// connection strings and addresses, where nothing escapes it.
    /// </summary>
    public static IResourceBuilder<ParameterResource> AddPassword(this IDistributedApplicationBuilder builder, string name) =>
        builder.AddParameter(name, new GenerateParameterDefault { MinLength = 32, Special = false }, secret: true, persist: true);

    /// <summary>The object storage's user. Named by us: the integrations' own default would be the shell's <c>$USER</c> in a compose file.</summary>
    public static IResourceBuilder<ParameterResource> AddStorageUser(this IDistributedApplicationBuilder builder) =>
        builder.AddParameter("storage-user", "filedrop", publishValueAsDefault: true);

    /// <summary>Takes the image that the configuration names for this container, if it does.</summary>
    public static IResourceBuilder<T> WithImageFrom<T>(this IResourceBuilder<T> container, Settings settings) where T : ContainerResource
    {
        var name = container.Resource.Name is "mongodb" ? "mongodb" : "storage";
        // An image's name says its registry itself.
        return settings.Image(name) is { } image ? container.WithImageRegistry(null).WithImage(image) : container;
    }

    /// <summary>SeaweedFS as the service knows an S3: without the addresses of its other protocols, which the integration's own string has.</summary>
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
    /// The orchestrator gives a process ten seconds to stop, and less than its uploads may take by default; here, uploads that
    /// take longer are cut off, so that "Stop" on the dashboard stops.
    /// </summary>
    public static IResourceBuilder<ProjectResource> WithQuickStop(this IResourceBuilder<ProjectResource> api) =>
        api.ApplicationBuilder.ExecutionContext.IsRunMode ? api.WithEnvironment("FileDrop__ShutdownTimeout", "00:00:05") : api;

    /// <summary>What a browser opens without a key; the page asks for it.</summary>
    public static IResourceBuilder<ProjectResource> WithLinks(this IResourceBuilder<ProjectResource> api) =>
        api.WithUrlForEndpoint("http", link => (link.Url, link.DisplayText) = ("/", "Web page"))
            .WithUrlForEndpoint("http", endpoint => new ResourceUrlAnnotation { Url = "/scalar", DisplayText = "API reference", Endpoint = endpoint });

    public static IResourceBuilder<ProjectResource> WithCommands(this IResourceBuilder<ProjectResource> api, IResourceBuilder<ParameterResource> key) =>
        api.WithHttpCommand("/health", "Ask for its health", endpointName: "http", commandName: "health", commandOptions: new()
        {
            Description = "Which check passes, and which does not.",
            IconName = "HeartPulse",
            Method = HttpMethod.Get,
            // Unhealthy is an answer, too.
            GetCommandResult = async context => CommandResults.Success(
                $"{(int)context.Response.StatusCode}",
                await context.Response.Content.ReadAsStringAsync(context.CancellationToken),
                CommandResultFormat.Json),
        })
        .WithHttpCommand("/files/upload", "Upload a sample file", endpointName: "http", commandName: "upload-sample", commandOptions: new()
        {
            Description = "Stores a small text file named hello.txt, and shows what the service answers.",
            IconName = "ArrowUpload",
            Method = HttpMethod.Post,
            ResultMode = HttpCommandResultMode.Json,
            PrepareRequest = async context =>
            {
                context.Request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await key.Resource.GetValueAsync(context.CancellationToken));
                context.Request.Content = new StringContent("Hello from the dashboard.\n", Encoding.UTF8, "text/plain");
                context.Request.Content.Headers.ContentDisposition = new ContentDispositionHeaderValue("attachment") { FileName = "hello.txt" };
            },
        });
}
