using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using MongoDB.Bson;
using MongoDB.Driver;

namespace FileDrop.AppHost;

/// <summary>MongoDB in a container. Replaces the type of the same name in Aspire.Hosting.MongoDB.</summary>
internal sealed class MongoDBServerResource(string name, ParameterResource password) : ContainerResource(name), IResourceWithConnectionString
{
    public const string User = "admin";

    public EndpointReference Endpoint => new(this, "tcp");

    /// <summary>The root user's password. Letters and digits only: nothing escapes it in the connection string.</summary>
    public ParameterResource Password => password;

    public ReferenceExpression ConnectionStringExpression => ConnectionString("");

    public ReferenceExpression ConnectionString(string database) => ReferenceExpression.Create(
        $"mongodb://{User}:{Password}@{Endpoint.Property(EndpointProperty.HostAndPort)}/{database}?authSource=admin&authMechanism=SCRAM-SHA-256");
}

/// <summary>One database of the server. MongoDB creates it with the first write.</summary>
internal sealed class MongoDBDatabaseResource(string name, string database, MongoDBServerResource parent)
    : Resource(name), IResourceWithParent<MongoDBServerResource>, IResourceWithConnectionString
{
    public MongoDBServerResource Parent => parent;

    public ReferenceExpression ConnectionStringExpression => parent.ConnectionString(database);
}

internal static class MongoDBBuilder
{
    public static IResourceBuilder<MongoDBServerResource> AddMongoDB(
        this IDistributedApplicationBuilder builder, [ResourceName] string name, IResourceBuilder<ParameterResource> password)
    {
        var server = new MongoDBServerResource(name, password.Resource);
        return builder.AddResource(server)
            .WithEndpoint(targetPort: 27017, name: server.Endpoint.EndpointName)
            .WithImage("library/mongo", "8.3").WithImageRegistry("docker.io")
            .WithEnvironment("MONGO_INITDB_ROOT_USERNAME", MongoDBServerResource.User)
            .WithEnvironment("MONGO_INITDB_ROOT_PASSWORD", server.Password)
            .WithPing();
    }

    public static IResourceBuilder<MongoDBServerResource> WithDataVolume(this IResourceBuilder<MongoDBServerResource> server, string name) =>
        server.WithVolume(name, "/data/db");

    public static IResourceBuilder<MongoDBDatabaseResource> AddDatabase(this IResourceBuilder<MongoDBServerResource> server, [ResourceName] string name) =>
        server.ApplicationBuilder.AddResource(new MongoDBDatabaseResource(name, name, server.Resource)).WithPing();

    private static IResourceBuilder<T> WithPing<T>(this IResourceBuilder<T> resource) where T : IResourceWithConnectionString
    {
        var key = $"{resource.Resource.Name}-ping";
        resource.ApplicationBuilder.Services.AddHealthChecks().Add(new HealthCheckRegistration(key, new Ping(resource.Resource), HealthStatus.Unhealthy, []));
        return resource.WithHealthCheck(key);
    }

    /// <summary>Healthy while the server accepts the password and answers. All checks share one client, since each client has its own threads.</summary>
    private sealed class Ping(IResourceWithConnectionString resource) : IHealthCheck
    {
        private MongoClient? _client;

        public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        {
            try
            {
                _client ??= new MongoClient(await resource.GetConnectionStringAsync(cancellationToken));
                await _client.GetDatabase("admin").RunCommandAsync<BsonDocument>(new BsonDocument("ping", 1), cancellationToken: cancellationToken);
                return HealthCheckResult.Healthy();
            }
            catch (Exception failure) when (failure is MongoException or TimeoutException)
            {
                return HealthCheckResult.Unhealthy("MongoDB does not answer.", failure);
            }
        }
    }
}
