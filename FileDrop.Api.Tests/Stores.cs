using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using FileDrop.Api.Blobs.S3;
using Microsoft.Data.Sqlite;
using MongoDB.Driver;
using Testcontainers.MongoDb;
using Xunit;

namespace FileDrop.Api.Tests;

/// <summary>Real stores for one or several services: empty at the beginning, and removed at the end.</summary>
public abstract class Stores : IAsyncDisposable
{
    /// <summary>The settings that point a service at these stores.</summary>
    public abstract IReadOnlyDictionary<string, string?> Settings { get; }

    public abstract ValueTask DisposeAsync();

    /// <summary>The keys of all blobs in the store, unfinished writes included.</summary>
    public abstract Task<IReadOnlyList<string>> BlobKeysAsync();

    /// <summary>Changes the bytes of a blob in place, to simulate damage.</summary>
    public abstract Task RewriteBlobAsync(string key, Func<byte[], byte[]> change);
}

/// <summary>SQLite and the disk, in a new folder.</summary>
public sealed class EmbeddedStores : Stores
{
    private static readonly string[] Folders = ["blobs", "incoming"];

    public EmbeddedStores() => Settings = new Dictionary<string, string?> { ["FileDrop:DataDirectory"] = Directory };

    public string Directory { get; } = System.IO.Directory.CreateTempSubdirectory("filedrop-test-").FullName;

    public override IReadOnlyDictionary<string, string?> Settings { get; }

    private string CatalogPath => Path.Combine(Directory, "catalog.db");

    public override async Task<IReadOnlyList<string>> BlobKeysAsync() =>
    [
        .. Folders.Select(folder => Path.Combine(Directory, folder)).Where(System.IO.Directory.Exists)
            .SelectMany(folder => System.IO.Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
            .Select(path => Path.GetFileName(path)),
        .. await RowsAsync("SELECT lower(hex(key)) FROM small_blobs", row => row.GetString(0).Insert(32, "-")),
        .. await HasSegmentsAsync()
            ? await RowsAsync("SELECT lower(hex(b.blob) || '-' || hex(f.id)) FROM blobs b JOIN files f ON f.n = b.file WHERE b.segment IS NOT NULL", row => row.GetString(0))
            : [],
    ];

    public override async Task RewriteBlobAsync(string key, Func<byte[], byte[]> change)
    {
        var digits = key.Replace("-", "", StringComparison.Ordinal);
        foreach (var bytes in await RowsAsync($"SELECT bytes FROM small_blobs WHERE key = x'{digits}'", row => row.GetFieldValue<byte[]>(0)))
        {
            await RowsAsync($"UPDATE small_blobs SET bytes = x'{Convert.ToHexString(change(bytes))}' WHERE key = x'{digits}'", _ => 0);
            return;
        }
        foreach (var (segment, offset, size) in await RowsAsync(
            $"SELECT b.segment, b.segment_offset, b.size FROM blobs b JOIN files f ON f.n = b.file WHERE b.blob = x'{digits[..32]}' AND f.id = x'{digits[32..]}' AND b.segment IS NOT NULL",
            row => (row.GetInt64(0), row.GetInt64(1), row.GetInt64(2))))
        {
            using var file = File.OpenHandle(Path.Combine(Directory, "segments", $"{segment:x16}"), access: FileAccess.ReadWrite, share: FileShare.ReadWrite);
            var bytes = new byte[size];
            RandomAccess.Read(file, bytes, offset);
            var changed = change(bytes);
            RandomAccess.Write(file, changed, offset);
            Assert.True(changed.Length == size || RandomAccess.GetLength(file) == offset + size, "Only the last content of a segment can be shortened.");
            if (changed.Length < size)
                RandomAccess.SetLength(file, offset + changed.Length);
            return;
        }
        var path = System.IO.Directory.EnumerateFiles(Path.Combine(Directory, "blobs"), key, SearchOption.AllDirectories).Single();
        await File.WriteAllBytesAsync(path, change(await File.ReadAllBytesAsync(path)));
    }

    public override ValueTask DisposeAsync()
    {
        System.IO.Directory.Delete(Directory, recursive: true);
        return ValueTask.CompletedTask;
    }

    private async Task<bool> HasSegmentsAsync() =>
        (await RowsAsync("SELECT 1 FROM pragma_table_info('blobs') WHERE name = 'segment'", _ => true)).Count > 0;

    private async Task<List<T>> RowsAsync<T>(string sql, Func<SqliteDataReader, T> read)
    {
        List<T> rows = [];
        if (!File.Exists(CatalogPath))
            return rows;
        await using var connection = new SqliteConnection($"Data Source={CatalogPath};Pooling=False");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
            rows.Add(read(reader));
        return rows;
    }
}

/// <summary>
/// A database and a bucket on MongoDB and S3 servers. FILEDROP_TEST_MONGODB and FILEDROP_TEST_S3 name the servers; otherwise containers are started if an
/// engine can pull their images.
/// </summary>
public sealed class ClusterStores : Stores
{
    private static readonly Lazy<Task<Servers>> Found = new(FindAsync);

