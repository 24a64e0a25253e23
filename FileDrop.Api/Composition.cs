using FileDrop.Api.Blobs;
using FileDrop.Api.Blobs.Disk;
using FileDrop.Api.Blobs.S3;
using FileDrop.Api.Catalog;
using FileDrop.Api.Catalog.Mongo;
using FileDrop.Api.Catalog.Sqlite;
using FileDrop.Api.Contents;
using FileDrop.Api.Files;
using FileDrop.Api.Http;
using FileDrop.Api.Maintenance;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace FileDrop.Api;

/// <summary>What the service is put together from; the only place that names an implementation of a store.</summary>
internal static class Composition
{
    /// <summary>Kestrel refuses a shorter one; it judges the rate once a second.</summary>
    private static readonly TimeSpan ShortestGrace = TimeSpan.FromSeconds(2);

    /// <summary>Large and slow uploads are what the service is for; connections that bring nothing are not.</summary>
    public static void LimitRequests(this WebApplicationBuilder builder, FileDropOptions options)
    {
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            // The limit on a file is counted as it streams, where a form's framing can be told from it.
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MaxRequestHeadersTotalSize = options.Limits.HeaderBytes;
            kestrel.Limits.MaxConcurrentConnections = options.Limits.Connections;
            kestrel.Limits.MinRequestBodyDataRate = new MinDataRate(
                RequestBytes.MinBytesPerSecond, options.UploadPatience > ShortestGrace ? options.UploadPatience : ShortestGrace);
        });
        builder.Services.AddSingleton<IMemoryPoolFactory<byte>, ConnectionMemory>();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = options.ShutdownTimeout);
    }

    /// <summary>MongoDB and S3 where they are configured, else SQLite and the disk in the data directory.</summary>
    /// <exception cref="ConfigurationException">A connection string or the data directory cannot be used.</exception>
    /// <param name="services">Get the stores.</param>
    /// <param name="options">Name them.</param>
    /// <param name="alone">Whether the data directory must be this process's alone, as a service's is; a command may work beside one.</param>
    public static void AddStores(this IServiceCollection services, FileDropOptions options, bool alone)
    {
        if (options is { MongoDb: { } mongoDb, Storage: { } storage })
        {
            services.AddClusterStores(mongoDb, storage, options);
            return;
        }
        try
        {
            services.AddEmbeddedStores(options, alone);
        }
        catch (Exception unusable) when (unusable is InvalidOperationException or IOException or UnauthorizedAccessException)
        {
            throw UnusableDirectory(options, unusable);
        }
    }

    /// <summary>What is told of a data directory that cannot be used: the setting, the directory, the user, and the reason.</summary>
    public static ConfigurationException UnusableDirectory(FileDropOptions options, Exception reason) => new(
        $"FileDrop:DataDirectory is \"{options.DataDirectory}\", which the user {Environment.UserName} cannot use: {Failure.Tell(reason)} "
        + "Set it to a directory on a local disk that this user can write to.");

    public static void AddFiles(this IServiceCollection services)
    {
        services.AddSingleton<Integrity>();
        services.AddSingleton<FileStore>();
        services.AddSingleton<FileWrites>();
        services.AddSingleton<FileUpload>();
        services.AddSingleton<FileDownload>();
        services.AddSingleton<FileMetrics>();
        services.AddSingleton<IdempotencyKeys>();
        services.AddSingleton<UploadStore>();
    }

    public static void AddMaintenance(this IServiceCollection services)
    {
        services.AddSingleton<StoreStarter>();
        services.AddHostedService(provider => provider.GetRequiredService<StoreStarter>());
        services.AddSingleton<SweeperMetrics>();
        services.AddHostedService<Sweeper>();
        services.AddHostedService<Scrub>();
        services.AddHostedService<DamageWatch>();
        StoreHealth.AddTo(services.AddHealthChecks()).AddCheck<Integrity>("integrity");
    }

    private static void AddClusterStores(this IServiceCollection services, string mongoDb, string storage, FileDropOptions options)
    {
        var blobs = Use("storage", storage, () => new S3BlobStore(S3Options.Parse(storage)));
        var rules = Rules(options, blobs);
        var engine = Use("filedrop", mongoDb, () => new MongoEngine(mongoDb, rules));
        // By factories, so that the container disposes of them.
        services.AddSingleton<IBlobStore>(_ => blobs);
        services.AddSingleton<IDamageNotes>(_ => blobs);
        services.AddSingleton<IReserve, NoReserve>();
        services.AddCatalog(_ => new FileCatalog(engine, engine, rules));
        services.AddSingleton<IKeyCatalog>(_ => engine);
        services.AddSingleton<ILinkKeyCatalog>(_ => engine);
        services.AddSingleton<IAuditCatalog>(_ => engine);
    }

    /// <summary>Makes a store of a connection string.</summary>
    /// <remarks>
    /// Drivers throw a dozen kinds of exceptions for settings that they do not know, and some quote the string: whatever it is, the start
    /// ends with the key's name, and without the passwords.
    /// </remarks>
    private static T Use<T>(string name, string connectionString, Func<T> make)
    {
        try
        {
            return make();
        }
        catch (Exception unusable)
        {
            // The parameter's name that .NET puts behind an argument's message says nothing to an operator.
            var reason = unusable.Message.Split(" (Parameter '", 2)[0].ReplaceLineEndings(" ");
            throw new ConfigurationException($"ConnectionStrings:{name} cannot be used. "
                + (SecretsIn(connectionString).Any(secret => reason.Contains(secret, StringComparison.Ordinal)) ? "Its driver does not take it." : reason));
        }
    }

    /// <summary>What stands where a connection string has its secrets: between <c>user:</c> and the last <c>@</c>, or as SecretKey.</summary>
    private static IEnumerable<string> SecretsIn(string connectionString)
    {
        var at = connectionString.LastIndexOf('@');
        if (at > 0 && connectionString[..at].Split("://", 2)[^1].Split(':', 2) is [_, { Length: > 0 } password])
            yield return password;
        foreach (var setting in connectionString.Split(';', StringSplitOptions.TrimEntries))
        {
            if (setting.Split('=', 2) is [var key, { Length: > 0 } secret] && key.Trim().Equals("SecretKey", StringComparison.OrdinalIgnoreCase))
                yield return secret.Trim();
        }
    }

    private static void AddEmbeddedStores(this IServiceCollection services, FileDropOptions options, bool alone)
    {
        var directory = alone ? DataDirectoryLock.Take(options.DataDirectory, TimeProvider.System) : null;
        var blobs = new DiskBlobStore(options.DataDirectory);
        var rules = Rules(options, blobs);
        services.AddSingleton<IBlobStore>(provider => new EmbeddedBlobStore(blobs, provider.GetRequiredService<SqliteEngine>()));
        services.AddSingleton<IDamageNotes>(_ => new DiskDamageNotes(options.DataDirectory));
        services.AddSingleton<IReserve>(_ => blobs.Room);
        if (directory is not null)
            services.AddSingleton(_ => directory);
        services.AddSingleton(provider =>
        {
            // The container disposes of what it made in reverse: asked for first, the lock goes last.
            provider.GetService<DataDirectoryLock>();
            return new SqliteEngine(
                Path.Combine(options.DataDirectory, "catalog.db"), rules, blobs.Room, provider.GetRequiredService<TimeProvider>());
        });
        services.AddCatalog(provider => new FileCatalog(provider.GetRequiredService<SqliteEngine>(), provider.GetRequiredService<SqliteEngine>(), rules));
        services.AddSingleton<IInlineContents>(provider => provider.GetRequiredService<SqliteEngine>());
        services.AddSingleton<IKeyCatalog>(provider => provider.GetRequiredService<SqliteEngine>());
        services.AddSingleton<ILinkKeyCatalog>(provider => provider.GetRequiredService<SqliteEngine>());
        services.AddSingleton<IAuditCatalog>(provider => provider.GetRequiredService<SqliteEngine>());
    }

    private static void AddCatalog(this IServiceCollection services, Func<IServiceProvider, FileCatalog> make)
    {
        services.AddSingleton(make);
        services.AddSingleton<ICatalog>(provider => provider.GetRequiredService<FileCatalog>());
        services.AddSingleton<IFileCatalog>(provider => provider.GetRequiredService<FileCatalog>());
        services.AddSingleton<IWriteCatalog>(provider => provider.GetRequiredService<FileCatalog>());
        services.AddSingleton<IUploadCatalog>(provider => provider.GetRequiredService<FileCatalog>());
        services.AddSingleton<IIdempotencyCatalog>(provider => provider.GetRequiredService<FileCatalog>());
        services.AddSingleton<ISweepCatalog>(provider => provider.GetRequiredService<FileCatalog>());
        services.AddSingleton<IDocumentCatalog>(provider => provider.GetRequiredService<FileCatalog>());
    }

    private static CatalogRules Rules(FileDropOptions options, IBlobStore blobs) =>
        new(options.Lease, blobs.CallTimeout + options.LateWrites, options.ReadersGrace, options.VersionsKept, options.VersionsMaxAge,
            options.TrashRetention, options.UploadsExpiry)
        {
            Quotas = options.Quotas,
            OpenUploadsPerOwner = options.Limits.OpenUploadsPerOwner,
        };
}
