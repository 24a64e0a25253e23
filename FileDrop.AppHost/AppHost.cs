#pragma warning disable ASPIREPROBES001, ASPIRECERTIFICATES001 // Both are marked experimental. Nothing else puts a probe into the chart, or says that the service has no certificate.
using FileDrop.AppHost;

try
{
    var builder = DistributedApplication.CreateBuilder(args);
    var settings = Settings.Read(builder.Configuration, builder.ExecutionContext.IsPublishMode);

    // This key has all scopes. The dashboard shows it among the parameters.
    var key = builder.AddPassword("filedrop-key");

    // Several replicas of the service behind one address. The dashboard uses the probes as health checks.
    var api = builder.AddProject<Projects.FileDrop_Api>("api")
        .WithReplicas(settings.Replicas)
        .WithEndpoint("http", endpoint => endpoint.Port = settings.Port)
        .WithExternalHttpEndpoints()
        .WithHttpProbe(ProbeType.Readiness, "/health", timeoutSeconds: 6, endpointName: "http")
        .WithHttpProbe(ProbeType.Liveness, "/alive", endpointName: "http")
        .WithEnvironment("FileDrop__Access__Key", key)
        .WithQuickStop()
        .WithoutHttpsCertificate()
        .WithLinks();

    if (!settings.Embedded)
    {
        // Metadata.
        IResourceBuilder<IResourceWithConnectionString> metadata = settings.Metadata switch
        {
            "external" => builder.AddConnectionString("filedrop"),
            _ => builder.AddMongoDB("mongodb", password: builder.AddPassword("mongodb-password"))
                .WithImageFrom(settings)
                .WithDataVolume(settings.Volume("mongodb"))
                .AddDatabase("filedrop"),
        };

        // Content, in any S3. The service makes its bucket itself.
        IResourceBuilder<IResourceWithConnectionString> storage = settings.ObjectStorage switch
        {
            "external" => builder.AddConnectionString("storage"),
            "rustfs" => builder.AddRustFs("storage", builder.AddStorageUser(), builder.AddPassword("storage-password"))
                .WithImageFrom(settings)
                .WithDataVolume(settings.Volume("rustfs"))
                .WithConsoleLink("RustFS console"),
            "seaweedfs" => builder.AddSeaweedFS("seaweedfs")
                .WithAccessKey(builder.AddStorageUser()).WithSecretKey(builder.AddPassword("storage-password")).WithS3()
                .WithImageFrom(settings)
                .WithDataVolume(settings.Volume("seaweedfs"))
                .AddStorage("storage"),
            // The integration names Docker Hub, which MinIO's images have left.
            _ => builder.AddMinioContainer("storage", builder.AddStorageUser(), builder.AddPassword("storage-password"))
                .WithImageRegistry("quay.io").WithImageTag("RELEASE.2025-09-07T16-13-09Z")
                .WithImageFrom(settings)
                .WithDataVolume(settings.Volume("minio"))
                .WithConsoleLink("MinIO console"),
        };

        // The service knows its stores by two connection strings only.
        api.WithReferenceEnvironment(ReferenceEnvironmentInjectionFlags.ConnectionString)
            .WithReference(metadata).WaitFor(metadata)
            .WithReference(storage).WaitFor(storage);
        builder.AddCommands(api, key, metadata, storage);
    }
    else
    {
        builder.AddCommands(api, key);
    }

    builder.AddStartAdvice(settings);
    builder.AddPublishing(api, settings);
    await builder.Build().RunAsync();
    return 0;
}
catch (SettingsException wrong)
{
    await Console.Error.WriteLineAsync($"FileDrop cannot start. {wrong.Message}");
    return 2;
}
