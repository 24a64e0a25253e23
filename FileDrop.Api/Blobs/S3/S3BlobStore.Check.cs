using Amazon.S3;
using Amazon.S3.Model;

namespace FileDrop.Api.Blobs.S3;

// The calls of the check: list, measure, quarantine. They need no permissions besides those in S3BlobStore.cs.
internal sealed partial class S3BlobStore
{
    private const int PageSize = 1_000;
    private const string Quarantine = "quarantine/";

    /// <summary>Comes behind every key, which begins with a hexadecimal digit, and before <see cref="Quarantine"/>.</summary>
    private const string BehindKeys = "g";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<StoredBlob>> ListAsync(BlobKey? after, CancellationToken cancellation)
    {
        var request = new ListObjectsV2Request { BucketName = _options.Bucket, MaxKeys = PageSize, StartAfter = after?.ToString() };
        while (true)
        {
            var page = await _s3.CallAsync("list of blobs", (client, token) => client.ListObjectsV2Async(request, token), cancellation);
            var objects = page.S3Objects ?? [];
            var blobs = new List<StoredBlob>(objects.Count);
            foreach (var found in objects)
            {
                if (BlobKey.TryParse(found.Key, out var key) && string.Equals(key.ToString(), found.Key, StringComparison.Ordinal))
                    blobs.Add(new StoredBlob(key, found.Size ?? 0));
            }

            // A page with only objects of other programs is not the end. Stop behind the last possible key, because the quarantine may be
            // long.
            var isEnd = page.IsTruncated is not true || objects.Count == 0
                || string.CompareOrdinal(objects[^1].Key, BehindKeys) >= 0;
            if (blobs.Count > 0 || isEnd)
                return blobs;
            request.ContinuationToken = page.NextContinuationToken;
        }
    }

    /// <inheritdoc/>
    public Task<long?> FindSizeAsync(BlobKey key, CancellationToken cancellation) => SizeOfAsync(key.ToString(), cancellation);

    /// <inheritdoc/>
    /// <remarks>S3 cannot rename. The original is deleted once its copy is known to be whole.</remarks>
    public async Task QuarantineAsync(BlobKey key, CancellationToken cancellation)
    {
        var name = key.ToString();
        if (await SizeOfAsync(name, cancellation) is not { } size)
            return;

        // An earlier try may have been cut off. Its parts take space, and nothing else finds them.
        await AbortUnfinishedAsync(Quarantine + name, cancellation);
        if (!await CopyAsync(key, Quarantine + name, owner: "", size, cancellation))
            return;
        await _s3.CallAsync($"delete of {name}", (client, token) => client.DeleteObjectAsync(_options.Bucket, name, token), cancellation);
    }

    private Task<long?> SizeOfAsync(string name, CancellationToken cancellation) =>
        _s3.CallAsync($"HEAD {name}", async (client, token) =>
        {
            try
            {
                var head = await client.GetObjectMetadataAsync(_options.Bucket, name, token);
                return head.ContentLength;
            }
            catch (AmazonS3Exception e) when (S3Errors.IsNoSuchKey(e))
            {
                return (long?)null;
            }
        }, cancellation);
}
