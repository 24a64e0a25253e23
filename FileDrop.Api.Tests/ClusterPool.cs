using System.Collections.Concurrent;
using Amazon.S3;
using Amazon.S3.Model;
using MongoDB.Bson;
using MongoDB.Driver;
using Xunit;

[assembly: AssemblyFixture(typeof(FileDrop.Api.Tests.ClusterPool))]

namespace FileDrop.Api.Tests;

/// <summary>
/// The databases and buckets of all tests. A test returns its pair; the pool empties it in the background and lends it again, which
/// is cheaper than new ones. All are deleted when the run ends.
/// </summary>
public sealed class ClusterPool : IAsyncDisposable
{
    /// <summary>The time to wait before a pair is emptied, because calls of a killed service may still arrive.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(3);

    private static readonly ConcurrentQueue<string> Empty = new();
    private static readonly ConcurrentDictionary<string, ClusterStores> Made = new();
    private static readonly ConcurrentBag<Task> Cleaning = [];

    /// <summary>The name of an empty database and bucket, or of some that do not exist yet.</summary>
    internal static string Take() => Empty.TryDequeue(out var name) ? name : $"filedrop-test-{Guid.NewGuid():N}"[..32];

    /// <summary>Takes a pair back from its test.</summary>
    internal static void Return(ClusterStores stores)
    {
        Made[stores.Name] = stores;
        Cleaning.Add(Task.Run(async () =>
        {
            await Task.Delay(Rest);
            using var mongo = stores.Mongo();
            using var s3 = stores.Client();
            await EmptyAsync(mongo.GetDatabase(stores.Name));
            await EmptyAsync(s3, stores.Name);
            Empty.Enqueue(stores.Name);
        }));
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(Cleaning);
        await Parallel.ForEachAsync(Made.Values, async (stores, cancellation) =>
        {
            using var mongo = stores.Mongo();
            await mongo.DropDatabaseAsync(stores.Name, cancellation);
            using var s3 = stores.Client();
            if (await EmptyAsync(s3, stores.Name))
                await s3.DeleteBucketAsync(stores.Name, cancellation);
        });
    }

    private static async Task EmptyAsync(IMongoDatabase database)
    {
        foreach (var collection in await (await database.ListCollectionNamesAsync()).ToListAsync())
            await database.GetCollection<BsonDocument>(collection).DeleteManyAsync(new BsonDocument());
    }

    /// <returns>Whether the bucket exists; without a started service nothing has created it.</returns>
    private static async Task<bool> EmptyAsync(AmazonS3Client s3, string bucket)
    {
        try
        {
            for (var isTruncated = true; isTruncated;)
            {
                // One deletion may name at most a thousand objects.
                var page = await s3.ListObjectsV2Async(new ListObjectsV2Request { BucketName = bucket });
                if (page.S3Objects is { Count: > 0 } objects)
                    await s3.DeleteObjectsAsync(new DeleteObjectsRequest { BucketName = bucket, Objects = [.. objects.Select(item => new KeyVersion { Key = item.Key })] });
                isTruncated = page.IsTruncated == true;
            }
            foreach (var upload in (await s3.ListMultipartUploadsAsync(new ListMultipartUploadsRequest { BucketName = bucket })).MultipartUploads ?? [])
                await s3.AbortMultipartUploadAsync(bucket, upload.Key, upload.UploadId);
            return true;
        }
        catch (AmazonS3Exception missing) when (missing.ErrorCode is "NoSuchBucket")
        {
            return false;
        }
    }
}
