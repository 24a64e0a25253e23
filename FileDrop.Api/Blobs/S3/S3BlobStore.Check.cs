using Amazon.S3;
using Amazon.S3.Model;
using FileDrop.Api.Storage;

namespace FileDrop.Api.Blobs.S3;

// The calls of the check: list, measure, quarantine. They need no permissions besides those in S3BlobStore.cs.
internal sealed partial class S3BlobStore
{
    private const int PageSize = 1_000;
    private const string Quarantine = "quarantine/";

    /// <summary>Comes behind every key, which begins with a hexadecimal digit, and before <see cref="Quarantine"/>.</summary>
    private const string BehindKeys = "g";

    /// <summary>The largest object that CopyObject copies (AWS S3 user guide, "Copying objects").</summary>
    private const long LargestCopy = 5 * 1024 * PartSizes.MiB;

    /// <summary>The part size of a copy: 10,000 such parts are more than the 5 TiB that an object can have.</summary>
    private const long CopiedPart = 1024 * PartSizes.MiB;

    /// <summary>A server must copy this many bytes within the timeout, or it counts as hanging.</summary>
    private const long CopiedWithinTimeout = 256 * PartSizes.MiB;

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
    /// <remarks>S3 cannot rename. The server copies, and the original is deleted once the copy is known to be whole.</remarks>
    public async Task QuarantineAsync(BlobKey key, CancellationToken cancellation)
    {
        var name = key.ToString();
        if (await SizeOfAsync(name, cancellation) is not { } size)
            return;

        if (size <= LargestCopy)
            await CopyAsync(name, Quarantine + name, size, cancellation);
        else
            await CopyInPartsAsync(name, Quarantine + name, size, CopiedPart, cancellation);
        if (await SizeOfAsync(Quarantine + name, cancellation) != size)
        {
            throw new StorageException(
                StorageFailure.Unavailable, $"S3 reported a copy of {name} to {Quarantine}, but the copy does not exist.");
        }

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

    private async Task CopyAsync(string from, string to, long size, CancellationToken cancellation)
    {
        var request = new CopyObjectRequest
        {
            SourceBucket = _options.Bucket,
            SourceKey = from,
            DestinationBucket = _options.Bucket,
            DestinationKey = to,
        };
        await _s3.CallAsync($"copy of {from}", (client, token) => client.CopyObjectAsync(request, token), cancellation, CopyLimit(size));
    }

    private async Task CopyInPartsAsync(string from, string to, long size, long partSize, CancellationToken cancellation)
    {
        // An earlier try may have been cut off. Its parts take space, and nothing else finds them.
        foreach (var former in await UnfinishedAsync(to, cancellation))
            await AbortAsync(to, former, cancellation);

        var begun = await _s3.CallAsync(
            $"begin of a copy of {from}",
            (client, token) => client.InitiateMultipartUploadAsync(_options.Bucket, to, token),
            cancellation);
        try
        {
            List<PartETag> parts = [];
            for (long first = 0; first < size; first += partSize)
            {
                var part = new CopyPartRequest
                {
                    SourceBucket = _options.Bucket,
                    SourceKey = from,
                    DestinationBucket = _options.Bucket,
                    DestinationKey = to,
                    UploadId = begun.UploadId,
                    PartNumber = parts.Count + 1,
                    FirstByte = first,
                    LastByte = Math.Min(first + partSize, size) - 1,
                };
                var copied = await _s3.CallAsync(
                    $"copy of {from}, part {part.PartNumber}",
                    (client, token) => client.CopyPartAsync(part, token),
                    cancellation,
                    CopyLimit(partSize));
                parts.Add(new PartETag(parts.Count + 1, copied.ETag));
            }

            var completion = new CompleteMultipartUploadRequest
            {
                BucketName = _options.Bucket,
                Key = to,
                UploadId = begun.UploadId,
                PartETags = parts,
            };
            await _s3.CallAsync(
                $"end of a copy of {from}", (client, token) => client.CompleteMultipartUploadAsync(completion, token), cancellation);
        }
        catch
        {
            await QuietlyAbortAsync(to, begun.UploadId);
            throw;
        }
    }

    /// <summary>Does not throw: the failure that led here is the one to report, and the next try finds the upload by its key.</summary>
    private async Task QuietlyAbortAsync(string name, string uploadId)
    {
        try
        {
            await AbortAsync(name, uploadId, CancellationToken.None);
        }
        catch (StorageException)
        {
        }
    }

    private TimeSpan CopyLimit(long size) => _options.CallTimeout * (1 + (size / CopiedWithinTimeout));
}
