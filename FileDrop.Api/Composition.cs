using FileDrop.Api.Blobs;
using FileDrop.Api.Blobs.Disk;
using FileDrop.Api.Blobs.S3;
using FileDrop.Api.Catalog;
using FileDrop.Api.Catalog.Mongo;
using FileDrop.Api.Catalog.Sqlite;
using FileDrop.Api.Files;
using FileDrop.Api.Maintenance;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using MongoDB.Driver;

namespace FileDrop.Api;

/// <summary>What the service is put together from; the only place that names an implementation of a store.</summary>
internal static class Composition
{
    /// <summary>Below this rate, averaged over the request, a client keeps a connection busy rather than uploads. Kestrel's default.</summary>
    private const double MinBytesPerSecond = 240;

    /// <summary>Large and slow uploads are what the service is for; connections that bring nothing are not.</summary>
    public static void LimitRequests(this WebApplicationBuilder builder, FileDropOptions options)
    {
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            // The limit on a file is counted as it streams, where a form's framing can be told from it.
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = new MinDataRate(MinBytesPerSecond, options.UploadPatience);
        });
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = options.ShutdownTimeout);
    }

    /// <summary>MongoDB and S3 where they are configured, else SQLite and the disk in the data directory.</summary>
    /// <exception cref="ConfigurationException">A connection string or the data directory cannot be used.</exception>
    public static void AddStores(this IServiceCollection services, FileDropOptions options)
    {
        try
        {
            if (options is { MongoDb: { } mongoDb, Storage: { } storage })
                services.AddClusterStores(mongoDb, storage, options);
            else
                services.AddEmbeddedStores(options);
        }
        catch (Exception unusable) when (unusable is FormatException or ArgumentException or MongoConfigurationException)
        {
            throw new ConfigurationException($"A connection string cannot be used. {unusable.Message}");
        }
        catch (Exception unusable) when (unusable is InvalidOperationException or IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException($"The data directory cannot be used. {unusable.Message}");
        }
    }

    public static void AddFiles(this IServiceCollection services)
    {
        services.AddSingleton<FileStore>();
        services.AddSingleton<FileUpload>();
        services.AddSingleton<FileDownload>();
        services.AddSingleton<FileMetrics>();
        services.AddSingleton<IdempotencyKeys>();
    }

    public static void AddMaintenance(this IServiceCollection services)
    {
        services.AddSingleton<StoreStarter>();
        services.AddHostedService(provider => provider.GetRequiredService<StoreStarter>());
        services.AddHostedService<Sweeper>();
        services.AddHealthChecks().AddCheck<StoreStarter>("stores");
    }

    private static void AddClusterStores(this IServiceCollection services, string mongoDb, string storage, FileDropOptions options)
    {
        var blobs = new S3BlobStore(S3Options.Parse(storage));
        var catalog = new MongoFileCatalog(mongoDb, Rules(options, blobs));
        // By factories, so that the container disposes of them.
        services.AddSingleton<IBlobStore>(_ => blobs);
        services.AddSingleton<IFileCatalog>(_ => catalog);
    }

    private static void AddEmbeddedStores(this IServiceCollection services, FileDropOptions options)
    {
        var directory = DataDirectoryLock.Take(options.DataDirectory, TimeProvider.System);
        var blobs = new DiskBlobStore(options.DataDirectory);
        // The container disposes of what it made in reverse: the lock goes last.
        services.AddSingleton(_ => directory);
        services.AddSingleton<IBlobStore>(_ => blobs);
        services.AddSingleton<IFileCatalog>(provider =>
        {
            provider.GetRequiredService<DataDirectoryLock>();
            return new SqliteFileCatalog(
                Path.Combine(options.DataDirectory, "catalog.db"), Rules(options, blobs), provider.GetRequiredService<TimeProvider>());
        });
    }

    private static CatalogRules Rules(FileDropOptions options, IBlobStore blobs) =>
        new(options.Lease, blobs.CallTimeout + options.LateWrites, options.ReadersGrace, options.VersionsKept);
}
