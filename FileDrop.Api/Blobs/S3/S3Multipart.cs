using Amazon.S3;
using Amazon.S3.Model;

namespace FileDrop.Api.Blobs.S3;

/// <summary>The calls for a multipart upload that lives longer than any one caller.</summary>
internal sealed class S3Multipart(S3BlobStore store, S3Options options, S3Connection s3)
{
    public Task<string> BeginAsync(string name, CancellationToken cancellation) => s3.CallAsync(
        $"begin of multipart upload {name}",
        async (client, token) => (await client.InitiateMultipartUploadAsync(
            new InitiateMultipartUploadRequest { BucketName = options.Bucket, Key = name }, token)).UploadId,
        cancellation);

    public Task<Stream?> OpenAsync(BlobKey key, long size, CancellationToken cancellation) => store.OpenAsync(key, 0, size, cancellation);

    /// <summary>Makes an object of the parts that count. May be called again, also by another, until it has succeeded.</summary>
    /// <param name="name">The object's key.</param>
    /// <param name="uploadId">The upload.</param>
    /// <param name="state">Which parts count.</param>
    /// <param name="size">Bytes in them.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    public async Task CompleteAsync(string name, string uploadId, S3AppendState state, long size, CancellationToken cancellation)
    {
        if (await ListPartsAsync(name, uploadId, state, cancellation) is { } parts)
        {
            if (parts.Sum(part => part.Size) != size)
                throw new StorageException(
                    StorageFailure.Unavailable, $"S3 has {parts.Sum(part => part.Size)} bytes in parts of {name} where {size} were stored.");
            var request = new CompleteMultipartUploadRequest
            {
                BucketName = options.Bucket,
                Key = name,
                UploadId = uploadId,
                PartETags = [.. parts.Select(part => new PartETag(part.PartNumber ?? 0, part.ETag))],
            };
            await s3.CallAsync($"end of multipart upload {name}", async (client, token) =>
            {
                try
                {
                    // A server that begins its answer early can only say in a body without a tag that it failed after all.
                    return !string.IsNullOrEmpty((await client.CompleteMultipartUploadAsync(request, token)).ETag);
                }
                catch (AmazonS3Exception e) when (S3Errors.IsNoSuchUpload(e))
                {
                    return false;
                }
            }, cancellation);
        }

        // Also where it was completed before: by a call whose answer was lost, or by a caller that was killed then.
        if (await store.FindSizeAsync(Key(name), cancellation) != size)
            throw new StorageException(StorageFailure.Unavailable, $"S3 has no {name} of {size} bytes after the end of its multipart upload.");
        // A begin whose answer was lost has left one without parts.
        await store.AbortUnfinishedAsync(name, cancellation);
    }

    /// <summary>The parts that count, in order; null: there is no such upload any more.</summary>
    private async Task<List<PartDetail>?> ListPartsAsync(string name, string uploadId, S3AppendState state, CancellationToken cancellation)
    {
        List<PartDetail> found = [];
        var request = new ListPartsRequest { BucketName = options.Bucket, Key = name, UploadId = uploadId };
        while (true)
        {
            var page = await s3.CallAsync<ListPartsResponse?>($"list of parts of {name}", async (client, token) =>
            {
                try
                {
                    return await client.ListPartsAsync(request, token);
                }
                catch (AmazonS3Exception e) when (S3Errors.IsNoSuchUpload(e))
                {
                    return null;
                }
            }, cancellation);
            if (page is null)
                return null;
            found.AddRange((page.Parts ?? []).Where(part => state.Counts(part.PartNumber ?? 0)));
            if (page.IsTruncated is not true)
                return found;
            request.PartNumberMarker = page.NextPartNumberMarker?.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }
    }

    private static BlobKey Key(string name) => BlobKey.TryParse(name, out var key) ? key : throw new ArgumentException("No blob's key.", nameof(name));
}
