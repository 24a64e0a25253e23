namespace FileDrop.Tests;

/// <summary>With every choice of engines, the service gets its stores by the same two connection strings.</summary>
public sealed class ModelTests
{
    private const string Storage = "ConnectionStrings:storage=Region=eu-central-1";
    private const string Metadata = "ConnectionStrings:filedrop=mongodb://db/filedrop";

    [Theory]
    [InlineData("minio", "storage", "quay.io/minio/minio:RELEASE.2025-09-07T16-13-09Z")]
    [InlineData("rustfs", "storage", "rustfs/rustfs:")]
    [InlineData("seaweedfs", "seaweedfs", "seaweedfs")]
    public async Task Content_can_be_in(string engine, string container, string image)
    {
        await using var builder = await BuildAsync($"FileDrop:ObjectStorage={engine}");
        var resource = Assert.IsAssignableFrom<ContainerResource>(builder.Resources.Single(resource => resource.Name == container));
        Assert.True(resource.TryGetContainerImageName(out var used));
        Assert.Contains(image, used, StringComparison.Ordinal);
        Assert.Contains(resource.Annotations.OfType<ContainerMountAnnotation>(), mount => mount.Source == $"filedrop-{engine}" && mount.Target == "/data");

        var expression = ConnectionString(builder, "storage");
        Assert.Matches("^Endpoint=[^;]+;AccessKey=[^;]+;SecretKey=[^;]+$", expression);
        Assert.Contains("{storage-password.value}", expression, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("storage", "FileDrop:ObjectStorage=external", Storage)]
    [InlineData("mongodb", "FileDrop:Metadata=external", Metadata)]
    public async Task An_external_store_has_no_container(string container, params string[] settings)
    {
        await using var builder = await BuildAsync(settings);
        Assert.DoesNotContain(builder.Resources.OfType<ContainerResource>(), resource => resource.Name == container);
        Assert.Contains(builder.Resources, resource => resource.Name == "storage" && resource is IResourceWithConnectionString);
        Assert.Contains(builder.Resources, resource => resource.Name == "filedrop" && resource is IResourceWithConnectionString);
    }

    [Theory]
    [InlineData("mongodb", "mongodb")]
    [InlineData("storage", "storage")]
    public async Task An_image_can_come_from_another_registry(string name, string container)
    {
        await using var builder = await BuildAsync($"FileDrop:Images:{name}=registry.example.com:5000/mirror/image:1.2");
        var resource = builder.Resources.Single(resource => resource.Name == container);
        Assert.True(resource.TryGetContainerImageName(out var used));
        Assert.Equal("registry.example.com:5000/mirror/image:1.2", used);
    }

    [Fact]
    public async Task The_embedded_store_needs_no_container()
    {
        await using var builder = await BuildAsync("FileDrop:Stores=embedded");
        Assert.Empty(builder.Resources.OfType<ContainerResource>());
        Assert.Equal(1, builder.Resources.Single(resource => resource.Name == "api").GetReplicaCount());
    }

    private static Task<IDistributedApplicationTestingBuilder> BuildAsync(params string[] settings) =>
        DistributedApplicationTestingBuilder.CreateAsync<Projects.FileDrop_AppHost>([.. settings.Select(setting => $"--{setting}")]);

    private static string ConnectionString(IDistributedApplicationTestingBuilder builder, string name) =>
        builder.Resources.OfType<IResourceWithConnectionString>().Single(resource => resource.Name == name).ConnectionStringExpression.ValueExpression;
}