    private readonly Servers _servers;
    private readonly string _name;
    private int _isReturned;

    private ClusterStores(Servers servers)
    {
        (_servers, _name) = (servers, ClusterPool.Take());
        var mongo = new MongoUrlBuilder(servers.MongoDb) { DatabaseName = _name, AuthenticationSource = servers.AuthenticationSource };
        (MongoDb, S3) = (mongo.ToString(), $"{servers.S3};Bucket={_name}");
        Settings = new Dictionary<string, string?> { ["ConnectionStrings:filedrop"] = MongoDb, ["ConnectionStrings:storage"] = S3 };
    }

    public string MongoDb { get; }

    public string S3 { get; }

    public string Name => _name;

    public override IReadOnlyDictionary<string, string?> Settings { get; }

    /// <summary>The reason why no servers are available; null if they are.</summary>
    public static async Task<string?> MissingAsync() => (await Found.Value).Missing;

    /// <summary>Skips the test, with the reason, if no servers are available.</summary>
    public static async Task<ClusterStores> MakeAsync()
    {
        var servers = await Found.Value;
        Assert.SkipWhen(servers.Missing is not null, servers.Missing ?? "");
        return new ClusterStores(servers);
    }

    public override async Task<IReadOnlyList<string>> BlobKeysAsync()
    {
        using var client = Client();
        var keys = new List<string>();
        string? next = null;
        do
        {
            var page = await client.ListObjectsV2Async(new ListObjectsV2Request { BucketName = _name, ContinuationToken = next });
            keys.AddRange((page.S3Objects ?? []).Select(item => item.Key));
            next = page.IsTruncated == true ? page.NextContinuationToken : null;
        }
        while (next is not null);
        var unfinished = await client.ListMultipartUploadsAsync(new ListMultipartUploadsRequest { BucketName = _name });
        keys.AddRange((unfinished.MultipartUploads ?? []).Select(upload => upload.Key));
        return keys;
    }

    public override async Task RewriteBlobAsync(string key, Func<byte[], byte[]> change)
    {
        using var client = Client();
        using var stored = await client.GetObjectAsync(new GetObjectRequest { BucketName = _name, Key = key });
        using var bytes = new MemoryStream();
        await stored.ResponseStream.CopyToAsync(bytes);
        using var changed = new MemoryStream(change(bytes.ToArray()));
        await client.PutObjectAsync(new PutObjectRequest { BucketName = _name, Key = key, InputStream = changed, UseChunkEncoding = false });
    }

    public override ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isReturned, 1) == 0)
            ClusterPool.Return(this);
        return ValueTask.CompletedTask;
    }

    /// <summary>A client of the MongoDB server.</summary>
    internal MongoClient Mongo() => new(_servers.MongoDb);

    /// <summary>A client of the S3 server.</summary>
    internal AmazonS3Client Client()
    {
        var options = S3Options.Parse(S3);
        return new AmazonS3Client(new BasicAWSCredentials(options.AccessKey, options.SecretKey), new AmazonS3Config
        {
            ServiceURL = options.Endpoint?.ToString(),
            ForcePathStyle = true,
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
        });
    }

    private static async Task<Servers> FindAsync()
    {
        var (mongoDb, s3) = (Environment.GetEnvironmentVariable("FILEDROP_TEST_MONGODB"), Environment.GetEnvironmentVariable("FILEDROP_TEST_S3"));
        if (mongoDb is not null && s3 is not null)
            return new Servers(mongoDb, s3, null, null);
        try
        {
            // Both live until the test process ends; Testcontainers' reaper removes them then.
            var mongo = new MongoDbBuilder("mongo:8").Build();
            var minio = new DotNet.Testcontainers.Builders.ContainerBuilder("quay.io/minio/minio:RELEASE.2025-09-07T16-13-09Z")
                .WithPortBinding(9000, assignRandomHostPort: true)
                .WithEnvironment("MINIO_ROOT_USER", "filedrop")
                .WithEnvironment("MINIO_ROOT_PASSWORD", "filedrop-secret")
                .WithCommand("server", "/data")
                .WithWaitStrategy(DotNet.Testcontainers.Builders.Wait.ForUnixContainer().UntilHttpRequestIsSucceeded(
                    request => request.ForPort(9000).ForPath("/minio/health/ready")))
                .Build();
            await Task.WhenAll(mongo.StartAsync(), minio.StartAsync());
            return new Servers(mongo.GetConnectionString(),
                $"Endpoint=http://{minio.Hostname}:{minio.GetMappedPublicPort(9000)};AccessKey=filedrop;SecretKey=filedrop-secret", "admin", null);
        }
        catch (Exception noEngine)
        {
            return new Servers("", "", null,
                "FILEDROP_TEST_MONGODB and FILEDROP_TEST_S3 are not set, and no container engine could start the servers: "
                + noEngine.Message.Split('\n')[0]);
        }
    }

    private sealed record Servers(string MongoDb, string S3, string? AuthenticationSource, string? Missing);
}
