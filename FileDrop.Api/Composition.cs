using FileDrop.Api.Blobs;
using FileDrop.Api.Blobs.Disk;
using FileDrop.Api.Blobs.S3;
using FileDrop.Api.Catalog;
using FileDrop.Api.Catalog.Mongo;
using FileDrop.Api.Catalog.Sqlite;
using FileDrop.Api.Changes;
using FileDrop.Api.Contents;
using FileDrop.Api.Edge;
using FileDrop.Api.Embedded;
using FileDrop.Api.Files;
using FileDrop.Api.Folders;
using FileDrop.Api.Http;
using FileDrop.Api.Maintenance;
using FileDrop.Api.Settings;
using FileDrop.Api.Shares;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace FileDrop.Api;

/// <summary>Composes the service. Only this class names implementations of stores.</summary>
internal static class Composition
{
    /// <summary>The shortest grace period that Kestrel accepts; it checks the rate once a second.</summary>
    private static readonly TimeSpan ShortestGrace = TimeSpan.FromSeconds(2);

    /// <summary>Allows large and slow uploads, but not connections that send nothing.</summary>
    public static void LimitRequests(this WebApplicationBuilder builder, FileDropOptions options)
    {
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            // The limit on a file is counted while it streams, where a form's framing can be separated from the file.
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MaxRequestHeadersTotalSize = options.Limits.HeaderBytes;
            kestrel.Limits.MaxConcurrentConnections = options.Limits.Connections;
            kestrel.Limits.MinRequestBodyDataRate = new MinDataRate(
                RequestBytes.MinBytesPerSecond, options.UploadPatience > ShortestGrace ? options.UploadPatience : ShortestGrace);
        });
        builder.Services.AddSingleton<IMemoryPoolFactory<byte>, ConnectionMemory>();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = options.ShutdownTimeout);
    }

    /// <summary>Adds MongoDB and S3 if they are configured, otherwise SQLite and the disk in the data directory.</summary>
    /// <exception cref="ConfigurationException">A connection string or the data directory cannot be used.</exception>
    /// <param name="services">The services to add to.</param>
    /// <param name="options">The configuration of the stores.</param>
    /// <param name="alone">Whether this process needs the data directory exclusively, as the service does. Most commands may run beside a service.</param>
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
            throw options.UnusableDirectory(unusable);
        }
    }

    public static void AddFiles(this IServiceCollection services)
    {
        services.AddSingleton<MissingCrcs>();
        services.AddSingleton<Integrity>();
        services.AddSingleton<FileStore>();
        services.AddSingleton<FolderStore>();
        services.AddSingleton<FolderLists>();
        services.AddSingleton<FolderWalk>();
        services.AddSingleton<FileWrites>();
        services.AddSingleton<FileUpload>();
        services.AddSingleton<BatchEndpoint>();
        services.AddSingleton<DriveStore>();
        services.AddSingleton<Archives>();
        services.AddSingleton<ArchiveDownload>();
        services.AddSingleton<FileDownload>();
        services.AddSingleton<ChangeStream>();
        services.AddSingleton<FileMetrics>();
        services.AddSingleton<IdempotencyKeys>();
        services.AddSingleton<UploadStore>();
        services.AddShares();
    }

    private static void AddShares(this IServiceCollection services)
    {
        services.AddSingleton<ShareTokens>();
        services.AddSingleton<SharePasswords>();
        services.AddSingleton<ShareStore>();
        services.AddSingleton<ShareDownloads>();
        services.AddSingleton<ShareDrops>();
        services.AddSingleton<SharedEntries>();
        services.AddSingleton<ShareGate>();
        services.AddSingleton<SharePage>();
        services.AddSingleton<Drops>();
        services.AddSingleton<DropTus>();
        services.AddSingleton<SharedEndpoints>();
    }

    public static void AddMaintenance(this IServiceCollection services)
    {
        services.AddSingleton<StoreStarter>();
        services.AddHostedService(provider => provider.GetRequiredService<StoreStarter>());
        services.AddSingleton<SweeperMetrics>();
        services.AddHostedService<Sweeper>();
        services.AddHostedService<Sequencer>();
        services.AddSingleton<ChangeListeners>();
        services.AddHostedService(provider => provider.GetRequiredService<ChangeListeners>());
        services.AddHostedService<Scrub>();
        services.AddHostedService<DamageWatch>();
        StoreHealth.AddTo(services.AddHealthChecks()).AddCheck<Integrity>("integrity");
    }

    private static void AddClusterStores(this IServiceCollection services, string mongoDb, string storage, FileDropOptions options)
    {
        var blobs = Use("storage", storage, () => new S3BlobStore(S3Options.Parse(storage)));
        var rules = Rules(options, blobs);
        var engine = Use("filedrop", mongoDb, () => new MongoEngine(mongoDb, rules));
        // Register by factories, so that the container disposes of the stores.
        services.AddSingleton<IBlobStore>(_ => blobs);
        services.AddSingleton<IDamageNotes>(_ => blobs);
        services.AddSingleton<IReserve, NoReserve>();
        services.AddSingleton(_ => engine);
        services.AddCatalog<MongoEngine>(rules);
    }

    /// <summary>Makes a store from a connection string.</summary>
    /// <remarks>
    /// Drivers throw many kinds of exceptions for bad settings, and some quote the string. Any of them ends the start with a message that names the setting and
    /// contains no password.
    /// </remarks>
    private static T Use<T>(string name, string connectionString, Func<T> make)
    {
        try
        {
            return make();
        }
        catch (Exception unusable)
        {
            // Cut off the parameter's name that .NET appends, which means nothing to an operator.
            var reason = unusable.Message.Split(" (Parameter '", 2)[0].ReplaceLineEndings(" ");
            throw new ConfigurationException($"ConnectionStrings:{name} cannot be used. "
                + (SecretsIn(connectionString).Any(secret => reason.Contains(secret, StringComparison.Ordinal)) ? "Its driver does not accept it." : reason));
        }
    }

    /// <summary>Finds the secrets in a connection string, which are the text between <c>user:</c> and the last <c>@</c>, and the SecretKey.</summary>
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
        services.AddSingleton(provider => new Segments(options.DataDirectory, blobs.Room, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new SegmentPlaces(provider.GetRequiredService<SqliteEngine>()));
        services.AddSingleton<IBlobStore>(provider => new EmbeddedBlobStore(
            blobs, provider.GetRequiredService<Segments>(), provider.GetRequiredService<SegmentPlaces>(), new SmallBlobs(provider.GetRequiredService<SqliteEngine>())));
        services.AddSingleton<IDamageNotes>(_ => new DiskDamageNotes(options.DataDirectory));
        services.AddSingleton<IReserve>(_ => blobs.Room);
        if (directory is not null)
            services.AddSingleton(_ => directory);
        services.AddSingleton(provider =>
        {
            // The container disposes in reverse order of creation. Resolve the lock first, so that it is released last.
            provider.GetService<DataDirectoryLock>();
            return new SqliteEngine(Path.Combine(options.DataDirectory, "catalog.db"), rules, provider.GetRequiredService<TimeProvider>());
        });
        services.AddCatalog<SqliteEngine>(rules);
        services.AddSingleton<IInlineContents>(
            provider => new InlineContents(provider.GetRequiredService<SqliteEngine>(), provider.GetRequiredService<Segments>(), blobs.Room));
        services.AddSingleton<ICompaction>(provider => new SegmentCompaction(
            provider.GetRequiredService<Segments>(), provider.GetRequiredService<SegmentPlaces>(), blobs.Room, provider.GetRequiredService<TimeProvider>()));
    }

    /// <summary>Adds every interface of the catalog, over an engine that has been added.</summary>
    private static void AddCatalog<TEngine>(this IServiceCollection services, CatalogRules rules)
        where TEngine : class, ICatalogEngine, IFolderEngine, IChangeEngine, IIdempotencyRecords, IKeyCatalog, ILinkKeyCatalog, IAuditCatalog,
        IShareCatalog, ISharedCatalog
    {
        services.AddSingleton<IFolderEngine>(provider => provider.GetRequiredService<TEngine>());
        services.AddSingleton(provider => new FileCatalog(
            provider.GetRequiredService<TEngine>(), provider.GetRequiredService<IFolderEngine>(), provider.GetRequiredService<TEngine>(), rules));
        services.AddSingleton(provider => new FolderCatalog(provider.GetRequiredService<IFolderEngine>(), rules));
        services.AddSingleton<IFolderCatalog>(provider => provider.GetRequiredService<FolderCatalog>());
        services.AddSingleton<IFolderSweepCatalog>(provider => provider.GetRequiredService<FolderCatalog>());
        services.AddSingleton<IDavCatalog>(provider => provider.GetRequiredService<FolderCatalog>());
        services.AddSingleton<IFolderDocumentCatalog>(provider => provider.GetRequiredService<FolderCatalog>());
        services.AddSingleton(provider => new ChangeCatalog(provider.GetRequiredService<TEngine>(), provider.GetRequiredService<TEngine>() as IMarkedChanges));
        services.AddSingleton<IChangeCatalog>(provider => provider.GetRequiredService<ChangeCatalog>());
        services.AddSingleton<ISequencer>(provider => provider.GetRequiredService<ChangeCatalog>());
        services.AddSingleton<ICatalog>(provider => provider.GetRequiredService<FileCatalog>());
        services.AddSingleton<IFileCatalog>(provider => provider.GetRequiredService<FileCatalog>());
        services.AddSingleton<IWriteCatalog>(provider => provider.GetRequiredService<FileCatalog>());
        services.AddSingleton<IUploadCatalog>(provider => provider.GetRequiredService<FileCatalog>());
        services.AddSingleton<IIdempotencyCatalog>(provider => provider.GetRequiredService<FileCatalog>());
        services.AddSingleton<ISweepCatalog>(provider => provider.GetRequiredService<FileCatalog>());
        services.AddSingleton<IDocumentCatalog>(provider => provider.GetRequiredService<FileCatalog>());
        services.AddSingleton<IKeyCatalog>(provider => provider.GetRequiredService<TEngine>());
        services.AddSingleton<ILinkKeyCatalog>(provider => provider.GetRequiredService<TEngine>());
        services.AddSingleton<IAuditCatalog>(provider => provider.GetRequiredService<TEngine>());
        services.AddSingleton<IShareCatalog>(provider => provider.GetRequiredService<TEngine>());
        services.AddSingleton<ISharedCatalog>(provider => provider.GetRequiredService<TEngine>());
    }

    private static CatalogRules Rules(FileDropOptions options, IBlobStore blobs) =>
        new(options.Lease, blobs.CallTimeout + options.LateWrites, options.ReadersGrace, options.VersionsKept, options.VersionsMaxAge,
            options.TrashRetention, options.UploadsExpiry)
        {
            Quotas = options.Quotas,
            OpenUploadsPerOwner = options.Limits.OpenUploadsPerOwner,
        };
}
