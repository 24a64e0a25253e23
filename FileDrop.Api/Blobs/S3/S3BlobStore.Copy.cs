using Amazon.S3;
using Amazon.S3.Model;
using FileDrop.Api.Storage;

namespace FileDrop.Api.Blobs.S3;

// Copies, which the server makes. It goes on copying when its client has gone away, but nothing may appear later than CallTimeout after a call
// began. One call therefore copies only so much that it surely takes less time. A larger object is copied as the parts of a multipart upload. They
// stay invisible until an ordinary call completes the upload, and a deletion aborts it.
internal sealed partial class S3BlobStore
{
    private const int PartsInFlight = 4;
    private static readonly TimeSpan CleanupTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Whether the server has said that it cannot copy, so that it is not asked again.</summary>
    private volatile bool _isWithoutCopies;

    /// <inheritdoc/>
    public async Task<bool> CopyAsync(BlobKey source, BlobKey target, string owner, long size, CancellationToken cancellation)
    {
        try
        {
            return await CopyAsync(source, target.ToString(), owner, size, cancellation);
        }
        catch
        {
            await QuietlyAsync(token => DeleteAsync(target, token));
            throw;
        }
    }

    /// <summary>Copies a blob, through this process if the server cannot.</summary>
    /// <returns>False if the blob does not exist.</returns>
    private async Task<bool> CopyAsync(BlobKey from, string to, string owner, long size, CancellationToken cancellation)
    {
        try
        {
            if (!_isWithoutCopies)
                return await CopyOnServerAsync(from.ToString(), to, size, cancellation);
        }
        catch (StorageException e) when (e.InnerException is AmazonS3Exception refusal && S3Errors.IsUnknownOperation(refusal))
        {
            _isWithoutCopies = true;
        }

        await using var content = await OpenAsync(from, 0, size, cancellation);
        if (content is null)
            return false;
        using var upload = new S3Upload(_options, _s3, _memory, to, owner, content, size, exact: true);
        await upload.RunAsync(cancellation);
        return true;
    }

    private async Task<bool> CopyOnServerAsync(string from, string to, long size, CancellationToken cancellation)
    {
        try
        {
            if (size <= _options.CopiedAtOnce)
                await CopyWholeAsync(from, to, cancellation);
            else
                await CopyInPartsAsync(from, to, size, cancellation);
        }
        catch (StorageException e) when (e.InnerException is AmazonS3Exception refusal && S3Errors.IsNoSuchKey(refusal))
        {
            // Ceph says the same of an upload that was aborted.
            if (await SizeOfAsync(from, cancellation) is null)
                return false;
            throw;
        }

        // A server that does not know copies may have stored the call's empty body.
        return await SizeOfAsync(to, cancellation) is var copied && copied == size ? true
            : throw new StorageException(StorageFailure.Unavailable, $"S3 copied {from} to {to} with {copied} bytes instead of {size}.");
    }

    private Task CopyWholeAsync(string from, string to, CancellationToken cancellation)
    {
        var request = new CopyObjectRequest
        {
            SourceBucket = _options.Bucket,
            SourceKey = from,
            DestinationBucket = _options.Bucket,
            DestinationKey = to,
        };
        return _s3.CallAsync($"copy of {from}", (client, token) => client.CopyObjectAsync(request, token), cancellation);
    }

    private async Task CopyInPartsAsync(string from, string to, long size, CancellationToken cancellation)
    {
        var partSize = PartSizes.Equal(size, _options.CopiedAtOnce);
        // Only parts of objects of more than 2 TiB are larger.
        var limit = _options.CallTimeout * ((partSize + _options.CopiedAtOnce - 1) / _options.CopiedAtOnce);
        var multipart = new S3Multipart(this, _options, _s3);
        var uploadId = await multipart.BeginAsync(to, cancellation);
        try
        {
            var parts = new PartDetail[(size + partSize - 1) / partSize];
            var parallel = new ParallelOptions { MaxDegreeOfParallelism = PartsInFlight, CancellationToken = cancellation };
            await Parallel.ForAsync(0, parts.Length, parallel, async (index, stop) =>
            {
                var part = new CopyPartRequest
                {
                    SourceBucket = _options.Bucket,
                    SourceKey = from,
                    DestinationBucket = _options.Bucket,
                    DestinationKey = to,
                    UploadId = uploadId,
                    PartNumber = index + 1,
                    FirstByte = index * partSize,
                    LastByte = Math.Min((index + 1) * partSize, size) - 1,
                };
                var copied = await _s3.CallAsync(
                    $"copy of {from}, part {part.PartNumber}", (client, token) => client.CopyPartAsync(part, token), stop, limit);
                parts[index] = new PartDetail { PartNumber = part.PartNumber, ETag = copied.ETag };
            });
            if (!await multipart.TryCompleteAsync(to, uploadId, parts, cancellation))
                throw new StorageException(StorageFailure.Unavailable, $"S3 has other parts of {to} than it copied.");
        }
        catch
        {
            await QuietlyAsync(token => AbortAsync(to, uploadId, token));
            throw;
        }
    }

    /// <summary>Does not throw: the failure that led here is the one to report, and a deletion by the key finds what is left.</summary>
    private static async Task QuietlyAsync(Func<CancellationToken, Task> cleanUp)
    {
        using var limit = new CancellationTokenSource(CleanupTimeout);
        try
        {
            await cleanUp(limit.Token);
        }
        catch (Exception e) when (e is StorageException or OperationCanceledException)
        {
        }
    }
}
