namespace FileDrop.AppHost;

/// <summary>MinIO or RustFS in a container. Replaces MinioContainerResource and RustFsResource in the Community Toolkit's packages.</summary>
internal sealed class S3ContainerResource(string name, ParameterResource user, ParameterResource password) : ContainerResource(name), IResourceWithConnectionString
{
    public ReferenceExpression ConnectionStringExpression => ReferenceExpression.Create(
        $"Endpoint={new EndpointReference(this, "http").Property(EndpointProperty.Url)};AccessKey={user};SecretKey={password}");
}

/// <summary>SeaweedFS in a container: the type of the same name in the Community Toolkit's package, with its S3 protocol only.</summary>
internal sealed class SeaweedFSContainerResource(string name, ParameterResource accessKey, ParameterResource secretKey) : ContainerResource(name)
{
    public ParameterResource AccessKey { get; set; } = accessKey;

    public ParameterResource SecretKey { get; set; } = secretKey;
}

internal static class S3Builder
{
    public static IResourceBuilder<S3ContainerResource> AddMinioContainer(
        this IDistributedApplicationBuilder builder, [ResourceName] string name, IResourceBuilder<ParameterResource> rootUser, IResourceBuilder<ParameterResource> rootPassword) =>
        builder.AddS3(name, "minio/minio", "latest", rootUser, rootPassword)
            .WithEnvironment("MINIO_ROOT_USER", rootUser)
            .WithEnvironment("MINIO_ROOT_PASSWORD", rootPassword)
            .WithArgs("server", "/data", "--console-address", ":9001")
            .WithHttpHealthCheck("/minio/health/cluster", endpointName: "http");

    public static IResourceBuilder<S3ContainerResource> AddRustFs(
        this IDistributedApplicationBuilder builder, [ResourceName] string name, IResourceBuilder<ParameterResource> accessKey, IResourceBuilder<ParameterResource> secretKey) =>
        builder.AddS3(name, "rustfs/rustfs", "1.0.0-beta.8", accessKey, secretKey)
            .WithEnvironment("RUSTFS_ADDRESS", ":9000")
            .WithEnvironment("RUSTFS_CONSOLE_ADDRESS", ":9001")
            .WithEnvironment("RUSTFS_ACCESS_KEY", accessKey)
            .WithEnvironment("RUSTFS_SECRET_KEY", secretKey)
            .WithHttpHealthCheck("/health", endpointName: "http");

    public static IResourceBuilder<S3ContainerResource> WithDataVolume(this IResourceBuilder<S3ContainerResource> storage, string name) =>
        storage.WithVolume(name, "/data");

    public static IResourceBuilder<SeaweedFSContainerResource> AddSeaweedFS(this IDistributedApplicationBuilder builder, [ResourceName] string name) =>
        builder.AddResource(new SeaweedFSContainerResource(name, new ParameterResource("user", _ => "admin"), new ParameterResource("password", _ => "")))
            .WithImage("chrislusf/seaweedfs", "4.27").WithImageRegistry("docker.io");

    public static IResourceBuilder<SeaweedFSContainerResource> WithAccessKey(
        this IResourceBuilder<SeaweedFSContainerResource> seaweed, IResourceBuilder<ParameterResource> accessKey)
    {
        seaweed.Resource.AccessKey = accessKey.Resource;
        return seaweed;
    }

    public static IResourceBuilder<SeaweedFSContainerResource> WithSecretKey(
        this IResourceBuilder<SeaweedFSContainerResource> seaweed, IResourceBuilder<ParameterResource> secretKey)
    {
        seaweed.Resource.SecretKey = secretKey.Resource;
        return seaweed;
    }

    /// <summary>Serves S3 to the one user with these keys.</summary>
    public static IResourceBuilder<SeaweedFSContainerResource> WithS3(this IResourceBuilder<SeaweedFSContainerResource> seaweed) =>
        seaweed.WithHttpEndpoint(targetPort: 8333, name: "s3")
            .WithEnvironment("AWS_ACCESS_KEY_ID", seaweed.Resource.AccessKey)
            .WithEnvironment("AWS_SECRET_ACCESS_KEY", seaweed.Resource.SecretKey)
            .WithArgs("server", "-dir=/data", "-filer", "-s3")
            .WithHttpHealthCheck("/status", endpointName: "s3");

    public static IResourceBuilder<SeaweedFSContainerResource> WithDataVolume(this IResourceBuilder<SeaweedFSContainerResource> seaweed, string name) =>
        seaweed.WithVolume(name, "/data");

    private static IResourceBuilder<S3ContainerResource> AddS3(
        this IDistributedApplicationBuilder builder, string name, string image, string tag, IResourceBuilder<ParameterResource> user, IResourceBuilder<ParameterResource> password) =>
        builder.AddResource(new S3ContainerResource(name, user.Resource, password.Resource))
            .WithImage(image, tag).WithImageRegistry("docker.io")
            .WithHttpEndpoint(targetPort: 9000, name: "http")
            .WithHttpEndpoint(targetPort: 9001, name: "console");
}
