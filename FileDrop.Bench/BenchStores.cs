using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using FileDrop.Api.Blobs.S3;
using FileDrop.Api.Catalog.Mongo;
using Microsoft.Data.Sqlite;
using MongoDB.Bson;
using MongoDB.Driver;

namespace FileDrop.Bench;

/// <summary>The stores of a measured service, empty at first; disposal removes them.</summary>
internal abstract class BenchStores : IAsyncDisposable
{
    /// <summary>The environment variables that point a service at them.</summary>
    public abstract IReadOnlyDictionary<string, string> Settings { get; }

    /// <summary>The same for peers, whose files are in their own folder, or beside the service's.</summary>
    public abstract IReadOnlyDictionary<string, string> PeerSettings { get; }

    public static BenchStores Make(BenchOptions options) => options.IsCluster ? new ClusterStores() : new EmbeddedStores();

    /// <summary>Their names, their versions, and when an acknowledged change is on the disk.</summary>
    public abstract Task<string> DescribeAsync(CancellationToken cancellation);

    /// <summary>Adds files to the catalog, without their bytes. No service may run on it yet.</summary>
    public abstract Task FillAsync(SampleCatalog sample, CancellationToken cancellation);

    public abstract ValueTask DisposeAsync();
}

/// <summary>SQLite and the disk, in their own folder.</summary>
internal sealed class EmbeddedStores : BenchStores
{
    private readonly string _directory = Directory.CreateTempSubdirectory("filedrop-bench-").FullName;

    public EmbeddedStores() => Settings = new Dictionary<string, string>(StringComparer.Ordinal) { ["FileDrop__DataDirectory"] = Path.Combine(_directory, "data") };

    public override IReadOnlyDictionary<string, string> Settings { get; }

    public override IReadOnlyDictionary<string, string> PeerSettings =>
        new Dictionary<string, string>(StringComparer.Ordinal) { ["DIRECTORY"] = Path.Combine(_directory, "peer") };

    public override Task<string> DescribeAsync(CancellationToken cancellation)
    {
        using var connection = new SqliteConnection("Data Source=:memory:");
        connection.Open();
        var system = new DriveInfo(_directory).DriveFormat;
        return Task.FromResult($"SQLite {connection.ServerVersion} (WAL, synchronous=FULL) and disk ({system}; file and folder synced for each blob)");
    }

    public override Task FillAsync(SampleCatalog sample, CancellationToken cancellation) =>
        Task.Run(() => SqliteFill.Run(Path.Combine(_directory, "data", "catalog.db"), sample, cancellation), cancellation);

    public override ValueTask DisposeAsync()
    {
        Directory.Delete(_directory, recursive: true);
        return ValueTask.CompletedTask;
    }
}

/// <summary>A new database and a new bucket on the servers that the environment names.</summary>
internal sealed class ClusterStores : BenchStores
{
    private readonly MongoUrl _mongo;
    private readonly S3Options _s3;

    public ClusterStores()
    {
        var (mongo, s3) = (Variable("FILEDROP_TEST_MONGODB"), Variable("FILEDROP_TEST_S3"));
        var name = $"filedrop-bench-{Guid.NewGuid():N}"[..32];
        var former = MongoConnection.Parse(mongo);
        // Credentials belong to the former database, not to the new one.
        var source = former.AuthenticationSource ?? (former.Username is null ? null : former.DatabaseName ?? "admin");
        _mongo = new MongoUrlBuilder(mongo) { DatabaseName = name, AuthenticationSource = source }.ToMongoUrl();
        _s3 = S3Options.Parse($"{s3};Bucket={name}");
        Settings = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["ConnectionStrings__filedrop"] = _mongo.ToString(),
            ["ConnectionStrings__storage"] = $"{s3};Bucket={name}",
        };
    }

    /// <summary>Whether the environment names servers.</summary>
    public static bool AreNamed => IsNamed("FILEDROP_TEST_MONGODB") && IsNamed("FILEDROP_TEST_S3");

    public override IReadOnlyDictionary<string, string> Settings { get; }

    public override IReadOnlyDictionary<string, string> PeerSettings => new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["MONGODB"] = _mongo.ToString(),
        ["ENDPOINT"] = _s3.Endpoint?.ToString() ?? throw new BenchException("FILEDROP_TEST_S3 names no Endpoint."),
        // Beside the service's objects, under other keys.
        ["BUCKET"] = _s3.Bucket,
        ["KEY"] = _s3.AccessKey ?? "",
        ["SECRET"] = _s3.SecretKey ?? "",
    };

    private IMongoDatabase Database => MongoConnection.Open(_mongo);

    public override async Task<string> DescribeAsync(CancellationToken cancellation)
    {
        var info = await Database.RunCommandAsync<BsonDocument>(new BsonDocument("buildInfo", 1), cancellationToken: cancellation);
        using var http = new HttpClient();
        using var answer = await http.GetAsync(_s3.Endpoint, cancellation);
        var server = answer.Headers.Server.ToString() is { Length: > 0 } said ? said : "an unnamed server";
        return $"MongoDB protocol {info["version"]} (w: majority, journal: true) and S3 by {server} (synced as that server does)";
    }

    public override Task FillAsync(SampleCatalog sample, CancellationToken cancellation) => MongoFill.RunAsync(Database, sample, cancellation);

    public override async ValueTask DisposeAsync()
    {
        await Database.Client.DropDatabaseAsync(_mongo.DatabaseName);
        using var client = new AmazonS3Client(new BasicAWSCredentials(_s3.AccessKey, _s3.SecretKey), new AmazonS3Config
        {
            ServiceURL = _s3.Endpoint?.ToString(),
            ForcePathStyle = true,
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
        });
        try
        {
            // One by one, since DeleteObjects needs a checksum that not every server knows.
            while (await client.ListObjectsV2Async(new ListObjectsV2Request { BucketName = _s3.Bucket }) is { S3Objects: { Count: > 0 } objects })
                await Parallel.ForEachAsync(objects, async (item, token) => await client.DeleteObjectAsync(_s3.Bucket, item.Key, token));
            var unfinished = await client.ListMultipartUploadsAsync(new ListMultipartUploadsRequest { BucketName = _s3.Bucket });
            foreach (var upload in unfinished.MultipartUploads ?? [])
                await client.AbortMultipartUploadAsync(_s3.Bucket, upload.Key, upload.UploadId);
            await client.DeleteBucketAsync(_s3.Bucket);
        }
        catch (AmazonS3Exception missing) when (missing.ErrorCode is "NoSuchBucket")
        {
            // The service did not get to make it.
        }
    }

    private static bool IsNamed(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 };

    private static string Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value
        : throw new BenchException($"{name} is not set. FILEDROP_TEST_MONGODB and FILEDROP_TEST_S3 name the servers of --store cluster.");
}
